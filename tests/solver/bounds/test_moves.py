"""The bound of changes of table: what no schedule can be below, whatever its slots and tables."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, note

from solver.arrays import Arrays
from solver.bounds.moves import moves_bound
from solver.problem import GoalName, Need, Problem
from solver.progress import Control
from tests.solver import brute_force
from tests.solver.factories import meeting, party, problem
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

GOALS = (GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE, GoalName.MOVES)


def least(given_problem: Problem, *, idle: int = 0, value: int = 0) -> int:
    return moves_bound(
        Arrays.of(given_problem),
        most_idle=idle,
        least_coverage=None,
        least_value=value,
        control=Control.of_seconds(20),
    )


def ring(*, slots: int, tables: int) -> Problem:
    """Four people who all meet each other: of two who part, one must change the table."""
    names = ("ann", "bob", "cat", "dan")
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    return problem(
        *(meeting(f"m{n}", *pair) for n, pair in enumerate(pairs)),
        blocks=(slots,),
        tables=tables,
        goals=GOALS,
    )


def test_of_two_who_part_one_changes_the_table() -> None:
    """Six meetings at two tables for three slots: eight steps, of which four at most are none."""
    assert least(ring(slots=3, tables=2), value=6) == 4
    expected = brute_force.best(ring(slots=3, tables=2))
    assert expected is not None
    assert expected.values[3] >= 4


@pytest.mark.parametrize(("idle", "bound"), [(0, 4), (3, 1), (9, 0)])
def test_steps_over_pauses_may_be_none(idle: int, bound: int) -> None:
    assert least(ring(slots=3, tables=2), value=6, idle=idle) == bound


def test_two_who_stay_together_need_not_change() -> None:
    twice = problem(
        meeting("m", party("ann", "amy", company="A", need=Need.ALL), "bob"),
        meeting("n", party("ann", "amy", company="A", need=Need.ALL), "cat"),
        blocks=(2,),
        goals=GOALS,
    )
    assert least(twice, value=2) == 0


@TINY
@given(problems())
def test_no_schedule_is_below_the_bound(tiny: Problem) -> None:
    given_problem = msgspec.structs.replace(tiny, goals=GOALS)
    best = brute_force.best(given_problem)
    if best is None:
        return
    coverage, value, idle, moves = best.values
    found = moves_bound(
        Arrays.of(given_problem),
        most_idle=idle,
        least_coverage=coverage,
        least_value=value,
        control=Control.of_seconds(20),
    )
    note(f"{best.values}, bound {found}")
    assert found <= moves
