"""An agenda as a page shows it: words for the macros of the design system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.answers import Given
from forum_scheduler.agendas.messages import Written
from forum_scheduler.agendas.models import Answer
from forum_scheduler.agendas.record import Agenda, AgendaEntry, AgendaSession, EntryStatus, SubjectKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenEntry:
    """What ``agenda_entry`` and ``next_meeting`` of ``_macros/ui.html`` want."""

    time: str
    end: str
    iso: str
    title: str
    table: str = ""
    zone: str = ""
    url: str = ""
    people: str = ""  # may be Markup: lines with <br>
    note: str = ""
    state: str = ""
    tone: str = "neutral"
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenDay:
    label: str
    entries: tuple[ScreenEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A page of an agenda. ``head``: the meeting that runs or comes next, with its heading."""

    title: str
    subtitle: str
    edition: str
    preliminary: bool
    count: int
    head: ScreenEntry | None
    heading: str
    days: tuple[ScreenDay, ...]
    cancelled: tuple[ScreenEntry, ...]


def screen_of(
    agenda: Agenda,
    *,
    moment: datetime,
    company_links: bool,
    answers: Mapping[int, Sequence[Given]] | None = None,
    written: Mapping[int, Written] | None = None,
) -> Screen:
    """``company_links``: whether the reader may open companies' pages.
    ``answers``: of calendars, by meeting. ``written``: by the two companies, by meeting.
    """
    running, coming = agenda.now_and_next(moment)

    def shown(entry: AgendaEntry) -> ScreenEntry:
        made = _entry(agenda, entry, current=entry is running, linked=company_links)
        if not entry.confirmed:
            return made
        given = map(_told(agenda), (answers or {}).get(entry.meeting_id, ()))
        return replace(made, note=_lines(made.note, *_quoted((written or {}).get(entry.meeting_id)), *given))

    def any_shown(item: AgendaEntry | AgendaSession) -> ScreenEntry:
        return shown(item) if isinstance(item, AgendaEntry) else _session(agenda, item)

    head = running or coming
    heading = ""
    if head is not None:
        day = wording.short_day(head.starts_at.astimezone(agenda.forum.zone).date())
        heading = _("Now") if running else _("Next meeting: %(day)s", day=day)
    first = None if head is None else shown(head)
    if first is not None and running:
        first = replace(first, state="")  # the heading says it
    return Screen(
        title=wording.whose(agenda),
        subtitle=_subtitle(agenda),
        edition=wording.edition(agenda),
        preliminary=agenda.preliminary,
        count=len(agenda.meetings),
        head=first,
        heading=heading,
        days=tuple(
            ScreenDay(label=wording.long_day(day.date), entries=tuple(map(any_shown, day.items)))
            for day in agenda.days
        ),
        cancelled=tuple(map(shown, agenda.cancelled)),
    )


def _subtitle(agenda: Agenda) -> str:
    subject = agenda.subject
    parts = (wording.clean(subject.role), wording.clean(subject.detail), wording.time_zone(agenda.forum.zone))
    return ", ".join(part for part in parts if part)


def _entry(agenda: Agenda, entry: AgendaEntry, *, current: bool, linked: bool) -> ScreenEntry:
    zone = agenda.forum.zone
    slug = agenda.forum.slug
    state, tone = "", "neutral"
    if entry.status is EntryStatus.WITHOUT and agenda.subject.kind is SubjectKind.TABLE:
        state, tone = _("At another table"), "warn"
    elif entry.status is EntryStatus.WITHOUT:
        state, tone = _("Takes place without you"), "warn"
    elif not entry.confirmed:
        state, tone = _("Cancelled"), "bad"
    elif current:
        state, tone = _("Now"), "info"
    elif entry.version == agenda.version > 1:
        state, tone = _("New or changed in version %(number)s", number=entry.version), "info"
    day = wording.short_day(entry.starts_at.astimezone(zone).date())
    url = ""
    if linked and entry.own and entry.others:
        url = url_for("companies.show", forum_slug=slug, company_id=entry.others[0].company_id)
    return ScreenEntry(
        time=wording.clock(entry.starts_at, zone)
        if entry.confirmed
        else f"{day}, {wording.span(entry, zone)}",
        end=wording.clock(entry.ends_at, zone) if entry.confirmed else "",
        iso=entry.starts_at.astimezone(zone).isoformat(timespec="minutes"),
        title=wording.counterpart(entry),
        table=wording.clean(entry.table) if agenda.subject.kind != SubjectKind.TABLE else "",
        zone=wording.clean(entry.zone),
        url=url,
        people=_lines(*(wording.people((party,)) for party in entry.others)),
        note=_lines(*_notes(agenda, entry)),
        state=state,
        tone=tone,
        current=current,
    )


def _session(agenda: Agenda, session: AgendaSession) -> ScreenEntry:
    zone = agenda.forum.zone
    return ScreenEntry(
        time=wording.clock(session.starts_at, zone),
        end=wording.clock(session.ends_at, zone),
        iso=session.starts_at.astimezone(zone).isoformat(timespec="minutes"),
        title=wording.session(session),
        people=wording.clean(session.place),
        state=_("Programme"),
    )


def _notes(agenda: Agenda, entry: AgendaEntry) -> list[str]:
    own = wording.colleagues(agenda, entry)
    person = agenda.subject.kind == SubjectKind.PERSON
    lines = []
    if agenda.subject.kind == SubjectKind.INTERPRETER:
        lines.append(wording.languages(entry))
    else:
        lines.append(wording.interpreter(entry))
    if own:
        lines.append(
            _("With you: %(people)s", people=own) if person else _("From us: %(people)s", people=own)
        )
    if entry.own:
        lines += [wording.seeks(party) for party in entry.others]
    return lines


def _quoted(written: Written | None) -> list[str]:
    if written is None:
        return []
    return [
        _("They write: “%(text)s”", text=wording.clean(written.theirs)) if written.theirs else "",
        _("You wrote: “%(text)s”", text=wording.clean(written.ours)) if written.ours else "",
    ]


def _told(agenda: Agenda) -> Callable[[Given], str]:
    """How an answer is told: to a person as theirs, to a company with the name."""
    own = {
        Answer.ACCEPTED: _("Accepted in your calendar"),
        Answer.DECLINED: _("Declined in your calendar"),
        Answer.TENTATIVE: _("Perhaps, says your calendar"),
    }
    if agenda.subject.kind == SubjectKind.PERSON:
        return lambda given: str(own[given.answer])
    named = {
        Answer.ACCEPTED: _("Accepted: %(name)s"),
        Answer.DECLINED: _("Declined: %(name)s"),
        Answer.TENTATIVE: _("Perhaps: %(name)s"),
    }
    return lambda given: str(named[given.answer]) % {"name": wording.clean(given.name)}


def _lines(*lines: str) -> Markup:
    return Markup("<br>").join(escape(line) for line in lines if line)
