"""Tables for placed meetings: annealing on exchanges of tables within a slot, to few changes of table.

Every sequence is flat: ``link[link_ptr[m]:link_ptr[m + 1]]`` are the meetings that people of m come from or
go to in the same block (once a person), ``near`` those from or to which somebody walks without a pause.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from solver.arrays import Ints, Longs
from solver.kernels import kernel
from solver.kernels.moves import below

_UNIT = 1.0 / (1 << 30)


class Seating(NamedTuple):
    """Placed meetings and their tables in flat arrays."""

    placed: Ints  # the meetings that have a place and may change tables
    start: Ints  # [M]
    length: Ints  # [M]
    table: Ints  # [M]
    zone: Ints  # [K]
    far: Ints  # [Z * Z]
    at: Ints  # [K * S] meeting at the table in the slot; -1: none, -2: closed
    demand: Ints  # [M]
    suits: Ints  # [demands * K]
    option_ptr: Ints  # [demands + 1]
    option: Ints  # tables of each demand
    link_ptr: Ints  # [M + 1]
    link: Ints
    near_ptr: Ints  # [M + 1]
    near: Ints


@kernel
def changes(seating: Seating, zones: int, meeting: int, table: int) -> int:
    """Changes of table and zone around a meeting if it were at ``table``; -1: too far from a neighbour."""
    zone = seating.zone[table]
    for row in range(seating.near_ptr[meeting], seating.near_ptr[meeting + 1]):
        if seating.far[zone * zones + seating.zone[seating.table[seating.near[row]]]]:
            return -1
    total = 0
    for row in range(seating.link_ptr[meeting], seating.link_ptr[meeting + 1]):
        other = seating.table[seating.link[row]]
        if other != table:
            total += 1
            if seating.zone[other] != zone:
                total += 1
    return total


@kernel
def _occupant(seating: Seating, slots: int, meeting: int, table: int) -> int:
    """Who must leave ``table`` for a meeting: a meeting of the same slots; -1: nobody; -2: can't be."""
    start, end = seating.start[meeting], seating.start[meeting] + seating.length[meeting]
    other = seating.at[table * slots + start]
    for slot in range(start, end):
        if seating.at[table * slots + slot] != other:
            return -2
    if other < 0:
        return int(other)
    if seating.start[other] != start or seating.length[other] != seating.length[meeting]:
        return -2
    return int(other)


@kernel
def _seat(seating: Seating, slots: int, meeting: int, table: int) -> None:
    seating.table[meeting] = table
    for slot in range(seating.start[meeting], seating.start[meeting] + seating.length[meeting]):
        seating.at[table * slots + slot] = meeting


@kernel
def _target(seating: Seating, random: Longs, meeting: int) -> int:
    """A table to try: mostly one of a linked meeting, else any that suits."""
    first = seating.link_ptr[meeting]
    many = seating.link_ptr[meeting + 1] - first
    if many > 0 and below(random, 8) > 0:
        return int(seating.table[seating.link[first + below(random, many)]])
    row = seating.demand[meeting]
    first = seating.option_ptr[row]
    return int(seating.option[first + below(random, seating.option_ptr[row + 1] - first)])


@kernel
def settle(
    seating: Seating,
    movable: Ints,
    random: Longs,
    best: Ints,
    state: Longs,
    moves: int,
    hot: float,
    cold: float,
) -> None:
    """Exchange tables at random, better or (by temperature) a little worse. ``state``: [changes now, the
    least so far], ``best``: its tables. ``movable[m]``: whether m may change tables."""
    tables = len(seating.zone)
    slots = len(seating.at) // tables
    zones = int(math.sqrt(len(seating.far)) + 0.5)
    cooling = math.log(cold / hot) / max(1, moves)
    temperature = hot
    unsaved = False
    for step in range(moves):
        if step % 256 == 0:
            temperature = hot * math.exp(cooling * step)
        meeting = seating.placed[below(random, len(seating.placed))]
        table = _target(seating, random, meeting)
        old = seating.table[meeting]
        if table == old or not seating.suits[seating.demand[meeting] * tables + table]:
            continue
        other = _occupant(seating, slots, meeting, table)
        if other == -2:
            continue
        after = changes(seating, zones, meeting, table)
        if after < 0:
            continue
        change = after - changes(seating, zones, meeting, old)
        if other >= 0:
            if not movable[other] or not seating.suits[seating.demand[other] * tables + old]:
                continue
            after = changes(seating, zones, other, old)
            if after < 0:
                continue
            change += after - changes(seating, zones, other, table)
        if change > 0:
            if below(random, 1 << 30) * _UNIT >= math.exp(-change / temperature):
                continue
            if unsaved:
                best[:] = seating.table
                unsaved = False
        for slot in range(seating.start[meeting], seating.start[meeting] + seating.length[meeting]):
            seating.at[old * slots + slot] = -1
        _seat(seating, slots, meeting, table)
        if other >= 0:
            _seat(seating, slots, other, old)
        state[0] += change
        if state[0] < state[1]:
            state[1] = state[0]
            unsaved = True
    if unsaved:
        best[:] = seating.table
