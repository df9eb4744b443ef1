"""Annealing: whatever leaves it keeps every rule, is never worse than its start, and repeats by its seed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.arrays import Arrays, Assignment
from solver.bounds.value import counted_bound
from solver.instances.generate import generate, generate_rich
from solver.placing.annealer import KERNEL_GOALS, worths
from solver.placing.construct import construct, greedy
from solver.placing.improve import improve
from solver.placing.seating import seat_anew
from solver.placing.tables import count_moves
from solver.problem import GoalName, Problem
from tests.solver import brute_force
from tests.solver.engine_helpers import StopsAfter, Unhurried, broken_rules, judged
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

BEST = {GoalName.BREAKS: 0, GoalName.IDLE: 0}


def searched(tiny: Problem, arrays: Arrays, start: Assignment, moves: int) -> list[Assignment]:
    """All incumbents of one search, the last one twice."""
    seen: list[Assignment] = []
    last = improve(
        arrays,
        start,
        tiny.goals,
        targets=BEST,
        seed=1,
        control=Unhurried(),
        most_moves=moves,
        on_better=seen.append,
    )
    return [*seen, last]


def ranked(values: Mapping[GoalName, int], goals: tuple[GoalName, ...]) -> list[int]:
    """Values of goals in their order: the higher, the better."""
    return [values[goal] if goal.maximised else -values[goal] for goal in goals]


@TINY
@given(problems())
def test_every_incumbent_of_a_tiny_problem_keeps_all_rules(tiny: Problem) -> None:
    arrays = Arrays.of(tiny)
    for incumbent in searched(tiny, arrays, Assignment.empty(arrays), 3_000):
        assert broken_rules(tiny, arrays, incumbent) == []


@TINY
@given(problems())
def test_search_meets_the_optimum_of_most_tiny_problems_and_passes_none(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    if best is None:
        return
    arrays = Arrays.of(tiny)
    found = judged(tiny, arrays, searched(tiny, arrays, Assignment.empty(arrays), 20_000)[-1])
    if found.violations:
        return
    leading = [goal in KERNEL_GOALS for goal in tiny.goals]
    known = leading.index(False) if False in leading else len(leading)
    reached = ranked(found.goals, tiny.goals[:known])
    optimum = ranked(dict(zip(tiny.goals, best.values, strict=True)), tiny.goals[:known])
    assert reached <= optimum
    if known and tiny.goals[0] in (GoalName.VALUE, GoalName.COVERAGE):
        assert reached[0] == optimum[0]


@TINY
@given(problems())
def test_search_never_makes_the_best_schedule_worse(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    if best is None or any(goal not in KERNEL_GOALS for goal in tiny.goals):
        return
    arrays = Arrays.of(tiny)
    start = Assignment.from_placements(arrays, best.placements)
    found = judged(tiny, arrays, searched(tiny, arrays, start, 2_000)[-1])
    assert found.violations == ()
    assert tuple(found.goals[goal] for goal in tiny.goals) == best.values


@TINY
@given(problems())
def test_the_greedy_keeps_all_rules(tiny: Problem) -> None:
    arrays = Arrays.of(tiny)
    bound = counted_bound(arrays, GoalName.VALUE)
    assert broken_rules(tiny, arrays, greedy(arrays, bound, seed=1, control=Unhurried())) == []


@pytest.fixture(scope="module")
def rich() -> Problem:
    return generate_rich(companies=20, requests=120, slots=12, tables=8, interpreters=3, seed=4)


def test_a_rich_forum_keeps_all_rules_and_gains_on_the_greedy(rich: Problem) -> None:
    arrays = Arrays.of(rich)
    bound = counted_bound(arrays, GoalName.VALUE)
    first = construct(arrays, bound, seed=1, control=Unhurried())
    incumbents = searched(rich, arrays, first, 400_000)
    for incumbent in (first, *incumbents[:3], incumbents[-1]):
        assert broken_rules(rich, arrays, incumbent) == []
    last = incumbents[-1]
    before = (first.coverage(arrays), first.value(arrays))
    assert (last.coverage(arrays), last.value(arrays)) > before


def test_the_same_seed_and_moves_give_the_same_schedule(rich: Problem) -> None:
    arrays = Arrays.of(rich)
    one, two = (searched(rich, arrays, Assignment.empty(arrays), 30_000)[-1] for _ in range(2))
    assert one.to_placements(arrays) == two.to_placements(arrays)


def test_a_stopped_search_hands_out_what_it_has(rich: Problem) -> None:
    arrays = Arrays.of(rich)
    found = improve(arrays, Assignment.empty(arrays), rich.goals, targets=BEST, seed=1, control=StopsAfter(3))
    assert found.placed > 0
    assert broken_rules(rich, arrays, found) == []


@pytest.mark.parametrize("plain", [True, False])
def test_other_slots_need_fewer_changes_of_table_than_the_best_tables_for_the_slots_at_hand(
    *,
    plain: bool,
) -> None:
    sizes = {"companies": 20, "requests": 60, "slots": 12, "tables": 12, "seed": 4}
    given_problem = generate(**sizes) if plain else generate_rich(**sizes, interpreters=4)
    arrays = Arrays.of(given_problem)
    held = given_problem.goals[: given_problem.goals.index(GoalName.MOVES)]
    first = improve(
        arrays, Assignment.empty(arrays), held, targets=BEST, seed=1, control=Unhurried(), most_moves=300_000
    )
    before = judged(given_problem, arrays, first).goals
    last = improve(
        arrays,
        first,
        (*held, GoalName.MOVES),
        targets={goal: before[goal] for goal in held},
        seed=1,
        control=Unhurried(),
        most_moves=400_000,
    )
    after = judged(given_problem, arrays, last)
    assert after.violations == ()
    assert ranked(after.goals, held) >= ranked(before, held)
    assert after.goals[GoalName.MOVES] < count_moves(arrays, seat_anew(arrays, first, control=Unhurried()))


@given(st.permutations(tuple(KERNEL_GOALS)), st.floats(1, 1000), st.floats(0.5, 500))
def test_no_earlier_goal_is_sold_for_a_later_one(order: list[GoalName], heaviest: float, unit: float) -> None:
    goals = tuple(order)
    for active in goals:
        worth = worths(goals, active, heaviest=heaviest, unit=unit)
        for earlier, later in pairwise(goals[: goals.index(active) + 1]):
            most = heaviest if later is GoalName.VALUE else 1.0
            assert worth[KERNEL_GOALS[earlier]] > most * worth[KERNEL_GOALS[later]]


def test_gaps_of_a_plain_forum_close_while_everything_stays_placed() -> None:
    plain = generate(companies=40, requests=120, slots=12, tables=20, seed=2)
    arrays = Arrays.of(plain)
    first = construct(arrays, counted_bound(arrays, GoalName.VALUE), seed=1, control=Unhurried())
    last = searched(plain, arrays, first, 700_000)[-1]
    before, after = judged(plain, arrays, first), judged(plain, arrays, last)
    assert after.violations == ()
    assert after.goals[GoalName.VALUE] >= before.goals[GoalName.VALUE]
    assert after.goals[GoalName.IDLE] < before.goals[GoalName.IDLE] / 2
    assert np.array_equal(last.start >= 0, last.table >= 0)
