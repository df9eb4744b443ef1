"""What calendars answered: for the person, their company, and the organiser."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from forum_scheduler.agendas.models import Answer, CalendarChoice, Invitation, InvitationStatus, Way
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Table
from forum_scheduler.publishing.models import CalendarEvent, FeedToken

_INVITED = Invitation.status == InvitationStatus.REQUESTED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One person's answer to one invitation."""

    delegate_id: int
    name: str
    company: str
    meeting_id: int
    answer: Answer
    comment: str
    starts_at: datetime
    table: str


def counted(delegate_id: int) -> Mapping[Answer, int]:
    """How a person answered the invitations that stand."""
    return _counts(Invitation.delegate_id == delegate_id)


def counted_in(forum: Forum) -> Mapping[Answer, int]:
    """The same of a forum."""
    return _counts(Invitation.forum_id == forum.id)


def _counts(condition: object) -> Mapping[Answer, int]:
    query = (
        select(Invitation.answer, func.count())
        .where(_INVITED, condition)  # type: ignore[arg-type]
        .group_by(Invitation.answer)
    )
    found = {Answer(answer): count for answer, count in db.session.execute(query)}
    return {answer: found.get(answer, 0) for answer in Answer}


def of_meetings(
    meeting_ids: Iterable[int], *, delegate_ids: Iterable[int]
) -> Mapping[int, tuple[Given, ...]]:
    """Meeting -> the answers of these people to it, in order of name."""
    query = _given().where(
        Invitation.meeting_id.in_(list(meeting_ids)), Invitation.delegate_id.in_(list(delegate_ids))
    )
    found: dict[int, list[Given]] = defaultdict(list)
    for each in _read(query.order_by(Delegate.name, Delegate.id)):
        found[each.meeting_id].append(each)
    return {meeting: tuple(given) for meeting, given in found.items()}


def to_look_at(forum: Forum) -> tuple[Given, ...]:
    """Declined and doubtful meetings of a forum by time: what the organiser may have to act on."""
    doubtful = (Answer.DECLINED.value, Answer.TENTATIVE.value)
    query = _given().where(Invitation.forum_id == forum.id, Invitation.answer.in_(doubtful))
    return tuple(_read(query.order_by(CalendarEvent.starts_at, Delegate.name, Delegate.id)))


def ways(forum: Forum) -> Mapping[Way, int]:
    """How many people use each way into their calendar."""
    feeds = (
        select(func.count(func.distinct(FeedToken.delegate_id)))
        .join(Delegate, Delegate.id == FeedToken.delegate_id)
        .where(Delegate.forum_id == forum.id, FeedToken.revoked_at.is_(None))
    )
    mails = select(func.count()).where(
        CalendarChoice.forum_id == forum.id, CalendarChoice.way == Way.MAIL.value
    )
    return {Way.FEED: db.session.scalar(feeds) or 0, Way.MAIL: db.session.scalar(mails) or 0}


def _given() -> Select[*tuple[Any, ...]]:
    return (
        select(Invitation, Delegate.name, Company.name, CalendarEvent.starts_at, Table.label)
        .join(Delegate, Delegate.id == Invitation.delegate_id)
        .join(Company, Company.id == Delegate.company_id)
        .join(
            CalendarEvent,
            (CalendarEvent.delegate_id == Invitation.delegate_id)
            & (CalendarEvent.meeting_id == Invitation.meeting_id),
        )
        .outerjoin(Table, Table.id == CalendarEvent.table_id)
        .where(_INVITED, Invitation.answer != Answer.NONE.value)
    )


def _read(query: Select[*tuple[Any, ...]]) -> Iterable[Given]:
    for row, name, company, starts_at, table in db.session.execute(query):
        yield Given(
            delegate_id=row.delegate_id,
            name=name,
            company=company,
            meeting_id=row.meeting_id,
            answer=Answer(row.answer),
            comment=row.comment,
            starts_at=starts_at,
            table=table or "",
        )
