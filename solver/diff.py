"""Two schedules of a forum -> who is affected, and how."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from solver.schedule import Placement, Schedule


@dataclass(frozen=True, slots=True)
class Move:
    """A person keeps a meeting, and it is at another time, table or with another interpreter."""

    before: Placement
    after: Placement


@dataclass(frozen=True, slots=True)
class PersonDiff:
    """What changes for one person; each part in the order of the schedules' placements."""

    person: str
    added: tuple[Placement, ...]
    dropped: tuple[Placement, ...]
    moved: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """``people``: those with a change, sorted by id. Meetings: ids in the order of the schedules."""

    people: tuple[PersonDiff, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    moved: tuple[str, ...]
    same: int

    @property
    def unchanged(self) -> bool:
        """Nobody's agenda differs."""
        return not self.people


def diff(before: Schedule, after: Schedule) -> Diff:
    """What changes from ``before`` to ``after``, for each person and over all.

    A meeting that stays where it is but is attended by another delegate is *moved* over all; for the
    delegates it is dropped and added, and nothing for its other people. Schedules of different problems are
    compared by their ids.
    """
    old = {placement.meeting: placement for placement in before.placements}
    new = {placement.meeting: placement for placement in after.placements}
    kept = [meeting for meeting in old if meeting in new]
    moved = tuple(meeting for meeting in kept if old[meeting] != new[meeting])
    return Diff(
        people=_people(before, after),
        added=tuple(meeting for meeting in new if meeting not in old),
        dropped=tuple(meeting for meeting in old if meeting not in new),
        moved=moved,
        same=len(kept) - len(moved),
    )


def _people(before: Schedule, after: Schedule) -> tuple[PersonDiff, ...]:
    old, new = _agendas(before), _agendas(after)
    found: list[PersonDiff] = []
    for person in sorted(old.keys() | new.keys()):
        mine, theirs = old.get(person, {}), new.get(person, {})
        change = PersonDiff(
            person=person,
            added=tuple(placement for meeting, placement in theirs.items() if meeting not in mine),
            dropped=tuple(placement for meeting, placement in mine.items() if meeting not in theirs),
            moved=tuple(
                Move(placement, theirs[meeting])
                for meeting, placement in mine.items()
                if meeting in theirs and _where(placement) != _where(theirs[meeting])
            ),
        )
        if change.added or change.dropped or change.moved:
            found.append(change)
    return tuple(found)


def _where(placement: Placement) -> tuple[str, str, str | None]:
    return placement.slot, placement.table, placement.interpreter


def _agendas(schedule: Schedule) -> dict[str, dict[str, Placement]]:
    found: dict[str, dict[str, Placement]] = defaultdict(dict)
    for placement in schedule.placements:
        for person in placement.people:
            found[person][placement.meeting] = placement
    return found
