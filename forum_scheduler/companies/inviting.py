"""Invitations of companies: one, or a list; sent again, taken back, and used up by joining.

A link holds 256 random bits, the database its digest. Who sends an invitation again ends the link before.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.users import normal_email
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyInvitation
from forum_scheduler.companies.names import name_key
from forum_scheduler.companies.services import COUNTRIES, Profile, join
from forum_scheduler.errors import Conflict, Invalid, NotFound, Refused
from forum_scheduler.extensions import absolute_url, db, transaction
from forum_scheduler.forums.models import Forum, Side
from forum_scheduler.outbox.services import enqueue

LIFETIME = timedelta(days=30)
KIND = "company-invitation"
MOST = 2000  # of one list
LOCALES = ("en", "uk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Whom to invite. ``side_id``, ``country``, ``person_name``: filled in for them where they are known."""

    company_name: str
    email: str
    person_name: str = ""
    side_id: int | None = None
    country: str = ""
    locale: str = "en"


class InvitationState(StrEnum):
    """Where an invitation stands."""

    SENT = "sent"
    JOINED = "joined"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a list: ``new`` invitations, ``again`` sent anew, ``joined`` are here already."""

    new: int = 0
    again: int = 0
    joined: int = 0


def state_of(invitation: CompanyInvitation) -> InvitationState:
    """As of now."""
    if invitation.used_at is not None:
        return InvitationState.JOINED
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if invitation.expires_at <= now() else InvitationState.SENT


def invitations_of(forum_id: int) -> Sequence[CompanyInvitation]:
    """All of the forum, by company."""
    return db.session.scalars(
        select(CompanyInvitation)
        .where(CompanyInvitation.forum_id == forum_id)
        .order_by(CompanyInvitation.company_name, CompanyInvitation.id)
    ).all()


def invite(*, forum_id: int, guests: Iterable[Guest]) -> Sent:
    """Send the invitations, all or none. Who was invited before is sent the link anew.

    Raises Invalid, with the field of Guest, for the first one that can't be used.
    """
    listed = list(guests)
    if len(listed) > MOST:
        raise Refused(_("At most %(most)s companies at once.", most=MOST))
    counts = {"new": 0, "again": 0, "joined": 0}
    with transaction() as session:
        forum = session.get_one(Forum, forum_id)
        sides = set(session.scalars(select(Side.id).where(Side.forum_id == forum_id)))
        known = {(each.email, each.name_key): each for each in invitations_of(forum_id)}
        for guest in listed:
            fresh = _invitation(forum_id, guest, sides=sides)
            stored = known.setdefault((fresh.email, fresh.name_key), fresh)
            if stored.used_at is not None:
                counts["joined"] += 1
                continue
            counts["new" if stored is fresh else "again"] += 1
            if stored is not fresh:
                _take_over(stored, fresh)
            _send(session, forum, stored)
        audit.record("companies.invited", forum_id=forum_id, subject=f"forum:{forum_id}", details=counts)
    return Sent(**counts)


def resend(*, invitation_id: int) -> None:
    """A new link, for another while; the old one ends. Raises Conflict where the company has joined."""
    with transaction() as session:
        invitation = session.get_one(CompanyInvitation, invitation_id)
        if invitation.used_at is not None:
            raise Conflict(_("%(company)s has joined already.", company=invitation.company_name))
        invitation.revoked_at = None
        invitation.times_sent += 1
        _send(session, session.get_one(Forum, invitation.forum_id), invitation)


def resend_waiting(*, forum_id: int) -> int:
    """Send anew to all who have not joined and were not written to for a day; how many."""
    with transaction() as session:
        forum = session.get_one(Forum, forum_id)
        waiting = [
            each
            for each in invitations_of(forum_id)
            if state_of(each) in (InvitationState.SENT, InvitationState.EXPIRED)
            and each.sent_at < now() - timedelta(days=1)
        ]
        for invitation in waiting:
            invitation.times_sent += 1
            _send(session, forum, invitation)
        audit.record(
            "companies.invited",
            forum_id=forum_id,
            subject=f"forum:{forum_id}",
            details={"again": len(waiting)},
        )
    return len(waiting)


def revoke(*, invitation_id: int) -> None:
    """The link ends. Raises Conflict where the company has joined."""
    with transaction() as session:
        invitation = session.get_one(CompanyInvitation, invitation_id)
        if invitation.used_at is not None:
            raise Conflict(_("%(company)s has joined already.", company=invitation.company_name))
        if invitation.revoked_at is None:
            invitation.revoked_at = now()
            audit.record(
                "invitation.revoked",
                forum_id=invitation.forum_id,
                subject=f"invitation:{invitation_id}",
            )


def find(token: str, *, forum_id: int) -> CompanyInvitation:
    """The invitation of a link, whatever its state. Raises NotFound."""
    found = db.session.scalar(
        select(CompanyInvitation).where(
            CompanyInvitation.digest == _digest(token), CompanyInvitation.forum_id == forum_id
        )
    )
    if found is None:
        raise NotFound(_("This invitation is unknown: ask the organiser to send it again."))
    return found


def accept(
    token: str,
    *,
    forum_id: int,
    profile: Profile,
    person_name: str,
    email: str,
    locale: str,
    organisation_uid: str | None = None,
) -> Company:
    """Join by an invitation: the company takes part at once, since the organiser named it.

    Raises Refused for a link that is used, revoked or too old, and what ``services.join`` raises.
    """
    with transaction() as session:
        invitation = find(token, forum_id=forum_id)
        # One statement, so that of two who send the form at once only one joins.
        used = session.execute(
            update(CompanyInvitation)
            .where(
                CompanyInvitation.id == invitation.id,
                CompanyInvitation.used_at.is_(None),
                CompanyInvitation.revoked_at.is_(None),
                CompanyInvitation.expires_at > now(),
            )
            .values(used_at=now())
            .returning(CompanyInvitation.id)
        ).scalar()
        if used is None:
            raise Refused(_("This invitation was used already, taken back, or is too old."))
        company = join(
            forum_id=forum_id,
            profile=profile,
            person_name=person_name,
            email=email,
            locale=locale,
            invited=True,
            organisation_uid=organisation_uid,
            consented=True,
        )
        session.execute(
            update(CompanyInvitation)
            .where(CompanyInvitation.id == invitation.id)
            .values(company_id=company.id)
        )
        audit.record("company.joined-by-invitation", forum_id=forum_id, subject=f"company:{company.id}")
    return company


def _invitation(forum_id: int, guest: Guest, *, sides: set[int]) -> CompanyInvitation:
    name = " ".join(guest.company_name.split())
    if not name_key(name) or len(name) > 200:
        raise Invalid(_("A company's name is needed, of at most 200 characters."), field="company_name")
    if guest.side_id is not None and guest.side_id not in sides:
        raise Invalid(_("Choose a side."), field="side_id")
    if guest.country and guest.country not in COUNTRIES:
        raise Invalid(_("Choose a country."), field="country")
    return CompanyInvitation(
        forum_id=forum_id,
        email=normal_email(guest.email),
        person_name=" ".join(guest.person_name.split())[:200],
        company_name=name,
        name_key=name_key(name),
        side_id=guest.side_id,
        country=guest.country,
        locale=guest.locale if guest.locale in LOCALES else "en",
        times_sent=1,
    )


def _take_over(stored: CompanyInvitation, fresh: CompanyInvitation) -> None:
    """What the newer list says, where it says something."""
    stored.person_name = fresh.person_name or stored.person_name
    stored.side_id = fresh.side_id or stored.side_id
    stored.country = fresh.country or stored.country
    stored.locale = fresh.locale
    stored.times_sent += 1
    stored.revoked_at = None


def _send(session: Session, forum: Forum, invitation: CompanyInvitation) -> None:
    token = secrets.token_urlsafe(32)
    invitation.digest = _digest(token)
    invitation.sent_at, invitation.expires_at = now(), now() + LIFETIME
    session.add(invitation)
    # Who registers when requests have closed can ask nobody: the mail names the day that counts.
    closes = forum.requests_close_at
    last = invitation.expires_at if closes is None or closes <= now() else min(invitation.expires_at, closes)
    with force_locale(invitation.locale):
        until = format_date(last.astimezone(forum.zone), _("EEE d MMM"), rebase=False)
        url = absolute_url("companies.accept_invitation", forum_slug=forum.slug, token=token)
        names = {"company": invitation.company_name, "forum": forum.name}
        parts = [
            _("Hello %(name)s,", name=invitation.person_name or invitation.company_name),
            _("%(company)s is invited to %(forum)s.", **names)
            + " "
            + _("Companies ask each other for meetings; you get an agenda with times and tables."),
            _("Register your company here, by %(day)s: %(url)s", day=until, url=url),
            _("The link is for your company only."),
        ]
        if forum.contact_email:
            parts.append(_("Questions: %(email)s", email=forum.contact_email))
        enqueue(
            key=f"{KIND}:{invitation.digest}",
            kind=KIND,
            forum_id=forum.id,
            to_email=invitation.email,
            to_name=invitation.person_name,
            subject=_(
                "%(company)s is invited to %(forum)s", company=invitation.company_name, forum=forum.name
            ),
            text="\n\n".join(parts),
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sides_by_word(forum_id: int) -> Mapping[str, int]:
    """Code or name of a side, in lower case -> its id."""
    words: dict[str, int] = {}
    for side in db.session.scalars(select(Side).where(Side.forum_id == forum_id)):
        words[side.code.casefold()] = words[side.name.casefold()] = side.id
    return words
