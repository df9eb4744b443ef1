"""Plain forums: nothing but availability, tables and counts binds meetings; solved by selection and placing.

Which meetings take place is decided without slots (a b-matching, by the aggregated relaxation), then the
selection is placed slot by slot with Kempe chains. Where all of it finds a place, its value is the bound:
proven optimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from solver import kernels
from solver.arrays import NONE, Assignment, Ints, Longs, Reals
from solver.kernels import kempe

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper
    from solver.bounds.value import Bound

INTERPRETED_MEETINGS = 30_000
"""Up to here placing runs uncompiled: it ends before numba would be imported."""

_CHUNK = 200  # meetings placed between two looks at the clock: some 10 ms uncompiled
_ROUNDS = 30  # tries for meetings that found no place at first
_FULL_SLOT_TRIES = 200


def is_plain(arrays: Arrays) -> bool:
    """Whether meetings only meet in people's and tables' time: fixed people, one slot each, tables alike, and
    no rule that looks at neighbouring slots, days, interpreters or other meetings."""
    slots = arrays.n_slots
    return bool(
        arrays.party_all.all()
        and (arrays.length == 1).all()
        and arrays.n_classes == 1
        and (np.diff(arrays.demand_ptr)[arrays.demand] == 1).all()
        and (arrays.pair == NONE).all()
        and not len(arrays.before)
        and not arrays.walk.any()
        and not arrays.person_fixed.any()
        and (arrays.person_row_max >= slots).all()
        and (arrays.person_day_max >= slots).all()
        and arrays.problem.max_breaks is None
    )


@dataclass(frozen=True, slots=True, eq=False)
class Colouring:
    """A plain forum's kernel memory, and the arrays that it belongs to. Belongs to one thread."""

    arrays: Arrays
    forum: kempe.Forum
    random: Longs

    @classmethod
    def of(cls, arrays: Arrays, *, seed: int, compiled: bool) -> Colouring:
        """Nothing placed. ``compiled``: arrays for compiled kernels; else lists for kernels as they stand."""
        ptr, people, _ = arrays.seats()
        meetings, slots = arrays.n_meetings, arrays.n_slots
        parts = (
            ptr,
            people,
            arrays.admissible.astype(np.int32).ravel(),
            np.full(arrays.n_people * slots, NONE, np.int32),
            np.zeros(slots, np.int32),
            arrays.class_capacity[0],
            np.full(meetings, NONE, np.int32),
            np.zeros(meetings, np.int32),
            np.zeros(meetings, np.int32),
        )
        random = random_state(seed)
        if compiled:
            return cls(arrays, kempe.Forum(*(np.ascontiguousarray(part, np.int32) for part in parts)), random)
        # Lists stand in for arrays: kernels only index them and ask their length.
        forum = kempe.Forum(*(cast("Ints", part.tolist()) for part in parts))
        return cls(arrays, forum, cast("Longs", random.tolist()))

    def load(self, start: Ints) -> None:
        """Enter the meetings of a plain incumbent into an empty colouring."""
        for meeting in np.flatnonzero(start != NONE).tolist():
            kempe.enter(self.forum, meeting, int(start[meeting]))

    def assignment(self) -> Assignment:
        """The incumbent, without tables."""
        start = np.array(self.forum.start, np.int32)
        return of_starts(self.arrays, start)


def of_starts(arrays: Arrays, start: Ints) -> Assignment:
    """A plain incumbent, without tables, from its starts."""
    empty = Assignment.empty(arrays)
    return Assignment(start.copy(), empty.table, empty.interpreter, empty.chosen)


def random_state(seed: int) -> Longs:
    """The kernels' random state: different seeds give unrelated numbers."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & ((1 << 64) - 1)
    mixed ^= mixed >> 29
    return np.array([mixed & 0x7FFFFFFF, (mixed >> 31) & 0xFFFFFFFF | 1], np.int64)


def select(arrays: Arrays, share: Reals) -> Ints:
    """The meetings to place, best first: those of the relaxation, then by weight, as far as everybody's free
    slots, the limits in all and the number of tables allow. ``share`` may be empty."""
    shares = share if len(share) else np.zeros(arrays.n_meetings)
    musts = arrays.must.astype(np.int64)
    order = np.lexsort((-arrays.weight, -np.round(shares, 6), -musts))
    free = arrays.person_free.sum(axis=1)
    person_left = np.minimum(free, arrays.person_max).tolist()
    company_left = arrays.company_max.tolist()
    left = int(arrays.class_capacity.sum())
    ptr, people, _ = arrays.seats()
    offsets, persons = ptr.tolist(), people.tolist()
    company_offsets, companies = arrays.company_ptr.tolist(), arrays.company.tolist()
    possible: list[bool] = np.diff(arrays.starts_ptr).astype(np.bool_).tolist()
    picked: list[int] = []
    for meeting in order.tolist():
        come = persons[offsets[meeting] : offsets[meeting + 1]]
        firms = companies[company_offsets[meeting] : company_offsets[meeting + 1]]
        if left <= 0:
            break
        if not possible[meeting] or any(person_left[each] <= 0 for each in come):
            continue
        if any(company_left[each] <= 0 for each in firms):
            continue
        left -= 1
        picked.append(meeting)
        for each in come:
            person_left[each] -= 1
        for each in firms:
            company_left[each] -= 1
    return np.array(picked, np.int32)


def place_selection(arrays: Arrays, bound: Bound, *, seed: int, control: Stopper) -> Assignment:
    """Place the relaxation's selection; what finds no place is tried again on shaken colourings.

    Stops early with what is placed. The same for the same seed unless stopped.
    """
    selection = select(arrays, bound.share)
    with kernels.as_they_stand(wanted=len(selection) <= INTERPRETED_MEETINGS) as interpreted:
        colouring = Colouring.of(arrays, seed=seed, compiled=not interpreted)
        _place(colouring, selection, compiled=not interpreted, control=control)
    return colouring.assignment()


def _place(colouring: Colouring, selection: Ints, *, compiled: bool, control: Stopper) -> None:
    forum, random = colouring.forum, colouring.random
    # Whoever has the least choice goes first: chains are short while much is free.
    slack = np.diff(colouring.arrays.starts_ptr)
    order = selection[np.argsort(slack[selection], kind="stable")]
    for first in range(0, len(order), _CHUNK):
        if control.should_stop():
            return
        kempe.place(forum, _as(order[first : first + _CHUNK], compiled=compiled), random, 0)
    for attempt in range(_ROUNDS):
        start = np.array(forum.start, np.int32)
        missing = order[start[order] == NONE]
        if not len(missing) or control.should_stop():
            return
        if attempt:
            kempe.shake(forum, random, min(2_000, 2 * len(order)) if compiled else 200)
        kempe.place(forum, _as(missing, compiled=compiled), random, _FULL_SLOT_TRIES)


def _as(order: Ints, *, compiled: bool) -> Ints:
    return order if compiled else cast("Ints", order.tolist())
