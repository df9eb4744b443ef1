"""A Problem in numbers, with everything left out that no schedule can do.

What a single meeting, person, table or interpreter forbids by itself (availability, allowed starts, locks,
lengths within one block, features, zones, hosts, seats) is settled here: a start, table or interpreter that
is not admissible gets no variable at all. Rules between meetings are under ``rules``.

Tables that no rule can tell apart are one *unit* with a capacity: a slot's meetings at a unit can always be
given its tables one by one (meetings are intervals, and interval graphs are perfect).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from solver.problem import Meeting, Need, Problem, Table


class TableDetail(Enum):
    """Whether interchangeable tables are counted, or each is a unit of its own."""

    COUNTED = "counted"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class Unit:
    """Interchangeable tables (indices into the problem's tables). ``closed``: bit mask over slots."""

    tables: tuple[int, ...]
    zone: str
    closed: int

    @property
    def capacity(self) -> int:
        return len(self.tables)


@dataclass(frozen=True, slots=True)
class MeetingShape:
    """A meeting's admissible options, as indices. ``starts`` ascend.

    ``always``: people who come whenever it takes place. ``choices``: for each party with a choice, those of
    whom exactly one comes. ``unit_starts`` and ``interpreter_starts`` list, per option, the possible starts.
    """

    length: int
    always: tuple[int, ...]
    choices: tuple[tuple[int, ...], ...]
    companies: tuple[int, ...]
    starts: tuple[int, ...]
    unit_starts: Mapping[int, tuple[int, ...]]
    interpreter_starts: Mapping[int, tuple[int, ...]]
    interpreted: bool
    after: tuple[int, ...]
    weight: int
    must: bool

    def mask(self, start: int) -> int:
        """The slots that it occupies from ``start``, as a bit mask."""
        return ((1 << self.length) - 1) << start


@dataclass(frozen=True, slots=True)
class Shape:
    """The problem in numbers; see the module. ``free`` and ``interpreter_free`` are bit masks over slots."""

    problem: Problem
    blocks: tuple[range, ...]
    block_of: tuple[int, ...]
    day_of: tuple[int, ...]
    free: tuple[int, ...]
    interpreter_free: tuple[int, ...]
    units: tuple[Unit, ...]
    meetings: tuple[MeetingShape, ...]

    @property
    def slots(self) -> int:
        return len(self.block_of)

    @property
    def far(self) -> frozenset[tuple[str, str]]:
        """Pairs of zones, in both orders, that nobody can change between within adjacent slots."""
        walks = self.problem.walks
        return frozenset((walk.a, walk.b) for walk in walks) | {(walk.b, walk.a) for walk in walks}

    @property
    def uniform(self) -> bool:
        """Whether all meetings are musts of one slot without choices, at one and the same unit."""
        units = {k for meeting in self.meetings for k in meeting.unit_starts}
        return len(units) == 1 and all(
            meeting.must and meeting.length == 1 and not meeting.choices and not meeting.interpreted
            for meeting in self.meetings
        )

    def size(self) -> int:
        """About how many literals a model of it has: the measure by which the search picks its means."""
        total = 0
        for meeting in self.meetings:
            options = 1 + sum(len(choice) for choice in meeting.choices)
            total += options * len(meeting.starts)
            if len(meeting.unit_starts) > 1:
                total += sum(map(len, meeting.unit_starts.values()))
            if len(meeting.interpreter_starts) > 1:
                total += sum(map(len, meeting.interpreter_starts.values()))
        return total

    def meetings_of_people(self) -> tuple[tuple[int, ...], ...]:
        """For each person the meetings that the person may come to, ascending."""
        found: list[list[int]] = [[] for _ in self.free]
        for index, meeting in enumerate(self.meetings):
            for person in (*meeting.always, *(each for choice in meeting.choices for each in choice)):
                found[person].append(index)
        return tuple(tuple(each) for each in found)

    @classmethod
    def of(cls, problem: Problem, *, detail: TableDetail = TableDetail.COUNTED) -> Shape:
        """The shape of ``problem``; ``detail`` SINGLE makes every table a unit of its own."""
        return _Builder(problem, detail).build()


class _Builder:
    def __init__(self, problem: Problem, detail: TableDetail) -> None:
        self.problem = problem
        self.detail = detail
        self.slot_index = {slot.id: index for index, slot in enumerate(problem.slots)}
        self.person_index = {person.id: index for index, person in enumerate(problem.people)}
        self.company_index = {company.id: index for index, company in enumerate(problem.companies)}
        self.meeting_index = {meeting.id: index for index, meeting in enumerate(problem.meetings)}
        self.table_index = {table.id: index for index, table in enumerate(problem.tables)}

    def build(self) -> Shape:
        problem = self.problem
        blocks, block_of = self._blocks()
        days = {block.id: block.day for block in problem.blocks}
        day_index = {day: index for index, day in enumerate(dict.fromkeys(days.values()))}
        self.block_of = block_of
        self.everything = (1 << len(problem.slots)) - 1
        self.free = tuple(self.everything & ~self._mask(person.unavailable) for person in problem.people)
        self.interpreter_free = tuple(
            self.everything & ~self._mask(each.unavailable) for each in problem.interpreters
        )
        self.units = self._units()
        self.unit_of = {table: index for index, unit in enumerate(self.units) for table in unit.tables}
        return Shape(
            problem=problem,
            blocks=blocks,
            block_of=block_of,
            day_of=tuple(day_index[days[slot.block]] for slot in problem.slots),
            free=self.free,
            interpreter_free=self.interpreter_free,
            units=self.units,
            meetings=tuple(self._meeting(meeting) for meeting in problem.meetings),
        )

    def _blocks(self) -> tuple[tuple[range, ...], tuple[int, ...]]:
        """Blocks that have slots, in the order of time, and each slot's block."""
        names = list(dict.fromkeys(slot.block for slot in self.problem.slots))
        counts = Counter(slot.block for slot in self.problem.slots)
        ranges: list[range] = []
        begin = 0
        for name in names:
            ranges.append(range(begin, begin + counts[name]))
            begin += counts[name]
        return tuple(ranges), tuple(index for index, each in enumerate(ranges) for _ in each)

    def _mask(self, slots: Iterable[str]) -> int:
        mask = 0
        for slot in slots:
            mask |= 1 << self.slot_index[slot]
        return mask

    def _units(self) -> tuple[Unit, ...]:
        single = self._told_apart()
        groups: dict[tuple[object, ...], list[int]] = {}
        for index, table in enumerate(self.problem.tables):
            key: tuple[object, ...] = (
                (index,)
                if index in single
                else (table.zone, frozenset(table.features), frozenset(table.closed), table.host, table.seats)
            )
            groups.setdefault(key, []).append(index)
        return tuple(
            Unit(tuple(group), self.problem.tables[group[0]].zone, self._closed(group[0]))
            for group in groups.values()
        )

    def _closed(self, table: int) -> int:
        return self._mask(self.problem.tables[table].closed)

    def _told_apart(self) -> frozenset[int]:
        """Tables that a rule names one by one: locked, or open to people who stay at their table."""
        if self.detail is TableDetail.SINGLE:
            return frozenset(range(len(self.problem.tables)))
        staying = {person.id for person in self.problem.people if person.fixed_table}
        apart: set[int] = set()
        for meeting in self.problem.meetings:
            if meeting.locked_table is not None:
                apart.add(self.table_index[meeting.locked_table])
            elif staying and any(person in staying for party in meeting.parties for person in party.people):
                apart.update(index for index, table in enumerate(self.problem.tables) if fits(meeting, table))
        return frozenset(apart)

    def _meeting(self, meeting: Meeting) -> MeetingShape:
        always, choices = self._people(meeting)
        interpreters = self._interpreters(meeting)
        starts: list[int] = []
        unit_starts: dict[int, list[int]] = {}
        interpreter_starts: dict[int, list[int]] = {}
        fitting = [
            k for k, unit in enumerate(self.units) if fits(meeting, self.problem.tables[unit.tables[0]])
        ]
        for start in self._possible_starts(meeting):
            mask = ((1 << meeting.length) - 1) << start
            units = [k for k in fitting if not self.units[k].closed & mask]
            covering = [i for i in interpreters if not mask & ~self.interpreter_free[i]]
            if (
                not units
                or (meeting.interpret is not None and not covering)
                or any(mask & ~self.free[p] for p in always)
                or any(all(mask & ~self.free[p] for p in choice) for choice in choices)
            ):
                continue
            starts.append(start)
            for k in units:
                unit_starts.setdefault(k, []).append(start)
            for i in covering:
                interpreter_starts.setdefault(i, []).append(start)
        return MeetingShape(
            length=meeting.length,
            always=always,
            choices=choices,
            companies=tuple(sorted({self.company_index[party.company] for party in meeting.parties})),
            starts=tuple(starts),
            unit_starts={k: tuple(v) for k, v in unit_starts.items()},
            interpreter_starts={i: tuple(v) for i, v in interpreter_starts.items()},
            interpreted=meeting.interpret is not None,
            after=tuple(self.meeting_index[other] for other in meeting.after),
            weight=meeting.weight,
            must=meeting.must or self.problem.must_all,
        )

    def _people(self, meeting: Meeting) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
        always: list[int] = []
        choices: list[tuple[int, ...]] = []
        for party in meeting.parties:
            people = tuple(self.person_index[person] for person in party.people)
            if party.need is Need.ALL or len(people) == 1:
                always.extend(people)
            else:
                choices.append(people)
        return tuple(always), tuple(choices)

    def _interpreters(self, meeting: Meeting) -> list[int]:
        if meeting.interpret is None:
            return []
        wanted = frozenset(meeting.interpret)
        return [
            index
            for index, each in enumerate(self.problem.interpreters)
            if any(frozenset(pair) == wanted for pair in each.pairs)
        ]

    def _possible_starts(self, meeting: Meeting) -> list[int]:
        count = len(self.block_of)
        allowed = (
            range(count) if meeting.starts is None else sorted({self.slot_index[s] for s in meeting.starts})
        )
        locked = None if meeting.locked_slot is None else self.slot_index[meeting.locked_slot]
        return [
            start
            for start in allowed
            if (locked is None or start == locked)
            and start + meeting.length <= count
            and self.block_of[start] == self.block_of[start + meeting.length - 1]
        ]


def fits(meeting: Meeting, table: Table) -> bool:
    """Whether ``meeting`` may be at ``table`` at all: lock, zone, features, host, seats."""
    if meeting.locked_table is not None and meeting.locked_table != table.id:
        return False
    if meeting.zone is not None and meeting.zone != table.zone:
        return False
    if not set(meeting.features) <= set(table.features):
        return False
    if table.host is not None and all(party.company != table.host for party in meeting.parties):
        return False
    seats = sum(len(party.people) if party.need is Need.ALL else 1 for party in meeting.parties)
    return table.seats is None or seats + (meeting.interpret is not None) <= table.seats
