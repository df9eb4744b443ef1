"""Whether a meeting fits as things are, and with whom, in which class of tables, with which interpreter."""

from __future__ import annotations

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.layout import (
    BEFORE,
    BEFORE_PTR,
    BEHIND,
    BEHIND_PTR,
    BLOCK_END,
    BLOCK_START,
    C_CAP,
    C_ZONE,
    CLASS,
    CO_COUNT,
    CO_MAX,
    COMPANY,
    COMPANY_PTR,
    DAYS,
    DEMAND,
    DEMAND_CLASS,
    DEMAND_PTR,
    FIXES,
    FREE,
    GAPS,
    LENGTH,
    MEMBER,
    MEMBER_PTR,
    P_AT,
    P_COUNT,
    P_DAY,
    P_DAY_MAX,
    P_FIXED,
    P_FREE,
    P_MAX,
    P_OPEN,
    P_ROW_MAX,
    PAIR,
    PAIR_PTR,
    PAIR_TALKER,
    PARTY_PTR,
    PARTY_SEAT,
    PEOPLE,
    PEOPLE_PTR,
    SEATED,
    SLOT_DAY,
    SLOT_WORDS,
    SLOTS,
    START,
    SUITS,
    T_AT,
    T_DAY,
    T_DAY_MAX,
    T_FREE,
    T_ROW_MAX,
    TALKER,
    USED,
    WALK,
    WALKS,
    WORD_BITS,
    WORDS,
    ZONES,
)
from solver.kernels.moves import below, came_from, goes_on_to

ANYBODY = 8
"""One time in so many anybody of a party comes, whatever the strain: else some never would."""

UNBEARABLE = 1 << 30
"""More than any strain."""


@kernel
def _run(w: Ints, at: int, start: int, end: int) -> int:
    """Length of the run of occupied slots that would hold start .. end - 1; ``at``: a row of P_AT or T_AT."""
    first, last = start, end
    while first > w[w[BLOCK_START] + start] and w[at + first - 1] >= 0:
        first -= 1
    while last < w[w[BLOCK_END] + start] and w[at + last] >= 0:
        last += 1
    return int(last - first)


@kernel
def too_far(w: Ints, other: int, zone: int) -> bool:
    """Whether a place of P_AT or T_AT holds a meeting that is too far from ``zone`` to come from at once."""
    return bool(other >= 0 and w[w[WALK] + zone * w[ZONES] + w[w[C_ZONE] + w[w[CLASS] + other]]])


@kernel
def _near_zone(w: Ints, at: int, start: int, end: int, zone: int) -> bool:
    """Whether the neighbours in a row of P_AT or T_AT are within a walk of ``zone``."""
    if start > w[w[BLOCK_START] + start] and too_far(w, w[at + start - 1], zone):
        return False
    return bool(end >= w[w[BLOCK_END] + start] or not too_far(w, w[at + end], zone))


@kernel
def could_come(w: Ints, person: int, start: int, end: int) -> bool:
    """Whether availability and the limit in a row allow a person the slots, whatever else is placed."""
    if w[w[P_ROW_MAX] + person] < end - start:
        return False
    for slot in range(start, end):
        if not w[w[P_FREE] + person * w[SLOTS] + slot]:
            return False
    return True


@kernel
def person_fits(w: Ints, person: int, start: int, end: int) -> bool:
    at = w[P_AT] + person * w[SLOTS]
    for slot in range(start, end):
        if w[at + slot] >= 0:
            return False
    if w[w[P_COUNT] + person] >= w[w[P_MAX] + person]:
        return False
    if w[w[P_DAY] + person * w[DAYS] + w[w[SLOT_DAY] + start]] >= w[w[P_DAY_MAX] + person]:
        return False
    limit = w[w[P_ROW_MAX] + person]
    return bool(limit >= w[SLOTS] or _run(w, at, start, end) <= limit)


@kernel
def could_talk(w: Ints, talker: int, start: int, end: int) -> bool:
    if w[w[T_ROW_MAX] + talker] < end - start or w[w[T_DAY_MAX] + talker] < end - start:
        return False
    for slot in range(start, end):
        if not w[w[T_FREE] + talker * w[SLOTS] + slot]:
            return False
    return True


@kernel
def talker_fits(w: Ints, talker: int, start: int, end: int, zone: int) -> bool:
    at = w[T_AT] + talker * w[SLOTS]
    for slot in range(start, end):
        if w[at + slot] >= 0:
            return False
    day = talker * w[DAYS] + w[w[SLOT_DAY] + start]
    if w[w[T_DAY] + day] + end - start > w[w[T_DAY_MAX] + talker]:
        return False
    if w[w[T_ROW_MAX] + talker] < w[SLOTS] and _run(w, at, start, end) > w[w[T_ROW_MAX] + talker]:
        return False
    return bool(not w[WALKS] or _near_zone(w, at, start, end, zone))


@kernel
def class_open(w: Ints, row: int, start: int, end: int) -> bool:
    for slot in range(start, end):
        if w[w[C_CAP] + row * w[SLOTS] + slot] == 0:
            return False
    return True


@kernel
def class_fits(w: Ints, meeting: int, row: int, start: int, end: int) -> bool:
    """Whether a class has a table left and suits the people chosen (walks, fixed tables)."""
    slots = w[SLOTS]
    for slot in range(start, end):
        if w[w[USED] + row * slots + slot] >= w[w[C_CAP] + row * slots + slot]:
            return False
    if not w[WALKS] and not w[FIXES]:
        return True
    zone = w[w[C_ZONE] + row]
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        if w[WALKS] and not _near_zone(w, w[P_AT] + person * slots, start, end, zone):
            return False
        if w[w[P_FIXED] + person]:
            for slot in range(w[w[BLOCK_START] + start], w[w[BLOCK_END] + start]):
                other = w[w[P_AT] + person * slots + slot]
                if other >= 0 and w[w[CLASS] + other] != row:
                    return False
    return True


@kernel
def _order_fits(w: Ints, meeting: int, start: int, end: int) -> bool:
    for row in range(w[w[BEFORE_PTR] + meeting], w[w[BEFORE_PTR] + meeting + 1]):
        other = w[w[BEFORE] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] + w[w[LENGTH] + other] > start:
            return False
    for row in range(w[w[BEHIND_PTR] + meeting], w[w[BEHIND_PTR] + meeting + 1]):
        other = w[w[BEHIND] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] < end:
            return False
    return True


@kernel
def companies_fit(w: Ints, meeting: int) -> bool:
    for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
        company = w[w[COMPANY] + row]
        if w[w[CO_COUNT] + company] >= w[w[CO_MAX] + company]:
            return False
    return True


@kernel
def _strain(w: Ints, person: int, start: int, end: int) -> int:
    """What a person's coming costs of the goals that count gaps and changes of table: twice the idle slots
    that it makes (below 0: that it fills), and one more for a step to or from another meeting."""
    at = w[P_AT] + person * w[SLOTS]
    before, after = came_from(w, at, start), goes_on_to(w, at, start, end)
    if before < 0 and after < 0:
        return 0
    if before >= 0 and after >= 0:
        idle = start - end
    elif before >= 0:
        idle = start - w[w[START] + before] - w[w[LENGTH] + before]
    else:
        idle = w[w[START] + after] - end
    return int(2 * idle + w[SEATED])


@kernel
def somebody(w: Ints, random: Longs, party: int, start: int, end: int) -> tuple[int, bool]:
    """Who comes for an any-one-of party, and whether without conflict: of those the one for whom it is least
    of a strain, or any, where gaps do not count; else anybody who could come (-1: nobody)."""
    first = w[w[MEMBER_PTR] + party]
    many = w[w[MEMBER_PTR] + party + 1] - first
    turn = below(random, many)
    choosy = w[GAPS] and many > 1 and below(random, ANYBODY) > 0
    chosen, spare, least = -1, -1, UNBEARABLE
    for step in range(many):
        person = w[w[MEMBER] + first + (turn + step) % many]
        if not could_come(w, person, start, end):
            continue
        if not person_fits(w, person, start, end):
            spare = person
            continue
        if not choosy:
            return int(person), True
        strain = _strain(w, person, start, end)
        if strain < least:
            chosen, least = person, strain
    if chosen < 0:
        return int(spare), False
    return int(chosen), True


@kernel
def _pick_people(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    """Choose who comes for each any-one-of party. True: nobody has a conflict."""
    fits = True
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        seat = w[w[PARTY_SEAT] + party]
        if seat >= 0:
            person, free = somebody(w, random, party, start, end)
            w[w[PEOPLE] + seat] = person
            fits = fits and free
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        if w[w[PARTY_SEAT] + party] >= 0 or not fits:
            continue
        for row in range(w[w[MEMBER_PTR] + party], w[w[MEMBER_PTR] + party + 1]):
            if not person_fits(w, w[w[MEMBER] + row], start, end):
                fits = False
    return fits


@kernel
def their_class(w: Ints, random: Longs, meeting: int, start: int, end: int) -> int:
    """The class of a meeting that one of the people comes from or goes on to, if the meeting fits there;
    -1: none. Only where changes of table count."""
    if not w[SEATED]:
        return -1
    first = w[w[PEOPLE_PTR] + meeting]
    many = 2 * (w[w[PEOPLE_PTR] + meeting + 1] - first)
    turn = below(random, many)
    for step in range(many):
        way = (turn + step) % many
        at = w[P_AT] + w[w[PEOPLE] + first + way // 2] * w[SLOTS]
        other = came_from(w, at, start) if way % 2 else goes_on_to(w, at, start, end)
        if other >= 0:
            row = w[w[CLASS] + other]
            if suits(w, w[w[DEMAND] + meeting], row) and class_fits(w, meeting, row, start, end):
                return int(row)
    return -1


@kernel
def _pick_class(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    theirs = their_class(w, random, meeting, start, end)
    if theirs >= 0:
        w[w[CLASS] + meeting] = theirs
        return True
    first = w[w[DEMAND_PTR] + w[w[DEMAND] + meeting]]
    many = w[w[DEMAND_PTR] + w[w[DEMAND] + meeting] + 1] - first
    turn = below(random, many)
    spare = -1
    for step in range(many):
        row = w[w[DEMAND_CLASS] + first + (turn + step) % many]
        if class_fits(w, meeting, row, start, end):
            w[w[CLASS] + meeting] = row
            return True
        if spare < 0 and class_open(w, row, start, end):
            spare = row
    w[w[CLASS] + meeting] = spare
    return False


@kernel
def _pick_talker(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    pair = w[w[PAIR] + meeting]
    if pair < 0:
        return True
    zone = w[w[C_ZONE] + w[w[CLASS] + meeting]]
    first = w[w[PAIR_PTR] + pair]
    many = w[w[PAIR_PTR] + pair + 1] - first
    turn = below(random, many)
    spare = -1
    for step in range(many):
        talker = w[w[PAIR_TALKER] + first + (turn + step) % many]
        if not could_talk(w, talker, start, end):
            continue
        if talker_fits(w, talker, start, end, zone):
            w[w[TALKER] + meeting] = talker
            return True
        spare = talker
    w[w[TALKER] + meeting] = spare
    return False


@kernel
def some_table(w: Ints, meeting: int, start: int, end: int) -> bool:
    """Whether a class that suits the meeting has a table left, whoever comes: asked first, as it is quick."""
    words = w[WORDS]
    suiting = w[SUITS] + w[w[DEMAND] + meeting] * words
    for word in range(words):
        bits = w[suiting + word]
        for slot in range(start, end):
            bits &= w[w[FREE] + slot * words + word]
        if bits:
            return True
    return False


@kernel
def suits(w: Ints, demand: int, row: int) -> bool:
    """Whether a class of tables suits meetings of a demand."""
    return bool(w[w[SUITS] + demand * w[WORDS] + row // WORD_BITS] >> (row % WORD_BITS) & 1)


@kernel
def open_slots(w: Ints, meeting: int, word: int) -> int:
    """Slots (bits of a word) in which somebody of each party is there and has no meeting."""
    bits = (1 << WORD_BITS) - 1
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        every = w[w[PARTY_SEAT] + party] < 0
        some = 0
        for row in range(w[w[MEMBER_PTR] + party], w[w[MEMBER_PTR] + party + 1]):
            mine = w[w[P_OPEN] + w[w[MEMBER] + row] * w[SLOT_WORDS] + word]
            if every:
                bits &= mine
            else:
                some |= mine
        if not every:
            bits &= some
    return int(bits)


@kernel
def find(w: Ints, random: Longs, meeting: int, start: int) -> bool:
    """Choose people, class and interpreter with which an unplaced meeting fits at ``start`` as things are.
    Its companies must have room for it (:func:`companies_fit`)."""
    end = start + w[w[LENGTH] + meeting]
    if not some_table(w, meeting, start, end) or not _order_fits(w, meeting, start, end):
        return False
    return (
        _pick_people(w, random, meeting, start, end)
        and _pick_class(w, random, meeting, start, end)
        and _pick_talker(w, random, meeting, start, end)
    )


@kernel
def fits(w: Ints, meeting: int, start: int) -> bool:
    """Whether an unplaced meeting fits at ``start`` with the people, class and interpreter chosen."""
    end = start + w[w[LENGTH] + meeting]
    row, talker = w[w[CLASS] + meeting], w[w[TALKER] + meeting]
    if not companies_fit(w, meeting) or not _order_fits(w, meeting, start, end):
        return False
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        if person < 0 or not could_come(w, person, start, end) or not person_fits(w, person, start, end):
            return False
    if row < 0 or not class_fits(w, meeting, row, start, end):
        return False
    if w[w[PAIR] + meeting] < 0:
        return True
    zone = w[w[C_ZONE] + row]
    return bool(
        talker >= 0 and could_talk(w, talker, start, end) and talker_fits(w, talker, start, end, zone)
    )
