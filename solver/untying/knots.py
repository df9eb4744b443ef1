"""Which meetings stand in the way of a table that nobody has to leave, counted from times and people alone.

Whoever stays at a table hands it on from meeting to meeting; each has one before it and one after it there.
So where two people come to a meeting from different ones, one of them changes tables; so, too, where they go
on to different ones. Such a meeting is a *knot*, at its beginning or at its end. A schedule without knots has
tables that nobody changes, as far as there are enough: meetings fall apart into rows, nobody is in two.

After a pause somebody comes back to a table that may have been used meanwhile. Counted as knots are then all
but the plainest cases (it served one meeting whose people come from nowhere or go nowhere). So no knots means
no changes, while a change may be counted twice, and a schedule with fewer knots may have as many changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from solver.arrays import NONE

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment

Knot = tuple[int, bool]
"""A meeting, and whether it is its end (people go on to different ones) or its beginning."""


@dataclass(frozen=True, slots=True)
class Times:
    """Who is where when. ``at``: person -> slot -> meeting."""

    people: Sequence[Sequence[int]]
    start: Sequence[int]
    length: Sequence[int]
    block_start: Sequence[int]
    block_end: Sequence[int]
    at: Mapping[int, Mapping[int, int]]

    @classmethod
    def of(cls, arrays: Arrays, assignment: Assignment) -> Times:
        """The times of all placed meetings."""
        people = assignment.everybody(arrays)
        start, length = assignment.start.tolist(), arrays.length.tolist()
        at: dict[int, dict[int, int]] = {}
        for meeting, come in enumerate(people):
            for who in come:
                mine = at.setdefault(who, {})
                for slot in range(start[meeting], start[meeting] + length[meeting]):
                    mine[slot] = meeting
        return cls(people, start, length, arrays.block_start.tolist(), arrays.block_end.tolist(), at)

    def end(self, meeting: int) -> int:
        """The first slot after a meeting."""
        return self.start[meeting] + self.length[meeting]

    def before(self, who: int, meeting: int) -> bool:
        """Whether somebody has an earlier meeting in the block."""
        start = self.start[meeting]
        return any(slot in self.at[who] for slot in range(self.block_start[start], start))

    def after(self, who: int, slot: int) -> bool:
        """Whether somebody has a meeting in the block after a slot."""
        return any(each in self.at[who] for each in range(slot + 1, self.block_end[slot]))

    def idle(self, who: int, slots: Iterable[int]) -> int:
        """How many of ``slots`` somebody waits in: without a meeting, between two of the block."""
        mine = self.at.get(who, {})
        return sum(
            slot not in mine
            and any(each in mine for each in range(self.block_start[slot], slot))
            and any(each in mine for each in range(slot + 1, self.block_end[slot]))
            for slot in slots
        )

    def knots(self) -> Iterator[Knot]:
        """All knots; each beginning and each end once."""
        for meeting, come in enumerate(self.people):
            if self.start[meeting] != NONE:
                pairs = list(combinations(come, 2))
                if any(self._entered(meeting, *pair) for pair in pairs):
                    yield meeting, False
                if any(self._left(meeting, *pair) for pair in pairs):
                    yield meeting, True

    def _entered(self, meeting: int, one: int, other: int) -> bool:
        slot = self.start[meeting] - 1
        if not (self.before(one, meeting) and self.before(other, meeting)):
            return False
        first, second = self.at[one].get(slot), self.at[other].get(slot)
        if first is None and second is None:
            return True
        if first is None:
            return not self._lends(one, other, slot)
        if second is None:
            return not self._lends(other, one, slot)
        return first != second

    def _lends(self, paused: int, came: int, slot: int) -> bool:
        """Whether a table that ``paused`` left for one slot can have been the first of all who come from
        there with ``came``."""
        left = self.at[paused].get(slot - 1) if slot > self.block_start[slot] else None
        if left is None or any(slot in self.at[each] for each in self.people[left]):
            return False
        meeting = self.at[came][slot]
        return self.start[meeting] == slot and not any(
            self.before(each, meeting) for each in self.people[meeting]
        )

    def _left(self, meeting: int, one: int, other: int) -> bool:
        slot = self.end(meeting)
        if not (self.after(one, slot - 1) and self.after(other, slot - 1)):
            return False
        first, second = self.at[one].get(slot), self.at[other].get(slot)
        if first is None and second is None:
            return True
        if first is None:
            return self._keeps(other, slot, one)
        if second is None:
            return self._keeps(one, slot, other)
        return first != second

    def _keeps(self, who: int, slot: int, paused: int) -> bool:
        """Whether the meeting of ``who`` during the pause of ``paused`` is not over in time, or anybody of it
        needs its table later in the block."""
        meeting = self.at[who][slot]
        end = self.end(meeting)
        late = any(each in self.at[paused] for each in range(slot, end))
        return late or any(self.after(each, end - 1) for each in self.people[meeting])
