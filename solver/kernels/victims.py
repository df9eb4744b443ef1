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
    could_talk,
    some_table,
    somebody,
    suits,
    talker_fits,
    their_class,
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
    LENGTH,
    MARK,
    MEMBER_PTR,
    P_AT,
    P_FIXED,
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
)
from solver.kernels.marks import (
    IMPOSSIBLE,
    add,
    any_of_row,
    day_of,
    in_slots,
    marked_of_row,
    too_long,
    too_many,
)
from solver.kernels.moves import below


@kernel
def _person(w: Ints, worth: Reals, random: Longs, person: int, start: int, end: int) -> float:
    at = w[P_AT] + person * w[SLOTS]
    loss = in_slots(w, worth, at, start, end)
    limit = w[w[P_ROW_MAX] + person]
    if limit < w[SLOTS]:
        loss += too_long(w, worth, random, at, start, end, limit)
    return loss + too_many(w, worth, random, person, start)


@kernel
def _people(w: Ints, worth: Reals, random: Longs, meeting: int, start: int, most: float) -> float:
    """Choose who comes, and add up what they have in the way."""
    end = start + w[w[LENGTH] + meeting]
    loss = 0.0
    seat = w[w[PEOPLE_PTR] + meeting]
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        many = w[w[MEMBER_PTR] + party + 1] - w[w[MEMBER_PTR] + party]
        if w[w[PARTY_SEAT] + party] >= 0:
            person, _ = somebody(w, random, party, start, end)
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
def _talker(w: Ints, worth: Reals, random: Longs, talker: int, start: int, end: int) -> float:
    at = w[T_AT] + talker * w[SLOTS]
    loss = in_slots(w, worth, at, start, end)
    if w[w[T_ROW_MAX] + talker] < w[SLOTS]:
        loss += too_long(w, worth, random, at, start, end, w[w[T_ROW_MAX] + talker])
    over = w[w[T_DAY] + talker * w[DAYS] + w[w[SLOT_DAY] + start]] + end - start - w[w[T_DAY_MAX] + talker]
    if over > 0:
        first, last = day_of(w, start)
        while over > marked_of_row(w, at, first, last, True) and loss < IMPOSSIBLE:
            loss += any_of_row(w, worth, random, at, first, last)
    return loss


@kernel
def _table(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    """Choose a class: with a table left, first where somebody is before or after; else where somebody goes
    anyway; else any that is open."""
    row = w[w[DEMAND] + meeting]
    first = w[w[DEMAND_PTR] + row]
    many = w[w[DEMAND_PTR] + row + 1] - first
    if many == 0:
        return False
    theirs = their_class(w, random, meeting, start, end)
    if theirs >= 0:
        w[w[CLASS] + meeting] = theirs
        return True
    turn = below(random, many)
    if some_table(w, meeting, start, end):
        for step in range(many):
            one = w[w[DEMAND_CLASS] + first + (turn + step) % many]
            if class_fits(w, meeting, one, start, end):
                w[w[CLASS] + meeting] = one
                return True
    if w[WALKS]:
        near = _taken_class(w, meeting, turn, start, end, True)
        if near >= 0:
            w[w[CLASS] + meeting] = near
            return True
    any_class = _taken_class(w, meeting, turn, start, end, False)
    w[w[CLASS] + meeting] = any_class
    return any_class >= 0


@kernel
def _taken_class(w: Ints, meeting: int, turn: int, start: int, end: int, near: bool) -> int:
    """A class that suits, though its tables are taken: first where somebody goes anyway. ``near``: only where
    nobody comes from, or goes on to, a zone too far away; -1: none."""
    row = w[w[DEMAND] + meeting]
    for place in range(w[VICTIMS]):
        victim = w[w[VICTIM] + place]
        if w[w[START] + victim] <= start and w[w[START] + victim] + w[w[LENGTH] + victim] >= end:
            one = w[w[CLASS] + victim]
            if suits(w, row, one) and not (near and _far_from(w, meeting, one, start, end)):
                return int(one)
    first = w[w[DEMAND_PTR] + row]
    many = w[w[DEMAND_PTR] + row + 1] - first
    for step in range(many):
        one = w[w[DEMAND_CLASS] + first + (turn + step) % many]
        if class_open(w, one, start, end) and not (near and _far_from(w, meeting, one, start, end)):
            return int(one)
    return -1


@kernel
def _far_from(w: Ints, meeting: int, row: int, start: int, end: int) -> bool:
    """Whether somebody who comes has a meeting just before or after, not marked, too far from a class."""
    zone = w[w[C_ZONE] + row]
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        at = w[P_AT] + w[w[PEOPLE] + seat] * w[SLOTS]
        if start > w[w[BLOCK_START] + start]:
            other = w[at + start - 1]
            if too_far(w, other, zone) and not w[w[MARK] + other]:
                return True
        if end < w[w[BLOCK_END] + start]:
            other = w[at + end]
            if too_far(w, other, zone) and not w[w[MARK] + other]:
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
            loss += add(w, worth, w[first + below(random, used)])
    return loss


@kernel
def _walks(w: Ints, worth: Reals, at: int, start: int, end: int, zone: int) -> float:
    """Neighbours in a row of P_AT or T_AT that are too far from ``zone``."""
    loss = 0.0
    if start > w[w[BLOCK_START] + start] and too_far(w, w[at + start - 1], zone):
        loss += add(w, worth, w[at + start - 1])
    if end < w[w[BLOCK_END] + start] and too_far(w, w[at + end], zone):
        loss += add(w, worth, w[at + end])
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
                    loss += add(w, worth, w[at + slot])
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
                    loss += add(w, worth, other)
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
            loss += add(w, worth, other)
    for row in range(w[w[BEHIND_PTR] + meeting], w[w[BEHIND_PTR] + meeting + 1]):
        other = w[w[BEHIND] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] < end:
            loss += add(w, worth, other)
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
