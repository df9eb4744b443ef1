"""The one Agenda record: page, calendar, feed, mail, PDF and spreadsheet are all made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo


class SubjectKind(StrEnum):
    """Whose agenda it is."""

    PERSON = "person"
    COMPANY = "company"
    TABLE = "table"
    INTERPRETER = "interpreter"
    FORUM = "forum"


class EntryStatus(StrEnum):
    """Whether a meeting is in the agenda. One that no more is stays, so that calendars can take it away."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    WITHOUT = "without"  # takes place with others: the subject has no more part in it


class OwnRole(StrEnum):
    """What the subject is in a meeting."""

    GUEST = "guest"  # a party that comes to a table
    HOST = "host"  # a party at its own booth
    INTERPRETER = "interpreter"
    PLACE = "place"  # the table itself
    OBSERVER = "observer"  # the forum's list


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumFacts:
    """What every agenda says of its forum. ``timezone`` is IANA."""

    id: int
    uid: str
    slug: str
    name: str
    venue: str
    timezone: str
    contact_email: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose agenda. ``detail``: a person's company, a table's zone, a company's side; ``locale``: theirs."""

    kind: SubjectKind
    id: int
    uid: str
    name: str
    detail: str = ""
    role: str = ""
    email: str = ""
    locale: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityName:
    """An entry of the forum's list of offers and needs: (locale, name) pairs, English among them."""

    names: tuple[tuple[str, str], ...]

    def in_locale(self, locale: str) -> str:
        """The name in ``locale``, or else in English, or else any."""
        known = dict(self.names)
        return known.get(locale) or known.get("en") or next(iter(known.values()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaPerson:
    id: int
    uid: str
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaParty:
    """One company's part in a meeting: who comes, and what the company offers and needs."""

    company_id: int
    company_uid: str
    company: str
    country: str
    side: str
    people: tuple[AgendaPerson, ...] = ()
    offers: tuple[CapabilityName, ...] = ()
    needs: tuple[CapabilityName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Stamp:
    """A published version and when it was published, in UTC; the later one is the greater."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaEntry:
    """One meeting in one agenda. Times are UTC.

    ``uid`` names the meeting *in this agenda* and never changes; ``sequence`` (0 and up) rises with each
    published change; ``changed_at`` and ``version`` are of the publication that changed it last. ``own`` are
    the subject's parties (none for tables, interpreters, the forum), ``others`` all the rest.
    """

    uid: str
    sequence: int
    status: EntryStatus
    changed_at: datetime
    version: int
    meeting_id: int
    meeting_uid: str
    title: str
    must: bool
    starts_at: datetime
    ends_at: datetime
    block_id: int | None
    block: str
    table_id: int | None
    table: str
    zone: str
    own: tuple[AgendaParty, ...]
    others: tuple[AgendaParty, ...]
    interpreter: AgendaPerson | None
    languages: tuple[str, ...]  # the pair that is interpreted, () where none is
    own_role: OwnRole

    @property
    def confirmed(self) -> bool:
        return self.status == EntryStatus.CONFIRMED

    @property
    def stamp(self) -> Stamp:
        """The version that changed it last."""
        return Stamp(version=self.version, at=self.changed_at)

    @property
    def parties(self) -> tuple[AgendaParty, ...]:
        return (*self.own, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaSession:
    """Something of the forum's programme that a person attends and wants in their agenda. Times are UTC."""

    uid: str  # of the session in this agenda
    titles: CapabilityName
    place: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """A zone with all its tables in their order: (id, name)."""

    name: str
    tables: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """Where a meeting stood, at a table and perhaps with an interpreter, until ``stamp`` changed that."""

    starts_at: datetime
    block_id: int
    table_id: int
    interpreter_id: int | None
    stamp: Stamp


_Item = TypeVar("_Item", AgendaEntry, AgendaSession)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of an agenda in the forum's zone, its meetings by time, and the sessions."""

    date: date
    entries: tuple[AgendaEntry, ...]
    sessions: tuple[AgendaSession, ...] = ()

    @property
    def items(self) -> tuple[AgendaEntry | AgendaSession, ...]:
        """Both by time."""
        return tuple(sorted((*self.sessions, *self.entries), key=lambda each: each.starts_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """An agenda as version ``version`` of the schedule says it; entries by time, also cancelled ones."""

    forum: ForumFacts
    version: int
    published_at: datetime
    preliminary: bool
    subject: Subject
    entries: tuple[AgendaEntry, ...]
    halls: tuple[Hall, ...] = ()  # of the whole forum, in their order
    sessions: tuple[AgendaSession, ...] = ()  # by time; only where the person wants them
    vacancies: tuple[Vacancy, ...] = ()  # of tables, interpreters, the forum; others have them as entries

    @property
    def changed(self) -> Stamp | None:
        """The version that changed last what its paper says; None where it never had a meeting."""
        keeps = self.subject.kind in (SubjectKind.PERSON, SubjectKind.COMPANY)
        entries = self.entries if keeps else self.meetings
        return last_stamp((*entries, *self.vacancies))

    @property
    def meetings(self) -> tuple[AgendaEntry, ...]:
        """Those that take place, with the subject."""
        return tuple(entry for entry in self.entries if entry.confirmed)

    @property
    def cancelled(self) -> tuple[AgendaEntry, ...]:
        return tuple(entry for entry in self.entries if not entry.confirmed)

    @property
    def own_halls(self) -> tuple[Hall, ...]:
        """The halls in which the subject meets."""
        own = {entry.table_id for entry in self.meetings}
        return tuple(hall for hall in self.halls if own & {id_ for id_, _name in hall.tables})

    @property
    def days(self) -> tuple[Day, ...]:
        """What takes place, by day in the forum's zone."""
        meetings, sessions = self._by_day(self.meetings), self._by_day(self.sessions)
        return tuple(
            Day(date=day, entries=meetings.get(day, ()), sessions=sessions.get(day, ()))
            for day in sorted(meetings.keys() | sessions.keys())
        )

    def _by_day(self, items: tuple[_Item, ...]) -> dict[date, tuple[_Item, ...]]:
        groups = groupby(items, key=lambda each: each.starts_at.astimezone(self.forum.zone).date())
        return {day: tuple(group) for day, group in groups}

    def now_and_next(self, moment: datetime) -> tuple[AgendaEntry | None, AgendaEntry | None]:
        """The meeting that runs at ``moment``, and the one that starts after it; None where there is none."""
        return now_and_next(self.meetings, moment)


class Stamped(Protocol):
    """What a version changed."""

    @property
    def stamp(self) -> Stamp: ...


def last_stamp(items: Iterable[Stamped]) -> Stamp | None:
    """The last version that changed any of them; None for no items."""
    return max((each.stamp for each in items), default=None)


class Timed(Protocol):
    """What has a beginning and an end, in UTC."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


_Timed = TypeVar("_Timed", bound=Timed)


def now_and_next(items: Sequence[_Timed], moment: datetime) -> tuple[_Timed | None, _Timed | None]:
    """Of items by time the one that runs at ``moment``, and the first that starts after it."""
    running = next((each for each in items if each.starts_at <= moment < each.ends_at), None)
    coming = next((each for each in items if each.starts_at > moment), None)
    return running, coming
