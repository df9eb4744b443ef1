"""Steps of annealing over blocks and people (``sharing.py``).

A meeting goes to another block, and who has as many meetings in each as must be for the fewest idle slots
sends another one back: whose people may have to do the same, and so on, a *chain*. Or a meeting that had no
place comes instead of another one.
"""

from __future__ import annotations

from typing import NamedTuple

from solver.arrays import NONE, Ints, Longs
from solver.kernels import kernel
from solver.kernels.moves import below
from solver.kernels.rows import NEVER, Rules, Sharing, starts_of

LONGEST_CHAIN = 5
"""Meetings of a step; why so many: docs/decisions/0041."""

_UNIT = 1.0 / (1 << 30)
_INSTEAD, _HERE, _EXCHANGE, _SAME, _CHAIN = 0.2, 0.15, 0.45, 0.5, 0.9
"""Shares of steps: another meeting instead; within the block; one for another of somebody in it; where others
could come, the same one all the same; and how often a chain goes on where idle slots ask for it."""
_BAD = 0.6
"""Of steps with a meeting of a row that is none yet."""


class Limits(NamedTuple):
    """Who may come, how often, and what may take place instead of what. N companies."""

    option: Ints  # who may take the seats
    option_ptr: Ints  # [M * (K + 1) + 1]
    could: Ints  # meetings to which somebody could come
    could_ptr: Ints  # [P + 1]
    day: Ints  # [B]
    day_max: Ints  # [R] meetings a day; interpreters: slots
    total_max: Ints  # [R] meetings
    most_idle: int  # slots
    weight: Longs  # [M]
    must: Ints  # [M] 1: takes place
    company: Ints  # of meetings
    company_ptr: Ints  # [M + 1]
    company_max: Ints  # [N] meetings
    before: Ints  # meetings that end before another one starts, if both take place
    before_ptr: Ints  # [M + 1]
    behind: Ints  # the other way round
    behind_ptr: Ints  # [M + 1]
    floor: int  # of coverage: a company's j-th meeting earns floor + 1 - j


class Step(NamedTuple):
    """Meetings that get another block or other people. L meetings at the most."""

    meeting: Ints  # [L]
    block: Ints  # [L, 2] now, then; NONE: no place
    who: Ints  # [L, 2, K + 1] now, then
    near: Ints  # [2] the blocks that change; one of them twice if it is only one
    shift: Ints  # [R, 2] slots that somebody gets there while a chain is made; else 0
    touched: Ints  # [2 * L * (K + 1)] people, then interpreters
    counts: Ints  # [N] meetings of each company that take place


@kernel
def enter(r: Rules, s: Sharing, meeting: int) -> None:
    """Note a meeting with who comes to it."""
    block = s.block[meeting]
    if block < 0:
        return
    for seat in range(s.who.shape[1]):
        who = s.who[meeting, seat]
        if who >= 0:
            s.meetings[who, block, s.many[who, block]] = meeting
            s.many[who, block] += 1
            s.load[who, block] += r.length[meeting]


@kernel
def _leave(r: Rules, s: Sharing, meeting: int) -> None:
    block = s.block[meeting]
    if block < 0:
        return
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
def make(r: Rules, s: Sharing, c: Step, size: int, then: int) -> None:
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
def keep(limit: Limits, c: Step, size: int) -> None:
    """Count the companies' meetings after a step that stays made."""
    for index in range(size):
        more = (1 if c.block[index, 0] < 0 else 0) - (1 if c.block[index, 1] < 0 else 0)
        if more != 0:
            for row in range(limit.company_ptr[c.meeting[index]], limit.company_ptr[c.meeting[index] + 1]):
                c.counts[limit.company[row]] += more


@kernel
def choose(r: Rules, s: Sharing, limit: Limits, c: Step, bad: Ints, bad_size: int, random: Longs) -> int:
    """A step at random; of how many meetings, 0 where it would change nothing. ``bad``: people of rows that
    are none yet, by person * B + block."""
    meeting = below(random, len(s.block))
    if bad_size > 0 and below(random, 1 << 30) * _UNIT < _BAD:
        who, block = divmod(bad[below(random, bad_size)], s.many.shape[1])
        meeting = s.meetings[who, block, below(random, s.many[who, block])]
    if s.block[meeting] < 0 or below(random, 1 << 30) * _UNIT < _INSTEAD:
        return _instead(s, limit, c, meeting, random)
    here, kind = s.block[meeting], below(random, 1 << 30) * _UNIT
    there = here if kind < _HERE else below(random, s.many.shape[1])
    c.near[0], c.near[1] = here, there
    c.meeting[0], c.block[0, 0], c.block[0, 1] = meeting, here, there
    if there == here:
        return 1 if _invite(s, limit, c, 0, random) else 0
    return _chain(r, s, limit, c, kind > 1.0 - _EXCHANGE, random)


@kernel
def _invite(s: Sharing, limit: Limits, c: Step, index: int, random: Longs) -> bool:
    """Choose who comes to a meeting of a step; whether that changes."""
    changed = False
    for seat in range(s.who.shape[1]):
        row = c.meeting[index] * s.who.shape[1] + seat
        options = limit.option_ptr[row + 1] - limit.option_ptr[row]
        now = s.who[c.meeting[index], seat]
        then = now
        if options > 0 and (now < 0 or (options > 1 and below(random, 1 << 30) * _UNIT >= _SAME)):
            then = limit.option[limit.option_ptr[row] + below(random, options)]
        c.who[index, 0, seat], c.who[index, 1, seat] = now, then
        changed = changed or now != then
    return changed


# Chains


@kernel
def _chain(r: Rules, s: Sharing, limit: Limits, c: Step, exchange: bool, random: Longs) -> int:
    """Meetings between two blocks, from the first of a step on; how many. ``exchange``: somebody who comes
    to the first one sends one back in any case."""
    size, index = 1, 0
    while index < size:
        _invite(s, limit, c, index, random)
        side = 0 if c.block[index, 0] == c.near[0] else 1
        _shift(r, s, c, index, side, 1)
        one = below(random, s.who.shape[1] - 1) if exchange and index == 0 else NONE
        for seat in range(s.who.shape[1] - 1):
            who = c.who[index, 1, seat]
            if who < 0 or size == len(c.meeting):
                continue
            if seat == one or (_idles_more(r, s, c, who) and below(random, 1 << 30) * _UNIT < _CHAIN):
                size += _send_back(s, c, who, 1 - side, size, random)
        index += 1
    for each in range(size):
        _shift(r, s, c, each, 0 if c.block[each, 0] == c.near[0] else 1, -1)
    return size


@kernel
def _shift(r: Rules, s: Sharing, c: Step, index: int, side: int, sign: int) -> None:
    """Add up the slots that a meeting takes from the people of now and gives those of then."""
    slots = sign * r.length[c.meeting[index]]
    for seat in range(s.who.shape[1]):
        if c.who[index, 0, seat] >= 0:
            c.shift[c.who[index, 0, seat], side] -= slots
        if c.who[index, 1, seat] >= 0:
            c.shift[c.who[index, 1, seat], 1 - side] += slots


@kernel
def _idles_more(r: Rules, s: Sharing, c: Step, who: int) -> bool:
    """Whether somebody idles more, or has more than may be, after a step as it is so far."""
    more = 0
    for side in range(2):
        load = s.load[who, c.near[side]]
        more += least_of(r, who, c.near[side], load + c.shift[who, side])
        more -= least_of(r, who, c.near[side], load)
    return more > 0


@kernel
def _send_back(s: Sharing, c: Step, who: int, side: int, size: int, random: Longs) -> int:
    """Add one of somebody's meetings of a block to a step; how many were added: 1, or 0 if it was there."""
    block = c.near[side]
    if s.many[who, block] == 0:
        return 0
    other = s.meetings[who, block, below(random, s.many[who, block])]
    for index in range(size):
        if c.meeting[index] == other:
            return 0
    c.meeting[size], c.block[size, 0], c.block[size, 1] = other, block, c.near[1 - side]
    return 1


# Another meeting instead


@kernel
def _instead(s: Sharing, limit: Limits, c: Step, meeting: int, random: Longs) -> int:
    """One meeting instead of another one: of somebody whom both have in common, or of anybody."""
    other = below(random, len(s.block))
    if below(random, 2) == 0:
        who = _anybody(s, limit, meeting, random)
        if who < 0:
            return 0
        other = limit.could[
            limit.could_ptr[who] + below(random, limit.could_ptr[who + 1] - limit.could_ptr[who])
        ]
    comes, goes = (meeting, other) if s.block[meeting] < 0 else (other, meeting)
    if s.block[comes] >= 0 or s.block[goes] < 0 or not _may_come(limit, c, comes, goes):
        return 0
    here = s.block[goes]
    there = here if below(random, 2) == 0 else below(random, s.many.shape[1])
    c.near[0], c.near[1] = here, there
    c.meeting[0], c.block[0, 0], c.block[0, 1] = comes, NONE, there
    c.meeting[1], c.block[1, 0], c.block[1, 1] = goes, here, NONE
    _invite(s, limit, c, 0, random)
    for seat in range(s.who.shape[1]):
        c.who[1, 0, seat], c.who[1, 1, seat] = s.who[goes, seat], NONE
    return 2


@kernel
def _anybody(s: Sharing, limit: Limits, meeting: int, random: Longs) -> int:
    """Somebody who comes to a meeting, or could if it has no place; NONE where a seat is empty."""
    seat = below(random, s.who.shape[1] - 1)
    if s.block[meeting] >= 0:
        return int(s.who[meeting, seat])
    row = meeting * s.who.shape[1] + seat
    options = limit.option_ptr[row + 1] - limit.option_ptr[row]
    return int(limit.option[limit.option_ptr[row] + below(random, options)]) if options > 0 else NONE


@kernel
def _may_come(limit: Limits, c: Step, comes: int, goes: int) -> bool:
    """Whether value and coverage become no less with one meeting instead of another one, and nothing too
    much."""
    if limit.must[goes] == 1 or limit.weight[comes] < limit.weight[goes]:
        return False
    gain = 0
    for row in range(limit.company_ptr[comes], limit.company_ptr[comes + 1]):
        company = limit.company[row]
        if not _is_of(limit, company, goes):
            if c.counts[company] >= limit.company_max[company]:
                return False
            gain += max(0, limit.floor - c.counts[company])
    for row in range(limit.company_ptr[goes], limit.company_ptr[goes + 1]):
        company = limit.company[row]
        if not _is_of(limit, company, comes):
            gain -= max(0, limit.floor + 1 - c.counts[company])
    return gain >= 0


@kernel
def _is_of(limit: Limits, company: int, meeting: int) -> bool:
    for row in range(limit.company_ptr[meeting], limit.company_ptr[meeting + 1]):
        if limit.company[row] == company:
            return True
    return False


# What a step changes


@kernel
def touch(s: Sharing, c: Step, size: int) -> int:
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
def least_of(r: Rules, who: int, block: int, load: int) -> int:
    """The least idle slots of who is busy in so many slots of a block, ``NEVER`` where that can't be."""
    if load < 0 or load >= r.least.shape[2]:
        return NEVER
    return int(r.least[who, block, load])


@kernel
def idle_around(r: Rules, s: Sharing, c: Step, found: int) -> int:
    """Idle slots of those touched, in the blocks that a step changes."""
    idle = 0
    for side in range(2 if c.near[0] != c.near[1] else 1):
        block = c.near[side]
        for index in range(found):
            who = c.touched[index]
            idle += r.least[who, block, s.load[who, block]]
    return idle


@kernel
def full_around(r: Rules, s: Sharing, c: Step, size: int, found: int) -> int:
    """How often an interpreter of a step has as many slots of a block as can be. They are noted behind the
    people touched."""
    full, last, seat = 0, found, c.who.shape[2] - 1
    for index in range(size):
        for then in range(2):
            who = c.who[index, then, seat]
            known = who < 0
            for each in range(found, last):
                known = known or c.touched[each] == who
            if known:
                continue
            c.touched[last] = who
            last += 1
            for side in range(2 if c.near[0] != c.near[1] else 1):
                load = s.load[who, c.near[side]]
                full += 1 if load > 0 and least_of(r, who, c.near[side], load + 1) >= NEVER else 0
    return full


@kernel
def is_allowed(r: Rules, s: Sharing, limit: Limits, c: Step, size: int) -> bool:
    """Whether after a step nobody has more than may be, and its meetings have a slot."""
    for index in range(size):
        meeting, block = c.meeting[index], s.block[c.meeting[index]]
        if block < 0:
            continue
        if starts_of(r, s, meeting, block) == 0 or not _is_in_order(s, limit, meeting, block):
            return False
        for seat in range(s.who.shape[1]):
            who = s.who[meeting, seat]
            if who < 0:
                continue
            if least_of(r, who, block, s.load[who, block]) >= NEVER:
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
def _is_in_order(s: Sharing, limit: Limits, meeting: int, block: int) -> bool:
    """Whether nothing that ends before a meeting is in a later block, and nothing that starts after it in an
    earlier one."""
    for row in range(limit.before_ptr[meeting], limit.before_ptr[meeting + 1]):
        if s.block[limit.before[row]] > block:
            return False
    for row in range(limit.behind_ptr[meeting], limit.behind_ptr[meeting + 1]):
        if 0 <= s.block[limit.behind[row]] < block:
            return False
    return True
