"""A first schedule: by selection and placing on plain forums, greedily with all rules on rich ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from solver import kernels
from solver.arrays import Assignment, Ints, Longs
from solver.kernels import anneal
from solver.kernels.layout import World
from solver.placing.plain import is_plain, place_selection, random_state
from solver.placing.tables import give_tables

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper
    from solver.bounds.value import Bound

INTERPRETED_STARTS = 60_000
"""Up to so many pairs of meeting and admissible start the greedy runs uncompiled: about a second."""

_CHUNK = 50  # meetings between two looks at the clock


def construct(arrays: Arrays, bound: Bound, *, seed: int, control: Stopper) -> Assignment:
    """A first schedule, guided by a relaxation's point, with tables. Musts may be left without a place.

    The same for the same seed unless stopped; then what is placed so far.
    """
    if is_plain(arrays):
        made = place_selection(arrays, bound, seed=seed, control=control)
        return give_tables(arrays, made, arrays.table_class[:1].repeat(arrays.n_meetings))
    return greedy(arrays, bound, seed=seed, control=control)


def greedy(arrays: Arrays, bound: Bound, *, seed: int, control: Stopper) -> Assignment:
    """Each meeting at the first start, delegate, table and interpreter that keep all rules: musts first, then
    what the relaxation places, then by weight, then those with least choice."""
    world = World.of(arrays, gaps=False)
    choice = np.diff(arrays.starts_ptr)
    share = np.round(bound.share, 3) if len(bound.share) else np.zeros(arrays.n_meetings)
    order = np.lexsort((choice, -arrays.weight, -share, -arrays.must.astype(np.int64))).astype(np.int32)
    order = order[choice[order] > 0]
    random = random_state(seed)
    with kernels.as_they_stand(wanted=len(arrays.starts) <= INTERPRETED_STARTS) as interpreted:
        flat, sums = world.flat, world.sums
        if interpreted:
            # Lists stand in for arrays: kernels only index them.
            flat, sums = cast("Ints", flat.tolist()), cast("Longs", sums.tolist())
            random = cast("Longs", random.tolist())
        for first in range(0, len(order), _CHUNK):
            if control.should_stop():
                break
            part = order[first : first + _CHUNK]
            anneal.fill(flat, sums, random, cast("Ints", part.tolist()) if interpreted else part)
        world.flat[:] = flat
    return give_tables(arrays, world.assignment(), world.classes())
