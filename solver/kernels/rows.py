"""Rows at tables that nobody has to leave, told from who meets whom in which block, before any times.

In a block, meetings hang together by the people who have several there. Those can share one table, one after
the other, if each of these people keeps the table from first to last. So where two of them meet, one has the
last meeting then and the other the first (a *link*), and all others whom they meet have no more in the block.
A *row* is what hangs together: by links a chain of people, no longer than the block.
"""

from __future__ import annotations

from typing import NamedTuple

from solver.arrays import NONE, Ints, Longs
from solver.kernels import kernel

NEVER = 99
"""Idle slots of who can't be busy in so many slots of a block."""

LEAVES, PAUSED = 10, 7
"""Meetings of one person in a block that are no links, and idle slots there, up to which times are sought."""

_IMPOSSIBLE, _HOPELESS = 1e9, 3
_OVERLONG, _LONGER = 1.0, 0.25
"""What a row costs that is longer than its block: for the first slot, and for each further one."""


class Rules(NamedTuple):
    """What stands fast. M meetings, K + 1 seats of each: people, then the interpreter; R resources: people,
    then interpreters; B blocks. Slots are bits, the first of a block is bit 0."""

    length: Ints  # [M] slots
    starts: Longs  # [M, B] slots in which a meeting may begin
    able: Longs  # [M] kinds of tables that suit it, as bits
    sets: Longs  # [J] all such sets of tables
    room: Longs  # [J, B] slots of their tables
    free: Longs  # [R, B] slots in which somebody is free
    least: Ints  # [R, B, slots + 1] the least idle slots of who is busy in so many; interpreters: 0
    row_max: Ints  # [R] adjacent slots
    size: Ints  # [B] slots
    people: int


class Sharing(NamedTuple):
    """In which block each meeting is, and who comes. The first two decide, the others follow. A step makes
    it up to L meetings more for a moment."""

    who: Ints  # [M, K + 1] NONE: nobody
    block: Ints  # [M] NONE: it has no place
    meetings: Ints  # [R, B, slots + L + 1] each one's meetings of each block, in any order
    many: Ints  # [R, B] how many
    load: Ints  # [R, B] how many slots they take


class Scratch(NamedTuple):
    """Room to work in."""

    seen: Longs  # [R + 1] stamps; the last one is the clock
    met: Longs  # [M] stamps
    several: Ints  # [M] how many of a meeting's people have more in its block
    stack: Ints  # [R] the people of the row looked at last
    size: Ints  # [1] how many they are
    chain: Ints  # [R] people who have several meetings, in the order of a row, guests left out
    link: Ints  # [R] the meeting of each with the next
    leaf: Ints  # [slots + 1]
    mask: Longs  # [slots + 1]
    reach: Longs  # [2^(LEAVES + 1) * (PAUSED + 1)]
    guest: Longs  # [2] a meeting with a guest, and the other meeting of that guest
    needed: Longs  # [J, B] slots at tables of a set that the rows looked at need, added up


@kernel
def starts_of(r: Rules, s: Sharing, meeting: int, block: int) -> int:
    """The slots of a block in which a meeting may begin when all who come are free."""
    slots = r.starts[meeting, block]
    for seat in range(s.who.shape[1]):
        who = s.who[meeting, seat]
        if who >= 0:
            for late in range(r.length[meeting]):
                slots &= r.free[who, block] >> late
    return int(slots)


@kernel
def _meet(r: Rules, s: Sharing, t: Scratch, meeting: int, block: int) -> None:
    """Note how many of a meeting's people have several in the block."""
    t.met[meeting] = t.seen[-1]
    t.several[meeting] = 0
    for seat in range(s.who.shape[1] - 1):
        who = s.who[meeting, seat]
        if who >= 0 and s.many[who, block] > 1:
            t.several[meeting] += 1


@kernel
def row_cost(r: Rules, s: Sharing, t: Scratch, first: int, block: int, quick: bool) -> float:
    """What keeps the row of somebody from being one; 0 where it is one, and where it was looked at since the
    clock went on. ``quick``: no more than that, without a look at times."""
    t.stack[0], t.size[0] = first, 1
    if s.many[first, block] == 0 or t.seen[first] == t.seen[-1]:
        return 0.0
    size, slots, able, links, surplus = _gather(r, s, t, first, block)
    stay = idle = 0
    for index in range(size):
        who = t.stack[index]
        if s.many[who, block] > 1:
            stay += 1
            idle += r.least[who, block, s.load[who, block]]
            surplus += max(0, _links(s, t, who, block) - 2)
    slots += idle
    for index in range(len(r.sets)):
        if able & ~r.sets[index] == 0:
            t.needed[index, block] += slots
    if stay == 0:
        return 0.0
    surplus += max(0, links - stay + 1) + (1 if able == 0 else 0)
    if quick and idle > 0:  # there may be a guest
        return _without_times(r, max(0, surplus - 1), slots - 1, block)
    cost = _without_times(r, surplus, slots, block)
    if quick:
        return cost
    if cost == 0.0:
        cost = 0.0 if _finds_times(r, s, t, _order(s, t, size, NONE, block), NONE, block) else 1.0
    index = 0 if idle > 0 and surplus < _HOPELESS else size
    while cost > 0.0 and index < size:
        cost = min(cost, _with_guest(r, s, t, t.stack[index], size, surplus, slots, block))
        index += 1
    return cost


@kernel
def _gather(r: Rules, s: Sharing, t: Scratch, first: int, block: int) -> tuple[int, int, int, int, int]:
    """All who are in a row, to the stack. How many; slots of its meetings, tables that suit all of them,
    links, and how many people too many have several at one of them."""
    t.seen[first] = t.seen[-1]
    t.stack[0] = first
    index, size, slots, able, links, surplus = 0, 1, 0, -1, 0, 0
    while index < size:
        who = t.stack[index]
        index += 1
        for number in range(s.many[who, block]):
            meeting = s.meetings[who, block, number]
            if t.met[meeting] == t.seen[-1]:
                continue
            _meet(r, s, t, meeting, block)
            slots += r.length[meeting]
            able &= r.able[meeting]
            links += max(0, t.several[meeting] - 1)
            surplus += max(0, t.several[meeting] - 2)
            for seat in range(s.who.shape[1] - 1):
                other = s.who[meeting, seat]
                if other >= 0 and t.seen[other] != t.seen[-1]:
                    t.seen[other] = t.seen[-1]
                    t.stack[size] = other
                    size += 1
    t.size[0] = size
    return size, slots, able, links, surplus


@kernel
def _links(s: Sharing, t: Scratch, who: int, block: int) -> int:
    links = 0
    for index in range(s.many[who, block]):
        if t.several[s.meetings[who, block, index]] > 1:
            links += 1
    return links


@kernel
def _without_times(r: Rules, surplus: int, slots: int, block: int) -> float:
    """What a row costs whatever its times."""
    over = slots - r.size[block]
    return float(surplus) + (_OVERLONG + _LONGER * (over - 1) if over > 0 else 0.0)


@kernel
def _with_guest(
    r: Rules, s: Sharing, t: Scratch, guest: int, size: int, surplus: int, slots: int, block: int
) -> float:
    """What a row costs if one of its people is a guest in somebody's pause: has one meeting with who pauses,
    and right before or after that one with somebody who has no other, which takes the pause's only slot."""
    if s.many[guest, block] != 2 or _links(s, t, guest, block) != 1:
        return _IMPOSSIBLE
    one, other = s.meetings[guest, block, 0], s.meetings[guest, block, 1]
    meeting, brought = (one, other) if t.several[one] > 1 else (other, one)
    if r.length[brought] != 1 or t.several[meeting] != 2:
        return _IMPOSSIBLE
    host = _other_of(s, guest, meeting, block)
    if r.least[host, block, s.load[host, block]] == 0:
        return _IMPOSSIBLE
    less = 1 if _links(s, t, host, block) > 2 else 0
    cost = _without_times(r, surplus - less, slots - 1, block)
    if cost == 0.0:
        t.several[meeting] = 1
        t.guest[0], t.guest[1] = meeting, brought
        cost = 0.0 if _finds_times(r, s, t, _order(s, t, size, guest, block), guest, block) else 1.0
        t.several[meeting] = 2
    return cost


@kernel
def _other_of(s: Sharing, who: int, meeting: int, block: int) -> int:
    """Who else of a meeting has several in the block."""
    for seat in range(s.who.shape[1] - 1):
        other = s.who[meeting, seat]
        if other >= 0 and other != who and s.many[other, block] > 1:
            return int(other)
    return NONE


@kernel
def _order(s: Sharing, t: Scratch, size: int, guest: int, block: int) -> int:
    """Put the people of a row who have several meetings in order, a guest left out; how many there are."""
    who = NONE
    for index in range(size):
        each = t.stack[index]
        if each != guest and s.many[each, block] > 1 and _links(s, t, each, block) < 2:
            who = each
            break
    came, found = NONE, 0
    while who >= 0:
        t.chain[found] = who
        found += 1
        link = NONE
        for index in range(s.many[who, block]):
            meeting = s.meetings[who, block, index]
            if meeting != came and t.several[meeting] > 1:
                link = meeting
        t.link[found - 1] = link
        who = _other_of(s, who, link, block) if link >= 0 else NONE
        came = link
    return found


@kernel
def _finds_times(r: Rules, s: Sharing, t: Scratch, size: int, guest: int, block: int) -> bool:
    """Whether a row has times from one end on or from the other: one after the other, each with no more idle
    slots than must be."""
    for backwards in range(2 if size > 1 else 1):
        for begin in range(r.size[block]):
            start, fits = begin, True
            for number in range(size):
                index = size - 1 - number if backwards == 1 else number
                before, after = index - 1, index
                if backwards == 1:
                    before, after = index, index - 1
                came = t.link[before] if number > 0 else -1
                goes = t.link[after] if number < size - 1 else -1
                who = t.chain[index]
                if not _stays(r, s, t, who, block, came, goes, start, guest):
                    fits = False
                    break
                start += s.load[who, block] + r.least[who, block, s.load[who, block]]
                start -= r.length[goes] if goes >= 0 else 0
            if fits:
                return True
    return False


@kernel
def _stays(
    r: Rules,
    s: Sharing,
    t: Scratch,
    who: int,
    block: int,
    came: int,
    goes: int,
    start: int,
    guest: int,
) -> bool:
    """Whether somebody's meetings have times from ``start`` on, ``came`` first and ``goes`` last (NONE: any).

    Over sets of the others: which lengths of what is in a row by now are possible, for each idle time.
    """
    idle = r.least[who, block, s.load[who, block]]
    end = start + s.load[who, block] + idle
    if end > r.size[block] or idle > PAUSED:
        return False
    if came >= 0 and starts_of(r, s, came, block) >> start & 1 == 0:
        return False
    last = end - r.length[goes] if goes >= 0 else end
    if goes >= 0 and starts_of(r, s, goes, block) >> last & 1 == 0:
        return False
    size, brings = 0, NONE
    for index in range(s.many[who, block]):
        meeting = s.meetings[who, block, index]
        if meeting == came:
            continue
        if meeting == goes:
            continue
        if guest >= 0 and meeting == t.guest[0]:
            brings = size
        t.leaf[size] = meeting
        t.mask[size] = starts_of(r, s, meeting, block)
        size += 1
    if size > LEAVES:
        return False
    during = starts_of(r, s, t.guest[1], block) if brings >= 0 else 0
    first = r.length[came] if came >= 0 else 0
    _reach(r, t, size, start + first, first, idle, r.row_max[who], brings, during)
    return _ends(r, t, size, last, goes, idle, r.row_max[who], during)


@kernel
def _ends(r: Rules, t: Scratch, size: int, last: int, goes: int, idle: int, limit: int, during: int) -> bool:
    """Whether after all leaves what comes last can come, and no guest waits for a pause then."""
    whole = ((1 << size) - 1) * (idle + 1)
    for paused in range(idle + 1):
        more = idle - paused
        for waits in range(2):
            runs = t.reach[2 * (whole + paused) + waits]
            if runs == 0:
                continue
            if goes < 0:
                if waits == 0:
                    return True
                continue
            if waits == 1 and (more != 1 or during >> (last - 1) & 1 == 0):
                continue
            if more == 0 and (runs << r.length[goes]) & ((2 << limit) - 1) != 0:
                return True
            if more > 0 and runs > 1 and r.length[goes] <= limit:
                return True
    return False


@kernel
def _reach(
    r: Rules,
    t: Scratch,
    size: int,
    begin: int,
    first: int,
    idle: int,
    limit: int,
    brings: int,
    during: int,
) -> None:
    """For each set of leaves, idle slots so far, and whether a guest waits for a pause: bit n where somebody
    may have been busy for n slots in a row by now. ``brings``: the leaf with a guest, whose other meeting may
    begin ``during`` these slots."""
    allowed = (2 << limit) - 1
    for index in range((2 << size) * (idle + 1)):
        t.reach[index] = 0
    t.reach[0] = 1 << first
    for chosen in range(1 << size):
        taken = begin
        for leaf in range(size):
            if chosen >> leaf & 1 == 1:
                taken += r.length[t.leaf[leaf]]
        for state in range(2 * (idle + 1)):
            runs = t.reach[2 * chosen * (idle + 1) + state]
            paused, waits = state >> 1, state & 1
            if runs == 0:
                continue
            for more in range(idle - paused + 1 if runs > 1 else 1):
                now = taken + paused + more
                hosts = more == 1 and during >> (now - 1) & 1 == 1
                if waits == 1 and not hosts:
                    continue
                for leaf in range(size):
                    if chosen >> leaf & 1 == 1 or t.mask[leaf] >> now & 1 == 0:
                        continue
                    length = r.length[t.leaf[leaf]]
                    longer = (runs << length) & allowed if more == 0 else (1 << length) & allowed
                    then = 1 if leaf == brings and not hosts else 0
                    t.reach[2 * ((chosen | 1 << leaf) * (idle + 1) + paused + more) + then] |= longer
