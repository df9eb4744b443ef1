"""What a change of the frame touches: placements of drafts and of the published version, agreed meetings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from flask_babel import ngettext
from sqlalchemy import select

from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import Publication
from forum_scheduler.requests.models import Meeting, MeetingState
from forum_scheduler.scheduling.ids import Kind, solver_id
from forum_scheduler.scheduling.models import Placement, Schedule, TableSlot
from forum_scheduler.scheduling.promises import promised_schedule_id
from forum_scheduler.scheduling.words import Names
from forum_scheduler.setup.saving import Touch, touch

NEWEST_DRAFTS = 5


def in_slots(slot_ids: Collection[int]) -> Any:
    """The condition for placements that occupy one of the slots."""
    return Placement.id.in_(select(TableSlot.placement_id).where(TableSlot.slot_id.in_(slot_ids)))


def closed(pairs: Collection[tuple[int, int]]) -> Any:
    """The condition for placements that occupy one of the (table, slot) pairs."""
    tables = {table for table, _slot in pairs}
    found = db.session.execute(
        select(TableSlot.placement_id, TableSlot.table_id, TableSlot.slot_id).where(
            TableSlot.table_id.in_(tables)
        )
    )
    wanted = set(pairs)
    return Placement.id.in_([id_ for id_, table, slot in found if (table, slot) in wanted])


def placements(forum: Forum, condition: Any, names: Names) -> Iterator[Touch]:
    """A touch for the published version and for each of the newest drafts that have such placements.

    Superseded versions are history, and stay as they are, too.
    """
    promised = promised_schedule_id(forum.id)
    versions = dict(
        db.session.execute(
            select(Publication.schedule_id, Publication.version)
            .where(Publication.forum_id == forum.id)
            .order_by(Publication.version)
        ).all()
    )
    query = (
        select(Schedule.id, Schedule.number, Placement.meeting_id, Placement.slot_id, Placement.table_id)
        .join(Placement, Placement.schedule_id == Schedule.id)
        .where(Schedule.forum_id == forum.id, condition)
        .order_by(Schedule.number.desc(), Placement.slot_id, Placement.table_id)
    )
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for schedule_id, number, meeting_id, slot_id, table_id in db.session.execute(query):
        where = f"{names.name(solver_id(Kind.SLOT, slot_id))}, {names.name(solver_id(Kind.TABLE, table_id))}"
        found[schedule_id, number].append(f"{names.meeting(meeting_id)} ({where})")
    drafts = 0
    for (schedule_id, number), meetings in found.items():
        if schedule_id == promised:
            yield touch(_published(versions[schedule_id], len(meetings)), meetings)
        elif schedule_id not in versions and drafts < NEWEST_DRAFTS:
            drafts += 1
            yield touch(_draft(number, len(meetings)), meetings)


def _published(version: int, count: int) -> str:
    words = ngettext(
        "%(num)s meeting of the published version %(version)s: it stays in the version and in people's "
        "agendas as it is, until you publish a new one.",
        "%(num)s meetings of the published version %(version)s: they stay in the version and in people's "
        "agendas as they are, until you publish a new one.",
        count,
        version=version,
    )
    return str(words)


def _draft(number: int, count: int) -> str:
    words = ngettext(
        "%(num)s placement of schedule %(number)s, which can't be published as it is then: solve again, or "
        "make a draft of it for the board.",
        "%(num)s placements of schedule %(number)s, which can't be published as it is then: solve again, or "
        "make a draft of it for the board.",
        count,
        number=number,
    )
    return str(words)


def agreed_meetings(forum: Forum, condition: Any, names: Names) -> Sequence[str]:
    """Names of the agreed meetings that meet the condition."""
    query = (
        select(Meeting.id)
        .where(Meeting.forum_id == forum.id, Meeting.state == MeetingState.AGREED, condition)
        .order_by(Meeting.id)
    )
    return [names.meeting(id_) for id_ in db.session.scalars(query)]
