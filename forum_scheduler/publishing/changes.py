"""What changed for whom: between what people were told and a schedule, or between two schedules.

One measure for all: the *appointment* of one delegate at one meeting. Its digest is of what the person has to
know (when, where, with whom, who interprets); names may be corrected without telling everybody.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.reading import calendar_entries
from forum_scheduler.publishing.records import Entry, EntryCompany

Key = tuple[int, int]  # delegate id, meeting id


class ChangeKind(StrEnum):
    """What happened to an appointment."""

    ADDED = "added"
    MOVED = "moved"  # another time or table
    PEOPLE = "people"  # same time and table; somebody else comes, or another interpreter
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One delegate's part in one placed meeting. Times are UTC."""

    delegate_id: int
    meeting_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    table_id: int | None
    table_label: str
    zone_name: str
    companies: tuple[EntryCompany, ...]
    digest: str

    @property
    def key(self) -> Key:
        return (self.delegate_id, self.meeting_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``before`` is None for what is added, ``after`` for what is dropped.

    ``others_meet``: what is dropped for this person takes place all the same, with others.
    """

    kind: ChangeKind
    before: Appointment | None
    after: Appointment | None
    others_meet: bool = False

    @property
    def newest(self) -> Appointment:
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Numbers of a comparison: meetings by what happens to them, and people who are affected."""

    added: int
    moved: int
    people: int
    dropped: int
    affected: int

    @property
    def meetings(self) -> int:
        return self.added + self.moved + self.people + self.dropped


def appointments(entries: Iterable[Entry]) -> dict[Key, Appointment]:
    """Everybody's appointments in a schedule, in its order."""
    found: dict[Key, Appointment] = {}
    for entry in entries:
        digest = entry_digest(entry)
        for person in entry.people:
            one = appointment_of(entry, person.id, digest=digest)
            found[one.key] = one
    return found


def appointment_of(entry: Entry, person_id: int, *, digest: str) -> Appointment:
    """One person's part in a placed meeting."""
    return Appointment(
        delegate_id=person_id,
        meeting_id=entry.meeting_id,
        title=entry.title,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        table_id=entry.table_id,
        table_label=entry.table_label,
        zone_name=entry.zone_name,
        companies=tuple(party.company for party in entry.parties),
        digest=digest,
    )


def told(forum: Forum) -> dict[Key, Appointment]:
    """What people were told last, cancelled meetings apart."""
    found = (
        Appointment(
            delegate_id=each.delegate_id,
            meeting_id=each.meeting_id,
            title=each.title,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            table_id=each.table_id,
            table_label=each.table_label,
            zone_name=each.zone_name,
            companies=each.companies,
            digest=each.digest,
        )
        for each in calendar_entries(forum)
        if not each.cancelled
    )
    return {one.key: one for one in found}


def entry_digest(entry: Entry) -> str:
    """SHA-256 of when, where, who and with whose help, 64 hexadecimal digits."""
    told_of = [
        entry.starts_at.isoformat(),
        entry.ends_at.isoformat(),
        entry.table_id,
        entry.title,
        sorted(entry.company_ids),
        sorted(entry.delegate_ids),
        entry.interpreter.id if entry.interpreter else None,
    ]
    return hashlib.sha256(json.dumps(told_of).encode()).hexdigest()


def compare(before: Mapping[Key, Appointment], after: Mapping[Key, Appointment]) -> tuple[Change, ...]:
    """Every appointment that differs, by time and delegate."""
    found: list[Change] = []
    for key, new in after.items():
        old = before.get(key)
        if old is None:
            found.append(Change(kind=ChangeKind.ADDED, before=None, after=new))
        elif old.digest != new.digest:
            found.append(Change(kind=_kind(old, new), before=old, after=new))
    placed = {meeting_id for _delegate_id, meeting_id in after}
    found += [
        Change(kind=ChangeKind.DROPPED, before=old, after=None, others_meet=old.meeting_id in placed)
        for key, old in before.items()
        if key not in after
    ]
    return tuple(sorted(found, key=_order))


def _order(change: Change) -> tuple[datetime, int, int]:
    newest = change.newest
    return (newest.starts_at, newest.meeting_id, newest.delegate_id)


def _kind(old: Appointment, new: Appointment) -> ChangeKind:
    same = (old.starts_at, old.ends_at, old.table_id) == (new.starts_at, new.ends_at, new.table_id)
    return ChangeKind.PEOPLE if same else ChangeKind.MOVED


def by_delegate(changes: Iterable[Change]) -> dict[int, tuple[Change, ...]]:
    """Delegate id -> their changes, by time."""
    found: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.newest.delegate_id].append(change)
    return {delegate_id: tuple(own) for delegate_id, own in found.items()}


def summarise(changes: Iterable[Change]) -> Summary:
    """Each meeting counts once: moved before people, and one that only changes who comes as people."""
    kinds: dict[int, set[ChangeKind]] = defaultdict(set)
    affected: set[int] = set()
    for change in changes:
        kinds[change.newest.meeting_id].add(change.kind)
        affected.add(change.newest.delegate_id)
    count = dict.fromkeys(ChangeKind, 0)
    for found in kinds.values():
        count[kind_of_meeting(found)] += 1
    return Summary(
        added=count[ChangeKind.ADDED],
        moved=count[ChangeKind.MOVED],
        people=count[ChangeKind.PEOPLE],
        dropped=count[ChangeKind.DROPPED],
        affected=len(affected),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyChange:
    """A company whose number of meetings changes: how many it gets more, and how many it loses."""

    company: EntryCompany
    gained: int
    lost: int


def by_company(changes: Iterable[Change]) -> tuple[CompanyChange, ...]:
    """Companies that gain or lose meetings, who loses most first."""
    kinds: dict[tuple[int, int], set[ChangeKind]] = defaultdict(set)
    companies: dict[int, EntryCompany] = {}
    for change in changes:
        newest = change.newest
        for company in newest.companies:
            companies[company.id] = company
            kinds[company.id, newest.meeting_id].add(change.kind)
    gained: dict[int, int] = defaultdict(int)
    lost: dict[int, int] = defaultdict(int)
    for (company_id, _meeting), found in kinds.items():
        # Somebody else coming to a kept meeting is both added and dropped: that is no gain.
        gained[company_id] += found == {ChangeKind.ADDED}
        lost[company_id] += found == {ChangeKind.DROPPED}
    rows = (
        CompanyChange(company=company, gained=gained[id_], lost=lost[id_])
        for id_, company in companies.items()
        if gained[id_] or lost[id_]
    )
    return tuple(sorted(rows, key=lambda row: (row.gained - row.lost, row.company.name)))


def kind_of_meeting(kinds: set[ChangeKind]) -> ChangeKind:
    """What happens to a meeting, from what happens to those who come or came."""
    if ChangeKind.MOVED in kinds:
        return ChangeKind.MOVED
    return next(iter(kinds)) if len(kinds) == 1 else ChangeKind.PEOPLE
