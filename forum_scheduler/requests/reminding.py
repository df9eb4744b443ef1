"""Companies that have to answer, or take no part yet: who they are, and a reminder once a day."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import force_locale, gettext, lazy_gettext, ngettext
from sqlalchemy import exists, func, select

from forum_scheduler.accounts.audit import record
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Representative
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.requests.models import Meeting, MeetingState, Party, Request, RequestState
from forum_scheduler.requests.notices import address_of, page_for, path_of, representatives

KIND = "reminder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """A company to remind: ``unanswered`` requests wait for it; 0: it has asked nobody and has no meeting."""

    company_id: int
    name: str
    unanswered: int


def quiet_companies(forum: Forum, *, side_id: int | None = None) -> tuple[Quiet, ...]:
    """Approved companies (of one side) that owe an answer, or that asked nobody and will meet nobody.

    Those whom others asked, and who have answered, are not quiet: they may have all the meetings they can.
    """
    waiting = (
        select(func.count())
        .where(Request.asked_id == Company.id, Request.state == RequestState.PENDING)
        .scalar_subquery()
    )
    asked = exists().where(Request.asker_id == Company.id, Request.state != RequestState.WITHDRAWN)
    accepted = exists().where(Request.asked_id == Company.id, Request.state == RequestState.ACCEPTED)
    agreed = exists().where(
        Party.company_id == Company.id,
        Meeting.id == Party.meeting_id,
        Meeting.state == MeetingState.AGREED,
    )
    query = (
        select(Company.id, Company.name, waiting)
        .where(
            Company.forum_id == forum.id,
            Company.status == CompanyStatus.APPROVED,
            (waiting > 0) | ~(asked | accepted | agreed),
            *(() if side_id is None else (Company.side_id == side_id,)),
        )
        .order_by(waiting.desc(), Company.name)
    )
    return tuple(
        Quiet(company_id=id_, name=name, unanswered=count) for id_, name, count in db.session.execute(query)
    )


def remind(forum: Forum) -> int:
    """Write to the representatives of all quiet companies, each once a day; how many mails are new.

    Raises Refused while requests are not open: nobody could do anything about it.
    """
    forum_id = forum.id
    with transaction() as session:
        forum = session.get_one(Forum, forum_id)
        if window_at(forum, now()) is not Window.OPEN:
            raise Refused(lazy_gettext("Requests are not open: a reminder would only confuse."))
        sent = sum(
            _write(forum, company, person)
            for company in quiet_companies(forum)
            for person in representatives(session, company.company_id)
        )
        record("reminders.sent", forum_id=forum_id, subject=f"forum:{forum_id}", details={"mails": sent})
    return sent


def _write(forum: Forum, company: Quiet, person: Representative) -> bool:
    today = now().astimezone(forum.zone).date().isoformat()
    with force_locale(person.user.locale):
        message = Message(
            kind=NoticeKind.REMINDER,
            subject=gettext("A reminder: your meetings at %(forum)s", forum=forum.name),
            text="\n\n".join(_asks(forum, company)),
            path=path_of(forum, _page(company)),
        )
        key = f"{KIND}:{forum.uid}:{company.company_id}:{person.user_id}:{today}"
        return tell(Reader.of(person.user), message, key=key, forum=forum)


def _page(company: Quiet) -> str:
    return page_for("inbox" if company.unanswered else "companies", company.company_id)


def _asks(forum: Forum, company: Quiet) -> tuple[str, str]:
    address = address_of(forum, _page(company))
    if company.unanswered:
        return (
            ngettext(
                "%(num)s company waits for the answer of %(company)s.",
                "%(num)s companies wait for the answer of %(company)s.",
                company.unanswered,
                company=company.name,
            ),
            gettext("Answer here: %(path)s", path=address),
        )
    return (
        gettext("%(company)s has not asked anybody for a meeting yet.", company=company.name),
        gettext(
            "Find companies to meet: %(path)s",
            path=address,
        ),
    )
