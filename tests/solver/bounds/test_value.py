"""Relaxations: never below what brute force reaches, at any grain, however the solver of the program ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from solver.arrays import Arrays
from solver.bounds.lp import Program
from solver.bounds.periods import Grain
from solver.bounds.value import counted_bound, relaxed_bound
from solver.problem import GoalName, Problem
from tests.solver import brute_force
from tests.solver.engine_helpers import StopsAfter, Unhurried
from tests.solver.factories import meeting, person, problem
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

RELAXED = (GoalName.COVERAGE, GoalName.VALUE)


@TINY
@given(problems())
def test_no_schedule_of_a_tiny_problem_passes_a_bound(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    if best is None:
        return
    arrays = Arrays.of(tiny)
    coverage: int | None = None
    seen: list[GoalName] = []
    for goal, value in zip(tiny.goals, best.values, strict=True):
        if goal is GoalName.PREFERENCES:
            assert value >= counted_bound(arrays, goal).limit
        if goal in RELAXED and all(each in RELAXED for each in seen):
            assert value <= counted_bound(arrays, goal).limit
            for grain in Grain:
                bound = relaxed_bound(arrays, goal, grain=grain, control=Unhurried(), least_coverage=coverage)
                assert bound.finished
                assert value <= bound.limit
        if goal is GoalName.COVERAGE:
            coverage = value
        seen.append(goal)


def test_the_aggregated_bound_counts_a_persons_free_slots() -> None:
    rivals = [
        meeting(f"m{index}", "ann", name, weight=index + 1) for index, name in enumerate(("b", "c", "d"))
    ]
    arrays = Arrays.of(problem(*rivals, tables=5, people=(person("ann", unavailable=("s0", "s1")),)))
    assert relaxed_bound(arrays, GoalName.VALUE, grain=Grain.ALL, control=Unhurried()).limit == 2 + 3


def test_the_limit_in_a_row_lowers_the_bound_of_a_block() -> None:
    meetings = [meeting(f"m{index}", "ann", f"p{index}") for index in range(5)]
    arrays = Arrays.of(problem(*meetings, blocks=(5,), tables=5, people=(person("ann", max_in_row=2),)))
    for grain in Grain:
        assert relaxed_bound(arrays, GoalName.VALUE, grain=grain, control=Unhurried()).limit == 4


def test_the_time_indexed_bound_sees_that_two_in_one_slot_exclude_each_other() -> None:
    meetings = [meeting(f"m{index}", "ann", f"p{index}", starts=("s0",)) for index in range(3)]
    arrays = Arrays.of(problem(*meetings, tables=5))
    assert relaxed_bound(arrays, GoalName.VALUE, grain=Grain.ALL, control=Unhurried()).limit == 3
    assert relaxed_bound(arrays, GoalName.VALUE, grain=Grain.SLOT, control=Unhurried()).limit == 1


@pytest.mark.parametrize("grain", list(Grain))
def test_a_stopped_relaxation_still_gives_a_valid_bound(grain: Grain) -> None:
    arrays = Arrays.of(problem(meeting("m", "ann", "bob"), meeting("n", "ann", "bob"), blocks=(1,)))
    bound = relaxed_bound(arrays, GoalName.VALUE, grain=grain, control=StopsAfter(-1))
    assert not bound.finished
    assert bound.limit >= 1


def test_a_goal_without_relaxation_is_refused() -> None:
    with pytest.raises(ValueError, match="no relaxation"):
        relaxed_bound(
            Arrays.of(problem(meeting("m", "ann", "bob"))),
            GoalName.IDLE,
            grain=Grain.ALL,
            control=Unhurried(),
        )


def test_a_program_may_name_a_variable_twice_in_a_row() -> None:
    program = Program()
    program.add_columns(np.array([3, 1]))
    program.add_rows(np.array([0, 0, 0]), np.array([0, 0, 1]), [2])
    result = program.solve(control=Unhurried())
    assert result.finished
    assert result.bound == 3
