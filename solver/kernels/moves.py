"""Placing, removing, making way: the steps that every search is made of. All hard rules are kept in here.

A step is written to a log and can be taken back. ``w`` is the flat array of ``layout``, ``sums`` the goals.
Who comes, which class of tables and which interpreter are chosen first (``find`` or ``choose``, written into
the answer while the meeting has no start), then ``put`` enters the meeting.
"""

from __future__ import annotations

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.layout import (
    B_BREAKS,
    B_IDLE,
    BEFORE,
    BEFORE_PTR,
    BEHIND,
    BEHIND_PTR,
    BLOCK_END,
    BLOCK_START,
    BLOCKS,
    C_CAP,
    C_ZONE,
    CELL,
    CELL_POS,
    CELL_POS_PTR,
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
    G_BREAKS,
    G_COVERAGE,
    G_IDLE,
    G_PREFERENCES,
    G_RULES,
    G_VALUE,
    GAPS,
    LENGTH,
    LOG,
    LOG_OPS,
    LOG_TOP,
    MAX_BREAKS,
    MEMBER,
    MEMBER_PTR,
    MOST_OPERATIONS,
    MUST,
    P_AT,
    P_BREAKS,
    P_COUNT,
    P_DAY,
    P_DAY_MAX,
    P_DISLIKE,
    P_FIXED,
    P_FREE,
    P_MAX,
    P_ROW_MAX,
    PAIR,
    PAIR_PTR,
    PAIR_TALKER,
    PARTY_PTR,
    PARTY_SEAT,
    PEOPLE,
    PEOPLE_PTR,
    SLOT_BLOCK,
    SLOT_DAY,
    SLOTS,
    START,
    T_AT,
    T_DAY,
    T_DAY_MAX,
    T_FREE,
    T_ROW_MAX,
    TALKER,
    UNPLACED,
    UNPLACED_N,
    UNPLACED_POS,
    USED,
    WALK,
    WALKS,
    WEIGHT,
    ZONES,
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
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        w[w[P_COUNT] + person] += 1
        w[w[P_DAY] + person * w[DAYS] + day] += 1
        for slot in range(start, start + length):
            w[w[P_AT] + person * slots + slot] = meeting
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
    w[UNPLACED_N] -= 1
    _swap_unplaced(w, meeting, w[UNPLACED_N])


@kernel
def take(w: Ints, sums: Longs, meeting: int) -> None:
    """Remove a placed meeting. Its choice of people, class and interpreter stays readable."""
    slots = w[SLOTS]
    start = w[w[START] + meeting]
    length = w[w[LENGTH] + meeting]
    day = w[w[SLOT_DAY] + start]
    w[w[START] + meeting] = -1
    _count(w, sums, meeting, -1)
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        w[w[P_COUNT] + person] -= 1
        w[w[P_DAY] + person * w[DAYS] + day] -= 1
        for slot in range(start, start + length):
            w[w[P_AT] + person * slots + slot] = -1
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
        first = w[CELL] + w[w[CELL_PTR] + cell]
        last = w[first + used]
        w[first + w[position + slot]] = last
        if last != meeting:
            w[w[CELL_POS] + w[w[CELL_POS_PTR] + last] + slot - w[w[START] + last]] = w[position + slot]
        w[w[USED] + cell] = used
    _swap_unplaced(w, meeting, w[UNPLACED_N])
    w[UNPLACED_N] += 1


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
def _near_zone(w: Ints, at: int, start: int, end: int, zone: int) -> bool:
    """Whether the neighbours in a row of P_AT or T_AT are within a walk of ``zone``."""
    if start > w[w[BLOCK_START] + start]:
        other = w[at + start - 1]
        if other >= 0 and w[w[WALK] + zone * w[ZONES] + w[w[C_ZONE] + w[w[CLASS] + other]]]:
            return False
    if end < w[w[BLOCK_END] + start]:
        other = w[at + end]
        if other >= 0 and w[w[WALK] + zone * w[ZONES] + w[w[C_ZONE] + w[w[CLASS] + other]]]:
            return False
    return True


@kernel
def _could_come(w: Ints, person: int, start: int, end: int) -> bool:
    """Whether availability and the limit in a row allow a person the slots, whatever else is placed."""
    if w[w[P_ROW_MAX] + person] < end - start:
        return False
    for slot in range(start, end):
        if not w[w[P_FREE] + person * w[SLOTS] + slot]:
            return False
    return True


@kernel
def _person_fits(w: Ints, person: int, start: int, end: int) -> bool:
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
def _could_talk(w: Ints, talker: int, start: int, end: int) -> bool:
    if w[w[T_ROW_MAX] + talker] < end - start or w[w[T_DAY_MAX] + talker] < end - start:
        return False
    for slot in range(start, end):
        if not w[w[T_FREE] + talker * w[SLOTS] + slot]:
            return False
    return True


@kernel
def _talker_fits(w: Ints, talker: int, start: int, end: int, zone: int) -> bool:
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
def _class_open(w: Ints, row: int, start: int, end: int) -> bool:
    for slot in range(start, end):
        if w[w[C_CAP] + row * w[SLOTS] + slot] == 0:
            return False
    return True


@kernel
def _class_fits(w: Ints, meeting: int, row: int, start: int, end: int) -> bool:
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
def _companies_fit(w: Ints, meeting: int) -> bool:
    for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
        company = w[w[COMPANY] + row]
        if w[w[CO_COUNT] + company] >= w[w[CO_MAX] + company]:
            return False
    return True


@kernel
def _pick_people(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    """Choose who comes for each any-one-of party: somebody without conflict where there is one, else anybody
    who could come. True: nobody has a conflict."""
    fits = True
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        seat = w[w[PARTY_SEAT] + party]
        if seat < 0:
            continue
        first = w[w[MEMBER_PTR] + party]
        many = w[w[MEMBER_PTR] + party + 1] - first
        turn = below(random, many)
        spare = -1
        found = False
        for step in range(many):
            person = w[w[MEMBER] + first + (turn + step) % many]
            if not _could_come(w, person, start, end):
                continue
            if _person_fits(w, person, start, end):
                w[w[PEOPLE] + seat] = person
                found = True
                break
            spare = person
        if not found:
            w[w[PEOPLE] + seat] = spare
            fits = False
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        if w[w[PARTY_SEAT] + party] >= 0 or not fits:
            continue
        for row in range(w[w[MEMBER_PTR] + party], w[w[MEMBER_PTR] + party + 1]):
            if not _person_fits(w, w[w[MEMBER] + row], start, end):
                fits = False
    return fits


@kernel
def _pick_class(w: Ints, random: Longs, meeting: int, start: int, end: int) -> bool:
    first = w[w[DEMAND_PTR] + w[w[DEMAND] + meeting]]
    many = w[w[DEMAND_PTR] + w[w[DEMAND] + meeting] + 1] - first
    turn = below(random, many)
    spare = -1
    for step in range(many):
        row = w[w[DEMAND_CLASS] + first + (turn + step) % many]
        if _class_fits(w, meeting, row, start, end):
            w[w[CLASS] + meeting] = row
            return True
        if spare < 0 and _class_open(w, row, start, end):
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
        if not _could_talk(w, talker, start, end):
            continue
        if _talker_fits(w, talker, start, end, zone):
            w[w[TALKER] + meeting] = talker
            return True
        spare = talker
    w[w[TALKER] + meeting] = spare
    return False


@kernel
def _some_table(w: Ints, meeting: int, start: int, end: int) -> bool:
    """Whether a class that suits the meeting has a table left, whoever comes: asked first, as it is quick."""
    row = w[w[DEMAND] + meeting]
    for place in range(w[w[DEMAND_PTR] + row], w[w[DEMAND_PTR] + row + 1]):
        cell = w[w[DEMAND_CLASS] + place] * w[SLOTS]
        slot = start
        while slot < end and w[w[USED] + cell + slot] < w[w[C_CAP] + cell + slot]:
            slot += 1
        if slot == end:
            return True
    return False


@kernel
def find(w: Ints, random: Longs, meeting: int, start: int) -> bool:
    """Choose people, class and interpreter with which an unplaced meeting fits at ``start`` as things are."""
    end = start + w[w[LENGTH] + meeting]
    if not _some_table(w, meeting, start, end):
        return False
    if not _companies_fit(w, meeting) or not _order_fits(w, meeting, start, end):
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
    if not _companies_fit(w, meeting) or not _order_fits(w, meeting, start, end):
        return False
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        if person < 0 or not _could_come(w, person, start, end) or not _person_fits(w, person, start, end):
            return False
    if row < 0 or not _class_fits(w, meeting, row, start, end):
        return False
    if w[w[PAIR] + meeting] < 0:
        return True
    zone = w[w[C_ZONE] + row]
    return bool(
        talker >= 0 and _could_talk(w, talker, start, end) and _talker_fits(w, talker, start, end, zone)
    )


@kernel
def choose(w: Ints, random: Longs, meeting: int, start: int) -> bool:
    """As :func:`find`, but choose somebody, some class and some interpreter even where others are in the way.
    False: there is none at all who could."""
    end = start + w[w[LENGTH] + meeting]
    _pick_people(w, random, meeting, start, end)
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        if w[w[PEOPLE] + seat] < 0:
            return False
    _pick_class(w, random, meeting, start, end)
    if w[w[CLASS] + meeting] < 0:
        return False
    _pick_talker(w, random, meeting, start, end)
    return bool(w[w[PAIR] + meeting] < 0 or w[w[TALKER] + meeting] >= 0)


@kernel
def _room(w: Ints) -> bool:
    return bool(w[LOG_OPS] < MOST_OPERATIONS)


@kernel
def _random_of_row(w: Ints, random: Longs, at: int, first: int, last: int) -> int:
    """A random meeting of a row of P_AT or T_AT within the slots; -1: there is none."""
    many = last - first
    if many <= 0:
        return -1
    turn = below(random, many)
    for step in range(many):
        other = w[at + first + (turn + step) % many]
        if other >= 0:
            return int(other)
    return -1


@kernel
def _clear_row(w: Ints, sums: Longs, random: Longs, at: int, start: int, end: int, row_max: int) -> bool:
    """Remove what stands in the slots of a row, then what makes the run through them too long."""
    for slot in range(start, end):
        if w[at + slot] >= 0:
            if not _room(w):
                return False
            log_take(w, sums, w[at + slot])
    if row_max >= w[SLOTS]:
        return True
    while _run(w, at, start, end) > row_max:
        first, last = start, end
        while first > w[w[BLOCK_START] + start] and w[at + first - 1] >= 0:
            first -= 1
        while last < w[w[BLOCK_END] + start] and w[at + last] >= 0:
            last += 1
        if not _room(w):
            return False
        turn = below(random, last - first - (end - start))
        slot = first + turn if first + turn < start else first + turn + end - start
        log_take(w, sums, w[at + slot])
    return True


@kernel
def _clear_walks(w: Ints, sums: Longs, at: int, start: int, end: int, zone: int) -> bool:
    while not _near_zone(w, at, start, end, zone):
        if not _room(w):
            return False
        other = w[at + start - 1] if start > w[w[BLOCK_START] + start] else -1
        if other < 0 or not w[w[WALK] + zone * w[ZONES] + w[w[C_ZONE] + w[w[CLASS] + other]]]:
            other = w[at + end]
        log_take(w, sums, other)
    return True


@kernel
def _clear_person(w: Ints, sums: Longs, random: Longs, person: int, row: int, start: int, end: int) -> bool:
    slots = w[SLOTS]
    at = w[P_AT] + person * slots
    if not _clear_row(w, sums, random, at, start, end, w[w[P_ROW_MAX] + person]):
        return False
    day = w[w[SLOT_DAY] + start]
    while w[w[P_DAY] + person * w[DAYS] + day] >= w[w[P_DAY_MAX] + person]:
        if not _room(w):
            return False
        other = -1
        while other < 0 or w[w[SLOT_DAY] + w[w[START] + other]] != day:
            other = _random_of_row(w, random, at, 0, slots)
        log_take(w, sums, other)
    while w[w[P_COUNT] + person] >= w[w[P_MAX] + person]:
        if not _room(w):
            return False
        log_take(w, sums, _random_of_row(w, random, at, 0, slots))
    if w[WALKS] and not _clear_walks(w, sums, at, start, end, w[w[C_ZONE] + row]):
        return False
    if w[w[P_FIXED] + person]:
        for slot in range(w[w[BLOCK_START] + start], w[w[BLOCK_END] + start]):
            if w[at + slot] >= 0 and w[w[CLASS] + w[at + slot]] != row:
                if not _room(w):
                    return False
                log_take(w, sums, w[at + slot])
    return True


@kernel
def _clear_talker(w: Ints, sums: Longs, random: Longs, talker: int, row: int, start: int, end: int) -> bool:
    slots = w[SLOTS]
    at = w[T_AT] + talker * slots
    if not _clear_row(w, sums, random, at, start, end, w[w[T_ROW_MAX] + talker]):
        return False
    day = w[w[SLOT_DAY] + start]
    while w[w[T_DAY] + talker * w[DAYS] + day] + end - start > w[w[T_DAY_MAX] + talker]:
        if not _room(w):
            return False
        other = -1
        while other < 0 or w[w[SLOT_DAY] + w[w[START] + other]] != day:
            other = _random_of_row(w, random, at, 0, slots)
        log_take(w, sums, other)
    return not w[WALKS] or _clear_walks(w, sums, at, start, end, w[w[C_ZONE] + row])


@kernel
def _clear_companies(w: Ints, sums: Longs, random: Longs, meeting: int) -> bool:
    for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
        company = w[w[COMPANY] + row]
        while w[w[CO_COUNT] + company] >= w[w[CO_MAX] + company]:
            if not _room(w):
                return False
            first = w[w[CO_MEETING_PTR] + company]
            many = w[w[CO_MEETING_PTR] + company + 1] - first
            turn = below(random, many)
            for step in range(many):
                other = w[w[CO_MEETING] + first + (turn + step) % many]
                if w[w[START] + other] >= 0:
                    log_take(w, sums, other)
                    break
    return True


@kernel
def _clear_order(w: Ints, sums: Longs, meeting: int, start: int, end: int) -> bool:
    for row in range(w[w[BEFORE_PTR] + meeting], w[w[BEFORE_PTR] + meeting + 1]):
        other = w[w[BEFORE] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] + w[w[LENGTH] + other] > start:
            if not _room(w):
                return False
            log_take(w, sums, other)
    for row in range(w[w[BEHIND_PTR] + meeting], w[w[BEHIND_PTR] + meeting + 1]):
        other = w[w[BEHIND] + row]
        if w[w[START] + other] >= 0 and w[w[START] + other] < end:
            if not _room(w):
                return False
            log_take(w, sums, other)
    return True


@kernel
def clear(w: Ints, sums: Longs, random: Longs, meeting: int, start: int) -> bool:
    """Remove (logged) whatever keeps a meeting, as chosen, from ``start``. False: too much."""
    end = start + w[w[LENGTH] + meeting]
    row, talker = w[w[CLASS] + meeting], w[w[TALKER] + meeting]
    for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
        person = w[w[PEOPLE] + seat]
        if not _clear_person(w, sums, random, person, row, start, end):
            return False
    if talker >= 0 and not _clear_talker(w, sums, random, talker, row, start, end):
        return False
    if not _clear_companies(w, sums, random, meeting) or not _clear_order(w, sums, meeting, start, end):
        return False
    for slot in range(start, end):
        cell = row * w[SLOTS] + slot
        while w[w[USED] + cell] >= w[w[C_CAP] + cell]:
            if not _room(w):
                return False
            turn = below(random, w[w[USED] + cell])
            log_take(w, sums, w[w[CELL] + w[w[CELL_PTR] + cell] + turn])
    return True
