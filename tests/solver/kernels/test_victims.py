"""Whose place a meeting takes where every table is taken: nobody has to walk too far for it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from solver.arrays import Arrays, Assignment
from solver.kernels import marks, victims
from solver.kernels.layout import G_VALUE, GOALS, VICTIM, VICTIMS
from solver.placing.annealer import Annealer
from solver.placing.plain import random_state
from solver.problem import GoalName
from tests.solver.factories import meeting, place, problem, table


def in_the_way(*walks: tuple[str, str]) -> Counter[str]:
    """What gives way, of 100 times, where Ann comes from the hall and both tables of the slot are taken."""
    tiny = problem(
        meeting("before", "ann", "guest"),
        meeting("hall", "bob", "cem"),
        meeting("annex", "dora", "eve"),
        meeting("asked", "ann", "finn"),
        goals=(GoalName.VALUE,),
        blocks=(2,),
        tables=(table("t0", "hall"), table("t1", "annex")),
        walks=walks,
    )
    arrays = Arrays.of(tiny)
    search = Annealer(arrays=arrays, goals=(GoalName.VALUE,), targets={}, seed=1)
    placed = [
        place(tiny, "before", "s0", "t0"),
        place(tiny, "hall", "s1", "t0"),
        place(tiny, "annex", "s1", "t1"),
    ]
    search.load(Assignment.from_placements(arrays, placed))
    world, worth, random = search.world.flat, np.zeros(GOALS), random_state(7)
    worth[G_VALUE] = 1.0
    gone: Counter[str] = Counter()
    for _ in range(100):
        assert victims.mark(world, worth, random, 3, 1, 10.0) <= 10.0
        marked = world[world[VICTIM] : world[VICTIM] + world[VICTIMS]].tolist()
        gone["+".join(tiny.meetings[each].id for each in marked)] += 1
        marks.spare(world)
    return gone


def test_where_zones_are_too_far_apart_the_table_is_in_the_zone_that_somebody_comes_from() -> None:
    assert in_the_way(("hall", "annex")) == {"hall": 100}


def test_where_one_can_walk_either_table_will_do() -> None:
    gone = in_the_way()
    assert set(gone) == {"hall", "annex"}
    assert min(gone.values()) > 20
