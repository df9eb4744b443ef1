"""Tables for times without knots: each row of meetings that hand on a table gets one for as long as it lasts.

Rows are independent of each other, so any table that is free will do; those with the least choice come first.
Where that leaves one without, exact search gives each row a kind of tables: of one kind, as many as there are
rows at a time are enough, whichever comes first (rows are intervals). Quick, where the integer programs of
:mod:`solver.placing.seating` take seconds: these look for the fewest changes, here the changes follow from
the times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE, Assignment
from solver.model.clauses import Clauses

if TYPE_CHECKING:
    from solver.arrays import Arrays, Flags, Longs

KINDS_SECONDS = 1.0
"""For kinds of tables, which are chosen in some hundredths of one."""


def seat_rows(
    arrays: Arrays, assignment: Assignment, *, blocks: Iterable[int], zones: Mapping[int, int]
) -> Assignment | None:
    """New tables in the blocks that begin with these slots; None where a row finds none. ``zones``: of
    meetings that may change theirs; the others stay in the zone of now."""
    zone = np.where(assignment.table == NONE, NONE, arrays.table_zone[assignment.table])
    zone[list(zones)] = list(zones.values())
    table = assignment.table.copy()
    for block in blocks:
        here = (assignment.start != NONE) & (arrays.block_start[assignment.start] == block)
        rows = _rows(arrays, assignment, np.flatnonzero(here).tolist(), zone.tolist())
        seated = _seat(arrays, assignment, rows, zone.tolist())
        if seated is None:
            return None
        for row, given in seated:
            table[row] = given
    made = replace(assignment, table=table)
    return made if _kept(arrays, made) else None


def _kept(arrays: Arrays, made: Assignment) -> bool:
    """Whether those who keep one table in a block do."""
    tables: dict[tuple[int, int], int] = {}
    for meeting in np.flatnonzero(made.start != NONE).tolist():
        for who in made.people_of(arrays, meeting):
            key = who, int(arrays.slot_block[made.start[meeting]])
            if (
                arrays.person_fixed[who]
                and tables.setdefault(key, made.table[meeting]) != made.table[meeting]
            ):
                return False
    return True


def _rows(arrays: Arrays, made: Assignment, meetings: list[int], zone: list[int]) -> list[list[int]]:
    """Meetings that hand a table on to each other, in time: first of those who keep one table, then straight
    on, then over pauses."""
    start, length = made.start.tolist(), arrays.length.tolist()
    mine: dict[int, list[int]] = defaultdict(list)
    for meeting in sorted(meetings, key=start.__getitem__):
        for who in made.people_of(arrays, meeting):
            mine[who].append(meeting)
    steps = [
        (not arrays.person_fixed[who], start[then] - start[now] - length[now], start[now], now, then)
        for who, each in mine.items()
        for now, then in pairwise(each)
        if zone[now] == zone[then]
    ]
    row = {meeting: [meeting] for meeting in meetings}
    for *_, one, other in sorted(steps):
        first, second = row[one], row[other]
        if start[first[-1]] + length[first[-1]] <= start[second[0]]:
            first.extend(second)
            row.update(dict.fromkeys(second, first))
    return list({each[0]: each for each in row.values()}.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """A row of meetings, the tables that suit them all, and the slots that it takes."""

    meetings: list[int]
    able: Flags
    slots: slice


def _seat(
    arrays: Arrays, made: Assignment, rows: Iterable[list[int]], zone: list[int]
) -> list[tuple[list[int], int]] | None:
    suits = arrays.suits()[:, arrays.table_class]
    todo = []
    for row in rows:
        able = suits[arrays.demand[row]].all(axis=0) & (arrays.table_zone == zone[row[0]])
        end = int(made.start[row[-1]] + arrays.length[row[-1]])
        todo.append(_Row(row, able, slice(int(made.start[row[0]]), end)))
    todo.sort(key=lambda each: (each.able.sum(), each.slots.start))
    few_others = np.argsort(suits.sum(axis=0), kind="stable")  # tables that few others could use come first
    seated = _one_by_one(arrays, todo, few_others)
    if seated is not None:
        return seated
    kinds = _kinds(arrays, todo)
    if kinds is None:
        return None
    todo = [replace(row, able=kind) for row, kind in zip(todo, kinds, strict=True)]
    return _one_by_one(arrays, sorted(todo, key=lambda each: each.slots.start), few_others)


def _one_by_one(arrays: Arrays, rows: Iterable[_Row], order: Longs) -> list[tuple[list[int], int]] | None:
    """Each row the first table that is free; None where one finds none."""
    is_open = arrays.table_open.copy()
    seated = []
    for each in rows:
        free = each.able & is_open[:, each.slots].all(axis=1)
        if not free.any():
            return None
        table = int(order[free[order].argmax()])
        is_open[table, each.slots] = False
        seated.append((each.meetings, table))
    return seated


def _kinds(arrays: Arrays, rows: list[_Row]) -> list[Flags] | None:
    """For each row tables that are alike, so that of none more are needed at a time than there are; None
    where that can't be."""
    first, last = min(row.slots.start for row in rows), max(row.slots.stop for row in rows)
    alike = np.column_stack(
        (arrays.suits()[:, arrays.table_class].T, arrays.table_zone, arrays.table_open[:, first:last])
    )
    kind = np.unique(alike, axis=0, return_inverse=True)[1].reshape(-1)
    groups: list[Flags] = [kind == each for each in range(kind.max() + 1)]
    clauses = Clauses()
    chosen: list[dict[int, int]] = []
    at: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in rows:
        could = row.able & arrays.table_open[:, row.slots].all(axis=1)
        chosen.append({int(each): clauses.new() for each in np.unique(kind[could])})
        clauses.exactly_one(chosen[-1].values())
        for each, literal in chosen[-1].items():
            for slot in range(row.slots.start, row.slots.stop):
                at[each, slot].append(literal)
    for (each, _), literals in at.items():
        clauses.at_most(int(groups[each].sum()), literals)
    holds = clauses.lightest({}, most=0, seconds=KINDS_SECONDS, seed=0, first=True)
    if holds is None:
        return None
    return [groups[next(each for each, literal in some.items() if holds[literal])] for some in chosen]
