"""Checks read the given rows, too: every table in them has another name, or the check is left out."""

from __future__ import annotations

from warehouse.manifest import Check
from warehouse.names import TableName
from warehouse.redirected import check_tables, redirect_checks

USERS = TableName("music", "users")
OWN = Check("own", measure="count_if(a IS NULL)", query="SELECT * FROM `staged_1` WHERE a IS NULL")
PARENT = Check(
    "parent", query="SELECT * FROM `staged_1` AS s WHERE s.u NOT IN (SELECT user_id FROM music.users)"
)
COUNT = Check("count", measure="count(*)")
NAMED = Check(
    "named", query="SELECT `staged_1`.a FROM `staged_1` JOIN music.users ON users.user_id = `staged_1`.u"
)


def test_the_tables_of_a_check_are_those_besides_the_rows() -> None:
    assert [check_tables(c, "staged_1") for c in (OWN, PARENT, COUNT, NAMED)] == [(), (USERS,), (), (USERS,)]


def test_other_tables_are_read_under_other_names() -> None:
    checks = redirect_checks([OWN, PARENT, COUNT, NAMED], "staged_1", {USERS: "`global_temp`.`given`"})
    assert checks[0] is OWN and checks[2] is COUNT
    assert checks[1].query == (
        "SELECT * FROM `staged_1` AS s WHERE s.u NOT IN (SELECT user_id FROM `global_temp`.`given`)"
    )
    assert checks[3].query == (
        "SELECT `staged_1`.a FROM `staged_1` AS `staged_1` "
        "JOIN `global_temp`.`given` AS `users` ON users.user_id = `staged_1`.u"
    )


def test_a_check_that_reads_what_is_not_given_is_left_out() -> None:
    assert [c.name for c in redirect_checks([OWN, PARENT, COUNT, NAMED], "staged_1", {})] == ["own", "count"]
