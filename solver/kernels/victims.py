"""Who would have to go: what a meeting costs at a start, found out before anything is moved.

Most moves of annealing cost more than the temperature forgives. So the meetings in the way (*victims*) are
only marked, their worth is added up, and as soon as the sum is too high the move is over. Choices (who comes,
which class of tables, which interpreter) are written into the answer while the meeting has no start.
"""

from __future__ import annotations

from solver.arrays import Ints, Longs, Reals
from solver.kernels import kernel
from solver.kernels.fitting import (
    class_fits,
    class_open,
    could_come,
    could_talk,
    person_fits,
    some_table,
    suits,
    talker_fits,
    too_far,
)
from solver.kernels.layout import (
    BEFORE,
    BEFORE_PTR,
    BEHIND,
    BEHIND_PTR,
    BLOCK_END,
    BLOCK_START,
    C_CAP,
    C_ZONE,
    CELL,
    CELL_PTR,
    CLASS,
    CO_COUNT,
    CO_MAX,
    CO_MEETING,
    CO_MEETING_PTR,
    COMPANY,
    COMPANY_PTR,
    DAYS,
    DEMAND,
    DEMAND_CLASS,
    DEMAND_PTR,
    FIXES,
    FLOOR,
    G_COVERAGE,
    G_RULES,
    G_VALUE,
    LENGTH,
    MARK,
    MEMBER,
    MEMBER_PTR,
    MOST_OPERATIONS,
    MUST,
    P_AT,
    P_COUNT,
    P_DAY,
    P_DAY_MAX,
    P_FIXED,
    P_MAX,
    P_ROW_MAX,
    PAIR,
    PAIR_PTR,
    PAIR_TALKER,
    PARTY_PTR,
    PARTY_SEAT,
    PEOPLE,
    PEOPLE_PTR,
    SLOT_DAY,
    SLOTS,
    START,
    T_AT,
    T_DAY,
    T_DAY_MAX,
    T_ROW_MAX,
    TALKER,
    USED,
    VICTIM,
    VICTIMS,
    WALKS,
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
def _add(w: Ints, worth: Reals, victim: int) -> float:
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
def _in_slots(w: Ints, worth: Reals, at: int, start: int, end: int) -> float:
    """What stands in the slots of a row of P_AT or T_AT."""
    loss = 0.0
    for slot in range(start, end):
        if w[at + slot] >= 0:
            loss += _add(w, worth, w[at + slot])
    return loss


@kernel
def _too_long(w: Ints, worth: Reals, random: Longs, at: int, start: int, end: int, limit: int) -> float:
    """A random meeting of the run through the slots, until the run keeps the limit."""
    loss = 0.0
    while True:
        first, last = start, end
        while first > w[w[BLOCK_START] + start] and _stays(w, w[at + first - 1]):
            first -= 1
        while last < w[w[BLOCK_END] + start] and _stays(w, w[at + last]):
            last += 1
        if last - first <= limit:
            return loss
        turn = below(random, last - first - (end - start))
        slot = first + turn if first + turn < start else first + turn + end - start
        loss += _add(w, worth, w[at + slot])


@kernel
def _any_of_row(w: Ints, worth: Reals, random: Longs, at: int, first: int, last: int) -> float:
    """A random meeting of a row of P_AT or T_AT within the slots."""
    turn = below(random, last - first)
    for step in range(last - first):
        other = w[at + first + (turn + step) % (last - first)]
        if _stays(w, other):
            return _add(w, worth, other)
    return IMPOSSIBLE


@kernel
def _marked_of_row(w: Ints, at: int, first: int, last: int, slots: bool) -> int:
    """Marked meetings (or the slots that they take) of a row within the slots."""
    count, before = 0, -1
    for slot in range(first, last):
        other = w[at + slot]
        if other >= 0 and w[w[MARK] + other] and (slots or other != before):
            count += 1
        before = other
    return count


@kernel
def _day_of(w: Ints, start: int) -> tuple[int, int]:
    """First slot, and the slot after the last, of the day of ``start``."""
    day = w[w[SLOT_DAY] + start]
    first, last = start, start + 1
    while first > 0 and w[w[SLOT_DAY] + first - 1] == day:
        first -= 1
    while last < w[SLOTS] and w[w[SLOT_DAY] + last] == day:
        last += 1
    return first, last


@kernel
def _too_many(w: Ints, worth: Reals, random: Longs, person: int, start: int) -> float:
    """What a person has too much of: meetings of the day, meetings in all."""
    loss = 0.0
    at = w[P_AT] + person * w[SLOTS]
    over = w[w[P_DAY] + person * w[DAYS] + w[w[SLOT_DAY] + start]] + 1 - w[w[P_DAY_MAX] + person]
    if over > 0:
        first, last = _day_of(w, start)
        while over > _marked_of_row(w, at, first, last, False) and loss < IMPOSSIBLE:
            loss += _any_of_row(w, worth, random, at, first, last)
    over = w[w[P_COUNT] + person] + 1 - w[w[P_MAX] + person]
    if over > 0:
        while over > _marked_of_row(w, at, 0, w[SLOTS], False) and loss < IMPOSSIBLE:
            loss += _any_of_row(w, worth, random, at, 0, w[SLOTS])
    return loss


@kernel
def _person(w: Ints, worth: Reals, random: Longs, person: int, start: int, end: int) -> float:
    at = w[P_AT] + person * w[SLOTS]
    loss = _in_slots(w, worth, at, start, end)
    limit = w[w[P_ROW_MAX] + person]
    if limit < w[SLOTS]:
        loss += _too_long(w, worth, random, at, start, end, limit)
    return loss + _too_many(w, worth, random, person, start)


@kernel
def _people(w: Ints, worth: Reals, random: Longs, meeting: int, start: int, most: float) -> float:
    """Choose who comes, and add up what they have in the way."""
    end = start + w[w[LENGTH] + meeting]
    loss = 0.0
    seat = w[w[PEOPLE_PTR] + meeting]
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        first = w[w[MEMBER_PTR] + party]
        many = w[w[MEMBER_PTR] + party + 1] - first
        if w[w[PARTY_SEAT] + party] >= 0:
            person = _somebody(w, random, first, many, start, end)
            if person < 0:
                return IMPOSSIBLE
            w[w[PEOPLE] + seat] = person
            many = 1
        for _ in range(many):
            loss += _person(w, worth, random, w[w[PEOPLE] + seat], start, end)
            seat += 1
        if loss > most:
            return loss
    return loss


@kernel
def _somebody(w: Ints, random: Longs, first: int, many: int, start: int, end: int) -> int:
    """Somebody of a party without conflict where there is one, else anybody who could come; -1: nobody."""
    turn = below(random, many)
    spare_one = -1
    for step in range(many):
        person = w[w[MEMBER] + first + (turn + step) % many]
        if could_come(w, person, start, end):
            if person_fits(w, person, start, end):
                return int(person)
            spare_one = person
    return spare_one


@kernel
def _talker(w: Ints, worth: Reals, random: Longs, talker: int, start: int, end: int) -> float:
    at = w[T_AT] + talker * w[SLOTS]
    loss = _in_slots(w, worth, at, start, end)
    if w[w[T_ROW_MAX] + talker] < w[SLOTS]:
        loss += _too_long(w, worth, random, at, start, end, w[w[T_ROW_MAX] + talker])
    over = w[w[T_DAY] + talker * w[DAYS] + w[w[SLOT_DAY] + start]] + end - start - w[w[T_DAY_MAX] + talker]
    if over > 0:
        first, last = _day_of(w, start)
        while over > _marked_of_row(w, at, first, last, True) and loss < IMPOSSIBLE:
            loss += _any_of_row(w, worth, random, at, first, last)
    return loss


@kernel
def _table(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    """Choose a class: with a table left; else where somebody goes anyway; else any that is open."""
    row = w[w[DEMAND] + meeting]
    first = w[w[DEMAND_PTR] + row]
    many = w[w[DEMAND_PTR] + row + 1] - first
    if many == 0:
        return False
    turn = below(random, many)
    if some_table(w, meeting, start, end):
        for step in range(many):
            one = w[w[DEMAND_CLASS] + first + (turn + step) % many]
            if class_fits(w, meeting, one, start, end):
                w[w[CLASS] + meeting] = one
                return True
    for place in range(w[VICTIMS]):
        victim = w[w[VICTIM] + place]
        if w[w[START] + victim] <= start and w[w[START] + victim] + w[w[LENGTH] + victim] >= end:
            one = w[w[CLASS] + victim]
            if suits(w, row, one):
                w[w[CLASS] + meeting] = one
                return True
    for step in range(many):
        one = w[w[DEMAND_CLASS] + first + (turn + step) % many]
        if class_open(w, one, start, end):
            w[w[CLASS] + meeting] = one
            return True
    return False


@kernel
def _cells(w: Ints, worth: Reals, random: Longs, row: int, start: int, end: int) -> float:
    """One of those at the tables of a full class, in each slot."""
    loss = 0.0
    for slot in range(start, end):
        cell = row * w[SLOTS] + slot
        used, first = w[w[USED] + cell], w[CELL] + w[w[CELL_PTR] + cell]
        if used < w[w[C_CAP] + cell]:
            continue
        free = False
        for place in range(used):
            if w[w[MARK] + w[first + place]]:
                free = True
                break
        if not free:
            loss += _add(w, worth, w[first + below(random, used)])
    return loss


@kernel
def _walks(w: Ints, worth: Reals, at: int, start: int, end: int, zone: int) -> float:
    """Neighbours in a row of P_AT or T_AT that are too far from ``zone``."""
    loss = 0.0
    if start > w[w[BLOCK_START] + start] and too_far(w, w[at + start - 1], zone):
        loss += _add(w, worth, w[at + start - 1])
    if end < w[w[BLOCK_END] + start] and too_far(w, w[at + end], zone):
        loss += _add(w, worth, w[at + end])
    return loss


@kernel
def _zones(w: Ints, worth: Reals, meeting: int, start: int, end: int) -> float:
    """What is too far from the class chosen, or at another table of somebody who stays at one."""
    loss = 0.0
    row = w[w[CLASS] + meeting]
    zone = w[w[C_ZONE] + row]
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        at = w[P_AT] + person * w[SLOTS]
        if w[WALKS]:
            loss += _walks(w, worth, at, start, end, zone)
        if w[w[P_FIXED] + person]:
            for slot in range(w[w[BLOCK_START] + start], w[w[BLOCK_END] + start]):
                if w[at + slot] >= 0 and w[w[CLASS] + w[at + slot]] != row:
                    loss += _add(w, worth, w[at + slot])
    if w[WALKS] and w[w[TALKER] + meeting] >= 0:
        loss += _walks(w, worth, w[T_AT] + w[w[TALKER] + meeting] * w[SLOTS], start, end, zone)
    return loss


@kernel
def _interpreter(w: Ints, worth: Reals, random: Longs, meeting: int, start: int, end: int) -> float:
    """Choose an interpreter without conflict where there is one, else anybody; what stands in the way."""
    pair = w[w[PAIR] + meeting]
    if pair < 0:
        return 0.0
    first = w[w[PAIR_PTR] + pair]
    many = w[w[PAIR_PTR] + pair + 1] - first
    if many == 0:
        return IMPOSSIBLE
    zone = w[w[C_ZONE] + w[w[CLASS] + meeting]]
    turn = below(random, many)
    chosen = -1
    for step in range(many):
        talker = w[w[PAIR_TALKER] + first + (turn + step) % many]
        if not could_talk(w, talker, start, end):
            continue
        chosen = talker
        if talker_fits(w, talker, start, end, zone):
            break
    if chosen < 0:
        return IMPOSSIBLE
    w[w[TALKER] + meeting] = chosen
    return _talker(w, worth, random, chosen, start, end)


@kernel
def _companies(w: Ints, worth: Reals, random: Longs, meeting: int) -> float:
    """Random meetings of companies that have as many as they may."""
    loss = 0.0
    for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
        company = w[w[COMPANY] + row]
        over = w[w[CO_COUNT] + company] + 1 - w[w[CO_MAX] + company]
        if over <= 0:
            continue
        over -= _marked_of_company(w, company)
        first = w[w[CO_MEETING_PTR] + company]
        many = w[w[CO_MEETING_PTR] + company + 1] - first
        while over > 0:
            turn = below(random, many)
            for step in range(many):
                other = w[w[CO_MEETING] + first + (turn + step) % many]
                if w[w[START] + other] >= 0 and not w[w[MARK] + other]:
                    loss += _add(w, worth, other)
                    break
            over -= 1
    return loss


@kernel
def _marked_of_company(w: Ints, company: int) -> int:
    count = 0
    for place in range(w[VICTIMS]):
        victim = w[w[VICTIM] + place]
        for row in range(w[w[COMPANY_PTR] + victim], w[w[COMPANY_PTR] + victim + 1]):
            if w[w[COMPANY] + row] == company:
                count += 1
    return count


@kernel
def _order(w: Ints, worth: Reals, meeting: int, start: int, end: int) -> float:
    """Meetings that would come on the wrong side of this one."""
    loss = 0.0
    for row in range(w[w[BEFORE_PTR] + meeting], w[w[BEFORE_PTR] + meeting + 1]):
        other = w[w[BEFORE] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] + w[w[LENGTH] + other] > start:
            loss += _add(w, worth, other)
    for row in range(w[w[BEHIND_PTR] + meeting], w[w[BEHIND_PTR] + meeting + 1]):
        other = w[w[BEHIND] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] < end:
            loss += _add(w, worth, other)
    return loss


@kernel
def mark(w: Ints, worth: Reals, random: Longs, meeting: int, start: int, most: float) -> float:
    """Choose who comes, a class and an interpreter for a meeting without a place, and mark who has to go.

    The worth of those, or some number above ``most``: then marking may have ended early, and nothing but
    :func:`spare` may follow; else :func:`remove`, and the meeting fits.
    """
    end = start + w[w[LENGTH] + meeting]
    loss = _people(w, worth, random, meeting, start, most)
    if loss > most:
        return loss
    if not _table(w, random, meeting, start, end):
        return IMPOSSIBLE
    loss += _interpreter(w, worth, random, meeting, start, end)
    if loss > most:
        return loss
    if w[WALKS] or w[FIXES]:
        loss += _zones(w, worth, meeting, start, end)
    loss += _companies(w, worth, random, meeting)
    loss += _order(w, worth, meeting, start, end)
    if loss <= most:
        loss += _cells(w, worth, random, w[w[CLASS] + meeting], start, end)
    return loss
