"""What a set of placements amounts to: agendas, breaks, rows, and the value of every goal.

Part of the judge (``verify.py``): pure Python, and nothing imported but the two records.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

from solver.problem import GoalName, Interpreter, Meeting, Problem, Table
from solver.schedule import Placement, Schedule


class Seat(NamedTuple):
    """A placement whose ids all exist and whose slots, ``start`` to ``end``, all lie in one block."""

    placement: Placement
    meeting: Meeting
    start: int
    end: int
    table: Table
    interpreter: Interpreter | None

    def slots(self) -> range:
        return range(self.start, self.start + self.meeting.length)


class Timeline:
    """The problem's slots by number, in the order of time, with their blocks and days."""

    def __init__(self, problem: Problem) -> None:
        days = {block.id: block.day for block in problem.blocks}
        self.slot_ids = [slot.id for slot in problem.slots]
        self.slot_at = {slot: index for index, slot in enumerate(self.slot_ids)}
        self.block_of = [slot.block for slot in problem.slots]
        self.day_of = [days[block] for block in self.block_of]

    def indices(self, slots: Iterable[str]) -> frozenset[int]:
        """The numbers of ``slots``."""
        return frozenset(self.slot_at[slot] for slot in slots)

    def by_block(self, seats: list[Seat]) -> Iterator[tuple[str, list[Seat]]]:
        """``seats`` (sorted by start) cut at the ends of blocks."""
        current: str | None = None
        within: list[Seat] = []
        for seat in seats:
            block = self.block_of[seat.start]
            if block != current:
                if current is not None:
                    yield current, within
                current, within = block, []
            within.append(seat)
        if current is not None:
            yield current, within

    def gaps(self, seats: list[Seat]) -> tuple[int, int]:
        """The number of breaks and of idle slots between the first and the last meeting of each block."""
        breaks = idle = end = 0
        block: str | None = None
        for seat in seats:
            if self.block_of[seat.start] != block:
                block, end = self.block_of[seat.start], seat.end
                continue
            if seat.start > end + 1:
                breaks += 1
                idle += seat.start - end - 1
            end = max(end, seat.end)
        return breaks, idle

    def longest_row(self, seats: list[Seat]) -> int:
        """The longest run of occupied slots that are adjacent to each other."""
        longest = 0
        for _, within in self.by_block(seats):
            first, end = within[0].start, within[0].end
            for seat in within[1:]:
                if seat.start > end + 1:
                    longest = max(longest, end - first + 1)
                    first = seat.start
                end = max(end, seat.end)
            longest = max(longest, end - first + 1)
        return longest


def agendas(seats: Iterable[Seat]) -> dict[str, list[Seat]]:
    """Each person's meetings, sorted by time."""
    found: dict[str, list[Seat]] = defaultdict(list)
    for seat in seats:
        for person in seat.placement.people:
            found[person].append(seat)
    for own in found.values():
        own.sort(key=_by_start)
    return found


def company_counts(seats: Iterable[Seat]) -> Counter[str]:
    """Each company's number of meetings; a company with two parties in a meeting has one meeting."""
    return Counter(company for seat in seats for company in {party.company for party in seat.meeting.parties})


def _by_start(seat: Seat) -> int:
    return seat.start


def goal_values(
    problem: Problem,
    timeline: Timeline,
    seats: Collection[Seat],
    *,
    by_person: Mapping[str, list[Seat]],
    by_company: Mapping[str, int],
) -> dict[GoalName, int]:
    """Every goal but promises; ``by_person`` are the agendas of ``seats``, ``by_company`` their counts."""
    floor = problem.floor
    coverage = 0
    for count in by_company.values():
        reached = min(count, floor)
        coverage += reached * (floor + 1) - reached * (reached + 1) // 2
    people = {person.id: person for person in problem.people}
    breaks = idle = moves = preferences = 0
    for id_, own in by_person.items():
        person = people[id_]
        own_breaks, own_idle = timeline.gaps(own)
        breaks += own_breaks
        idle += own_idle
        moves += _moves(timeline, own)
        if person.liked or person.disliked:
            liked, disliked = set(person.liked), set(person.disliked)
            occupied = {timeline.slot_ids[slot] for seat in own for slot in seat.slots()}
            preferences += len(occupied & disliked) - len(occupied & liked)
    return {
        GoalName.COVERAGE: coverage,
        GoalName.VALUE: sum(seat.meeting.weight for seat in seats),
        GoalName.BREAKS: breaks,
        GoalName.IDLE: idle,
        GoalName.MOVES: moves,
        GoalName.PREFERENCES: preferences,
    }


def _moves(timeline: Timeline, seats: list[Seat]) -> int:
    moves = 0
    for before, after in pairwise(seats):
        if (
            before.table.id != after.table.id
            and timeline.block_of[before.start] == timeline.block_of[after.start]
        ):
            moves += 1 + (before.table.zone != after.table.zone)
    return moves


def broken_promises(problem: Problem, schedule: Schedule, published: Schedule) -> int:
    """How many people of this problem do not have their published meetings as published, or others of them.

    An agenda is the set of its meetings with slot, table and interpreter. A meeting that was not published
    breaks no promise: whoever agreed to it wants it, and finds the rest of the agenda as it was. People who
    are no longer in the problem don't count: they need no message, and no schedule can keep their agenda.
    """
    known = {placement.meeting for placement in published.placements}
    before, after = _entries(published, known), _entries(schedule, known)
    return sum(before.get(person.id) != after.get(person.id) for person in problem.people)


def _entries(schedule: Schedule, known: Set[str]) -> dict[str, list[tuple[str, str, str, str | None]]]:
    """By person the placements of meetings in ``known``."""
    found: dict[str, list[tuple[str, str, str, str | None]]] = defaultdict(list)
    for placement in schedule.placements:
        if placement.meeting not in known:
            continue
        entry = (placement.meeting, placement.slot, placement.table, placement.interpreter)
        for person in placement.people:
            found[person].append(entry)
    for own in found.values():
        own.sort(key=itemgetter(0))
    return found
