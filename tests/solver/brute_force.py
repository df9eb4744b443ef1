"""An independent solver for tiny problems: every choice of every meeting is tried.

Shares no code with the solver or the judge: rules and goals are written out here once more, in the plainest
way, over whole schedules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

from solver.problem import GoalName, Meeting, Need, Problem
from solver.schedule import Placement


@dataclass(frozen=True)
class Best:
    """The lexicographic optimum: the goals' values in their order, and placements that reach it."""

    values: tuple[int, ...]
    placements: tuple[Placement, ...]


def count_choices(problem: Problem) -> int:
    """How many combinations :func:`best` would try at most."""
    total = 1
    for meeting in problem.meetings:
        total *= len(_choices(problem, meeting)) + 1
    return total


def best(problem: Problem, *, published: tuple[Placement, ...] | None = None) -> Best | None:
    """The optimum, or None where no schedule keeps all rules."""
    found: Best | None = None
    key: tuple[int, ...] | None = None
    for placements in _combinations(problem, 0, {}, ()):
        if not _keeps_all_rules(problem, placements):
            continue
        values = tuple(value_of(problem, goal, placements, published) for goal in problem.goals)
        mine = tuple(
            -value if goal in (GoalName.COVERAGE, GoalName.VALUE) else value
            for goal, value in zip(problem.goals, values, strict=True)
        )
        if key is None or mine < key:
            key, found = mine, Best(values, placements)
    return found


Claims = dict[tuple[str, str, int], bool]


def _combinations(
    problem: Problem, index: int, taken: Claims, chosen: tuple[Placement, ...]
) -> Iterator[tuple[Placement, ...]]:
    """All sets of placements without a double booking."""
    if index == len(problem.meetings):
        yield chosen
        return
    meeting = problem.meetings[index]
    if not (meeting.must or problem.must_all):
        yield from _combinations(problem, index + 1, taken, chosen)
    for placement in _choices(problem, meeting):
        claims = _claims(problem, meeting, placement)
        if not any(claim in taken for claim in claims):
            extended = taken | dict.fromkeys(claims, True)
            yield from _combinations(problem, index + 1, extended, (*chosen, placement))


def _number(problem: Problem, slot: str) -> int:
    return [item.id for item in problem.slots].index(slot)


def _span(problem: Problem, meeting: Meeting, placement: Placement) -> list[int]:
    first = _number(problem, placement.slot)
    return list(range(first, first + meeting.length))


def _claims(problem: Problem, meeting: Meeting, placement: Placement) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    for slot in _span(problem, meeting, placement):
        found += [("person", person, slot) for person in placement.people]
        found.append(("table", placement.table, slot))
        if placement.interpreter is not None:
            found.append(("interpreter", placement.interpreter, slot))
    return found


def _choices(problem: Problem, meeting: Meeting) -> list[Placement]:
    """The placements that the meeting could have if it were alone, but for limits."""
    sides = [
        [party.people] if party.need is Need.ALL else [(person,) for person in party.people]
        for party in meeting.parties
    ]
    interpreters: list[str | None] = [None]
    if meeting.interpret is not None:
        interpreters = [
            item.id
            for item in problem.interpreters
            if meeting.interpret in item.pairs or meeting.interpret[::-1] in item.pairs
        ]
    found: list[Placement] = []
    for slot, table, interpreter, people in product(
        problem.slots, problem.tables, interpreters, product(*sides)
    ):
        placement = Placement(
            meeting=meeting.id,
            slot=slot.id,
            table=table.id,
            people=tuple(person for side in people for person in side),
            interpreter=interpreter,
        )
        if _possible_alone(problem, meeting, placement):
            found.append(placement)
    return found


def _possible_alone(problem: Problem, meeting: Meeting, placement: Placement) -> bool:
    table = next(item for item in problem.tables if item.id == placement.table)
    span = _span(problem, meeting, placement)
    if span[-1] >= len(problem.slots):
        return False
    slots = [problem.slots[slot] for slot in span]
    names = {slot.id for slot in slots}
    away = [item.unavailable for item in problem.people if item.id in placement.people]
    away += [item.unavailable for item in problem.interpreters if item.id == placement.interpreter]
    heads = len(placement.people) + (0 if placement.interpreter is None else 1)
    return (
        len({slot.block for slot in slots}) == 1
        and (meeting.starts is None or placement.slot in meeting.starts)
        and meeting.locked_slot in (None, placement.slot)
        and meeting.locked_table in (None, table.id)
        and meeting.zone in (None, table.zone)
        and set(meeting.features) <= set(table.features)
        and not names & set(table.closed)
        and (table.host is None or table.host in [party.company for party in meeting.parties])
        and (table.seats is None or heads <= table.seats)
        and not any(names & set(each) for each in away)
    )


# Rules over a whole schedule

Occupied = dict[int, Placement]


def _occupied(problem: Problem, placements: tuple[Placement, ...]) -> Occupied:
    meetings = {meeting.id: meeting for meeting in problem.meetings}
    return {
        slot: placement
        for placement in placements
        for slot in _span(problem, meetings[placement.meeting], placement)
    }


def _rows(problem: Problem, occupied: Occupied) -> list[int]:
    """The lengths of the runs of occupied adjacent slots."""
    rows: list[int] = []
    for slot in sorted(occupied):
        follows = slot - 1 in occupied and problem.slots[slot - 1].block == problem.slots[slot].block
        if follows:
            rows[-1] += 1
        else:
            rows.append(1)
    return rows


def _idle_runs(problem: Problem, occupied: Occupied) -> list[int]:
    """The lengths of the runs of idle slots between two occupied ones of a block."""
    runs: list[int] = []
    for block in problem.blocks:
        own = [s for s, slot in enumerate(problem.slots) if slot.block == block.id and s in occupied]
        runs += [after - before - 1 for before, after in pairwise(own) if after > before + 1]
    return runs


def _of_person(problem: Problem, person: str, placements: tuple[Placement, ...]) -> Occupied:
    return _occupied(problem, tuple(item for item in placements if person in item.people))


def _walks_well(problem: Problem, occupied: Occupied) -> bool:
    zones = {table.id: table.zone for table in problem.tables}
    far = [{walk.a, walk.b} for walk in problem.walks]
    return not any(
        slot + 1 in occupied
        and problem.slots[slot].block == problem.slots[slot + 1].block
        and {zones[placement.table], zones[occupied[slot + 1].table]} in far
        for slot, placement in occupied.items()
    )


def _day(problem: Problem, slot: int) -> str:
    return next(block.day for block in problem.blocks if block.id == problem.slots[slot].block)


def _keeps_all_rules(problem: Problem, placements: tuple[Placement, ...]) -> bool:
    return (
        _keeps_person_rules(problem, placements)
        and _keeps_interpreter_rules(problem, placements)
        and _keeps_company_limits(problem, placements)
        and _keeps_order(problem, placements)
    )


def _keeps_person_rules(problem: Problem, placements: tuple[Placement, ...]) -> bool:
    for person in problem.people:
        own = [item for item in placements if person.id in item.people]
        if not own:
            continue
        occupied = _of_person(problem, person.id, placements)
        days = [_day(problem, _number(problem, item.slot)) for item in own]
        tables = {(problem.slots[slot].block, item.table) for slot, item in occupied.items()}
        if (
            (person.max_meetings is not None and len(own) > person.max_meetings)
            or (person.max_per_day is not None and max(map(days.count, days)) > person.max_per_day)
            or (person.max_in_row is not None and max(_rows(problem, occupied)) > person.max_in_row)
            or (problem.max_breaks is not None and len(_idle_runs(problem, occupied)) > problem.max_breaks)
            or (person.fixed_table and len(tables) > len({block for block, _ in tables}))
            or not _walks_well(problem, occupied)
        ):
            return False
    return True


def _keeps_interpreter_rules(problem: Problem, placements: tuple[Placement, ...]) -> bool:
    for interpreter in problem.interpreters:
        own = tuple(item for item in placements if item.interpreter == interpreter.id)
        if not own:
            continue
        occupied = _occupied(problem, own)
        days = [_day(problem, slot) for slot in occupied]
        if (
            (interpreter.max_per_day is not None and max(map(days.count, days)) > interpreter.max_per_day)
            or (interpreter.max_in_row is not None and max(_rows(problem, occupied)) > interpreter.max_in_row)
            or not _walks_well(problem, occupied)
        ):
            return False
    return True


def _company_counts(problem: Problem, placements: tuple[Placement, ...]) -> dict[str, int]:
    placed = {placement.meeting for placement in placements}
    return {
        company.id: sum(
            meeting.id in placed and any(party.company == company.id for party in meeting.parties)
            for meeting in problem.meetings
        )
        for company in problem.companies
    }


def _keeps_company_limits(problem: Problem, placements: tuple[Placement, ...]) -> bool:
    counts = _company_counts(problem, placements)
    return all(
        company.max_meetings is None or counts[company.id] <= company.max_meetings
        for company in problem.companies
    )


def _keeps_order(problem: Problem, placements: tuple[Placement, ...]) -> bool:
    where = {item.meeting: _number(problem, item.slot) for item in placements}
    lengths = {meeting.id: meeting.length for meeting in problem.meetings}
    return all(
        where[earlier] + lengths[earlier] <= where[meeting.id]
        for meeting in problem.meetings
        if meeting.id in where
        for earlier in meeting.after
        if earlier in where
    )


# Goals


def value_of(
    problem: Problem,
    goal: GoalName,
    placements: tuple[Placement, ...],
    published: tuple[Placement, ...] | None = None,
) -> int:
    """What ``placements`` reach of one goal."""
    match goal:
        case GoalName.VALUE:
            placed = {placement.meeting for placement in placements}
            return sum(meeting.weight for meeting in problem.meetings if meeting.id in placed)
        case GoalName.COVERAGE:
            counts = _company_counts(problem, placements)
            return sum(
                max(0, problem.floor + 1 - nth) for count in counts.values() for nth in range(1, count + 1)
            )
        case GoalName.PROMISES:
            return 0 if published is None else _changed_people(problem, placements, published)
        case _:
            return sum(_of_one(problem, goal, person.id, placements) for person in problem.people)


def _of_one(problem: Problem, goal: GoalName, person: str, placements: tuple[Placement, ...]) -> int:
    occupied = _of_person(problem, person, placements)
    record = next(item for item in problem.people if item.id == person)
    names = {problem.slots[slot].id for slot in occupied}
    match goal:
        case GoalName.BREAKS:
            return len(_idle_runs(problem, occupied))
        case GoalName.IDLE:
            return sum(_idle_runs(problem, occupied))
        case GoalName.PREFERENCES:
            return len(names & set(record.disliked)) - len(names & set(record.liked))
        case _:
            return _moves(problem, occupied)


def _moves(problem: Problem, occupied: Occupied) -> int:
    zones = {table.id: table.zone for table in problem.tables}
    slots = sorted(occupied)
    moves = 0
    for before, after in pairwise(slots):
        if problem.slots[before].block == problem.slots[after].block:
            first, second = occupied[before].table, occupied[after].table
            moves += (first != second) + (zones[first] != zones[second])
    return moves


def _changed_people(
    problem: Problem, placements: tuple[Placement, ...], published: tuple[Placement, ...]
) -> int:
    known = [item.meeting for item in published]

    def agenda(person: str, items: tuple[Placement, ...]) -> set[tuple[str, str, str, str | None]]:
        promised = [item for item in items if item.meeting in known and person in item.people]
        return {(i.meeting, i.slot, i.table, i.interpreter) for i in promised}

    return sum(agenda(person.id, placements) != agenda(person.id, published) for person in problem.people)
