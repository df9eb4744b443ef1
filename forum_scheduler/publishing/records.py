"""The frozen records of a published version: what agendas, calendars and print are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCompany:
    id: int
    uid: str
    name: str
    country: str
    side: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPerson:
    """A delegate who comes to a meeting; ``company_id`` is their own company."""

    id: int
    uid: str
    name: str
    role: str
    email: str | None
    languages: tuple[str, ...]
    company_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryInterpreter:
    id: int
    uid: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryParty:
    """One company's side of a meeting and who comes for it."""

    company: EntryCompany
    people: tuple[EntryPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A placed meeting: when (UTC), where, who. ``ends_at`` is the end of its last slot."""

    placement_id: int
    meeting_id: int
    meeting_uid: str
    title: str
    must: bool
    slot_id: int
    slot_ids: tuple[int, ...]  # all that it occupies
    block_id: int
    block_name: str
    starts_at: datetime
    ends_at: datetime
    table_id: int
    table_label: str
    zone_id: int
    zone_name: str
    parties: tuple[EntryParty, ...]
    interpreter: EntryInterpreter | None
    interpret: tuple[str, ...] | None  # the pair of languages, where one is needed

    @property
    def people(self) -> tuple[EntryPerson, ...]:
        """All who come, in the order of the parties."""
        return tuple(person for party in self.parties for person in party.people)

    @property
    def delegate_ids(self) -> frozenset[int]:
        return frozenset(person.id for person in self.people)

    @property
    def company_ids(self) -> frozenset[int]:
        return frozenset(party.company.id for party in self.parties)

    def others(self, company_id: int) -> tuple[EntryParty, ...]:
        """The parties that ``company_id`` meets."""
        return tuple(party for party in self.parties if party.company.id != company_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """What calendars know of one meeting of one delegate; a dropped meeting stays, as cancelled.

    ``changed_at`` and ``version`` are of the publication that changed it last. Times and table are those
    that were announced; ``companies`` are the meeting's, in the order of its parties.
    """

    delegate_id: int
    meeting_id: int
    meeting_uid: str
    title: str
    sequence: int
    cancelled: bool
    starts_at: datetime
    ends_at: datetime
    table_id: int | None
    table_label: str
    zone_name: str
    changed_at: datetime
    version: int
    digest: str  # of what was announced; see publishing/changes.py
    companies: tuple[EntryCompany, ...]
