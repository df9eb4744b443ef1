"""Annealing with ejection over all hard rules: the search for rich forums.

A move places one meeting (unplaced, or elsewhere than it is), removes whatever stands in its way, and tries
to find places for what was removed: first where the moved meeting was (which may remove others in turn, so
that a chain of meetings swaps two slots, a Kempe chain), then wherever one is free. The move stays if it
is better, or worse by an amount that the temperature forgives; else it is taken back step by step.
"""

from __future__ import annotations

import math

from solver.arrays import Ints, Longs, Reals
from solver.kernels import kernel
from solver.kernels.layout import (
    CLASS,
    CO_COUNT,
    COMPANY,
    COMPANY_PTR,
    FLOOR,
    G_COVERAGE,
    G_RULES,
    G_VALUE,
    LENGTH,
    LOG,
    LOG_OPS,
    LOG_TOP,
    MEETINGS,
    MOST_OPERATIONS,
    MUST,
    P_AT,
    PAIR,
    PEOPLE,
    PEOPLE_PTR,
    SLOTS,
    START,
    STARTS,
    STARTS_PTR,
    T_AT,
    TALKER,
    UNPLACED,
    UNPLACED_N,
    WEIGHT,
)
from solver.kernels.moves import (
    below,
    choose,
    clear,
    entry_size,
    find,
    fits,
    forget,
    log_put,
    log_take,
    put,
    undo,
)

SHARE_UNPLACED, SHARE_CHAIN = range(2)
"""Places in ``shares``: how often a move is of an unplaced meeting; how often a removed one pushes on."""

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
    if many == 0:
        return False
    turn = below(random, many)
    for step in range(many):
        start = w[w[STARTS] + first + (turn + step) % many]
        if find(w, random, meeting, start):
            log_put(w, sums, meeting, start)
            return True
    return False


@kernel
def _is_start(w: Ints, meeting: int, start: int) -> bool:
    for row in range(w[w[STARTS_PTR] + meeting], w[w[STARTS_PTR] + meeting + 1]):
        if w[w[STARTS] + row] == start:
            return True
    return False


@kernel
def _replace(w: Ints, sums: Longs, random: Longs, moved: int, old: int, new: int, chain: bool) -> bool:
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
            if _is_start(w, meeting, target):
                if not choose(w, random, meeting, target) or not clear(w, sums, random, meeting, target):
                    return False
                log_put(w, sums, meeting, target)
                continue
        _place_free(w, sums, random, meeting)
    return True


@kernel
def _direct_loss(w: Ints, worth: Reals, meeting: int, start: int) -> float:
    """What the meetings are worth that the chosen people and interpreter have in the slots."""
    loss = 0.0
    slots = w[SLOTS]
    seen = -1
    for slot in range(start, start + w[w[LENGTH] + meeting]):
        for seat in range(w[w[PEOPLE_PTR] + meeting], w[w[PEOPLE_PTR] + meeting + 1]):
            other = w[w[P_AT] + w[w[PEOPLE] + seat] * slots + slot]
            if other >= 0 and other != seen:
                loss += _worth(w, worth, other, 1)
                seen = other
        if w[w[PAIR] + meeting] >= 0:
            other = w[w[T_AT] + w[w[TALKER] + meeting] * slots + slot]
            if other >= 0 and other != seen:
                loss += _worth(w, worth, other, 1)
                seen = other
    return loss


@kernel
def _worth(w: Ints, worth: Reals, meeting: int, less: int) -> float:
    """What a meeting brings to coverage, value and musts: if removed (``less`` 1), if put (``less`` 0)."""
    total = worth[G_VALUE] * w[w[WEIGHT] + meeting] + worth[G_RULES] * w[w[MUST] + meeting]
    if worth[G_COVERAGE] > 0:
        for row in range(w[w[COMPANY_PTR] + meeting], w[w[COMPANY_PTR] + meeting + 1]):
            total += worth[G_COVERAGE] * max(0, w[FLOOR] + less - w[w[CO_COUNT] + w[w[COMPANY] + row]])
    return float(total)


@kernel
def _pick(w: Ints, random: Longs, shares: Reals) -> int:
    """The meeting to move; -1: none."""
    unplaced = w[UNPLACED_N]
    if unplaced > 0 and below(random, 1 << 30) * _UNIT < shares[SHARE_UNPLACED]:
        return int(w[w[UNPLACED] + below(random, unplaced)])
    if unplaced < w[MEETINGS]:
        return int(w[w[UNPLACED] + unplaced + below(random, w[MEETINGS] - unplaced)])
    return -1


@kernel
def _move(w: Ints, sums: Longs, random: Longs, worth: Reals, shares: Reals, allowed: float) -> bool:
    """Make one random move, logged, that costs at most ``allowed``. False: take back what was done."""
    meeting = _pick(w, random, shares)
    if meeting < 0:
        return False
    first = w[w[STARTS_PTR] + meeting]
    many = w[w[STARTS_PTR] + meeting + 1] - first
    if many == 0:
        return False
    old = w[w[START] + meeting]
    new = w[w[STARTS] + first + below(random, many)]
    chain = old >= 0 and old != new and below(random, 1 << 30) * _UNIT < shares[SHARE_CHAIN]
    before = energy_of(sums, worth)
    gain = 0.0
    if old >= 0:
        log_take(w, sums, meeting)
    else:
        gain = _worth(w, worth, meeting, 0)
    if not choose(w, random, meeting, new):
        return False
    if not chain and _direct_loss(w, worth, meeting, new) - gain > allowed:
        return False
    if not clear(w, sums, random, meeting, new):
        return False
    log_put(w, sums, meeting, new)
    if chain:
        if not _replace(w, sums, random, meeting, old, new, True):
            return False
        return before - energy_of(sums, worth) <= allowed
    if before - energy_of(sums, worth) > allowed:
        return False
    return _replace(w, sums, random, meeting, old, new, False)


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
