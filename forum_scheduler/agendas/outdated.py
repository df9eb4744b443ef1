"""Whose papers of an earlier version are not right any more: what that one said beside what this one says.

Not only when something changed last: what goes away and comes back leaves the first paper right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Subquery, func, select

from forum_scheduler.extensions import db
from forum_scheduler.publishing.models import CalendarEvent, Publication
from forum_scheduler.scheduling.models import Placement, PlacementDelegate


@dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """Whose paper says something else now; ids of delegates, tables, interpreters."""

    people: frozenset[int] = frozenset()
    tables: frozenset[int] = frozenset()
    interpreters: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Place:
    """When, where and with whom a version has a meeting."""

    slot_id: int
    table_id: int
    interpreter_id: int | None
    people: frozenset[int]


@dataclass(slots=True)
class _Found:
    people: set[int] = field(default_factory=set)
    tables: set[int] = field(default_factory=set)
    interpreters: set[int] = field(default_factory=set)

    def add(self, place: _Place) -> None:
        self.people |= place.people
        self.tables.add(place.table_id)
        if place.interpreter_id is not None:
            self.interpreters.add(place.interpreter_id)


def outdated_since(publication: Publication, *, first: int = 1) -> Mapping[int, Outdated]:
    """Each version from ``first`` to the one before this, newest first -> whose papers of it are wrong."""
    latest: dict[int, int] = dict(db.session.execute(select(_last_changes(publication, first))).all())
    places = _places(publication, first)
    found = {version: _Found() for version in range(publication.version - 1, first - 1, -1)}
    for meeting_id, last in latest.items():
        known = places.get(meeting_id, {})
        now = known.get(last)
        # Its time, title or length was changed, not its place: then no earlier paper has it right.
        same_place = known.get(last - 1) == now
        for version in range(first, last):
            then = known.get(version)
            if then != now or same_place:
                for place in (then, now):
                    if place is not None:
                        found[version].add(place)
    return {
        version: Outdated(
            people=frozenset(each.people),
            tables=frozenset(each.tables),
            interpreters=frozenset(each.interpreters),
        )
        for version, each in found.items()
    }


def _last_changes(publication: Publication, first: int) -> Subquery:
    """Meeting -> the version that changed it last, for whomever; of those changed after ``first``."""
    version = func.max(Publication.version).label("version")
    return (
        select(CalendarEvent.meeting_id, version)
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .where(CalendarEvent.forum_id == publication.forum_id, Publication.version <= publication.version)
        .group_by(CalendarEvent.meeting_id)
        .having(version > first)
        .subquery()
    )


def _places(publication: Publication, first: int) -> Mapping[int, Mapping[int, _Place]]:
    """Meeting -> version -> its place: of those that were changed, until they were changed last."""
    latest = _last_changes(publication, first)
    query = (
        select(
            Placement.meeting_id,
            Publication.version,
            Placement.slot_id,
            Placement.table_id,
            Placement.interpreter_id,
            PlacementDelegate.delegate_id,
        )
        .join(Publication, Publication.schedule_id == Placement.schedule_id)
        .join(latest, latest.c.meeting_id == Placement.meeting_id)
        .join(PlacementDelegate, PlacementDelegate.placement_id == Placement.id)
        .where(
            Publication.forum_id == publication.forum_id,
            Publication.version >= first,
            Publication.version <= latest.c.version,
        )
    )
    people: dict[tuple[int, int, int, int, int | None], set[int]] = defaultdict(set)
    for meeting_id, version, slot_id, table_id, interpreter_id, delegate_id in db.session.execute(query):
        people[meeting_id, version, slot_id, table_id, interpreter_id].add(delegate_id)
    found: dict[int, dict[int, _Place]] = defaultdict(dict)
    for (meeting_id, version, slot_id, table_id, interpreter_id), coming in people.items():
        found[meeting_id][version] = _Place(slot_id, table_id, interpreter_id, frozenset(coming))
    return found
