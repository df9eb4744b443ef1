"""How a relaxation cuts time, and how many slots of each period somebody can be busy in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Flags, Ints, Longs

if TYPE_CHECKING:
    from solver.arrays import Arrays


class Grain(StrEnum):
    """How finely time is cut in a relaxation."""

    ALL = "aggregated"
    BLOCK = "block"
    SLOT = "time-indexed"


def periods(arrays: Arrays, grain: Grain) -> Longs:
    """The period of each slot, from 0 on."""
    if grain is Grain.ALL:
        return np.zeros(arrays.n_slots, np.int64)
    if grain is Grain.SLOT:
        return np.arange(arrays.n_slots)
    return np.unique(arrays.slot_block, return_inverse=True)[1].astype(np.int64)


def most_slots(arrays: Arrays, free: Flags, row_max: Ints, of_slot: Longs, n_periods: int) -> Longs:
    """[rows, periods] most slots of a period that can be occupied: of each run of n free slots that the block
    holds, all but one in every limit + 1."""
    made = np.zeros((len(free), n_periods), np.int64)
    run = np.zeros(len(free), np.int64)
    for slot in range(arrays.n_slots):
        if slot == arrays.block_start[slot]:
            run[:] = 0
        run = np.where(free[:, slot], run + 1, 0)
        usable = (run > 0) & (run % (row_max.astype(np.int64) + 1) != 0)
        made[:, of_slot[slot]] += usable
    return made
