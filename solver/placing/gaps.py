"""Closing gaps of plain forums: annealing over Kempe chains, millions of exchanges a second.

Everything that is placed stays placed, so coverage and value keep; only slots change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE, Ints, Longs
from solver.kernels import kempe
from solver.placing.plain import Colouring, is_plain
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper

_LONGEST_BLOCK = 16  # slots of a block: costs of all its patterns are looked up in a table of 2^16
_SHIFT = 5  # a gap counts as much as 2^5 disliked slots while both are lowered together
_HOT, _COLD = 1.5, 0.12  # temperatures, in gaps
_CHUNK = 200_000  # exchanges between two looks at the clock: some 50 ms


def closes_gaps(arrays: Arrays) -> bool:
    """Whether :class:`GapCloser` applies: a plain forum with blocks of a usual length."""
    longest = int((arrays.block_end - arrays.block_start).max())
    return is_plain(arrays) and longest <= _LONGEST_BLOCK


class GapCloser:
    """Lowers idle slots, breaks or disliked slots from an incumbent on. Kernels must be compiled."""

    def __init__(self, arrays: Arrays, goal: GoalName, *, seed: int, preferences: bool) -> None:
        self.arrays = arrays
        self.goal = goal
        self.colouring = Colouring.of(arrays, seed=seed, compiled=True)
        blocks, block_of = np.unique(arrays.slot_block, return_inverse=True)
        self.n_blocks, self.block_of = len(blocks), block_of.astype(np.int32)
        self.bit_of = (1 << (np.arange(arrays.n_slots) - arrays.block_start)).astype(np.int64)
        longest = int((arrays.block_end - arrays.block_start).max())
        self.shift = _SHIFT if preferences else 0
        self.cost = pattern_costs(longest, goal)
        minds = preferences or goal is GoalName.PREFERENCES
        self.dislike = (
            (arrays.person_dislike if minds else arrays.person_dislike * 0).astype(np.int32).ravel()
        )

    def round(self, start: Ints, moves: int, *, control: Stopper) -> Ints:
        """Anneal once from the starts of a plain incumbent; the best starts seen."""
        self._reload(start)
        forum = self.colouring.forum
        masks = self._masks()
        now = int((self.cost[masks] << self.shift).sum() + self._disliked())
        state = np.array([now, now], np.int64)
        best = forum.start.copy()
        hot, cold = (each * (1 << self.shift) for each in (_HOT, _COLD))
        done = 0
        while done < moves and not control.should_stop():
            step = min(_CHUNK, moves - done)
            kempe.close_gaps(
                forum,
                self.colouring.random,
                masks,
                self.block_of,
                self.bit_of,
                self.cost,
                self.dislike,
                self.shift,
                best,
                state,
                step,
                hot * (cold / hot) ** (done / moves),
                hot * (cold / hot) ** ((done + step) / moves),
            )
            done += step
        return best

    def _reload(self, start: Ints) -> None:
        forum = self.colouring.forum
        forum.at[:] = NONE
        forum.used[:] = 0
        forum.start[:] = NONE
        self.colouring.load(start)

    def _masks(self) -> Longs:
        """For each person and block, the slots in which the person is busy, as bits."""
        busy = self.colouring.forum.at.reshape(self.arrays.n_people, self.arrays.n_slots) != NONE
        masks = np.zeros((self.arrays.n_people, self.n_blocks), np.int64)
        for slot in range(self.arrays.n_slots):
            masks[:, self.block_of[slot]] |= busy[:, slot] * self.bit_of[slot]
        return masks.ravel()

    def _disliked(self) -> int:
        return int(self.dislike[self.colouring.forum.at != NONE].sum())


def pattern_costs(length: int, goal: GoalName) -> Longs:
    """For each pattern of busy slots of a block, its idle slots or breaks between the first and the last."""
    patterns = np.arange(1 << length, dtype=np.int64)
    idle = np.zeros_like(patterns)
    breaks = np.zeros_like(patterns)
    waiting = np.zeros_like(patterns)  # free slots since the last busy one; 0 before the first
    begun = np.zeros(len(patterns), np.bool_)
    for slot in range(length):
        busy = (patterns >> slot) & 1 == 1
        idle += np.where(busy, waiting, 0)
        breaks += busy & (waiting > 0)
        waiting = np.where(busy | ~begun, 0, waiting + 1)
        begun |= busy
    if goal is GoalName.IDLE:
        return idle
    return breaks if goal is GoalName.BREAKS else np.zeros_like(patterns)
