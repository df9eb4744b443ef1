"""Finding companies: whom a company may see, and one page of those that a search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, UnaryExpression, and_, case, func, or_, select
from sqlalchemy.orm import defer, joinedload, selectinload

from forum_scheduler.companies import facets as counting
from forum_scheduler.companies import words
from forum_scheduler.companies.facets import Facets
from forum_scheduler.companies.filters import Filters, Sort
from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyCapability,
    CompanyStatus,
    Favourite,
    Seeks,
)
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import AskRule
from forum_scheduler.paging import Paged, Paging

PAGE_SIZE = 30
LISTED = 1000  # companies found by words are named one by one up to this number


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
    mine = list(company_ids)
    blocked = select(BlockedPair.high_id).where(BlockedPair.low_id.in_(mine)).union(
        select(BlockedPair.low_id).where(BlockedPair.high_id.in_(mine))
    )  # fmt: skip
    return and_(condition, Company.id.not_in(mine), Company.id.not_in(blocked))


def sides_to_ask(side_id: int) -> frozenset[int]:
    """The sides whose companies one of this side may ask."""
    return frozenset(
        db.session.scalars(select(AskRule.asked_side_id).where(AskRule.asker_side_id == side_id))
    )


def search(*, forum_id: int, company_ids: Sequence[int], filters: Filters, mine: Mine | None = None) -> Page:
    """One page of the companies that the representative of ``company_ids`` may see."""
    base = [visible_to(forum_id=forum_id, company_ids=company_ids), *_own(filters, mine)]
    sought = words.words_of(filters.text)
    guessed = False
    if filters.text:
        found, guessed = _with_words(base, sought, forum_id)
        base.append(found)
    facets = counting.count(base, filters)
    paging = Paging.at(filters.page, size=PAGE_SIZE, total=facets.total)
    query = select(Company.id)
    order: list[ColumnElement[int] | UnaryExpression[int]] = []
    if filters.sort is Sort.NEWEST:
        order = [Company.id.desc()]
    elif filters.sort is Sort.BEST and sought:
        order = [words.nearness(sought), *([_not_to_ask(mine)] if mine is not None else [])]
    elif filters.sort is Sort.BEST and mine is not None and (mine.offers or mine.needs):
        fit = _fit(mine)
        query = query.outerjoin(fit, fit.c.company_id == Company.id)
        # Those with whom something is under way already stand behind those whom one may still ask.
        order = [_not_to_ask(mine), func.coalesce(fit.c.points, 0).desc()]
    elif filters.sort is Sort.BEST and mine is not None:
        order = [_not_to_ask(mine)]
    ordered = query.where(*base, *counting.narrowing(filters)).order_by(
        *order, func.lower(Company.name), Company.id
    )
    items = _listed(db.session.scalars(paging.cut(ordered)).all())
    return Page(
        page=paging.page, size=PAGE_SIZE, total=facets.total, items=items, facets=facets, guessed=guessed
    )


def matching(
    *, forum_id: int, filters: Filters, mine: Mine, among: Sequence[ColumnElement[bool]]
) -> Sequence[Match]:
    """All companies with the conditions ``among`` that ``mine`` may see and a search finds, by name.

    Words count as they are written: nothing is guessed at.
    """
    sought = words.words_of(filters.text)
    conditions = [
        visible_to(forum_id=forum_id, company_ids=[mine.company_id]),
        *among,
        *_own(filters, mine),
        *counting.narrowing(filters),
    ]
    if filters.text:
        conditions.append(words.as_written(sought) if sought else Company.id.in_(()))
    rows = db.session.execute(
        select(Company.id, Company.uid, Company.name)
        .where(*conditions)
        .order_by(func.lower(Company.name), Company.id)
    )
    return [Match(id=id_, uid=uid, name=name) for id_, uid, name in rows]


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


def _own(filters: Filters, mine: Mine | None) -> list[ColumnElement[bool]]:
    """The filters on what the company itself keeps and does; without a company they find nothing."""
    if not filters.kept and not filters.fresh:
        return []
    if mine is None:
        return [Company.id.in_(())]
    found: list[ColumnElement[bool]] = []
    if filters.kept:
        kept = select(Favourite.other_id).where(Favourite.company_id == mine.company_id)
        found.append(Company.id.in_(kept))
    if filters.fresh:
        found += [Company.side_id.in_(mine.may_ask), Company.id.not_in(mine.partners)]
    return found


def _with_words(
    base: Sequence[ColumnElement[bool]], sought: Sequence[str], forum_id: int
) -> tuple[ColumnElement[bool], bool]:
    """The condition "has the words", and whether they had to be guessed at. The texts are read once."""
    if not sought:
        return Company.id.in_(()), False  # signs only
    written = words.as_written(sought)
    ids = _ids(base, written)
    if ids:
        return (Company.id.in_(ids) if len(ids) <= LISTED else written), False
    slipped = words.with_a_slip(sought, forum_id=forum_id)
    near = _ids(base, slipped) if slipped is not None else ()
    return Company.id.in_(near), bool(near)


def _ids(base: Sequence[ColumnElement[bool]], found: ColumnElement[bool]) -> Sequence[int]:
    return db.session.scalars(select(Company.id).where(*base, found).limit(LISTED + 1)).all()


def _not_to_ask(mine: Mine) -> ColumnElement[int]:
    """0: one may still ask it; 1: one did; 2: the forum's rules forbid it."""
    return case(
        (Company.side_id.not_in(sorted(mine.may_ask)), 2), (Company.id.in_(mine.partners), 1), else_=0
    )


def _fit(mine: Mine) -> Subquery:
    """Company -> 3 points for each need that we can meet, 2 for each offer that we need."""
    meets = and_(
        CompanyCapability.kind == Seeks.NEED, CompanyCapability.capability_id.in_(sorted(mine.offers))
    )
    helps = and_(
        CompanyCapability.kind == Seeks.OFFER, CompanyCapability.capability_id.in_(sorted(mine.needs))
    )
    return (
        select(CompanyCapability.company_id, func.sum(case((meets, 3), else_=2)).label("points"))
        .where(or_(meets, helps))
        .group_by(CompanyCapability.company_id)
        .subquery()
    )
