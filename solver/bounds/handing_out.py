"""Tables in a relaxation: a flow from meetings that ask the same of a table to the tables that suit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE, Longs, unfold
from solver.bounds.periods import Grain

if TYPE_CHECKING:
    from solver.bounds.lp import Program
    from solver.bounds.starts import Starts


@dataclass(frozen=True, slots=True, eq=False)
class HandedOut:
    """What a program says of tables. ``cell`` of each start column; of each column ``given``, how many of the
    meetings of the cell ``of`` sit at tables of ``group``; ``group_of`` each class of tables."""

    cell: Longs
    given: Longs
    of: Longs
    group: Longs
    group_of: Longs


def hand_out(starts: Starts, program: Program) -> HandedOut:
    """Add the columns and rows by which meetings find tables.

    A column says how many meetings of a *cell* (a demand, side, who keeps one table, and period) sit at the
    tables of a *group*: the classes that suit the same. At the coarser grains it counts slots. At the grain
    of slots long meetings keep their table, so those of each length are cells of their own.
    """
    cells = _Cells(starts)
    period, capacity = cells.period, cells.capacity
    pick, group = np.nonzero(cells.suits)
    first = program.add_columns(np.zeros(len(pick), np.int64), upper=capacity[period[pick], group])
    given = first + np.arange(len(pick))
    program.add_rows(
        np.concatenate((cells.cell, pick)),
        np.concatenate((np.arange(len(cells.cell)), given)),
        np.zeros(len(period), np.int64),
        np.concatenate((cells.size, -np.ones(len(pick), np.int64))),
    )
    taken, further = unfold(cells.length[pick])
    slot = period[pick[taken]] + further
    program.add_rows(slot * capacity.shape[1] + group[taken], given[taken], capacity.ravel())
    made = HandedOut(cells.cell, given, pick, group, cells.group_of)
    if starts.grain is not Grain.ALL:
        _keep_table(starts, program, cells, made)
    return made


class _Cells:
    """The cells, and what is known of each: ``period``, ``keeper``, ``length`` (in periods) and which groups
    suit it. ``cell`` and ``size`` (what it takes of a table) of each start column. ``capacity`` [periods,
    groups] counts table slots."""

    def __init__(self, starts: Starts) -> None:
        arrays, periods, sides = starts.arrays, starts.n_periods, starts.n_sides
        indexed = starts.grain is Grain.SLOT
        keepers = int(starts.keeper.max(initial=NONE)) + 2
        of_demand = arrays.demand[starts.meeting] * sides + starts.side
        kinds, kind = np.unique(of_demand * keepers + starts.keeper[starts.meeting] + 1, return_inverse=True)
        on_side = starts.class_side == (kinds // keepers % sides)[:, None]
        suits, self.group_of = np.unique(
            starts.suits[kinds // keepers // sides] & on_side, axis=1, return_inverse=True
        )
        ones = np.ones(len(kind), np.int64)
        length = starts.length if indexed else ones
        self.size = ones if indexed else starts.length
        long = int(length.max(initial=1)) + 1
        cells, self.cell = np.unique((kind * long + length) * periods + starts.period, return_inverse=True)
        self.period = cells % periods
        self.length = cells // periods % long
        self.keeper = (kinds % keepers - 1)[cells // periods // long]
        self.suits = suits[cells // periods // long]
        self.capacity = np.zeros((periods, suits.shape[1]), np.int64)
        for slot, period in enumerate(starts.of_slot.tolist()):
            np.add.at(self.capacity[period], self.group_of, arrays.class_capacity[:, slot])


def _keep_table(starts: Starts, program: Program, cells: _Cells, made: HandedOut) -> None:
    """Who keeps one table has it in one group, block by block."""
    of = np.flatnonzero(cells.keeper[made.of] != NONE)
    if not len(of):
        return
    keeper, period = cells.keeper[made.of[of]], cells.period[made.of[of]]
    arrays = starts.arrays
    first = np.unique(starts.of_slot, return_index=True)[1][period]
    stretches = keeper * (int(arrays.slot_block.max()) + 1) + arrays.slot_block[first]
    groups = int(made.group.max()) + 1
    chosen, row = np.unique(stretches * groups + made.group[of], return_inverse=True)
    at = program.add_columns(np.zeros(len(chosen), np.int64)) + np.arange(len(chosen))
    slots = (arrays.block_end - arrays.block_start)[first].astype(np.int64)
    number = np.arange(len(of))
    program.add_rows(
        np.concatenate((number, number)),
        np.concatenate((made.given[of], at[row])),
        np.zeros(len(of), np.int64),
        np.concatenate((np.ones(len(of), np.int64), -slots)),
    )
    stretch = np.unique(chosen // groups, return_inverse=True)[1]
    program.add_rows(stretch, at, np.ones(int(stretch.max()) + 1, np.int64))
