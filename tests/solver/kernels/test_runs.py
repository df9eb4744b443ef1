"""A run of meetings at one table moves as a whole, or not at all."""

from __future__ import annotations

import numpy as np

from solver.arrays import Arrays, Assignment, Longs
from solver.kernels import moves, runs
from solver.kernels.layout import CLASS, G_MOVES, START
from solver.placing.annealer import Annealer
from solver.placing.plain import random_state
from solver.problem import GoalName
from tests.solver.factories import meeting, place, problem

TRIES = 400
ANNS_SECOND, BOBS_SECOND = 1, 4


def hosts() -> Annealer:
    """Ann meets three at one table, Bob three at another right after; Gus is Ann's last and Bob's first."""
    tiny = problem(
        *(meeting(f"a{each}", "ann", guest) for each, guest in enumerate(("eve", "fay", "gus"))),
        *(meeting(f"b{each}", "bob", guest) for each, guest in enumerate(("gus", "hal", "ida"))),
        blocks=(8, 8),
        tables=3,
        goals=(GoalName.MOVES,),
    )
    arrays = Arrays.of(tiny).tables_apart()
    search = Annealer(arrays=arrays, goals=(GoalName.MOVES,), targets={}, seed=1)
    rows = [
        *((f"a{each}", each, "t0") for each in range(3)),
        *((f"b{each}", 3 + each, "t1") for each in range(3)),
    ]
    placed = [place(tiny, name, f"s{slot}", table) for name, slot, table in rows]
    search.load(Assignment.from_placements(arrays, placed))
    return search


def runs_of(search: Annealer) -> tuple[Longs, Longs]:
    """Starts and tables of Ann's three meetings and of Bob's, [2, 3]."""
    flat = search.world.flat
    start, table = (
        flat[flat[part] : flat[part] + 6].reshape(2, 3).astype(np.int64) for part in (START, CLASS)
    )
    return start, table


def test_all_that_moves_goes_as_far_and_to_one_table() -> None:
    search = hosts()
    flat, sums, random = search.world.flat, search.world.sums, random_state(5)
    start, table = runs_of(search)
    sizes = set()
    for _ in range(TRIES):
        moves.forget(flat)
        if runs.move_run(flat, sums, random, BOBS_SECOND):
            start_now, table_now = runs_of(search)
            moved = (start_now != start) | (table_now != table)
            assert not moved[0].any(), "Ann's run was not asked to move"
            assert len(set((start_now - start)[moved])) <= 1
            assert len(set(table_now[moved])) <= 1
            sizes.add(int(moved.sum()))
        moves.undo(flat, sums)
    assert sizes >= {2, 3}, "the whole run, its beginning or its end"


def test_a_run_comes_to_the_table_that_somebody_comes_from() -> None:
    search = hosts()
    flat, sums, random = search.world.flat, search.world.sums, random_state(5)
    assert sums[G_MOVES] == -1, "Gus goes from one table to the other"
    reached = set()
    for _ in range(TRIES):
        moves.forget(flat)
        runs.move_run(flat, sums, random, BOBS_SECOND)
        reached.add(int(sums[G_MOVES]))
        moves.undo(flat, sums)
    assert 0 in reached


def test_what_does_not_fit_is_taken_back() -> None:
    search = hosts()
    flat, sums, random = search.world.flat, search.world.sums, random_state(5)
    before = flat[search.world.answer].copy(), sums.copy()
    for _ in range(TRIES):
        moves.forget(flat)
        runs.move_run(flat, sums, random, ANNS_SECOND)
        moves.undo(flat, sums)
        assert (flat[search.world.answer] == before[0]).all()
        assert (sums == before[1]).all()
