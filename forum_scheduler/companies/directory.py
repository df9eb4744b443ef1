"""Finding companies: whom a company may see, search, filters, and suggestions that say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from forum_scheduler.companies.models import BlockedPair, Company, CompanyCapability, CompanyStatus, Seeks
from forum_scheduler.companies.names import fold, transliterate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import AskRule, Side

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What narrows the directory. ``text``: all of its words must be found. ``page`` counts from 1."""

    text: str = ""
    side_id: int | None = None
    country: str = ""
    offers: int | None = None  # capability id
    needs: int | None = None
    programme: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list. ``number`` counts from 1, ``pages`` is at least 1."""

    items: Sequence[Company]
    total: int
    number: int
    pages: int

    @property
    def page(self) -> int:
        return self.number

    @property
    def has_prev(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A company worth asking: capabilities that fit both ways, and programmes that both look at."""

    company: Company
    they_need: Sequence[str]
    they_offer: Sequence[str]
    programmes: Sequence[str]
    score: int


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


def search(*, forum_id: int, company_ids: Sequence[int], filters: Filters) -> Page:
    """One page of the companies that the representative of ``company_ids`` may see."""
    query = select(Company).where(visible_to(forum_id=forum_id, company_ids=company_ids))
    query = _narrow(query, filters)
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(max(1, filters.page), pages)
    items = db.session.scalars(
        query.options(
            joinedload(Company.side),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        )
        .order_by(func.lower(Company.name), Company.id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    ).all()
    return Page(items=items, total=total, number=number, pages=pages)


def _narrow(query: Select[Company], filters: Filters) -> Select[Company]:
    for word in fold(filters.text).split():
        latin = transliterate(word)
        query = query.where(
            or_(
                Company.search_text.contains(word, autoescape=True),
                Company.search_text.contains(latin, autoescape=True),
            )
        )
    if filters.side_id is not None:
        query = query.where(Company.side_id == filters.side_id)
    if filters.country:
        query = query.where(Company.country == filters.country)
    for capability_id, kind in ((filters.offers, Seeks.OFFER), (filters.needs, Seeks.NEED)):
        if capability_id is not None:
            query = query.where(
                Company.capabilities.any(
                    and_(
                        CompanyCapability.capability_id == capability_id,
                        CompanyCapability.kind == kind,
                    )
                )
            )
    return query


def facets(*, forum_id: int, company_ids: Sequence[int]) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Counts of visible companies by side (name) and country (code), the largest first."""
    seen = visible_to(forum_id=forum_id, company_ids=company_ids)
    sides = db.session.execute(
        select(Side.id, func.count()).join(Company, Company.side_id == Side.id).where(seen).group_by(Side.id)
    ).all()
    countries = db.session.execute(
        select(Company.country, func.count()).where(seen).group_by(Company.country)
    ).all()
    return {
        "sides": [(str(side), count) for side, count in sorted(sides, key=lambda row: -row[1])],
        "countries": [(code, count) for code, count in sorted(countries, key=lambda row: (-row[1], row[0]))],
    }


def suggestions(*, company: Company, asked: Sequence[int], limit: int, locale: str) -> tuple[Suggestion, ...]:
    """Companies that ``company`` (with capabilities loaded) may ask and has not, the best fit first.

    A fit counts 3 where they need what we offer, 2 where they offer what we need, 1 a shared programme.
    """
    offers = {each.capability_id for each in company.capabilities if each.kind == Seeks.OFFER}
    needs = {each.capability_id for each in company.capabilities if each.kind == Seeks.NEED}
    allowed_sides = select(AskRule.asked_side_id).where(AskRule.asker_side_id == company.side_id)
    others = db.session.scalars(
        select(Company)
        .where(
            visible_to(forum_id=company.forum_id, company_ids=[company.id]),
            Company.side_id.in_(allowed_sides),
            Company.id.not_in(list(asked)),
        )
        .options(
            joinedload(Company.side),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        )
    ).all()
    found = [_fit(company, other, offers, needs, locale) for other in others]
    best = sorted((each for each in found if each.score), key=lambda each: (-each.score, each.company.id))
    return tuple(best[:limit])


def _fit(company: Company, other: Company, offers: set[int], needs: set[int], locale: str) -> Suggestion:
    they_need = [
        each.capability.name(locale)
        for each in other.capabilities
        if each.kind == Seeks.NEED and each.capability_id in offers
    ]
    they_offer = [
        each.capability.name(locale)
        for each in other.capabilities
        if each.kind == Seeks.OFFER and each.capability_id in needs
    ]
    programmes = [each for each in company.programmes if each in other.programmes]
    return Suggestion(
        company=other,
        they_need=they_need,
        they_offer=they_offer,
        programmes=programmes,
        score=3 * len(they_need) + 2 * len(they_offer) + len(programmes),
    )
