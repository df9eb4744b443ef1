"""Value of rich forums by integer programs: first who meets in which block, then each block by itself.

Of what is selected for a block (:mod:`solver.placing.selection`) nearly always all finds a place in its
slots. Where it does not, the block is selected anew, the others as they are. That meets the bound of value on
most rich forums. Annealing comes near and seldom reaches it: the last table is full then, each exchange long.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from solver.arrays import NONE, Arrays
from solver.bounds.integer import solve_integer
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation
from solver.placing.selection import Selection, who_comes
from solver.problem import GoalName, Problem
from solver.schedule import Placement

if TYPE_CHECKING:
    from solver.arrays import Longs, Reals
    from solver.bounds.lp import Stopper

SELECTION_SHARE: Final = 0.4
"""Of the time left, the most that the selection may take; each block an equal part of the rest, at most."""

LONGEST: Final = 600.0
"""The most seconds that one program gets."""

TRIES: Final = 5
"""How often a block is selected anew."""

TRYING_SHARE: Final = 0.1
"""Of the time left then, the most that this may take."""


def place_by_blocks(
    arrays: Arrays, *, least_coverage: int | None, control: Stopper, linear: Reals | None = None
) -> Iterator[tuple[Placement, ...]]:
    """Placements of nearly the most value that is possible with at least ``least_coverage``, then better
    ones; none where time is too short. ``linear``: as :meth:`Selection.best` has it.

    They keep nearly all rules: limits of breaks are not looked at, a must may be left over in its block, and
    so may some of those who keep one table.
    """
    seconds = _seconds(control, SELECTION_SHARE)
    selection = Selection.best(
        arrays, least_coverage=least_coverage, control=control, seconds=seconds, linear=linear
    )
    if selection is None:
        return
    made: dict[int, tuple[Placement, ...]] = {}
    for period in range(selection.relaxation.n_periods):
        share = 1.0 / (selection.relaxation.n_periods - period)
        made[period] = _place(selection.problem(period), control=control, share=share)
        if control.should_stop():
            return
    yield _together(made)
    for period in made:
        selection = yield from _selected_anew(selection, made, period, control)


def _selected_anew(
    selection: Selection, made: dict[int, tuple[Placement, ...]], period: int, control: Stopper
) -> Generator[tuple[Placement, ...], None, Selection]:
    """Other selections of a period that has no room for all that was selected, while they are better; returns
    the last."""
    problem, enough = selection.relaxation.arrays.problem, control.left() * (1.0 - TRYING_SHARE)
    for _ in range(TRIES):
        reached = _value(problem, made[period])
        if selection.value(period) == reached or control.should_stop() or control.left() < enough:
            break
        seconds = _seconds(control, SELECTION_SHARE)
        other = selection.another(period, control=control, seconds=seconds)
        if other is None or other.value(period) <= reached:
            break
        selection = other
        placed = _place(selection.problem(period), control=control, share=SELECTION_SHARE)
        if _value(problem, placed) > reached:
            made[period] = placed
            yield _together(made)
    return selection


def _seconds(control: Stopper, share: float) -> float:
    return min(LONGEST, control.left() * share)


def _together(made: dict[int, tuple[Placement, ...]]) -> tuple[Placement, ...]:
    return tuple(each for placed in made.values() for each in placed)


def _value(problem: Problem, placed: Iterable[Placement]) -> int:
    ids = {each.meeting for each in placed}
    return sum(meeting.weight for meeting in problem.meetings if meeting.id in ids)


# One block


def _place(problem: Problem, *, control: Stopper, share: float) -> tuple[Placement, ...]:
    """Slots first, walks aside; then, with slots and people as they are, tables that can be walked to. In one
    program both take far longer."""
    standing = msgspec.structs.replace(problem, walks=())
    placed = _solve(standing, control=control, share=share)
    if not placed or not problem.walks:
        return placed
    return _solve(_settled(problem, placed), control=control, share=share) or placed


def _settled(problem: Problem, placed: Iterable[Placement]) -> Problem:
    """Everybody comes when and where to ``placed``; tables are open."""
    at = {each.meeting: each for each in placed}
    replace = msgspec.structs.replace
    talkers = {each.interpreter for each in placed}
    return replace(
        problem,
        interpreters=tuple(
            replace(each, pairs=(_own_language(each.id),))
            for each in problem.interpreters
            if each.id in talkers
        ),
        meetings=tuple(
            replace(
                meeting,
                starts=(at[meeting.id].slot,),
                after=(),  # holds by these slots, or is of one that found no place
                interpret=_own_language(at[meeting.id].interpreter) if meeting.interpret else None,
            )
            for meeting in problem.meetings
            if meeting.id in at
        ),
    )


def _own_language(interpreter: str | None) -> tuple[str, str]:
    """A pair that only this interpreter speaks."""
    return f"only-{interpreter}", "=="


def _solve(problem: Problem, *, control: Stopper, share: float) -> tuple[Placement, ...]:
    relaxation = Relaxation(Arrays.of(problem), Grain.SLOT, GoalName.VALUE, None, placing=True)
    found = solve_integer(relaxation.program, control=control, seconds=_seconds(control, share))
    return () if found is None else tuple(_placements(relaxation, found.point))


def _placements(relaxation: Relaxation, point: Longs) -> Iterator[Placement]:
    problem = relaxation.arrays.problem
    people, talkers = who_comes(relaxation.person, point), who_comes(relaxation.talker, point)
    for column, table in _tables(relaxation, point):
        interpreter = next(iter(talkers.get(column, ())), None)
        yield Placement(
            meeting=problem.meetings[relaxation.meeting[column]].id,
            slot=problem.slots[relaxation.period[column]].id,
            table=problem.tables[table].id,
            people=tuple(problem.people[who].id for who in people[column]),
            interpreter=None if interpreter is None else problem.interpreters[interpreter].id,
        )


def _tables(relaxation: Relaxation, point: Longs) -> Iterator[tuple[int, int]]:
    """(start column, table) of each meeting that finds one: of the tables of the group that was given to it
    any that is free."""
    columns = np.flatnonzero(point[: len(relaxation.meeting)])
    tables = _able(relaxation, point, columns.tolist())
    free = relaxation.arrays.table_open.copy()
    for together in _in_turn(relaxation, columns):
        stays = [_stay(relaxation, column) for column in together]
        able = (each for each in tables[together[0]] if all(free[each, stay].all() for stay in stays))
        table = next(able, NONE)
        if table != NONE:
            for column, stay in zip(together, stays, strict=True):
                free[table, stay] = False
                yield column, table


def _able(relaxation: Relaxation, point: Longs, columns: Iterable[int]) -> dict[int, list[int]]:
    """By start column: the tables of the group that was given to it."""
    handed = relaxation.tables
    assert handed is not None, "a relaxation for placing hands out tables"
    given: dict[int, list[int]] = {}
    many = point[handed.given].tolist()
    for cell, group, count in zip(handed.of.tolist(), handed.group.tolist(), many, strict=True):
        given.setdefault(cell, []).extend([group] * count)
    tables: dict[int, list[int]] = {}
    for table, row in enumerate(relaxation.arrays.table_class.tolist()):
        tables.setdefault(int(handed.group_of[row]), []).append(table)
    return {column: tables[given[int(handed.cell[column])].pop()] for column in columns}


def _stay(relaxation: Relaxation, column: int) -> slice:
    start = int(relaxation.period[column])
    return slice(start, start + int(relaxation.length[column]))


def _in_turn(relaxation: Relaxation, columns: Longs) -> Iterator[list[int]]:
    """Start columns, those that need the same table together: people's who keep theirs, then by time."""
    keeper = relaxation.keeper[relaxation.meeting[columns]]
    for who in np.unique(keeper[keeper != NONE]):
        yield columns[keeper == who].tolist()
    rest = columns[keeper == NONE]
    for column in rest[np.lexsort((-relaxation.length[rest], relaxation.period[rest]))].tolist():
        yield [column]
