"""Mails about requests, put into the outbox in the same transaction as what they tell."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate, Representative
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, is_settled, tell
from forum_scheduler.requests import answer_links
from forum_scheduler.requests.models import Request, RequestDelegate, RequestState
from forum_scheduler.requests.wording import decline_words, length_words, particulars


def request_received(request: Request, *, asker: Company, asked: Company, forum: Forum) -> None:
    """Tell the asked company's representatives, each in their language, once a revision."""
    db.session.flush()
    for person in representatives(db.session(), asked.id):
        with force_locale(person.user.locale):
            _write(
                request,
                forum=forum,
                kind="request-received",
                person=person,
                page=page_for("inbox", asked.id),
                subject=_(
                    "%(company)s asks you for a meeting at %(forum)s", company=asker.name, forum=forum.name
                ),
                text="\n\n".join(
                    part
                    for part in (
                        # Who acts for several companies has to know which of them is meant.
                        _(
                            "%(company)s would like to meet %(other)s at %(forum)s.",
                            company=asker.name,
                            other=asked.name,
                            forum=forum.name,
                        ),
                        _("They write: “%(message)s”", message=request.message) if request.message else "",
                        _particulars(request, asked, forum=forum),
                        answer_links.lines(request, user_id=person.user_id, forum=forum),
                        _(
                            "Answer on your page of open requests: %(path)s",
                            path=address_of(forum, page_for("inbox", asked.id)),
                        ),
                    )
                    if part
                ),
            )


def request_answered(session: Session, request: Request, *, forum: Forum) -> None:
    """Tell the asking company what the other one said, or that it took that back and the request waits."""
    session.flush()
    nothing_to_answer(request)
    asked = session.get_one(Company, request.asked_id)
    asker = session.get_one(Company, request.asker_id)
    accepted = request.state == RequestState.ACCEPTED
    page = page_for("requests", asker.id)
    for person in representatives(session, request.asker_id):
        with force_locale(person.user.locale):
            if accepted:
                subject = _("%(company)s accepted your request", company=asked.name)
                body = _(
                    "%(company)s will meet %(other)s. You get time and table with the agenda.",
                    company=asked.name,
                    other=asker.name,
                )
            elif request.state == RequestState.PENDING:
                subject = _("%(company)s took its answer back", company=asked.name)
                body = _(
                    "%(company)s has not decided yet whether to meet %(other)s.",
                    company=asked.name,
                    other=asker.name,
                )
            else:
                subject = _("%(company)s declined your request", company=asked.name)
                body = _(
                    "%(company)s can't meet %(other)s at this forum.", company=asked.name, other=asker.name
                )
            said = request.answer_message if accepted else decline_words(request)
            reason = _("They write: “%(message)s”", message=said) if said else ""
            parts = (
                body,
                reason,
                _particulars(request, asker, forum=forum) if accepted else "",
                _("All your requests: %(path)s", path=address_of(forum, page)),
            )
            _write(
                request,
                forum=forum,
                kind="request-answered",
                person=person,
                page=page,
                subject=subject,
                text="\n\n".join(part for part in parts if part),
            )


def nothing_to_answer(request: Request) -> None:
    """Nobody is asked in tomorrow's digest for an answer that is given, or not wanted any more."""
    is_settled(occasion=f"request-received:{request.uid}:", forum_id=request.forum_id)


def meeting_withdrawn(session: Session, request: Request, *, by_company_id: int, forum: Forum) -> None:
    """Tell the other company that an agreed meeting will not take place."""
    session.flush()
    other_id = request.asked_id if by_company_id == request.asker_id else request.asker_id
    company, other = session.get_one(Company, by_company_id), session.get_one(Company, other_id)
    # To whom it was sent finds it among the answers, who sent it among the requests.
    page = page_for("requests" if other_id == request.asker_id else "inbox", other_id)
    for person in representatives(session, other_id):
        with force_locale(person.user.locale):
            _write(
                request,
                forum=forum,
                kind="meeting-withdrawn",
                person=person,
                page=page,
                subject=_("%(company)s took your meeting back", company=company.name),
                text="\n\n".join(
                    (
                        _(
                            "%(company)s can't meet %(other)s at %(forum)s after all.",
                            company=company.name,
                            other=other.name,
                            forum=forum.name,
                        ),
                        _("All your requests: %(path)s", path=address_of(forum, page)),
                    )
                ),
            )


def meeting_changed(session: Session, request: Request, *, by_company_id: int, forum: Forum) -> None:
    """Tell the other company what is said anew about an agreed meeting."""
    session.flush()
    ours = by_company_id == request.asker_id
    company = session.get_one(Company, by_company_id)
    other = session.get_one(Company, request.asked_id if ours else request.asker_id)
    page = page_for("inbox" if ours else "requests", other.id) + ("&show=answered" if ours else "")
    said = request.message if ours else request.answer_message
    for person in representatives(session, other.id):
        with force_locale(person.user.locale):
            parts = (
                _(
                    "%(company)s changed what it says about the meeting with %(other)s.",
                    company=company.name,
                    other=other.name,
                ),
                _("They write: “%(message)s”", message=said) if said else "",
                _particulars(request, other, forum=forum),
                _("The meeting on your page: %(path)s", path=address_of(forum, page)),
            )
            _write(
                request,
                forum=forum,
                kind="meeting-changed",
                person=person,
                page=page,
                subject=_("%(company)s changed your meeting", company=company.name),
                text="\n\n".join(part for part in parts if part),
            )


def _particulars(request: Request, reader: Company, *, forum: Forum) -> str:
    """Who comes, how long, with an interpreter or not: what was said of that; a sentence a line."""
    people = db.session.scalars(
        select(Delegate)
        .join(RequestDelegate, RequestDelegate.delegate_id == Delegate.id)
        .where(RequestDelegate.request_id == request.id)
        .order_by(Delegate.id)
    ).all()
    said = particulars(request, reader.id, people=people, forum=forum)
    # A mail says of any length what pages say of long meetings only: it may have been longer before.
    if request.length_slots == 1 and request.state == RequestState.ACCEPTED:
        said = [*said, length_words(request, forum)]
    return "\n".join(said)


def representatives(session: Session, company_id: int) -> list[Representative]:
    """Who acts for the company, with their accounts."""
    return list(
        session.scalars(
            select(Representative)
            .where(Representative.company_id == company_id)
            .options(joinedload(Representative.user))
            .order_by(Representative.user_id)
        )
    )


def _write(
    request: Request, *, forum: Forum, kind: str, person: Representative, subject: str, text: str, page: str
) -> None:
    # The key names the occasion: the same revision of a request is told to a person once.
    received = kind == "request-received"
    message = Message(
        kind=NoticeKind.RECEIVED if received else NoticeKind.ANSWERED,
        subject=subject,
        text=text,
        path=path_of(forum, page),
        mail_kind=kind,
        urgent=_closes_soon(forum),
    )
    key = f"{kind}:{request.uid}:{request.revision}:{person.user_id}"
    tell(Reader.of(person.user), message, key=key, forum=forum)


def _closes_soon(forum: Forum) -> bool:
    """In the last day of the window a digest would come too late to be acted on."""
    closes_at = forum.requests_close_at
    return closes_at is not None and now() < closes_at <= now() + timedelta(days=1)


def page_for(page: str, company_id: int) -> str:
    """The page as the company's: who reads may act for others too."""
    return f"{page}?company={company_id}"


def path_of(forum: Forum, page: str) -> str:
    """The address of a page of the forum, within the app."""
    return f"/f/{forum.slug}/{page}"


def address_of(forum: Forum, page: str) -> str:
    """The full address of a page of the forum."""
    return f"{current_app.extensions['forum_config'].base_url}{path_of(forum, page)}"
