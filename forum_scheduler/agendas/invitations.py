"""Invitation mails: what calendars of those who chose this way should know, and do not know yet.

Nothing is queued when a version is published or a choice is made. Instead ``catch_up`` compares the calendar
events of the newest version with what mails told, and writes the mails that are missing: one REQUEST for a
meeting that is new or changed, one CANCEL for one that is dropped or whose person left this way. So it does
not matter what happened in between, and running it twice sends nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from forum_scheduler import logs
from forum_scheduler.agendas import calendar, wording
from forum_scheduler.agendas.addresses import base_url, page_url, path_to
from forum_scheduler.agendas.calendar import Mailbox, Method
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.models import Answer, CalendarChoice, Invitation, InvitationStatus, Way
from forum_scheduler.agendas.record import Agenda, AgendaEntry, EntryStatus
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Delegate
from forum_scheduler.extensions import db, forum_config, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.message import sender_address
from forum_scheduler.outbox.services import enqueue
from forum_scheduler.publishing.models import CalendarEvent, EventStatus
from forum_scheduler.publishing.reading import current_publication

KIND = "invitation"
AT_ONCE = 40  # people of one call
PATIENCE = 600.0  # seconds before somebody is tried again whose invitations could not be written
log = logs.get_logger("forum.invitations")
_troubled: dict[int, float] = {}  # delegate -> when to try again, by this process's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """One meeting that a calendar is to be told of. ``left``: the person does not want mails any more."""

    meeting_id: int
    method: Method
    event_sequence: int
    left: bool


def catch_up(*, limit: int = AT_ONCE) -> int:
    """Queue the invitation mails that are due, of up to ``limit`` people; how many mails. For the worker.

    Trouble with one person is logged, keeps nobody else, and is tried again after a while.
    """
    moment = time.monotonic()
    waiting = [delegate_id for delegate_id, until in _troubled.items() if until > moment]
    query = _due(CalendarEvent.delegate_id).distinct().limit(limit)
    people: Sequence[int] = db.session.scalars(
        query.where(CalendarEvent.delegate_id.not_in(waiting)) if waiting else query
    ).all()
    db.session.rollback()
    return sum(_tell_or_log(delegate_id) for delegate_id in people)


def _tell_or_log(delegate_id: int) -> int:
    try:
        return _tell(delegate_id)
    except Exception:
        log.exception("invitations that can't be written", delegate_id=delegate_id)
        _troubled[delegate_id] = time.monotonic() + PATIENCE
        db.session.rollback()
        return 0


def _due(*columns: object) -> Select[Any]:
    """Meetings to come of which the calendar knows something else than it should."""
    wanted = func.coalesce(CalendarChoice.way, Way.NONE.value) == Way.MAIL.value
    stands = CalendarEvent.status == EventStatus.CONFIRMED.value
    there = Invitation.status == InvitationStatus.REQUESTED.value
    missing = or_(
        Invitation.status.is_(None),
        Invitation.status == InvitationStatus.CANCELLED.value,
        Invitation.told_sequence != CalendarEvent.sequence,
    )
    joined = and_(
        Invitation.delegate_id == CalendarEvent.delegate_id,
        Invitation.meeting_id == CalendarEvent.meeting_id,
    )
    query: Select[Any] = (
        select(*columns)  # type: ignore[call-overload]
        .select_from(CalendarEvent)
        .outerjoin(CalendarChoice, CalendarChoice.delegate_id == CalendarEvent.delegate_id)
        .outerjoin(Invitation, joined)
        .where(
            CalendarEvent.ends_at > now(),
            or_(and_(wanted, stands, missing), and_(there, or_(~wanted, ~stands))),
        )
    )
    return query


def _tell(delegate_id: int) -> int:
    with transaction() as session:
        # Locks the person, so that two workers write each mail once.
        who = session.scalar(select(Delegate).where(Delegate.id == delegate_id).with_for_update())
        due = _of_person(session, delegate_id)
        if who is None or not due:
            return 0
        publication = current_publication(session.get_one(Forum, who.forum_id))
        if publication is None:
            return 0
        agenda = load_edition(publication, delegate_id=delegate_id).person(delegate_id)
        entries = {entry.meeting_id: entry for entry in agenda.entries}
        known = [(each, entries[each.meeting_id]) for each in due if each.meeting_id in entries]
        return sum(_tell_of(session, agenda, entry, each) for each, entry in known)


def _of_person(session: Session, delegate_id: int) -> list[_Due]:
    columns = (
        CalendarEvent.meeting_id,
        CalendarEvent.status,
        CalendarEvent.sequence,
        func.coalesce(CalendarChoice.way, Way.NONE.value),
    )
    query = _due(*columns).where(CalendarEvent.delegate_id == delegate_id)
    rows = session.execute(query.order_by(CalendarEvent.starts_at, CalendarEvent.meeting_id)).all()
    return [
        _Due(
            meeting_id=meeting_id,
            method=Method.REQUEST if status == EventStatus.CONFIRMED and way == Way.MAIL else Method.CANCEL,
            event_sequence=sequence,
            left=way != Way.MAIL,
        )
        for meeting_id, status, sequence, way in rows
    ]


def _tell_of(session: Session, agenda: Agenda, entry: AgendaEntry, due: _Due) -> bool:
    """Write the mail and note it. SEQUENCE never falls, whatever way it went before."""
    delegate_id = agenda.subject.id
    row = session.get(Invitation, (delegate_id, entry.meeting_id))
    news = row is None or row.status == InvitationStatus.CANCELLED
    if row is None:
        row = Invitation(
            delegate_id=delegate_id, meeting_id=entry.meeting_id, forum_id=agenda.forum.id, sequence=-1
        )
        session.add(row)
    row.sequence = max(row.sequence + 1, due.event_sequence)
    row.told_sequence = due.event_sequence
    row.status = InvitationStatus.REQUESTED if due.method is Method.REQUEST else InvitationStatus.CANCELLED
    # An answer to a meeting at another time is no answer to this one.
    row.answer, row.answered_at, row.comment = Answer.NONE, None, ""
    session.flush()
    told = replace(entry, sequence=row.sequence, changed_at=now())
    return _mail(session, agenda, told, due, news=news)


def _mail(session: Session, agenda: Agenda, entry: AgendaEntry, due: _Due, *, news: bool) -> bool:
    who = agenda.subject
    if not who.email:
        return False
    config = forum_config()
    page = page_url(agenda)
    part = calendar.itip(
        agenda,
        entry,
        method=due.method,
        organiser=Mailbox(name=agenda.forum.name, email=sender_address(config.mail_from)),
        attendee=Mailbox(name=who.name, email=who.email),
        locale=who.locale,
        page_url=page,
        answers=config.imap_url is not None,
    )
    with wording.speaking(who.locale):
        return enqueue(
            key=f"invitation:{who.id}:{entry.meeting_id}:{entry.sequence}",
            kind=KIND,
            to_email=who.email,
            to_name=wording.clean(who.name),
            subject=_subject(agenda, entry, due, news=news),
            text=_text(agenda, entry, due, page=page),
            forum_id=agenda.forum.id,
            calendar=part,
            calendar_method=due.method.value,
            unsubscribe_url=_stop_url(session, who.id),
        )


def _subject(agenda: Agenda, entry: AgendaEntry, due: _Due, *, news: bool) -> str:
    when = wording.short_when(entry, agenda.forum.zone)
    whom = wording.counterpart(entry)
    if due.left:
        return str(_("Taken out of your calendar: %(whom)s, %(when)s", whom=whom, when=when))
    if entry.status is EntryStatus.WITHOUT:
        return str(_("Without you: %(whom)s, %(when)s", whom=whom, when=when))
    if due.method is Method.CANCEL:
        return str(_("Cancelled: %(whom)s, %(when)s", whom=whom, when=when))
    if news:
        return str(_("Meeting: %(whom)s, %(when)s", whom=whom, when=when))
    return str(_("Changed: %(whom)s, %(when)s", whom=whom, when=when))


def _text(agenda: Agenda, entry: AgendaEntry, due: _Due, *, page: str) -> str:
    parts = [calendar.describe(agenda, entry, page_url=page)]
    if due.left:
        parts.insert(0, _("You chose another way into your calendar, so this entry is taken out."))
        if entry.confirmed:
            parts[0] += " " + _("The meeting itself takes place.")
    else:
        path = path_to("agendas.take_along", forum_slug=agenda.forum.slug, delegate_id=agenda.subject.id)
        if due.method is Method.CANCEL:
            happens = _("Your calendar takes this meeting out by itself.")
        else:
            happens = _("Your calendar shows this meeting by itself.")
        ways = _("Another way, or no such mails: %(address)s", address=base_url() + path)
        parts.append(f"{happens} {ways}")
    return "\n\n".join(map(str, parts)) + "\n"


def _stop_url(session: Session, delegate_id: int) -> str:
    choice = session.get(CalendarChoice, delegate_id)
    return "" if choice is None else base_url() + path_to("agendas.stop_mails", secret=choice.secret)
