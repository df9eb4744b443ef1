"""Bounds of every goal that follow from each meeting and person alone; better ones replace them."""

from __future__ import annotations

from solver.model.shape import Shape
from solver.problem import GoalName


def trivial_bound(goal: GoalName, shape: Shape) -> int:
    """A bound that no schedule of ``shape`` passes; linear in the problem's size."""
    if goal is GoalName.VALUE:
        return sum(meeting.weight for meeting in shape.meetings if meeting.starts)
    if goal is GoalName.COVERAGE:
        return _coverage(shape)
    if goal is GoalName.PREFERENCES:
        return -_liked(shape)
    return 0


def _coverage(shape: Shape) -> int:
    """Every company gets all its possible meetings, as far as its own limit allows."""
    counts = [0] * len(shape.problem.companies)
    for meeting in shape.meetings:
        if meeting.starts:
            for company in meeting.companies:
                counts[company] += 1
    floor, total = shape.problem.floor, 0
    for count, limit in zip(counts, (each.max_meetings for each in shape.problem.companies), strict=True):
        most = count if limit is None else min(count, limit)
        total += sum(floor + 1 - j for j in range(1, min(most, floor) + 1))
    return total


def _liked(shape: Shape) -> int:
    """Everyone has meetings in all liked slots, as far as there are meetings."""
    slots = {slot.id: index for index, slot in enumerate(shape.problem.slots)}
    lengths = [0] * len(shape.free)
    for meeting, people in zip(shape.meetings, _people(shape), strict=True):
        if meeting.starts:
            for who in people:
                lengths[who] += meeting.length
    total = 0
    for index, person in enumerate(shape.problem.people):
        liked = set(person.liked) - set(person.disliked)
        total += min(lengths[index], sum(shape.free[index] >> slots[slot] & 1 for slot in liked))
    return total


def _people(shape: Shape) -> list[tuple[int, ...]]:
    return [
        (*meeting.always, *(person for choice in meeting.choices for person in choice))
        for meeting in shape.meetings
    ]
