"""The goals of a schedule that was changed by hand: what it reaches, and bounds that still hold."""

from __future__ import annotations

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
        return sum(meeting.weight for meeting in problem.meetings)
    if name is GoalName.COVERAGE:
        return _most_coverage(problem)
    if name is GoalName.PREFERENCES:
        return -sum(len(person.liked) for person in problem.people)
    return 0


def _most_coverage(problem: Problem) -> int:
    counts = Counter(
        company for meeting in problem.meetings for company in {party.company for party in meeting.parties}
    )
    most = (min(count, problem.floor) for count in counts.values())
    return sum(problem.floor + 1 - j for count in most for j in range(1, count + 1))
