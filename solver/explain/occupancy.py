"""Who and what is free when, beside a given set of placements: slots as the bits of an integer.

Bit s is slot s, in the order of time. Made for questions about one more meeting ("where could it still
start?"), answered by a few operations on whole numbers instead of a loop over slots.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cached_property

from solver.problem import Interpreter, Meeting, Need, Party, Person, Problem, Table
from solver.schedule import Placement


class Limit(Enum):
    """The kinds of limits of a person's meetings."""

    TOTAL = "in all"
    DAY = "a day"
    ROW = "in a row"
    BREAKS = "breaks"


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Occupancy:
    """The problem beside ``placements`` (which the judge accepts): free slots and what limits leave."""

    def __init__(self, problem: Problem, placements: Iterable[Placement]) -> None:
        self.problem = problem
        self.slot_at = {slot.id: index for index, slot in enumerate(problem.slots)}
        self.all = (1 << len(problem.slots)) - 1
        self.people = {person.id: person for person in problem.people}
        self.meetings = {meeting.id: meeting for meeting in problem.meetings}
        self.tables = {table.id: table for table in problem.tables}
        self.placed: dict[str, Placement] = {}
        self.busy: dict[str, int] = defaultdict(int)
        self.table_busy: dict[str, int] = defaultdict(int)
        self.interpreter_busy: dict[str, int] = defaultdict(int)
        self.agenda: dict[str, list[str]] = defaultdict(list)
        self.interpreter_agenda: dict[str, list[str]] = defaultdict(list)
        self.company_count: Counter[str] = Counter()
        self._present: dict[str, int] = {}
        self.spans: dict[str, int] = {}  # the slots that each placed meeting occupies
        self._starts: dict[tuple[str, int, bool, bool, Limit | None], int] = {}
        for placement in placements:
            self.placed[placement.meeting] = placement
            self._occupy(placement)

    def _occupy(self, placement: Placement) -> None:
        meeting = self.meetings[placement.meeting]
        span = ((1 << meeting.length) - 1) << self.slot_at[placement.slot]
        self.spans[meeting.id] = span
        for person in placement.people:
            self.busy[person] |= span
            self.agenda[person].append(placement.meeting)
        self.table_busy[placement.table] |= span
        if placement.interpreter is not None:
            self.interpreter_busy[placement.interpreter] |= span
            self.interpreter_agenda[placement.interpreter].append(placement.meeting)
        for company in {party.company for party in meeting.parties}:
            self.company_count[company] += 1

    def start(self, meeting: str) -> int:
        """The slot in which a placed meeting starts."""
        return self.slot_at[self.placed[meeting].slot]

    @cached_property
    def joined(self) -> int:
        """Bit s: slots s and s + 1 are of one block."""
        slots = self.problem.slots
        return self.mask_of(s for s in range(len(slots) - 1) if slots[s].block == slots[s + 1].block)

    @cached_property
    def day_masks(self) -> dict[str, int]:
        days = {block.id: block.day for block in self.problem.blocks}
        found: dict[str, int] = defaultdict(int)
        for index, slot in enumerate(self.problem.slots):
            found[days[slot.block]] |= 1 << index
        return found

    @cached_property
    def block_masks(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for index, slot in enumerate(self.problem.slots):
            found[slot.block] |= 1 << index
        return found

    @staticmethod
    def mask_of(slots: Iterable[int]) -> int:
        mask = 0
        for slot in slots:
            mask |= 1 << slot
        return mask

    def slots_mask(self, ids: Iterable[str]) -> int:
        return self.mask_of(self.slot_at[slot] for slot in ids)

    def starts(self, mask: int, length: int) -> int:
        """Where ``length`` slots of one block, all in ``mask``, begin."""
        found = mask
        for _ in range(length - 1):
            found = mask & (found >> 1) & self.joined
        return found

    # People

    def present(self, person: str) -> int:
        """The slots in which the person is available, meetings or not."""
        mask = self._present.get(person)
        if mask is None:
            mask = self.all & ~self.slots_mask(self.people[person].unavailable)
            self._present[person] = mask
        return mask

    def party_starts(
        self, party: Party, length: int, *, busy: bool, limits: bool = False, only: Limit | None = None
    ) -> int:
        """Where the party's people can come: those present, without other meetings if ``busy``.

        With ``limits``, only where no limit of theirs (``only`` of one kind) would be passed.
        """
        found = [
            self._person_starts(person, length, busy=busy, limits=limits, only=only)
            for person in party.people
        ]
        mask = self.all if party.need is Need.ALL else 0
        for each in found:
            mask = mask & each if party.need is Need.ALL else mask | each
        return mask

    def _person_starts(
        self, person: str, length: int, *, busy: bool, limits: bool, only: Limit | None
    ) -> int:
        """Remembered: the placements do not change, and a person is asked about for each of their wishes."""
        key = (person, length, busy, limits, only)
        found = self._starts.get(key)
        if found is None:
            found = self._starts[key] = self._look_at(person, length, busy=busy, limits=limits, only=only)
        return found

    def _look_at(self, person: str, length: int, *, busy: bool, limits: bool, only: Limit | None) -> int:
        open_ = self.present(person)
        if busy:
            open_ &= ~self.busy.get(person, 0)
        mask = self.starts(open_, length)
        if not limits or not mask:
            return mask
        kinds = tuple(Limit) if only is None else (only,)
        return self._within_limits(self.people[person], mask, length, kinds)

    def within_limits(self, person: str, slot: int, length: int) -> bool:
        """Whether one more meeting from ``slot`` on keeps the person's limits."""
        return bool(self._within_limits(self.people[person], 1 << slot, length))

    def _within_limits(
        self, person: Person, mask: int, length: int, kinds: Iterable[Limit] = tuple(Limit)
    ) -> int:
        """The starts in ``mask`` at which one more meeting keeps the person's limits of these kinds."""
        for kind in kinds:
            match kind:
                case Limit.TOTAL:
                    many = len(self.agenda.get(person.id, ()))
                    if person.max_meetings is not None and many >= person.max_meetings:
                        return 0
                case Limit.DAY:
                    mask = self._day_limited(person, mask)
                case Limit.ROW:
                    if person.max_in_row is not None:
                        busy = self.busy.get(person.id, 0)
                        mask = self._row_limited(busy, mask, length, person.max_in_row)
                case Limit.BREAKS:
                    mask = self._break_limited(person, mask, length)
        return mask

    def _day_limited(self, person: Person, mask: int) -> int:
        if person.max_per_day is None:
            return mask
        own = self.agenda.get(person.id, ())
        for day in self.day_masks.values():
            if sum(1 for meeting in own if day >> self.start(meeting) & 1) >= person.max_per_day:
                mask &= ~day
        return mask

    def _break_limited(self, person: Person, mask: int, length: int) -> int:
        most = self.problem.max_breaks
        if most is None:
            return mask
        span, busy = (1 << length) - 1, self.busy.get(person.id, 0)
        return self.mask_of(s for s in bits(mask) if self.breaks(busy | span << s) <= most)

    def breaks(self, busy: int) -> int:
        """The breaks of somebody who is occupied in ``busy``: over all blocks, runs less one."""
        total = 0
        for block in self.block_masks.values():
            own = busy & block
            runs = (own & ~(own << 1)).bit_count()
            total += max(0, runs - 1)
        return total

    def _row_limited(self, busy: int, mask: int, length: int, most: int) -> int:
        """The starts in ``mask`` whose row, with the neighbours in ``busy``, is at most ``most`` long."""
        kept = 0
        for start in bits(mask):
            row, before, after = length, start - 1, start + length - 1
            while before >= 0 and self.joined >> before & 1 and busy >> before & 1:
                row, before = row + 1, before - 1
            while self.joined >> after & 1 and busy >> (after + 1) & 1:
                row, after = row + 1, after + 1
            if row <= most:
                kept |= 1 << start
        return kept

    # Places

    def fitting_tables(self, meeting: Meeting) -> list[Table]:
        """The tables that could ever hold the meeting, closed or taken or not."""
        heads = sum(len(p.people) if p.need is Need.ALL else 1 for p in meeting.parties)
        heads += meeting.interpret is not None
        companies = {party.company for party in meeting.parties}
        return [
            table
            for table in self.problem.tables
            if (meeting.locked_table is None or table.id == meeting.locked_table)
            and (meeting.zone is None or table.zone == meeting.zone)
            and (table.host is None or table.host in companies)
            and (table.seats is None or heads <= table.seats)
            and all(feature in table.features for feature in meeting.features)
        ]

    def table_starts(self, table: Table, length: int, *, busy: bool) -> int:
        """Where the table is open for ``length`` slots, and not taken if ``busy``."""
        open_ = self.all & ~self.slots_mask(table.closed)
        if busy:
            open_ &= ~self.table_busy.get(table.id, 0)
        return self.starts(open_, length)

    # Interpreters

    def interpreters_for(self, pair: tuple[str, str]) -> list[Interpreter]:
        """Who covers the pair at all."""
        wanted = set(pair)
        return [item for item in self.problem.interpreters if any(set(own) == wanted for own in item.pairs)]

    def interpreter_starts(self, interpreter: Interpreter, length: int, *, busy: bool) -> int:
        """Where the interpreter can work ``length`` slots; with ``busy`` also free and within the limits."""
        open_ = self.all & ~self.slots_mask(interpreter.unavailable)
        taken = self.interpreter_busy.get(interpreter.id, 0)
        if not busy:
            return self.starts(open_, length)
        mask = self.starts(open_ & ~taken, length)
        if interpreter.max_per_day is not None:
            for day in self.day_masks.values():
                if (taken & day).bit_count() + length > interpreter.max_per_day:
                    mask &= ~day
        if interpreter.max_in_row is not None:
            mask = self._row_limited(taken, mask, length, interpreter.max_in_row)
        return mask

    # Time alone

    def allowed_starts(self, meeting: Meeting) -> int:
        """Where the meeting may start by itself: starts, lock, length; people and places aside."""
        mask = self.starts(self.all, meeting.length)
        if meeting.starts is not None:
            mask &= self.slots_mask(meeting.starts)
        if meeting.locked_slot is not None:
            mask &= 1 << self.slot_at[meeting.locked_slot]
        return mask

    @cached_property
    def followers(self) -> dict[str, list[str]]:
        """Meeting -> the meetings that must come after it."""
        found: dict[str, list[str]] = defaultdict(list)
        for meeting in self.problem.meetings:
            for earlier in meeting.after:
                found[earlier].append(meeting.id)
        return found

    def ordered_starts(self, meeting: Meeting) -> int:
        """Where the meeting comes after and before the placed ones that precedences name."""
        mask = self.all
        for earlier in meeting.after:
            if earlier in self.placed:
                mask &= ~((1 << (self.start(earlier) + self.meetings[earlier].length)) - 1)
        for later in self.followers.get(meeting.id, ()):
            if later in self.placed:
                last = self.start(later) - meeting.length
                mask &= (1 << (last + 1)) - 1 if last >= 0 else 0
        return mask
