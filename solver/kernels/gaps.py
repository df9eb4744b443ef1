"""Plain forums: closing gaps by annealing over exchanges along Kempe chains."""

from __future__ import annotations

import math
from typing import NamedTuple

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.kempe import Forum, exchange, grow
from solver.kernels.moves import below

_UNIT = 1.0 / (1 << 30)
WORD = 16
"""Slots of a pattern that are looked up at once."""


class Agendas(NamedTuple):
    """When people are busy, block by block, and what that costs.

    A block is a *pattern*, the bits of the slots in which somebody is busy. A pattern of up to ``WORD`` slots
    is looked up in ``cost``; where blocks are longer that is empty, and patterns are looked at word by word.
    Kernels pass on no more of it than is needed: a whole one at each look takes three times as long.
    """

    masks: Longs  # [P * B] each person's pattern of each block
    block_of: Ints  # [S]
    bit_of: Longs  # [S] the slot's bit in its block's pattern
    cost: Longs  # [2^longest block]
    words: Ints  # [3 * 2^WORD] of each word how many slots are busy, then the first, then the last of them
    dislike: Ints  # [P * S]
    blocks: int
    breaks: bool  # whether breaks are counted, not idle slots; neither, where ``weight`` is 0
    weight: int  # of a gap, beside a disliked slot


@kernel
def pattern_gaps(mask: int, cost: Longs, words: Ints, breaks: bool) -> int:
    """The idle slots, or breaks, between the first and the last busy slot of a pattern."""
    if len(cost) > 0:
        return int(cost[mask])
    if mask == 0:
        return 0
    size = len(words) // 3
    busy, begin, end, word = 0, -1, -1, 0
    left = mask & ~(mask << 1) if breaks else mask
    while left > 0:
        part = left & (size - 1)
        if part > 0:
            busy += words[part]
            if begin < 0:
                begin = word + words[size + part]
            end = word + words[2 * size + part]
        left >>= WORD
        word += WORD
    return busy - 1 if breaks else end - begin + 1 - busy


@kernel
def all_gaps(a: Agendas) -> int:
    """The gaps of all people."""
    total = 0
    for mask in a.masks:
        total += pattern_gaps(mask, a.cost, a.words, a.breaks)
    return total


@kernel
def _ends_cost(f: Forum, a: Agendas, size: int, one: int, two: int) -> int:
    """How much an exchange along a complete chain raises the cost. Only the people at the chain's ends change
    the slots that they are busy in."""
    slots = len(f.room)
    masks, cost, words, breaks, blocks = a.masks, a.cost, a.words, a.breaks, a.blocks
    block_one, block_two, bit_one, bit_two = a.block_of[one], a.block_of[two], a.bit_of[one], a.bit_of[two]
    gaps = disliked = 0
    for index in range(size):
        meeting = f.queue[index]
        target = two if f.start[meeting] == one else one
        for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
            person = f.people[row]
            if f.at[person * slots + target] >= 0:
                continue
            disliked += a.dislike[person * slots + target] - a.dislike[person * slots + f.start[meeting]]
            mask = masks[person * blocks + block_one]
            gaps -= pattern_gaps(mask, cost, words, breaks)
            if block_one == block_two:
                gaps += pattern_gaps(mask ^ bit_one ^ bit_two, cost, words, breaks)
                continue
            gaps += pattern_gaps(mask ^ bit_one, cost, words, breaks)
            mask = masks[person * blocks + block_two]
            gaps += pattern_gaps(mask ^ bit_two, cost, words, breaks)
            gaps -= pattern_gaps(mask, cost, words, breaks)
    return int(a.weight * gaps + disliked)


@kernel
def _update(f: Forum, a: Agendas, size: int, one: int, two: int) -> None:
    """Follow an exchange that is about to be made in the patterns of the people at its ends."""
    slots = len(f.room)
    for index in range(size):
        meeting = f.queue[index]
        target = two if f.start[meeting] == one else one
        for row in range(f.ptr[meeting], f.ptr[meeting + 1]):
            person = f.people[row]
            if f.at[person * slots + target] < 0:
                a.masks[person * a.blocks + a.block_of[one]] ^= a.bit_of[one]
                a.masks[person * a.blocks + a.block_of[two]] ^= a.bit_of[two]


@kernel
def close_gaps(
    f: Forum,
    a: Agendas,
    random: Longs,
    best: Ints,
    state: Longs,
    steps: int,
    hot: float,
    cold: float,
) -> None:
    """Anneal over exchanges along chains: everything stays placed, the cost of gaps falls.

    ``state``: [cost now, least cost so far]; ``best``: its starts.
    """
    slots, meetings = len(f.room), len(f.start)
    unsaved = False
    cooling = math.log(cold / hot) / max(1, steps)
    temperature = hot
    for step in range(steps):
        if step % 256 == 0:
            temperature = hot * math.exp(cooling * step)
        meeting = below(random, meetings)
        one = f.start[meeting]
        if one < 0:
            continue
        two = below(random, slots)
        if one == two or not f.can[meeting * slots + two]:
            continue
        # As in kempe.shake: a kernel of its own for these lines would halve the number of steps a second.
        f.queue[0] = meeting
        f.mark[meeting] = 1
        size = grow(f, 1, one, two, meetings)
        if size < 0:
            continue
        gain = 0
        for index in range(size):
            gain += 1 if f.start[f.queue[index]] == one else -1
        if f.used[two] + gain > f.room[two] or f.used[one] - gain > f.room[one]:
            continue
        change = _ends_cost(f, a, size, one, two)
        if change > 0:
            if change > 40.0 * temperature:
                continue
            if below(random, 1 << 30) * _UNIT >= math.exp(-change / temperature):
                continue
            if unsaved:
                best[:] = f.start
                unsaved = False
        _update(f, a, size, one, two)
        exchange(f, size, one, two)
        state[0] += change
        if state[0] < state[1]:
            state[1] = state[0]
            unsaved = True
    if unsaved:
        best[:] = f.start
