"""No person has more breaks than the problem's ``max_breaks``, over all blocks."""

from __future__ import annotations

from solver.model.rules import max_breaks
from solver.problem import Problem
from tests.solver.factories import meeting, problem
from tests.solver.model.exact import assert_rule, broken_rules


def at(limit: int | None, *slots: str, blocks: tuple[int, ...] = (7,)) -> Problem:
    """Ann has a meeting in each of ``slots``."""
    fixed = tuple(meeting(f"m{slot}", "ann", f"b{slot}", locked_slot=slot) for slot in slots)
    return problem(*fixed, blocks=blocks, tables=2, max_breaks=limit, must_all=True)


def test_a_persons_breaks_are_limited() -> None:
    assert_rule(
        max_breaks,
        "max-breaks",
        feasible=at(2, "s0", "s2", "s6"),
        infeasible=at(1, "s0", "s2", "s6"),
    )


def test_a_break_counts_once_however_long() -> None:
    assert_rule(max_breaks, "max-breaks", feasible=at(1, "s0", "s6"), infeasible=at(0, "s0", "s6"))


def test_the_time_between_blocks_is_no_break() -> None:
    assert broken_rules(at(0, "s0", "s1", "s4", blocks=(3, 4))) == set()


def test_breaks_of_all_blocks_count_together() -> None:
    two = ("s0", "s2", "s3", "s5")
    assert_rule(
        max_breaks,
        "max-breaks",
        feasible=at(2, *two, blocks=(3, 3)),
        infeasible=at(1, *two, blocks=(3, 3)),
    )
