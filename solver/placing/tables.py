"""Tables for meetings whose slots are settled: always valid within a class, then few changes for people.

A change is counted for each person between one meeting and the next in the same block: one if the tables
differ, one more if the zones do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from solver import kernels
from solver.arrays import NONE, Assignment, Ints
from solver.kernels import places
from solver.placing.plain import random_state

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper

_CHUNK = 100_000  # exchanges between two looks at the clock: some 20 ms
_HOT, _COLD = 1.0, 0.15  # temperatures, in changes


def give_tables(arrays: Arrays, assignment: Assignment, classes: Ints) -> Assignment:
    """Give every placed meeting a table of its class, slot by slot: first where most of its people already
    are, else any free one. Always possible while no class is over its capacity in any slot."""
    seater = _Seater(arrays, assignment, classes)
    order = np.lexsort((-arrays.length, assignment.start))
    order = order[assignment.start[order] != NONE]
    edges = np.searchsorted(assignment.start[order], np.arange(arrays.n_slots + 1))
    for slot in range(arrays.n_slots):
        seater.seat(slot, order[edges[slot] : edges[slot + 1]].tolist())
    table = np.array(seater.table, np.int32)
    return Assignment(assignment.start, table, assignment.interpreter, assignment.chosen)


class _Seater:
    """Who sits where while slots are gone through in their order."""

    def __init__(self, arrays: Arrays, assignment: Assignment, classes: Ints) -> None:
        self.block_start = arrays.block_start.tolist()
        self.lengths = arrays.length.tolist()
        self.classes = classes.tolist()
        self.people = assignment.everybody(arrays)
        self.class_of = arrays.table_class.tolist()
        self.table = [NONE] * arrays.n_meetings
        self.is_free = [True] * arrays.n_tables
        self.free: list[list[int]] = [[] for _ in range(arrays.n_classes)]
        for table in range(arrays.n_tables - 1, -1, -1):
            self.free[self.class_of[table]].append(table)
        self.leaving: list[list[int]] = [[] for _ in range(arrays.n_slots + 1)]
        self.here: dict[int, int] = {}

    def seat(self, slot: int, meetings: list[int]) -> None:
        """Seat the meetings that start in a slot; those whose people can stay at their table come first."""
        if self.block_start[slot] == slot:
            self.here.clear()
        for table in self.leaving[slot]:
            self.is_free[table] = True
            self.free[self.class_of[table]].append(table)
        for _, meeting, table in sorted(self._wishes(meetings)):
            fits = self.class_of[table] == self.classes[meeting]
            if fits and self.is_free[table] and self.table[meeting] == NONE:
                self._take(slot, meeting, table)
        for meeting in meetings:
            stack = self.free[self.classes[meeting]]
            while self.table[meeting] == NONE:
                table = stack.pop()  # may have been taken by a wish since it was pushed
                if self.is_free[table]:
                    self._take(slot, meeting, table)

    def _wishes(self, meetings: list[int]) -> list[tuple[int, int, int]]:
        """(minus the people who would stay, meeting, table)."""
        wishes: list[tuple[int, int, int]] = []
        for meeting in meetings:
            counts: dict[int, int] = {}
            for person in self.people[meeting]:
                table = self.here.get(person)
                if table is not None:
                    counts[table] = counts.get(table, 0) + 1
            wishes.extend((-count, meeting, table) for table, count in counts.items())
        return wishes

    def _take(self, slot: int, meeting: int, table: int) -> None:
        self.table[meeting] = table
        self.is_free[table] = False
        self.leaving[slot + self.lengths[meeting]].append(table)
        for person in self.people[meeting]:
            self.here[person] = table


def count_moves(arrays: Arrays, assignment: Assignment) -> int:
    """The goal moves: changes of table, and of zone, between consecutive meetings of a person in a block."""
    total = 0
    table, zone = assignment.table.tolist(), arrays.table_zone.tolist()
    for first, second in links_of(arrays, assignment):
        if table[first] != table[second]:
            total += 1 + (zone[table[first]] != zone[table[second]])
    return total


def links_of(arrays: Arrays, assignment: Assignment) -> list[tuple[int, int]]:
    """Pairs of consecutive meetings of a person in one block, once a person."""
    last: dict[int, int] = {}
    links: list[tuple[int, int]] = []
    people = assignment.everybody(arrays)
    starts, blocks = assignment.start.tolist(), arrays.slot_block.tolist()
    for meeting in np.argsort(assignment.start, kind="stable")[_missing(assignment) :].tolist():
        for person in people[meeting]:
            before = last.get(person)
            if before is not None and blocks[starts[before]] == blocks[starts[meeting]]:
                links.append((before, meeting))
            last[person] = meeting
    return links


def _missing(assignment: Assignment) -> int:
    """How many meetings have no place."""
    return int((assignment.start == NONE).sum())


def fewer_moves(
    arrays: Arrays,
    assignment: Assignment,
    *,
    seed: int,
    control: Stopper,
    most_moves: int | None = None,
    on_better: Callable[[Assignment], None] = lambda _: None,
) -> Assignment:
    """Lower the goal moves by exchanging tables within slots; slots, people and interpreters stay.

    Keeps features, zones asked for, hosts, closed slots, locks, fixed tables and walks. The same for the same
    seed and ``most_moves`` (None: 200 a meeting in the first round; rounds double until time runs out).
    """
    if not kernels.worth_compiling(control.left()):
        return assignment
    kernels.compile_kernels()
    seating, movable = _seating(arrays, assignment)
    best = assignment.table.copy()
    now = count_moves(arrays, assignment)
    state = np.array([now, now], np.int64)
    random = random_state(seed)
    if not len(seating.placed) or now == 0:
        return assignment
    moves, made = max(50_000, 200 * len(seating.placed)), 0
    while not control.should_stop() and state[1] > 0 and (most_moves is None or made < most_moves):
        before = int(state[1])
        moves = moves if most_moves is None else min(moves, most_moves - made)
        done = 0
        while done < moves and state[1] > 0 and not control.should_stop():
            step = min(_CHUNK, moves - done)
            hot, cold = (_HOT * (_COLD / _HOT) ** (part / moves) for part in (done, done + step))
            places.settle(seating, movable, random, best, state, step, hot, cold)
            done += step
        made += moves
        moves *= 2
        if state[1] < before:
            on_better(_with_tables(assignment, best))
        seating.table[:] = best
        _occupy(seating, arrays.n_slots)
        state[0] = state[1]
    return _with_tables(assignment, best)


def _with_tables(assignment: Assignment, table: Ints) -> Assignment:
    return Assignment(assignment.start, table.copy(), assignment.interpreter, assignment.chosen)


def _seating(arrays: Arrays, assignment: Assignment) -> tuple[places.Seating, Ints]:
    meetings = arrays.n_meetings
    suits = arrays.suits()[:, arrays.table_class].astype(np.int32)
    links, near, fixed = links_of(arrays, assignment), near_of(arrays, assignment), arrays.person_fixed
    people = assignment.everybody(arrays)
    movable = assignment.start != NONE
    if fixed.any():
        movable &= np.array([not fixed[each].any() for each in people], np.bool_)
    link_ptr, link = _both_ways(links, meetings)
    near_ptr, near_meeting = _both_ways(near, meetings)
    seating = places.Seating(
        placed=np.flatnonzero(movable).astype(np.int32),
        start=assignment.start.copy(),
        length=arrays.length,
        table=assignment.table.copy(),
        zone=arrays.table_zone,
        far=arrays.walk.astype(np.int32).ravel(),
        at=np.where(arrays.table_open, NONE, -2).astype(np.int32).ravel(),
        demand=arrays.demand,
        suits=suits.ravel(),
        option_ptr=np.concatenate(([0], np.cumsum(suits.sum(axis=1)))).astype(np.int32),
        option=np.nonzero(suits)[1].astype(np.int32),
        link_ptr=link_ptr,
        link=link,
        near_ptr=near_ptr,
        near=near_meeting,
    )
    _occupy(seating, arrays.n_slots)
    return seating, movable.astype(np.int32)


def _occupy(seating: places.Seating, slots: int) -> None:
    """Enter all placed meetings at their tables."""
    seating.at[seating.at >= 0] = NONE
    placed = np.flatnonzero(seating.start != NONE)
    for step in range(int(seating.length[placed].max(initial=0))):
        long = placed[seating.length[placed] > step]
        seating.at[seating.table[long] * slots + seating.start[long] + step] = long


def near_of(arrays: Arrays, assignment: Assignment) -> list[tuple[int, int]]:
    """Pairs of meetings between which a person or interpreter walks without a pause; none without walks."""
    if not arrays.walk.any():
        return []
    starts, lengths = assignment.start.tolist(), arrays.length.tolist()
    ends = arrays.block_end.tolist()
    attends: dict[tuple[int, int, int], int] = {}
    people = assignment.everybody(arrays)
    who = [[(0, person) for person in each] for each in people]
    for meeting in np.flatnonzero(assignment.interpreter != NONE).tolist():
        who[meeting].append((1, int(assignment.interpreter[meeting])))
    for meeting in np.flatnonzero(assignment.start != NONE).tolist():
        for kind, each in who[meeting]:
            attends[kind, each, starts[meeting]] = meeting
    near: list[tuple[int, int]] = []
    for meeting in np.flatnonzero(assignment.start != NONE).tolist():
        after = starts[meeting] + lengths[meeting]
        if after < ends[starts[meeting]]:
            found = [attends.get((kind, each, after)) for kind, each in who[meeting]]
            near.extend((meeting, other) for other in dict.fromkeys(found) if other is not None)
    return near


def _both_ways(pairs: list[tuple[int, int]], size: int) -> tuple[Ints, Ints]:
    """Ragged neighbours of each index from pairs."""
    flat = np.array(pairs, np.int64).reshape(len(pairs), 2)
    first, second = np.concatenate((flat[:, 0], flat[:, 1])), np.concatenate((flat[:, 1], flat[:, 0]))
    order = np.argsort(first, kind="stable")
    ptr = np.concatenate(([0], np.cumsum(np.bincount(first, minlength=size))))
    return ptr.astype(np.int32), second[order].astype(np.int32)
