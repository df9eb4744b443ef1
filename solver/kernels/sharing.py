"""Annealing over the blocks of meetings and who comes, until each block falls into rows (``rows.py``).

Times and tables are no part of it: so a step is quick, and what it leads to is far from what times would let
it reach step by step.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from solver.arrays import Ints, Longs, Reals
from solver.kernels import kernel
from solver.kernels.moves import below
from solver.kernels.rows import Rules, Scratch, Sharing, row_cost
from solver.kernels.shifts import (
    Limits,
    Step,
    choose,
    full_around,
    idle_around,
    is_allowed,
    keep,
    make,
    touch,
)

IDLE_COST, ROOM_COST, TIGHT_COST, FULL_COST = 2.5, 0.25, 0.2, 0.2
"""Of an idle slot above those allowed, of a slot at tables that are taken, of one of the last slots there,
and of an interpreter who has as many slots of a block as can be (there are seldom times for both), beside a
link too many."""

_UNIT = 1.0 / (1 << 30)
_QUICK, _WHOLE, _NOTED = range(3)


class Tables(NamedTuple):
    """Slots at tables of a set that all rows need, added up."""

    used: Longs  # [J, B]
    needed: Longs  # [J, B] how many more after a step


class Bad(NamedTuple):
    """People of rows that are none yet, by person * B + block."""

    items: Ints  # [P * B]
    place: Ints  # [P * B] in ``items``, NONE: not bad
    size: Ints  # [1]


@kernel
def _rows_around(
    r: Rules, s: Sharing, t: Scratch, c: Step, found: int, bad: Bad, how: int, most: float
) -> float:
    """What the rows of those touched cost in both blocks: at least (``_QUICK``), just that (``_WHOLE``), or
    that to be noted (``_NOTED``); as soon as it is more than ``most``, no more is looked at.

    Otherwise the tables that they need are in ``t.needed`` then.
    """
    cost = 0.0
    t.needed[:] = 0
    for side in range(2 if c.near[0] != c.near[1] else 1):
        block = c.near[side]
        t.seen[-1] += 1
        for index in range(found):
            if t.seen[c.touched[index]] != t.seen[-1]:
                mine = row_cost(r, s, t, c.touched[index], block, how == _QUICK)
                cost += mine
                if cost > most:
                    return cost
                if how == _NOTED:
                    _note(s, t, block, mine > 0.0, bad)
    return cost


@kernel
def _bad_around(r: Rules, s: Sharing, t: Scratch, c: Step, found: int, bad: Bad) -> float:
    """What the rows of those touched cost that are noted as bad."""
    cost = 0.0
    for side in range(2 if c.near[0] != c.near[1] else 1):
        block = c.near[side]
        t.seen[-1] += 1
        for index in range(found):
            who = c.touched[index]
            if t.seen[who] != t.seen[-1] and bad.place[who * s.many.shape[1] + block] >= 0:
                cost += row_cost(r, s, t, who, block, False)
    return cost


@kernel
def _note(s: Sharing, t: Scratch, block: int, is_bad: bool, bad: Bad) -> None:
    """Note of all who are in the row looked at last whether it is bad."""
    for index in range(t.size[0]):
        _mark(t.stack[index] * s.many.shape[1] + block, is_bad, bad)


@kernel
def _mark(key: int, is_bad: bool, bad: Bad) -> None:
    if is_bad and bad.place[key] < 0:
        bad.place[key] = bad.size[0]
        bad.items[bad.size[0]] = key
        bad.size[0] += 1
    elif not is_bad and bad.place[key] >= 0:
        bad.size[0] -= 1
        last = bad.items[bad.size[0]]
        bad.items[bad.place[key]] = last
        bad.place[last] = bad.place[key]
        bad.place[key] = -1


@kernel
def _crowd(r: Rules, used: Longs, more: Longs) -> float:
    """What tables cost that more rows need than there are."""
    over = 0
    for index in range(len(r.sets)):
        for block in range(len(r.size)):
            slots = used[index, block] + more[index, block]
            over += max(0, slots - r.room[index, block])
    return ROOM_COST * over


@kernel
def _tight(r: Rules, used: Longs, more: Longs) -> float:
    """What it costs that rows leave less than a slot of each table. Rows of five slots and of four fill no
    tables of eight; which ones do is only told by laying them."""
    over = 0
    for index in range(len(r.sets)):
        for block in range(len(r.size)):
            slots = used[index, block] + more[index, block]
            over += max(0, slots - r.room[index, block] + r.room[index, block] // r.size[block])
    return TIGHT_COST * over


@kernel
def total_cost(r: Rules, s: Sharing, t: Scratch, tables: Tables, bad: Bad, numbers: Reals) -> None:
    """``numbers``: [what all rows cost, idle slots, what too few tables cost, what nearly too few do]; bad
    rows are noted."""
    numbers[0] = numbers[1] = 0.0
    t.needed[:] = 0
    for block in range(len(r.size)):
        t.seen[-1] += 1
        for who in range(r.people):
            numbers[1] += r.least[who, block, s.load[who, block]]
            if s.many[who, block] > 0 and t.seen[who] != t.seen[-1]:
                cost = row_cost(r, s, t, who, block, False)
                numbers[0] += cost
                _note(s, t, block, cost > 0.0, bad)
    tables.used[:] = t.needed
    t.needed[:] = 0
    numbers[2] = _crowd(r, tables.used, t.needed)
    numbers[3] = _tight(r, tables.used, t.needed)


@kernel
def share(
    r: Rules,
    s: Sharing,
    t: Scratch,
    limit: Limits,
    c: Step,
    tables: Tables,
    bad: Bad,
    random: Longs,
    numbers: Reals,
    steps: int,
    least_steps: int,
    hot: float,
    cold: float,
) -> None:
    """Anneal until every row is one and nobody idles more than allowed, or for so many steps; for
    ``least_steps`` at least.

    ``numbers``: as of :func:`total_cost`, before and after.
    """
    temperature = hot
    for step in range(steps):
        if step % 256 == 0:
            temperature = hot * math.exp(math.log(cold / hot) * step / steps)
        if step >= least_steps and numbers[0] + numbers[2] <= 0.0 and numbers[1] <= limit.most_idle:
            return
        size = choose(r, s, limit, c, bad.items, bad.size[0], random)
        if size > 0:
            spare = -temperature * math.log((below(random, 1 << 30) + 1) * _UNIT)
            _try(r, s, t, limit, c, tables, bad, numbers, size, spare)


@kernel
def _try(
    r: Rules,
    s: Sharing,
    t: Scratch,
    limit: Limits,
    c: Step,
    tables: Tables,
    bad: Bad,
    numbers: Reals,
    size: int,
    spare: float,
) -> None:
    """Make a step if it is allowed and costs no more than ``spare``. What is quick to tell comes first."""
    found = touch(s, c, size)
    full = -full_around(r, s, c, size, found)
    now = _bad_around(r, s, t, c, found, bad)
    idle = -idle_around(r, s, c, found)
    make(r, s, c, size, 1)
    if not is_allowed(r, s, limit, c, size):
        make(r, s, c, size, 0)
        return
    full += full_around(r, s, c, size, found)
    idle += idle_around(r, s, c, found)
    over = max(0.0, numbers[1] + idle - limit.most_idle) - max(0.0, numbers[1] - limit.most_idle)
    most = (
        now + spare + numbers[2] + numbers[3] - IDLE_COST * over - FULL_COST * full
    )  # that rows and tables may cost then
    if most < 0.0 or _rows_around(r, s, t, c, found, bad, _QUICK, most) > most:
        make(r, s, c, size, 0)
        return
    tables.needed[:] = t.needed
    make(r, s, c, size, 0)
    _rows_around(r, s, t, c, found, bad, _QUICK, math.inf)
    tables.needed[:] -= t.needed
    make(r, s, c, size, 1)
    crowd = _crowd(r, tables.used, tables.needed)
    tight = _tight(r, tables.used, tables.needed)
    then = _rows_around(r, s, t, c, found, bad, _WHOLE, most - crowd - tight)
    if then > most - crowd - tight:
        make(r, s, c, size, 0)
        return
    _rows_around(r, s, t, c, found, bad, _NOTED, math.inf)
    keep(limit, c, size)
    tables.used[:] += tables.needed
    numbers[0] += then - now
    numbers[1] += idle
    numbers[2] = crowd
    numbers[3] = tight
