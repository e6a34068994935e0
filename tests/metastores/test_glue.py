"""What is Glue's own: calls within its limits, entries that fail alone, answers that are lost, versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from metastores.examples import COLUMNS, by_values, partition, table
from metastores.glue_faults import (
    ENTRIES,
    GlueFaults,
    cut,
    entries_fail,
    failed,
    half_unprocessed,
    lost,
    refusal,
    throttled,
)
from runner.metastores import Database, Partition, Table
from runner.metastores.glue import GlueMetastore
from warehouse.contract import Column
from warehouse.errors import ConflictError, OutsideError
from warehouse.names import TableName


@pytest.fixture
def service(aws: Any, hurried: None) -> GlueFaults:
    return GlueFaults(aws)


@pytest.fixture
def glue(aws: Any, service: GlueFaults) -> Iterator[GlueMetastore]:
    made = GlueMetastore(session=aws, pause=lambda seconds: None)
    made.create_database(Database("db", "s3://bucket/db"))
    yield made
    made.close()


@pytest.fixture
def made(glue: GlueMetastore, service: GlueFaults) -> Table:
    """A table on S3, and a service that has forgotten what it was asked so far."""
    made = table("db", Path("/"), location="s3://bucket/db/t")
    glue.create_table(made)
    service.calls.clear()
    return made


def days(of: Table, count: int, run: str = "run1") -> list[Partition]:
    return [partition(of, f"day {n:04}", run=run) for n in range(count)]


def entries(service: GlueFaults, operation: str) -> list[int]:
    field, _ = ENTRIES[operation]
    return [len(body[field]) for called, body in service.calls if called == operation]


@pytest.mark.parametrize("count", [1, 100, 365])
def test_a_publish_takes_as_few_calls_as_the_limits_allow(
    glue: GlueMetastore, service: GlueFaults, made: Table, count: int
) -> None:
    assert glue.add_partitions(made, days(made, count)) == []
    assert glue.alter_partitions(made, days(made, count, "run2")) == []
    names = [p.values for p in days(made, count)]
    assert len(glue.partitions(made.name, names=names)) == count
    assert glue.drop_partitions(made, names) == []
    assert service.count() == {
        "BatchCreatePartition": -(-count // 100),
        "BatchUpdatePartition": -(-count // 100),
        "BatchGetPartition": 1,
        "BatchDeletePartition": -(-count // 25),
    }


def test_pages_and_unprocessed_keys_are_followed(
    glue: GlueMetastore, service: GlueFaults, made: Table
) -> None:
    service.page = 10
    written = days(made, 25)
    assert glue.add_partitions(made, written) == []
    assert by_values(glue.partitions(made.name)) == by_values(written)
    assert service.count()["GetPartitions"] == 3
    service.plan["BatchGetPartition"] = [half_unprocessed, half_unprocessed]
    found = glue.partitions(made.name, names=[p.values for p in written])
    assert by_values(found) == by_values(written)
    assert entries(service, "BatchGetPartition") == [25, 13, 7]
    for n in range(12):
        glue.create_table(replace(made, name=TableName("db", f"u{n:02}")))
    assert glue.tables("db") == ["t", *(f"u{n:02}" for n in range(12))]


def test_a_prefix_is_filtered_by_the_service_where_its_grammar_can(
    glue: GlueMetastore, service: GlueFaults, made: Table
) -> None:
    written = [partition(made, "2018-11-01"), partition(made, "it's"), partition(made, "x' OR dt <> '")]
    glue.add_partitions(made, written)
    for one in written:
        assert glue.partitions(made.name, prefix=one.values) == [one]
    asked = [body.get("Expression") for called, body in service.calls if called == "GetPartitions"]
    assert asked == ["dt = '2018-11-01'", None, None]


def test_a_prefix_of_a_table_with_numbers_for_keys(glue: GlueMetastore) -> None:
    made = table("db", Path("/"), name="n", partitions=(Column("year", "int"), Column("m", "string")))
    glue.create_table(made)
    written = [partition(made, "2018", "01"), partition(made, "02018", "01")]
    glue.add_partitions(made, written)
    assert glue.partitions(made.name, prefix=("2018",)) == written[:1]
    assert glue.partitions(made.name, prefix=("2018", "02")) == []


@pytest.mark.parametrize(
    "operation", ["BatchCreatePartition", "BatchUpdatePartition", "BatchDeletePartition"]
)
@pytest.mark.parametrize("done", [False, True])
def test_entries_that_fail_in_passing_are_sent_again_alone(
    glue: GlueMetastore, service: GlueFaults, made: Table, operation: str, done: bool
) -> None:
    if operation != "BatchCreatePartition":
        glue.add_partitions(made, days(made, 10))
        service.calls.clear()
    service.plan[operation] = [entries_fail(2, 5, 7, done=done), entries_fail(1)]
    wanted = days(made, 10, "run2")
    if operation == "BatchCreatePartition":
        assert glue.add_partitions(made, wanted) == []
    elif operation == "BatchUpdatePartition":
        assert glue.alter_partitions(made, wanted) == []
    else:
        assert glue.drop_partitions(made, [p.values for p in wanted]) == []
        wanted = []
    # What was done although it was reported as failed is read, and not sent again.
    assert entries(service, operation) == ([10] if done else [10, 3, 1])
    assert by_values(glue.partitions(made.name)) == by_values(wanted)


def test_entries_that_fail_for_good_are_reported_and_the_rest_is_done(
    glue: GlueMetastore, service: GlueFaults, made: Table
) -> None:
    service.plan["BatchCreatePartition"] = [entries_fail(1, code="ResourceNumberLimitExceededException")]
    failures = glue.add_partitions(made, days(made, 3))
    assert [(f.values, f.why) for f in failures] == [
        (("day 0001",), "ResourceNumberLimitExceededException: it failed")
    ]
    assert entries(service, "BatchCreatePartition") == [3]
    assert [p.values for p in glue.partitions(made.name)] == [("day 0000",), ("day 0002",)]


@pytest.mark.parametrize("fault", [throttled, failed, lost, cut])
def test_a_batch_that_goes_wrong_whole_is_done_once(
    glue: GlueMetastore, service: GlueFaults, made: Table, fault: Any
) -> None:
    glue.add_partitions(made, days(made, 150))
    service.calls.clear()
    service.plan["BatchUpdatePartition"] = [fault]
    assert glue.alter_partitions(made, days(made, 150, "run2")) == []
    again = [] if fault in (lost, cut) else [100]
    assert entries(service, "BatchUpdatePartition") == [100, *again, 50]
    assert by_values(glue.partitions(made.name)) == by_values(days(made, 150, "run2"))


def test_a_service_that_stays_busy_ends_in_failures_that_say_so(
    glue: GlueMetastore, service: GlueFaults, made: Table
) -> None:
    glue.add_partitions(made, days(made, 2))
    service.calls.clear()
    service.plan["BatchUpdatePartition"] = [throttled] * 20
    failures = glue.alter_partitions(made, days(made, 2, "run2"))
    assert [f.why for f in failures] == ["ThrottlingException: Rate exceeded"] * 2
    assert len(entries(service, "BatchUpdatePartition")) < 6
    assert by_values(glue.partitions(made.name)) == by_values(days(made, 2))


def test_reads_are_repeated_by_the_sdk(glue: GlueMetastore, service: GlueFaults, made: Table) -> None:
    service.plan["GetTable"] = [throttled, failed, throttled]
    assert glue.table(made.name) == made
    assert service.count() == {"GetTable": 4}


@pytest.mark.parametrize("fault", [throttled, failed, lost, cut])
@pytest.mark.parametrize("operation", ["CreateDatabase", "CreateTable", "UpdateTable", "DeleteTable"])
def test_changes_of_one_thing_survive_every_fault(
    glue: GlueMetastore, service: GlueFaults, made: Table, operation: str, fault: Any
) -> None:
    service.plan[operation] = [fault, fault]
    other = replace(made, name=TableName("db", "other"))
    changed = replace(made, comment="changed", columns=(*COLUMNS, Column("more", "int")))
    match operation:
        case "CreateDatabase":
            glue.create_database(Database("another"))
            assert glue.database("another") == Database("another")
        case "CreateTable":
            glue.create_table(other)
            assert glue.table(other.name) == other
        case "UpdateTable":
            assert glue.table(made.name) == made
            glue.alter_table(changed)
            assert glue.table(made.name) == changed
        case _:
            glue.drop_table(made.name)
            assert glue.table(made.name) is None


def test_a_table_that_changed_since_it_was_read_is_not_overwritten(
    aws: Any, glue: GlueMetastore, made: Table
) -> None:
    other = GlueMetastore(session=aws)
    assert glue.table(made.name) == made
    assert other.table(made.name) == made
    theirs = replace(made, location="s3://bucket/db/t/run2")
    other.alter_table(theirs)
    with pytest.raises(ConflictError, match="changed by somebody else"):
        glue.alter_table(replace(made, location="s3://bucket/db/t/run3"))
    assert glue.table(made.name) == theirs
    glue.alter_table(replace(theirs, comment="now it was read"))
    other.close()


def test_versions_do_not_pile_up(glue: GlueMetastore, service: GlueFaults, made: Table) -> None:
    for n in range(3):
        glue.alter_table(replace(made, comment=str(n)))
    assert service.archived == 0


def test_locations_on_s3_end_in_a_slash_for_athena(
    glue: GlueMetastore, service: GlueFaults, made: Table
) -> None:
    glue.add_partitions(made, [partition(made, "1")])
    _, body = service.calls[-1]
    assert body["PartitionInputList"][0]["StorageDescriptor"]["Location"] == "s3://bucket/db/t/run1/dt=1/"
    assert glue.partitions(made.name) == [partition(made, "1")]


def test_what_glue_cannot_hold_is_refused(glue: GlueMetastore, made: Table) -> None:
    long = replace(made, name=TableName("db", "long"), columns=(Column("a", "int", "x" * 256),))
    with pytest.raises(OutsideError, match=r"refused to create table db\.long") as caught:
        glue.create_table(long)
    assert "256 characters" in (caught.value.why or "")
    with pytest.raises(OutsideError, match="refused to write"):
        glue.add_partitions(made, [partition(made, "x" * 1025)])


@pytest.mark.parametrize(
    ("code", "what", "fix"),
    [
        ("AccessDeniedException", "not allowed to glue:GetTable", "warehouse iam"),
        ("ExpiredTokenException", "does not accept the credentials", "renew"),
        ("UnrecognizedClientException", "does not accept the credentials", "renew"),
    ],
)
def test_refusals_tell_what_to_do_and_no_account(
    glue: GlueMetastore, service: GlueFaults, made: Table, code: str, what: str, fix: str
) -> None:
    message = "User: arn:aws:iam::123456789012:user/ada with AKIAABCDEFGHIJKLMNOP is not authorized"
    service.plan["GetTable"] = [lambda layer, operation, body, request: refusal(request, code, message)]
    with pytest.raises(OutsideError, match=what) as caught:
        glue.table(made.name)
    assert fix in (caught.value.fix or "")
    assert "123456789012" not in str(caught.value)
    assert "AKIA" not in str(caught.value)


def test_without_credentials(no_aws: None) -> None:
    import boto3

    glue = GlueMetastore("eu-west-1", session=boto3.Session(), endpoint="http://127.0.0.1:1")
    with pytest.raises(OutsideError, match="no AWS credentials") as caught:
        glue.databases()
    assert caught.value.fix
    glue.close()


def test_without_a_region(no_aws: None) -> None:
    import boto3

    with pytest.raises(OutsideError, match="no AWS region"):
        GlueMetastore(session=boto3.Session())


def test_a_service_that_cannot_be_reached(aws: Any, hurried: None) -> None:
    from moto.core.models import botocore_stubber

    aws.events.unregister("before-send", botocore_stubber)
    glue = GlueMetastore(session=aws, endpoint="http://127.0.0.1:1", pause=lambda seconds: None)
    with pytest.raises(OutsideError, match="Glue in eu-west-1 cannot be reached"):
        glue.databases()
    with pytest.raises(OutsideError, match="Glue in eu-west-1 cannot be reached"):
        glue.create_database(Database("x"))
    glue.close()
