"""Plain forums: placing meetings by Kempe chains.

Every meeting has fixed people and takes one slot; tables only limit how many meetings a slot holds. People
are nodes, meetings edges, slots colours. The *chain* of a meeting and a slot b is the connected component of
the meetings at its own slot a and at b: exchanging a and b on it keeps everybody single-booked.
"""

from __future__ import annotations

from typing import NamedTuple

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.moves import below


class Forum(NamedTuple):
    """A plain forum and its schedule in flat sequences: arrays, or lists where kernels run as they stand."""

    ptr: Ints  # [M + 1] offsets into people
    people: Ints  # of each meeting
    can: Ints  # [M * S] whether the meeting may take place in the slot
    at: Ints  # [P * S] meeting of the person in the slot, -1: none
    used: Ints  # [S] tables in use
    room: Ints  # [S] tables
    start: Ints  # [M] slot, -1: not placed
    queue: Ints  # [M] scratch: a chain
    mark: Ints  # [M] scratch: 1 while in the chain


@kernel
def enter(f: Forum, meeting: int, slot: int) -> None:
    """Place a meeting in a slot in which all its people and a table are free."""
    slots = len(f.room)
    f.start[meeting] = slot
    f.used[slot] += 1
    for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
        f.at[f.people[row] * slots + slot] = meeting


@kernel
def _all_free(f: Forum, meeting: int, slot: int) -> bool:
    slots = len(f.room)
    for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
        if f.at[f.people[row] * slots + slot] >= 0:
            return False
    return True


@kernel
def grow(f: Forum, size: int, one: int, two: int, limit: int) -> int:
    """Complete the chain whose first ``size`` meetings stand in ``queue`` (marked) over slots one and
    two. Returns its size; -1 if one of it can't change slots, or it passes ``limit``. Marks are cleared.
    """
    slots = len(f.room)
    done = 0
    good = True
    while good and done < size:
        meeting = f.queue[done]
        done += 1
        target = two if f.start[meeting] == one else one
        if not f.can[meeting * slots + target]:
            good = False
            break
        for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
            other = f.at[f.people[row] * slots + target]
            if other >= 0 and not f.mark[other]:
                if size >= limit:
                    good = False
                    break
                f.mark[other] = 1
                f.queue[size] = other
                size += 1
    for index in range(size):
        f.mark[f.queue[index]] = 0
    return size if good else -1


@kernel
def exchange(f: Forum, size: int, one: int, two: int) -> None:
    """Exchange two slots along a complete chain."""
    slots = len(f.room)
    for index in range(size):
        meeting = f.queue[index]
        slot = f.start[meeting]
        for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
            if f.at[f.people[row] * slots + slot] == meeting:
                f.at[f.people[row] * slots + slot] = -1
        f.used[slot] -= 1
        f.start[meeting] = -1 - slot
    for index in range(size):
        meeting = f.queue[index]
        slot = two if -1 - f.start[meeting] == one else one
        f.start[meeting] = slot
        f.used[slot] += 1
        for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
            f.at[f.people[row] * slots + slot] = meeting


@kernel
def _free_by_chain(f: Forum, meeting: int, one: int, two: int) -> bool:
    """Free slot ``one`` for a meeting by an exchange with slot ``two``, if that is possible."""
    slots = len(f.room)
    size = 0
    for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
        other = f.at[f.people[row] * slots + one]
        if other >= 0 and not f.mark[other]:
            f.mark[other] = 1
            f.queue[size] = other
            size += 1
    if size == 0:
        return bool(f.used[one] < f.room[one])
    size = grow(f, size, one, two, len(f.mark))
    if size < 0:
        return False
    gain = 0
    for index in range(size):
        other = f.queue[index]
        if f.start[other] == one:
            gain += 1
        else:
            gain -= 1
            for row in range(f.ptr[other], f.ptr[other + 1]):
                for mine in range(f.ptr[meeting], f.ptr[meeting + 1]):
                    if f.people[row] == f.people[mine]:
                        return False
    if f.used[one] - gain + 1 > f.room[one] or f.used[two] + gain > f.room[two]:
        return False
    exchange(f, size, one, two)
    return True


@kernel
def _make_room(f: Forum, slot: int, random: Longs, tries: int) -> bool:
    """Lower the number of meetings in a full slot by an exchange along a chain that has more of them."""
    slots = len(f.room)
    meetings = len(f.start)
    for _ in range(tries):
        meeting = below(random, meetings)
        if f.start[meeting] != slot:
            continue
        two = below(random, slots)
        if two == slot or f.used[two] >= f.room[two]:
            continue
        f.queue[0] = meeting
        f.mark[meeting] = 1
        size = grow(f, 1, slot, two, meetings)
        if size < 0:
            continue
        gain = 0
        for index in range(size):
            gain += 1 if f.start[f.queue[index]] == slot else -1
        if gain > 0 and f.used[two] + gain <= f.room[two]:
            exchange(f, size, slot, two)
            return True
    return False


@kernel
def _slot_by_chains(f: Forum, meeting: int, turn: int) -> int:
    """Free some slot for a meeting by one exchange; the slot, or -1. Slots are tried from ``turn`` on."""
    slots = len(f.room)
    for first in range(slots):
        one = (turn + first) % slots
        if not f.can[meeting * slots + one]:
            continue
        for step in range(1, slots):
            if _free_by_chain(f, meeting, one, (one + step) % slots):
                return one
    return -1


@kernel
def place(f: Forum, order: Ints, random: Longs, tries: int) -> int:
    """Place the meetings of ``order`` one by one, moving others along chains; how many found no place.

    A free slot is taken where the least share of tables is in use, so that slots fill evenly.
    """
    slots = len(f.room)
    left = 0
    for meeting in order:
        best = -1
        for slot in range(slots):
            if f.can[meeting * slots + slot] and f.used[slot] < f.room[slot]:
                if best >= 0 and f.used[slot] * f.room[best] >= f.used[best] * f.room[slot]:
                    continue
                if _all_free(f, meeting, slot):
                    best = slot
        if best < 0:
            best = _slot_by_chains(f, meeting, below(random, slots))
        if best < 0 and tries > 0:
            for slot in range(slots):
                if (
                    best < 0
                    and f.can[meeting * slots + slot]
                    and _all_free(f, meeting, slot)
                    and _make_room(f, slot, random, tries)
                    and _all_free(f, meeting, slot)
                    and f.used[slot] < f.room[slot]
                ):
                    best = slot
        if best < 0:
            left += 1
        else:
            enter(f, meeting, best)
    return left


@kernel
def shake(f: Forum, random: Longs, times: int) -> None:
    """Make random exchanges, so that another try of :func:`place` meets another colouring."""
    slots, meetings = len(f.room), len(f.start)
    for _ in range(times):
        meeting = below(random, meetings)
        two = below(random, slots)
        one = f.start[meeting]
        if one < 0 or one == two:
            continue
        f.queue[0] = meeting
        f.mark[meeting] = 1
        size = grow(f, 1, one, two, meetings)
        if size < 0:
            continue
        gain = 0
        for index in range(size):
            gain += 1 if f.start[f.queue[index]] == one else -1
        if f.used[two] + gain <= f.room[two] and f.used[one] - gain <= f.room[one]:
            exchange(f, size, one, two)
