"""The most meetings a day of a person, and the most slots a day of an interpreter."""

from __future__ import annotations

from solver.model.rules import days
from solver.problem import Interpreter, Person, Problem
from tests.solver.factories import interpreter, meeting, person, problem
from tests.solver.model.exact import assert_rule


def of_ann(ann: Person, *, names: tuple[str, str]) -> Problem:
    both = (meeting("m", "ann", "bob", length=2), meeting("n", "ann", "cat", length=2))
    return problem(*both, blocks=(2, 2), days=names, people=(ann,), must_all=True)


def of_ivy(ivy: Interpreter) -> Problem:
    long = meeting("m", "ann", "bob", length=2, interpret=("en", "uk"))
    return problem(long, interpreters=(ivy,), must_all=True)


def test_a_persons_meetings_a_day_are_limited_however_long() -> None:
    once_a_day = person("ann", max_per_day=1)
    assert_rule(
        days,
        "limit",
        feasible=of_ann(once_a_day, names=("monday", "tuesday")),
        infeasible=of_ann(once_a_day, names=("monday", "monday")),
    )


def test_an_interpreters_day_is_counted_in_slots() -> None:
    assert_rule(
        days,
        "limit",
        feasible=of_ivy(interpreter("ivy", ("en", "uk"), max_per_day=2)),
        infeasible=of_ivy(interpreter("ivy", ("en", "uk"), max_per_day=1)),
    )
