"""Linear relaxations of a problem at three grains of time.

The slots are cut into *periods*: all slots one period (aggregated: tiny), each block one, or each slot one
(time-indexed: strong, large). A variable says that a meeting starts in a period; others which person of an
any-one-of party and which interpreter it takes there. A period offers each person and interpreter at most
the slots that availability and the limit in a row allow, and its tables their open slots. Every
schedule gives such a point, so the program's value is a bound, at every grain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NO_LIMIT, NONE, Flags, Ints, Longs, unfold
from solver.bounds.handing_out import HandedOut, hand_out
from solver.bounds.lp import Program
from solver.bounds.periods import Grain, most_slots
from solver.bounds.starts import Starts
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays


Use = tuple[Longs, Longs, Longs]
"""(column, who, start column that it belongs to), row by row: what takes people's or interpreters' time."""


class Relaxation(Starts):
    """Builds one program. Its first columns are the starts; ``person`` and ``talker`` name everything that
    takes a person's, an interpreter's time: (column, who, the start column it belongs to).

    ``weight``: what each meeting counts for the goal value in place of its own weight. ``placing``, at the
    grain of slots: the program also says on which side a meeting sits and keeps the walks of those who come
    in any case, and ``tables`` names what its point says of tables; an integral point is nearly a schedule.
    """

    def __init__(
        self,
        arrays: Arrays,
        grain: Grain,
        goal: GoalName,
        least_coverage: int | None,
        *,
        weight: Longs | None = None,
        placing: bool = False,
    ) -> None:
        super().__init__(arrays, grain, placing=placing)
        self.program = Program()
        self.day_of = np.zeros(self.n_periods, np.int64)
        self.day_of[self.of_slot] = arrays.slot_day
        objective = (arrays.weight if weight is None else weight)[self.meeting]
        self.program.add_columns(objective if goal is GoalName.VALUE else np.zeros_like(objective))
        self._coverage(goal, least_coverage)
        self._once()
        self.person = self._people()
        self.talker = self._talkers()
        self._capacity(self.person, arrays.person_free, arrays.person_row_max)
        self._counts(self.person)
        self._capacity(self.talker, arrays.interpreter_free, arrays.interpreter_row_max)
        self._interpreter_days(self.talker)
        self.tables: HandedOut | None = None
        self._tables(placing=placing)
        self._companies()
        self._precedences()
        if self.n_sides > 1:
            self._walks(self.person)
            self._walks(self.talker)

    def _coverage(self, goal: GoalName, least: int | None) -> None:
        floor = self.arrays.problem.floor
        if floor == 0 or (goal is GoalName.VALUE and least is None):
            return
        companies = np.repeat(np.arange(self.arrays.n_companies), floor)
        reward = np.tile(np.arange(floor, 0, -1), self.arrays.n_companies)
        first = self.program.add_columns(reward if goal is GoalName.COVERAGE else np.zeros_like(reward))
        columns = first + np.arange(len(reward))
        pick, company = self._of_company()
        self.program.add_rows(
            np.concatenate((companies, company)),
            np.concatenate((columns, pick)),
            np.zeros(self.arrays.n_companies, np.int64),
            np.concatenate((np.ones(len(columns), np.int64), -np.ones(len(pick), np.int64))),
        )
        if least is not None:
            self.program.add_rows(np.zeros(len(columns), np.int64), columns, [-least], -reward)

    def _of_company(self) -> tuple[Longs, Longs]:
        """(column, company) for each column and each company of its meeting."""
        pick, offset = unfold(np.diff(self.arrays.company_ptr)[self.meeting])
        return pick, self.arrays.company[self.arrays.company_ptr[self.meeting[pick]] + offset].astype(
            np.int64
        )

    def _once(self) -> None:
        """A meeting starts at most once, a must just once."""
        arrays = self.arrays
        columns = np.arange(len(self.meeting))
        if len(columns) > len(np.unique(self.meeting)):
            self.program.add_rows(self.meeting, columns, np.ones(arrays.n_meetings, np.int64))
        if arrays.must.any():
            number = np.cumsum(arrays.must) - 1
            keep = arrays.must[self.meeting]
            least = np.full(int(arrays.must.sum()), -1)
            self.program.add_rows(number[self.meeting[keep]], columns[keep], least, -1)

    def _people(self) -> Use:
        """(column, person, start column) of everything that takes a person's time; adds the choices."""
        arrays = self.arrays
        pick, offset = unfold(np.diff(arrays.party_ptr)[self.meeting])
        party = arrays.party_ptr[self.meeting[pick]] + offset
        ragged = arrays.member_ptr, arrays.member
        return self._spread(pick, party, arrays.party_all[party], ragged, arrays.person_free)

    def _talkers(self) -> Use:
        arrays = self.arrays
        pick = np.flatnonzero(arrays.pair[self.meeting] != NONE)
        pair = arrays.pair[self.meeting[pick]].astype(np.int64)
        only = np.diff(arrays.pair_ptr)[pair] == 1
        ragged = arrays.pair_ptr, arrays.pair_interpreter
        return self._spread(pick, pair, only, ragged, arrays.interpreter_free)

    def _spread(
        self, pick: Longs, row: Longs, everybody: Flags, ragged: tuple[Ints, Ints], free: Flags
    ) -> Use:
        """Columns by resource. Where not everybody of a ragged row is needed, new columns choose one, and a
        row says that the start needs one of them: start <= sum of choices."""
        ptr, who = ragged
        group, offset = unfold(np.diff(ptr)[row])
        member = who[ptr[row[group]] + offset].astype(np.int64)
        base = pick[group].astype(np.int64)
        fixed = everybody[group]
        can = fixed | self._free_in(free)[member, self.period[base]]
        group, member, base, fixed = group[can], member[can], base[can], fixed[can]
        chosen = np.flatnonzero(~fixed)
        first = self.program.add_columns(np.zeros(len(chosen), np.int64))
        column = base.copy()
        column[chosen] = first + np.arange(len(chosen))
        groups, rows = np.unique(group[chosen], return_inverse=True)
        if len(groups):
            self.program.add_rows(
                np.concatenate((np.arange(len(groups)), rows)),
                np.concatenate((pick[groups].astype(np.int64), column[chosen])),
                np.zeros(len(groups), np.int64),
                np.concatenate((np.ones(len(groups), np.int64), -np.ones(len(chosen), np.int64))),
            )
        return column, member, base

    def _free_in(self, free: Flags) -> Flags:
        made = np.zeros((self.n_periods, len(free)), np.bool_)
        np.logical_or.at(made, self.of_slot, free.T)
        return made.T

    def _capacity(self, use: Use, free: Flags, row_max: Ints) -> None:
        """At most the slots that are free, period by period; in a row at the grain of slots."""
        column, who, base = use
        slots = self.arrays.n_slots
        if self.grain is not Grain.SLOT:
            limits = most_slots(self.arrays, free, row_max, self.of_slot, self.n_periods)
            self._add(who * self.n_periods + self.period[base], column, limits.ravel(), self.length[base])
            return
        column, who, slot = self._occupied(use)
        self._add(who * slots + slot, column, free.ravel().astype(np.int64))
        limited = np.flatnonzero(row_max < slots)
        for limit in np.unique(row_max[limited]).tolist():
            keep = row_max[who] == limit
            self._windows(column[keep], who[keep], slot[keep], limit)

    def _windows(self, column: Longs, who: Longs, slot: Longs, limit: int) -> None:
        """Of any limit + 1 adjacent slots at most ``limit`` are occupied."""
        arrays, slots = self.arrays, self.arrays.n_slots
        columns, rows = [], []
        for back in range(limit + 1):
            first = slot - back
            inside = (first >= arrays.block_start[slot]) & (first + limit < arrays.block_end[slot])
            columns.append(column[inside])
            rows.append(who[inside] * slots + first[inside])
        if columns:
            size = int(who.max(initial=0) + 1) * slots
            self._add(np.concatenate(rows), np.concatenate(columns), np.full(size, limit, np.int64))

    def _occupied(self, use: Use) -> Use:
        """(column, resource, slot) for each slot that a column occupies; only at the grain of slots."""
        column, who, base = use
        pick, offset = unfold(self.length[base])
        return column[pick], who[pick], self.period[base[pick]] + offset

    def _counts(self, use: Use) -> None:
        """Limits of meetings in all and a day."""
        column, who, base = use
        arrays = self.arrays
        self._add(who, column, arrays.person_max.astype(np.int64))
        if self.grain is Grain.ALL:
            return
        days = arrays.n_days
        limits = np.repeat(arrays.person_day_max.astype(np.int64), days)
        self._add(who * days + self.day_of[self.period[base]], column, limits)

    def _interpreter_days(self, use: Use) -> None:
        column, who, base = use
        arrays, days = self.arrays, self.arrays.n_days
        limit = arrays.interpreter_day_max.astype(np.int64)
        if self.grain is Grain.ALL:
            total = np.where(limit == NO_LIMIT, NO_LIMIT, limit * days)
            self._add(who, column, total, self.length[base])
            return
        row = who * days + self.day_of[self.period[base]]
        self._add(row, column, np.repeat(limit, days), self.length[base])

    def _tables(self, *, placing: bool) -> None:
        """Meetings find tables that they can use.

        Where of any two demands one is within the other or they share nothing, it is enough (Hall's
        condition) that the meetings whose classes are within a demand's need no more than those offer. Else,
        and where somebody keeps a table, tables are handed out.
        """
        rows = [frozenset(np.flatnonzero(row).tolist()) for row in self.suits]
        if placing or not _nested(rows) or (self.keeper != NONE).any():
            self.tables = hand_out(self, self.program)
        else:
            self._count_tables(rows)

    def _count_tables(self, rows: Sequence[frozenset[int]]) -> None:
        arrays = self.arrays
        everything = np.arange(len(self.meeting))
        use = everything, np.zeros(len(everything), np.int64), everything
        for classes in dict.fromkeys([*rows, frozenset(range(arrays.n_classes))]):
            within = np.array([row <= classes for row in rows], np.bool_)[arrays.demand]
            capacity = arrays.class_capacity[sorted(classes)].sum(axis=0, dtype=np.int64)
            if self.grain is Grain.SLOT:
                column, _, slot = self._occupied(use)
                keep = within[self.meeting[column]]
                self._add(slot[keep], column[keep], capacity)
                continue
            keep = within[self.meeting]
            limits = np.bincount(self.of_slot, weights=capacity, minlength=self.n_periods).astype(np.int64)
            self._add(self.period[keep], everything[keep], limits, self.length[keep])

    def _walks(self, use: Use) -> None:
        """Nobody who is in two meetings in any case is in adjacent slots on sides too far apart."""
        arrays, slots = self.arrays, self.arrays.n_slots
        column, who, base = use
        own = column == base
        column, who, slot = self._occupied((column[own], who[own], base[own]))
        side = self.side[column]
        for one, other in zip(*np.nonzero(self.far), strict=True):
            before = (side == one) & (slot + 1 < arrays.block_end[slot])
            after = (side == other) & (slot > arrays.block_start[slot])
            row = np.concatenate((who[before] * slots + slot[before] + 1, who[after] * slots + slot[after]))
            limits = np.ones(int(who.max(initial=0) + 1) * slots, np.int64)
            self._add(row, np.concatenate((column[before], column[after])), limits)

    def _companies(self) -> None:
        pick, company = self._of_company()
        self._add(company, pick, self.arrays.company_max.astype(np.int64))

    def _precedences(self) -> None:
        """Of "the later starts by t" and "the earlier is not over by t" at most one holds."""
        arrays = self.arrays
        if self.grain is Grain.ALL or not len(arrays.before):
            return
        edges = np.searchsorted(self.meeting, np.arange(arrays.n_meetings + 1))
        for later in np.flatnonzero(np.diff(arrays.before_ptr)).tolist():
            mine = np.arange(edges[later], edges[later + 1])
            for earlier in arrays.before[arrays.before_ptr[later] : arrays.before_ptr[later + 1]].tolist():
                other = np.arange(edges[earlier], edges[earlier + 1])
                over = arrays.length[earlier] - 1 if self.grain is Grain.SLOT else -1
                end = self.period[other] + over
                for period in np.unique(self.period[mine]).tolist():
                    columns = np.concatenate((mine[self.period[mine] <= period], other[end >= period]))
                    self.program.add_rows(np.zeros(len(columns), np.int64), columns, [1])

    def _add(self, row: Longs, column: Longs, limits: Longs, coefficient: Longs | int = 1) -> None:
        """Add the rows that can bind: those whose coefficients add up to more than the limit."""
        coefficients = np.broadcast_to(np.asarray(coefficient, np.int64), row.shape)
        total = np.bincount(row, weights=coefficients, minlength=len(limits)).astype(np.int64)
        binding = total > limits
        if not binding.any():
            return
        keep = binding[row]
        number = np.cumsum(binding) - 1
        self.program.add_rows(number[row[keep]], column[keep], limits[binding], coefficients[keep])


def _nested(sets: Sequence[frozenset[int]]) -> bool:
    """Whether of any two sets one is within the other, or they share nothing."""
    different = list(dict.fromkeys(sets))
    return all(
        one <= other or other <= one or one.isdisjoint(other)
        for index, one in enumerate(different)
        for other in different[:index]
    )
