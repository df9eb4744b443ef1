"""Some meetings set free among others that stand fast: when they may start, who may come, in which zone.

The hard rules between meetings, as clauses on these choices alone. What the free meetings don't touch is not
in the model; of those who come to them, the meetings that stand fast are constants. Starts are looked for in
the blocks in which a free meeting is now. Left out, so never to be set free: meetings with a precedence, and
those of people who keep one table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import NONE
from solver.model.clauses import FALSE, TRUE, Clauses

if TYPE_CHECKING:
    from solver.arrays import Arrays, Assignment, Flags
    from solver.untying.knots import Times


def may_be_freed(arrays: Arrays, times: Times, meeting: int) -> bool:
    """Whether all rules of a meeting are known here."""
    return bool(
        arrays.before_ptr[meeting] == arrays.before_ptr[meeting + 1]
        and arrays.behind_ptr[meeting] == arrays.behind_ptr[meeting + 1]
        and not arrays.person_fixed[list(times.people[meeting])].any()
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen for the free meetings."""

    start: Mapping[int, int]
    zone: Mapping[int, int]
    people: Mapping[int, frozenset[int]]


class Freed:
    """Variables and hard rules of the free meetings.

    *Resources* are people (their index), then interpreters (index + number of people). ``busy[who][slot]`` is
    a literal for each *touched* resource: one that may come to a free meeting.
    """

    def __init__(self, arrays: Arrays, state: Assignment, times: Times, free: Iterable[int]) -> None:
        self.arrays = arrays
        self.state = state
        self.times = times
        self.free = frozenset(free)
        self.blocks = sorted({times.block_start[times.start[each]] for each in self.free})
        self.clauses = Clauses()
        self.starts: dict[int, dict[int, int]] = {}  # meeting -> start -> literal
        self.comes: dict[int, dict[int, int]] = {}  # meeting -> resource -> literal
        self.there: dict[int, dict[int, dict[int, int]]] = {}  # meeting -> resource -> start -> literal
        self.zones: dict[int, dict[int, int]] = {}  # meeting -> zone -> literal
        self.standing: dict[int, dict[int, int]] = defaultdict(dict)  # resource -> slot -> meeting
        self.meetings: dict[int, list[int]] = defaultdict(list)  # of each resource that may come to them
        self._taken: dict[tuple[int, int], list[tuple[int, bool]]] = defaultdict(list)
        self._parties: dict[int, list[list[int]]] = defaultdict(list)  # who is to be chosen from
        self._inside: dict[tuple[int, int], int] = {}
        self._seated: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        self._attend()
        self.touched = sorted({who for each in self.free for who in self.comes[each]})
        for meeting in sorted(self.free):
            self._place(meeting)
        self.busy = {who: self._busy(who) for who in self.touched}
        for who in self.touched:
            self._rest(who)
            self._limit_days(who)
            self._stay_in_zone(who)
        self._share_tables()

    def starts_of(self, meeting: int) -> Iterable[tuple[int, int]]:
        """(start, literal) of a placed meeting, free or not."""
        return self.starts[meeting].items() if meeting in self.free else ((self.times.start[meeting], TRUE),)

    def is_there(self, meeting: int, who: int, start: int) -> int:
        """A literal: who comes to a placed meeting, and it begins then."""
        return self.there[meeting][who].get(start, FALSE) if meeting in self.free else TRUE

    def choice(self, holds: Sequence[bool]) -> Choice:
        """The choices of a solution."""
        start = {each: next(_chosen(self.starts[each], holds)) for each in self.free}
        zone = {each: next(_chosen(self.zones[each], holds)) for each in self.free}
        people = {each: frozenset(_chosen(self.comes[each], holds)) for each in self.free}
        return Choice(start, zone, people)

    # Who may come, and when

    def _attend(self) -> None:
        interpreter = self.state.interpreter.tolist()
        for meeting, come in enumerate(self.times.people):
            if not come:
                continue
            if meeting in self.free:
                comes = self._candidates(meeting)
            else:
                comes = dict.fromkeys(come, TRUE)
                if interpreter[meeting] != NONE:
                    comes[self.arrays.n_people + interpreter[meeting]] = TRUE
            self.comes[meeting] = comes
            for who in comes:
                self.meetings[who].append(meeting)
                if meeting not in self.free:
                    for slot in range(self.times.start[meeting], self.times.end(meeting)):
                        self.standing[who][slot] = meeting

    def _candidates(self, meeting: int) -> dict[int, int]:
        arrays, comes = self.arrays, dict[int, int]()
        for party in arrays.parties_of(meeting):
            members = arrays.members_of(party).tolist()
            if arrays.party_all[party] or len(members) == 1:
                comes.update(dict.fromkeys(members, TRUE))
                continue
            comes.update(self._one_of(meeting, [each for each in members if not arrays.person_fixed[each]]))
        if len(interpreters := arrays.interpreters_of(meeting)):
            comes.update(self._one_of(meeting, (interpreters + arrays.n_people).tolist()))
        return comes

    def _one_of(self, meeting: int, members: Sequence[int]) -> dict[int, int]:
        """One of several comes: people of a party, or interpreters."""
        if len(members) == 1:
            return {members[0]: TRUE}
        some = {each: self.clauses.new() for each in members}
        self.clauses.exactly_one(some.values())
        self._parties[meeting].append(list(some))
        return some

    def _place(self, meeting: int) -> None:
        comes, length = self.comes[meeting], self.times.length[meeting]
        always = [who for who, literal in comes.items() if literal == TRUE]

        def could(start: int, who: int) -> bool:
            return self._could(who, range(start, start + length))

        self.starts[meeting] = starts = {
            start: self.clauses.new()
            for start in self.arrays.starts_of(meeting).tolist()
            if self.times.block_start[start] in self.blocks and all(could(start, who) for who in always)
        }
        self.clauses.exactly_one(starts.values())
        self.there[meeting] = there = dict.fromkeys(always, starts)
        for party in self._parties[meeting]:
            there.update(self.clauses.cross(starts, {who: comes[who] for who in party}, could))
        for who, begins in there.items():
            for start, literal in begins.items():
                for slot in range(start, start + length):
                    self._taken[who, slot].append((literal, slot == start))
        self._seat(meeting)

    def _seat(self, meeting: int) -> None:
        zones = sorted({int(each) for each in self.arrays.class_zone[self.arrays.classes_of(meeting)]})
        self.zones[meeting] = {zone: self.clauses.new() if len(zones) > 1 else TRUE for zone in zones}
        self.clauses.exactly_one(self.zones[meeting].values())
        sits = self.clauses.cross(self.starts[meeting], self.zones[meeting], lambda *_: True)
        for zone, begins in sits.items():
            for start, literal in begins.items():
                for slot in range(start, start + self.times.length[meeting]):
                    self._seated[zone, slot].append((meeting, literal))

    def _could(self, who: int, slots: range) -> bool:
        arrays, standing = self.arrays, self.standing[who]
        person = who < arrays.n_people
        free = arrays.person_free[who] if person else arrays.interpreter_free[who - arrays.n_people]
        return all(free[slot] and slot not in standing for slot in slots)

    def _busy(self, who: int) -> list[int]:
        busy = []
        for slot in range(self.arrays.n_slots):
            if slot in self.standing[who]:
                busy.append(TRUE)
            elif taken := self._taken.get((who, slot)):
                busy.append(self.clauses.new())
                self.clauses.exactly_one([~busy[-1], *(literal for literal, _ in taken)])
            else:
                busy.append(FALSE)
        return busy

    # Limits

    def _rest(self, who: int) -> None:
        """No more slots in a row than the limit."""
        arrays = self.arrays
        person = who < arrays.n_people
        limit = arrays.person_row_max[who] if person else arrays.interpreter_row_max[who - arrays.n_people]
        for block in self.blocks:
            for slot in range(block, int(arrays.block_end[block]) - int(limit)):
                self.clauses.any_of(*(~each for each in self.busy[who][slot : slot + int(limit) + 1]))

    def _limit_days(self, who: int) -> None:
        """People: meetings a day, and in all. Interpreters: slots a day."""
        arrays = self.arrays
        person = who < arrays.n_people
        most = arrays.person_day_max[who] if person else arrays.interpreter_day_max[who - arrays.n_people]
        for day in {int(arrays.slot_day[block]) for block in self.blocks}:
            slots = np.flatnonzero(arrays.slot_day == day).tolist()
            standing = [self.standing[who][slot] for slot in slots if slot in self.standing[who]]
            some = [
                literal
                for slot in slots
                for literal, first in self._taken.get((who, slot), ())
                if first or not person
            ]
            room = int(most) - len(set(standing) if person else standing)
            self.clauses.at_most(max(0, room), some)
        if person:
            every = range(arrays.n_slots)
            firsts = [each for slot in every for each, first in self._taken.get((who, slot), ()) if first]
            room = int(arrays.person_max[who]) - len(set(self.standing[who].values()))
            self.clauses.at_most(max(0, room), firsts)

    def _stay_in_zone(self, who: int) -> None:
        """People keep to one zone in a block. Interpreters may change it where they can walk, and so may
        people who do so now by meetings that stand fast."""
        if len(self.arrays.walk) == 1:
            return
        for block in self.blocks:
            slots = range(block, int(self.arrays.block_end[block]))
            standing = {
                int(self.arrays.table_zone[self.state.table[self.standing[who][slot]]])
                for slot in slots
                if slot in self.standing[who]
            }
            if who >= self.arrays.n_people or len(standing) > 1:
                self._walk(who, slots)
            else:
                self._keep_zone(who, block, standing)

    def _keep_zone(self, who: int, block: int, standing: Iterable[int]) -> None:
        zones = {zone: self.clauses.new() for zone in range(len(self.arrays.walk))}
        self.clauses.at_most_one(zones.values())
        for zone in standing:
            self.clauses.any_of(zones[zone])
        for meeting in self.free.intersection(self.meetings[who]):
            comes, inside = self.comes[meeting][who], self._starts_in(meeting, block)
            for zone, literal in self.zones[meeting].items():
                self.clauses.any_of(~inside, ~comes, ~literal, zones[zone])

    def _starts_in(self, meeting: int, block: int) -> int:
        """Whether a free meeting starts in a block."""
        key = meeting, block
        if key not in self._inside:
            starts = self.starts[meeting].items()
            some = [literal for start, literal in starts if self.times.block_start[start] == block]
            self._inside[key] = inside = self.clauses.new()
            self.clauses.exactly_one([~inside, *some])
        return self._inside[key]

    def _walk(self, who: int, slots: Iterable[int]) -> None:
        """Nobody goes further from one slot to the next than can be walked."""
        for now, then in pairwise([self._where(who, slot) for slot in slots]):
            for zone, other in np.argwhere(self.arrays.walk).tolist():
                if zone in now and other in then and (now[zone], then[other]) != (TRUE, TRUE):
                    self.clauses.any_of(~now[zone], ~then[other])

    def _where(self, who: int, slot: int) -> dict[int, int]:
        """zone -> a literal that holds if somebody is there in a slot (and may hold otherwise)."""
        standing = self.standing[who].get(slot)
        if standing is not None:
            return {int(self.arrays.table_zone[self.state.table[standing]]): TRUE}
        where: dict[int, int] = {}
        for meeting in self.free.intersection(self.meetings[who]):
            for start, literal in self.there[meeting][who].items():
                if start <= slot < start + self.times.length[meeting]:
                    for zone, chosen in self.zones[meeting].items():
                        if zone not in where:
                            where[zone] = self.clauses.new()
                        self.clauses.any_of(~literal, ~chosen, where[zone])
        return where

    def _share_tables(self) -> None:
        """Of the meetings that only some tables of a zone suit, no more than there are (Hall's condition)."""
        arrays, table = self.arrays, self.state.table
        suits = arrays.suits()[:, arrays.table_class]
        sets = np.unique(suits, axis=0)
        within = np.logical_not(np.logical_and(suits[:, None, :], ~sets[None, :, :]).any(axis=2))
        inside: Flags = within[arrays.demand]  # [meetings, sets]
        standing = np.array([each for each in self.comes if each not in self.free], np.int64)
        for (zone, slot), some in self._seated.items():
            there = standing[
                (arrays.table_zone[table[standing]] == zone)
                & (self.state.start[standing] <= slot)
                & (slot < self.state.start[standing] + arrays.length[standing])
            ]
            able = sets & (arrays.table_zone == zone) & arrays.table_open[:, slot]
            room = able.sum(axis=1) - inside[there].sum(axis=0)
            for number, left in enumerate(room.tolist()):
                literals = [literal for meeting, literal in some if inside[meeting, number]]
                self.clauses.at_most(max(0, left), literals)


def _chosen(literals: Mapping[int, int], holds: Sequence[bool]) -> Iterator[int]:
    return (each for each, literal in literals.items() if holds[literal])
