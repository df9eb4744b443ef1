"""The most adjacent slots of one block with work in each, of a person and of an interpreter."""

from __future__ import annotations

from solver.model.rules import in_row
from solver.problem import Problem
from tests.solver.factories import interpreter, meeting, person, problem
from tests.solver.model.exact import assert_rule


def of_ann(*blocks: int) -> Problem:
    three = tuple(meeting(f"m{n}", "ann", f"b{n}") for n in range(3))
    return problem(*three, blocks=blocks, people=(person("ann", max_in_row=2),), must_all=True)


def of_ivy(row: int) -> Problem:
    long = meeting("m", "ann", "bob", length=3, interpret=("en", "uk"))
    ivy = interpreter("ivy", ("en", "uk"), max_in_row=row)
    return problem(long, blocks=(3,), interpreters=(ivy,), must_all=True)


def test_a_person_rests_after_so_many_slots_in_a_row() -> None:
    assert_rule(in_row, "limit", feasible=of_ann(4), infeasible=of_ann(3))


def test_a_row_ends_with_its_block() -> None:
    assert_rule(in_row, "limit", feasible=of_ann(2, 1), infeasible=of_ann(3))


def test_an_interpreter_rests_after_so_many_slots_in_a_row() -> None:
    assert_rule(in_row, "limit", feasible=of_ivy(3), infeasible=of_ivy(2))
