"""The starts that a relaxation decides on: which meeting, in which period, on which side."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE, Flags, Longs, unfold
from solver.bounds.periods import Grain, periods

if TYPE_CHECKING:
    from solver.arrays import Arrays


class Starts:
    """One row a start that can be: ``meeting``, ``period``, ``side`` and ``length`` (slots).

    Zones that are far from the same zones are one *side*: ``far`` [sides, sides], ``class_side`` of each
    class of tables. Without ``placing``, or where nothing is far, there is one side.
    """

    def __init__(self, arrays: Arrays, grain: Grain, *, placing: bool) -> None:
        self.arrays = arrays
        self.grain = grain
        self.of_slot = periods(arrays, grain)
        self.n_periods = int(self.of_slot.max()) + 1
        self.far: Flags = np.zeros((1, 1), np.bool_)
        self.class_side: Longs = np.zeros(arrays.n_classes, np.int64)
        if placing and arrays.walk.any():
            rows, zone, side = np.unique(arrays.walk, axis=0, return_index=True, return_inverse=True)
            self.far = rows[:, zone]
            self.class_side = side[arrays.class_zone].astype(np.int64)
        self.n_sides = len(self.far)
        self.meeting, self.period, self.side = self._rows()
        self.length = arrays.length[self.meeting].astype(np.int64)

    def _rows(self) -> tuple[Longs, Longs, Longs]:
        arrays = self.arrays
        meeting_of = np.repeat(np.arange(arrays.n_meetings), np.diff(arrays.starts_ptr))
        pairs = np.unique(meeting_of * self.n_periods + self.of_slot[arrays.starts])
        meeting, period = pairs // self.n_periods, pairs % self.n_periods
        on = np.zeros((len(self.suits), self.n_sides), np.bool_)
        for number in range(self.n_sides):
            on[:, number] = self.suits[:, self.class_side == number].any(axis=1)
        pick, side = np.nonzero(on[arrays.demand[meeting]])
        return meeting[pick], period[pick], side

    @cached_property
    def suits(self) -> Flags:
        """[demands, classes] which tables suit which meetings."""
        return self.arrays.suits()

    @cached_property
    def keeper(self) -> Longs:
        """Of each meeting a person who comes in any case and keeps one table, NONE where nobody does."""
        arrays = self.arrays
        made = np.full(arrays.n_meetings, NONE, np.int64)
        party, offset = unfold(np.diff(arrays.member_ptr))
        member = arrays.member[arrays.member_ptr[party] + offset]
        meeting = np.repeat(np.arange(arrays.n_meetings), np.diff(arrays.party_ptr))[party]
        keeps = arrays.party_all[party] & arrays.person_fixed[member]
        made[meeting[keeps]] = member[keeps]
        return made
