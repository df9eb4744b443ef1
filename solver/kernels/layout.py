"""How a problem and an incumbent lie in one flat array of int32, so that kernels pass one pointer around.

A kernel that took the sixty arrays of a problem one by one would spend most of its time in handing them on.
So everything stands in one array ``w``: a header (sizes and switches, then the offset of each section), the
sections that never change, and the sections that search changes. ``w[w[P_AT] + p * w[SLOTS] + s]`` is the
meeting of person ``p`` in slot ``s`` (-1: none). The answer (``START`` .. ``PEOPLE``) stands together: to
keep an incumbent is to copy one slice. Goals are summed in an int64 vector of their own, all maximised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE, Assignment, Flags, Ints, Longs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solver.arrays import Arrays

_names = 0


def _next() -> int:
    global _names  # noqa: PLW0603 (numbers the names below once, at import)
    _names += 1
    return _names - 1


# Sizes and switches.
SLOTS, PERSONS, TALKERS, CLASSES, MEETINGS = _next(), _next(), _next(), _next(), _next()
COMPANIES, BLOCKS, DAYS, ZONES, FLOOR = _next(), _next(), _next(), _next(), _next()
MAX_BREAKS, WALKS, FIXES, GAPS, SEATED = (_next() for _ in range(5))
UNPLACED_N, LOG_TOP, LOG_OPS, LOG_END = _next(), _next(), _next(), _next()
VICTIMS, WORDS, SLOT_WORDS = _next(), _next(), _next()
# Offsets of what never changes.
SLOT_BLOCK, SLOT_DAY, BLOCK_START, BLOCK_END = _next(), _next(), _next(), _next()
P_FREE, P_MAX, P_DAY_MAX, P_ROW_MAX, P_FIXED, P_DISLIKE = (_next() for _ in range(6))
T_FREE, T_DAY_MAX, T_ROW_MAX = _next(), _next(), _next()
C_ZONE, C_CAP, WALK, CO_MAX = _next(), _next(), _next(), _next()
WEIGHT, LENGTH, MUST, STARTS_PTR, STARTS = _next(), _next(), _next(), _next(), _next()
PARTY_PTR, PARTY_SEAT, MEMBER_PTR, MEMBER = _next(), _next(), _next(), _next()
COMPANY_PTR, COMPANY, CO_MEETING_PTR, CO_MEETING = _next(), _next(), _next(), _next()
DEMAND, DEMAND_PTR, DEMAND_CLASS, SUITS = _next(), _next(), _next(), _next()
PAIR, PAIR_PTR, PAIR_TALKER = _next(), _next(), _next()
BEFORE_PTR, BEFORE, BEHIND_PTR, BEHIND = _next(), _next(), _next(), _next()
PEOPLE_PTR, CELL_PTR, CELL_POS_PTR = _next(), _next(), _next()
# Offsets of the answer, then of what follows from it.
START, CLASS, TALKER, PEOPLE = _next(), _next(), _next(), _next()
P_AT, P_OPEN, T_AT, USED, FREE, CELL, CELL_POS = (_next() for _ in range(7))
P_COUNT, P_DAY, CO_COUNT, T_DAY = _next(), _next(), _next(), _next()
B_IDLE, B_BREAKS, P_BREAKS, CHANGES = _next(), _next(), _next(), _next()
UNPLACED, UNPLACED_POS, MARK, VICTIM, LOG = (_next() for _ in range(5))
HEADER = _names

# The goals' sums, all maximised: what is minimised is counted below zero.
G_RULES, G_COVERAGE, G_VALUE, G_BREAKS, G_IDLE, G_MOVES, G_PREFERENCES = range(7)
GOALS = 7
"""``G_RULES`` counts broken soft-held hard rules (must meetings missing, breaks beyond max_breaks)."""

WORD_BITS = 30
"""Bits used of a number that stands for a set of classes."""

MOST_OPERATIONS = 120
"""Placings and removals that one move may make: the log has room for so many and no more, and compiled code
writes behind its end unasked. So every step makes sure of its room first."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """One search's memory: the flat array, the goals' sums, the random state. Belongs to one thread."""

    arrays: Arrays
    flat: Ints
    sums: Longs
    answer: slice

    @classmethod
    def of(cls, arrays: Arrays, *, gaps: bool, seated: bool = False) -> World:
        """An empty schedule. ``gaps``: keep idle slots and breaks; ``seated``: keep changes of table, which
        takes arrays in which every table is a class (both are needed for those goals only, and cost time)."""
        assert not seated or arrays.n_classes == arrays.n_tables, "changes are counted between classes"
        return _lay_out(arrays, gaps=gaps or arrays.problem.max_breaks is not None, seated=seated)

    def assignment(self, answer: Ints | None = None) -> Assignment:
        """The incumbent (or the kept ``answer``), without tables: they are given out later."""
        flat = self.flat[self.answer] if answer is None else answer
        return Assignment(*self._unpack(flat))

    def classes(self, answer: Ints | None = None) -> Ints:
        """Table class of each meeting of the incumbent (or of ``answer``); NONE where not placed."""
        flat = self.flat[self.answer] if answer is None else answer
        meetings = self.arrays.n_meetings
        return np.where(flat[:meetings] == NONE, NONE, flat[meetings : 2 * meetings]).astype(np.int32)

    def _unpack(self, flat: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        arrays, meetings = self.arrays, self.arrays.n_meetings
        start = flat[:meetings].copy()
        talker = np.where(start == NONE, NONE, flat[2 * meetings : 3 * meetings]).astype(np.int32)
        seats = flat[3 * meetings :]
        party_seat = self.flat[self.flat[PARTY_SEAT] :][: arrays.n_parties]
        placed = np.repeat(start != NONE, np.diff(arrays.party_ptr)) & (party_seat != NONE)
        chosen = np.full(arrays.n_parties, NONE, np.int32)
        chosen[placed] = seats[party_seat[placed]]
        return start, np.full(meetings, NONE, np.int32), talker, chosen


def _lay_out(arrays: Arrays, *, gaps: bool, seated: bool) -> World:
    n_blocks = int(arrays.slot_block.max()) + 1
    sizes = _sizes(arrays, n_blocks, gaps=gaps, seated=seated)
    seat_ptr, seats, party_seat = arrays.seats()
    fixed, moving = _fixed(arrays, seat_ptr, party_seat), _moving(arrays, seat_ptr, seats, n_blocks)
    header = np.zeros(HEADER, np.int64)
    header[: len(sizes)] = sizes
    parts: list[Ints] = []
    offset = HEADER
    for name, part in [*fixed, *moving]:
        header[name] = offset
        flat = np.ascontiguousarray(part, np.int32).ravel()
        parts.append(flat)
        offset += len(flat)
    assert offset < 2**31, "offsets are int32"
    header[LOG_END] = offset
    flat = np.concatenate([header.astype(np.int32), *parts])
    sums = np.zeros(GOALS, np.int64)
    sums[G_RULES] = -int(arrays.must.sum())
    answer = slice(int(header[START]), int(header[P_AT]))
    return World(arrays, flat, sums, answer)


def _sizes(arrays: Arrays, n_blocks: int, *, gaps: bool, seated: bool) -> Sequence[int]:
    limit = arrays.problem.max_breaks
    return (
        arrays.n_slots,
        arrays.n_people,
        arrays.n_interpreters,
        arrays.n_classes,
        arrays.n_meetings,
        arrays.n_companies,
        n_blocks,
        arrays.n_days,
        len(arrays.walk),
        arrays.problem.floor,
        NONE if limit is None else limit,
        int(arrays.walk.any()),
        int(arrays.person_fixed.any()),
        int(gaps),
        int(seated),
        arrays.n_meetings,
        *(0, 0, 0, 0),
        -(-arrays.n_classes // WORD_BITS),
        -(-arrays.n_slots // WORD_BITS),
    )


def _fixed(arrays: Arrays, seat_ptr: Ints, party_seat: Ints) -> list[tuple[int, Ints]]:
    order = np.argsort(arrays.company, kind="stable")
    meeting_of = np.repeat(np.arange(arrays.n_meetings), np.diff(arrays.company_ptr))
    of_company = np.bincount(arrays.company, minlength=arrays.n_companies)
    plain: list[tuple[int, object]] = [
        (SLOT_BLOCK, arrays.slot_block),
        (SLOT_DAY, arrays.slot_day),
        (BLOCK_START, arrays.block_start),
        (BLOCK_END, arrays.block_end),
        (P_FREE, arrays.person_free & ~_barred(arrays)),
        (P_MAX, arrays.person_max),
        (P_DAY_MAX, arrays.person_day_max),
        (P_ROW_MAX, arrays.person_row_max),
        (P_FIXED, arrays.person_fixed),
        (P_DISLIKE, arrays.person_dislike),
        (T_FREE, arrays.interpreter_free),
        (T_DAY_MAX, arrays.interpreter_day_max),
        (T_ROW_MAX, arrays.interpreter_row_max),
        (C_ZONE, arrays.class_zone),
        (C_CAP, arrays.class_capacity),
        (WALK, arrays.walk),
        (CO_MAX, arrays.company_max),
        (WEIGHT, arrays.weight),
        (LENGTH, arrays.length),
        (MUST, arrays.must),
        (STARTS_PTR, arrays.starts_ptr),
        (STARTS, arrays.starts),
        (PARTY_PTR, arrays.party_ptr),
        (PARTY_SEAT, party_seat),
        (MEMBER_PTR, arrays.member_ptr),
        (MEMBER, arrays.member),
        (COMPANY_PTR, arrays.company_ptr),
        (COMPANY, arrays.company),
        (CO_MEETING_PTR, np.concatenate(([0], np.cumsum(of_company)))),
        (CO_MEETING, meeting_of[order]),
        (DEMAND, arrays.demand),
        (DEMAND_PTR, arrays.demand_ptr),
        (DEMAND_CLASS, arrays.demand_class),
        (SUITS, _bits(arrays.suits())),
        (PAIR, arrays.pair),
        (PAIR_PTR, arrays.pair_ptr),
        (PAIR_TALKER, arrays.pair_interpreter),
        (BEFORE_PTR, arrays.before_ptr),
        (BEFORE, arrays.before),
        (BEHIND_PTR, arrays.behind_ptr),
        (BEHIND, arrays.behind),
        (PEOPLE_PTR, seat_ptr),
        (CELL_PTR, np.concatenate(([0], np.cumsum(arrays.class_capacity.ravel())))),
        (CELL_POS_PTR, np.concatenate(([0], np.cumsum(arrays.length)))),
    ]
    return [(name, np.asarray(part).astype(np.int32)) for name, part in plain]


def _moving(arrays: Arrays, seat_ptr: Ints, seats: Ints, n_blocks: int) -> list[tuple[int, Ints]]:
    slots, people, meetings = arrays.n_slots, arrays.n_people, arrays.n_meetings
    largest = int(np.diff(seat_ptr).max(initial=0))
    numbers = np.arange(meetings, dtype=np.int32)
    return [
        (START, _full(meetings)),
        (CLASS, _full(meetings)),
        (TALKER, _full(meetings)),
        (PEOPLE, seats),
        (P_AT, _full(people * slots)),
        (P_OPEN, _bits(arrays.person_free & ~_barred(arrays))),
        (T_AT, _full(arrays.n_interpreters * slots)),
        (USED, _zeros(arrays.n_classes * slots)),
        (FREE, _bits(arrays.class_capacity.T > 0)),
        (CELL, _full(int(arrays.class_capacity.sum()))),
        (CELL_POS, _full(int(arrays.length.sum()))),
        (P_COUNT, _zeros(people)),
        (P_DAY, _zeros(people * arrays.n_days)),
        (CO_COUNT, _zeros(arrays.n_companies)),
        (T_DAY, _zeros(arrays.n_interpreters * arrays.n_days)),
        (B_IDLE, _zeros(people * n_blocks)),
        (B_BREAKS, _zeros(people * n_blocks)),
        (P_BREAKS, _zeros(people)),
        (CHANGES, _zeros(meetings)),
        (UNPLACED, numbers),
        (UNPLACED_POS, numbers),
        (MARK, _zeros(meetings)),
        (VICTIM, _zeros(MOST_OPERATIONS)),
        (LOG, _zeros(MOST_OPERATIONS * (5 + largest))),
    ]


def _barred(arrays: Arrays) -> Flags:
    """[P, 1] Who may have no meeting at all."""
    barred: Flags = (arrays.person_max == 0) | (arrays.person_day_max == 0)
    return barred[:, None]


def _bits(flags: Flags) -> Ints:
    """Rows of flags as words of WORD_BITS bits, the first flag lowest."""
    rows, columns = flags.shape
    words = -(-columns // WORD_BITS)
    padded = np.zeros((rows, words * WORD_BITS), np.int64)
    padded[:, :columns] = flags
    powers = 1 << np.arange(WORD_BITS, dtype=np.int64)
    made: Longs = (padded.reshape(rows, words, WORD_BITS) * powers).sum(axis=2)
    return made.astype(np.int32)


def _full(size: int) -> Ints:
    return np.full(size, NONE, np.int32)


def _zeros(size: int) -> Ints:
    return np.zeros(size, np.int32)
