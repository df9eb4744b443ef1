"""A table has one meeting at a time, and interchangeable tables as many as they are."""

from __future__ import annotations

from solver.problem import Problem
from tests.solver.factories import meeting, problem, table
from tests.solver.model.exact import broken_rules

PAIRS = (meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), meeting("o", "eve", "fay"))


def one_slot(count: int) -> Problem:
    return problem(*PAIRS, blocks=(1,), tables=count, must_all=True)


def test_interchangeable_tables_hold_as_many_meetings_as_they_are() -> None:
    assert broken_rules(one_slot(3)) == set()
    assert broken_rules(one_slot(2)) is None
    assert broken_rules(problem(*PAIRS, blocks=(2,), tables=2, must_all=True)) == set()


def test_a_meeting_with_a_lock_takes_its_table_from_the_others() -> None:
    locked = (meeting("m", "ann", "bob", locked_table="t0"), meeting("n", "cat", "dan", locked_table="t0"))
    assert broken_rules(problem(*locked, blocks=(2,), tables=2, must_all=True)) == set()
    assert broken_rules(problem(*locked, blocks=(1,), tables=2, must_all=True)) is None
    assert broken_rules(problem(*locked[:1], PAIRS[1], blocks=(1,), tables=2, must_all=True)) == set()


def test_a_meeting_is_at_a_table_that_is_open_and_fits() -> None:
    wish = meeting("m", "ann", "bob", features=("screen",))
    plain, closed = table("t0"), table("t1", features=("screen",), closed=("s0",))
    assert broken_rules(problem(wish, blocks=(2,), tables=(plain, closed), must_all=True)) == set()
    assert broken_rules(problem(wish, blocks=(1,), tables=(plain, closed), must_all=True)) is None


def test_long_meetings_share_interchangeable_tables_in_turn() -> None:
    long = tuple(meeting(f"m{n}", f"a{n}", f"b{n}", length=2) for n in range(4))
    assert broken_rules(problem(*long, blocks=(4,), tables=2, must_all=True)) == set()
    assert broken_rules(problem(*long, blocks=(3,), tables=2, must_all=True)) is None


def test_different_tables_are_not_counted_together() -> None:
    small = (table("t0", seats=2), table("t1", "yard", seats=1))
    assert broken_rules(problem(*PAIRS[:1], blocks=(1,), tables=small, must_all=True)) == set()
    assert broken_rules(problem(*PAIRS[:2], blocks=(1,), tables=small, must_all=True)) is None
