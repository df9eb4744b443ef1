"""Kempe exchanges: patterns cost what the judge counts, and gaps close while everything stays placed."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import kernels
from solver.arrays import Arrays
from solver.bounds.value import counted_bound
from solver.instances.generate import generate
from solver.kernels.gaps import pattern_gaps
from solver.placing.annealer import KERNEL_GOALS, Annealer
from solver.placing.construct import construct
from solver.placing.gaps import GapCloser, agendas, closes_gaps, pattern_costs
from solver.placing.plain import of_starts
from solver.placing.tables import give_tables
from solver.problem import GoalName, Problem
from tests.solver.engine_helpers import Unhurried, broken_rules, judged
from tests.solver.factories import meeting, problem
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

PATTERNS = pytest.mark.parametrize(
    ("busy", "idle", "breaks"),
    [
        ("", 0, 0),
        ("1", 0, 0),
        ("0110", 0, 0),
        ("101", 1, 1),
        ("1001", 2, 1),
        ("10100100", 3, 2),
        ("0100", 0, 0),
    ],
)


@PATTERNS
def test_a_pattern_costs_its_idle_slots_and_breaks(busy: str, idle: int, breaks: int) -> None:
    pattern = sum(1 << slot for slot, mark in enumerate(busy) if mark == "1")
    assert pattern_costs(8, GoalName.IDLE)[pattern] == idle
    assert pattern_costs(8, GoalName.BREAKS)[pattern] == breaks


@PATTERNS
@pytest.mark.parametrize("before", [0, 13, 30])
@pytest.mark.parametrize("goal", [GoalName.IDLE, GoalName.BREAKS])
def test_a_pattern_of_a_long_block_costs_the_same(
    busy: str, idle: int, breaks: int, before: int, goal: GoalName
) -> None:
    found = agendas(Arrays.of(problem(meeting("m", "ann", "bob"), blocks=(60,))), goal, preferences=False)
    pattern = sum(1 << before + slot for slot, mark in enumerate(busy) if mark == "1")
    gaps = pattern_gaps(pattern, found.cost, found.words, found.breaks)
    assert gaps == (idle if goal is GoalName.IDLE else breaks)


def test_blocks_beyond_a_days_length_are_left_to_the_search_over_all_rules() -> None:
    assert closes_gaps(Arrays.of(problem(meeting("m", "ann", "bob"), blocks=(62,))))
    assert not closes_gaps(Arrays.of(problem(meeting("m", "ann", "bob"), blocks=(63,))))


def test_who_has_a_gap_is_told_block_by_block() -> None:
    kernels.compile_kernels()
    forum = problem(meeting("a", "ann", "bob"), meeting("b", "ann", "cat"), blocks=(3, 2))
    closer = GapCloser(Arrays.of(forum), GoalName.BREAKS, seed=0, preferences=False)
    ann = [person.id for person in forum.people].index("ann")
    for starts, broken in (((0, 2), {ann}), ((0, 1), set()), ((1, 3), set()), ((0, -1), set())):
        assert closer.people_with_gaps(np.array(starts, np.int32)) == broken


def in_one_block(forum: Problem) -> Problem:
    block = forum.blocks[0]
    slots = tuple(msgspec.structs.replace(each, block=block.id) for each in forum.slots)
    return msgspec.structs.replace(forum, blocks=(block,), slots=slots)


@settings(max_examples=25, deadline=None)
@given(
    size=st.tuples(st.integers(2, 20), st.integers(1, 60)),
    slots=st.tuples(st.integers(1, 14), st.booleans()),
    tables=st.integers(1, 8),
    seed=st.integers(0, 99),
    goal=st.sampled_from((GoalName.IDLE, GoalName.BREAKS)),
)
def test_a_round_keeps_every_meeting_placed_and_the_gaps_not_more(
    size: tuple[int, int], slots: tuple[int, bool], tables: int, seed: int, goal: GoalName
) -> None:
    kernels.compile_kernels()
    (companies, requests), (many, long) = size, slots
    many = many * 3 if long else many
    forum = generate(companies=companies, requests=requests, slots=many, tables=tables, seed=seed)
    forum = in_one_block(forum) if long else forum
    arrays = Arrays.of(forum)
    first = construct(arrays, counted_bound(arrays, GoalName.VALUE), seed=1, control=Unhurried())
    closer = GapCloser(arrays, goal, seed=seed, preferences=False)
    starts = closer.round(first.start, 5_000, control=Unhurried())
    classes = arrays.table_class[:1].repeat(arrays.n_meetings)
    last = give_tables(arrays, of_starts(arrays, starts), classes)
    assert ((starts >= 0) == (first.start >= 0)).all()
    assert broken_rules(forum, arrays, last) == []
    assert judged(forum, arrays, last).goals[goal] <= judged(forum, arrays, first).goals[goal]


@TINY
@given(problems())
def test_the_kernels_sums_are_the_goals_that_the_judge_counts(tiny: Problem) -> None:
    arrays = Arrays.of(tiny).tables_apart()
    search = Annealer(arrays=arrays, goals=tuple(KERNEL_GOALS), targets={}, seed=3)
    for goal in KERNEL_GOALS:
        search.round(goal, 500, control=Unhurried(), on_better=lambda: None)
    found = judged(tiny, arrays, search.best())
    assert {goal: search.value(goal) for goal in KERNEL_GOALS} == {
        goal: found.goals[goal] for goal in KERNEL_GOALS
    }
    assert search.feasible == (found.violations == ())
