"""Who is in the way: meetings marked to go, what they are worth, and choosing among those of a row.

Marks are a list (VICTIM) and a flag of each meeting (MARK), so that nobody is counted twice.
"""

from __future__ import annotations

from solver.arrays import Ints, Longs, Reals
from solver.kernels import kernel
from solver.kernels.layout import (
    BLOCK_END,
    BLOCK_START,
    CO_COUNT,
    COMPANY,
    COMPANY_PTR,
    DAYS,
    FLOOR,
    G_COVERAGE,
    G_RULES,
    G_VALUE,
    MARK,
    MOST_OPERATIONS,
    MUST,
    P_AT,
    P_COUNT,
    P_DAY,
    P_DAY_MAX,
    P_MAX,
    SLOT_DAY,
    SLOTS,
    VICTIM,
    VICTIMS,
    WEIGHT,
)
from solver.kernels.moves import below, log_take

IMPOSSIBLE = 1e300
"""A cost that no temperature forgives."""


@kernel
def worth_of(w: Ints, worth: Reals, meeting: int, less: int) -> float:
    """What a meeting brings to coverage, value and musts: if removed (``less`` 1), if put (``less`` 0)."""
    total = worth[G_VALUE] * w[w[WEIGHT] + meeting] + worth[G_RULES] * w[w[MUST] + meeting]
    if worth[G_COVERAGE] > 0:
        for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
            total += worth[G_COVERAGE] * max(0, w[FLOOR] + less - w[w[CO_COUNT] + w[w[COMPANY] + row]])
    return float(total)


@kernel
def add(w: Ints, worth: Reals, victim: int) -> float:
    """Mark a meeting as in the way; what it is worth, 0 if it is marked already."""
    if w[w[MARK] + victim]:
        return 0.0
    if w[VICTIMS] >= MOST_OPERATIONS // 2:
        return IMPOSSIBLE
    w[w[MARK] + victim] = 1
    w[w[VICTIM] + w[VICTIMS]] = victim
    w[VICTIMS] += 1
    return worth_of(w, worth, victim, 1)


@kernel
def spare(w: Ints) -> None:
    """Forget who is in the way."""
    for place in range(w[VICTIMS]):
        w[w[MARK] + w[w[VICTIM] + place]] = 0
    w[VICTIMS] = 0


@kernel
def remove(w: Ints, sums: Longs) -> None:
    """Take out (logged) everything that is in the way."""
    for place in range(w[VICTIMS]):
        victim = w[w[VICTIM] + place]
        w[w[MARK] + victim] = 0
        log_take(w, sums, victim)
    w[VICTIMS] = 0


@kernel
def _stays(w: Ints, meeting: int) -> bool:
    """Whether a place of P_AT or T_AT holds a meeting that is not to go."""
    return bool(meeting >= 0 and not w[w[MARK] + meeting])


@kernel
def in_slots(w: Ints, worth: Reals, at: int, start: int, end: int) -> float:
    """What stands in the slots of a row of P_AT or T_AT."""
    loss = 0.0
    for slot in range(start, end):
        if w[at + slot] >= 0:
            loss += add(w, worth, w[at + slot])
    return loss


@kernel
def too_long(w: Ints, worth: Reals, random: Longs, at: int, start: int, end: int, limit: int) -> float:
    """A random meeting of the run through the slots, until the run keeps the limit."""
    loss = 0.0
    while True:
        first, last = start, end
        while first > w[w[BLOCK_START] + start] and _stays(w, w[at + first - 1]):
            first -= 1
        while last < w[w[BLOCK_END] + start] and _stays(w, w[at + last]):
            last += 1
        if last - first <= limit or loss >= IMPOSSIBLE:
            return loss
        turn = below(random, last - first - (end - start))
        slot = first + turn if first + turn < start else first + turn + end - start
        loss += add(w, worth, w[at + slot])


@kernel
def any_of_row(w: Ints, worth: Reals, random: Longs, at: int, first: int, last: int) -> float:
    """A random meeting of a row of P_AT or T_AT within the slots."""
    turn = below(random, last - first)
    for step in range(last - first):
        other = w[at + first + (turn + step) % (last - first)]
        if _stays(w, other):
            return add(w, worth, other)
    return IMPOSSIBLE


@kernel
def marked_of_row(w: Ints, at: int, first: int, last: int, slots: bool) -> int:
    """Marked meetings (or the slots that they take) of a row within the slots."""
    count, before = 0, -1
    for slot in range(first, last):
        other = w[at + slot]
        if other >= 0 and w[w[MARK] + other] and (slots or other != before):
            count += 1
        before = other
    return count


@kernel
def day_of(w: Ints, start: int) -> tuple[int, int]:
    """First slot, and the slot after the last, of the day of ``start``."""
    day = w[w[SLOT_DAY] + start]
    first, last = start, start + 1
    while first > 0 and w[w[SLOT_DAY] + first - 1] == day:
        first -= 1
    while last < w[SLOTS] and w[w[SLOT_DAY] + last] == day:
        last += 1
    return first, last


@kernel
def too_many(w: Ints, worth: Reals, random: Longs, person: int, start: int) -> float:
    """What a person has too much of: meetings of the day, meetings in all."""
    loss = 0.0
    at = w[P_AT] + person * w[SLOTS]
    over = w[w[P_DAY] + person * w[DAYS] + w[w[SLOT_DAY] + start]] + 1 - w[w[P_DAY_MAX] + person]
    if over > 0:
        first, last = day_of(w, start)
        while over > marked_of_row(w, at, first, last, False) and loss < IMPOSSIBLE:
            loss += any_of_row(w, worth, random, at, first, last)
    over = w[w[P_COUNT] + person] + 1 - w[w[P_MAX] + person]
    if over > 0:
        while over > marked_of_row(w, at, 0, w[SLOTS], False) and loss < IMPOSSIBLE:
            loss += any_of_row(w, worth, random, at, 0, w[SLOTS])
    return loss
