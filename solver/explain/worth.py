"""What one more table, slot, delegate or interpreter would be worth, each found by solving again.

Every change only adds room, so the schedule at hand stays possible and the solver goes on from it. What is
said is proven: the value found with one more, less what none can pass without it, is gained for sure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from solver.problem import Interpreter, Need, Person, Problem, Slot, Table
from solver.schedule import GoalResult, Schedule

COMPANIES_TRIED = 5
EXTRA = "one-more"

Solve = Callable[[Problem, Schedule], Schedule]


class Resource(StrEnum):
    """What there is one more of."""

    TABLE = "table"  # in a block
    SLOT = "slot"  # at the end of a block, everybody is there
    INTERPRETER = "interpreter"  # for a pair of languages, all the time
    DELEGATE = "delegate"  # of a company, all the time, for any of its meetings that one person attends


@dataclass(frozen=True, slots=True)
class Worth:
    """The best value with one more is between ``least`` and ``most`` above the best value without; both are
    proven, and equal where both problems were solved to the proof. ``subject``: the block, the pair of
    languages or the company."""

    resource: Resource
    subject: str
    least: int
    most: int


def worth(problem: Problem, base: Schedule, *, solve: Solve) -> Iterator[Worth]:
    """The worth of each single resource, as they are found: tables, slots, interpreters, delegates.

    ``solve(problem, start)`` solves again from a schedule; ``base`` is what it makes of ``problem`` itself,
    with the goal value. Companies are those whose unplaced meetings weigh most.
    """
    without = _value(base)
    for resource, subject, changed in changes(problem, base):
        having = _value(solve(changed, base))
        least = max(0, having.value - without.bound)
        yield Worth(resource, subject, least, max(least, having.bound - without.value))


def _value(schedule: Schedule) -> GoalResult:
    return next(goal for goal in schedule.goals if goal.name == "value")


def changes(problem: Problem, schedule: Schedule) -> Iterator[tuple[Resource, str, Problem]]:
    """The problem with one more of each."""
    yield from _tables(problem)
    yield from _slots(problem)
    yield from _interpreters(problem)
    yield from _delegates(problem, schedule)


def _tables(problem: Problem) -> Iterator[tuple[Resource, str, Problem]]:
    """One more table, with every feature, in the zone that most tables are in, open in one block."""
    if not problem.zones:
        return
    zones = Counter(table.zone for table in problem.tables)
    zone = zones.most_common(1)[0][0] if zones else problem.zones[0]
    features = tuple(dict.fromkeys(feature for table in problem.tables for feature in table.features))
    for block in problem.blocks:
        closed = tuple(slot.id for slot in problem.slots if slot.block != block.id)
        extra = Table(id=_unused(problem.tables), zone=zone, features=features, closed=closed)
        yield Resource.TABLE, block.id, msgspec.structs.replace(problem, tables=(*problem.tables, extra))


def _slots(problem: Problem) -> Iterator[tuple[Resource, str, Problem]]:
    """One more slot at the end of a block, in which meetings without a list of starts may be."""
    for block in problem.blocks:
        last = max((n for n, slot in enumerate(problem.slots) if slot.block == block.id), default=None)
        if last is not None:
            extra = Slot(id=_unused(problem.slots), block=block.id)
            slots = (*problem.slots[: last + 1], extra, *problem.slots[last + 1 :])
            yield Resource.SLOT, block.id, msgspec.structs.replace(problem, slots=slots)


def _interpreters(problem: Problem) -> Iterator[tuple[Resource, str, Problem]]:
    pairs = dict.fromkeys(tuple(sorted(m.interpret)) for m in problem.meetings if m.interpret is not None)
    for first, second in pairs:
        extra = Interpreter(id=_unused(problem.interpreters), pairs=((first, second),))
        changed = msgspec.structs.replace(problem, interpreters=(*problem.interpreters, extra))
        yield Resource.INTERPRETER, f"{first}-{second}", changed


def _delegates(problem: Problem, schedule: Schedule) -> Iterator[tuple[Resource, str, Problem]]:
    placed = {placement.meeting for placement in schedule.placements}
    missed: Counter[str] = Counter()
    for meeting in problem.meetings:
        if meeting.id not in placed:
            missed.update(dict.fromkeys({party.company for party in meeting.parties}, meeting.weight))
    for company, _ in sorted(missed.items(), key=lambda item: (-item[1], item[0]))[:COMPANIES_TRIED]:
        yield Resource.DELEGATE, company, with_delegate(problem, company)


def with_delegate(problem: Problem, company: str) -> Problem:
    """One more person of the company, always there, for all its meetings that one person attends.

    A colleague's limits a day and in a row hold: they are mostly the forum's own.
    """
    colleagues = {
        name
        for meeting in problem.meetings
        for party in meeting.parties
        if party.company == company
        for name in party.people
    }
    like = next((person for person in problem.people if person.id in colleagues), Person(id=""))
    extra = Person(id=_unused(problem.people), max_per_day=like.max_per_day, max_in_row=like.max_in_row)
    meetings = []
    for meeting in problem.meetings:
        parties = list(meeting.parties)
        for index, party in enumerate(parties):
            single = party.need is Need.ONE or len(party.people) == 1
            if party.company == company and single:
                people = (*party.people, extra.id)
                parties[index] = msgspec.structs.replace(party, people=people, need=Need.ONE)
                break
        meetings.append(msgspec.structs.replace(meeting, parties=tuple(parties)))
    return msgspec.structs.replace(problem, people=(*problem.people, extra), meetings=tuple(meetings))


def _unused(
    records: tuple[Table, ...] | tuple[Slot, ...] | tuple[Interpreter, ...] | tuple[Person, ...],
) -> str:
    taken = {record.id for record in records}
    name = EXTRA
    while name in taken:
        name += "-"
    return name
