"""Meetings that a schedule has no place for, by names and with the reason in words, for the workbook."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from forum_scheduler.agendas.wording import clean
from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Side
from forum_scheduler.requests.models import Meeting, Party
from forum_scheduler.scheduling.models import Schedule, Unplaced
from forum_scheduler.scheduling.words import Names, reason_sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedCompany:
    id: int
    name: str
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedMeeting:
    """A meeting without a place. ``why`` is a sentence in the active language."""

    meeting_id: int
    title: str
    must: bool
    companies: tuple[UnplacedCompany, ...]
    why: str


def unplaced_meetings(schedule_id: int) -> tuple[UnplacedMeeting, ...]:
    """All of a schedule, by the companies' names; a fixed number of queries."""
    rows = db.session.execute(
        select(Unplaced.meeting_id, Unplaced.reason, Unplaced.subjects, Meeting.title, Meeting.must)
        .join(Meeting, Meeting.id == Unplaced.meeting_id)
        .where(Unplaced.schedule_id == schedule_id)
    ).all()
    if not rows:
        return ()
    companies: dict[int, list[UnplacedCompany]] = defaultdict(list)
    parties = (
        select(Party.meeting_id, Company.id, Company.name, Side.name)
        .join(Company, Company.id == Party.company_id)
        .join(Side, Side.id == Company.side_id)
        .join(Unplaced, Unplaced.meeting_id == Party.meeting_id)
        .where(Unplaced.schedule_id == schedule_id)
        .order_by(Party.meeting_id, Party.position, Party.id)
    )
    for meeting_id, id_, name, side in db.session.execute(parties):
        companies[meeting_id].append(UnplacedCompany(id=id_, name=clean(name), side=side))
    names = Names(_forum_of(schedule_id))
    found = [
        UnplacedMeeting(
            meeting_id=row.meeting_id,
            title=clean(row.title),
            must=row.must,
            companies=tuple(companies[row.meeting_id]),
            why=reason_sentence(names, row.meeting_id, row.reason, row.subjects),
        )
        for row in rows
    ]
    return tuple(
        sorted(found, key=lambda each: ([company.name for company in each.companies], each.meeting_id))
    )


def _forum_of(schedule_id: int) -> Forum:
    query = select(Forum).join(Schedule, Schedule.forum_id == Forum.id).where(Schedule.id == schedule_id)
    return db.session.scalars(query).one()
