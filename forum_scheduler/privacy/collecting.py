"""Everything about one person, from all rooms, as plain data: for a file and for a page.

Keys are English words, as in the file; moments are UTC in ISO 8601.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, or_, select
from sqlalchemy.orm import Session, undefer

from forum_scheduler.accounts.consent import consents_of
from forum_scheduler.accounts.models import AuditEntry, SignInLink, Staff, User
from forum_scheduler.accounts.passkeys import passkeys_of
from forum_scheduler.agendas.models import CalendarChoice, Invitation
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    Company,
    CompanyInvitation,
    Delegate,
    DelegateAlsoFor,
    Representative,
)
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter, ProgrammeEntry, Slot, Table
from forum_scheduler.notices.choices import ways_of
from forum_scheduler.notices.models import Notice
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.models import CalendarEvent, FeedToken
from forum_scheduler.requests.models import Party, Request, RequestDelegate, Unavailability
from forum_scheduler.requests.times import times_of

FORMAT = "forum-scheduler-personal-data/1"


def data_of(user_id: int) -> dict[str, Any]:
    """All that is stored of the user, of their delegates and of mails to their address."""
    session = db.session()
    user = session.get_one(User, user_id)
    forums = dict(session.execute(select(Forum.id, Forum.name)).all())
    return {
        "format": FORMAT,
        "made_at": _moment(now()),
        "account": {
            "email": user.email,
            "name": user.name,
            "language": user.locale,
            "created_at": _moment(user.created_at),
            "confirmed_at": _moment(user.confirmed_at),
            "password": user.password is not None,
            "authenticator_app": user.tf_primary_method is not None,
            "passkeys": [
                {
                    "name": each.name,
                    "made_at": _moment(each.create_datetime),
                    "last_used_at": _moment(each.lastuse_datetime),
                }
                for each in passkeys_of(user_id)
            ],
        },
        "consents": [
            {
                "forum": forums.get(each.forum_id or 0),
                "version": each.version,
                "text": each.text,
                "given_at": _moment(each.given_at),
                "withdrawn_at": _moment(each.withdrawn_at),
            }
            for each in consents_of(user_id)
        ],
        "staff": [
            {"forum": forums[each.forum_id], "role": each.role}
            for each in session.scalars(select(Staff).where(Staff.user_id == user_id).order_by(Staff.id))
        ],
        "acts_for": list(_companies(session, user_id, forums)),
        "delegate": list(_delegates(session, user, forums)),
        "interpreter": [
            {"forum": forums[each.forum_id], "name": each.name, "email": each.email, "languages": each.pairs}
            for each in session.scalars(select(Interpreter).where(Interpreter.user_id == user_id))
        ],
        "invitations": [
            {
                "forum": forums[each.forum_id],
                "company": each.company_name,
                "name": each.person_name,
                "sent_at": _moment(each.sent_at),
            }
            for each in session.scalars(
                select(CompanyInvitation).where(CompanyInvitation.email == user.email)
            )
        ],
        "by_mail": {kind.value: way.value for kind, way in ways_of(user.email).items()},
        "notices": [
            {
                "forum": forums[each.forum_id],
                "subject": each.subject,
                "text": each.text,
                "at": _moment(each.created_at),
                "read_at": _moment(each.read_at),
            }
            for each in session.scalars(select(Notice).where(Notice.user_id == user_id).order_by(Notice.id))
        ],
        "mails": [
            {"at": _moment(at), "subject": subject, "state": state}
            for at, subject, state in session.execute(
                select(Mail.created_at, Mail.subject, Mail.state)
                .where(Mail.to_email == user.email)
                .order_by(Mail.id)
            )
        ],
        "sign_in_links": [
            {"made_at": _moment(made), "used_at": _moment(used)}
            for made, used in session.execute(
                select(SignInLink.created_at, SignInLink.used_at)
                .where(SignInLink.user_id == user_id)
                .order_by(SignInLink.id)
            )
        ],
        "log": [
            {"at": _moment(each.at), "action": each.action, "subject": each.subject}
            for each in session.scalars(
                select(AuditEntry).where(AuditEntry.user_id == user_id).order_by(AuditEntry.id)
            )
        ],
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _companies(session: Session, user_id: int, forums: dict[int, str]) -> Iterator[dict[str, Any]]:
    companies = session.scalars(
        select(Company)
        .join(Representative, Representative.company_id == Company.id)
        .where(Representative.user_id == user_id)
        .order_by(Company.id)
    )
    for company in companies:
        yield {
            "forum": forums[company.forum_id],
            "company": company.name,
            "status": company.status,
            "country": company.country,
        }


def _delegates(session: Session, user: User, forums: dict[int, str]) -> Iterator[dict[str, Any]]:
    delegates = session.execute(
        select(Delegate, Company.name)
        .join(Company, Company.id == Delegate.company_id)
        .where(own_delegates(user))
        .options(undefer(Delegate.photo))
        .order_by(Delegate.id)
    ).all()
    for delegate, company in delegates:
        yield {
            "forum": forums[delegate.forum_id],
            "company": company,
            "name": delegate.name,
            "email": delegate.email,
            "role": delegate.role,
            "languages": list(delegate.languages),
            "most_meetings_a_day": delegate.max_per_day,
            "stays_at_one_table": delegate.fixed_table,
            "photo_png_base64": base64.b64encode(delegate.photo).decode() if delegate.photo else None,
            **_times(session, delegate.id),
            "also_for": _names(
                session, select(DelegateAlsoFor.company_id).where(DelegateAlsoFor.delegate_id == delegate.id)
            ),
            "wished_for_with": _wished_for(session, delegate),
            "meetings": list(_meetings(session, delegate.id)),
            "calendar": _calendar(session, delegate.id),
        }


def _names(session: Session, company_ids: Select[int]) -> list[str]:
    return list(
        session.scalars(select(Company.name).where(Company.id.in_(company_ids)).order_by(Company.name))
    )


def _wished_for(session: Session, delegate: Delegate) -> list[str]:
    """Companies with which a meeting was asked for in which this person is named."""
    other = case((Request.asker_id == delegate.company_id, Request.asked_id), else_=Request.asker_id)
    named = (
        select(other)
        .join(RequestDelegate, RequestDelegate.request_id == Request.id)
        .where(RequestDelegate.delegate_id == delegate.id)
    )
    return _names(session, named)


def _calendar(session: Session, delegate_id: int) -> dict[str, Any]:
    """How meetings come into their calendar, and what it answered. Addresses are secrets: only when."""
    choice = session.get(CalendarChoice, delegate_id)
    addresses = session.execute(
        select(FeedToken.created_at, FeedToken.revoked_at)
        .where(FeedToken.delegate_id == delegate_id)
        .order_by(FeedToken.id)
    )
    answers = session.scalars(
        select(Invitation).where(Invitation.delegate_id == delegate_id).order_by(Invitation.meeting_id)
    )
    return {
        "way": choice.way if choice is not None else None,
        "with_sessions": choice is not None and choice.programme,
        "addresses": [{"made_at": _moment(made), "ended_at": _moment(ended)} for made, ended in addresses],
        "answers": [
            {"answer": each.answer, "answered_at": _moment(each.answered_at), "comment": each.comment}
            for each in answers
        ],
    }


def own_delegates(user: User) -> ColumnElement[bool]:
    """Delegates who are this user: by account, or by the same address."""
    return or_(Delegate.user_id == user.id, Delegate.email == user.email)


def _times(session: Session, delegate_id: int) -> dict[str, Any]:
    times = times_of(delegate_id)
    attended = select(ProgrammeEntry).where(ProgrammeEntry.id.in_(times.attends))
    slots = (
        select(Slot.starts_at, Slot.ends_at, Unavailability.reason)
        .join(Unavailability, Unavailability.slot_id == Slot.id)
        .where(Unavailability.delegate_id == delegate_id)
        .order_by(Slot.starts_at)
    )
    return {
        "arrives_at": _moment(times.arrives_at),
        "leaves_at": _moment(times.leaves_at),
        "sessions": [
            entry.title("en") for entry in session.scalars(attended.order_by(ProgrammeEntry.starts_at))
        ],
        "blocked": [
            {"from": _moment(start), "to": _moment(end), "note": note}
            for start, end, note in session.execute(slots)
        ],
    }


def _meetings(session: Session, delegate_id: int) -> Iterator[dict[str, Any]]:
    """As published last: when, where, with whom."""
    events = session.execute(
        select(CalendarEvent, Table.label)
        .outerjoin(Table, Table.id == CalendarEvent.table_id)
        .where(CalendarEvent.delegate_id == delegate_id)
        .order_by(CalendarEvent.starts_at)
    ).all()
    names: dict[int, list[str]] = defaultdict(list)
    for meeting_id, name in session.execute(
        select(Party.meeting_id, Company.name)
        .join(Company, Company.id == Party.company_id)
        .where(Party.meeting_id.in_([event.meeting_id for event, _table in events]))
        .order_by(Party.position)
    ):
        names[meeting_id].append(name)
    for event, table in events:
        yield {
            "from": _moment(event.starts_at),
            "to": _moment(event.ends_at),
            "table": table,
            "companies": names[event.meeting_id],
            "state": event.status,
        }
