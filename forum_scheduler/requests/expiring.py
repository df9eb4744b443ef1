"""Reminders of requests that expire soon: by the worker, never twice for a request and its last day."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Representative
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.requests import answer_links
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.requests.notices import address_of, page_for, path_of, representatives

KIND = "request-expiring"
AHEAD = timedelta(days=2)
YOUNGEST = timedelta(hours=12)  # who was told of a request just now needs no reminder
AT_ONCE = 500
NAMED = 10  # requests with links of their own in one mail


def remind_expiring(*, limit: int = AT_ONCE) -> int:
    """Write to companies about requests that expire within two days; how many requests were named."""
    if db.session.scalar(select(Request.id).where(_due()).limit(1)) is None:
        return 0  # nearly always: then nothing is locked
    with transaction() as session:
        # Another worker that does the same at this moment takes other rows, and finds these noted later.
        due = session.scalars(
            select(Request)
            .where(_due())
            .order_by(Request.asked_id, Request.expires_at, Request.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        by_company: dict[int, list[Request]] = defaultdict(list)
        for request in due:
            request.reminded_at = now()
            by_company[request.asked_id].append(request)
        for company_id, requests in by_company.items():
            _tell(session, company_id, requests)
    return len(due)


def _due() -> ColumnElement[bool]:
    moment = now()
    return and_(
        Request.state == RequestState.PENDING,
        Request.expires_at > moment,
        Request.expires_at <= moment + AHEAD,
        Request.created_at <= moment - YOUNGEST,
        Request.reminded_at.is_(None),
    )


def _tell(session: Session, company_id: int, requests: Sequence[Request]) -> None:
    company = session.get_one(Company, company_id)
    if company.status != CompanyStatus.APPROVED:
        return
    forum = session.get_one(Forum, company.forum_id)
    askers: dict[int, str] = dict(
        session.execute(
            select(Company.id, Company.name).where(Company.id.in_([each.asker_id for each in requests]))
        ).all()
    )
    for person in representatives(session, company_id):
        with force_locale(person.user.locale):
            _write(person, company, requests, askers, forum)


def _write(
    person: Representative,
    company: Company,
    requests: Sequence[Request],
    askers: dict[int, str],
    forum: Forum,
) -> None:
    number = len(requests)
    inbox = page_for("inbox", company.id)
    named = [
        f"{askers[each.asker_id]}\n{answer_links.lines(each, user_id=person.user_id, forum=forum)}"
        for each in requests[:NAMED]
    ]
    # A longer window lets the same request expire once more, on another day.
    occasion = ",".join(f"{each.uid}:{each.revision}:{each.expires_at}" for each in requests)
    message = Message(
        kind=NoticeKind.REMINDER,
        mail_kind=KIND,
        subject=ngettext(
            "%(num)s request expires soon at %(forum)s",
            "%(num)s requests expire soon at %(forum)s",
            number,
            forum=forum.name,
        ),
        text="\n\n".join(
            (
                ngettext(
                    "%(num)s company waits for the answer of %(company)s; its request expires within two "
                    "days:",
                    "%(num)s companies wait for the answer of %(company)s; their requests expire within two "
                    "days:",
                    number,
                    company=company.name,
                ),
                *named,
                _("All your open requests: %(path)s", path=address_of(forum, inbox)),
            )
        ),
        path=path_of(forum, inbox),
        urgent=True,  # tomorrow's digest may come too late
    )
    key = f"{KIND}:{hashlib.sha256(occasion.encode()).hexdigest()[:40]}:{person.user_id}"
    tell(Reader.of(person.user), message, key=key, forum=forum)
