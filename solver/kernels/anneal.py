"""Annealing with ejection over all hard rules: the search for rich forums.

A move places one meeting (unplaced, or elsewhere than it is), removes whatever stands in its way, and tries
to find places for what was removed: first where the moved meeting was (which may remove others in turn, so
that a chain of meetings swaps two slots, a Kempe chain), then wherever one is free. A patient move can also
give what it left free to meetings without a place: else several short ones never take the place of a long
one, since each of them alone is a loss. The move stays if it is better, or worse by an amount that the
temperature forgives; else it is taken back step by step. Most moves are hopeless, and known to be so before
anything is moved (``victims.py``).
"""

from __future__ import annotations

import math

from solver.arrays import Ints, Longs, Reals
from solver.kernels import kernel
from solver.kernels.fitting import companies_fit, find, fits, open_slots
from solver.kernels.layout import (
    CHANGES,
    CLASS,
    CO_MEETING,
    CO_MEETING_PTR,
    COMPANY,
    COMPANY_PTR,
    G_VALUE,
    LENGTH,
    LOG,
    LOG_OPS,
    LOG_TOP,
    MEETINGS,
    MEMBER,
    MEMBER_PTR,
    MOST_OPERATIONS,
    P_AT,
    P_FREE,
    PARTY_PTR,
    PARTY_SEAT,
    PEOPLE,
    PEOPLE_PTR,
    SEATED,
    SLOTS,
    START,
    STARTS,
    STARTS_PTR,
    TALKER,
    UNPLACED,
    UNPLACED_N,
    VICTIMS,
    WEIGHT,
    WORD_BITS,
)
from solver.kernels.marks import IMPOSSIBLE, remove, spare, worth_of
from solver.kernels.moves import below, entry_size, forget, is_start, log_put, log_take, put, undo
from solver.kernels.runs import move_run
from solver.kernels.victims import mark

SHARE_UNPLACED, SHARE_CHAIN, SHARE_PATIENT, PATIENCE, SHARE_REFILL, SHARE_CHANGES, SHARE_RUN = range(7)
"""Places in ``shares``: how often a move is of an unplaced meeting; how often a removed one pushes on; how
often a move is judged only after what it removed has found new places; how much more it may cost so long;
how often such a patient move also gives what it left free to meetings without a place; how often a move is of
a meeting before or after which somebody changes tables; how often, then, of the whole run of meetings at its
table."""

CHANGE_TRIES = 30
"""Placed meetings that are looked at for one with a change of table: when few are left, any will do."""

REFILL_TRIES = 6
"""Meetings of a company that are looked at for a slot that became free."""

_UNIT = 1.0 / (1 << 30)


@kernel
def energy_of(sums: Longs, worth: Reals) -> float:
    """The sum that annealing raises."""
    total = 0.0
    for goal in range(len(sums)):
        total += worth[goal] * sums[goal]
    return total


@kernel
def better(sums: Longs, best: Longs, order: Longs) -> bool:
    """Whether the goals, in their order, are better than the kept ones."""
    for goal in order:
        if sums[goal] != best[goal]:
            return bool(sums[goal] > best[goal])
    return False


@kernel
def _place_free(w: Ints, sums: Longs, random: Longs, meeting: int) -> bool:
    """Put an unplaced meeting where it fits as things are; starts are tried from a random one on."""
    first = w[w[STARTS_PTR] + meeting]
    many = w[w[STARTS_PTR] + meeting + 1] - first
    if many == 0 or not companies_fit(w, meeting):
        return False
    turn = below(random, many)
    word, bits = -1, 0
    for step in range(many):
        start = w[w[STARTS] + first + (turn + step) % many]
        if start // WORD_BITS != word:
            word = start // WORD_BITS
            bits = open_slots(w, meeting, word)
        if bits >> (start % WORD_BITS) & 1 and find(w, random, meeting, start):
            log_put(w, sums, meeting, start)
            return True
    return False


@kernel
def _replace(
    w: Ints, sums: Longs, worth: Reals, random: Longs, moved: int, old: int, new: int, chain: bool
) -> bool:
    """Find places for what the move removed. False: the chain grew too long."""
    at = 0
    while at < w[LOG_TOP]:
        from_start, meeting = w[w[LOG] + at], w[w[LOG] + at + 1]
        at += entry_size(w, meeting)
        if from_start < 0 or meeting == moved or w[w[START] + meeting] >= 0:
            continue
        if w[LOG_OPS] >= MOST_OPERATIONS:
            return not chain
        if chain and from_start in (new, old):
            target = old if from_start == new else new
            if is_start(w, meeting, target):
                loss = mark(w, worth, random, meeting, target, IMPOSSIBLE / 2)
                if loss > IMPOSSIBLE / 2 or w[LOG_OPS] + w[VICTIMS] >= MOST_OPERATIONS:
                    spare(w)
                    return False
                remove(w, sums)
                log_put(w, sums, meeting, target)
                continue
        _place_free(w, sums, random, meeting)
    return True


@kernel
def _refill(w: Ints, sums: Longs, random: Longs) -> None:
    """Give what the move left free to meetings that have no place: a long one leaves room for several."""
    at, end = 0, w[LOG_TOP]
    while at < end:
        start, meeting = w[w[LOG] + at], w[w[LOG] + at + 1]
        at += entry_size(w, meeting)
        if start < 0:
            continue
        for slot in range(start, start + w[w[LENGTH] + meeting]):
            for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
                _seat_one(w, sums, random, w[w[COMPANY] + row], slot)


@kernel
def _seat_one(w: Ints, sums: Longs, random: Longs, company: int, slot: int) -> None:
    """Put one of a few of the company's meetings that have no place into a slot, if it fits."""
    first = w[w[CO_MEETING_PTR] + company]
    many = w[w[CO_MEETING_PTR] + company + 1] - first
    turn = below(random, many)
    tries = 0
    for step in range(many):
        meeting = w[w[CO_MEETING] + first + (turn + step) % many]
        if w[w[START] + meeting] >= 0:
            continue
        tries += 1
        if tries > REFILL_TRIES or w[LOG_OPS] >= MOST_OPERATIONS:
            return
        if not is_start(w, meeting, slot) or not companies_fit(w, meeting):
            continue
        free = open_slots(w, meeting, slot // WORD_BITS) >> (slot % WORD_BITS) & 1
        if free and find(w, random, meeting, slot):
            log_put(w, sums, meeting, slot)
            return


@kernel
def _least_loss(w: Ints, worth: Reals, meeting: int, start: int) -> float:
    """What stands in the way at ``start`` at the least, whoever comes: quick, and most moves end here."""
    loss = 0.0
    for party in range(w[w[PARTY_PTR] + meeting], w[w[PARTY_PTR] + meeting + 1]):
        every = w[w[PARTY_SEAT] + party] < 0
        least = IMPOSSIBLE
        for row in range(w[w[MEMBER_PTR] + party], w[w[MEMBER_PTR] + party + 1]):
            place = w[w[MEMBER] + row] * w[SLOTS] + start
            other = w[w[P_AT] + place]
            cost = 0.0
            if other >= 0 and other != meeting:
                cost = worth[G_VALUE] * w[w[WEIGHT] + other]
            elif other < 0 and not w[w[P_FREE] + place]:
                continue
            if every:
                loss += cost
            least = min(least, cost)
        if not every:
            loss += least
    return loss


@kernel
def _pick(w: Ints, random: Longs, shares: Reals) -> int:
    """The meeting to move; -1: none."""
    unplaced = w[UNPLACED_N]
    if unplaced > 0 and _chance(random, shares[SHARE_UNPLACED]):
        return int(w[w[UNPLACED] + below(random, unplaced)])
    placed = w[MEETINGS] - unplaced
    if placed == 0:
        return -1
    tries = CHANGE_TRIES if w[SEATED] and _chance(random, shares[SHARE_CHANGES]) else 1
    meeting = -1
    for _ in range(tries):
        meeting = w[w[UNPLACED] + unplaced + below(random, placed)]
        if w[w[CHANGES] + meeting] > 0:
            break
    return int(meeting)


@kernel
def _chance(random: Longs, share: float) -> bool:
    return below(random, 1 << 30) * _UNIT < share


@kernel
def _move(w: Ints, sums: Longs, random: Longs, worth: Reals, shares: Reals, allowed: float) -> bool:
    """Make one random move, logged, that costs at most ``allowed``. False: take back what was done."""
    meeting = _pick(w, random, shares)
    if meeting < 0:
        return False
    old = w[w[START] + meeting]
    if w[SEATED] and old >= 0 and _chance(random, shares[SHARE_RUN]):
        before = energy_of(sums, worth)
        return move_run(w, sums, random, meeting) and before - energy_of(sums, worth) <= allowed
    first = w[w[STARTS_PTR] + meeting]
    many = w[w[STARTS_PTR] + meeting + 1] - first
    if many == 0:
        return False
    new = w[w[STARTS] + first + below(random, many)]
    chain = old >= 0 and old != new and _chance(random, shares[SHARE_CHAIN])
    patient = not chain and _chance(random, shares[SHARE_PATIENT])
    most = IMPOSSIBLE / 2
    if not chain:
        most = allowed + (shares[PATIENCE] if patient else 0.0)
        if old < 0:
            most += worth_of(w, worth, meeting, 0)
        if _least_loss(w, worth, meeting, new) > most:
            return False
    before = energy_of(sums, worth)
    if old >= 0:
        log_take(w, sums, meeting)
    if mark(w, worth, random, meeting, new, most) > most:
        spare(w)
        return False
    remove(w, sums)
    log_put(w, sums, meeting, new)
    if not (chain or patient) and before - energy_of(sums, worth) > allowed:
        return False
    if not _replace(w, sums, worth, random, meeting, old, new, chain):
        return False
    if patient and _chance(random, shares[SHARE_REFILL]):
        _refill(w, sums, random)
    return before - energy_of(sums, worth) <= allowed


@kernel
def fill(w: Ints, sums: Longs, random: Longs, meetings: Ints) -> None:
    """Put each of ``meetings`` that has no place where it fits as things are, in their order."""
    for meeting in meetings:
        forget(w)
        if w[w[START] + meeting] < 0:
            _place_free(w, sums, random, meeting)
    forget(w)


@kernel
def load(w: Ints, sums: Longs, start: Ints, row: Ints, talker: Ints, people: Ints) -> None:
    """Enter the meetings of an incumbent that fit with what is entered before them, in their order."""
    for meeting in range(w[MEETINGS]):
        if start[meeting] < 0:
            continue
        w[w[CLASS] + meeting] = row[meeting]
        w[w[TALKER] + meeting] = talker[meeting]
        for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
            if people[seat] >= 0:
                w[w[PEOPLE] + seat] = people[seat]
        if fits(w, meeting, start[meeting]):
            put(w, sums, meeting, start[meeting])


@kernel
def anneal(
    w: Ints,
    sums: Longs,
    random: Longs,
    worth: Reals,
    order: Longs,
    shares: Reals,
    best: Ints,
    best_sums: Longs,
    moves: int,
    hot: float,
    cold: float,
) -> int:
    """Make ``moves`` moves with the temperature falling from ``hot`` to ``cold`` (> 0, units of ``worth``).

    ``best`` (a copy of the answer) and ``best_sums`` hold the best incumbent by ``order``; both are updated.
    Returns the number of moves that stayed.
    """
    first = w[START]
    stayed = 0
    unsaved = False
    cooling = math.log(cold / hot) / max(1, moves)
    temperature = hot
    for step in range(moves):
        if step % 64 == 0:
            temperature = hot * math.exp(cooling * step)
        forget(w)
        allowed = -temperature * math.log((below(random, 1 << 30) + 1) * _UNIT)
        if not _move(w, sums, random, worth, shares, allowed):
            undo(w, sums)
            continue
        if unsaved and better(best_sums, sums, order):
            # The best so far is about to be left: keep it first, and let this one move go.
            undo(w, sums)
            best[:] = w[first : first + len(best)]
            unsaved = False
            continue
        stayed += 1
        if better(sums, best_sums, order):
            best_sums[:] = sums
            unsaved = True
    if unsaved:
        best[:] = w[first : first + len(best)]
    forget(w)
    return stayed
