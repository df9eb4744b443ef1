"""What a published version says, as frozen records: the one source of agendas, calendars and print.

Everything is loaded in a handful of queries, whatever the size; templates and makers of files get no rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, false, or_, select
from sqlalchemy.orm import Session, joinedload

from forum_scheduler.companies.models import Company, Delegate, DelegateAlsoFor
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Block, Forum, Interpreter, Side, Slot, Table, Zone, places_in_order
from forum_scheduler.publishing.models import CalendarEvent, EventStatus, Publication
from forum_scheduler.publishing.records import (
    CalendarEntry,
    Entry,
    EntryCompany,
    EntryInterpreter,
    EntryParty,
    EntryPerson,
)
from forum_scheduler.requests.models import Meeting, Party, PartyDelegate
from forum_scheduler.scheduling import promises
from forum_scheduler.scheduling.models import Placement, PlacementDelegate, TableSlot

__all__ = [
    "CalendarEntry",
    "Entry",
    "EntryCompany",
    "EntryInterpreter",
    "EntryParty",
    "EntryPerson",
    "calendar_entries",
    "current_publication",
    "entries_naming",
    "publications",
    "published_entries",
    "schedule_entries",
]


def current_publication(forum: Forum) -> Publication | None:
    """The newest published version, its schedule loaded; None before the first."""
    return db.session.scalar(
        select(Publication)
        .where(Publication.forum_id == forum.id)
        .order_by(Publication.version.desc())
        .limit(1)
        .options(joinedload(Publication.schedule))
    )


def publications(forum: Forum) -> tuple[Publication, ...]:
    """All versions, newest first, their schedules loaded."""
    query = (
        select(Publication)
        .where(Publication.forum_id == forum.id)
        .order_by(Publication.version.desc())
        .options(joinedload(Publication.schedule))
    )
    return tuple(db.session.scalars(query))


def published_entries(
    publication: Publication,
    *,
    delegate_id: int | None = None,
    company_id: int | None = None,
    interpreter_id: int | None = None,
    table_id: int | None = None,
) -> tuple[Entry, ...]:
    """The version's meetings by time and table; those of one delegate, company ... where given."""
    return schedule_entries(
        publication.schedule_id,
        delegate_id=delegate_id,
        company_id=company_id,
        interpreter_id=interpreter_id,
        table_id=table_id,
    )


def schedule_entries(
    schedule_id: int,
    *,
    delegate_id: int | None = None,
    company_id: int | None = None,
    interpreter_id: int | None = None,
    table_id: int | None = None,
) -> tuple[Entry, ...]:
    """The same for any schedule, published or draft."""
    wanted: list[ColumnElement[bool]] = [Placement.schedule_id == schedule_id]
    if delegate_id is not None:
        wanted.append(
            exists().where(
                PlacementDelegate.placement_id == Placement.id, PlacementDelegate.delegate_id == delegate_id
            )
        )
    if company_id is not None:
        wanted.append(
            exists().where(Party.meeting_id == Placement.meeting_id, Party.company_id == company_id)
        )
    if interpreter_id is not None:
        wanted.append(Placement.interpreter_id == interpreter_id)
    if table_id is not None:
        wanted.append(Placement.table_id == table_id)
    return _Loader(db.session(), tuple(wanted)).load()


def entries_naming(
    publication: Publication,
    *,
    delegate_ids: Collection[int] = (),
    interpreter_ids: Collection[int] = (),
    table_ids: Collection[int] = (),
) -> tuple[Entry, ...]:
    """The version's meetings of any of these people, interpreters or tables, by time and table."""
    coming = exists().where(
        PlacementDelegate.placement_id == Placement.id, PlacementDelegate.delegate_id.in_(delegate_ids)
    )
    any_of = or_(
        coming if delegate_ids else false(),
        Placement.interpreter_id.in_(interpreter_ids),
        Placement.table_id.in_(table_ids),
    )
    return _Loader(db.session(), (Placement.schedule_id == publication.schedule_id, any_of)).load()


def calendar_entries(
    forum: Forum, *, delegate_id: int | None = None, company_id: int | None = None
) -> tuple[CalendarEntry, ...]:
    """What calendars were told in ``forum``, cancelled meetings too, by delegate and time."""
    query = (
        select(CalendarEvent, Meeting.uid, Meeting.title, Table.label, Zone.name, Publication)
        .join(Meeting, Meeting.id == CalendarEvent.meeting_id)
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .outerjoin(Table, Table.id == CalendarEvent.table_id)
        .outerjoin(Zone, Zone.id == Table.zone_id)
        .where(CalendarEvent.forum_id == forum.id)
        .order_by(CalendarEvent.delegate_id, CalendarEvent.starts_at, CalendarEvent.meeting_id)
    )
    told: list[ColumnElement[bool]] = [CalendarEvent.forum_id == forum.id]
    if delegate_id is not None:
        told.append(CalendarEvent.delegate_id == delegate_id)
    if company_id is not None:
        told.append(
            exists().where(Delegate.id == CalendarEvent.delegate_id, Delegate.company_id == company_id)
        )
    rows = db.session.execute(query.where(*told)).all()
    meetings = select(CalendarEvent.meeting_id).where(*told)
    companies: dict[int, list[EntryCompany]] = defaultdict(list)
    for party, company in _parties(db.session(), Party.meeting_id.in_(meetings)):
        companies[party.meeting_id].append(company)
    return tuple(
        CalendarEntry(
            delegate_id=event.delegate_id,
            meeting_id=event.meeting_id,
            meeting_uid=uid,
            title=title,
            sequence=event.sequence,
            cancelled=event.status == EventStatus.CANCELLED,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            table_id=event.table_id,
            table_label=label or "",
            zone_name=zone or "",
            changed_at=publication.published_at,
            version=publication.version,
            digest=event.digest,
            companies=tuple(companies[event.meeting_id]),
        )
        for event, uid, title, label, zone, publication in rows
    )


def _parties(
    session: Session, condition: ColumnElement[bool], *more: ColumnElement[bool]
) -> Iterable[tuple[Party, EntryCompany]]:
    query = (
        select(Party, Company.id, Company.uid, Company.name, Company.country, Side.name)
        .join(Company, Company.id == Party.company_id)
        .join(Side, Side.id == Company.side_id)
        .where(condition, *more)
        .order_by(Party.meeting_id, Party.position, Party.id)
    )
    for party, id_, uid, name, country, side in session.execute(query):
        yield party, EntryCompany(id=id_, uid=uid, name=name, country=country, side=side)


class _Loader:
    """Loads placements and all that they name by six queries."""

    def __init__(self, session: Session, wanted: tuple[ColumnElement[bool], ...]) -> None:
        self.session = session
        self.wanted = wanted
        self.meeting_ids = select(Placement.meeting_id).where(*wanted)
        self.placement_ids = select(Placement.id).where(*wanted)

    def load(self) -> tuple[Entry, ...]:
        rows = self.session.execute(self._placements()).all()
        if not rows:
            return ()
        runs = _Runs(self.session, self.placement_ids)
        coming = self._coming()
        parties = self._of_meetings()
        explicit = self._explicit()
        also_for = self._also_for()
        return tuple(
            _entry(
                row,
                runs=runs,
                parties=parties[row[1].id],
                coming=coming[row[0].id],
                explicit=explicit,
                also_for=also_for,
            )
            for row in rows
        )

    def _placements(self) -> Select[*tuple[Any, ...]]:
        return (
            select(Placement, Meeting, Slot, Block, Table, Zone, Interpreter)
            .join(Meeting, Meeting.id == Placement.meeting_id)
            .join(Slot, Slot.id == Placement.slot_id)
            .join(Block, Block.id == Slot.block_id)
            .join(Table, Table.id == Placement.table_id)
            .join(Zone, Zone.id == Table.zone_id)
            .outerjoin(Interpreter, Interpreter.id == Placement.interpreter_id)
            .where(*self.wanted)
            .order_by(Slot.starts_at, *places_in_order())
        )

    def _coming(self) -> Mapping[int, list[EntryPerson]]:
        query = (
            select(PlacementDelegate.placement_id, Delegate)
            .join(Delegate, Delegate.id == PlacementDelegate.delegate_id)
            .where(PlacementDelegate.placement_id.in_(self.placement_ids))
            .order_by(PlacementDelegate.placement_id, Delegate.id)
        )
        found: dict[int, list[EntryPerson]] = defaultdict(list)
        for placement_id, delegate in self.session.execute(query):
            found[placement_id].append(_person(delegate))
        return found

    def _of_meetings(self) -> Mapping[int, list[tuple[Party, EntryCompany]]]:
        found: dict[int, list[tuple[Party, EntryCompany]]] = defaultdict(list)
        for party, company in _parties(self.session, Party.meeting_id.in_(self.meeting_ids)):
            found[party.meeting_id].append((party, company))
        return found

    def _explicit(self) -> frozenset[tuple[int, int]]:
        query = (
            select(PartyDelegate.party_id, PartyDelegate.delegate_id)
            .join(Party, Party.id == PartyDelegate.party_id)
            .where(Party.meeting_id.in_(self.meeting_ids))
        )
        return frozenset((party, delegate) for party, delegate in self.session.execute(query))

    def _also_for(self) -> frozenset[tuple[int, int]]:
        query = select(DelegateAlsoFor.company_id, DelegateAlsoFor.delegate_id).where(
            DelegateAlsoFor.delegate_id.in_(
                select(PlacementDelegate.delegate_id).where(
                    PlacementDelegate.placement_id.in_(self.placement_ids)
                )
            )
        )
        return frozenset((company, delegate) for company, delegate in self.session.execute(query))


class _Runs:
    """Which slots a meeting occupies from its start on: as it was placed, whatever became of the slots."""

    def __init__(self, session: Session, placement_ids: Any) -> None:
        self.taken: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
        query = (
            select(TableSlot.placement_id, Slot.id, Slot.ends_at)
            .join(Slot, Slot.id == TableSlot.slot_id)
            .where(TableSlot.placement_id.in_(placement_ids))
            .order_by(Slot.starts_at)
        )
        for placement_id, id_, ends_at in session.execute(query):
            self.taken[placement_id].append((id_, ends_at))

    def of(self, placement: Placement, slot: Slot) -> tuple[tuple[int, ...], datetime]:
        taken = self.taken.get(placement.id) or [(slot.id, slot.ends_at)]
        return tuple(id_ for id_, _ in taken), taken[-1][1]


def _person(delegate: Delegate) -> EntryPerson:
    return EntryPerson(
        id=delegate.id,
        uid=delegate.uid,
        name=delegate.name,
        role=delegate.role,
        email=delegate.email,
        languages=tuple(delegate.languages),
        company_id=delegate.company_id,
    )


def _entry(
    row: Any,
    *,
    runs: _Runs,
    parties: list[tuple[Party, EntryCompany]],
    coming: list[EntryPerson],
    explicit: frozenset[tuple[int, int]],
    also_for: frozenset[tuple[int, int]],
) -> Entry:
    placement, meeting, slot, block, table, zone, interpreter = row
    slot_ids, ends_at = runs.of(placement, slot)
    people: dict[int, list[EntryPerson]] = defaultdict(list)
    for person in coming:
        people[_party_of(person, parties, explicit, also_for)].append(person)
    return Entry(
        placement_id=placement.id,
        meeting_id=meeting.id,
        meeting_uid=meeting.uid,
        title=meeting.title,
        must=meeting.must,
        slot_id=slot.id,
        slot_ids=slot_ids,
        block_id=block.id,
        block_name=block.name,
        starts_at=slot.starts_at,
        ends_at=ends_at,
        table_id=table.id,
        table_label=table.label,
        zone_id=zone.id,
        zone_name=zone.name,
        parties=tuple(
            EntryParty(company=company, people=tuple(people[party.id])) for party, company in parties
        ),
        interpreter=EntryInterpreter(
            id=interpreter.id, uid=interpreter.uid, name=interpreter.name, email=interpreter.email
        )
        if interpreter is not None
        else None,
        interpret=tuple(meeting.interpret) if meeting.interpret else None,
    )


def _party_of(
    person: EntryPerson,
    parties: list[tuple[Party, EntryCompany]],
    explicit: frozenset[tuple[int, int]],
    also_for: frozenset[tuple[int, int]],
) -> int:
    """For which party somebody comes: named for it, else of its company, else also for its company."""
    tests = (
        lambda party: (party.id, person.id) in explicit,
        lambda party: party.company_id == person.company_id,
        lambda party: (party.company_id, person.id) in also_for,
    )
    for test in tests:
        for party, _ in parties:
            if test(party):
                return party.id
    return parties[0][0].id


def _current_schedule_id(forum_id: int) -> int | None:
    return db.session.scalar(
        select(Publication.schedule_id)
        .where(Publication.forum_id == forum_id)
        .order_by(Publication.version.desc())
        .limit(1)
    )


def _was_published(schedule_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(Publication.schedule_id == schedule_id))))


promises.found_by(_current_schedule_id)
promises.frozen_by(_was_published)
