"""Tables with the fewest changes for people, slots and people as they are: an integer program for each block.

Within a group of equal tables it does not matter which one a meeting has, but whom it has it from: of the
meetings that end before it one at most hands over its table, and hands it over once. So the program decides
on the group of each meeting and on who hands over to whom, and a group has room for all at once; then any
free table will do for the first of each such row of meetings. Two things are asked for beyond the rules: a
table that is handed over after a pause is kept free meanwhile (unless it is a group of its own), and who
keeps one table keeps the one of now.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from solver.arrays import NONE, Assignment
from solver.bounds.integer import solve_integer
from solver.bounds.lp import Program
from solver.placing.tables import count_moves, links_of, near_of

if TYPE_CHECKING:
    from solver.arrays import Arrays, Flags, Ints, Longs
    from solver.bounds.lp import Stopper

LARGEST: Final = 30_000
"""Meetings of a block, times the groups of tables that suit each, up to which a program is worth its time."""

MOST_MEETINGS: Final = 30_000
"""Placed meetings up to which programs are made at all."""

Step = tuple[int, int]
"""A meeting, and the next one of somebody in the same block."""


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Tables that suit the same meetings, are in one zone and open in the same slots; each of ``kept`` alone.

    ``of_table`` [K]; ``room`` [groups, S] tables; ``size`` [groups]; ``zone`` [groups]; ``suits`` [demands,
    groups].
    """

    of_table: Longs
    room: Longs
    size: Longs
    zone: Longs
    suits: Flags

    @classmethod
    def of(cls, arrays: Arrays, kept: Iterable[int]) -> _Groups:
        suits = arrays.suits()
        alone = np.zeros(arrays.n_tables, np.int64)
        alone[list(kept)] = 1 + np.array(list(kept), np.int64)
        same = np.vstack((suits[:, arrays.table_class], arrays.table_open.T, arrays.table_zone, alone))
        _, first, of_table = np.unique(same, axis=1, return_index=True, return_inverse=True)
        room = np.zeros((len(first), arrays.n_slots), np.int64)
        np.add.at(room, of_table, arrays.table_open)
        size = np.bincount(of_table).astype(np.int64)
        zone = arrays.table_zone[first].astype(np.int64)
        return cls(of_table, room, size, zone, suits[:, arrays.table_class[first]])


def seat_anew(arrays: Arrays, assignment: Assignment, *, control: Stopper) -> Assignment:
    """The same with tables of fewer changes where there are any, block by block as far as time allows."""
    best = assignment
    if assignment.placed > MOST_MEETINGS:
        return best
    links = _Links.of(arrays, assignment)
    choices = _Groups.of(arrays, ()).suits.sum(axis=1)[arrays.demand]
    block = np.where(assignment.start == NONE, NONE, arrays.slot_block[assignment.start])
    blocks = np.unique(block[block != NONE]).tolist()
    for number, each in enumerate(blocks):
        if control.should_stop():
            break
        meetings = np.flatnonzero(block == each)
        if choices[meetings].sum() > LARGEST:
            continue
        share = control.left() / (len(blocks) - number)
        program = _Seating(arrays, assignment, meetings, links)
        found = program.solve(control=control, seconds=share)
        if found is not None:
            table = best.table.copy()
            table[meetings] = found
            other = replace(best, table=table)
            best = min((best, other), key=lambda made: count_moves(arrays, made))
    return best


@dataclass(frozen=True, slots=True)
class _Links:
    """What ties meetings together: ``steps`` (how many people go from one to the next), ``near`` (somebody
    goes straight on), and ``keeps``: somebody comes who keeps one table."""

    steps: Mapping[Step, int]
    near: Sequence[Step]
    keeps: frozenset[int]

    @classmethod
    def of(cls, arrays: Arrays, assignment: Assignment) -> _Links:
        people = assignment.everybody(arrays)
        keeps = frozenset(meeting for meeting, come in enumerate(people) if arrays.person_fixed[come].any())
        return cls(Counter(links_of(arrays, assignment)), near_of(arrays, assignment), keeps)


@dataclass(frozen=True, slots=True)
class _Stay:
    """The column that says that ``after`` has its table, one of ``group``, from ``before``."""

    before: int
    after: int
    group: int
    column: int


class _Seating:
    """One block's program."""

    def __init__(
        self,
        arrays: Arrays,
        assignment: Assignment,
        meetings: Longs,
        links: _Links,
    ) -> None:
        self.arrays = arrays
        self.meetings = meetings
        self.begin = {each: int(assignment.start[each]) for each in meetings.tolist()}
        self.kept = {each: int(assignment.table[each]) for each in self.begin if each in links.keeps}
        self.groups = _Groups.of(arrays, set(self.kept.values()))
        self.steps = {step: many for step, many in links.steps.items() if step[0] in self.begin}
        self.program = Program()
        self.sits = self._sits()
        self.stays = tuple(self._stays())
        self._one_group_each()
        self._hand_over()
        self._room()
        self._zones()
        self._walk(step for step in links.near if step[0] in self.begin)

    def solve(self, *, control: Stopper, seconds: float) -> Ints | None:
        """The tables of ``meetings``; None where none were found in time."""
        found = solve_integer(self.program, control=control, seconds=min(seconds, 3600.0))
        return None if found is None else self._tables(found.point)

    def _end(self, meeting: int) -> int:
        return self.begin[meeting] + int(self.arrays.length[meeting])

    def _sits(self) -> dict[int, dict[int, int]]:
        """By meeting: the column of each group that suits it and is open."""
        made: dict[int, dict[int, int]] = {}
        first = 0
        for meeting, begin in self.begin.items():
            suits = self.groups.suits[self.arrays.demand[meeting]]
            can = suits & self.groups.room[:, begin : self._end(meeting)].all(axis=1)
            if meeting in self.kept:
                can &= np.arange(len(can)) == self.groups.of_table[self.kept[meeting]]
            made[meeting] = {
                group: first + number for number, group in enumerate(np.flatnonzero(can).tolist())
            }
            first += len(made[meeting])
        self.program.add_columns(np.zeros(first, np.int64))
        return made

    def _stays(self) -> Iterator[_Stay]:
        worth: list[int] = []
        first = self.program.columns
        for (before, after), many in self.steps.items():
            for group in sorted(self.sits[before].keys() & self.sits[after].keys()):
                yield _Stay(before, after, group, first + len(worth))
                worth.append(many)
        self.program.add_columns(np.array(worth, np.int64))

    def _one_group_each(self) -> None:
        for columns in self.sits.values():
            self._row(columns.values(), limit=1)
            self._row(columns.values(), limit=-1, factor=-1)

    def _hand_over(self) -> None:
        """A meeting has its table from one at most, hands it to one at most, and both sit in its group."""
        ends: dict[tuple[bool, int, int], list[int]] = defaultdict(list)
        for stay in self.stays:
            if self._alone(stay):
                self._row((stay.column,), limit=0, less=(self.sits[stay.before][stay.group],))
                self._row((stay.column,), limit=0, less=(self.sits[stay.after][stay.group],))
            else:
                ends[True, stay.before, stay.group].append(stay.column)
                ends[False, stay.after, stay.group].append(stay.column)
        for (_, meeting, group), columns in ends.items():
            self._row(columns, limit=0, less=(self.sits[meeting][group],))

    def _room(self) -> None:
        """No group has more meetings, and tables kept free for one, than tables."""
        taken: dict[tuple[int, int], list[int]] = defaultdict(list)
        for meeting, sits in self.sits.items():
            for group, column in sits.items():
                for slot in range(self.begin[meeting], self._end(meeting)):
                    taken[group, slot].append(column)
        for stay in self.stays:
            if self._alone(stay):
                continue
            for slot in range(self._end(stay.before), self.begin[stay.after]):
                taken[stay.group, slot].append(stay.column)
        for (group, slot), columns in taken.items():
            limit = int(self.groups.room[group, slot])
            if len(columns) > limit:
                self._row(columns, limit=limit)

    def _zones(self) -> None:
        """Who goes on to another zone has changed twice."""
        if len(np.unique(self.groups.zone)) == 1:
            return
        first = self.program.add_columns(-np.array(list(self.steps.values()), np.int64))
        for number, (before, after) in enumerate(self.steps):
            here, there = self._by_zone(before), self._by_zone(after)
            if set(here) == set(there) and len(here) == 1:
                continue
            for zone, columns in there.items():
                self._row(columns, limit=0, less=(*here.get(zone, ()), first + number))

    def _walk(self, near: Iterable[Step]) -> None:
        """Nobody goes straight on to a zone that is too far."""
        for before, after in near:
            there = self._by_zone(after)
            for zone, columns in self._by_zone(before).items():
                far = [column for other in there if self.arrays.walk[zone, other] for column in there[other]]
                if far:
                    self._row((*columns, *far), limit=1)

    def _alone(self, stay: _Stay) -> bool:
        """Whether the group is one table: all who sit there sit at the same."""
        return bool(self.groups.size[stay.group] == 1)

    def _by_zone(self, meeting: int) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for group, column in self.sits[meeting].items():
            found[int(self.groups.zone[group])].append(column)
        return found

    def _row(
        self, columns: Iterable[int], *, limit: int, factor: int = 1, less: tuple[int, ...] = ()
    ) -> None:
        """factor * (sum of ``columns``) - (sum of ``less``) <= ``limit``."""
        more = tuple(columns)
        self.program.add_rows(
            np.zeros(len(more) + len(less), np.int64),
            np.array((*more, *less), np.int64),
            [limit],
            np.array([factor] * len(more) + [-1] * len(less), np.int64),
        )

    def _tables(self, point: Longs) -> Ints:
        """A table for the first of each row of meetings, handed on to the others."""
        passed = [stay for stay in self.stays if point[stay.column] and not self._alone(stay)]
        taken_over = {stay.after: stay.before for stay in passed}
        handed = {stay.before: stay.after for stay in passed}
        group_of = {
            meeting: next(each for each, column in columns.items() if point[column])
            for meeting, columns in self.sits.items()
        }
        free_from = [0] * self.arrays.n_tables
        tables = [
            np.flatnonzero(self.groups.of_table == each).tolist() for each in range(len(self.groups.size))
        ]
        given: dict[int, int] = {}
        for meeting in sorted(self.begin, key=self.begin.__getitem__):
            if meeting in taken_over:
                given[meeting] = given[taken_over[meeting]]
                continue
            begin, last = self.begin[meeting], meeting
            while last in handed:
                last = handed[last]
            free = next(each for each in tables[group_of[meeting]] if free_from[each] <= begin)
            free_from[free] = self._end(last)
            given[meeting] = free
        return np.array([given[each] for each in self.meetings.tolist()], np.int32)
