"""A meeting that needs an interpreter has exactly one; an interpreter has one meeting at a time."""

from __future__ import annotations

from solver.model.rules import interpreters
from solver.problem import Problem
from tests.solver.factories import interpreter, meeting, problem
from tests.solver.model.exact import assert_rule, broken_rules

TALKS = (
    meeting("m", "ann", "bob", interpret=("uk", "en")),
    meeting("n", "cat", "dan", interpret=("en", "uk")),
)


def talks(slots: int, *people: str) -> Problem:
    staff = tuple(interpreter(who, ("en", "uk")) for who in people)
    return problem(*TALKS, blocks=(slots,), tables=2, interpreters=staff, must_all=True)


def test_an_interpreter_is_never_in_two_meetings_of_one_slot() -> None:
    assert_rule(interpreters, "one-interpreter", feasible=talks(2, "ivy"), infeasible=talks(1, "ivy"))


def test_two_interpreters_work_side_by_side() -> None:
    assert broken_rules(talks(1, "ivy", "jon")) == set()


def test_nobody_interprets_a_pair_that_they_do_not_know() -> None:
    other = problem(*TALKS[:1], interpreters=(interpreter("ivy", ("en", "fr")),), must_all=True)
    assert broken_rules(other) is None
