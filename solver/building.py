"""Makes :class:`solver.arrays.Arrays` from a Problem: ids to indices, and where each meeting may start."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NO_LIMIT, NONE, Arrays, Flags, Ints, Longs, Small, unfold
from solver.problem import Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from solver.problem import Interpreter, Meeting, Person, Problem, Table

_CHUNK = 1 << 14  # meetings looked at together: bounds the temporary memory


class Builder:
    """Lives only for one call of :meth:`Arrays.of`."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.slot = {slot.id: index for index, slot in enumerate(problem.slots)}
        self.zone = {zone: index for index, zone in enumerate(problem.zones)}
        self.company = {company.id: index for index, company in enumerate(problem.companies)}
        self.person = {person.id: index for index, person in enumerate(problem.people)}
        self.meeting = {meeting.id: index for index, meeting in enumerate(problem.meetings)}
        self.table = {table.id: index for index, table in enumerate(problem.tables)}
        blocks = {block.id: index for index, block in enumerate(problem.blocks)}
        days = {day: index for index, day in enumerate(dict.fromkeys(b.day for b in problem.blocks))}
        self.slot_block = _ints([blocks[slot.block] for slot in problem.slots])
        self.slot_day = _ints([days[problem.blocks[block].day] for block in self.slot_block])
        self.block_start, self.block_end = _edges(self.slot_block)
        self.table_class = self._classes()
        self.table_open = self._free([table.closed for table in problem.tables])
        self.capacity = self._capacity()
        self.length = _ints([meeting.length for meeting in problem.meetings])
        self.demand, self.demand_ptr, self.demand_class = self._demands()
        self.pair, self.pair_ptr, self.pair_interpreter = self._pairs()
        self.party_ptr, self.party_company, self.party_all, self.member_ptr, self.member = self._parties()
        self.person_free = self._free([person.unavailable for person in problem.people])
        self.interpreter_free = self._free([each.unavailable for each in problem.interpreters])
        self.company_ptr, self.companies = _ragged(
            [self.company[each] for each in dict.fromkeys([party.company for party in meeting.parties])]
            for meeting in problem.meetings
        )

    def build(self) -> Arrays:
        problem = self.problem
        admissible = self._admissible()
        before_ptr, before, behind_ptr, behind = self._order()
        classes = int(self.table_class.max(initial=NONE)) + 1
        table_zone = _ints([self.zone[table.zone] for table in problem.tables])
        class_zone = np.zeros(classes, np.int32)
        class_zone[self.table_class] = table_zone
        return Arrays(
            problem=problem,
            slot_block=self.slot_block,
            slot_day=self.slot_day,
            block_start=self.block_start,
            block_end=self.block_end,
            person_free=self.person_free,
            person_max=_ints([_limit(each.max_meetings) for each in problem.people]),
            person_day_max=_ints([_limit(each.max_per_day) for each in problem.people]),
            person_row_max=_ints([_limit(each.max_in_row) for each in problem.people]),
            person_fixed=np.array([each.fixed_table for each in problem.people], np.bool_),
            person_dislike=self._dislike(),
            interpreter_free=self.interpreter_free,
            interpreter_day_max=_ints([_limit(each.max_per_day) for each in problem.interpreters]),
            interpreter_row_max=_ints([_limit(each.max_in_row) for each in problem.interpreters]),
            table_class=self.table_class,
            table_zone=table_zone,
            table_open=self.table_open,
            class_zone=class_zone,
            class_capacity=self.capacity,
            walk=self._walk(),
            company_max=_ints([_limit(each.max_meetings) for each in problem.companies]),
            weight=np.array([meeting.weight for meeting in problem.meetings], np.int64),
            length=self.length,
            must=np.array([meeting.must or problem.must_all for meeting in problem.meetings], np.bool_),
            admissible=admissible,
            starts_ptr=np.concatenate(([0], np.cumsum(admissible.sum(axis=1, dtype=np.int64)))),
            starts=np.nonzero(admissible)[1].astype(np.int32),
            party_ptr=self.party_ptr,
            party_company=self.party_company,
            party_all=self.party_all,
            member_ptr=self.member_ptr,
            member=self.member,
            company_ptr=self.company_ptr,
            company=self.companies,
            demand=self.demand,
            demand_ptr=self.demand_ptr,
            demand_class=self.demand_class,
            pair=self.pair,
            pair_ptr=self.pair_ptr,
            pair_interpreter=self.pair_interpreter,
            before_ptr=before_ptr,
            before=before,
            behind_ptr=behind_ptr,
            behind=behind,
        )

    def _free(self, closed: Sequence[tuple[str, ...]]) -> Flags:
        free = np.ones((len(closed), len(self.slot)), np.bool_)
        for row, slots in enumerate(closed):
            if slots:
                free[row, [self.slot[slot] for slot in slots]] = False
        return free

    def _dislike(self) -> Small:
        made = np.zeros((len(self.person), len(self.slot)), np.int8)
        for row, person in enumerate(self.problem.people):
            for slot in dict.fromkeys(person.disliked):
                made[row, self.slot[slot]] += 1
            for slot in dict.fromkeys(person.liked):
                made[row, self.slot[slot]] -= 1
        return made

    def _walk(self) -> Flags:
        far = np.zeros((max(1, len(self.zone)), max(1, len(self.zone))), np.bool_)
        for walk in self.problem.walks:
            first, second = self.zone[walk.a], self.zone[walk.b]
            far[first, second] = far[second, first] = True
        return far

    def _classes(self) -> Ints:
        """Class of each table. One of its own for each table that a lock or a person's fixed table can tell
        apart from its like."""
        problem = self.problem
        alone = {meeting.locked_table for meeting in problem.meetings if meeting.locked_table is not None}
        all_alone = any(person.fixed_table for person in problem.people)
        keys: dict[object, int] = {}
        made: list[int] = []
        for table in problem.tables:
            own = table.id if all_alone or table.id in alone else None
            key = (
                table.zone,
                frozenset(table.features),
                frozenset(table.closed),
                table.host,
                table.seats,
                own,
            )
            made.append(keys.setdefault(key, len(keys)))
        return _ints(made)

    def _capacity(self) -> Ints:
        capacity = np.zeros((int(self.table_class.max(initial=NONE)) + 1, len(self.slot)), np.int32)
        np.add.at(capacity, self.table_class, self.table_open.astype(np.int32))
        return capacity

    def _demands(self) -> tuple[Ints, Ints, Ints]:
        """Meetings that ask the same of a table share one row of suitable classes."""
        tables = list(zip(self.problem.tables, self.table_class.tolist(), strict=True))
        hosts = frozenset(table.host for table, _ in tables if table.host is not None)
        some_seat_few = any(table.seats is not None for table, _ in tables)
        keys: dict[object, int] = {}
        rows: list[list[int]] = []
        made: list[int] = []
        for meeting in self.problem.meetings:
            mine = hosts.intersection([party.company for party in meeting.parties]) if hosts else hosts
            seats = seats_needed(meeting) if some_seat_few else 0
            key = (frozenset(meeting.features), meeting.zone, meeting.locked_table, mine, seats)
            row = keys.get(key)
            if row is None:
                row = keys[key] = len(rows)
                rows.append(sorted({of for table, of in tables if suits(table, meeting, seats)}))
            made.append(row)
        return (_ints(made), *_ragged(rows))

    def _pairs(self) -> tuple[Ints, Ints, Ints]:
        pairs: dict[frozenset[str], int] = {}
        made = [
            NONE if each.interpret is None else pairs.setdefault(frozenset(each.interpret), len(pairs))
            for each in self.problem.meetings
        ]
        rows: list[list[int]] = [[] for _ in pairs]
        for index, interpreter in enumerate(self.problem.interpreters):
            for pair in dict.fromkeys(frozenset(pair) for pair in interpreter.pairs):
                if pair in pairs:
                    rows[pairs[pair]].append(index)
        return (_ints(made), *_ragged(rows))

    def _parties(self) -> tuple[Ints, Ints, Flags, Ints, Ints]:
        parties = [party for meeting in self.problem.meetings for party in meeting.parties]
        sizes = [len(meeting.parties) for meeting in self.problem.meetings]
        return (
            _offsets(sizes),
            _ints([self.company[party.company] for party in parties]),
            np.array([party.need is Need.ALL or len(party.people) == 1 for party in parties], np.bool_),
            _offsets([len(party.people) for party in parties]),
            _ints([self.person[each] for party in parties for each in party.people]),
        )

    def _order(self) -> tuple[Ints, Ints, Ints, Ints]:
        pairs = [
            (self.meeting[earlier], index)
            for index, meeting in enumerate(self.problem.meetings)
            if meeting.after
            for earlier in dict.fromkeys(meeting.after)
        ]
        meetings = len(self.problem.meetings)
        after = _grouped(meetings, [later for _, later in pairs], [earlier for earlier, _ in pairs])
        behind = _grouped(meetings, [earlier for earlier, _ in pairs], [later for _, later in pairs])
        return (*after, *behind)

    def _admissible(self) -> Flags:
        made = np.zeros((len(self.length), len(self.slot)), np.bool_)
        for length in sorted(set(self.length.tolist())):
            of_length = np.flatnonzero(self.length == length)
            if length > len(self.slot):
                continue
            people = self._stretch(self.person_free, length)
            people[[self._person_bars(person, length) for person in self.problem.people]] = False
            tables = self._stretch(self.table_open, length)
            classes = np.zeros((len(self.capacity), len(self.slot)), np.bool_)
            np.logical_or.at(classes, self.table_class, tables)
            demands = _any_row(classes, self.demand_ptr, self.demand_class)
            talkers = self._stretch(self.interpreter_free, length)
            talkers[[_interpreter_bars(each, length) for each in self.problem.interpreters]] = False
            pairs = _any_row(talkers, self.pair_ptr, self.pair_interpreter)
            fits_block = self._stretch(np.ones((1, len(self.slot)), np.bool_), length)[0]
            for first in range(0, len(of_length), _CHUNK):
                chunk = of_length[first : first + _CHUNK]
                rows = demands[self.demand[chunk]] & fits_block & self._parties_free(chunk, people)
                talks = self.pair[chunk]
                rows[talks != NONE] &= pairs[talks[talks != NONE]]
                made[chunk] = rows
        self._own_starts(made)
        return made

    def _parties_free(self, meetings: Longs, people: Flags) -> Flags:
        """[len(meetings), S] whether each party of the meetings has its people (all, or any one) free."""
        many = np.diff(self.party_ptr)[meetings]
        parties = np.repeat(self.party_ptr[meetings], many) + unfold(many)[1]
        sizes = (self.member_ptr[1:] - self.member_ptr[:-1])[parties]
        free = people[self.member[self.member_ptr[:-1][parties]]]
        for row in np.flatnonzero(sizes > 1).tolist():
            party = parties[row]
            rows = people[self.member[self.member_ptr[party] : self.member_ptr[party + 1]]]
            free[row] = rows.all(axis=0) if self.party_all[party] else rows.any(axis=0)
        starts = np.concatenate(([0], np.cumsum(many)))[:-1]
        return np.logical_and.reduceat(free, starts, axis=0)

    def _own_starts(self, admissible: Flags) -> None:
        companies = {each.id for each in self.problem.companies if each.max_meetings == 0}
        for index, meeting in enumerate(self.problem.meetings):
            if meeting.starts is not None:
                allowed = np.zeros(len(self.slot), np.bool_)
                allowed[[self.slot[slot] for slot in meeting.starts]] = True
                admissible[index] &= allowed
            if meeting.locked_slot is not None:
                only = self.slot[meeting.locked_slot]
                kept = admissible[index, only]
                admissible[index] = False
                admissible[index, only] = kept
            if companies and any(party.company in companies for party in meeting.parties):
                admissible[index] = False

    def _stretch(self, free: Flags, length: int) -> Flags:
        """Whether ``length`` slots from each one on are free and in one block."""
        made = free.copy()
        if length == 1:
            return made
        slots = np.arange(len(self.slot))
        for step in range(1, length):
            shifted = np.zeros_like(free)
            shifted[:, :-step] = free[:, step:]
            made &= shifted
        made[:, slots + length > self.block_end] = False
        return made

    def _person_bars(self, person: Person, length: int) -> bool:
        """Whether the person's limits alone forbid every meeting of this length."""
        return (
            person.max_meetings == 0
            or person.max_per_day == 0
            or (person.max_in_row is not None and person.max_in_row < length)
        )


def _interpreter_bars(interpreter: Interpreter, length: int) -> bool:
    return _limit(interpreter.max_per_day) < length or _limit(interpreter.max_in_row) < length


def seats_needed(meeting: Meeting) -> int:
    """People at the meeting's table, an interpreter included."""
    people = sum(len(party.people) if party.need is Need.ALL else 1 for party in meeting.parties)
    return people + (meeting.interpret is not None)


def suits(table: Table, meeting: Meeting, seats: int) -> bool:
    return (
        set(meeting.features) <= set(table.features)
        and (meeting.zone is None or meeting.zone == table.zone)
        and (meeting.locked_table is None or meeting.locked_table == table.id)
        and (table.host is None or any(party.company == table.host for party in meeting.parties))
        and (table.seats is None or seats <= table.seats)
    )


def _limit(value: int | None) -> int:
    return NO_LIMIT if value is None else value


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int32).reshape(len(values))


def _offsets(sizes: Sequence[int] | Longs) -> Ints:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int32)


def _ragged(rows: Iterable[Sequence[int]]) -> tuple[Ints, Ints]:
    listed = list(rows)
    return _offsets([len(row) for row in listed]), _ints(list(chain.from_iterable(listed)))


def _grouped(rows: int, row: Sequence[int], values: Sequence[int]) -> tuple[Ints, Ints]:
    """Ragged rows of ``values``, each in ``row`` of as many ``rows``, in the order given."""
    which = _ints(row)
    return _offsets(np.bincount(which, minlength=rows)), _ints(values)[np.argsort(which, kind="stable")]


def _edges(slot_block: Ints) -> tuple[Ints, Ints]:
    """First slot of each slot's block, and the slot after its last."""
    change = np.flatnonzero(np.diff(slot_block)) + 1
    firsts = np.concatenate(([0], change))
    ends = np.concatenate((change, [len(slot_block)]))
    which = np.repeat(np.arange(len(firsts)), ends - firsts)
    return firsts[which].astype(np.int32), ends[which].astype(np.int32)


def _any_row(flags: Flags, ptr: Ints, rows: Ints) -> Flags:
    """For each ragged row, whether any of the rows that it names is set, column by column."""
    made = np.zeros((len(ptr) - 1, flags.shape[1]), np.bool_)
    for index in range(len(ptr) - 1):
        made[index] = flags[rows[ptr[index] : ptr[index + 1]]].any(axis=0)
    return made
