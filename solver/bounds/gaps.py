"""What the earlier goals force of idle slots or breaks: by everybody's own agenda, blocks as periods.

How many idle slots (breaks) somebody has at least who is busy in n slots of a block follows from when that
person is free and from the limit in a row alone; in a day and in all, from how n slots can be shared out to
blocks. Each is a row of numbers, and below it lies a convex polygon: its edges are rows of a linear program
beside those of the relaxation by blocks, which says who must meet at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from solver.arrays import Longs, Reals, unfold
from solver.bounds.integer import solve_integer
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Program, Stopper

LARGEST: Final = 10_000
"""Meetings up to which the bound is worth its time: some seconds."""

LARGEST_PROGRAM: Final = 80_000
"""Columns up to which whole points are asked for."""

Table = tuple[int, ...]
"""By busy slots, from 0 on: the least idle slots (breaks) of who is busy in that many or more."""

_NEVER: Final = float("inf")


class Held(NamedTuple):
    """What schedules must reach to count: the values of earlier goals, None of those that come later."""

    coverage: int | None = None
    value: int | None = None


class Counted(Enum):
    """What a table is by: busy slots, or meetings, which are as many or fewer."""

    SLOTS = "slots"
    MEETINGS = "meetings"


@dataclass(frozen=True, slots=True)
class Cell:
    """A person's share of a period in which there may be gaps.

    ``steps``: from step to step so many more slots can be busy at the price of so many more gaps; a column
    each, from ``first`` on, one after the other.
    """

    who: int
    period: int
    first: int
    free: int  # slots that can be busy without a gap
    steps: tuple[tuple[int, int], ...]

    @property
    def columns(self) -> Longs:
        return self.first + np.arange(len(self.steps))

    @property
    def gaps(self) -> Longs:
        """What each column counts."""
        return np.array([gaps for _, gaps in self.steps], np.int64)


class ForcedGaps:
    """The relaxation by blocks with everybody's least gaps; the best of its program is minus their sum.

    Every schedule that reaches what is ``held`` gives a whole point of it, worth minus its gaps or more. That
    stays so where a stop leaves people out: then less is forced.
    """

    def __init__(self, arrays: Arrays, goal: GoalName, held: Held, *, control: Stopper) -> None:
        if goal not in (GoalName.IDLE, GoalName.BREAKS):
            raise ValueError(f"no gaps are counted by the goal {goal}")
        self.arrays = arrays
        self.goal = goal
        nothing = np.zeros(arrays.n_meetings, np.int64)
        self.relaxation = Relaxation(arrays, Grain.BLOCK, GoalName.VALUE, held.coverage, weight=nothing)
        self.program: Program = self.relaxation.program
        if held.value:
            starts = np.arange(len(self.relaxation.meeting))
            worth = arrays.weight[self.relaxation.meeting].astype(np.int64)
            self.program.add_rows(np.zeros(len(starts), np.int64), starts, [-held.value], -worth)
        self.cells: list[Cell] = []
        for who, periods in self._periods().items():
            if control.should_stop():
                break
            cells = tuple(self._cells(who, periods))
            for cell in cells:
                self._add_steps(cell)
            if cells:
                self._add_edges(who, periods, cells)
            self.cells += cells

    def least(self, who: int, period: int) -> Table:
        """The least gaps of a person in a period, by busy slots."""
        arrays = self.arrays
        free = arrays.person_free[who, self.relaxation.of_slot == period]
        return least_gaps(free.tobytes(), int(arrays.person_row_max[who]), self.goal)

    @cached_property
    def _uses(self) -> dict[tuple[int, int], tuple[Longs, Longs]]:
        """By person and period: the columns that take time there, and how many slots each takes."""
        relaxation = self.relaxation
        column, who, base = relaxation.person
        key = who * relaxation.n_periods + relaxation.period[base]
        order = np.argsort(key, kind="stable")
        keys, first = np.unique(key[order], return_index=True)
        slots = relaxation.length[base]
        parts = np.split(order, first[1:]) if len(keys) else []
        return {
            divmod(int(each), relaxation.n_periods): (column[part], slots[part])
            for each, part in zip(keys, parts, strict=True)
        }

    @cached_property
    def _beyond(self) -> Longs:
        """By person: how many more slots than meetings, as some take several."""
        arrays = self.arrays
        party, offset = unfold(np.diff(arrays.member_ptr))
        meeting = np.repeat(np.arange(arrays.n_meetings), np.diff(arrays.party_ptr))[party]
        member = arrays.member[arrays.member_ptr[party] + offset]
        more = np.zeros(arrays.n_people, np.int64)
        np.add.at(more, member, arrays.length[meeting] - 1)
        return more

    def _periods(self) -> dict[int, list[int]]:
        """By person: the periods with something that takes time."""
        found: dict[int, list[int]] = defaultdict(list)
        for who, period in self._uses:
            found[who].append(period)
        return found

    def _cells(self, who: int, periods: Iterable[int]) -> Iterator[Cell]:
        first = self.program.columns
        for period in periods:
            free, steps = _steps(self.least(who, period))
            if int(self._uses[who, period][1].sum()) > free and steps:
                yield Cell(who, period, first, free, steps)
                first += len(steps)

    def _add_steps(self, cell: Cell) -> None:
        """No more slots are busy than the steps taken allow; they are taken in their order."""
        first = self.program.add_columns(-cell.gaps)
        assert first == cell.first, "cells are numbered in their order"
        columns, slots = self._uses[cell.who, cell.period]
        wider = np.array([-more for more, _ in cell.steps], np.int64)
        self.program.add_rows(
            np.zeros(len(columns) + len(wider), np.int64),
            np.concatenate((columns, cell.columns)),
            [cell.free],
            np.concatenate((slots, wider)),
        )
        for one, other in pairwise(cell.columns.tolist()):
            self.program.add_rows(np.zeros(2, np.int64), np.array([one, other]), [0], np.array([-1, 1]))

    def _add_edges(self, who: int, periods: Sequence[int], cells: Sequence[Cell]) -> None:
        """Of each day, and of all days together; limits count meetings, not the slots that they take."""
        days: dict[int, list[int]] = defaultdict(list)
        for period in periods:
            days[int(self.relaxation.day_of[period])].append(period)
        beyond = int(self._beyond[who])
        for counted in Counted if beyond else (Counted.SLOTS,):
            more = beyond if counted is Counted.SLOTS else 0
            by_day: list[Table] = []
            for of_day in days.values():
                by_block = [self.least(who, period) for period in of_day]
                by_day.append(shared_out(by_block, most=int(self.arrays.person_day_max[who]) + more))
                self._add_edge(cells, of_day, by_day[-1], counted)
            whole = shared_out(by_day, most=int(self.arrays.person_max[who]) + more)
            self._add_edge(cells, periods, whole, counted)

    def _add_edge(
        self, cells: Sequence[Cell], periods: Sequence[int], table: Table, counted: Counted
    ) -> None:
        """A person's gaps in these periods are at least as many as each edge of the polygon below ``table``
        says."""
        inside = [cell for cell in cells if cell.period in periods]
        if not inside:
            return
        uses = [self._uses[inside[0].who, period] for period in periods]
        gaps = np.concatenate([cell.gaps for cell in inside])
        columns = np.concatenate((*(column for column, _ in uses), *(cell.columns for cell in inside)))
        many = np.concatenate([slots for _, slots in uses])
        if counted is Counted.MEETINGS:
            many = np.ones_like(many)
        for (n, least), (then, more) in pairwise(_polygon(table)):
            wide, high = then - n, more - least
            # least + (many - n) * high / wide <= gaps, times wide
            amounts = np.concatenate((high * many, -wide * gaps))
            limit = [high * n - wide * least]
            self.program.add_rows(np.zeros(len(columns), np.int64), columns, limit, amounts)


def gaps_bound(forced: ForcedGaps, *, control: Stopper) -> int:
    """No schedule that reaches what is held has less of the goal. 0 where nobody can be forced to any, or
    where stopped before anything is known."""
    if not forced.cells or control.should_stop():
        return 0
    return max(0, -forced.program.solve(control=control).bound)


def whole_gaps_bound(forced: ForcedGaps, *, control: Stopper, seconds: float) -> int:
    """As :func:`gaps_bound`, of whole points: higher, in seconds to minutes. 0 where ``seconds`` (> 0) are
    too few, or the program too large."""
    if not forced.cells or forced.program.columns > LARGEST_PROGRAM:
        return 0
    found = solve_integer(forced.program, control=control, seconds=seconds)
    return 0 if found is None else max(0, -found.bound)


def _steps(table: Table) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The most busy slots without a gap, and then (more slots, more gaps) from each step to the next."""
    ends = [n for n, (gaps, then) in enumerate(pairwise(table)) if then > gaps]
    corners = [*ends, len(table) - 1]
    steps = [(then - n, table[then] - table[n]) for n, then in pairwise(corners)]
    return corners[0], tuple(steps)


@lru_cache(maxsize=50_000)
def least_gaps(free: bytes, row_max: int, goal: GoalName) -> Table:
    """The table of somebody who is free in the block's slots (a byte each), with a limit in a row.

    Its length less 1 is the most slots that can be busy. Shortest paths over states (busy slots so far; not
    begun, busy for so long in a row, or pausing), slot by slot; a pause costs when it is over.
    """
    row_max = min(row_max, len(free))
    pausing, size = row_max + 1, len(free) + 1
    each, begun = (1.0, 0.0) if goal is GoalName.IDLE else (0.0, 1.0)
    cost: Reals = np.full((size, row_max + 2), _NEVER)  # by busy slots: not begun, in a row 1 and on, pausing
    cost[0, 0] = 0.0
    best = cost[:, 0].copy()
    for slot in free:
        after: Reals = np.full_like(cost, _NEVER)
        after[:, 0] = cost[:, 0]
        after[:, pausing] = each + np.minimum(cost[:, pausing], cost[:, 1:pausing].min(axis=1) + begun)
        if slot:
            after[1:, 1] = np.minimum(cost[:-1, 0], cost[:-1, pausing])
            after[1:, 2:pausing] = cost[:-1, 1 : pausing - 1]
            best = np.minimum(best, after[:, 1:pausing].min(axis=1))
        cost = after
    return _falling(best)


def shared_out(tables: Sequence[Table], *, most: int) -> Table:
    """The table of several periods together, of at most ``most`` busy slots, shared out in the best way."""
    total: Reals = np.zeros(1)
    for table in tables:
        joined: Reals = np.full(len(total) + len(table) - 1, _NEVER)
        for n, gaps in enumerate(table):
            part = slice(n, n + len(total))
            joined[part] = np.minimum(joined[part], total + gaps)
        total = joined
    return _falling(total[: most + 1])


def _falling(best: Reals) -> Table:
    """Of so many *or more*: then it never falls, and ends with what is possible at all."""
    least = np.minimum.accumulate(best[::-1])[::-1]
    return tuple(int(each) for each in least[np.isfinite(least)])


def _polygon(table: Table) -> list[tuple[int, int]]:
    """The corners (n, gaps) of the convex polygon below a table, from its last 0 on."""
    corners: list[tuple[int, int]] = []
    for point in enumerate(table):
        while len(corners) > 1 and not _turns_up(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    flat = sum(1 for _, gaps in corners if gaps == 0)
    return corners[max(0, flat - 1) :]


def _turns_up(first: tuple[int, int], middle: tuple[int, int], last: tuple[int, int]) -> bool:
    """Whether the way from ``first`` over ``middle`` to ``last`` gets steeper at ``middle``."""
    (x, y), (a, b), (u, v) = first, middle, last
    return (b - y) * (u - a) < (v - b) * (a - x)
