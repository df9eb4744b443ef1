"""Who stands before the desk: found by name, where they must be now and next, whose paper is out of date.

Names are compared here, not by the database: a forum has a few thousand, and each has to be understood in
both alphabets, as it sounds and with a slip, as in the directory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.agendas.history import changed_in
from forum_scheduler.agendas.outdated import outdated_since
from forum_scheduler.agendas.record import SubjectKind, now_and_next
from forum_scheduler.agendas.subjects import halls_of
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.companies.names import search_text, slips, sound
from forum_scheduler.companies.words import SHORTEST_GUESSED, words_of
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Interpreter
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import entries_naming
from forum_scheduler.publishing.records import Entry
from forum_scheduler.spelling import fold, transliterate

MOST = 20  # of a kind on a page: who finds more has typed too little

Fits = Callable[[str, str], bool]  # a folded word, a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whom or what somebody may ask the desk for: a delegate, an interpreter, a table, a company.

    ``detail``: a delegate's company, a table's zone. ``admitted``: whether the company is.
    """

    kind: SubjectKind
    id: int
    name: str
    role: str = ""
    detail: str = ""
    admitted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """``meetings``: in the version; ``changed_in``: the version that changed a delegate's agenda last."""

    who: Known
    meetings: int = 0
    running: Entry | None = None
    coming: Entry | None = None
    changed_in: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """People (interpreters among them), companies and tables, the best first; ``more`` fit than are named."""

    people: tuple[Known, ...] = ()
    companies: tuple[Known, ...] = ()
    tables: tuple[Known, ...] = ()
    more: int = 0

    @property
    def any(self) -> bool:
        return bool(self.people or self.companies or self.tables)


def search(forum_id: int, text: str) -> Found:
    """All words of ``text`` must be in a name, or in those of a delegate and their company together."""
    words = words_of(text)
    if not words:
        return Found()
    people = (*_delegates(forum_id), *_interpreters(forum_id))
    companies = _companies(forum_id)
    tables = tuple(_tables(forum_id, words))
    found = _fitting(people, companies, words, _has)
    if not (found.any or tables):
        found = _fitting(people, companies, words, _nearly)
    return Found(
        people=found.people[:MOST],
        companies=found.companies[:MOST],
        tables=tables[:MOST],
        more=sum(max(0, len(each) - MOST) for each in (found.people, found.companies, tables)),
    )


def _fitting(people: Sequence[Known], companies: Sequence[Known], words: Sequence[str], fits: Fits) -> Found:
    def best(known: Iterable[Known]) -> tuple[Known, ...]:
        fitting = (each for each in known if all(fits(word, f"{each.name} {each.detail}") for word in words))
        return tuple(sorted(fitting, key=lambda each: _rank(each, words, fits)))

    return Found(people=best(people), companies=best(companies))


def _rank(known: Known, words: Sequence[str], fits: Fits) -> tuple[int, str]:
    """Names that have all words before those whose company has, and whole beginnings before parts."""
    written = _spellings(known.name)[0]
    begins = all(f" {word}" in f" {written}" for word in words)
    own = begins or all(fits(word, known.name) for word in words)
    return (0 if begins else 1 if own else 2, known.name.casefold())


@lru_cache(maxsize=20_000)
def _spellings(name: str) -> tuple[str, frozenset[str]]:
    """As it is written in both alphabets, and the sounds of its words."""
    written = search_text([name])
    return written, frozenset(sound(word) for word in written.split())


def _has(word: str, name: str) -> bool:
    written, sounds = _spellings(name)
    key = sound(word)
    return (
        word in written
        or (transliterate(word) or word) in written
        or (len(key) >= 2 and any(each.startswith(key) for each in sounds))
    )


def _nearly(word: str, name: str) -> bool:
    """The same, or one slip away."""
    key = sound(word)
    if len(key) < SHORTEST_GUESSED:
        return _has(word, name)
    near = slips(key)
    return any(not near.isdisjoint(slips(each)) for each in _spellings(name)[1])


# What there is


def _delegates(forum_id: int) -> Iterator[Known]:
    query = (
        select(Delegate.id, Delegate.name, Delegate.role, Company.name, Company.status)
        .join(Company, Company.id == Delegate.company_id)
        .where(Delegate.forum_id == forum_id)
    )
    for id_, name, role, company, status in db.session.execute(query):
        yield Known(
            kind=SubjectKind.PERSON,
            id=id_,
            name=name,
            role=role,
            detail=company,
            admitted=status == CompanyStatus.APPROVED,
        )


def _interpreters(forum_id: int, *, retired: bool = False) -> Iterator[Known]:
    """``retired``: those, too, who were taken out of use after they had been planned."""
    query = select(Interpreter.id, Interpreter.name).where(Interpreter.forum_id == forum_id)
    if not retired:
        query = query.where(Interpreter.live())
    for id_, name in db.session.execute(query):
        yield Known(kind=SubjectKind.INTERPRETER, id=id_, name=name)


def _companies(forum_id: int) -> tuple[Known, ...]:
    query = select(Company.id, Company.name, Company.status).where(Company.forum_id == forum_id)
    return tuple(
        Known(kind=SubjectKind.COMPANY, id=id_, name=name, admitted=status == CompanyStatus.APPROVED)
        for id_, name, status in db.session.execute(query)
    )


def _tables(forum_id: int, words: Sequence[str]) -> Iterator[Known]:
    """The table of just this label, with or without the word "table" before it."""
    called = {fold("table"), fold(_("Table"))}
    label = " ".join(word for word in words if word not in called)
    for hall in halls_of(forum_id):
        for id_, name in hall.tables:
            if label and fold(name) == label:
                yield Known(kind=SubjectKind.TABLE, id=id_, name=name, detail=hall.name)


# Where they must be


def whereabouts(
    publication: Publication, known: Sequence[Known], *, moment: datetime
) -> tuple[Whereabouts, ...]:
    """For each of these people and tables, in their order; in a fixed number of queries."""
    ids = {kind: [each.id for each in known if each.kind is kind] for kind in SubjectKind}
    entries = entries_naming(
        publication,
        delegate_ids=ids[SubjectKind.PERSON],
        interpreter_ids=ids[SubjectKind.INTERPRETER],
        table_ids=ids[SubjectKind.TABLE],
    )
    own: dict[tuple[SubjectKind, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        own[SubjectKind.TABLE, entry.table_id].append(entry)
        if entry.interpreter is not None:
            own[SubjectKind.INTERPRETER, entry.interpreter.id].append(entry)
        for delegate_id in entry.delegate_ids:
            own[SubjectKind.PERSON, delegate_id].append(entry)
    changed = changed_in(publication, ids[SubjectKind.PERSON])
    found = []
    for who in known:
        mine = own[who.kind, who.id]
        running, coming = now_and_next(mine, moment)
        found.append(
            Whereabouts(
                who=who,
                meetings=len(mine),
                running=running,
                coming=coming,
                changed_in=changed.get(who.id) if who.kind is SubjectKind.PERSON else None,
            )
        )
    return tuple(found)


def changed_people(publication: Publication, *, since: int) -> tuple[Known, ...]:
    """Whose agenda or roster is another one than in version ``since``, in order of name."""
    outdated = outdated_since(publication, first=since)[since]
    people = (each for each in _delegates(publication.forum_id) if each.id in outdated.people)
    interpreters = _interpreters(publication.forum_id, retired=True)
    helpers = (each for each in interpreters if each.id in outdated.interpreters)
    return tuple(sorted((*people, *helpers), key=lambda each: (each.name.casefold(), each.kind, each.id)))
