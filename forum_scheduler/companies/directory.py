"""Finding companies: whom a company may see, and one page of those that a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, select
from sqlalchemy.orm import defer, joinedload, selectinload

from forum_scheduler.companies import facets as counting
from forum_scheduler.companies import words
from forum_scheduler.companies.facets import Facets
from forum_scheduler.companies.filters import Filters, Sort
from forum_scheduler.companies.index import Index, index_of, places_of
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyStatus,
    Favourite,
)
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import AskRule
from forum_scheduler.paging import Paged, Paging

PAGE_SIZE = 30
Groups = Sequence[int]  # sets of the index, the first ones first


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """The company that looks: what the best order and the filters on its own doings need.

    ``may_ask``: sides; ``partners``: companies with which a request stands.
    """

    company_id: int
    offers: frozenset[int] = frozenset()
    needs: frozenset[int] = frozenset()
    may_ask: frozenset[int] = frozenset()
    partners: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Paged[Company]):
    """One page of the companies that are found.

    ``guessed``: nothing has the words as they were typed; these have words that look like them.
    """

    facets: Facets
    guessed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A company that a search finds, by name only."""

    id: int
    uid: str
    name: str


def visible_to(*, forum_id: int, company_ids: Sequence[int]) -> ColumnElement[bool]:
    """The condition "approved, in this forum, not one of mine, not blocked against one of mine"."""
    condition = and_(Company.forum_id == forum_id, Company.status == CompanyStatus.APPROVED)
    if not company_ids:
        return condition
    return and_(condition, Company.id.not_in(list(company_ids)), Company.id.not_in(_blocked(company_ids)))


def _blocked(company_ids: Sequence[int]) -> CompoundSelect[int]:
    """The companies that are blocked against one of mine."""
    mine = list(company_ids)
    return select(BlockedPair.high_id).where(BlockedPair.low_id.in_(mine)).union(
        select(BlockedPair.low_id).where(BlockedPair.high_id.in_(mine))
    )  # fmt: skip


def _unseen_by(company_ids: Sequence[int]) -> Sequence[int]:
    """As :func:`visible_to`, of those whom the index has."""
    return [*company_ids, *db.session.scalars(_blocked(company_ids))] if company_ids else ()


def sides_to_ask(side_id: int) -> frozenset[int]:
    """The sides whose companies one of this side may ask."""
    return frozenset(
        db.session.scalars(select(AskRule.asked_side_id).where(AskRule.asker_side_id == side_id))
    )


def search(*, forum_id: int, company_ids: Sequence[int], filters: Filters, mine: Mine | None = None) -> Page:
    """One page of the companies that the representative of ``company_ids`` may see."""
    index = index_of(forum_id)
    among = index.everybody & ~index.these(_unseen_by(company_ids)) & _own(index, filters, mine)
    sought = words.words_of(filters.text)
    nearness: Groups = ()
    guessed = False
    if filters.text:
        nearness, guessed = _with_words(index, among, sought, forum_id)
        among &= _all_of(nearness)
    facets = counting.count(index, among, filters)
    found = counting.narrow(index, among, filters)
    paging = Paging.at(filters.page, size=PAGE_SIZE, total=facets.total)
    if filters.sort is Sort.NEWEST:
        ids = sorted(index.ids_of(found), reverse=True)[paging.start : paging.start + PAGE_SIZE]
    else:
        orders = _best(index, found, nearness, mine) if filters.sort is Sort.BEST else ()
        ids = _cut(index, found, orders, paging)
    items = _listed(ids)
    return Page(
        page=paging.page, size=PAGE_SIZE, total=facets.total, items=items, facets=facets, guessed=guessed
    )


def _best(index: Index, found: int, nearness: Groups, mine: Mine | None) -> Sequence[Groups]:
    """By the words searched for, else by what they need of ours and offer us.

    Those with whom something is under way already stand behind those whom one may still ask.
    """
    orders = [nearness] if nearness else []
    if mine is not None:
        orders.append(_to_ask(index, mine))
        if not nearness and (mine.offers or mine.needs):
            orders.append(_fitting(index, found, mine))
    return orders


def _to_ask(index: Index, mine: Mine) -> Groups:
    """First whom one may still ask, then whom one did, then those whom the forum's rules forbid."""
    allowed = index.columns["sides"].having(mine.may_ask)
    asked = index.these(mine.partners)
    return allowed & ~asked, allowed & asked, index.everybody & ~allowed


def _fitting(index: Index, found: int, mine: Mine) -> Groups:
    """By points, most first: 3 for each need that we can meet, 2 for each offer that we need."""
    by_points = {0: found}
    for name, values, points in (("needs", mine.offers, 3), ("offers", mine.needs, 2)):
        for value in values:
            having = index.columns[name].having([value])
            moved: dict[int, int] = {}
            for before, some in by_points.items():
                for after, those in ((before + points, some & having), (before, some & ~having)):
                    if those:
                        moved[after] = moved.get(after, 0) | those
            by_points = moved
    return [by_points[points] for points in sorted(by_points, reverse=True)]


def _cut(index: Index, found: int, orders: Sequence[Groups], paging: Paging) -> list[int]:
    """The ids of a page of ``found``, ordered by each of ``orders`` in turn, last by name."""
    groups = [found]
    for order in orders:
        groups = [part for group in groups for each in order if (part := group & each)]
    ids: list[int] = []
    skipped = 0
    for group in groups:
        size = group.bit_count()
        if skipped + size > paging.start:
            start = max(0, paging.start - skipped)
            some = islice(places_of(group), start, start + PAGE_SIZE - len(ids))
            ids += (index.ids[place] for place in some)
        if len(ids) == PAGE_SIZE:
            break
        skipped += size
    return ids


def matching(
    *, forum_id: int, filters: Filters, mine: Mine, among: Sequence[ColumnElement[bool]]
) -> Sequence[Match]:
    """All companies with the conditions ``among`` that ``mine`` may see and a search finds, by name.

    Words count as they are written: nothing is guessed at.
    """
    conditions = [visible_to(forum_id=forum_id, company_ids=[mine.company_id]), *among]
    if filters.text:
        sought = words.words_of(filters.text)
        conditions.append(words.as_written(sought) if sought else Company.id.in_(()))
    rows = db.session.execute(
        select(Company.id, Company.uid, Company.name)
        .where(*conditions)
        .order_by(func.lower(Company.name), Company.id)
    ).all()
    index = index_of(forum_id)
    found = set(index.ids_of(counting.narrow(index, _own(index, filters, mine), filters)))
    return [Match(id=id_, uid=uid, name=name) for id_, uid, name in rows if id_ in found]


def _listed(ids: Sequence[int]) -> list[Company]:
    """What a list shows of the companies, in the order of ``ids``; their long texts stay where they are."""
    found = db.session.scalars(
        select(Company)
        .where(Company.id.in_(ids))
        .options(
            *(defer(column) for column in (Company.search_text, Company.search_keys, Company.description)),
            joinedload(Company.side),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        )
    ).all()
    places = {id_: place for place, id_ in enumerate(ids)}
    return sorted(found, key=lambda each: places[each.id])


def _own(index: Index, filters: Filters, mine: Mine | None) -> int:
    """The companies that the filters on what the company itself keeps and does let through.

    Without a company they find nothing.
    """
    if not filters.kept and not filters.fresh:
        return index.everybody
    if mine is None:
        return 0
    found = index.everybody
    if filters.kept:
        kept = select(Favourite.other_id).where(Favourite.company_id == mine.company_id)
        found &= index.these(db.session.scalars(kept))
    if filters.fresh:
        found &= _to_ask(index, mine)[0]
    return found


def _with_words(index: Index, among: int, sought: Sequence[str], forum_id: int) -> tuple[Groups, bool]:
    """The companies that have the words, by nearness, and whether they had to be guessed at.

    Where none ``among`` those has them as they are written, words one slip away count too.
    """
    if not sought:
        return (), False  # signs only
    written = _near(index, sought, words.as_written(sought), forum_id)
    if among & _all_of(written):
        return written, False
    slipped = words.with_a_slip(sought, forum_id=forum_id)
    near = _near(index, sought, slipped, forum_id) if slipped is not None else ()
    return near, bool(among & _all_of(near))


def _near(index: Index, sought: Sequence[str], found: ColumnElement[bool], forum_id: int) -> Groups:
    rows = db.session.execute(
        select(words.nearness(sought), Company.id).where(visible_to(forum_id=forum_id, company_ids=()), found)
    ).all()
    by_nearness: dict[int, list[int]] = {}
    for nearness, id_ in rows:
        by_nearness.setdefault(nearness, []).append(id_)
    return [index.these(by_nearness[nearness]) for nearness in sorted(by_nearness)]


def _all_of(groups: Groups) -> int:
    return reduce(or_, groups, 0)
