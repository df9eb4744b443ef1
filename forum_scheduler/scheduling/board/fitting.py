"""Where a meeting would fit on a board, and what stands against the rest: a few bits for each slot and table.

A guide for the eye before something is moved; what is stored is judged as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from forum_scheduler.scheduling.board.position import Position
from solver.explain.occupancy import Occupancy
from solver.problem import Meeting, Need, Party


class Obstacle(StrEnum):
    """Why a meeting can't be in a slot, whatever the table."""

    LOCKED = "locked"
    TIME = "time"  # it may not start then, or would not end within the block
    ORDER = "order"  # a meeting that must come before or after it (subjects: those)
    ABSENT = "absent"  # somebody is not there (subjects: people)
    BUSY = "busy"  # somebody is in another meeting (subjects: people, then meetings)
    LIMIT = "limit"  # of people or companies (subjects: those)
    INTERPRETER = "interpreter"  # nobody is free to interpret


class Busy(StrEnum):
    """Why somebody can't come to a meeting at the time that it has."""

    ABSENT = "absent"
    MEETING = "meeting"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Fits:
    """``obstacles``: slot -> what stands against it and whom it is about; other slots are open.

    ``tables``: those that could hold the meeting; ``closed``: (slot, table) that are not open; ``far``:
    (slot, zone) that somebody could not walk to, or away from, in time.
    """

    obstacles: Mapping[str, tuple[Obstacle, tuple[str, ...]]]
    tables: frozenset[str]
    closed: frozenset[tuple[str, str]]
    taken: frozenset[tuple[str, str]]
    far: frozenset[tuple[str, str]]
    zone_of: Mapping[str, str]

    def open_at(self, slot: str, table: str) -> bool:
        """Whether nothing that is known here stands against it."""
        return (
            slot not in self.obstacles
            and table in self.tables
            and (slot, table) not in self.closed
            and (slot, table) not in self.taken
            and (slot, self.zone_of[table]) not in self.far
        )


def fits(position: Position, meeting: Meeting) -> Fits:
    """Beside all other placements of the board."""
    return _Fitting(position, meeting).all()


def hindrances(position: Position, meeting: Meeting) -> dict[str, Busy]:
    """Who could not take part where the meeting is placed, delegates and interpreters; {} in the tray."""
    placement = position.placed.get(meeting.id)
    if placement is None:
        return {}
    beside = Occupancy(position.problem, position.after({meeting.id: None}).placed.values())
    start = [slot.id for slot in position.problem.slots].index(placement.slot)
    span = ((1 << meeting.length) - 1) << start
    found: dict[str, Busy] = {}
    for person in (each for party in meeting.parties for each in party.people):
        if span & ~beside.present(person):
            found[person] = Busy.ABSENT
        elif beside.busy.get(person, 0) & span:
            found[person] = Busy.MEETING
        elif not beside.within_limits(person, start, meeting.length):
            found[person] = Busy.LIMIT
    for each in beside.interpreters_for(meeting.interpret) if meeting.interpret else ():
        if not beside.interpreter_starts(each, meeting.length, busy=False) >> start & 1:
            found[each.id] = Busy.ABSENT
        elif beside.interpreter_busy.get(each.id, 0) & span:
            found[each.id] = Busy.MEETING
        elif not beside.interpreter_starts(each, meeting.length, busy=True) >> start & 1:
            found[each.id] = Busy.LIMIT
    return found


class _Fitting:
    def __init__(self, position: Position, meeting: Meeting) -> None:
        self.problem = position.problem
        self.meeting = meeting
        placed = position.after({meeting.id: None}).placed.values()
        self.beside = Occupancy(position.problem, placed)
        self.starts: dict[str, int] = {}  # by person: the slots in which they are free
        self.far = {(w.a, w.b) for w in self.problem.walks} | {(w.b, w.a) for w in self.problem.walks}

    def all(self) -> Fits:
        obstacles = dict(self._obstacles())
        tables = self.beside.fitting_tables(self.meeting)
        return Fits(
            obstacles=obstacles,
            tables=frozenset(table.id for table in tables),
            closed=frozenset(self._not_in(busy=False)),
            taken=frozenset(self._not_in(busy=True)),
            far=frozenset(self._too_far(set(obstacles))),
            zone_of={table.id: table.zone for table in self.problem.tables},
        )

    def _not_in(self, *, busy: bool) -> Iterator[tuple[str, str]]:
        """The starts in which a table is closed, or (with ``busy``) closed or taken."""
        possible = self.beside.starts(self.beside.all, self.meeting.length)
        for table in self.problem.tables:
            mask = self.beside.table_starts(table, self.meeting.length, busy=busy)
            if mask == possible:
                continue
            for index, slot in enumerate(self.problem.slots):
                if possible >> index & 1 and not mask >> index & 1:
                    yield slot.id, table.id

    def _obstacles(self) -> Iterator[tuple[str, tuple[Obstacle, tuple[str, ...]]]]:
        meeting, beside = self.meeting, self.beside
        if meeting.locked_slot is not None:
            yield from ((slot.id, (Obstacle.LOCKED, ())) for slot in self.problem.slots)
            return
        full = tuple(self._full_companies())
        allowed, ordered = beside.allowed_starts(meeting), beside.ordered_starts(meeting)
        voices = self._voices()
        for index, slot in enumerate(self.problem.slots):
            found = self._obstacle(index, allowed=allowed, ordered=ordered, voices=voices)
            if found is None and full:
                found = Obstacle.LIMIT, full
            if found is not None:
                yield slot.id, found

    def _obstacle(
        self, index: int, *, allowed: int, ordered: int, voices: int
    ) -> tuple[Obstacle, tuple[str, ...]] | None:
        if not allowed >> index & 1:
            return Obstacle.TIME, ()
        if not ordered >> index & 1:
            around = (*self.meeting.after, *self.beside.followers.get(self.meeting.id, ()))
            return Obstacle.ORDER, tuple(other for other in around if other in self.beside.placed)
        for party in self.meeting.parties:
            found = self._party(party, index)
            if found is not None:
                return found
        if not voices >> index & 1:
            return Obstacle.INTERPRETER, ()
        return None

    def _party(self, party: Party, index: int) -> tuple[Obstacle, tuple[str, ...]] | None:
        beside, length = self.beside, self.meeting.length
        if not beside.party_starts(party, length, busy=False) >> index & 1:
            return Obstacle.ABSENT, self._missing(party, index)
        if not beside.party_starts(party, length, busy=True) >> index & 1:
            span = ((1 << length) - 1) << index
            others = [
                other
                for person in party.people
                for other in beside.agenda.get(person, ())
                if beside.spans[other] & span
            ]
            busy = tuple(person for person in party.people if beside.busy.get(person, 0) & span)
            return Obstacle.BUSY, (*busy, *dict.fromkeys(others))
        if not beside.party_starts(party, length, busy=True, limits=True) >> index & 1:
            return Obstacle.LIMIT, party.people
        return None

    def _missing(self, party: Party, index: int) -> tuple[str, ...]:
        span = ((1 << self.meeting.length) - 1) << index
        away = tuple(person for person in party.people if span & ~self.beside.present(person))
        return away if party.need is Need.ALL else party.people

    def _full_companies(self) -> Iterator[str]:
        limits = {company.id: company.max_meetings for company in self.problem.companies}
        for party in self.meeting.parties:
            limit = limits[party.company]
            if limit is not None and self.beside.company_count[party.company] >= limit:
                yield party.company

    def _voices(self) -> int:
        """The starts in which somebody can interpret; all where nobody needs to."""
        if self.meeting.interpret is None:
            return self.beside.all
        mask = 0
        for each in self.beside.interpreters_for(self.meeting.interpret):
            mask |= self.beside.interpreter_starts(each, self.meeting.length, busy=True)
        return mask

    def _too_far(self, shut: set[str]) -> Iterator[tuple[str, str]]:
        """Open slots in which nobody who is free, of a party or to interpret, can walk to a zone in time."""
        if not self.far:
            return
        for index, slot in enumerate(self.problem.slots):
            if slot.id in shut:
                continue
            for zone in self.problem.zones:
                if not self._reached(index, zone):
                    yield slot.id, zone

    def _reached(self, index: int, zone: str) -> bool:
        able = all(self._reaches(party, index, zone) for party in self.meeting.parties)
        return able and (
            self.meeting.interpret is None or self._interpreted(self.meeting.interpret, index, zone)
        )

    def _reaches(self, party: Party, index: int, zone: str) -> bool:
        if party.need is Need.ALL:
            return all(self._walks(self.beside.agenda.get(each, ()), index, zone) for each in party.people)
        return any(
            self._free(party, person, index) and self._walks(self.beside.agenda.get(person, ()), index, zone)
            for person in party.people
        )

    def _free(self, party: Party, person: str, index: int) -> bool:
        if person not in self.starts:
            alone = msgspec.structs.replace(party, people=(person,))
            length = self.meeting.length
            self.starts[person] = self.beside.party_starts(alone, length, busy=True, limits=True)
        return bool(self.starts[person] >> index & 1)

    def _interpreted(self, pair: tuple[str, str], index: int, zone: str) -> bool:
        return any(
            self.beside.interpreter_starts(each, self.meeting.length, busy=True) >> index & 1
            and self._walks(self.beside.interpreter_agenda.get(each.id, ()), index, zone)
            for each in self.beside.interpreters_for(pair)
        )

    def _walks(self, agenda: Sequence[str], index: int, zone: str) -> bool:
        """Whether who has the meetings of ``agenda`` gets to the zone and away from it in time."""
        beside, length = self.beside, self.meeting.length
        around = 0
        if index and beside.joined >> (index - 1) & 1:
            around |= 1 << (index - 1)
        if beside.joined >> (index + length - 1) & 1:
            around |= 1 << (index + length)
        return not any(
            beside.spans[other] & around
            and (zone, beside.tables[beside.placed[other].table].zone) in self.far
            for other in agenda
        )
