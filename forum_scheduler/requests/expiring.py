"""Requests that nobody answers: a reminder while there is time, and word to who asked when it is over.

By the worker; never twice for a request and its last day.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Representative
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.requests import answer_links
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.requests.notices import (
    address_of,
    nothing_to_answer,
    page_for,
    path_of,
    representatives,
)

KIND = "request-expiring"
OVER = "request-expired"
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
    tell(Reader.of(person.user), message, key=f"{KIND}:{_occasion(requests)}:{person.user_id}", forum=forum)


def expire_due(*, limit: int = AT_ONCE) -> int:
    """Close pending requests past their day, and tell who asked; how many."""
    with transaction() as session:
        due = session.scalars(
            select(Request)
            .where(Request.state == RequestState.PENDING, Request.expires_at <= now())
            .order_by(Request.asker_id, Request.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for request in due:
            request.state = RequestState.EXPIRED
            request.revision += 1
            nothing_to_answer(request)
        session.flush()
        for asker_id, expired in groupby(due, key=lambda request: request.asker_id):
            _tell_asker(session, session.get_one(Company, asker_id), list(expired))
    return len(due)


def _tell_asker(session: Session, asker: Company, expired: Sequence[Request]) -> None:
    """Who did not answer in time, and what can still be done: in one notice, as all may expire at once."""
    forum = session.get_one(Forum, asker.forum_id)
    asked_ids = [each.asked_id for each in expired]
    names = session.scalars(
        select(Company.name).where(Company.id.in_(asked_ids)).order_by(Company.name)
    ).all()
    page = page_for("requests", asker.id)
    for person in representatives(session, asker.id):
        with force_locale(person.user.locale):
            message = Message(
                kind=NoticeKind.ANSWERED,
                mail_kind=OVER,
                subject=ngettext(
                    "%(num)s request of %(company)s expired without an answer",
                    "%(num)s requests of %(company)s expired without an answer",
                    len(names),
                    company=asker.name,
                ),
                text="\n\n".join(
                    (
                        ngettext(
                            "%(num)s company did not answer in time:",
                            "%(num)s companies did not answer in time:",
                            len(names),
                        ),
                        "\n".join(f"• {name}" for name in names),
                        _what_now(forum, address_of(forum, page)),
                    )
                ),
                path=path_of(forum, page),
            )
            tell(
                Reader.of(person.user),
                message,
                key=f"{OVER}:{_occasion(expired)}:{person.user_id}",
                forum=forum,
            )


def _what_now(forum: Forum, address: str) -> str:
    if window_at(forum, now()) is Window.OPEN:
        return str(_("Requests are still open: you can ask again, or ask others. %(path)s", path=address))
    return str(_("Requests are closed. All your requests: %(path)s", path=address))


def _occasion(requests: Sequence[Request]) -> str:
    """A name of what is told. A longer window lets the same request expire once more, on another day."""
    told = ",".join(f"{each.uid}:{each.revision}:{each.expires_at}" for each in requests)
    return hashlib.sha256(told.encode()).hexdigest()[:40]
