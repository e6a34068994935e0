"""The universes that are explored: small, and each built to let certain things meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from warehouse.log import Body, Ddl, Entry, Publish, SetHold
from warehouse.protocol import Pointer, columns_digest

from . import actors as a
from .search import Scenario, mend
from .world import Catalog, contract, made, unmarked

HOUR, OTHER, NEXT = "dt=1/h=1", "dt=1/h=2", "dt=2/h=1"
DAY = "dt=1"


def history(*bodies: Body) -> tuple[Entry, ...]:
    """A log that was there before, one entry a body."""
    entries: list[Entry] = []
    for n, body in enumerate(bodies, 1):
        time = a.clock(f"old{n}")(entries[-1].time if entries else "")
        entries.append(Entry(n, f"old{n}", time, body, f"old@{n - 1}"))
    return tuple(entries)


def shows(entries: Sequence[Entry], *, transactional: bool) -> Catalog:
    """A metastore that has followed this log."""
    return mend(Catalog(transactional), entries)


CREATED = history(Ddl(contract()))
PUBLISHED = history(Ddl(contract()), Publish((made(DAY, "r1", (HOUR, OTHER)),)))
TWICE = history(
    Ddl(contract()),
    Publish((made(HOUR, "r1", (HOUR,)),)),
    Publish((made(HOUR, "r2", (HOUR,)),)),
)
HELD = history(*(entry.body for entry in TWICE), SetHold((DAY,), "bad"))
SNAPSHOT = history(Ddl(contract(partitions=())), Publish((made("", "r1", ("",)),)))


def _stranger() -> Catalog:
    """A table that somebody else made, with two partitions of theirs."""
    catalog = shows(CREATED, transactional=True)
    assert catalog.table is not None
    digest = columns_digest(contract())
    theirs = {p: Pointer(f"theirs/{p}", digest) for p in (HOUR, NEXT)}
    return replace(catalog, table=unmarked(catalog.table), pointers=theirs)


def _lagging() -> Catalog:
    """A metastore one entry behind the log."""
    return shows(TWICE[:2], transactional=True)


def default() -> dict[str, Scenario]:
    """What the tests explore, completely."""
    hive, glue = True, False
    scenarios = [
        Scenario(
            "race: two runners on one slice and a rollback, any of them dies",
            {
                "pub-a": a.publisher("pub-a", HOUR, (HOUR,)),
                "pub-b": a.publisher("pub-b", HOUR, (HOUR,)),
                "undo": a.rollback("undo", HOUR),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
            crashes=1,
        ),
        Scenario(
            "overlap: a day and its hour",
            {
                "day": a.publisher("day", DAY, (OTHER, "dt=1/h=3")),
                "hour": a.publisher("hour", HOUR, (HOUR,)),
            },
            PUBLISHED,
            [shows(PUBLISHED, transactional=hive)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "cascade: a new column under a slice that gains and loses partitions",
            {
                "day": a.publisher("day", DAY, (OTHER, "dt=1/h=3")),
                "ddl": a.add_column("ddl"),
            },
            PUBLISHED,
            [shows(PUBLISHED, transactional=hive)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "late: a pointer write arrives after its sender gave it up, or after it died",
            {
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "ddl": a.add_column("ddl"),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "drop: a table goes and comes back with other columns under a publisher",
            {
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "again": a.recreate("again"),
                "status": a.status("status"),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
            crashes=1,
        ),
        Scenario(
            "ghost: a table goes for good, a write arrives late",
            {
                "pub": a.publisher("pub", NEXT, (NEXT,)),
                "drop": a.drop("drop"),
                "drop-too": a.drop("drop-too"),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "twice: a table is dropped while another drops it and makes it anew",
            {
                "drop": a.drop("drop"),
                "again": a.recreate("again"),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
            crashes=1,
        ),
        Scenario(
            "reshaped: the new table has other partition columns",
            {
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "again": a.recreate("again", 1, ("dt",)),
            },
            TWICE,
            [shows(TWICE, transactional=hive)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "create: two who make the table at once, and one who publishes",
            {
                "make-a": a.create("make-a", 1),
                "make-b": a.create("make-b", 2),
                "pub": a.publisher("pub", HOUR, (HOUR,)),
            },
            (),
            [Catalog(hive)],
            crashes=1,
        ),
        Scenario(
            "adopt: partitions of others are taken over while one of them is published",
            {
                "adopt": a.adopt("adopt"),
                "pub": a.publisher("pub", HOUR, (HOUR,)),
            },
            CREATED,
            [_stranger()],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "parked: adopt meets a metastore in the middle of a move",
            {
                "adopt": a.adopt("adopt"),
                "day": a.publisher("day", DAY, (OTHER, "dt=1/h=3")),
            },
            PUBLISHED,
            [shows(PUBLISHED, transactional=hive)],
            crashes=1,
        ),
        Scenario(
            "strangers: partitions of others stay, through a publish and a new column",
            {
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "ddl": a.add_column("ddl"),
            },
            CREATED,
            [_stranger()],
            crashes=1,
        ),
        Scenario(
            "lag: adopt meets a metastore that is behind",
            {
                "adopt": a.adopt("adopt"),
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "status": a.status("status"),
            },
            TWICE,
            [_lagging()],
            crashes=1,
        ),
        Scenario(
            "two metastores: one log, a Hive and a Glue",
            {
                "pub": a.publisher("pub", DAY, (OTHER, "dt=1/h=3")),
                "ddl": a.add_column("ddl"),
            },
            PUBLISHED,
            [shows(PUBLISHED, transactional=hive), shows(PUBLISHED, transactional=glue)],
            crashes=1,
            errors=1,
        ),
        Scenario(
            "errors: entries of a batch are refused",
            {
                "day": a.publisher("day", DAY, (OTHER, "dt=1/h=3")),
                "next": a.publisher("next", NEXT, (NEXT,)),
            },
            PUBLISHED,
            [shows(PUBLISHED, transactional=glue)],
            errors=2,
        ),
        Scenario(
            "hold: a slice is held while others publish it, one of them by force",
            {
                "hold": a.hold("hold", DAY),
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "force": a.publisher("force", HOUR, (HOUR,), forced=True),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
        ),
        Scenario(
            "release: a held slice is released while others publish and accept it",
            {
                "release": a.release("release", DAY),
                "pub": a.publisher("pub", HOUR, (HOUR,)),
                "accept": a.accept("accept", HOUR),
            },
            HELD,
            [shows(HELD, transactional=glue)],
        ),
        Scenario(
            "answers: the store does not say whether a put was done",
            {
                "pub-a": a.publisher("pub-a", HOUR, (HOUR,)),
                "pub-b": a.several("pub-b", {HOUR: (HOUR,), NEXT: (NEXT,)}),
            },
            CREATED,
            [shows(CREATED, transactional=glue)],
            puts=2,
        ),
        Scenario(
            "vacuum: a directory is condemned that a rollback wants",
            {
                "vacuum": a.vacuum("vacuum"),
                "undo": a.rollback("undo", HOUR),
                "pub": a.publisher("pub", HOUR, (HOUR,)),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
        ),
        Scenario(
            "snapshot: the table's own location is the pointer",
            {
                "pub-a": a.publisher("pub-a", "", ("",)),
                "pub-b": a.publisher("pub-b", "", ("",)),
                "ddl": a.add_column("ddl"),
            },
            SNAPSHOT,
            [shows(SNAPSHOT, transactional=glue)],
            crashes=1,
        ),
        Scenario(
            "ahead: who saw the metastore before appending writes by that, while others move it",
            {
                "day": a.publisher("day", DAY, (OTHER, "dt=1/h=3"), ahead=True),
                "ddl": a.add_column("ddl"),
            },
            PUBLISHED,
            [shows(PUBLISHED, transactional=hive)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "ahead-gone: what was seen is dropped, and made anew",
            {
                "pub": a.publisher("pub", HOUR, (HOUR,), ahead=True),
                "again": a.recreate("again"),
            },
            TWICE,
            [shows(TWICE, transactional=glue)],
            crashes=1,
            lates=1,
        ),
        Scenario(
            "mixed: one slice gains, keeps and loses partitions under a reader's eyes",
            {"day": a.publisher("day", DAY, (OTHER, "dt=1/h=3"))},
            PUBLISHED,
            [shows(PUBLISHED, transactional=hive)],
            errors=1,
            whole=DAY,
        ),
    ]
    return {scenario.name.partition(":")[0]: scenario for scenario in scenarios}


def large(actors: int) -> dict[str, Scenario]:
    """Bigger ones: a crowd with every mishap, and the small ones with all mishaps each."""
    crowd: dict[str, a.Actor] = {
        "day": a.publisher("day", DAY, (OTHER, "dt=1/h=3")),
        "hour": a.publisher("hour", HOUR, (HOUR,)),
        "undo": a.rollback("undo", HOUR),
        "ddl": a.add_column("ddl"),
        "again": a.recreate("again"),
        "vacuum": a.vacuum("vacuum"),
        "adopt": a.adopt("adopt"),
        "status": a.status("status"),
    }

    def beset(scenario: Scenario) -> Scenario:
        return replace(scenario, crashes=1, lates=1, errors=1, puts=1)

    crowds = [
        Scenario(
            f"crowd-{kind}",
            dict(list(crowd.items())[:actors]),
            TWICE,
            [shows(TWICE, transactional=kind != "glue"), *([_lagging()] if kind == "both" else [])],
        )
        for kind in ("glue", "hive", "both")
    ]
    more = {f"{name}-more": beset(scenario) for name, scenario in default().items() if not scenario.whole}
    return {**more, **{scenario.name: beset(scenario) for scenario in crowds}}
