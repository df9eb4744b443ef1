"""Mails about vetting."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate, Representative
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell


def vetted(companies: Sequence[Company], *, forum: Forum) -> None:
    """Tell the representatives of these companies whether they take part; inside ``transaction()``."""
    people = db.session.scalars(
        select(Representative)
        .where(Representative.company_id.in_([company.id for company in companies]))
        .options(joinedload(Representative.user), joinedload(Representative.company))
        .order_by(Representative.company_id, Representative.user_id)
    ).all()
    for person in people:
        with force_locale(person.user.locale):
            _write(person, forum)


def _write(person: Representative, forum: Forum) -> None:
    company = person.company
    address = f"{current_app.extensions['forum_config'].base_url}/f/{forum.slug}/"
    if company.status == CompanyStatus.APPROVED:
        subject = _("%(company)s takes part in %(forum)s", company=company.name, forum=forum.name)
        body = _("You are approved. Find companies and ask for meetings: %(path)s", path=address)
    else:
        subject = _("%(company)s can't take part in %(forum)s", company=company.name, forum=forum.name)
        body = "\n\n".join(
            (
                _("The organiser writes: “%(reason)s”", reason=company.status_reason),
                _(
                    "If that can be put right, change your entry and send it again: %(path)s",
                    path=f"{address}companies/{company.id}/edit",
                ),
            )
        )
    # The moment names the occasion: approved again after a refusal is told again.
    key = f"vetted:{company.uid}:{now().isoformat()}:{person.user_id}"
    message = Message(
        kind=NoticeKind.COMPANY, subject=subject, text=body, path=f"/f/{forum.slug}/", mail_kind="vetted"
    )
    tell(Reader.of(person.user), message, key=key, forum=forum)


def invited_colleague(user: User, company: Company, *, forum: Forum, by: str) -> None:
    """Tell somebody that they can act for a company now; inside ``transaction()``."""
    with force_locale(user.locale):
        names = {"company": company.name, "forum": forum.name}
        said = (
            _("%(who)s lets you act for %(company)s at %(forum)s.", who=by, **names)
            if by
            else _("You can act for %(company)s at %(forum)s now.", **names)
        )
        message = Message(
            kind=NoticeKind.COMPANY,
            subject=_("You act for %(company)s at %(forum)s", **names),
            text=_and_sign_in(said, _("Answer requests, ask companies for meetings, add delegates."), forum),
            path=f"/f/{forum.slug}/",
            mail_kind="colleague",
        )
        key = f"colleague:{company.uid}:{user.id}:{now().isoformat()}"
        tell(Reader.of(user), message, key=key, forum=forum)


def named_delegate(user: User, delegate: Delegate, company: Company, *, forum: Forum, by: str) -> None:
    """Tell somebody that they come to a company's meetings; inside ``transaction()``."""
    with force_locale(user.locale):
        names = {"company": company.name, "forum": forum.name}
        said = (
            _("%(who)s named you a delegate of %(company)s at %(forum)s.", who=by, **names)
            if by
            else _("You are a delegate of %(company)s at %(forum)s.", **names)
        )
        message = Message(
            kind=NoticeKind.COMPANY,
            subject=_("You come to the meetings of %(company)s at %(forum)s", **names),
            text=_and_sign_in(
                said,
                _("Say when you can't meet; your agenda is there as soon as it is published."),
                forum,
            ),
            path=f"/f/{forum.slug}/delegates/{delegate.id}/availability",
            mail_kind="delegate",
        )
        # The address named again after a slip is the same occasion.
        tell(Reader.of(user), message, key=f"delegate:{delegate.uid}:{user.id}", forum=forum)


def _and_sign_in(said: str, to_do: str, forum: Forum) -> str:
    """What is said and what to do now, then where to sign in: who is told has perhaps never been here."""
    address = f"{current_app.extensions['forum_config'].base_url}/f/{forum.slug}/"
    return "\n\n".join((f"{said} {to_do}", _("Sign in with this e-mail address: %(path)s", path=address)))
