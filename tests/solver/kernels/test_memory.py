"""Compiled kernels write wherever they are told to: whatever a move does, it stays within its memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from solver.arrays import Arrays
from solver.instances.generate import generate_rich
from solver.placing.annealer import Annealer
from solver.problem import GoalName, Need, Problem
from tests.solver.engine_helpers import Unhurried
from tests.solver.factories import meeting, party, problem

BEHIND = 4_000  # numbers watched behind the end of a search's memory
UNTOUCHED = -77


def crowded() -> Problem:
    """Four people a meeting, and long meetings among short ones: who moves one is in the way of many."""
    rng = random.Random(5)
    names = [f"p{number}" for number in range(60)]
    meetings = [
        meeting(
            f"m{number}",
            *(party(*half, company=half[0].upper(), need=Need.ALL) for half in (come[:2], come[2:])),
            length=6 if rng.random() < 0.1 else 1,
        )
        for number in range(300)
        for come in [rng.sample(names, 4)]
    ]
    return problem(*meetings, blocks=(15, 15), tables=60)


def rich() -> Problem:
    return generate_rich(companies=40, requests=400, slots=20, tables=14, interpreters=4, seed=2)


def queue() -> Problem:
    """One host and a long row of guests, so that a run has more meetings than a move may carry."""
    guests = [meeting(f"m{number}", "host", f"guest{number}") for number in range(90)]
    return problem(*guests, blocks=(95,), tables=3)


@pytest.mark.parametrize("made", [crowded, rich, queue])
def test_annealing_for_moves_stays_within_its_memory(made: Callable[[], Problem]) -> None:
    stays_within(GoalName.MOVES, Arrays.of(made()).tables_apart())


@pytest.mark.parametrize("made", [crowded, rich])
def test_annealing_for_idle_slots_stays_within_its_memory(made: Callable[[], Problem]) -> None:
    stays_within(GoalName.IDLE, Arrays.of(made()))


def stays_within(goal: GoalName, arrays: Arrays) -> None:
    search = Annealer(arrays=arrays, goals=(GoalName.VALUE, goal), targets={}, seed=1)
    search.fill(np.arange(arrays.n_meetings, dtype=np.int32))
    search.targets = {GoalName.VALUE: search.value(GoalName.VALUE)}
    memory = np.full(len(search.world.flat) + BEHIND, UNTOUCHED, np.int32)
    memory[:-BEHIND] = search.world.flat
    search.world = replace(search.world, flat=memory[:-BEHIND])
    for _ in range(10):
        before = search.world
        search.round(goal, 20_000, control=Unhurried(), on_better=lambda: None)
        search.world = before
    assert (memory[-BEHIND:] == UNTOUCHED).all(), "a move wrote behind the end"
