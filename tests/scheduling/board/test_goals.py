"""Bounds of a schedule that was changed by hand, where no solver was asked: true for every schedule."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from forum_scheduler.scheduling.board.goals import plain_bound
from solver.problem import GoalName, Problem
from tests.solver import brute_force
from tests.solver.factories import meeting, person, problem
from tests.solver.strategies import problems

PLAIN = [goal for goal in GoalName if goal is not GoalName.PROMISES]


@pytest.mark.parametrize("goal", PLAIN)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny=problems())
def test_no_schedule_passes_a_plain_bound(goal: GoalName, tiny: Problem) -> None:
    best = brute_force.best(msgspec.structs.replace(tiny, goals=(goal,)))
    if best is None:
        return
    bound = plain_bound(tiny, goal)
    assert best.values[0] <= bound if goal.maximised else best.values[0] >= bound


def test_a_company_whom_all_want_bounds_the_value_by_its_time() -> None:
    wanted = [meeting(f"m{n}", "ann", f"b{n}", weight=n) for n in range(1, 6)]
    crowded = problem(*wanted, blocks=(3,), people=(person("ann", unavailable=("s0",)),), tables=5)
    assert plain_bound(crowded, GoalName.VALUE) == 5 + 4


def test_all_together_have_no_more_meetings_than_tables_have_slots() -> None:
    apart = [meeting(f"m{n}", f"a{n}", f"b{n}", weight=n) for n in range(1, 6)]
    assert plain_bound(problem(*apart, blocks=(3,), tables=1), GoalName.VALUE) == 5 + 4 + 3
