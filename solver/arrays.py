"""The Problem as integer arrays: what every stage of the engine computes on, built once.

Indices follow the problem's own order (slot 3 is ``problem.slots[3]``). Ragged data stands in two arrays:
``xs_ptr`` (n + 1 offsets) and ``xs`` (values), so that row ``i`` is ``xs[xs_ptr[i]:xs_ptr[i + 1]]``.
Tables that no rule can tell apart form a *class* with a capacity a slot: stages place meetings into classes,
and tables are given out last, which always works out (meetings of one class are intervals; intervals whose
number never passes the capacity can be coloured with it).
Memory is linear in meetings x slots (one byte each) plus people x slots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from solver.problem import FORMAT_VERSION
from solver.schedule import GoalResult, Placement, Schedule, Status, Unplaced

if TYPE_CHECKING:
    from collections.abc import Iterable

    from solver.problem import Problem

Ints: TypeAlias = npt.NDArray[np.int32]
Longs: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Words: TypeAlias = npt.NDArray[np.uint64]
Reals: TypeAlias = npt.NDArray[np.float64]
Small: TypeAlias = npt.NDArray[np.int8]

NO_LIMIT = 1 << 30
"""Stands for "no limit" in arrays of limits: greater than any count that occurs."""

NONE = -1
"""Stands for "no such index": not placed, no table, no interpreter, not chosen."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Arrays:
    """All of a problem that search needs. Shapes: S slots, B blocks, D days, Z zones, K tables, C classes,
    N companies, P people, I interpreters, M meetings, Q parties (of all meetings, in order).

    ``admissible[m, s]``: the start ``s`` of meeting ``m`` breaks no rule that concerns ``m`` alone (length
    and block, allowed starts, lock, somebody of each party free, some table open, some interpreter free).
    The rest of the hard rules are between meetings, and left to the stages.
    """

    problem: Problem
    slot_block: Ints  # [S]
    slot_day: Ints  # [S]
    block_end: Ints  # [S] first slot after the slot's block
    block_start: Ints  # [S] first slot of the slot's block
    person_free: Flags  # [P, S]
    person_max: Ints  # [P] meetings in all
    person_day_max: Ints  # [P] meetings a day
    person_row_max: Ints  # [P] adjacent slots with meetings
    person_fixed: Flags  # [P] one table a block
    person_dislike: Small  # [P, S] +1 disliked, -1 liked, 0 otherwise
    interpreter_free: Flags  # [I, S]
    interpreter_day_max: Ints  # [I] slots a day
    interpreter_row_max: Ints  # [I] adjacent slots
    table_class: Ints  # [K]
    table_zone: Ints  # [K]
    table_open: Flags  # [K, S]
    class_zone: Ints  # [C]
    class_capacity: Ints  # [C, S]
    walk: Flags  # [Z, Z] True: can't be changed between in adjacent slots
    company_max: Ints  # [N]
    weight: Longs  # [M]
    length: Ints  # [M] slots
    must: Flags  # [M]
    admissible: Flags  # [M, S]
    starts_ptr: Longs  # [M + 1]
    starts: Ints  # admissible starts of each meeting, ascending
    party_ptr: Ints  # [M + 1] rows of the arrays by party
    party_company: Ints  # [Q]
    party_all: Flags  # [Q] True: everybody comes (also where there is only one person)
    member_ptr: Ints  # [Q + 1]
    member: Ints  # people of each party
    company_ptr: Ints  # [M + 1]
    company: Ints  # different companies of each meeting
    demand: Ints  # [M] which classes a meeting may use: a row of demand_class
    demand_ptr: Ints
    demand_class: Ints
    pair: Ints  # [M] language pair, NONE: no interpreter
    pair_ptr: Ints
    pair_interpreter: Ints  # interpreters of each pair
    before_ptr: Ints  # [M + 1]
    before: Ints  # meetings that end before this one starts
    behind_ptr: Ints  # [M + 1]
    behind: Ints  # meetings that start after this one ends

    @classmethod
    def of(cls, problem: Problem) -> Arrays:
        """The arrays of ``problem``. Time and memory linear in meetings x slots."""
        from solver.building import Builder  # noqa: PLC0415 (it makes Arrays, so it imports this file)

        return Builder(problem).build()

    @property
    def n_slots(self) -> int:
        return len(self.slot_block)

    @property
    def n_people(self) -> int:
        return len(self.person_max)

    @property
    def n_interpreters(self) -> int:
        return len(self.interpreter_day_max)

    @property
    def n_tables(self) -> int:
        return len(self.table_class)

    @property
    def n_classes(self) -> int:
        return len(self.class_zone)

    @property
    def n_companies(self) -> int:
        return len(self.company_max)

    @property
    def n_meetings(self) -> int:
        return len(self.weight)

    @property
    def n_parties(self) -> int:
        return len(self.party_company)

    @property
    def n_days(self) -> int:
        return int(self.slot_day.max()) + 1

    def starts_of(self, meeting: int) -> Ints:
        """The admissible starts of one meeting, ascending."""
        return self.starts[self.starts_ptr[meeting] : self.starts_ptr[meeting + 1]]

    def parties_of(self, meeting: int) -> range:
        """Rows of one meeting in the arrays by party."""
        return range(int(self.party_ptr[meeting]), int(self.party_ptr[meeting + 1]))

    def members_of(self, party: int) -> Ints:
        """The people of one party."""
        return self.member[self.member_ptr[party] : self.member_ptr[party + 1]]

    def classes_of(self, meeting: int) -> Ints:
        """The table classes that suit one meeting (closed slots not looked at)."""
        row = self.demand[meeting]
        return self.demand_class[self.demand_ptr[row] : self.demand_ptr[row + 1]]

    def suits(self) -> Flags:
        """[demands, C] which table classes suit which meetings (closed slots not looked at)."""
        demands = len(self.demand_ptr) - 1
        made = np.zeros((demands, self.n_classes), np.bool_)
        made[np.repeat(np.arange(demands), np.diff(self.demand_ptr)), self.demand_class] = True
        return made

    def tables_apart(self) -> Arrays:
        """The same with every table a class of its own, numbered alike: for what counts single tables."""
        if self.n_classes == self.n_tables:
            return self
        suits = self.suits()[:, self.table_class]
        return replace(
            self,
            table_class=np.arange(self.n_tables, dtype=np.int32),
            class_zone=self.table_zone,
            class_capacity=self.table_open.astype(np.int32),
            demand_ptr=np.concatenate(([0], np.cumsum(suits.sum(axis=1)))).astype(np.int32),
            demand_class=np.nonzero(suits)[1].astype(np.int32),
        )

    def interpreters_of(self, meeting: int) -> Ints:
        """The interpreters who know the meeting's pair; empty where it needs none."""
        row = self.pair[meeting]
        if row == NONE:
            return self.pair_interpreter[:0]
        return self.pair_interpreter[self.pair_ptr[row] : self.pair_ptr[row + 1]]

    def parties(self) -> list[tuple[bool, list[int]]]:
        """Of each party: whether everybody comes, and its people."""
        offsets, members = self.member_ptr.tolist(), self.member.tolist()
        return [
            (all_come, members[offsets[party] : offsets[party + 1]])
            for party, all_come in enumerate(self.party_all.tolist())
        ]

    def seats(self) -> tuple[Ints, Ints, Ints]:
        """Who sits where at each meeting: (ptr [M + 1], person of each seat with NONE where one is to be
        chosen, seat of each party or NONE)."""
        sizes = np.where(self.party_all, np.diff(self.member_ptr), 1)
        party_first = np.concatenate(([0], np.cumsum(sizes)))
        ptr = party_first[self.party_ptr].astype(np.int32)
        seats = np.full(int(party_first[-1]), NONE, np.int32)
        fixed_party = np.repeat(self.party_all, sizes)
        fixed_member = np.repeat(self.party_all, np.diff(self.member_ptr))
        seats[fixed_party] = self.member[fixed_member]
        party_seat = np.where(self.party_all, NONE, party_first[:-1]).astype(np.int32)
        return ptr, seats, party_seat

    def person_words(self) -> Words:
        """``person_free`` as bits, [P, ceil(S / 64)]: slot s is bit s % 64 of word s // 64."""
        return _words(self.person_free)


def _words(flags: Flags) -> Words:
    rows, columns = flags.shape
    width = (columns + 63) // 64
    padded = np.zeros((rows, width * 64), np.bool_)
    padded[:, :columns] = flags
    packed = np.packbits(padded, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64, copy=False)


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """An incumbent in integers. Never changed: stages copy, search, and make a new one.

    ``chosen[q]`` is the person (index among all people) who comes for party ``q`` of a placed meeting where
    any one comes; NONE for parties that all come, and for meetings without a place. ``table`` may be NONE
    for placed meetings only between stages, before tables are given out.
    """

    start: Ints  # [M] NONE: not placed
    table: Ints  # [M]
    interpreter: Ints  # [M]
    chosen: Ints  # [Q]

    @classmethod
    def empty(cls, arrays: Arrays) -> Assignment:
        """Nothing placed."""
        meetings, parties = arrays.n_meetings, arrays.n_parties
        return cls(_none(meetings), _none(meetings), _none(meetings), _none(parties))

    @property
    def placed(self) -> int:
        """Number of meetings that have a place."""
        return int((self.start != NONE).sum())

    def value(self, arrays: Arrays) -> int:
        """Total weight of the placed meetings."""
        return int(arrays.weight[self.start != NONE].sum())

    def coverage(self, arrays: Arrays) -> int:
        """The goal coverage: sum over companies of k + (k - 1) + ... for each meeting up to the k-th."""
        rows = np.repeat(self.start != NONE, np.diff(arrays.company_ptr))
        counts = np.bincount(arrays.company[rows], minlength=arrays.n_companies)
        floor = arrays.problem.floor
        reached = np.minimum(counts, floor)
        return int((reached * (2 * floor + 1 - reached) // 2).sum())

    def people_of(self, arrays: Arrays, meeting: int) -> list[int]:
        """The people who come to a placed meeting, in the order of its parties."""
        people: list[int] = []
        for party in arrays.parties_of(meeting):
            if arrays.party_all[party]:
                people.extend(arrays.members_of(party).tolist())
            else:
                people.append(int(self.chosen[party]))
        return people

    def everybody(self, arrays: Arrays) -> list[list[int]]:
        """:meth:`people_of` each meeting; empty for those without a place."""
        ptr, seats, party_seat = arrays.seats()
        chosen = party_seat != NONE
        seats[party_seat[chosen]] = self.chosen[chosen]
        offsets, people = ptr.tolist(), seats.tolist()
        placed = (self.start != NONE).tolist()
        return [
            people[offsets[meeting] : offsets[meeting + 1]] if placed[meeting] else []
            for meeting in range(arrays.n_meetings)
        ]

    def to_placements(self, arrays: Arrays) -> tuple[Placement, ...]:
        """The placed meetings with ids, in the problem's order. Every one must have a table."""
        problem = arrays.problem
        slots, tables = [each.id for each in problem.slots], [each.id for each in problem.tables]
        names = [each.id for each in problem.people]
        interpreters = [*(each.id for each in problem.interpreters), None]  # NONE is the last
        starts, seated = self.start.tolist(), self.table.tolist()
        talkers, everybody = self.interpreter.tolist(), self.everybody(arrays)
        made: list[Placement] = []
        for index in np.flatnonzero(self.start != NONE).tolist():
            assert seated[index] != NONE, "tables are given out before a schedule is made"
            made.append(
                Placement(
                    meeting=problem.meetings[index].id,
                    slot=slots[starts[index]],
                    table=tables[seated[index]],
                    people=tuple([names[each] for each in everybody[index]]),
                    interpreter=interpreters[talkers[index]],
                )
            )
        return tuple(made)

    def to_schedule(
        self,
        arrays: Arrays,
        *,
        status: Status,
        problem_digest: str,
        solver_version: str,
        unplaced: tuple[Unplaced, ...] = (),
        goals: tuple[GoalResult, ...] = (),
        seed: int = 0,
    ) -> Schedule:
        """The schedule with these placements."""
        return Schedule(
            version=FORMAT_VERSION,
            status=status,
            problem_digest=problem_digest,
            solver_version=solver_version,
            placements=self.to_placements(arrays),
            unplaced=unplaced,
            goals=goals,
            seed=seed,
        )

    @classmethod
    def from_schedule(cls, arrays: Arrays, schedule: Schedule) -> Assignment:
        """The incumbent that a schedule describes; see :meth:`from_placements`."""
        return cls.from_placements(arrays, schedule.placements)

    @classmethod
    def from_placements(cls, arrays: Arrays, placements: Iterable[Placement]) -> Assignment:
        """Read placements, leaving out those that name what the problem (no longer) has.

        Only ids, who comes and the meeting's own admissible starts are looked at: the result may break rules
        between meetings when the problem changed. ``construct.repair`` makes it keep them.
        """
        made = cls.empty(arrays)
        problem = arrays.problem
        meetings = {each.id: index for index, each in enumerate(problem.meetings)}
        slots = {each.id: index for index, each in enumerate(problem.slots)}
        tables = {each.id: index for index, each in enumerate(problem.tables)}
        people = {each.id: index for index, each in enumerate(problem.people)}
        interpreters = {each.id: index for index, each in enumerate(problem.interpreters)}
        party_ptr, parties = arrays.party_ptr.tolist(), arrays.parties()
        for each in placements:
            meeting, slot = meetings.get(each.meeting, NONE), slots.get(each.slot, NONE)
            table = tables.get(each.table, NONE)
            interpreter = NONE if each.interpreter is None else interpreters.get(each.interpreter, NONE)
            if NONE in (meeting, slot, table) or not arrays.admissible[meeting, slot]:
                continue
            if (interpreter == NONE) != (arrays.pair[meeting] == NONE):
                continue
            first, end = party_ptr[meeting], party_ptr[meeting + 1]
            chosen = _choice(parties[first:end], {people[who] for who in each.people if who in people})
            if chosen is None:
                continue
            made.start[meeting], made.table[meeting] = slot, table
            made.interpreter[meeting] = interpreter
            made.chosen[first:end] = chosen
        return made


def _choice(parties: list[tuple[bool, list[int]]], present: set[int]) -> list[int] | None:
    """``chosen`` of a meeting's parties, or None when ``present`` does not fit them."""
    chosen: list[int] = []
    for all_come, members in parties:
        come = [each for each in members if each in present]
        if all_come:
            if len(come) < len(members):
                return None
            chosen.append(NONE)
        elif len(come) != 1:
            return None
        else:
            chosen.append(come[0])
    return chosen


def _none(size: int) -> Ints:
    return np.full(size, NONE, np.int32)


def unfold(many: Longs | Ints) -> tuple[Longs, Longs]:
    """(index, number within the index) of ``many[index]`` things each."""
    sizes = many.astype(np.int64)
    index = np.repeat(np.arange(len(sizes)), sizes)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
