"""Placing and removing: the steps that every search is made of.

A step is written to a log and can be taken back. ``w`` is the flat array of ``layout``, ``sums`` the goals.
Who comes, which class of tables and which interpreter are chosen first (``fitting.find`` or ``victims.mark``,
written into the answer while the meeting has no start), then ``put`` enters the meeting. Those two see to it
that all hard rules are kept.
"""

from __future__ import annotations

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.layout import (
    B_BREAKS,
    B_IDLE,
    BLOCK_END,
    BLOCK_START,
    BLOCKS,
    C_CAP,
    C_ZONE,
    CELL,
    CELL_POS,
    CELL_POS_PTR,
    CELL_PTR,
    CHANGES,
    CLASS,
    CO_COUNT,
    COMPANY,
    COMPANY_PTR,
    DAYS,
    FLOOR,
    FREE,
    G_BREAKS,
    G_COVERAGE,
    G_IDLE,
    G_MOVES,
    G_PREFERENCES,
    G_RULES,
    G_VALUE,
    GAPS,
    LENGTH,
    LOG,
    LOG_OPS,
    LOG_TOP,
    MAX_BREAKS,
    MUST,
    P_AT,
    P_BREAKS,
    P_COUNT,
    P_DAY,
    P_DISLIKE,
    P_OPEN,
    PEOPLE,
    PEOPLE_PTR,
    SEATED,
    SLOT_BLOCK,
    SLOT_DAY,
    SLOT_WORDS,
    SLOTS,
    START,
    STARTS,
    STARTS_PTR,
    T_AT,
    T_DAY,
    TALKER,
    UNPLACED,
    UNPLACED_N,
    UNPLACED_POS,
    USED,
    WEIGHT,
    WORD_BITS,
    WORDS,
)

_MULTIPLIER, _STEP, _LOW31, _LOW32 = 1103515245, 12345, (1 << 31) - 1, (1 << 32) - 1


@kernel
def below(random: Longs, bound: int) -> int:
    """A random number from 0 to bound - 1 (< 2^31), the same compiled or not.

    A linear congruence combined with a xorshift. No step passes 2^63: compiled code may assume of signed
    numbers that they never overflow.
    """
    x = (random[0] * _MULTIPLIER + _STEP) & _LOW31
    y = random[1]
    y ^= (y << 13) & _LOW32
    y ^= y >> 17
    y ^= (y << 5) & _LOW32
    random[0] = x
    random[1] = y
    return int(((x ^ (y >> 1)) * bound) >> 31)


@kernel
def is_start(w: Ints, meeting: int, start: int) -> bool:
    """Whether a meeting may start there, by the rules that concern it alone."""
    for row in range(w[w[STARTS_PTR] + meeting], w[w[STARTS_PTR] + meeting + 1]):
        if w[w[STARTS] + row] == start:
            return True
    return False


@kernel
def _gaps(w: Ints, sums: Longs, person: int, block_slot: int) -> None:
    """Recount a person's idle slots and breaks in the block of ``block_slot``."""
    idle, breaks, since = 0, 0, -1
    at = w[P_AT] + person * w[SLOTS]
    for slot in range(w[w[BLOCK_START] + block_slot], w[w[BLOCK_END] + block_slot]):
        if w[at + slot] >= 0:
            if since >= 0 and slot - since > 1:
                idle += slot - since - 1
                breaks += 1
            since = slot
    row = person * w[BLOCKS] + w[w[SLOT_BLOCK] + block_slot]
    sums[G_IDLE] += w[w[B_IDLE] + row] - idle
    more = breaks - w[w[B_BREAKS] + row]
    sums[G_BREAKS] -= more
    if w[MAX_BREAKS] >= 0:
        before = w[w[P_BREAKS] + person]
        sums[G_RULES] += max(0, before - w[MAX_BREAKS]) - max(0, before + more - w[MAX_BREAKS])
    w[w[P_BREAKS] + person] += more
    w[w[B_IDLE] + row] = idle
    w[w[B_BREAKS] + row] = breaks


@kernel
def came_from(w: Ints, at: int, start: int) -> int:
    """The last meeting before ``start`` in its block, in a row of P_AT; -1: none."""
    for slot in range(start - 1, w[w[BLOCK_START] + start] - 1, -1):
        if w[at + slot] >= 0:
            return int(w[at + slot])
    return -1


@kernel
def goes_on_to(w: Ints, at: int, start: int, end: int) -> int:
    """The first meeting from ``end`` on in the block of ``start``, in a row of P_AT; -1: none."""
    for slot in range(end, w[w[BLOCK_END] + start]):
        if w[at + slot] >= 0:
            return int(w[at + slot])
    return -1


@kernel
def _step(w: Ints, sums: Longs, before: int, after: int, more: int) -> None:
    """Count somebody's way from a meeting to the next in (``more`` 1) or out (-1)."""
    if before < 0 or after < 0:
        return
    here, there = w[w[CLASS] + before], w[w[CLASS] + after]
    if here == there:
        return
    w[w[CHANGES] + before] += more
    w[w[CHANGES] + after] += more
    sums[G_MOVES] -= more
    if w[w[C_ZONE] + here] != w[w[C_ZONE] + there]:
        sums[G_MOVES] -= more


@kernel
def _seat(w: Ints, sums: Longs, meeting: int, more: int) -> None:
    """Count a meeting into (``more`` 1) or out of (-1) its people's changes of table."""
    start = w[w[START] + meeting]
    end = start + w[w[LENGTH] + meeting]
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        at = w[P_AT] + w[w[PEOPLE] + seat] * w[SLOTS]
        before, after = came_from(w, at, start), goes_on_to(w, at, start, end)
        _step(w, sums, before, after, -more)
        _step(w, sums, before, meeting, more)
        _step(w, sums, meeting, after, more)


@kernel
def _count(w: Ints, sums: Longs, meeting: int, step: int) -> None:
    """Count a meeting in (step 1) or out (step -1) of the goals and the companies' numbers."""
    sums[G_VALUE] += step * w[w[WEIGHT] + meeting]
    sums[G_RULES] += step * w[w[MUST] + meeting]
    for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
        company = w[w[COMPANY] + row]
        count = w[w[CO_COUNT] + company]
        if step > 0:
            sums[G_COVERAGE] += max(0, w[FLOOR] - count)
        else:
            sums[G_COVERAGE] -= max(0, w[FLOOR] + 1 - count)
        w[w[CO_COUNT] + company] = count + step


@kernel
def put(w: Ints, sums: Longs, meeting: int, start: int) -> None:
    """Enter a meeting at a start with the choices made. Nothing may stand in its way."""
    slots = w[SLOTS]
    length = w[w[LENGTH] + meeting]
    day = w[w[SLOT_DAY] + start]
    w[w[START] + meeting] = start
    _count(w, sums, meeting, 1)
    if w[SEATED]:
        _seat(w, sums, meeting, 1)
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        w[w[P_COUNT] + person] += 1
        w[w[P_DAY] + person * w[DAYS] + day] += 1
        for slot in range(start, start + length):
            w[w[P_AT] + person * slots + slot] = meeting
            w[w[P_OPEN] + person * w[SLOT_WORDS] + slot // WORD_BITS] ^= 1 << slot % WORD_BITS
            sums[G_PREFERENCES] -= w[w[P_DISLIKE] + person * slots + slot]
        if w[GAPS]:
            _gaps(w, sums, person, start)
    talker = w[w[TALKER] + meeting]
    if talker >= 0:
        w[w[T_DAY] + talker * w[DAYS] + day] += length
        for slot in range(start, start + length):
            w[w[T_AT] + talker * slots + slot] = meeting
    position = w[CELL_POS] + w[w[CELL_POS_PTR] + meeting] - start
    for slot in range(start, start + length):
        cell = w[w[CLASS] + meeting] * slots + slot
        used = w[w[USED] + cell]
        w[w[CELL] + w[w[CELL_PTR] + cell] + used] = meeting
        w[position + slot] = used
        w[w[USED] + cell] = used + 1
        if used + 1 >= w[w[C_CAP] + cell]:
            _flip_free(w, w[w[CLASS] + meeting], slot)
    w[UNPLACED_N] -= 1
    _swap_unplaced(w, meeting, w[UNPLACED_N])


@kernel
def take(w: Ints, sums: Longs, meeting: int) -> None:
    """Remove a placed meeting. Its choice of people, class and interpreter stays readable."""
    slots = w[SLOTS]
    start = w[w[START] + meeting]
    length = w[w[LENGTH] + meeting]
    day = w[w[SLOT_DAY] + start]
    if w[SEATED]:
        _seat(w, sums, meeting, -1)
    w[w[START] + meeting] = -1
    _count(w, sums, meeting, -1)
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        w[w[P_COUNT] + person] -= 1
        w[w[P_DAY] + person * w[DAYS] + day] -= 1
        for slot in range(start, start + length):
            w[w[P_AT] + person * slots + slot] = -1
            w[w[P_OPEN] + person * w[SLOT_WORDS] + slot // WORD_BITS] ^= 1 << slot % WORD_BITS
            sums[G_PREFERENCES] += w[w[P_DISLIKE] + person * slots + slot]
        if w[GAPS]:
            _gaps(w, sums, person, start)
    talker = w[w[TALKER] + meeting]
    if talker >= 0:
        w[w[T_DAY] + talker * w[DAYS] + day] -= length
        for slot in range(start, start + length):
            w[w[T_AT] + talker * slots + slot] = -1
    position = w[CELL_POS] + w[w[CELL_POS_PTR] + meeting] - start
    for slot in range(start, start + length):
        cell = w[w[CLASS] + meeting] * slots + slot
        used = w[w[USED] + cell] - 1
        if used + 1 >= w[w[C_CAP] + cell]:
            _flip_free(w, w[w[CLASS] + meeting], slot)
        first = w[CELL] + w[w[CELL_PTR] + cell]
        last = w[first + used]
        w[first + w[position + slot]] = last
        if last != meeting:
            w[w[CELL_POS] + w[w[CELL_POS_PTR] + last] + slot - w[w[START] + last]] = w[position + slot]
        w[w[USED] + cell] = used
    _swap_unplaced(w, meeting, w[UNPLACED_N])
    w[UNPLACED_N] += 1


@kernel
def _flip_free(w: Ints, row: int, slot: int) -> None:
    """Note that a class has its last table taken in a slot, or has one again."""
    w[w[FREE] + slot * w[WORDS] + row // WORD_BITS] ^= 1 << row % WORD_BITS


@kernel
def _swap_unplaced(w: Ints, meeting: int, place: int) -> None:
    """Move a meeting to ``place`` in the list whose first UNPLACED_N entries are the unplaced meetings."""
    here = w[w[UNPLACED_POS] + meeting]
    other = w[w[UNPLACED] + place]
    w[w[UNPLACED] + place] = meeting
    w[w[UNPLACED] + here] = other
    w[w[UNPLACED_POS] + meeting] = place
    w[w[UNPLACED_POS] + other] = here


# The log, an entry a step: [start (PUT: was put, else was taken from there), meeting, class, interpreter,
# people ..., size of the entry].
PUT = -2


@kernel
def entry_size(w: Ints, meeting: int) -> int:
    """Numbers in a log entry of a meeting."""
    return int(w[w[PEOPLE_PTR] + meeting + 1] - w[w[PEOPLE_PTR] + meeting] + 5)


@kernel
def _write(w: Ints, meeting: int, start: int) -> None:
    top = w[LOG] + w[LOG_TOP]
    w[top] = start
    w[top + 1] = meeting
    w[top + 2] = w[w[CLASS] + meeting]
    w[top + 3] = w[w[TALKER] + meeting]
    size = 4
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        w[top + size] = w[w[PEOPLE] + seat]
        size += 1
    w[top + size] = size + 1
    w[LOG_TOP] += size + 1
    w[LOG_OPS] += 1


@kernel
def log_put(w: Ints, sums: Longs, meeting: int, start: int) -> None:
    """:func:`put`, written down."""
    put(w, sums, meeting, start)
    _write(w, meeting, PUT)


@kernel
def log_take(w: Ints, sums: Longs, meeting: int) -> None:
    """:func:`take`, written down."""
    start = w[w[START] + meeting]
    take(w, sums, meeting)
    _write(w, meeting, start)


@kernel
def forget(w: Ints) -> None:
    """Start a new move: what was done stays done."""
    w[LOG_TOP] = 0
    w[LOG_OPS] = 0


@kernel
def undo(w: Ints, sums: Longs) -> None:
    """Take the whole move back, last step first."""
    while w[LOG_TOP] > 0:
        top = w[LOG] + w[LOG_TOP]
        size = w[top - 1]
        top -= size
        start, meeting = w[top], w[top + 1]
        if start == PUT:
            take(w, sums, meeting)
        else:
            w[w[CLASS] + meeting] = w[top + 2]
            w[w[TALKER] + meeting] = w[top + 3]
            first = w[w[PEOPLE_PTR] + meeting]
            for seat in range(first, w[w[PEOPLE_PTR] + meeting + 1]):
                w[w[PEOPLE] + seat] = w[top + 4 + seat - first]
            put(w, sums, meeting, start)
        w[LOG_TOP] -= size
    w[LOG_OPS] = 0
