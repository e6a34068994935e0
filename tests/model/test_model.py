"""Every interleaving of small universes keeps the invariants, and each rule taken out breaks one."""

from __future__ import annotations

import os

import pytest

from .mutations import MUTATIONS, Mutation
from .scenarios import default, large
from .search import Search, Violation

CAP = int(os.environ.get("WAREHOUSE_MODEL_CAP", "600000"))
WALKS = int(os.environ.get("WAREHOUSE_MODEL_WALKS", "150"))
SCENARIOS = default()
CROWDS = {name: scenario for name, scenario in large(8).items() if name.startswith("crowd")}

# Who must win and lose somewhere in a universe, so that none of them explores nothing.
MEETS = {
    "race": ({"pub-a", "pub-b", "undo"}, {"pub-a", "pub-b", "undo"}),
    "overlap": ({"day", "hour"}, {"day", "hour"}),
    "twice": ({"drop", "again-drop", "again"}, {"drop", "again-drop"}),
    "drop": ({"pub", "again-drop", "again"}, {"pub"}),
    "ghost": ({"pub", "drop", "drop-too"}, {"pub", "drop", "drop-too"}),
    "create": ({"make-a", "make-b", "pub"}, {"make-a", "make-b"}),
    "adopt": ({"pub", "adopt"}, {"pub"}),
    "parked": ({"day"}, {"adopt"}),
    "lag": ({"pub"}, {"adopt"}),
    "hold": ({"hold", "pub", "force"}, {"hold", "pub", "force"}),
    "release": ({"release", "pub", "accept"}, {"release", "pub", "accept"}),
    "vacuum": ({"vacuum", "undo", "pub"}, {"vacuum", "undo", "pub"}),
}
total = {"states": 0}


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_interleaving_breaks_an_invariant(name: str) -> None:
    found = Search(SCENARIOS[name], cap=CAP).run()
    total["states"] += found.states
    print(f"{name}: {found.states} states, {found.transitions} steps, {found.quiet} ends")
    assert found.quiet > 0
    won, lost = MEETS.get(name, (set(), set()))
    assert won <= found.won
    assert lost <= found.lost
    assert found.complete, "the universe is larger than the cap"


def test_the_universes_are_not_empty() -> None:
    if total["states"] == 0:
        pytest.skip("the scenarios were not run")
    print(f"{total['states']} states in all")
    assert total["states"] > 500_000


@pytest.mark.parametrize("name", CROWDS)
def test_random_schedules_of_a_crowd_keep_the_invariants(name: str) -> None:
    """Eight commands and every mishap at once: too many states to see them all, so some to their ends."""
    found = Search(CROWDS[name]).walk(WALKS)
    print(f"{name}: {found.states} states on {WALKS} walks, {found.quiet} ends, {found.gave_up} gave up")
    assert found.quiet >= WALKS // 2
    assert found.won >= {"day", "hour", "ddl", "again-drop"}
    assert found.lost >= {"day", "hour", "undo"}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.rule.replace(" ", "-"))
def test_each_rule_is_needed(mutation: Mutation) -> None:
    scenario = mutation.change(default()[mutation.scenario])
    with mutation.applied(), pytest.raises(Violation) as caught:
        Search(scenario, mutation.setting, cap=CAP).run()
    print(f"without {mutation.rule}:\n{caught.value}")
    assert caught.value.why.partition(":")[0] in mutation.breaks
    assert caught.value.steps


@pytest.mark.parametrize("name", ["race", "adopt", "create", "errors", "answers"])
def test_states_taken_for_the_same_go_on_alike(name: str) -> None:
    """The search stands on recognising an actor's state by its live variables: replay and compare."""
    search = Search(default()[name], cap=CAP)
    search.run()
    assert search.players.check_twins() > 50
