"""Words of agendas: times, places, names. Pure functions of a record; the language is the active locale.

Use :func:`speaking` to choose the language, in requests and outside of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone_location
from flask_babel import force_locale, get_locale, gettext

from forum_scheduler.agendas.record import (
    Agenda,
    AgendaEntry,
    AgendaParty,
    AgendaPerson,
    AgendaSession,
    CapabilityName,
    Stamp,
    SubjectKind,
)
from forum_scheduler.companies.reading import person_name
from forum_scheduler.spelling import readable


class Named(Protocol):
    """Whoever stands in an agenda, or is looked for at the desk."""

    @property
    def name(self) -> str: ...


# Override or isolate the direction of what follows: an unclosed one turns the rest of a line around.
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# More marks on one letter than any language has: they would run through the lines above and below.
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_TOWERS = re.compile(f"({_MARK}{{4}}){_MARK}+")
_LINE_ENDS = dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), "\n")


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Write in ``locale`` inside the block; where nobody translated, English."""
    with force_locale(locale):
        yield


def language() -> Locale:
    """The active locale."""
    locale = get_locale()
    assert isinstance(locale, Locale)
    return locale


def translated(text: str, **values: object) -> str:
    """gettext in the active language, for the few texts that stand in each of thousands of meetings."""
    found = _translation(text, str(language()))
    return found % values if values else found


_ = translated  # by this name texts are found for the catalogues


@lru_cache(maxsize=1_000)
def _translation(text: str, locale: str) -> str:
    # ``locale`` is the active one: the library finds out which that is several times for each text.
    return str(gettext(text))


@lru_cache(maxsize=20_000)
def clean(text: str, *, lines: bool = False) -> str:
    """In NFC; no control characters, turned directions, towers of marks; line ends: ``\\n`` or a space."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_LINE_ENDS))
    kept = (
        each for each in text.translate(_DIRECTIONS) if each in "\n\t" or unicodedata.category(each) != "Cc"
    )
    text = _TOWERS.sub(r"\1", "".join(kept)).encode("utf-8", "ignore").decode()
    return text.strip() if lines else " ".join(text.split())


# Times


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """``09:20``; where the clocks go back and an hour comes twice, ``02:20 (UTC+2)``."""
    local = moment.astimezone(zone)
    text = f"{local:%H:%M}"
    offset = local.utcoffset()
    if offset is None or offset == local.replace(fold=1 - local.fold).utcoffset():
        return text
    return f"{text} (UTC{offset.total_seconds() / 3600:+g})"


def span(entry: AgendaEntry, zone: ZoneInfo) -> str:
    """``09:20–09:40``"""
    return f"{clock(entry.starts_at, zone)}–{clock(entry.ends_at, zone)}"


def short_day(day: date) -> str:
    """``Wed 12 May``"""
    return _day(day, _("EEE d MMM"), str(language()))


def long_day(day: date) -> str:
    """``Wednesday 12 May 2027``"""
    return _day(day, _("EEEE d MMMM y"), str(language()))


@lru_cache(maxsize=2_000)
def _day(day: date, pattern: str, locale: str) -> str:
    # A forum has few days, and each is written for thousands of meetings.
    return format_date(day, pattern, locale=locale)


def time_zone(zone: ZoneInfo) -> str:
    """``Brussels time``"""
    if zone.key in ("UTC", "Etc/UTC"):
        return "UTC"
    return _("%(city)s time", city=_city(zone, str(language())))


@lru_cache(maxsize=200)
def _city(zone: ZoneInfo, locale: str) -> str:
    return str(get_timezone_location(zone, locale=locale, return_city=True))


def when(entry: AgendaEntry, zone: ZoneInfo) -> str:
    """``Wed 12 May 2027, 09:20–09:40, Brussels time``"""
    day = _day(entry.starts_at.astimezone(zone).date(), _("EEE d MMM y"), str(language()))
    return f"{day}, {span(entry, zone)}, {time_zone(zone)}"


def short_when(entry: AgendaEntry, zone: ZoneInfo) -> str:
    """``Wed 12 May, 09:20``"""
    return f"{short_day(entry.starts_at.astimezone(zone).date())}, {clock(entry.starts_at, zone)}"


def edition(agenda: Agenda) -> str:
    """``Version 3, published Wed 12 May 2027, 18:00``"""
    return published(
        agenda.version, at=agenda.published_at, zone=agenda.forum.zone, preliminary=agenda.preliminary
    )


def paper_edition(agenda: Agenda, changed: Stamp | None) -> str:
    """What stands at the foot of paper. It is valid until something on it changes, so it names the version
    that did last: printed anew after one that does not touch it, it is the same sheet."""
    if changed is None:
        return edition(agenda)
    number, at = changed.version, _moment(changed.at, agenda.forum.zone)
    if agenda.preliminary:
        return _("Preliminary; last changed in version %(number)s, published %(at)s", number=number, at=at)
    return _("Last changed in version %(number)s, published %(at)s", number=number, at=at)


def published(number: int, *, at: datetime, zone: ZoneInfo, preliminary: bool) -> str:
    """The same of any version."""
    moment = _moment(at, zone)
    if preliminary:
        return _("Preliminary version %(number)s, published %(at)s", number=number, at=moment)
    return _("Version %(number)s, published %(at)s", number=number, at=moment)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return str(format_datetime(at.astimezone(zone), _("EEE d MMM y, HH:mm"), locale=language()))


# Places and names


def table(entry: AgendaEntry) -> str:
    """``Table 12``; "" where none is known."""
    label = clean(entry.table)
    return _("Table %(name)s", name=label) if label else ""


def place(entry: AgendaEntry) -> str:
    """``Table 12, Hall B``"""
    return ", ".join(part for part in (table(entry), clean(entry.zone)) if part)


def session(of_programme: AgendaSession) -> str:
    """The title of something of the programme, in the active language."""
    return clean(of_programme.titles.in_locale(str(language())))


class Names(StrEnum):
    """For whom names are written."""

    READ = "read"  # by people: one in letters that the language does not have stands in Latin ones beside
    EXACT = "exact"  # by spreadsheets and programs: as it is


def name(text: str, names: Names = Names.READ) -> str:
    """``Квант / Kvant`` for readers of another alphabet; else as it is."""
    text = clean(text)
    return text if names is Names.EXACT else readable(text, language().language)


def companies(parties: Iterable[AgendaParty], names: Names = Names.READ) -> str:
    """``Aerotec, Kvant``"""
    return ", ".join(name(party.company, names) for party in parties)


def against(parties: Iterable[AgendaParty]) -> str:
    """``Aerotec × Kvant``"""
    return " × ".join(name(party.company) for party in parties)


def counterpart(entry: AgendaEntry) -> str:
    """Whom the subject meets; all parties where it is none itself. The meeting's title, where it has one."""
    whom = companies(entry.others) if entry.own else against(entry.others)
    title = clean(entry.title)
    return f"{title}: {whom}" if title and whom else title or whom or against(entry.parties)


def name_of(who: Named, names: Names = Names.READ) -> str:
    """The name; of a person who was deleted the mark that stands for it."""
    return name(person_name(who.name), names)


def person(who: AgendaPerson, names: Names = Names.READ) -> str:
    """``Olena Kovalenko (CEO)``"""
    called, role = name_of(who, names), clean(who.role)
    return f"{called} ({role})" if role else called


def people(parties: Iterable[AgendaParty], names: Names = Names.READ) -> str:
    """``Olena Kovalenko (CEO), Jan Peeters``"""
    return ", ".join(person(who, names) for party in parties for who in party.people)


def people_but(party: AgendaParty, shown: Collection[str]) -> str:
    """The same of those whose photo (``photo:7``) is not shown beside their name."""
    return ", ".join(person(who) for who in party.people if f"photo:{who.id}" not in shown)


def colleagues(agenda: Agenda, entry: AgendaEntry) -> str:
    """Who else of the own side comes to a person's meeting."""
    mine = (who for party in entry.own for who in party.people)
    return ", ".join(
        person(who, Names.EXACT)  # colleagues know one another
        for who in mine
        if not (agenda.subject.kind == SubjectKind.PERSON and who.id == agenda.subject.id)
    )


def capabilities(names: Iterable[CapabilityName]) -> str:
    """``drones, radar``"""
    code = language().language
    return ", ".join(clean(each.in_locale(code)) for each in names)


def seeks(party: AgendaParty) -> str:
    """``Offers: drones. Needs: radar``; "" where nothing is known."""
    parts = []
    if party.offers:
        parts.append(_("Offers: %(what)s", what=capabilities(party.offers)))
    if party.needs:
        parts.append(_("Needs: %(what)s", what=capabilities(party.needs)))
    return ". ".join(parts)


def languages(entry: AgendaEntry) -> str:
    """``English–Ukrainian``; "" where nothing is interpreted."""
    names = language().languages
    return "–".join(str(names.get(code, code)) for code in entry.languages)


def interpreter(entry: AgendaEntry) -> str:
    """``Interpreter: Iryna Bondar (English–Ukrainian)``; "" where there is none."""
    if entry.interpreter is None:
        return ""
    pair = languages(entry)
    called = name(entry.interpreter.name)
    return _("Interpreter: %(name)s", name=f"{called} ({pair})" if pair else called)


def whose(agenda: Agenda) -> str:
    """The title of an agenda, such as ``Agenda of Olena Kovalenko``."""
    called = name_of(agenda.subject, Names.EXACT)
    match agenda.subject.kind:
        case SubjectKind.TABLE:
            return _("Schedule of table %(name)s", name=called)
        case SubjectKind.INTERPRETER:
            return _("Roster of %(name)s", name=called)
        case SubjectKind.FORUM:
            return _("All meetings of %(name)s", name=called)
        case _kind:
            return _("Agenda of %(name)s", name=called)
