"""Interpreters are told what a version changes in their rosters, as delegates are of their agendas.

A roster is compared as an agenda is: an interpreter's number stands where a delegate's would. What was told
last is the published version's roster, at the times and tables that its delegates were told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter
from forum_scheduler.forums.texts import in_own_words
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.publishing.changes import (
    Appointment,
    Change,
    Key,
    appointment_of,
    by_delegate,
    compare,
)
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.notices import (
    KIND,
    Recipient,
    agenda_lines,
    agenda_url,
    all_else_stays,
    language_of,
)
from forum_scheduler.publishing.reading import current_publication, schedule_entries
from forum_scheduler.publishing.records import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterNotice:
    """What one interpreter is to be told. ``first``: nothing was told yet."""

    reader: Recipient
    changes: tuple[Change, ...]
    first: bool


def due(forum: Forum, schedule_id: int, told: Mapping[Key, Appointment]) -> tuple[RosterNotice, ...]:
    """Whose roster the schedule changes, by id; to be asked before it is published.

    ``told``: what delegates were told last (:func:`forum_scheduler.publishing.changes.told`).
    """
    current = current_publication(forum)
    before = {} if current is None else _duties(schedule_entries(current.schedule_id), told)
    changed = by_delegate(compare(before, _duties(schedule_entries(schedule_id))))
    knew = {interpreter_id for interpreter_id, _meeting in before}
    return tuple(
        RosterNotice(reader=reader, changes=changed[reader.delegate_id], first=reader.delegate_id not in knew)
        for reader in _readers(forum, changed)
    )


def _duties(
    entries: Iterable[Entry], told: Mapping[Key, Appointment] | None = None
) -> dict[Key, Appointment]:
    """Meetings by interpreter; where ``told``, at the time and table that its delegates know."""
    known = {meeting_id: one for (_delegate, meeting_id), one in (told or {}).items()}
    found: dict[Key, Appointment] = {}
    for entry in entries:
        if entry.interpreter is None:
            continue
        who = entry.interpreter.id
        announced = known.get(entry.meeting_id)
        one = (
            appointment_of(entry, who, digest="")
            if announced is None
            else replace(announced, delegate_id=who)
        )
        found[one.key] = replace(one, digest=_digest(one))
    return found


def _digest(one: Appointment) -> str:
    """Of when and where, and for which companies: who comes for them is not the interpreter's affair."""
    told_of = [
        one.starts_at.isoformat(),
        one.ends_at.isoformat(),
        one.table_id,
        sorted(company.id for company in one.companies),
    ]
    return hashlib.sha256(json.dumps(told_of).encode()).hexdigest()


def _readers(forum: Forum, interpreter_ids: Iterable[int]) -> tuple[Recipient, ...]:
    wanted = set(interpreter_ids)
    query = (
        select(Interpreter, User.locale)
        .outerjoin(User, User.id == Interpreter.user_id)
        .where(Interpreter.forum_id == forum.id)
        .order_by(Interpreter.id)
    )
    return tuple(
        Recipient(
            delegate_id=one.id,
            company_id=0,
            name=one.name,
            email=one.email,
            locale=language_of(locale, [code for pair in one.pairs for code in pair]),
            user_id=one.user_id,
        )
        for one, locale in db.session.execute(query)
        if one.id in wanted
    )


def send(forum: Forum, publication: Publication, notice: RosterNotice) -> bool:
    """Put it into the outbox, inside ``transaction()``. False when it is there already."""
    reader = notice.reader
    with force_locale(reader.locale):
        message = Message(
            kind=NoticeKind.PUBLISHED if notice.first else NoticeKind.CHANGED,
            subject=_subject(forum, publication, first=notice.first),
            text=_text(forum, publication, reader, notice.changes, first=notice.first),
            path=f"/f/{forum.slug}/agenda",
            greeting="",  # the text has its own
            mail_kind=KIND,
        )
        return tell(
            Reader(email=reader.email, name=reader.name, user_id=reader.user_id),
            message,
            key=f"roster:{publication.id}:{reader.delegate_id}",
            forum=forum,
        )


def draft(forum: Forum, publication: Publication, notice: RosterNotice) -> tuple[str, str]:
    """Subject and text as :func:`send` would write them; ``publication`` need not be stored."""
    reader = notice.reader
    with force_locale(reader.locale):
        return in_own_words(
            forum_id=forum.id,
            kind=KIND,
            name=reader.name,
            subject=_subject(forum, publication, first=notice.first),
            text=_text(forum, publication, reader, notice.changes, first=notice.first),
        )


def _subject(forum: Forum, publication: Publication, *, first: bool) -> str:
    if first and publication.preliminary:
        return str(gettext("Your preliminary roster at %(forum)s", forum=forum.name))
    if first:
        return str(gettext("Your roster at %(forum)s", forum=forum.name))
    return str(gettext("Changes in your roster at %(forum)s", forum=forum.name))


def _text(
    forum: Forum, publication: Publication, reader: Recipient, changes: Sequence[Change], *, first: bool
) -> str:
    count = len(changes)
    opening = (
        ngettext(
            "You interpret at %(num)s meeting at %(forum)s.",
            "You interpret at %(num)s meetings at %(forum)s.",
            count,
            forum=forum.name,
        )
        if first
        else gettext("Your roster for %(forum)s has changed.", forum=forum.name)
    )
    parts = [
        gettext("Dear %(name)s,", name=reader.name),
        opening,
        gettext("This version is preliminary: times and tables may still change.")
        if publication.preliminary
        else "",
        *agenda_lines(changes, forum, reader, first=first),
        "" if first else all_else_stays(),
        publication.note,
        gettext(
            "Your whole roster, version %(n)s: %(address)s", n=publication.version, address=agenda_url(forum)
        ),
        gettext("Times are in the time zone of the forum: %(zone)s", zone=forum.timezone),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
