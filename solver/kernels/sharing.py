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
from solver.kernels.rows import NEVER, Rules, Scratch, Sharing, row_cost, starts_of

IDLE_COST, ROOM_COST = 1.5, 0.25
"""Of an idle slot above those allowed, and of a slot at tables that are taken, beside a link too many."""

_UNIT = 1.0 / (1 << 30)
_NOW, _QUICK, _WHOLE, _NOTED = range(4)
_HERE, _EXCHANGE, _SAME = 0.15, 0.45, 0.5
"""Shares of steps: within the block; one meeting for another of somebody in it; where somebody else could
come, the same one all the same."""
_BAD = 0.1
"""Of steps with a meeting of a row that is none yet."""


class Limits(NamedTuple):
    """Who may come, and how often."""

    option: Ints  # who may take the seats
    option_ptr: Ints  # [M * (K + 1) + 1]
    day: Ints  # [B]
    day_max: Ints  # [R] meetings a day; interpreters: slots
    total_max: Ints  # [R] meetings
    most_idle: int  # slots


class Step(NamedTuple):
    """One or two meetings that get another block or other people."""

    meeting: Ints  # [2]
    block: Ints  # [2, 2] now, then
    who: Ints  # [2, 2, K + 1] now, then
    touched: Ints  # [4 * K] people
    used: Longs  # [J, B] slots at tables of a set that all rows need
    needed: Longs  # [J, B] how many more that are after it


class Bad(NamedTuple):
    """People of rows that are none yet, by person * B + block."""

    items: Ints  # [P * B]
    place: Ints  # [P * B] in ``items``, NONE: not bad
    size: Ints  # [1]


@kernel
def enter(r: Rules, s: Sharing, meeting: int) -> None:
    """Note a meeting with who comes to it."""
    block = s.block[meeting]
    for seat in range(s.who.shape[1]):
        who = s.who[meeting, seat]
        if who >= 0:
            s.meetings[who, block, s.many[who, block]] = meeting
            s.many[who, block] += 1
            s.load[who, block] += r.length[meeting]


@kernel
def _leave(r: Rules, s: Sharing, meeting: int) -> None:
    block = s.block[meeting]
    for seat in range(s.who.shape[1]):
        who = s.who[meeting, seat]
        if who >= 0:
            last = s.many[who, block] - 1
            for index in range(last):
                if s.meetings[who, block, index] == meeting:
                    s.meetings[who, block, index] = s.meetings[who, block, last]
                    break
            s.many[who, block] = last
            s.load[who, block] -= r.length[meeting]


@kernel
def _set(r: Rules, s: Sharing, c: Step, size: int, then: int) -> None:
    """Make a step (``then`` = 1), or take it back (0)."""
    for index in range(size):
        _leave(r, s, c.meeting[index])
    for index in range(size):
        meeting = c.meeting[index]
        s.block[meeting] = c.block[index, then]
        for seat in range(s.who.shape[1]):
            s.who[meeting, seat] = c.who[index, then, seat]
        enter(r, s, meeting)


@kernel
def _choose(s: Sharing, limit: Limits, c: Step, bad: Bad, random: Longs) -> int:
    """A step at random; of how many meetings, 0 where it would change nothing."""
    meeting = below(random, len(s.block))
    blocks = s.many.shape[1]
    if bad.size[0] > 0 and below(random, 1 << 30) * _UNIT < _BAD:
        who, block = divmod(bad.items[below(random, bad.size[0])], blocks)
        meeting = s.meetings[who, block, below(random, s.many[who, block])]
    here, kind = s.block[meeting], below(random, 1 << 30) * _UNIT
    there = here if kind < _HERE else below(random, blocks)
    size = 1
    c.meeting[0], c.block[0, 0], c.block[0, 1] = meeting, here, there
    if kind > 1.0 - _EXCHANGE and there != here:
        seat = below(random, s.who.shape[1] - 1)
        who = s.who[meeting, seat]
        if who >= 0 and s.many[who, there] > 0:
            other = s.meetings[who, there, below(random, s.many[who, there])]
            c.meeting[1], c.block[1, 0], c.block[1, 1] = other, there, here
            size = 2
    same = there == here
    for index in range(size):
        for seat in range(s.who.shape[1]):
            row = c.meeting[index] * s.who.shape[1] + seat
            options = limit.option_ptr[row + 1] - limit.option_ptr[row]
            now = s.who[c.meeting[index], seat]
            then = now
            if options > 1 and below(random, 1 << 30) * _UNIT >= _SAME:
                then = limit.option[limit.option_ptr[row] + below(random, options)]
            c.who[index, 0, seat], c.who[index, 1, seat] = now, then
            same = same and now == then
    return 0 if same else size


@kernel
def _touch(s: Sharing, c: Step, size: int) -> int:
    """Note everybody whose rows a step changes; how many."""
    found = 0
    for index in range(size):
        for then in range(2):
            for seat in range(s.who.shape[1] - 1):
                who = c.who[index, then, seat]
                known = who < 0
                for each in range(found):
                    known = known or c.touched[each] == who
                if not known:
                    c.touched[found] = who
                    found += 1
    return found


@kernel
def _rows_around(r: Rules, s: Sharing, t: Scratch, c: Step, found: int, bad: Bad, how: int) -> float:
    """What the rows of those touched cost in both blocks: as noted (``_NOW``), at least (``_QUICK``),
    just that (``_WHOLE``), or that to be noted (``_NOTED``).

    The tables that they need are in ``t.needed`` then.
    """
    blocks = s.many.shape[1]
    cost = 0.0
    t.needed[:] = 0
    for side in range(2 if c.block[0, 0] != c.block[0, 1] else 1):
        block = c.block[0, side]
        t.seen[-1] += 1
        for index in range(found):
            who = c.touched[index]
            if t.seen[who] != t.seen[-1]:
                fine = how == _NOW and bad.place[who * blocks + block] < 0
                mine = row_cost(r, s, t, who, block, fine or how == _QUICK)
                cost += 0.0 if fine else mine
                if how == _NOTED:
                    _note(s, t, who, block, mine > 0.0, bad)
    return cost


@kernel
def _note(s: Sharing, t: Scratch, first: int, block: int, is_bad: bool, bad: Bad) -> None:
    """Note of all who are in somebody's row whether it is bad."""
    t.noted[first] = t.seen[-1]
    t.stack[0] = first
    top = 1
    while top > 0:
        top -= 1
        who = t.stack[top]
        _mark(who * s.many.shape[1] + block, is_bad and s.many[who, block] > 0, bad)
        for index in range(s.many[who, block]):
            meeting = s.meetings[who, block, index]
            for seat in range(s.who.shape[1] - 1):
                other = s.who[meeting, seat]
                if other >= 0 and t.noted[other] != t.seen[-1]:
                    t.noted[other] = t.seen[-1]
                    t.stack[top] = other
                    top += 1


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
def _idle_around(r: Rules, s: Sharing, c: Step, found: int) -> int:
    idle = 0
    for side in range(2 if c.block[0, 0] != c.block[0, 1] else 1):
        block = c.block[0, side]
        for index in range(found):
            who = c.touched[index]
            idle += r.least[who, block, s.load[who, block]]
    return idle


@kernel
def _is_allowed(r: Rules, s: Sharing, limit: Limits, c: Step, size: int) -> bool:
    """Whether after a step nobody has more than may be, and its meetings have a slot."""
    for index in range(size):
        meeting, block = c.meeting[index], s.block[c.meeting[index]]
        if starts_of(r, s, meeting, block) == 0:
            return False
        for seat in range(s.who.shape[1]):
            who = s.who[meeting, seat]
            if who < 0:
                continue
            if r.least[who, block, s.load[who, block]] >= NEVER:
                return False
            day = total = 0
            for each in range(len(r.size)):
                some = s.many[who, each] if who < r.people else s.load[who, each]
                total += some
                if limit.day[each] == limit.day[block]:
                    day += some
            if day > limit.day_max[who] or total > limit.total_max[who]:
                return False
    return True


@kernel
def total_cost(r: Rules, s: Sharing, t: Scratch, c: Step, bad: Bad, numbers: Reals) -> None:
    """``numbers``: [what all rows cost, idle slots, what too few tables cost]; bad rows are noted."""
    numbers[0] = numbers[1] = 0.0
    t.needed[:] = 0
    for block in range(len(r.size)):
        t.seen[-1] += 1
        for who in range(r.people):
            numbers[1] += r.least[who, block, s.load[who, block]]
            if s.many[who, block] > 0 and t.seen[who] != t.seen[-1]:
                cost = row_cost(r, s, t, who, block, False)
                numbers[0] += cost
                _note(s, t, who, block, cost > 0.0, bad)
    c.used[:] = t.needed
    t.needed[:] = 0
    numbers[2] = _crowd(r, c.used, t.needed)


@kernel
def share(
    r: Rules,
    s: Sharing,
    t: Scratch,
    limit: Limits,
    c: Step,
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
        size = _choose(s, limit, c, bad, random)
        if size == 0:
            continue
        found = _touch(s, c, size)
        _set(r, s, c, size, 1)
        if not _is_allowed(r, s, limit, c, size):
            _set(r, s, c, size, 0)
            continue
        then = _rows_around(r, s, t, c, found, bad, _QUICK)
        idle = _idle_around(r, s, c, found)
        c.needed[:] = t.needed
        _set(r, s, c, size, 0)
        now = _rows_around(r, s, t, c, found, bad, _NOW)
        idle -= _idle_around(r, s, c, found)
        c.needed[:] -= t.needed
        crowd = _crowd(r, c.used, c.needed)
        most = now + numbers[2] - crowd  # that rows may cost then
        most -= temperature * math.log((below(random, 1 << 30) + 1) * _UNIT)
        most -= IDLE_COST * (
            max(0.0, numbers[1] + idle - limit.most_idle) - max(0.0, numbers[1] - limit.most_idle)
        )
        if then > most:
            continue
        _set(r, s, c, size, 1)
        then = _rows_around(r, s, t, c, found, bad, _WHOLE)
        if then > most:
            _set(r, s, c, size, 0)
            continue
        _rows_around(r, s, t, c, found, bad, _NOTED)
        c.used[:] += c.needed
        numbers[0] += then - now
        numbers[1] += idle
        numbers[2] = crowd
