"""Times and people with fewer knots for some meetings, all else as it is: exact search.

Nobody else comes to what stands fast, what takes place stays, and idle slots don't grow in sum. What a knot
is: :mod:`solver.untying.knots`. Here the same is said in clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from solver.model.clauses import FALSE, TRUE
from solver.untying.freed import Choice, Freed

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment
    from solver.bounds.lp import Stopper
    from solver.untying.knots import Times


class Loosening:
    """The knots of the meetings that are free, or that somebody comes to who may come to these."""

    def __init__(self, arrays: Arrays, state: Assignment, times: Times, free: Iterable[int]) -> None:
        self.arrays = arrays
        self.times = times
        self.freed = Freed(arrays, state, times, free)
        self.clauses = self.freed.clauses
        self._passed: dict[tuple[int, int, bool], int] = {}
        self._handed: dict[tuple[int, int], int] = {}
        self._vacated: dict[tuple[int, int], int] = {}
        self._begun: dict[tuple[int, int], int] = {}
        self._limit_idle()
        self.knots = list(self._knots())

    def solve(
        self,
        weights: Callable[[int], int],
        *,
        spare: int | None = None,
        seconds: float,
        seed: int,
        control: Stopper,
    ) -> Choice | None:
        """Any choice whose knots weigh least of those found, and no more than those of now.

        ``weights``: of a knot of each meeting, above 0. ``spare``: any choice at all will do, if its knots
        weigh no more than so much above those of now.
        """
        concerned = self.concerned()
        now = sum(weights(meeting) for meeting, _ in self.times.knots() if meeting in concerned)
        holds = self.clauses.lightest(
            {literal: weights(meeting) for meeting, literal in self.knots},
            most=now + (spare or 0),
            seconds=seconds,
            seed=seed,
            first=spare is not None,
            should_stop=control.should_stop,
        )
        return None if holds is None else self.freed.choice(holds)

    def concerned(self) -> set[int]:
        """The meetings whose knots are counted: all of which one may appear or go away."""
        blocks, start = self.freed.blocks, self.times.start
        here = [each for each in self.freed.comes if self.times.block_start[start[each]] in blocks]
        return {each for each in here if self._is_touched(each) or self._leans(each)}

    def _is_touched(self, meeting: int) -> bool:
        return any(who in self.freed.busy for who in self.freed.comes[meeting] if who < self.arrays.n_people)

    def _leans(self, meeting: int) -> bool:
        """Whether somebody pauses before or after a meeting that stands fast, and what others do depends."""
        at, end = self.times.at, self.times.end(meeting)
        for near, far in ((self.times.start[meeting] - 1, self.times.start[meeting] - 2), (end, end)):
            around = {at[who].get(slot) for who in self.times.people[meeting] for slot in (near, far)}
            if None in around and any(each is not None and self._is_touched(each) for each in around):
                return True
        return False

    # When somebody is busy

    def _is_busy(self, who: int, slot: int) -> int:
        busy = self.freed.busy.get(who)
        if busy is not None:
            return busy[slot]
        return TRUE if slot in self.times.at[who] else FALSE

    def _beyond(self, who: int, slot: int, *, later: bool) -> int:
        """Whether somebody has a meeting in the slot's block after ``slot`` (or before it)."""
        edge = self.arrays.block_end[slot] - 1 if later else self.arrays.block_start[slot]
        if slot == edge:
            return FALSE
        key = who, slot, later
        if key not in self._passed:
            following = slot + 1 if later else slot - 1
            further = self._beyond(who, following, later=later)
            self._passed[key] = self.clauses.either(self._is_busy(who, following), further)
        return self._passed[key]

    def _limit_idle(self) -> None:
        """Idle slots: free, between two meetings of a block."""
        idle, now = [], 0
        slots = [
            slot for block in self.freed.blocks for slot in range(block, int(self.arrays.block_end[block]))
        ]
        for who, busy in self.freed.busy.items():
            if who >= self.arrays.n_people:
                continue
            for slot in slots:
                earlier, later = (self._beyond(who, slot, later=each) for each in (False, True))
                if busy[slot] != TRUE and FALSE not in (earlier, later):
                    idle.append(self.clauses.new())
                    self.clauses.any_of(busy[slot], ~earlier, ~later, idle[-1])
            now += self.times.idle(who, slots)
        self.clauses.at_most(now, idle)

    # Knots

    def _knots(self) -> Iterator[tuple[int, int]]:
        """(meeting, literal) of each beginning and end that may be a knot."""
        for meeting in sorted(self.concerned()):
            for is_end in (False, True):
                knot = self.clauses.new()
                if self._tie(meeting, is_end, knot):
                    yield meeting, knot

    def _tie(self, meeting: int, is_end: bool, knot: int) -> bool:
        """Say when a meeting is a knot; False if it never can be."""
        may, pairs = False, list(self._pairs(meeting))
        for start, _ in self.freed.starts_of(meeting):
            slot = start + self.times.length[meeting] if is_end else start - 1
            if not self.arrays.block_start[start] <= slot < self.arrays.block_end[start]:
                continue
            for pair in pairs:
                edge = slot - 1 if is_end else slot + 1
                case = {self.freed.is_there(meeting, who, start) for who in pair}
                case.update(self._beyond(who, edge, later=is_end) for who in pair)
                if FALSE not in case:
                    may = True
                    self._say([*(~each for each in case), knot], meeting, pair, slot, is_end)
        return may

    def _pairs(self, meeting: int) -> Iterator[tuple[int, int]]:
        """Two people who may come together."""
        parties = [set(self.arrays.members_of(each).tolist()) for each in self.arrays.parties_of(meeting)]
        comes = self.freed.comes[meeting]
        people = sorted(who for who in comes if who < self.arrays.n_people)
        for pair in combinations(people, 2):
            certain = all(comes[who] == TRUE for who in pair)
            if certain or not any(party.issuperset(pair) for party in parties):
                yield pair

    def _say(self, so: list[int], meeting: int, pair: tuple[int, int], slot: int, is_end: bool) -> None:
        """The cases of :meth:`Times.knots`; ``slot`` is the one after the meeting, or before it."""
        same = list(self._together(meeting, pair, slot, is_end))
        if not is_end:
            lent = [self._lends(*each, slot) for each in (pair, pair[::-1])]
            self.clauses.any_of(*so, *same, *lent)
            return
        busy = [self._is_busy(who, slot) for who in pair]
        self.clauses.any_of(*so, *(~each for each in busy), *same)
        self.clauses.any_of(*so, *busy)
        for paused, on in ((0, 1), (1, 0)):
            if busy[paused] != TRUE and busy[on] != FALSE:
                self.clauses.any_of(*so, busy[paused], ~busy[on], ~self._hands_on(pair[on], slot))
                for together in self._lasts(pair[on], slot, pair[paused]):
                    self.clauses.any_of(*so, busy[paused], *(~each for each in together))

    def _together(self, meeting: int, pair: tuple[int, int], slot: int, is_end: bool) -> Iterator[int]:
        """Another meeting to which both come is right there."""
        one, other = (self.freed.meetings[who] for who in pair)
        for each in sorted(set(one).intersection(other) - {meeting}):
            for start, _ in self.freed.starts_of(each):
                if slot == (start if is_end else start + self.times.length[each] - 1):
                    yield self._both_there(each, pair, start)

    def _both_there(self, meeting: int, pair: tuple[int, int], start: int) -> int:
        one, other = (self.freed.is_there(meeting, who, start) for who in pair)
        if FALSE in (one, other):
            return FALSE
        comes = self.freed.comes[meeting]
        if TRUE in (comes[pair[0]], comes[pair[1]]):  # then the other's coming says it all
            return other if comes[pair[0]] == TRUE else one
        return self.clauses.both(one, other)

    def _hands_on(self, who: int, slot: int) -> int:
        """Whether the meeting that ``who`` begins in ``slot`` hands its table on: anybody of it has more
        meetings in the block."""
        key = who, slot
        if key not in self._handed:
            cases = [case for case in self._goes_on(who, slot) if FALSE not in case]
            self._handed[key] = made = self.clauses.new() if cases else FALSE
            for case in cases:
                self.clauses.any_of(*(~each for each in case), made)
        return self._handed[key]

    def _goes_on(self, who: int, slot: int) -> Iterator[tuple[int, ...]]:
        yield (self._beyond(who, slot, later=True),)
        for meeting in self.freed.meetings[who]:
            last = slot + self.times.length[meeting] - 1
            if last < self.arrays.block_end[slot] - 1:
                for together, other in self._others(meeting, who, slot):
                    yield (*together, self._beyond(other, last, later=True))

    def _lasts(self, who: int, slot: int, paused: int) -> Iterator[tuple[int, int]]:
        """A meeting that ``who`` begins then, and a slot of it in which ``paused`` is back."""
        for meeting in self.freed.meetings[who]:
            if meeting in self.freed.free or self.times.start[meeting] == slot:
                here = self.freed.is_there(meeting, who, slot)
                for later in range(slot + 1, slot + self.times.length[meeting]):
                    if here != FALSE:
                        yield here, self._is_busy(paused, later)

    def _lends(self, paused: int, came: int, slot: int) -> int:
        """As :meth:`Times.knots` has it; may fail to hold though it is so."""
        vacates = self._vacates(paused, slot)
        return FALSE if vacates == FALSE else self.clauses.both(vacates, self._begins(came, slot))

    def _vacates(self, who: int, slot: int) -> int:
        """Whether nobody goes straight on from where ``who`` was until a pause that begins with ``slot``."""
        key = who, slot
        if key not in self._vacated:
            cases: list[tuple[int, ...]] = [(self._is_busy(who, slot),)]
            if slot > self.arrays.block_start[slot]:
                cases.append((~self._is_busy(who, slot - 1),))
                for meeting in self.freed.meetings[who]:
                    for together, other in self._others(meeting, who, slot - self.times.length[meeting]):
                        cases.append((*together, self._is_busy(other, slot)))
            else:
                cases.append((TRUE,))
            self._vacated[key] = self._none_of(cases)
        return self._vacated[key]

    def _begins(self, who: int, slot: int) -> int:
        """Whether ``who`` begins a meeting in ``slot`` that is the first of the block for all its people."""
        key = who, slot
        if key not in self._begun:
            cases: list[tuple[int, ...]] = [
                (~self._is_busy(who, slot),),
                (self._beyond(who, slot, later=False),),
            ]
            for meeting in self.freed.meetings[who]:
                for together, other in self._others(meeting, who, slot):
                    cases.append((*together, self._beyond(other, slot, later=False)))
            self._begun[key] = self._none_of(cases)
        return self._begun[key]

    def _none_of(self, cases: Iterable[tuple[int, ...]]) -> int:
        """A literal that only holds if in each of ``cases`` something does not."""
        some = [{each for each in case if each != TRUE} for case in cases if FALSE not in case]
        if not all(some):
            return FALSE
        made = self.clauses.new() if some else TRUE
        for case in some:
            self.clauses.any_of(~made, *(~each for each in case))
        return made

    def _others(self, meeting: int, who: int, start: int) -> Iterator[tuple[tuple[int, int], int]]:
        """Whoever else may come to a meeting of ``who`` that begins then, after the literals for both."""
        if meeting in self.freed.free or self.times.start[meeting] == start:
            here = self.freed.is_there(meeting, who, start)
            for other in self.freed.comes[meeting]:
                if here != FALSE and other != who and other < self.arrays.n_people:
                    yield (here, self.freed.is_there(meeting, other, start)), other
