"""Two days before the request window closes every company is told, once, what it still has to do."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import force_locale, format_datetime, gettext, ngettext
from sqlalchemy import func, or_, select

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.requests.notices import address_of, page_for, path_of, representatives

BEFORE = timedelta(hours=48)
AT_ONCE = 100  # companies in one transaction, so that others get to write


def announce_due() -> int:
    """Tell the companies of forums whose window closes soon; how many notices. For the worker."""
    moment = now()
    forums = db.session.scalars(
        select(Forum).where(
            Forum.requests_open_at <= moment,
            Forum.requests_close_at > moment,
            Forum.requests_close_at <= moment + BEFORE,
            or_(Forum.closing_told.is_(None), Forum.closing_told != Forum.requests_close_at),
        )
    ).all()
    return sum(_announce(forum.id, forum.requests_close_at) for forum in forums if forum.requests_close_at)


def _announce(forum_id: int, closes_at: datetime) -> int:
    told, last = 0, 0
    while True:
        # Two workers at once tell the same: the notices' keys keep the second one silent.
        with transaction() as session:
            forum = session.get_one(Forum, forum_id)
            companies = session.scalars(
                select(Company)
                .where(
                    Company.forum_id == forum_id,
                    Company.status == CompanyStatus.APPROVED,
                    Company.id > last,
                )
                .order_by(Company.id)
                .limit(AT_ONCE)
            ).all()
            if not companies:
                forum.closing_told = closes_at
                return told
            told += sum(_tell(forum, company, closes_at) for company in companies)
            last = companies[-1].id


def _tell(forum: Forum, company: Company, closes_at: datetime) -> int:
    session = db.session()
    waiting, asked = (
        session.scalar(select(func.count()).select_from(Request).where(*rule)) or 0
        for rule in (
            (Request.asked_id == company.id, Request.state == RequestState.PENDING),
            (
                Request.asker_id == company.id,
                Request.state.in_((RequestState.PENDING, RequestState.ACCEPTED)),
            ),
        )
    )
    page = page_for("inbox" if waiting else "companies", company.id)
    told = 0
    for person in representatives(session, company.id):
        with force_locale(person.user.locale):
            when = format_datetime(
                closes_at.astimezone(forum.zone), gettext("EEE d MMM, HH:mm"), rebase=False
            )
            message = Message(
                kind=NoticeKind.CLOSING,
                subject=gettext("Requests for %(forum)s close on %(when)s", forum=forum.name, when=when),
                text="\n\n".join((*_to_do(company, waiting=waiting, asked=asked), address_of(forum, page))),
                path=path_of(forum, page),
            )
            key = f"closing:{forum.uid}:{closes_at.isoformat()}:{company.id}:{person.user_id}"
            told += tell(Reader.of(person.user), message, key=key, forum=forum)
    return told


def _to_do(company: Company, *, waiting: int, asked: int) -> tuple[str, str]:
    """What waits for an answer, and how many were asked."""
    return (
        ngettext(
            "%(num)s company waits for the answer of %(company)s.",
            "%(num)s companies wait for the answer of %(company)s.",
            waiting,
            company=company.name,
        )
        if waiting
        else gettext("No request waits for the answer of %(company)s.", company=company.name),
        ngettext(
            "You have asked %(num)s company. Until then you can ask more, and change what you asked.",
            "You have asked %(num)s companies. Until then you can ask more, and change what you asked.",
            asked,
        ),
    )
