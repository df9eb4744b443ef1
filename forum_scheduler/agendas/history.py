"""What versions changed: a meeting, somebody's agenda, and what tables and interpreters had before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from forum_scheduler.agendas.record import Stamp, Vacancy
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Slot
from forum_scheduler.publishing.models import CalendarEvent, Publication
from forum_scheduler.publishing.reading import published_entries
from forum_scheduler.publishing.records import Entry
from forum_scheduler.scheduling.models import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The publication that changed a meeting last, and how often it was changed for somebody."""

    version: int
    at: datetime
    sequence: int


def changes_of(forum_id: int, meeting_ids: Set[int] | None) -> Mapping[int, Change]:
    """Meeting -> its last change for anybody. Its sequence is that of the version, so it never falls."""
    query = (
        select(
            CalendarEvent.meeting_id,
            func.max(Publication.version),
            func.max(Publication.published_at),
        )
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .where(CalendarEvent.forum_id == forum_id)
        .group_by(CalendarEvent.meeting_id)
    )
    if meeting_ids is not None:
        query = query.where(CalendarEvent.meeting_id.in_(meeting_ids))
    return {
        meeting: Change(version=version, at=at, sequence=version - 1)
        for meeting, version, at in db.session.execute(query)
    }


def changed_in(publication: Publication, delegate_ids: Sequence[int] | None = None) -> Mapping[int, int]:
    """Delegate -> the version that changed their agenda last: it stands at the foot of their newest paper."""
    query = (
        select(CalendarEvent.delegate_id, func.max(Publication.version))
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .where(CalendarEvent.forum_id == publication.forum_id)
        .group_by(CalendarEvent.delegate_id)
    )
    if delegate_ids is not None:
        query = query.where(CalendarEvent.delegate_id.in_(delegate_ids))
    return dict(db.session.execute(query).all())


def placed_of(schedule_id: int, meeting_ids: Set[int]) -> frozenset[int]:
    """Those of the meetings that have a place in a schedule."""
    if not meeting_ids:
        return frozenset()
    query = select(Placement.meeting_id).where(
        Placement.schedule_id == schedule_id, Placement.meeting_id.in_(meeting_ids)
    )
    return frozenset(db.session.scalars(query))


def left_entries(
    publication: Publication, placed: Set[int], interpreter_id: int | None, table_id: int | None
) -> tuple[Entry, ...]:
    """Meetings that an interpreter or a table had in earlier versions, but those of ``placed``.

    Each as the last version has it that names them together.
    """
    column, id_ = (Placement.table_id, table_id) if table_id else (Placement.interpreter_id, interpreter_id)
    query = (
        select(Placement.meeting_id, func.max(Publication.version))
        .join(Publication, Publication.schedule_id == Placement.schedule_id)
        .where(
            Publication.forum_id == publication.forum_id,
            Publication.version < publication.version,
            column == id_,
        )
        .group_by(Placement.meeting_id)
    )
    last = {meeting: version for meeting, version in db.session.execute(query) if meeting not in placed}
    versions = select(Publication).where(
        Publication.forum_id == publication.forum_id, Publication.version.in_(set(last.values()))
    )
    return tuple(
        entry
        for earlier in (db.session.scalars(versions.order_by(Publication.version)) if last else ())
        for entry in published_entries(earlier, interpreter_id=interpreter_id, table_id=table_id)
        if last.get(entry.meeting_id) == earlier.version
    )


def vacancies_of(
    publication: Publication, *, interpreter_id: int | None = None, table_id: int | None = None
) -> tuple[Vacancy, ...]:
    """Where each version up to this one took a meeting away, by time and table; the last of each place.

    Whole forums and all their versions in one query: each version is compared with the one before it. What
    goes back to an earlier version is a change like any other.
    """
    before, after = aliased(Publication), aliased(Publication)
    there, still = aliased(Placement), aliased(Placement)
    stays = exists().where(
        still.schedule_id == after.schedule_id,
        still.meeting_id == there.meeting_id,
        still.slot_id == there.slot_id,
        still.table_id == there.table_id,
        still.interpreter_id.is_not_distinct_from(there.interpreter_id),
    )
    place = (Slot.starts_at, there.table_id, Slot.block_id, there.interpreter_id)
    query = (
        select(*place, func.max(after.version), func.max(after.published_at))
        .select_from(before)
        .join(after, and_(after.forum_id == before.forum_id, after.version == before.version + 1))
        .join(there, there.schedule_id == before.schedule_id)
        .join(Slot, Slot.id == there.slot_id)
        .where(
            before.forum_id == publication.forum_id,
            after.version <= publication.version,
            after.schedule_id != before.schedule_id,
            ~stays,
        )
        .group_by(*place)
        .order_by(*place)
    )
    if interpreter_id is not None:
        query = query.where(there.interpreter_id == interpreter_id)
    if table_id is not None:
        query = query.where(there.table_id == table_id)
    return tuple(
        Vacancy(
            starts_at=starts_at,
            block_id=block,
            table_id=table,
            interpreter_id=interpreter,
            stamp=Stamp(version=version, at=at),
        )
        for starts_at, table, block, interpreter, version, at in db.session.execute(query)
    )
