"""One block of a selection: who meets there, and with whom, is settled; times and tables are open.

With people settled annealing mostly places everything in a moment, if all tables being taken is all that it
has to reach: so a meeting is worth its table slots, not its weight. What it leaves is tried by an integer
program by slots, which also knows when no more is possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from solver import kernels
from solver.arrays import NONE, Arrays, Assignment
from solver.bounds.integer import solve_integer
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation
from solver.placing.annealer import Annealer
from solver.placing.improve import improve
from solver.placing.selection import who_comes
from solver.problem import GoalName, Problem
from solver.schedule import Placement

if TYPE_CHECKING:
    from solver.arrays import Longs
    from solver.bounds.lp import Stopper

QUICK_MOVES: Final = 3_000
"""Moves of annealing for each meeting: a second or two for some hundred meetings."""

WEIGHING_MOVES: Final = 1_000
"""Moves for each meeting by which heavy meetings without a place change with light ones."""

LONG_MOVES: Final = 30_000
"""Moves for each meeting where nothing else is left: one slow cooling does what many quick ones don't."""

WALKING_SECONDS: Final = 2.0
"""The most that the program may take which looks for tables that can be walked to: it ends soon, or not."""

OFTEN_FAR: Final = 0.4
"""Share of all pairs of tables too far apart, from which on times that know no walks are not tried."""


def weight_of(problem: Problem, placed: Iterable[Placement]) -> int:
    """The weight of the meetings placed."""
    ids = {each.meeting for each in placed}
    return sum(meeting.weight for meeting in problem.meetings if meeting.id in ids)


def _weight(problem: Problem) -> int:
    return sum(meeting.weight for meeting in problem.meetings)


def place_quickly(problem: Problem, *, seed: int, control: Stopper) -> tuple[Placement, ...]:
    """What annealing places in little time: mostly everything. ``problem``: a block of a selection.

    Where it is not, what is left over is the lightest that a moment more finds.
    """
    arrays = Arrays.of(problem)
    made = _annealed(_alike(arrays), Assignment.empty(arrays), QUICK_MOVES, seed=seed, control=control)
    if made.placed < arrays.n_meetings:
        made = _annealed(arrays, made, WEIGHING_MOVES, seed=seed, control=control)
    return made.to_placements(arrays)


def place_thoroughly(
    problem: Problem, placed: tuple[Placement, ...], *, seed: int, control: Stopper, seconds: float
) -> tuple[Placement, ...]:
    """More weight than ``placed``, if it is found; else that. ``seconds``: for each program, at most."""
    most = _weight(problem)
    if not _often_far(problem):
        found, most = _by_programs(problem, control=control, seconds=seconds)
        placed = _heavier(problem, placed, found)
    if most <= weight_of(problem, placed) or control.should_stop():
        return placed
    return _heavier(problem, placed, _place_slowly(problem, placed, most, seed=seed, control=control))


def _often_far(problem: Problem) -> bool:
    """Whether so many tables are too far from each other that times which know no walks are of little use."""
    zones = Counter(table.zone for table in problem.tables)
    far = sum(2 * zones[walk.a] * zones[walk.b] for walk in problem.walks)
    return far > OFTEN_FAR * len(problem.tables) ** 2


def _by_programs(problem: Problem, *, control: Stopper, seconds: float) -> tuple[tuple[Placement, ...], int]:
    """What integer programs find, and the most that there is to find.

    Times first, walks aside. Then, with times and people as they are, tables that can be walked to: in one
    program both take far longer.
    """
    standing = msgspec.structs.replace(problem, walks=())
    found, most = _by_slots(standing, control=control, seconds=seconds)
    if found and problem.walks:
        settled = _settled(problem, found)
        found, _ = _by_slots(settled, control=control, seconds=min(seconds, WALKING_SECONDS))
    return found, most


def _place_slowly(
    problem: Problem, placed: tuple[Placement, ...], most: int, *, seed: int, control: Stopper
) -> tuple[Placement, ...]:
    """All, if that may be and annealing finds it from nothing; else what it makes of ``placed`` by weight."""
    arrays = Arrays.of(problem)
    if most >= _weight(problem):
        made = _cooled(_alike(arrays), LONG_MOVES, seed=seed, control=control)
        if made.placed == arrays.n_meetings:
            return made.to_placements(arrays)
    known = Assignment.from_placements(arrays, placed)
    return _annealed(arrays, known, QUICK_MOVES, seed=seed, control=control).to_placements(arrays)


def _heavier(
    problem: Problem, one: tuple[Placement, ...], other: tuple[Placement, ...]
) -> tuple[Placement, ...]:
    return other if weight_of(problem, other) > weight_of(problem, one) else one


def _alike(arrays: Arrays) -> Arrays:
    """Each meeting worth the slots that it takes of a table."""
    return replace(arrays, weight=arrays.length.astype(np.int64))


def _annealed(arrays: Arrays, start: Assignment, moves: int, *, seed: int, control: Stopper) -> Assignment:
    """What ``moves`` for each meeting make of ``start``."""
    return improve(
        arrays,
        start,
        (GoalName.VALUE,),
        targets={GoalName.VALUE: int(arrays.weight.sum())},
        seed=seed,
        control=control,
        most_moves=moves * arrays.n_meetings,
    )


def _cooled(arrays: Arrays, moves: int, *, seed: int, control: Stopper) -> Assignment:
    """What one cooling of ``moves`` for each meeting makes of nothing."""
    nothing = Assignment.empty(arrays)
    if not kernels.worth_compiling(control.left()):
        return nothing
    targets = {GoalName.VALUE: int(arrays.weight.sum())}
    search = Annealer(arrays=arrays, goals=(GoalName.VALUE,), targets=targets, seed=seed)
    search.load(nothing)
    many = moves * arrays.n_meetings
    search.round(GoalName.VALUE, many, control=control, on_better=lambda: None)
    return search.best()


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


def _by_slots(problem: Problem, *, control: Stopper, seconds: float) -> tuple[tuple[Placement, ...], int]:
    """What is found of a block in ``seconds``, and the most that there is to find."""
    relaxation = Relaxation(Arrays.of(problem), Grain.SLOT, GoalName.VALUE, None, placing=True)
    found = solve_integer(relaxation.program, control=control, seconds=seconds)
    if found is None:
        return (), _weight(problem)
    return tuple(_placements(relaxation, found.point)), found.bound


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
