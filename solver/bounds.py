"""What no schedule can exceed: linear relaxations at three grains of time, and simple counts.

The slots are cut into *periods*: all slots one period (aggregated: tiny), each block one, or each slot one
(time-indexed: strong, large). A variable says that a meeting starts in a period; others which person of an
any-one-of party and which interpreter it takes there. A period offers each person and interpreter at most
the slots that availability and the limit in a row allow, and each set of tables its open slots. Every
schedule gives such a point, so the program's value is a bound, at every grain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NO_LIMIT, NONE, Flags, Ints, Longs, Reals
from solver.lp import Program, Stopper
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays


class Grain(StrEnum):
    """How finely time is cut in a relaxation."""

    ALL = "aggregated"
    BLOCK = "block"
    SLOT = "time-indexed"


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """No schedule has more than ``limit`` of a maximised goal (less, of a minimised one).

    ``method`` names the proof. ``share[m]``: how much of meeting m the relaxation's best point places, empty
    when the solver was stopped: a guide for search. ``finished``: the program was solved to its optimum.
    """

    goal: GoalName
    limit: int
    method: str
    share: Reals
    finished: bool


def trivial_bound(arrays: Arrays, goal: GoalName) -> Bound:
    """Everything that has an admissible start is placed; nobody waits, moves or minds."""
    possible = arrays.admissible.any(axis=1)
    limit = 0
    if goal is GoalName.VALUE:
        limit = int(arrays.weight[possible].sum())
    elif goal is GoalName.COVERAGE:
        rows = np.repeat(possible, np.diff(arrays.company_ptr))
        counts = np.bincount(arrays.company[rows], minlength=arrays.n_companies)
        counts = np.minimum(counts, arrays.problem.floor)
        limit = int((counts * (2 * arrays.problem.floor + 1 - counts) // 2).sum())
    elif goal is GoalName.PREFERENCES:
        liked = ((arrays.person_dislike < 0) & arrays.person_free).any(axis=1).sum()
        limit = -int(liked) * arrays.n_slots if liked else 0
    return Bound(goal, limit, "count", np.zeros(0), True)


def aggregated_bound(
    arrays: Arrays, goal: GoalName, *, control: Stopper, least_coverage: int | None = None
) -> Bound:
    """The bound of value or coverage with all slots as one period. Milliseconds; exact on most plain forums.

    ``least_coverage``: only schedules with at least this much coverage are bounded (value after coverage).
    """
    return relaxed_bound(arrays, goal, grain=Grain.ALL, control=control, least_coverage=least_coverage)


def block_bound(
    arrays: Arrays, goal: GoalName, *, control: Stopper, least_coverage: int | None = None
) -> Bound:
    """The bound of value or coverage with each block a period: seconds where slots take minutes."""
    return relaxed_bound(arrays, goal, grain=Grain.BLOCK, control=control, least_coverage=least_coverage)


def time_indexed_bound(
    arrays: Arrays, goal: GoalName, *, control: Stopper, least_coverage: int | None = None
) -> Bound:
    """The bound of value or coverage with each slot a period: seconds to minutes on rich forums."""
    return relaxed_bound(arrays, goal, grain=Grain.SLOT, control=control, least_coverage=least_coverage)


def relaxed_bound(
    arrays: Arrays,
    goal: GoalName,
    *,
    grain: Grain,
    control: Stopper,
    least_coverage: int | None = None,
    method: str = "glop",
) -> Bound:
    """The bound of value or coverage at one grain. A stop gives a weaker, still valid bound."""
    if goal not in (GoalName.VALUE, GoalName.COVERAGE):
        raise ValueError(f"no relaxation for the goal {goal}")
    if control.should_stop():
        return replace(trivial_bound(arrays, goal), finished=False)
    relaxation = Relaxation(arrays, grain, goal, least_coverage)
    result = relaxation.program.solve(control=control, method=method)
    simple = trivial_bound(arrays, goal).limit
    share = np.zeros(0)
    if len(result.values):
        share = np.zeros(arrays.n_meetings)
        np.add.at(share, relaxation.meeting, result.values[: len(relaxation.meeting)])
    return Bound(goal, min(result.bound, simple), grain.value, share, result.finished)


class Relaxation:
    """Builds one program. ``meeting`` and ``period`` name the first columns, one a pair that can be;
    ``person`` everything that takes a person's time: (column, person, the start column it belongs to).

    ``weight``: what each meeting counts for the goal value in place of its own weight.
    """

    def __init__(
        self,
        arrays: Arrays,
        grain: Grain,
        goal: GoalName,
        least_coverage: int | None,
        *,
        weight: Longs | None = None,
    ) -> None:
        self.arrays = arrays
        self.grain = grain
        self.program = Program()
        self.of_slot = _periods(arrays, grain)
        self.n_periods = int(self.of_slot.max()) + 1
        self.day_of = np.zeros(self.n_periods, np.int64)
        self.day_of[self.of_slot] = arrays.slot_day
        meeting_of = np.repeat(np.arange(arrays.n_meetings), np.diff(arrays.starts_ptr))
        pairs = np.unique(meeting_of * self.n_periods + self.of_slot[arrays.starts])
        self.meeting, self.period = pairs // self.n_periods, pairs % self.n_periods
        self.length = arrays.length[self.meeting].astype(np.int64)
        objective = (arrays.weight if weight is None else weight)[self.meeting]
        self.program.add_columns(objective if goal is GoalName.VALUE else np.zeros_like(objective))
        self._coverage(goal, least_coverage)
        self._once()
        person = self.person = self._people()
        talker = self._talkers()
        self._capacity(person, arrays.person_free, arrays.person_row_max)
        self._counts(person)
        self._capacity(talker, arrays.interpreter_free, arrays.interpreter_row_max)
        self._interpreter_days(talker)
        self._tables()
        self._companies()
        self._precedences()

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
        pick, offset = _unfold(np.diff(self.arrays.company_ptr)[self.meeting])
        return pick, self.arrays.company[self.arrays.company_ptr[self.meeting[pick]] + offset].astype(
            np.int64
        )

    def _once(self) -> None:
        if self.n_periods > 1:
            meetings = self.arrays.n_meetings
            columns = np.arange(len(self.meeting))
            self.program.add_rows(self.meeting, columns, np.ones(meetings, np.int64))

    def _people(self) -> tuple[Longs, Longs, Longs]:
        """(column, person, start column) of everything that takes a person's time; adds the choices."""
        arrays = self.arrays
        pick, offset = _unfold(np.diff(arrays.party_ptr)[self.meeting])
        party = arrays.party_ptr[self.meeting[pick]] + offset
        ragged = arrays.member_ptr, arrays.member
        return self._spread(pick, party, arrays.party_all[party], ragged, arrays.person_free)

    def _talkers(self) -> tuple[Longs, Longs, Longs]:
        arrays = self.arrays
        pick = np.flatnonzero(arrays.pair[self.meeting] != NONE)
        pair = arrays.pair[self.meeting[pick]].astype(np.int64)
        nobody = np.zeros(len(pick), np.bool_)
        ragged = arrays.pair_ptr, arrays.pair_interpreter
        return self._spread(pick, pair, nobody, ragged, arrays.interpreter_free)

    def _spread(
        self, pick: Longs, row: Longs, everybody: Flags, ragged: tuple[Ints, Ints], free: Flags
    ) -> tuple[Longs, Longs, Longs]:
        """Columns by resource. Where not everybody of a ragged row is needed, new columns choose one, and a
        row says that the start needs one of them: start <= sum of choices."""
        ptr, who = ragged
        group, offset = _unfold(np.diff(ptr)[row])
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

    def _capacity(self, use: tuple[Longs, Longs, Longs], free: Flags, row_max: Ints) -> None:
        """At most the slots that are free, period by period; in a row at the grain of slots."""
        column, who, base = use
        slots = self.arrays.n_slots
        if self.grain is not Grain.SLOT:
            limits = _most_slots(self.arrays, free, row_max, self.of_slot, self.n_periods)
            self._add(who * self.n_periods + self.period[base], column, limits.ravel(), self.length[base])
            return
        column, who, slot = self._occupied(use)
        self._add(who * slots + slot, column, np.ones(len(free) * slots, np.int64))
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

    def _occupied(self, use: tuple[Longs, Longs, Longs]) -> tuple[Longs, Longs, Longs]:
        """(column, resource, slot) for each slot that a column occupies; only at the grain of slots."""
        column, who, base = use
        pick, offset = _unfold(self.length[base])
        return column[pick], who[pick], self.period[base[pick]] + offset

    def _counts(self, use: tuple[Longs, Longs, Longs]) -> None:
        """Limits of meetings in all and a day."""
        column, who, base = use
        arrays = self.arrays
        self._add(who, column, arrays.person_max.astype(np.int64))
        if self.grain is Grain.ALL:
            return
        days = arrays.n_days
        limits = np.repeat(arrays.person_day_max.astype(np.int64), days)
        self._add(who * days + self.day_of[self.period[base]], column, limits)

    def _interpreter_days(self, use: tuple[Longs, Longs, Longs]) -> None:
        column, who, base = use
        arrays, days = self.arrays, self.arrays.n_days
        limit = arrays.interpreter_day_max.astype(np.int64)
        if self.grain is Grain.ALL:
            total = np.where(limit == NO_LIMIT, NO_LIMIT, limit * days)
            self._add(who, column, total, self.length[base])
            return
        row = who * days + self.day_of[self.period[base]]
        self._add(row, column, np.repeat(limit, days), self.length[base])

    def _tables(self) -> None:
        """The meetings that can only use some classes need no more than those offer (Hall's condition, for
        the classes of each demand and for all)."""
        arrays = self.arrays
        rows = [
            frozenset(arrays.demand_class[arrays.demand_ptr[row] : arrays.demand_ptr[row + 1]].tolist())
            for row in range(len(arrays.demand_ptr) - 1)
        ]
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


def _unfold(many: Longs | Ints) -> tuple[Longs, Longs]:
    """(index, number within the index) of ``many[index]`` things each."""
    sizes = many.astype(np.int64)
    index = np.repeat(np.arange(len(sizes)), sizes)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _periods(arrays: Arrays, grain: Grain) -> Longs:
    if grain is Grain.ALL:
        return np.zeros(arrays.n_slots, np.int64)
    if grain is Grain.SLOT:
        return np.arange(arrays.n_slots)
    return np.unique(arrays.slot_block, return_inverse=True)[1].astype(np.int64)


def _most_slots(arrays: Arrays, free: Flags, row_max: Ints, of_slot: Longs, n_periods: int) -> Longs:
    """[rows, periods] most slots of a period that can be occupied: of each run of n free slots that the block
    holds, all but one in every limit + 1."""
    made = np.zeros((len(free), n_periods), np.int64)
    run = np.zeros(len(free), np.int64)
    for slot in range(arrays.n_slots):
        if slot == arrays.block_start[slot]:
            run[:] = 0
        run = np.where(free[:, slot], run + 1, 0)
        usable = (run > 0) & (run % (row_max.astype(np.int64) + 1) != 0)
        made[:, of_slot[slot]] += usable
    return made
