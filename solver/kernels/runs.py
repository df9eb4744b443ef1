"""Moving a run: meetings at one table, each of which hands it to somebody who stays for the next.

Moved one by one, they would tear the run apart on the way, and each step would cost idle slots and changes of
table. So all of them, or the run's beginning or end, go to other slots and another table at once. Only where
every table is a class of its own.
"""

from __future__ import annotations

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.fitting import fits, suits
from solver.kernels.layout import (
    BLOCK_END,
    BLOCK_START,
    C_CAP,
    CELL,
    CELL_PTR,
    CLASS,
    DEMAND,
    DEMAND_CLASS,
    DEMAND_PTR,
    LENGTH,
    LOG,
    LOG_TOP,
    MOST_OPERATIONS,
    P_AT,
    PEOPLE,
    PEOPLE_PTR,
    SLOTS,
    START,
    STARTS,
    STARTS_PTR,
    USED,
)
from solver.kernels.moves import below, came_from, entry_size, goes_on_to, is_start, log_put, log_take

LONGEST = MOST_OPERATIONS // 4
"""Meetings to each side of the one picked that go along: each is taken out and put in again."""

TABLE_TRIES = 4
"""Other tables that are looked at, where those of the neighbours have no room."""


@kernel
def move_run(w: Ints, sums: Longs, random: Longs, meeting: int) -> bool:
    """Move the run through a placed meeting (or what is before or behind it), logged. False: it fits nowhere
    that was looked at; take back what was done."""
    row = w[w[CLASS] + meeting]
    part = below(random, 4)
    first = meeting if part == 0 else _first_of(w, meeting)
    last = meeting if part == 1 else _last_of(w, meeting)
    old = w[w[START] + first]
    size = w[w[START] + last] + w[w[LENGTH] + last] - old
    new = _goal(w, random, first, last)
    if new < 0 or new + size > w[w[BLOCK_END] + new]:
        return False
    slot = old
    while slot < old + size:
        one = _at_table(w, row, slot)
        slot += w[w[LENGTH] + one]
        log_take(w, sums, one)
    taken = w[LOG_TOP]
    table = _table_for(w, random, first, last, new, size)
    if table < 0:
        return False
    at = 0
    while at < taken:
        start, one = w[w[LOG] + at] - old + new, w[w[LOG] + at + 1]
        at += entry_size(w, one)
        w[w[CLASS] + one] = table
        if not suits(w, w[w[DEMAND] + one], table) or not is_start(w, one, start) or not fits(w, one, start):
            return False
        log_put(w, sums, one, start)
    return True


@kernel
def _at_table(w: Ints, row: int, slot: int) -> int:
    """The meeting at a table in a slot; -1: none."""
    cell = row * w[SLOTS] + slot
    if w[w[USED] + cell] == 0:
        return -1
    return int(w[w[CELL] + w[w[CELL_PTR] + cell]])


@kernel
def _stays_for(w: Ints, meeting: int, slot: int, other: int) -> bool:
    """Whether somebody of a meeting is at another one in ``slot``."""
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        if w[w[P_AT] + w[w[PEOPLE] + seat] * w[SLOTS] + slot] == other:
            return True
    return False


@kernel
def _first_of(w: Ints, meeting: int) -> int:
    row = w[w[CLASS] + meeting]
    for _ in range(LONGEST):
        start = w[w[START] + meeting]
        other = _at_table(w, row, start - 1) if start > w[w[BLOCK_START] + start] else -1
        if other < 0 or not _stays_for(w, meeting, start - 1, other):
            break
        meeting = other
    return int(meeting)


@kernel
def _last_of(w: Ints, meeting: int) -> int:
    row = w[w[CLASS] + meeting]
    for _ in range(LONGEST - 1):
        start = w[w[START] + meeting]
        end = start + w[w[LENGTH] + meeting]
        other = _at_table(w, row, end) if end < w[w[BLOCK_END] + start] else -1
        if other < 0 or not _stays_for(w, meeting, end, other):
            break
        meeting = other
    return int(meeting)


@kernel
def _someone(w: Ints, random: Longs, meeting: int) -> int:
    """A row of P_AT: that of one of the people of a meeting."""
    seat = w[w[PEOPLE_PTR] + meeting]
    person = w[w[PEOPLE] + seat + below(random, w[w[PEOPLE_PTR] + meeting + 1] - seat)]
    return int(w[P_AT] + person * w[SLOTS])


@kernel
def _goal(w: Ints, random: Longs, first: int, last: int) -> int:
    """The slot in which the run is to begin: right behind what somebody of its first meeting comes from,
    right before what somebody of its last goes on to, or any start of the first; -1: none."""
    old = w[w[START] + first]
    end = w[w[START] + last] + w[w[LENGTH] + last]
    way = below(random, 4)
    if way == 0:
        other = came_from(w, _someone(w, random, first), old)
        if other >= 0:
            return int(w[w[START] + other] + w[w[LENGTH] + other])
    elif way == 1:
        other = goes_on_to(w, _someone(w, random, last), old, end)
        if other >= 0:
            new = w[w[START] + other] - (end - old)
            return int(new) if new >= w[w[BLOCK_START] + old] else -1
    starts = w[w[STARTS_PTR] + first]
    return int(w[w[STARTS] + starts + below(random, w[w[STARTS_PTR] + first + 1] - starts)])


@kernel
def _table_for(w: Ints, random: Longs, first: int, last: int, new: int, size: int) -> int:
    """A table that is free for the whole run: where somebody comes from or goes on to, that of now, or any;
    -1: none was found."""
    turn = below(random, 3)
    for step in range(3):
        way = (turn + step) % 3
        table = w[w[CLASS] + first]
        if way < 2:
            other = (
                came_from(w, _someone(w, random, first), new)
                if way == 0
                else goes_on_to(w, _someone(w, random, last), new, new + size)
            )
            table = w[w[CLASS] + other] if other >= 0 else -1
        if table >= 0 and _is_free(w, table, new, size):
            return int(table)
    tables = w[w[DEMAND_PTR] + w[w[DEMAND] + first]]
    many = w[w[DEMAND_PTR] + w[w[DEMAND] + first] + 1] - tables
    for _ in range(TABLE_TRIES):
        table = w[w[DEMAND_CLASS] + tables + below(random, many)]
        if _is_free(w, table, new, size):
            return int(table)
    return -1


@kernel
def _is_free(w: Ints, table: int, start: int, size: int) -> bool:
    for slot in range(start, start + size):
        cell = table * w[SLOTS] + slot
        if w[w[USED] + cell] >= w[w[C_CAP] + cell]:
            return False
    return True
