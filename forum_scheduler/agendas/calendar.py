"""Agendas as iCalendar (RFC 5545, 5546, 7986): a download, a feed, and the part of an invitation mail.

The same version of an agenda gives the same bytes. Times are UTC; the local time stands in the description.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from icalendar import (
    Alarm,
    Calendar,
    Event,
    vCalAddress,
    vCategory,
    vDatetime,
    vDuration,
    vInt,
    vText,
    vUri,
)

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.record import Agenda, AgendaEntry, AgendaSession, EntryStatus, SubjectKind
from forum_scheduler.agendas.wording import clean
from forum_scheduler.agendas.wording import translated as _

PRODUCT = "-//Forum Scheduler//Agendas//EN"
REFRESH = timedelta(hours=1)
REMIND = timedelta(minutes=10)
MEDIA_TYPE = "text/calendar; charset=utf-8"


class Method(StrEnum):
    """What an invitation mail asks a calendar to do."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address."""

    name: str
    email: str


def calendar_file(agenda: Agenda, *, locale: str, page_url: str) -> bytes:
    """The agenda to download once. ``page_url``: of the agenda's page."""
    with wording.speaking(locale):
        return _write(_calendar(agenda, page_url=page_url), agenda, page_url=page_url)


def calendar_feed(agenda: Agenda, *, locale: str, page_url: str) -> bytes:
    """The same to subscribe to: says how often to look again."""
    with wording.speaking(locale):
        calendar = _calendar(agenda, page_url=page_url)
        _refresh(calendar)
        return _write(calendar, agenda, page_url=page_url)


def empty_feed(name: str) -> bytes:
    """What a feed says before the first version."""
    calendar = _calendar_head()
    _name(calendar, clean(name))
    _refresh(calendar)
    return bytes(calendar.to_ical())


def itip(
    agenda: Agenda,
    entry: AgendaEntry,
    *,
    method: Method,
    organiser: Mailbox,
    attendee: Mailbox,
    locale: str,
    page_url: str,
    answers: bool = True,
) -> bytes:
    """One meeting as the ``text/calendar`` part of a mail (``method=REQUEST`` or ``CANCEL``).

    The mail's Content-Type must name the same method. A CANCEL needs the sequence that cancelled it.
    ``answers``: whether somebody reads the replies.
    """
    with wording.speaking(locale):
        calendar = _calendar_head()
        calendar.add("method", method.value)
        event = _event(agenda, entry, page_url=page_url)
        if method == Method.CANCEL:
            event["STATUS"] = vText("CANCELLED")
            event["TRANSP"] = vText("TRANSPARENT")
            event.subcomponents.clear()  # RFC 5546: no alarms in what is cancelled
        event["ORGANIZER"] = _address(organiser)
        invited = _address(attendee)
        for name, value in (
            ("CUTYPE", "INDIVIDUAL"),
            ("ROLE", "REQ-PARTICIPANT"),
            ("PARTSTAT", "NEEDS-ACTION"),
            ("RSVP", "TRUE" if answers and method == Method.REQUEST else "FALSE"),
        ):
            invited.params[name] = value
        event["ATTENDEE"] = invited
        calendar.add_component(event)
        return bytes(calendar.to_ical())


def _calendar_head() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _name(calendar: Calendar, name: str) -> None:
    """RFC 7986's property, and the older one that Outlook, Google and Apple read; never an empty one."""
    for key in ("name", "x-wr-calname"):
        calendar.add(key, vText(name or _("Agenda")))


def _refresh(calendar: Calendar) -> None:
    # The library's own way leaves out VALUE=DURATION, which RFC 7986 wants.
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))


def _calendar(agenda: Agenda, *, page_url: str) -> Calendar:
    calendar = _calendar_head()
    parts = [clean(agenda.forum.name)]
    if agenda.subject.kind != SubjectKind.PERSON:
        parts.append(clean(agenda.subject.name))
    edition = wording.edition(agenda)
    _name(calendar, ": ".join(part for part in parts if part))
    for key, value in (("description", edition), ("x-wr-caldesc", edition)):
        calendar.add(key, vText(value))
    calendar.add("last-modified", agenda.published_at)
    calendar.add("url", page_url)
    return calendar


def _write(calendar: Calendar, agenda: Agenda, *, page_url: str) -> bytes:
    for entry in agenda.entries:
        calendar.add_component(_event(agenda, entry, page_url=page_url))
    for session in agenda.sessions:
        calendar.add_component(_session(agenda, session, page_url=page_url))
    return bytes(calendar.to_ical())


def _event(agenda: Agenda, entry: AgendaEntry, *, page_url: str) -> Event:
    # Values are set as they are: the library's add() looks each name and type up anew, and feeds of
    # thousands of people are written whenever a version is published.
    summary, place = _summary(agenda, entry), wording.place(entry)
    changed = vDatetime(entry.changed_at.replace(microsecond=0))
    event = Event()
    event["UID"] = vText(entry.uid)
    event["SEQUENCE"] = vInt(entry.sequence)
    event["DTSTAMP"] = changed
    event["LAST-MODIFIED"] = changed
    event["DTSTART"] = vDatetime(entry.starts_at)
    event["DTEND"] = vDatetime(entry.ends_at)
    event["SUMMARY"] = vText(summary)
    event["DESCRIPTION"] = vText(describe(agenda, entry, page_url=page_url))
    if place:
        event["LOCATION"] = vText(place)
    event["CATEGORIES"] = _categories(_("B2B meeting"), agenda)
    event["STATUS"] = vText("CONFIRMED" if entry.confirmed else "CANCELLED")
    event["TRANSP"] = vText("OPAQUE" if entry.confirmed else "TRANSPARENT")
    event["URL"] = vUri(page_url)
    if entry.confirmed:
        event.add_component(_alarm(": ".join(part for part in (place, summary) if part)))
    return event


def _session(agenda: Agenda, session: AgendaSession, *, page_url: str) -> Event:
    """Something of the programme: no meeting, so nobody is named and nothing rings."""
    event = Event()
    event["UID"] = vText(session.uid)
    event["DTSTAMP"] = vDatetime(agenda.published_at.replace(microsecond=0))
    event["DTSTART"] = vDatetime(session.starts_at)
    event["DTEND"] = vDatetime(session.ends_at)
    event["SUMMARY"] = vText(wording.session(session) or _("Programme"))
    if place := clean(session.place):
        event["LOCATION"] = vText(place)
    event["CATEGORIES"] = _categories(_("Programme"), agenda)
    event["STATUS"] = vText("CONFIRMED")
    event["TRANSP"] = vText("OPAQUE")
    event["URL"] = vUri(page_url)
    return event


def _categories(kind: str, agenda: Agenda) -> vCategory:
    return vCategory([each for each in (kind, clean(agenda.forum.name)) if each])


def _alarm(words: str) -> Alarm:
    alarm = Alarm()
    alarm["ACTION"] = vText("DISPLAY")
    alarm["DESCRIPTION"] = vText(words)
    alarm["TRIGGER"] = vDuration(-REMIND)
    return alarm


def _summary(agenda: Agenda, entry: AgendaEntry) -> str:
    """What the calendar shows in its grid. A cancelled meeting says so: some readers ignore STATUS."""
    named = clean(entry.title) or not entry.own
    whom = wording.counterpart(entry)
    text = whom if named else _("Meeting with %(company)s", company=whom)
    if entry.confirmed:
        return text
    if entry.status is EntryStatus.WITHOUT and agenda.subject.kind is SubjectKind.TABLE:
        return _("At another table: %(meeting)s", meeting=text)
    if entry.status is EntryStatus.WITHOUT:
        return _("Without you: %(meeting)s", meeting=text)
    return _("Cancelled: %(meeting)s", meeting=text)


def describe(agenda: Agenda, entry: AgendaEntry, *, page_url: str) -> str:
    """When, where, who and whence, in paragraphs of plain text; also the words of an invitation mail."""
    forum = agenda.forum
    what = [
        _gone(agenda, entry),
        wording.when(entry, forum.zone),
        wording.place(entry),
    ]
    who = [
        line
        for party in entry.others
        for line in (_party_line(wording.name(party.company), wording.people((party,))), wording.seeks(party))
    ]
    own = wording.colleagues(agenda, entry)
    if own and agenda.subject.kind == SubjectKind.PERSON:
        own = _("With you: %(people)s", people=own)
    elif own:
        own = _party_line(wording.companies(entry.own, wording.Names.EXACT), own)
    whence = [
        ", ".join(part for part in (clean(forum.name), clean(forum.venue)) if part),
        _("Last changed in version %(number)s of the schedule", number=entry.version),
        page_url,
    ]
    paragraphs = (what, [*who, own, wording.interpreter(entry)], whence)
    return "\n\n".join("\n".join(line for line in lines if line) for lines in paragraphs if any(lines))


def _gone(agenda: Agenda, entry: AgendaEntry) -> str:
    """Why the meeting is not in the agenda any more; "" where it is."""
    if entry.confirmed:
        return ""
    if entry.status is EntryStatus.CANCELLED:
        return _("This meeting was cancelled.")
    if agenda.subject.kind is SubjectKind.TABLE:
        return _("This meeting takes place at another table.")
    return _("This meeting takes place without you.")


def _party_line(company: str, people: str) -> str:
    return f"{company}: {people}" if people else company


def _address(mailbox: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{''.join(clean(mailbox.email).split())}")
    # Double quotes can't stand in a parameter, and not all readers know RFC 6868's way around it.
    if name := clean(mailbox.name).replace('"', "'"):
        address.params["CN"] = name
    return address
