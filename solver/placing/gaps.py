"""Closing gaps of plain forums: annealing over Kempe chains, millions of exchanges a second.

Everything that is placed stays placed, so coverage and value keep; only slots change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE, Ints, Longs
from solver.kernels import gaps
from solver.placing.plain import Colouring, is_plain
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper

_LONGEST_BLOCK = 62  # slots of a block, a bit each of a number of 64
_SHIFT = 5  # a gap counts as much as 2^5 disliked slots while both are lowered together
_HOT, _COLD = 1.5, 0.12  # temperatures, in gaps
_CHUNK = 200_000  # exchanges between two looks at the clock: some 50 ms


def closes_gaps(arrays: Arrays) -> bool:
    """Whether :class:`GapCloser` gives schedules that keep all rules: on plain forums."""
    return is_plain(arrays) and has_patterns(arrays)


def has_patterns(arrays: Arrays) -> bool:
    """Whether blocks are of a usual length, short enough for their patterns."""
    return _longest(arrays) <= _LONGEST_BLOCK


def _longest(arrays: Arrays) -> int:
    return int((arrays.block_end - arrays.block_start).max())


class GapCloser:
    """Lowers idle slots, breaks or disliked slots from an incumbent on. Kernels must be compiled.

    Meetings of one slot with fixed people, all tables alike; rules other than those of time and tables are
    not looked at.
    """

    def __init__(self, arrays: Arrays, goal: GoalName, *, seed: int, preferences: bool) -> None:
        self.arrays = arrays
        self.colouring = Colouring.of(arrays, seed=seed, compiled=True)
        self.agendas = agendas(arrays, goal, preferences=preferences)

    def round(self, start: Ints, moves: int, *, control: Stopper) -> Ints:
        """Anneal once from the starts of a plain incumbent; the best starts seen."""
        self._reload(start)
        forum = self.colouring.forum
        now = self._cost()
        state = np.array([now, now], np.int64)
        best = forum.start.copy()
        hot, cold = (each * max(1, self.agendas.weight) for each in (_HOT, _COLD))
        done = 0
        while done < moves and not control.should_stop():
            step = min(_CHUNK, moves - done)
            gaps.close_gaps(
                forum,
                self.agendas,
                self.colouring.random,
                best,
                state,
                step,
                hot * (cold / hot) ** (done / moves),
                hot * (cold / hot) ** ((done + step) / moves),
            )
            done += step
        return best

    def people_with_gaps(self, start: Ints) -> frozenset[int]:
        """Who has a gap with these starts: whose busy slots in some block are not all in a row."""
        self._reload(start)
        masks = self.agendas.masks[self.agendas.masks != 0]
        rows = masks // (masks & -masks)  # from the first busy slot on; all in a row is a power of 2 less 1
        found = np.flatnonzero(self.agendas.masks)[rows & (rows + 1) != 0]
        return frozenset((found // self.agendas.blocks).tolist())

    def _reload(self, start: Ints) -> None:
        forum = self.colouring.forum
        forum.at[:] = NONE
        forum.used[:] = 0
        forum.start[:] = NONE
        self.colouring.load(start)
        busy = forum.at.reshape(self.arrays.n_people, self.arrays.n_slots) != NONE
        masks = self.agendas.masks.reshape(self.arrays.n_people, self.agendas.blocks)
        masks[:] = 0
        for slot, block in enumerate(self.agendas.block_of.tolist()):
            masks[:, block] |= busy[:, slot] * self.agendas.bit_of[slot]

    def _cost(self) -> int:
        found = self.agendas
        disliked = int(found.dislike[self.colouring.forum.at != NONE].sum())
        return int(found.weight * gaps.all_gaps(found) + disliked)


def agendas(arrays: Arrays, goal: GoalName, *, preferences: bool) -> gaps.Agendas:
    """Nobody is busy yet. ``preferences``: disliked slots break ties between schedules with the same gaps."""
    blocks, block_of = np.unique(arrays.slot_block, return_inverse=True)
    longest = _longest(arrays)
    counted = goal is not GoalName.PREFERENCES
    minds = preferences or not counted
    words = np.arange(1 << gaps.WORD if longest > gaps.WORD else 1, dtype=np.int32)
    bits = words[:, None] >> np.arange(gaps.WORD) & 1
    last = gaps.WORD - 1 - bits[:, ::-1].argmax(axis=1)
    return gaps.Agendas(
        masks=np.zeros(arrays.n_people * len(blocks), np.int64),
        block_of=block_of.astype(np.int32),
        bit_of=(1 << (np.arange(arrays.n_slots) - arrays.block_start)).astype(np.int64),
        cost=pattern_costs(longest, goal) if longest <= gaps.WORD else np.zeros(0, np.int64),
        words=np.concatenate((bits.sum(axis=1), bits.argmax(axis=1), last)).astype(np.int32),
        dislike=(arrays.person_dislike if minds else arrays.person_dislike * 0).astype(np.int32).ravel(),
        blocks=len(blocks),
        breaks=goal is GoalName.BREAKS,
        weight=(1 << _SHIFT if preferences else 1) if counted else 0,
    )


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
