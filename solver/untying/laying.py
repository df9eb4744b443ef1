"""Times for meetings that were shared out to blocks, row by row, and so that nobody has to change tables.

Exact search, one block after the other. Who comes is settled, but for interpreters; so is which meetings
hang together: what is left are their order, and interpreters and tables, of which there are only so many at a
time.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from solver.arrays import NONE, Assignment
from solver.model.clauses import TRUE, Clauses
from solver.untying.rows import seat_rows
from solver.untying.sharing import least_idle

if TYPE_CHECKING:
    from solver.arrays import Arrays, Flags
    from solver.bounds.lp import Stopper
    from solver.untying.sharing import Shared

MOST_BROKEN: Final = 4
"""Links of a block that people may come to from elsewhere, or leave for elsewhere, if not all are in rows."""

LONGEST, LONGEST_LOOSE = 1.5, 4.0
"""Seconds for one block. Nearly all that find times do so in half of one; others may be near. More for the
fewest broken links."""


@dataclass(frozen=True, slots=True)
class Unlaid:
    """No times for a block were found: there are none, or time was up. NONE: the blocks together had none."""

    block: int


def lay(
    arrays: Arrays, shared: Shared, *, seed: int, control: Stopper, hard: Mapping[int, int] | None = None
) -> Assignment | Unlaid:
    """A schedule with these meetings in these blocks, or the first block that has no times.

    Without any change of table in blocks that fall into rows; else with as few links broken as found.
    ``hard``: how often blocks had none so far, those first.
    """
    so_far = Laid({}, {}, shared.interpreter)
    chance = random.Random(seed)
    blocks = Counter(hard or {})
    for block in sorted(set(shared.block.values()), key=lambda each: (-blocks[each], each)):
        laying = Laying(arrays, shared, block, so_far.interpreter)
        seconds = min(LONGEST_LOOSE if block in shared.loose else LONGEST, control.left())
        laid = laying.solve(seconds=seconds, seed=chance.randrange(1 << 30), control=control)
        if laid is None:
            return Unlaid(block)
        so_far = Laid(
            {**so_far.start, **laid.start},
            {**so_far.zone, **laid.zone},
            {**so_far.interpreter, **laid.interpreter},
        )
    return _seated(arrays, shared, so_far) or Unlaid(NONE)


def _seated(arrays: Arrays, shared: Shared, laid: Laid) -> Assignment | None:
    none = Assignment.empty(arrays)
    starts, chosen, interpreters = none.start.copy(), none.chosen.copy(), none.interpreter.copy()
    for meeting, slot in laid.start.items():
        starts[meeting], interpreters[meeting] = slot, laid.interpreter[meeting]
        for party in arrays.parties_of(meeting):
            if not arrays.party_all[party]:
                members = arrays.members_of(party).tolist()
                chosen[party] = next(each for each in members if each in shared.people[meeting])
    made = replace(none, start=starts, chosen=chosen, interpreter=interpreters)
    return seat_rows(arrays, made, blocks=sorted(set(shared.block.values())), zones=laid.zone)


@dataclass(frozen=True, slots=True)
class Laid:
    """What was chosen for meetings."""

    start: Mapping[int, int]
    zone: Mapping[int, int]
    interpreter: Mapping[int, int]  # NONE: nobody


class Laying:
    """One block: variables and rules."""

    def __init__(self, arrays: Arrays, shared: Shared, block: int, interpreter: Mapping[int, int]) -> None:
        self._arrays = arrays
        self._shared = shared
        self._slots = range(block, int(arrays.block_end[block]))
        self._meetings = [each for each, first in shared.block.items() if first == block]
        self._mine: dict[int, list[int]] = defaultdict(list)  # meetings of each person
        for meeting in self._meetings:
            for who in shared.people[meeting]:
                self._mine[who].append(meeting)
        self._clauses = Clauses()
        self._starts = {each: self._start(each) for each in self._meetings}
        self._least = {who: self._least_idle(who) for who in self._mine}
        self._busy = {who: self._busy_in(self._covering(who)) for who in self._mine}
        self._pauses: dict[int, dict[int, int]] = {}
        for who in self._mine:
            self._stay(who)
        self._broken: list[int] = []
        self._hosting: dict[int, list[int]] = defaultdict(list)
        for meeting in self._meetings:
            self._link(meeting)
        for guests in self._hosting.values():
            self._clauses.at_most_one(guests)
        for meeting in self._meetings:
            self._follow(meeting)
        self._zones = self._seat()
        self._interpreters = self._interpret(interpreter)

    def solve(self, *, seconds: float, seed: int, control: Stopper) -> Laid | None:
        """Any solution, of those found one with fewest broken links; None without one in time."""
        holds = self._clauses.lightest(
            dict.fromkeys(self._broken, 1),
            most=MOST_BROKEN,
            seconds=seconds,
            seed=seed,
            first=not self._broken,
            should_stop=control.should_stop,
        )
        if holds is None:
            return None

        def chosen(literals: Mapping[int, int]) -> int:
            return next((each for each, literal in literals.items() if holds[literal]), NONE)

        return Laid(
            {each: chosen(self._starts[each]) for each in self._meetings},
            {each: chosen(self._zones[each]) for each in self._meetings},
            {each: chosen(self._interpreters[each]) for each in self._meetings},
        )

    def _start(self, meeting: int) -> dict[int, int]:
        free = np.logical_and.reduce(self._arrays.person_free[list(self._shared.people[meeting])])
        length = int(self._arrays.length[meeting])
        starts = {
            slot: self._clauses.new()
            for slot in self._arrays.starts_of(meeting).tolist()
            if slot in self._slots and free[slot : slot + length].all()
        }
        self._clauses.exactly_one(starts.values())
        return starts

    def _follow(self, meeting: int) -> None:
        """What has to end before it does."""
        arrays = self._arrays
        for before in arrays.before[arrays.before_ptr[meeting] : arrays.before_ptr[meeting + 1]].tolist():
            for first, literal in self._starts.get(before, {}).items():
                for start, other in self._starts[meeting].items():
                    if start < first + arrays.length[before]:
                        self._clauses.any_of(~literal, ~other)

    def _during(self, meeting: int, slot: int) -> list[int]:
        """Literals of the starts with which a meeting takes place in a slot."""
        length = int(self._arrays.length[meeting])
        return [literal for start, literal in self._starts[meeting].items() if start <= slot < start + length]

    def _covering(self, who: int) -> dict[int, list[int]]:
        return {
            slot: [literal for each in self._mine[who] for literal in self._during(each, slot)]
            for slot in self._slots
        }

    def _busy_in(self, literals: Mapping[int, list[int]]) -> dict[int, int]:
        """slot -> whether one of its literals holds; no two may."""
        busy = {slot: self._clauses.new() for slot in literals}
        for slot, some in literals.items():
            self._clauses.exactly_one([~busy[slot], *some])
        return busy

    # People

    def _stay(self, who: int) -> None:
        """Who has several meetings rests in time, and idles no more than must be."""
        if len(self._mine[who]) < 2:
            return
        busy, slots, arrays = self._busy[who], self._slots, self._arrays
        row_max = min(int(arrays.person_row_max[who]), len(slots))
        for first in range(slots.start, slots.stop - row_max):
            self._clauses.any_of(*(~busy[slot] for slot in range(first, first + row_max + 1)))
        idle = self._pauses[who] = {slot: self._clauses.new() for slot in slots[1:-1]}
        before = {slots.start: ~TRUE}
        after = {slots.stop - 1: ~TRUE}
        for slot in slots[1:]:
            before[slot] = self._clauses.either(before[slot - 1], busy[slot - 1])
        for slot in reversed(slots[:-1]):
            after[slot] = self._clauses.either(after[slot + 1], busy[slot + 1])
        for slot in slots[1:-1]:
            self._clauses.any_of(busy[slot], ~before[slot], ~after[slot], idle[slot])
        self._clauses.at_most(self._least[who], idle.values())

    def _least_idle(self, who: int) -> int:
        slots = self._slots
        free = tuple(self._arrays.person_free[who, slots.start : slots.stop].tolist())
        row_max = min(int(self._arrays.person_row_max[who]), len(slots))
        return least_idle(free, row_max)[int(self._arrays.length[self._mine[who]].sum())]

    def _link(self, meeting: int) -> None:
        """Where two meet who have several, it is the last for one and the first for the other; or one is a
        guest in the other's pause."""
        several = [who for who in self._shared.people[meeting] if len(self._mine[who]) > 1]
        for one, other in combinations(several, 2):
            pairs = ((one, other), (other, one))
            orders = [self._order(meeting, *pair) for pair in pairs]
            guests = [self._guest(meeting, *pair) for pair in pairs if self._may_be_guest(meeting, *pair)]
            broken = [self._clauses.new()] if self._slots.start in self._shared.loose else []
            self._broken += broken
            self._clauses.any_of(*orders, *guests, *broken)

    def _order(self, meeting: int, last: int, first: int) -> int:
        """A literal: it is the last for one and the first for another."""
        order, length = self._clauses.new(), int(self._arrays.length[meeting])
        for start, literal in self._starts[meeting].items():
            for slot in range(start + length, self._slots.stop):
                self._clauses.any_of(~literal, ~order, ~self._busy[last][slot])
            for slot in range(self._slots.start, start):
                self._clauses.any_of(~literal, ~order, ~self._busy[first][slot])
        return order

    def _may_be_guest(self, meeting: int, host: int, guest: int) -> bool:
        """Whether somebody pauses, and another has one more meeting: of one slot, with nobody of several."""
        others = [each for each in self._mine[guest] if each != meeting]
        return (
            self._least[host] > 0
            and len(others) == 1
            and self._arrays.length[others[0]] == 1
            and all(len(self._mine[who]) == 1 for who in self._shared.people[others[0]] if who != guest)
        )

    def _guest(self, meeting: int, host: int, guest: int) -> int:
        """A literal: that other meeting takes a pause's only slot, right before or after the one of both. Its
        table is the host's, who is at it before, and has but one guest in the block."""
        made, length = self._clauses.new(), int(self._arrays.length[meeting])
        self._hosting[host].append(made)
        other = next(each for each in self._mine[guest] if each != meeting)
        for start, literal in self._starts[other].items():
            self._clauses.any_of(~made, ~literal, ~self._busy[host][start])
            if start + 1 in self._starts[meeting]:
                before = [self._busy[host][start - 1]] if start - 1 in self._slots else []
                self._clauses.any_of(~made, ~literal, ~self._starts[meeting][start + 1], *before)
            if start - length in self._starts[meeting] and start + 1 in self._slots:
                back = [self._busy[host][start + 1]]
                self._clauses.any_of(~made, ~literal, ~self._starts[meeting][start - length], *back)
        return made

    # Tables

    def _rows(self) -> list[list[int]]:
        """Meetings that hang together by their people."""
        rows, seen = [], set[int]()
        for meeting in self._meetings:
            if meeting in seen:
                continue
            seen.add(meeting)
            row = [meeting]
            for each in row:
                more = {new for who in self._shared.people[each] for new in self._mine[who]} - seen
                seen |= more
                row += sorted(more)
            rows.append(row)
        return rows

    def _seat(self) -> dict[int, dict[int, int]]:
        """Each row has a zone; of rows that only some of its tables suit, no more than there are at once."""
        arrays = self._arrays
        suits = arrays.suits()[:, arrays.table_class]
        sits: dict[tuple[int, int], list[tuple[Flags, int]]] = defaultdict(list)
        zones: dict[int, dict[int, int]] = {}
        for row in self._rows():
            able: Flags = np.logical_and.reduce(suits[arrays.demand[row]])
            here = sorted(set(arrays.table_zone[able].tolist()))
            mine = {zone: self._clauses.new() if len(here) > 1 else TRUE for zone in here}
            self._clauses.exactly_one(mine.values())
            for meeting in row:
                zones[meeting] = mine
                crossed = self._clauses.cross(self._starts[meeting], mine, lambda *_: True)
                for zone, begins in crossed.items():
                    for start, literal in begins.items():
                        for slot in range(start, start + int(arrays.length[meeting])):
                            sits[zone, slot].append((able, literal))
            for who in {who for meeting in row for who in self._shared.people[meeting]}:
                for slot, kept in self._kept(who).items():
                    for zone, seated in mine.items():
                        sits[zone, slot].append((able, self._clauses.both(kept, seated)))
        sets = np.unique(suits, axis=0)
        for (zone, slot), some in sits.items():
            there = arrays.table_open[:, slot] & (arrays.table_zone == zone)
            for able in sets:
                literals = [literal for suiting, literal in some if not (suiting & ~able).any()]
                self._clauses.at_most(int((there & able).sum()), literals)
        return zones

    def _kept(self, who: int) -> dict[int, int]:
        """Pauses in which somebody's table is kept: it is taken then as by a meeting. That of a guest counts
        for itself."""
        if self._least.get(who, 0) == 0:
            return {}
        kept = {slot: self._clauses.new() for slot in self._pauses.get(who, {})}
        for slot, literal in kept.items():
            self._clauses.any_of(~self._pauses[who][slot], literal, *self._hosting.get(who, []))
        return kept

    # Interpreters

    def _interpret(self, now: Mapping[int, int]) -> dict[int, dict[int, int]]:
        """Who interprets: one at a time, with rest, as many slots a day as may be, and no walk too far."""
        arrays = self._arrays
        taken: dict[int, dict[int, list[int]]] = defaultdict(lambda: {slot: [] for slot in self._slots})
        places: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
        chosen: dict[int, dict[int, int]] = {}
        for meeting in self._meetings:
            some = arrays.interpreters_of(meeting).tolist()
            chosen[meeting] = {each: self._clauses.new() for each in some}
            if not some:
                continue
            self._clauses.exactly_one(chosen[meeting].values())
            length = int(arrays.length[meeting])

            def could(start: int, who: int, length: int = length) -> bool:
                return bool(arrays.interpreter_free[who, start : start + length].all())

            for who, begins in self._clauses.cross(self._starts[meeting], chosen[meeting], could).items():
                for start, literal in begins.items():
                    for slot in range(start, start + length):
                        taken[who][slot].append(literal)
                        for zone, seated in self._zones[meeting].items():
                            places[who, slot, zone].append((literal, seated))
        for who, literals in taken.items():
            self._limit(who, literals, now)
        self._walk(places)
        return chosen

    def _limit(self, who: int, literals: Mapping[int, list[int]], now: Mapping[int, int]) -> None:
        arrays, slots = self._arrays, self._slots
        busy = self._busy_in(literals)
        row_max = min(int(arrays.interpreter_row_max[who]), len(slots))
        for first in range(slots.start, slots.stop - row_max):
            self._clauses.any_of(*(~busy[slot] for slot in range(first, first + row_max + 1)))
        day = arrays.slot_day[slots.start]
        elsewhere = sum(
            int(arrays.length[meeting])
            for meeting, each in now.items()
            if each == who
            and self._shared.block[meeting] != slots.start
            and arrays.slot_day[self._shared.block[meeting]] == day
        )
        self._clauses.at_most(max(0, int(arrays.interpreter_day_max[who]) - elsewhere), busy.values())

    def _walk(self, places: Mapping[tuple[int, int, int], Iterable[tuple[int, int]]]) -> None:
        """No interpreter goes further from one slot to the next than can be walked."""
        far = np.argwhere(self._arrays.walk).tolist()
        if not far:
            return
        at: dict[tuple[int, int, int], int] = {}
        for key, some in places.items():
            at[key] = self._clauses.new()
            for literal, seated in some:
                self._clauses.any_of(~literal, ~seated, at[key])
        for who in {who for who, *_ in places}:
            for slot, then in pairwise(self._slots):
                for zone, other in far:
                    if (who, slot, zone) in at and (who, then, other) in at:
                        self._clauses.any_of(~at[who, slot, zone], ~at[who, then, other])
