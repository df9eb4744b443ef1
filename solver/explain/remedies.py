"""What would place a meeting that is not placed: each remedy tried, and judged by ``verify``.

A remedy changes one thing of the problem: a free slot of a person, one more delegate, one more table or
interpreter in a slot. It counts only when the meeting then has a placement beside *all* the others, unmoved,
that the judge accepts: so what is said here is true whatever the solver would make of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from solver.explain.occupancy import Occupancy, bits
from solver.explain.reasons import free_place
from solver.explain.worth import with_delegate
from solver.problem import Interpreter, Meeting, Need, Person, Problem, Table
from solver.schedule import Placement, Schedule, Status
from solver.verify import verify

MOST_TRIED = 60
EXTRA = "one-more"


class Change(StrEnum):
    """What a remedy changes."""

    NOTHING = "nothing"  # it can be placed as things are
    FREE_SLOT = "free-slot"  # a person becomes available in a slot
    DELEGATE = "delegate"  # a company sends one more delegate
    TABLE = "table"  # one more table in a slot
    INTERPRETER = "interpreter"  # one more interpreter in a slot
    COMPANY_LIMIT = "company-limit"  # a company's limit is raised by one


@dataclass(frozen=True, slots=True)
class Remedy:
    """``subject``: the person, company or pair of languages (none for a table); ``placement``: what results.

    Ids of the extra delegate, table or interpreter start with ``one-more``.
    """

    change: Change
    subject: str
    placement: Placement


def remedies(
    problem: Problem, placements: Iterable[Placement], meeting_id: str, *, most: int = 3
) -> tuple[Remedy, ...]:
    """Up to ``most`` remedies of each kind of change for one unplaced meeting, the earliest slots first.

    Empty where no single change helps. ``placements`` must be ones that ``verify`` accepts, musts aside;
    raises ``KeyError`` for an unknown meeting.
    """
    return tuple(remedy for remedy, _changed in trials(problem, placements, meeting_id, most=most))


def trials(
    problem: Problem, placements: Iterable[Placement], meeting_id: str, *, most: int = 3
) -> Iterator[tuple[Remedy, Problem]]:
    """The same one by one, each with the problem as it changes it."""
    placed = tuple(placements)
    meeting = {item.id: item for item in problem.meetings}[meeting_id]
    counts: dict[Change, int] = {}
    for tried, (change, subject, changed) in enumerate(_candidates(problem, placed, meeting)):
        if tried >= MOST_TRIED:
            return
        if counts.get(change, 0) >= most:
            continue
        placement = _accepted(changed, placed, meeting_id)
        if placement is not None:
            yield Remedy(change, subject, placement), changed
            counts[change] = counts.get(change, 0) + 1
            if change is Change.NOTHING:
                return


def _accepted(problem: Problem, placed: tuple[Placement, ...], meeting_id: str) -> Placement | None:
    """Where the meeting fits beside all others in the changed problem, confirmed by the judge."""
    meeting = next(item for item in problem.meetings if item.id == meeting_id)
    placement = free_place(problem, placed, meeting)
    if placement is None:
        return None
    trial = Schedule(
        version=1,
        status=Status.FEASIBLE,
        problem_digest="",
        solver_version="",
        placements=(*placed, placement),
    )
    broken = [item for item in verify(problem, trial).violations if item.rule != "must"]
    return None if broken else placement


def _candidates(
    problem: Problem, placed: tuple[Placement, ...], meeting: Meeting
) -> Iterator[tuple[Change, str, Problem]]:
    """Changed problems worth a try: only slots that the rest of the meeting could make."""
    yield Change.NOTHING, "", problem
    beside = Occupancy(problem, placed)
    allowed = beside.allowed_starts(meeting) & beside.ordered_starts(meeting)
    yield from _raised_limits(problem, meeting, beside)
    yield from _free_slots(problem, meeting, beside, allowed)
    yield from _delegates(problem, meeting)
    free = allowed
    for party in meeting.parties:
        free &= beside.party_starts(party, meeting.length, busy=True, limits=True)
    yield from _tables(problem, meeting, beside, free)
    yield from _interpreters(problem, meeting, beside, free)


def _raised_limits(
    problem: Problem, meeting: Meeting, beside: Occupancy
) -> Iterator[tuple[Change, str, Problem]]:
    own = {party.company for party in meeting.parties}
    for company in problem.companies:
        limit = company.max_meetings
        if company.id in own and limit is not None and beside.company_count[company.id] >= limit:
            raised = msgspec.structs.replace(company, max_meetings=limit + 1)
            companies = tuple(raised if item.id == company.id else item for item in problem.companies)
            yield Change.COMPANY_LIMIT, company.id, msgspec.structs.replace(problem, companies=companies)


def _free_slots(
    problem: Problem, meeting: Meeting, beside: Occupancy, allowed: int
) -> Iterator[tuple[Change, str, Problem]]:
    """Slots in which one person is away and all other sides could meet."""
    for party in meeting.parties:
        others = allowed
        for other in meeting.parties:
            if other is not party:
                others &= beside.party_starts(other, meeting.length, busy=True)
        for name in party.people:
            person = beside.people[name]
            away = beside.all & ~beside.present(name)
            for start in bits(others):
                wanted = ((1 << meeting.length) - 1) << start
                if wanted & away and not wanted & beside.busy.get(name, 0):
                    free = {problem.slots[slot].id for slot in bits(wanted)}
                    yield Change.FREE_SLOT, name, _with_person(problem, _available(person, free))


def _available(person: Person, slots: set[str]) -> Person:
    kept = tuple(slot for slot in person.unavailable if slot not in slots)
    return msgspec.structs.replace(person, unavailable=kept)


def _with_person(problem: Problem, person: Person) -> Problem:
    people = tuple(person if item.id == person.id else item for item in problem.people)
    return msgspec.structs.replace(problem, people=people)


def _delegates(problem: Problem, meeting: Meeting) -> Iterator[tuple[Change, str, Problem]]:
    """One more delegate, always there, of a side that sends any one: for its other meetings as well."""
    for party in meeting.parties:
        if party.need is Need.ONE or len(party.people) == 1:
            yield Change.DELEGATE, party.company, with_delegate(problem, party.company)


def _tables(
    problem: Problem, meeting: Meeting, beside: Occupancy, free: int
) -> Iterator[tuple[Change, str, Problem]]:
    """One more table like one that fits (or with just what is asked for), open in one start's slots only."""
    if meeting.locked_table is not None:
        return
    fitting = beside.fitting_tables(meeting)
    zone = fitting[0].zone if fitting else (meeting.zone or next(iter(problem.zones), None))
    if zone is None:
        return
    name = _unused(f"{EXTRA}-table", (table.id for table in problem.tables))
    for start in bits(free):
        extra = Table(
            id=name, zone=zone, features=meeting.features, closed=_all_but(problem, start, meeting.length)
        )
        yield Change.TABLE, "", msgspec.structs.replace(problem, tables=(*problem.tables, extra))


def _interpreters(
    problem: Problem, meeting: Meeting, beside: Occupancy, free: int
) -> Iterator[tuple[Change, str, Problem]]:
    if meeting.interpret is None:
        return
    name = _unused(f"{EXTRA}-interpreter", (item.id for item in problem.interpreters))
    for start in bits(free):
        away = _all_but(problem, start, meeting.length)
        extra = Interpreter(id=name, pairs=(meeting.interpret,), unavailable=away)
        changed = msgspec.structs.replace(problem, interpreters=(*problem.interpreters, extra))
        yield Change.INTERPRETER, "-".join(meeting.interpret), changed


def _all_but(problem: Problem, start: int, length: int) -> tuple[str, ...]:
    return tuple(slot.id for index, slot in enumerate(problem.slots) if not start <= index < start + length)


def _unused(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    while name in names:
        name += "-"
    return name
