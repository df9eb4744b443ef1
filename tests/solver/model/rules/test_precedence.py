"""``after``: if both take place, the other ends before this one starts."""

from __future__ import annotations

from solver.model.rules import precedence
from tests.solver.factories import meeting, problem
from tests.solver.model.exact import assert_rule, broken_rules

FIRST, THEN = meeting("m", "ann", "bob", length=2), meeting("n", "cat", "dan", after=("m",))


def test_a_meeting_starts_when_those_before_it_have_ended() -> None:
    assert_rule(
        precedence,
        "after",
        feasible=problem(FIRST, THEN, blocks=(3,), tables=2, must_all=True),
        infeasible=problem(FIRST, THEN, blocks=(2,), tables=2, must_all=True),
    )


def test_a_meeting_takes_place_alone_when_the_one_before_it_does_not() -> None:
    late = meeting("m", "ann", "bob", starts=("s1",))
    alone = meeting("n", "cat", "dan", starts=("s0",), after=("m",), must=True)
    assert broken_rules(problem(late, alone, tables=2)) == set()
    both = problem(late, alone, tables=2, must_all=True)
    assert_rule(precedence, "after", feasible=problem(late, alone, tables=2), infeasible=both)
