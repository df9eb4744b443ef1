"""The goals of a schedule that was changed by hand: what it reaches, and bounds that still hold."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from forum_scheduler.scheduling.models import Schedule
from solver.problem import GoalName, Problem
from solver.schedule import GoalResult


def goals_after(
    problem: Problem, values: Mapping[GoalName, int], source: Schedule | None
) -> tuple[GoalResult, ...]:
    """Goals in the problem's order; promises, which need the published schedule, are left out.

    A bound of ``source`` (a schedule of the same problem, or of one with fewer locks) is of schedules as good
    as it in all earlier goals: it is kept only as long as those are the same. Else a plain bound stands in.
    """
    known: Mapping[str, dict[str, Any]] = {each["name"]: each for each in source.goals} if source else {}
    found = []
    comparable = source is not None
    for name in problem.goals:
        if name is GoalName.PROMISES or name not in values:
            continue
        value, before = values[name], known.get(name)
        bound = before["bound"] if comparable and before is not None else plain_bound(problem, name)
        found.append(GoalResult(name=name, value=value, bound=_not_passed(name, value, bound)))
        comparable = comparable and before is not None and before["value"] == value
    return tuple(found)


def _not_passed(name: GoalName, value: int, bound: int) -> int:
    return max(value, bound) if name.maximised else min(value, bound)


def plain_bound(problem: Problem, name: GoalName) -> int:
    """What no schedule can pass, whatever the other goals: from the meetings alone."""
    if name is GoalName.VALUE:
        return _most_value(problem)
    if name is GoalName.COVERAGE:
        return _most_coverage(problem)
    if name is GoalName.PREFERENCES:
        return -sum(len(person.liked) for person in problem.people)
    return 0


def _most_value(problem: Problem) -> int:
    """Each meeting is counted at the one of its companies that has least time for its meetings, and of those
    no more than its people have slots; all together no more than there are table slots."""
    meetings = Counter(party.company for meeting in problem.meetings for party in meeting.parties)
    slots = _slots_of_companies(problem)
    counted: dict[str, list[int]] = {}
    for meeting in problem.meetings:
        own = [party.company for party in meeting.parties]
        tightest = max(own, key=lambda company: (meetings[company] - slots[company], company))
        counted.setdefault(tightest, []).append(meeting.weight)
    possible = [
        weight
        for company, weights in counted.items()
        for weight in sorted(weights, reverse=True)[: slots[company]]
    ]
    seats = sum(len(problem.slots) - len(table.closed) for table in problem.tables)
    return sum(sorted(possible, reverse=True)[:seats])


def _slots_of_companies(problem: Problem) -> dict[str, int]:
    """The most meetings that each company can have: its people's free slots and limits, and its own limit."""
    people: dict[str, set[str]] = {company.id: set() for company in problem.companies}
    for meeting in problem.meetings:
        for party in meeting.parties:
            people[party.company].update(party.people)
    free = {
        person.id: min(len(problem.slots) - len(set(person.unavailable)), _limit(person.max_meetings))
        for person in problem.people
    }
    return {
        company.id: min(sum(free[who] for who in people[company.id]), _limit(company.max_meetings))
        for company in problem.companies
    }


def _limit(most: int | None) -> int:
    return sys.maxsize if most is None else most


def _most_coverage(problem: Problem) -> int:
    counts = Counter(
        company for meeting in problem.meetings for company in {party.company for party in meeting.parties}
    )
    most = (min(count, problem.floor) for count in counts.values())
    return sum(problem.floor + 1 - j for count in most for j in range(1, count + 1))
