"""Whom the agendas of a version are about, as they are now: people, companies, tables, interpreters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from forum_scheduler.accounts.models import User
from forum_scheduler.agendas.models import CalendarChoice
from forum_scheduler.agendas.record import (
    AgendaSession,
    CapabilityName,
    Hall,
    Subject,
    SubjectKind,
)
from forum_scheduler.companies.models import Company, CompanyCapability, Delegate, Representative, Seeks
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import (
    Capability,
    Interpreter,
    ProgrammeEntry,
    Side,
    Table,
    Zone,
    places_in_order,
)
from forum_scheduler.publishing.models import CalendarEvent, Publication
from forum_scheduler.publishing.notices import LANGUAGES
from forum_scheduler.publishing.reading import published_entries
from forum_scheduler.publishing.records import Entry
from forum_scheduler.requests.models import Attendance
from forum_scheduler.scheduling.models import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The publication that changed a meeting last, and how often it was changed for somebody."""

    version: int
    at: datetime
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A company's offers and needs in the order of the forum's list."""

    offers: tuple[CapabilityName, ...] = ()
    needs: tuple[CapabilityName, ...] = ()


def changes_of(forum_id: int, meeting_ids: Set[int] | None) -> Mapping[int, Change]:
    """Meeting -> its last change for anybody. Its sequence is that of the version, so it never falls."""
    query = (
        select(
            CalendarEvent.meeting_id,
            func.max(Publication.version),
            func.max(Publication.published_at),
        )
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .where(CalendarEvent.forum_id == forum_id)
        .group_by(CalendarEvent.meeting_id)
    )
    if meeting_ids is not None:
        query = query.where(CalendarEvent.meeting_id.in_(meeting_ids))
    return {
        meeting: Change(version=version, at=at, sequence=version - 1)
        for meeting, version, at in db.session.execute(query)
    }


def same_versions(publication: Publication) -> frozenset[int]:
    """Versions of the same schedule: since one that is published again, nothing has changed."""
    query = select(Publication.version).where(Publication.schedule_id == publication.schedule_id)
    return frozenset(db.session.scalars(query))


def changed_in(publication: Publication, delegate_ids: Sequence[int] | None = None) -> Mapping[int, int]:
    """Delegate -> the version that changed their agenda last: it stands at the foot of their newest paper."""
    query = (
        select(CalendarEvent.delegate_id, func.max(Publication.version))
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .where(CalendarEvent.forum_id == publication.forum_id)
        .group_by(CalendarEvent.delegate_id)
    )
    if delegate_ids is not None:
        query = query.where(CalendarEvent.delegate_id.in_(delegate_ids))
    return dict(db.session.execute(query).all())


def placed_of(schedule_id: int, meeting_ids: Set[int]) -> frozenset[int]:
    """Those of the meetings that have a place in a schedule."""
    if not meeting_ids:
        return frozenset()
    query = select(Placement.meeting_id).where(
        Placement.schedule_id == schedule_id, Placement.meeting_id.in_(meeting_ids)
    )
    return frozenset(db.session.scalars(query))


def left_entries(
    publication: Publication, placed: Set[int], interpreter_id: int | None, table_id: int | None
) -> tuple[Entry, ...]:
    """Meetings that an interpreter or a table had in earlier versions, but those of ``placed``.

    Each as the last version has it that names them together.
    """
    column, id_ = (Placement.table_id, table_id) if table_id else (Placement.interpreter_id, interpreter_id)
    query = (
        select(Placement.meeting_id, func.max(Publication.version))
        .join(Publication, Publication.schedule_id == Placement.schedule_id)
        .where(
            Publication.forum_id == publication.forum_id,
            Publication.version < publication.version,
            column == id_,
        )
        .group_by(Placement.meeting_id)
    )
    last = {meeting: version for meeting, version in db.session.execute(query) if meeting not in placed}
    versions = select(Publication).where(
        Publication.forum_id == publication.forum_id, Publication.version.in_(set(last.values()))
    )
    return tuple(
        entry
        for earlier in (db.session.scalars(versions.order_by(Publication.version)) if last else ())
        for entry in published_entries(earlier, interpreter_id=interpreter_id, table_id=table_id)
        if last.get(entry.meeting_id) == earlier.version
    )


def profiles_of(forum_id: int, company_ids: set[int] | None) -> Mapping[int, Profile]:
    query = (
        select(CompanyCapability.company_id, CompanyCapability.kind, Capability.names)
        .join(Capability, Capability.id == CompanyCapability.capability_id)
        .where(Capability.forum_id == forum_id)
        .order_by(Capability.position, Capability.id)
    )
    if company_ids is not None:
        query = query.where(CompanyCapability.company_id.in_(company_ids))
    found: dict[tuple[int, str], list[CapabilityName]] = defaultdict(list)
    for company_id, kind, names in db.session.execute(query):
        found[company_id, kind].append(CapabilityName(names=tuple(sorted(names.items()))))
    return {
        company_id: Profile(
            offers=tuple(found.get((company_id, Seeks.OFFER), ())),
            needs=tuple(found.get((company_id, Seeks.NEED), ())),
        )
        for company_id in {company_id for company_id, _seeks in found}
    }


def hosts_of(forum_id: int) -> Mapping[int, int]:
    query = select(Table.id, Table.host_company_id).where(
        Table.forum_id == forum_id, Table.host_company_id.is_not(None)
    )
    return {table: host for table, host in db.session.execute(query) if host is not None}


def people_of(forum_id: int, *, only: int | None) -> tuple[tuple[Subject, int], ...]:
    """(who, id of their own company)"""
    query = (
        select(Delegate, Company.name, User.email, User.locale)
        .join(Company, Company.id == Delegate.company_id)
        .outerjoin(User, User.id == Delegate.user_id)
        .where(Delegate.forum_id == forum_id)
    )
    if only is not None:
        query = query.where(Delegate.id == only)
    return tuple(
        (
            Subject(
                kind=SubjectKind.PERSON,
                id=who.id,
                uid=who.uid,
                name=who.name,
                detail=company,
                role=who.role,
                email=who.email or account or "",
                locale=_language(locale, who.languages),
            ),
            who.company_id,
        )
        for who, company, account, locale in db.session.execute(query)
    )


def _language(chosen: str | None, spoken: Sequence[str]) -> str:
    """As in the notices: that of the account, else the first spoken one that we write."""
    if chosen in LANGUAGES:
        return chosen
    return next((each for each in spoken if each in LANGUAGES), "en")


def companies_of(forum_id: int, *, only: int | None) -> Mapping[int, Subject]:
    """A company's papers are in the language of who represented it first."""
    first = (
        select(User.locale)
        .join(Representative, Representative.user_id == User.id)
        .where(Representative.company_id == Company.id)
        .order_by(User.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Company.id, Company.uid, Company.name, Side.name, first)
        .join(Side, Side.id == Company.side_id)
        .where(Company.forum_id == forum_id)
    )
    if only is not None:
        query = query.where(Company.id == only)
    return {
        id_: Subject(
            kind=SubjectKind.COMPANY, id=id_, uid=uid, name=name, detail=side, locale=_language(locale, ())
        )
        for id_, uid, name, side, locale in db.session.execute(query)
    }


def _there(part: type[Table] | type[Interpreter]) -> ColumnElement[bool]:
    """In use, or named by a version that people may still hold in their hands."""
    column = Placement.table_id if part is Table else Placement.interpreter_id
    named = select(column).join(Publication, Publication.schedule_id == Placement.schedule_id)
    return part.live() | part.id.in_(named.where(column.is_not(None)))


def tables_of(forum_id: int, *, only: int | None) -> Mapping[int, Subject]:
    query = (
        select(Table.id, Table.label, Zone.name)
        .join(Zone, Zone.id == Table.zone_id)
        .where(Table.forum_id == forum_id, _there(Table))
        .order_by(*places_in_order())
    )
    if only is not None:
        query = query.where(Table.id == only)
    return {
        id_: Subject(kind=SubjectKind.TABLE, id=id_, uid=f"table{id_}", name=label, detail=zone)
        for id_, label, zone in db.session.execute(query)
    }


def halls_of(forum_id: int) -> tuple[Hall, ...]:
    query = (
        select(Zone.id, Zone.name, Table.id, Table.label)
        .join(Table, Table.zone_id == Zone.id)
        .where(Zone.forum_id == forum_id, _there(Table))
        .order_by(*places_in_order())
    )
    found: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    for zone_id, zone, table_id, label in db.session.execute(query):
        found.setdefault(zone_id, (zone, []))[1].append((table_id, label))
    return tuple(Hall(name=name, tables=tuple(tables)) for name, tables in found.values())


def interpreters_of(forum_id: int, *, only: int | None) -> Mapping[int, Subject]:
    query = (
        select(Interpreter.id, Interpreter.uid, Interpreter.name, Interpreter.email, User.locale)
        .outerjoin(User, User.id == Interpreter.user_id)
        .where(Interpreter.forum_id == forum_id, _there(Interpreter))
    )
    if only is not None:
        query = query.where(Interpreter.id == only)
    return {
        id_: Subject(
            kind=SubjectKind.INTERPRETER, id=id_, uid=uid, name=name, email=email, locale=locale or "en"
        )
        for id_, uid, name, email, locale in db.session.execute(query)
    }


def sessions_of(forum_id: int, *, only: int | None) -> Mapping[int, tuple[AgendaSession, ...]]:
    """What delegates attend of the programme, for those who chose to have it in their agendas."""
    query = (
        select(Delegate.id, Delegate.uid, ProgrammeEntry)
        .join(CalendarChoice, CalendarChoice.delegate_id == Delegate.id)
        .join(Attendance, Attendance.delegate_id == Delegate.id)
        .join(ProgrammeEntry, ProgrammeEntry.id == Attendance.entry_id)
        .where(Delegate.forum_id == forum_id, CalendarChoice.programme)
        .order_by(ProgrammeEntry.starts_at, ProgrammeEntry.id)
    )
    found: dict[int, list[AgendaSession]] = defaultdict(list)
    for delegate_id, uid, entry in db.session.execute(
        query if only is None else query.where(Delegate.id == only)
    ):
        found[delegate_id].append(
            AgendaSession(
                uid=f"{entry.uid}-{uid}",
                titles=CapabilityName(names=tuple(sorted(entry.titles.items()))),
                place=entry.place,
                starts_at=entry.starts_at,
                ends_at=entry.ends_at,
            )
        )
    return {delegate_id: tuple(sessions) for delegate_id, sessions in found.items()}
