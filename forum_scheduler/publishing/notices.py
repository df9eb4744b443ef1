"""The notice that tells one delegate what changed in their agenda, in their language and the forum's zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, product

from babel.dates import format_date
from flask import current_app
from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.texts import in_own_words
from forum_scheduler.notices.models import NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.publishing.changes import Appointment, Change, ChangeKind
from forum_scheduler.publishing.models import Publication

LANGUAGES = ("en", "uk")
KIND = "agenda"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a notice goes to; ``email`` is empty for somebody without any address.

    For an interpreter ``delegate_id`` is their own number, and there is no company (0).
    """

    delegate_id: int
    company_id: int
    name: str
    email: str
    locale: str
    user_id: int | None = None  # their account, where they have one


def recipients(forum: Forum, delegate_ids: Iterable[int]) -> tuple[Recipient, ...]:
    """The affected delegates, by id: their own address, else that of their account."""
    wanted = set(delegate_ids)
    query = (
        select(Delegate, User.email, User.locale)
        .outerjoin(User, User.id == Delegate.user_id)
        .where(Delegate.forum_id == forum.id)
        .order_by(Delegate.id)
    )
    return tuple(
        Recipient(
            delegate_id=delegate.id,
            company_id=delegate.company_id,
            name=delegate.name,
            email=delegate.email or email or "",
            locale=language_of(locale, delegate.languages),
            user_id=delegate.user_id,
        )
        for delegate, email, locale in db.session.execute(query)
        if delegate.id in wanted
    )


def language_of(chosen: str | None, spoken: Sequence[str]) -> str:
    """In which language we write to somebody: the account's, else the first spoken one that we write."""
    if chosen in LANGUAGES:
        return chosen
    return next((each for each in spoken if each in LANGUAGES), "en")


def send(
    forum: Forum, publication: Publication, recipient: Recipient, changes: Sequence[Change], *, first: bool
) -> bool:
    """Put the notice into the outbox, inside ``transaction()``. ``first``: the person was told nothing yet.

    False when it is there already.
    """
    with force_locale(recipient.locale):
        message = Message(
            kind=NoticeKind.PUBLISHED if first else NoticeKind.CHANGED,
            subject=_subject(forum, publication, first=first),
            text=_text(forum, publication, recipient, changes, first=first),
            path=f"/f/{forum.slug}/agenda",
            greeting="",  # the text has its own
            mail_kind=KIND,
        )
        reader = Reader(email=recipient.email, name=recipient.name, user_id=recipient.user_id)
        key = f"agenda:{publication.id}:{recipient.delegate_id}"
        return tell(reader, message, key=key, forum=forum)


def draft(
    forum: Forum, publication: Publication, recipient: Recipient, changes: Sequence[Change], *, first: bool
) -> tuple[str, str]:
    """Subject and text as :func:`send` would write them; ``publication`` need not be stored."""
    with force_locale(recipient.locale):
        return in_own_words(
            forum_id=forum.id,
            kind=KIND,
            name=recipient.name,
            subject=_subject(forum, publication, first=first),
            text=_text(forum, publication, recipient, changes, first=first),
        )


def _subject(forum: Forum, publication: Publication, *, first: bool) -> str:
    if first and publication.preliminary:
        return str(gettext("Your preliminary meetings at %(forum)s", forum=forum.name))
    if first:
        return str(gettext("Your meetings at %(forum)s", forum=forum.name))
    return str(gettext("Changes in your meetings at %(forum)s", forum=forum.name))


def _text(
    forum: Forum, publication: Publication, recipient: Recipient, changes: Sequence[Change], *, first: bool
) -> str:
    count = len(changes)
    parts = [gettext("Dear %(name)s,", name=recipient.name)]
    if first:
        parts.append(
            ngettext(
                "%(num)s meeting is planned for you at %(forum)s.",
                "%(num)s meetings are planned for you at %(forum)s.",
                count,
                forum=forum.name,
            )
        )
    else:
        parts.append(gettext("Your agenda for %(forum)s has changed.", forum=forum.name))
    if publication.preliminary:
        parts.append(gettext("This version is preliminary: times and tables may still change."))
    parts.extend(agenda_lines(changes, forum, recipient, first=first))
    if not first:
        parts.append(all_else_stays())
    if publication.note:
        parts.append(publication.note)
    parts.append(
        gettext(
            "Your whole agenda, version %(n)s: %(address)s", n=publication.version, address=agenda_url(forum)
        )
    )
    parts.append(gettext("Times are in the time zone of the forum: %(zone)s", zone=forum.timezone))
    return "\n\n".join(parts) + "\n"


def agenda_lines(
    changes: Sequence[Change], forum: Forum, recipient: Recipient, *, first: bool
) -> Iterator[str]:
    """A paragraph for each kind of change, under its heading; ``first``: all are new, then for each day."""
    if first:
        yield from _days(changes, forum, recipient)
        return
    for kind, others_meet in product(ChangeKind, (False, True)):
        own = [change for change in changes if change.kind is kind and change.others_meet is others_meet]
        if own:
            lines = [f"- {_line(change, forum, recipient)}" for change in own]
            yield "\n".join([_heading(kind, others_meet=others_meet), *lines])


def _days(changes: Sequence[Change], forum: Forum, recipient: Recipient) -> Iterator[str]:
    """Each day's meetings under its name, in order of time."""
    coming = sorted((change.newest for change in changes), key=lambda each: each.starts_at)
    for day, meetings in groupby(coming, key=lambda each: _local(each.starts_at, forum).date()):
        lines = [format_date(day, gettext("EEEE d MMMM"), locale=recipient.locale)]
        for each in meetings:
            place = _at_table(each, _hours(each, forum))
            whom = _whom(each, recipient.company_id)
            lines.append("- " + gettext("%(place)s: %(whom)s", place=place, whom=whom))
        yield "\n".join(lines)


def all_else_stays() -> str:
    """Stands after what changed: only then one knows what else there is."""
    return str(gettext("All other meetings stay as they were."))


def agenda_url(forum: Forum) -> str:
    """Where whoever signs in finds the own agenda, or roster."""
    return f"{current_app.extensions['forum_config'].base_url}/f/{forum.slug}/agenda"


def _heading(kind: ChangeKind, *, others_meet: bool) -> str:
    if others_meet:
        return str(gettext("These take place without you:"))
    headings = {
        ChangeKind.ADDED: gettext("New:"),
        ChangeKind.MOVED: gettext("Moved:"),
        ChangeKind.PEOPLE: gettext("Other people come:"),
        ChangeKind.DROPPED: gettext("Cancelled:"),
    }
    return str(headings[kind])


def _line(change: Change, forum: Forum, recipient: Recipient) -> str:
    whom = _whom(change.newest, recipient.company_id)
    place = _place(change.newest, forum, recipient.locale)
    if change.kind is ChangeKind.MOVED and change.before is not None:
        left = _left(change.before, change.newest, forum, recipient.locale)
        return str(
            gettext("%(whom)s: now %(after)s; before: %(before)s", whom=whom, after=place, before=left)
        )
    return str(gettext("%(place)s: %(whom)s", place=place, whom=whom))


def _left(before: Appointment, after: Appointment, forum: Forum, locale: str) -> str:
    """What of the place is another one now: nobody should have to compare two lines for it."""
    same_time = (before.starts_at, before.ends_at) == (after.starts_at, after.ends_at)
    if before.table_id == after.table_id and not same_time:
        return _time(before, forum, locale)
    if not same_time:
        return _place(before, forum, locale)
    if before.zone_name == after.zone_name:
        return str(gettext("table %(name)s", name=before.table_label))
    return str(gettext("table %(table)s (%(zone)s)", table=before.table_label, zone=before.zone_name))


def _whom(appointment: Appointment, company_id: int) -> str:
    others = [company for company in appointment.companies if company.id != company_id]
    names = ", ".join(f"{company.name} ({company.country})" for company in others or appointment.companies)
    return f"{appointment.title}, {names}" if appointment.title else names


def _place(appointment: Appointment, forum: Forum, locale: str) -> str:
    return _at_table(appointment, _time(appointment, forum, locale))


def _at_table(appointment: Appointment, time: str) -> str:
    words = gettext(
        "%(time)s, table %(table)s (%(zone)s)",
        time=time,
        table=appointment.table_label,
        zone=appointment.zone_name,
    )
    return str(words)


def _time(appointment: Appointment, forum: Forum, locale: str) -> str:
    day = _local(appointment.starts_at, forum).date()
    named = format_date(day, gettext("EEE d MMM"), locale=locale)
    return str(gettext("%(day)s, %(time)s", day=named, time=_hours(appointment, forum)))


def _hours(appointment: Appointment, forum: Forum) -> str:
    starts, ends = (_local(moment, forum) for moment in (appointment.starts_at, appointment.ends_at))
    return f"{starts:%H:%M}–{ends:%H:%M}"


def _local(moment: datetime, forum: Forum) -> datetime:
    return moment.astimezone(forum.zone)
