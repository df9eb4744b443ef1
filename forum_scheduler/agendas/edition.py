"""A published version loaded at once: agendas of one subject, or of all, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from flask_babel import gettext as _

from forum_scheduler.agendas.history import Change, changes_of, left_entries, placed_of, vacancies_of
from forum_scheduler.agendas.record import (
    Agenda,
    AgendaEntry,
    AgendaParty,
    AgendaPerson,
    AgendaSession,
    EntryStatus,
    ForumFacts,
    Hall,
    OwnRole,
    Subject,
    SubjectKind,
    Vacancy,
)
from forum_scheduler.agendas.subjects import (
    Profile,
    companies_of,
    halls_of,
    hosts_of,
    interpreters_of,
    people_of,
    profiles_of,
    sessions_of,
    tables_of,
)
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import calendar_entries, published_entries
from forum_scheduler.publishing.records import CalendarEntry, Entry, EntryCompany, EntryPerson

_NO_PROFILE = Profile()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """What an Edition is made of."""

    forum: ForumFacts
    publication: Publication
    entries: tuple[Entry, ...]
    left: tuple[
        Entry, ...
    ]  # of an interpreter or table alone: meetings of earlier versions, as those had them
    vacancies: tuple[Vacancy, ...]
    told: tuple[CalendarEntry, ...]
    placed: frozenset[int]  # meetings that take place, of those that are told or entered
    changes: Mapping[int, Change]  # by meeting
    profiles: Mapping[int, Profile]  # by company
    hosts: Mapping[int, int]  # table -> the company whose booth it is
    people: Mapping[int, Subject]
    homes: Mapping[int, int]  # delegate -> own company
    companies: Mapping[int, Subject]
    tables: Mapping[int, Subject]
    interpreters: Mapping[int, Subject]
    halls: tuple[Hall, ...]
    sessions: Mapping[int, tuple[AgendaSession, ...]]  # by delegate, of those who want them


def load_edition(
    publication: Publication,
    *,
    delegate_id: int | None = None,
    company_id: int | None = None,
    interpreter_id: int | None = None,
    table_id: int | None = None,
) -> Edition:
    """Load a version: all of it, or what one subject's agenda needs."""
    only = {
        "delegate_id": delegate_id,
        "company_id": company_id,
        "interpreter_id": interpreter_id,
        "table_id": table_id,
    }
    single = any(value is not None for value in only.values())
    forum = db.session.get(Forum, publication.forum_id)
    if forum is None:
        raise NotFound(_("There is no such forum."))
    entries = published_entries(publication, **only)
    people_too = not single or delegate_id is not None or company_id is not None
    told = calendar_entries(forum, delegate_id=delegate_id, company_id=company_id) if people_too else ()
    placed = frozenset(entry.meeting_id for entry in entries)
    left = () if people_too else left_entries(publication, placed, interpreter_id, table_id)
    meeting_ids = placed | {entry.meeting_id for entry in left} | {entry.meeting_id for entry in told}
    if single:  # then what others meet about is not among the entries
        placed |= placed_of(publication.schedule_id, meeting_ids - placed)
    company_ids = {id_ for entry in entries for id_ in entry.company_ids}
    company_ids |= {company.id for each in told for company in each.companies}
    company_ids |= {id_ for entry in left for id_ in entry.company_ids}
    people = people_of(forum.id, only=delegate_id) if not single or delegate_id else ()
    return Edition(
        _Loaded(
            forum=forum_facts(forum),
            publication=publication,
            entries=entries,
            left=left,
            vacancies=()
            if single and people_too
            else vacancies_of(publication, interpreter_id=interpreter_id, table_id=table_id),
            told=told,
            placed=placed,
            changes=changes_of(forum.id, meeting_ids if single else None),
            profiles=profiles_of(forum.id, company_ids if single else None),
            hosts=hosts_of(forum.id),
            people={subject.id: subject for subject, _own in people},
            homes={subject.id: home for subject, home in people},
            companies=companies_of(forum.id, only=company_id) if not single or company_id else {},
            tables=tables_of(forum.id, only=table_id) if not single or table_id else {},
            interpreters=interpreters_of(forum.id, only=interpreter_id)
            if not single or interpreter_id
            else {},
            halls=halls_of(forum.id),
            sessions=sessions_of(forum.id, only=delegate_id) if not single or delegate_id else {},
        )
    )


def forum_facts(forum: Forum) -> ForumFacts:
    return ForumFacts(
        id=forum.id,
        uid=forum.uid,
        slug=forum.slug,
        name=forum.name,
        venue=forum.venue,
        timezone=forum.timezone,
        contact_email=forum.contact_email,
    )


class Edition:
    """A loaded version. Agendas are made of it without another query."""

    def __init__(self, loaded: _Loaded) -> None:
        self._loaded = loaded
        self.forum = loaded.forum
        self.version = loaded.publication.version
        self.published_at = loaded.publication.published_at
        self._by_delegate: dict[int, list[Entry]] = defaultdict(list)
        self._by_company: dict[int, list[Entry]] = defaultdict(list)
        self._by_table: dict[int, list[Entry]] = defaultdict(list)
        self._by_interpreter: dict[int, list[Entry]] = defaultdict(list)
        for entry in loaded.entries:
            for id_ in entry.delegate_ids:
                self._by_delegate[id_].append(entry)
            for id_ in entry.company_ids:
                self._by_company[id_].append(entry)
            self._by_table[entry.table_id].append(entry)
            if entry.interpreter is not None:
                self._by_interpreter[entry.interpreter.id].append(entry)
        self._vacant_at: dict[int, list[Vacancy]] = defaultdict(list)
        self._vacant_with: dict[int, list[Vacancy]] = defaultdict(list)
        for vacancy in loaded.vacancies:
            self._vacant_at[vacancy.table_id].append(vacancy)
            if vacancy.interpreter_id is not None:
                self._vacant_with[vacancy.interpreter_id].append(vacancy)
        self._told = {(told.delegate_id, told.meeting_id): told for told in loaded.told}
        self._told_to: dict[int, list[CalendarEntry]] = defaultdict(list)
        for told in loaded.told:
            self._told_to[told.delegate_id].append(told)

    # One subject. All raise NotFound for somebody that was not loaded.

    def person(self, delegate_id: int) -> Agenda:
        """The agenda of a delegate, meetings that were cancelled for them included."""
        subject = _known(self._loaded.people, delegate_id)
        mine = self._by_delegate[delegate_id]
        placed = {entry.meeting_id for entry in mine}
        made = [self._personal(subject, entry) for entry in mine]
        made += [
            self._dropped(subject, told, own=self._own_company(told, delegate_id))
            for told in self._told_to[delegate_id]
            if told.meeting_id not in placed
        ]
        return self._agenda(subject, made)

    def company(self, company_id: int) -> Agenda:
        """The agenda of a company: all meetings of all its people."""
        subject = _known(self._loaded.companies, company_id)
        mine = self._by_company[company_id]
        made = [self._placed(subject, entry, own=frozenset((company_id,))) for entry in mine]
        seen = {entry.meeting_id for entry in mine}
        for told in self._loaded.told:
            if told.meeting_id not in seen and any(each.id == company_id for each in told.companies):
                seen.add(told.meeting_id)
                made.append(self._dropped(subject, told, own=company_id))
        return self._agenda(subject, made)

    def table(self, table_id: int) -> Agenda:
        subject = _known(self._loaded.tables, table_id)
        made = [self._placed(subject, each) for each in self._by_table[table_id]]
        return self._agenda(subject, made + self._left(subject), self._vacant_at[table_id])

    def interpreter(self, interpreter_id: int) -> Agenda:
        subject = _known(self._loaded.interpreters, interpreter_id)
        made = [self._placed(subject, each) for each in self._by_interpreter[interpreter_id]]
        return self._agenda(subject, made + self._left(subject), self._vacant_with[interpreter_id])

    def whole_forum(self) -> Agenda:
        """Every meeting, by time and table."""
        facts = self.forum
        subject = Subject(kind=SubjectKind.FORUM, id=facts.id, uid=facts.uid, name=facts.name)
        made = [self._placed(subject, each) for each in self._loaded.entries]
        return self._agenda(subject, made, self._loaded.vacancies)

    # All of a kind, in order of name. Who never had a meeting is left out.

    def people(self) -> tuple[Agenda, ...]:
        return self._people

    def companies(self) -> tuple[Agenda, ...]:
        return self._companies

    @cached_property
    def _people(self) -> tuple[Agenda, ...]:
        ids = self._by_delegate.keys() | self._told_to.keys()
        return _by_name(self.person(id_) for id_ in ids if id_ in self._loaded.people)

    @cached_property
    def _companies(self) -> tuple[Agenda, ...]:
        ids = {company.id for told in self._loaded.told for company in told.companies}
        ids |= self._by_company.keys()
        return _by_name(self.company(id_) for id_ in ids if id_ in self._loaded.companies)

    def tables(self) -> tuple[Agenda, ...]:
        """All tables in the order of their zones, those without a meeting too."""
        return tuple(self.table(id_) for id_ in self._loaded.tables)

    def interpreters(self) -> tuple[Agenda, ...]:
        return _by_name(self.interpreter(id_) for id_ in self._loaded.interpreters)

    # Making entries

    def _agenda(
        self, subject: Subject, entries: list[AgendaEntry], vacancies: Sequence[Vacancy] = ()
    ) -> Agenda:
        return Agenda(
            forum=self.forum,
            version=self.version,
            published_at=self.published_at,
            preliminary=self._loaded.publication.preliminary,
            subject=subject,
            entries=tuple(sorted(entries, key=lambda each: each.starts_at)),  # stable: tables stay in order
            halls=self._loaded.halls,
            sessions=self._loaded.sessions.get(subject.id, ()) if subject.kind is SubjectKind.PERSON else (),
            vacancies=tuple(vacancies),
        )

    def _personal(self, subject: Subject, entry: Entry) -> AgendaEntry:
        own = next(
            party.company.id
            for party in entry.parties
            if any(person.id == subject.id for person in party.people)
        )
        told = self._told.get((subject.id, entry.meeting_id))
        change = (
            None if told is None else Change(version=told.version, at=told.changed_at, sequence=told.sequence)
        )
        return self._placed(subject, entry, own=frozenset((own,)), change=change or self._unchanged())

    def _unchanged(self) -> Change:
        return Change(version=self.version, at=self.published_at, sequence=0)

    def _placed(
        self,
        subject: Subject,
        entry: Entry,
        *,
        own: frozenset[int] = frozenset(),
        change: Change | None = None,
    ) -> AgendaEntry:
        change = change or self._loaded.changes.get(entry.meeting_id) or self._unchanged()
        parties = [self._party(party.company, party.people) for party in entry.parties]
        return AgendaEntry(
            uid=_uid(entry.meeting_uid, subject),
            sequence=change.sequence,
            status=EntryStatus.CONFIRMED,
            changed_at=change.at,
            version=change.version,
            meeting_id=entry.meeting_id,
            meeting_uid=entry.meeting_uid,
            title=entry.title,
            must=entry.must,
            starts_at=entry.starts_at,
            ends_at=entry.ends_at,
            block_id=entry.block_id,
            block=entry.block_name,
            table_id=entry.table_id,
            table=entry.table_label,
            zone=entry.zone_name,
            own=tuple(party for party in parties if party.company_id in own),
            others=tuple(party for party in parties if party.company_id not in own),
            interpreter=None
            if entry.interpreter is None
            else AgendaPerson(
                id=entry.interpreter.id, uid=entry.interpreter.uid, name=entry.interpreter.name
            ),
            languages=entry.interpret or (),
            own_role=_own_role(subject, hosts=self._loaded.hosts.get(entry.table_id) in own),
        )

    def _dropped(self, subject: Subject, told: CalendarEntry, *, own: int | None) -> AgendaEntry:
        """A meeting that was announced and takes place no more, or without the subject; as announced."""
        change = Change(version=told.version, at=told.changed_at, sequence=told.sequence)
        if subject.kind != SubjectKind.PERSON:
            change = self._loaded.changes.get(told.meeting_id, change)
        parties = [self._party(company, ()) for company in told.companies]
        return AgendaEntry(
            uid=_uid(told.meeting_uid, subject),
            sequence=change.sequence,
            status=self._gone(told.meeting_id),
            changed_at=change.at,
            version=change.version,
            meeting_id=told.meeting_id,
            meeting_uid=told.meeting_uid,
            title=told.title,
            must=False,
            starts_at=told.starts_at,
            ends_at=told.ends_at,
            block_id=None,
            block="",
            table_id=None,
            table=told.table_label,
            zone=told.zone_name,
            own=tuple(party for party in parties if party.company_id == own),
            others=tuple(party for party in parties if party.company_id != own),
            interpreter=None,
            languages=(),
            own_role=_own_role(subject, hosts=False),
        )

    def _left(self, subject: Subject) -> list[AgendaEntry]:
        """What an interpreter or table had in earlier versions, so that calendars take it away."""
        return [
            replace(self._placed(subject, entry), status=self._gone(entry.meeting_id))
            for entry in self._loaded.left
        ]

    def _gone(self, meeting_id: int) -> EntryStatus:
        """Why a meeting is not in an agenda any more."""
        return EntryStatus.WITHOUT if meeting_id in self._loaded.placed else EntryStatus.CANCELLED

    def _own_company(self, told: CalendarEntry, delegate_id: int) -> int | None:
        """For which party a delegate would have come; their own company where it is one of them."""
        home = self._loaded.homes.get(delegate_id)
        return home if any(company.id == home for company in told.companies) else None

    def _party(self, company: EntryCompany, people: Sequence[EntryPerson]) -> AgendaParty:
        profile = self._loaded.profiles.get(company.id, _NO_PROFILE)
        return AgendaParty(
            company_id=company.id,
            company_uid=company.uid,
            company=company.name,
            country=company.country,
            side=company.side,
            people=tuple(
                AgendaPerson(id=person.id, uid=person.uid, name=person.name, role=person.role)
                for person in people
            ),
            offers=profile.offers,
            needs=profile.needs,
        )


def _uid(meeting_uid: str, subject: Subject) -> str:
    """One meeting in one agenda: neither part ever changes."""
    return f"{meeting_uid}-{subject.uid}"


def _own_role(subject: Subject, *, hosts: bool) -> OwnRole:
    by_kind = {
        SubjectKind.TABLE: OwnRole.PLACE,
        SubjectKind.INTERPRETER: OwnRole.INTERPRETER,
        SubjectKind.FORUM: OwnRole.OBSERVER,
    }
    return by_kind.get(subject.kind, OwnRole.HOST if hosts else OwnRole.GUEST)


def _known(subjects: Mapping[int, Subject], id_: int) -> Subject:
    if id_ not in subjects:
        raise NotFound(_("There is no such agenda."))
    return subjects[id_]


def _by_name(agendas: Iterable[Agenda]) -> tuple[Agenda, ...]:
    return tuple(sorted(agendas, key=lambda each: (each.subject.name.casefold(), each.subject.id)))


# Queries
