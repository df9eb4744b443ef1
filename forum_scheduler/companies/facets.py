"""How many companies stand behind each choice of a filter, given all the other filters.

One statement groups the companies by side, country, size, programmes and roles, which is then counted here;
one or two more count capabilities. With 4,000 companies that is a few thousand short rows at most.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.models import Company, CompanyCapability, Seeks
from forum_scheduler.extensions import db

Conditions = Sequence[ColumnElement[bool]]
Counts = Mapping[int | str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Value -> number of companies, for each filter; ``total``: companies found with all filters."""

    sides: Counts
    countries: Counts
    sizes: Counts
    programmes: Counts
    roles: Counts
    offers: Counts
    needs: Counts
    total: int


def count(base: Conditions, filters: Filters) -> Facets:
    """``base``: what holds whatever the choices (visible, words, favourites)."""
    groups = _groups([*base, *_capable(filters)])
    chosen = (filters.sides, filters.countries, filters.sizes, filters.programmes, filters.roles)
    counters: tuple[Counter[int | str], ...] = tuple(Counter() for _ in chosen)
    total = 0
    for values, number in groups:
        failed = [
            index
            for index, (have, wanted) in enumerate(zip(values, chosen, strict=True))
            if wanted and not any(each in wanted for each in have)
        ]
        if not failed:
            total += number
        if len(failed) > 1:
            continue
        for index in failed or range(len(chosen)):
            for each in values[index]:
                counters[index][each] += number
    offers, needs = _capabilities([*base, *_plain(filters)], filters)
    return Facets(
        sides=counters[0],
        countries=counters[1],
        sizes=counters[2],
        programmes=counters[3],
        roles=counters[4],
        offers=offers,
        needs=needs,
        total=total,
    )


Values = tuple[tuple[int | str, ...], ...]


def _groups(conditions: Conditions) -> list[tuple[Values, int]]:
    lists = (cast(Company.programmes, Text), cast(Company.consortium_roles, Text))
    columns = (Company.side_id, Company.country, Company.size, lists[0], lists[1])
    rows = db.session.execute(select(*columns, func.count()).where(*conditions).group_by(*columns)).all()
    return [
        (((side,), (country,), (size,) if size else (), _listed(programmes), _listed(roles)), number)
        for side, country, size, programmes, roles, number in rows
    ]


@lru_cache(maxsize=4096)
def _listed(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _capabilities(conditions: Conditions, filters: Filters) -> tuple[Counts, Counts]:
    """Offers and needs: each counted with the other's filter, not with its own."""
    if not filters.offers and not filters.needs:
        both = _counted(conditions, (Seeks.OFFER, Seeks.NEED))
        return both[Seeks.OFFER], both[Seeks.NEED]
    offers = _counted([*conditions, *_has_any(Seeks.NEED, filters.needs)], (Seeks.OFFER,))
    needs = _counted([*conditions, *_has_any(Seeks.OFFER, filters.offers)], (Seeks.NEED,))
    return offers[Seeks.OFFER], needs[Seeks.NEED]


def _counted(conditions: Conditions, kinds: Collection[Seeks]) -> Mapping[str, Counts]:
    found: dict[str, dict[int | str, int]] = {kind: {} for kind in kinds}
    companies = select(Company.id).where(*conditions)
    rows = db.session.execute(
        select(CompanyCapability.kind, CompanyCapability.capability_id, func.count())
        .where(CompanyCapability.company_id.in_(companies), CompanyCapability.kind.in_(list(kinds)))
        .group_by(CompanyCapability.kind, CompanyCapability.capability_id)
    )
    for kind, capability_id, number in rows:
        found[kind][capability_id] = number
    return found


def narrowing(filters: Filters) -> list[ColumnElement[bool]]:
    """The conditions of all choices."""
    return [*_plain(filters), *_capable(filters)]


def _plain(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.sides:
        found.append(Company.side_id.in_(filters.sides))
    if filters.countries:
        found.append(Company.country.in_(filters.countries))
    if filters.sizes:
        found.append(Company.size.in_(filters.sizes))
    for column, wanted in (
        (Company.programmes, filters.programmes),
        (Company.consortium_roles, filters.roles),
    ):
        if wanted:
            found.append(or_(*(listed_in(column, each) for each in wanted)))
    return found


def listed_in(column: InstrumentedAttribute[list[str]], value: str) -> ColumnElement[bool]:
    """The condition "the JSON list has this value", on both databases."""
    return cast(column, Text).contains(json.dumps(value), autoescape=True)


def _capable(filters: Filters) -> list[ColumnElement[bool]]:
    return [*_has_any(Seeks.OFFER, filters.offers), *_has_any(Seeks.NEED, filters.needs)]


def _has_any(kind: Seeks, capability_ids: Sequence[int]) -> list[ColumnElement[bool]]:
    if not capability_ids:
        return []
    having = select(CompanyCapability.company_id).where(
        and_(CompanyCapability.capability_id.in_(capability_ids), CompanyCapability.kind == kind)
    )
    return [Company.id.in_(having)]
