"""Whom the agendas of a version are about, as they are now: people, companies, tables, interpreters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

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
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.notices import LANGUAGES
from forum_scheduler.requests.models import Attendance
from forum_scheduler.scheduling.models import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A company's offers and needs in the order of the forum's list."""

    offers: tuple[CapabilityName, ...] = ()
    needs: tuple[CapabilityName, ...] = ()


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
