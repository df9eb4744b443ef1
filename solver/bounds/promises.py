"""Whose published agenda must change, whatever is done: a bound of the goal promises without any search.

A published placement that can't stay as it is changes the agenda of everybody in it, except where only a
delegate fell away for whom a colleague may stand in. Meetings that were not published change nobody's. One
look at each placement, so it takes no longer than the judge; what it says is mostly the least number of
people itself (see ``narrow.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from solver.measure import Timeline
from solver.problem import Interpreter, Meeting, Need, Party, Person, Problem, Table
from solver.schedule import Placement, Schedule


@dataclass(frozen=True, slots=True)
class Promised:
    """What becomes of the published placements, each looked at alone.

    ``forced``: people of the problem whose agenda changes in every schedule. ``groups``: disjoint sets of
    others; of each at least one more changes. ``kept``: placements that can stay just as they are. ``open``:
    those that can stay for some of their people, if others come in the place of who fell away. ``published``:
    ids of all published meetings.
    """

    forced: frozenset[str]
    groups: tuple[frozenset[str], ...]
    kept: tuple[Placement, ...]
    open: tuple[Placement, ...]
    published: frozenset[str]

    @property
    def least(self) -> int:
        """No schedule changes the agendas of fewer people."""
        return len(self.forced) + len(self.groups)


def promised(problem: Problem, published: Schedule) -> Promised:
    """Look at each placement of ``published`` alone; linear in their number."""
    look = _Look(problem)
    for placement in published.placements:
        look.at(placement)
    return Promised(
        forced=frozenset(look.forced),
        groups=tuple(_disjoint(look.groups, look.forced)),
        kept=tuple(look.kept),
        open=tuple(look.open),
        published=frozenset(placement.meeting for placement in published.placements),
    )


@dataclass(slots=True)
class _Look:
    problem: Problem
    forced: set[str] = field(init=False, default_factory=set)
    groups: list[frozenset[str]] = field(init=False, default_factory=list)
    kept: list[Placement] = field(init=False, default_factory=list)
    open: list[Placement] = field(init=False, default_factory=list)
    timeline: Timeline = field(init=False)
    meetings: Mapping[str, Meeting] = field(init=False)
    tables: Mapping[str, Table] = field(init=False)
    people: Mapping[str, Person] = field(init=False)
    interpreters: Mapping[str, Interpreter] = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self.timeline = Timeline(problem)
        self.meetings = {each.id: each for each in problem.meetings}
        self.tables = {each.id: each for each in problem.tables}
        self.people = {each.id: each for each in problem.people}
        self.interpreters = {each.id: each for each in problem.interpreters}

    def at(self, placement: Placement) -> None:
        """Sort one published placement into kept, open, or gone."""
        meeting = self.meetings.get(placement.meeting)
        known = {who for who in placement.people if who in self.people}
        if meeting is None or not self._has_its_place(meeting, placement):
            self.forced |= known
            return
        slots = self._slots(meeting, placement)
        able = [[who for who in party.people if self._there(who, slots)] for party in meeting.parties]
        if not all(_can_come(party, who) for party, who in zip(meeting.parties, able, strict=True)):
            self.forced |= known
            return
        welcome = frozenset[str]().union(*able)
        self.forced |= known - welcome
        coming = tuple(who for who in placement.people if who in welcome)
        stays = msgspec.structs.replace(placement, people=coming)
        if all(_comes(party, coming) for party in meeting.parties):
            self.kept.append(stays)
            return
        self.open.append(stays)
        if coming:  # they lose the meeting, or somebody who is welcome comes or goes
            self.groups.append(welcome)

    def _slots(self, meeting: Meeting, placement: Placement) -> set[str]:
        start = self.timeline.slot_at[placement.slot]
        return set(self.timeline.slot_ids[start : start + meeting.length])

    def _there(self, who: str, slots: set[str]) -> bool:
        return slots.isdisjoint(self.people[who].unavailable)

    # Time, table and interpreter of one placement, whoever comes

    def _has_its_place(self, meeting: Meeting, placement: Placement) -> bool:
        table = self.tables.get(placement.table)
        return (
            table is not None
            and self._in_time(meeting, placement.slot)
            and self._fits(meeting, table, placement)
            and self._interpreted(meeting, placement)
        )

    def _in_time(self, meeting: Meeting, slot: str) -> bool:
        start = self.timeline.slot_at.get(slot)
        if start is None or start + meeting.length > len(self.timeline.block_of):
            return False
        return (
            self.timeline.block_of[start + meeting.length - 1] == self.timeline.block_of[start]
            and (meeting.starts is None or slot in meeting.starts)
            and meeting.locked_slot in (None, slot)
        )

    def _fits(self, meeting: Meeting, table: Table, placement: Placement) -> bool:
        heads = sum(len(party.people) if everybody(party) else 1 for party in meeting.parties)
        heads += meeting.interpret is not None
        return (
            self._slots(meeting, placement).isdisjoint(table.closed)
            and meeting.zone in (None, table.zone)
            and meeting.locked_table in (None, table.id)
            and (table.host is None or any(party.company == table.host for party in meeting.parties))
            and (table.seats is None or heads <= table.seats)
            and set(meeting.features).issubset(table.features)
        )

    def _interpreted(self, meeting: Meeting, placement: Placement) -> bool:
        if meeting.interpret is None or placement.interpreter is None:
            return meeting.interpret is None and placement.interpreter is None
        interpreter = self.interpreters.get(placement.interpreter)
        wanted = set(meeting.interpret)
        return (
            interpreter is not None
            and any(set(pair) == wanted for pair in interpreter.pairs)
            and self._slots(meeting, placement).isdisjoint(interpreter.unavailable)
        )


def everybody(party: Party) -> bool:
    """Whether all of a party's people come to its meeting."""
    return party.need is Need.ALL or len(party.people) == 1


def _can_come(party: Party, able: list[str]) -> bool:
    return len(able) == len(party.people) if everybody(party) else bool(able)


def _comes(party: Party, people: Iterable[str]) -> bool:
    """Whether among ``people`` are just those whom the party sends."""
    coming = sum(who in party.people for who in people)
    return coming == (len(party.people) if everybody(party) else 1)


def _disjoint(groups: Iterable[frozenset[str]], forced: set[str]) -> Iterator[frozenset[str]]:
    """Greedily, the smallest first, groups that share nobody with each other or with ``forced``."""
    taken = set(forced)
    for group in sorted(groups, key=lambda each: (len(each), sorted(each))):
        if taken.isdisjoint(group):
            taken |= group
            yield group
