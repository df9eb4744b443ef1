"""How many companies stand behind each choice of a filter, given all the other filters.

One statement groups the companies by side, country and size, which is then counted here; one reads their
lists of programmes, topics, roles and interests as they are stored, and one more each list of which something
is chosen; one or two more count capabilities. So the database reads all companies three or four times as a
rule, and hands over a short row for each.
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
_LISTS = {
    "programmes": Company.programmes,
    "topics": Company.topics,
    "roles": Company.consortium_roles,
    "interests": Company.interests,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Value -> number of companies, for each filter; ``total``: companies found with all filters."""

    sides: Counts
    countries: Counts
    sizes: Counts
    programmes: Counts
    topics: Counts
    roles: Counts
    interests: Counts
    offers: Counts
    needs: Counts
    total: int


def count(base: Conditions, filters: Filters) -> Facets:
    """``base``: what holds whatever the choices (visible, words, favourites)."""
    lists = _in_lists(base, filters)
    (sides, countries, sizes), total = _grouped(base, filters)
    offers, needs = _capabilities([*base, *_plain(filters)], filters)
    return Facets(
        sides=sides,
        countries=countries,
        sizes=sizes,
        programmes=lists["programmes"],
        topics=lists["topics"],
        roles=lists["roles"],
        interests=lists["interests"],
        offers=offers,
        needs=needs,
        total=total,
    )


def _grouped(base: Conditions, filters: Filters) -> tuple[tuple[Counts, Counts, Counts], int]:
    """Companies by side, by country, by size, each without its own filter; and those with all filters."""
    columns = (Company.side_id, Company.country, Company.size)
    lists = [condition for name in _LISTS for condition in _chosen_in(name, filters)]
    rows = db.session.execute(
        select(*columns, func.count()).where(*base, *_capable(filters), *lists).group_by(*columns)
    ).all()
    chosen: tuple[tuple[int | str, ...], ...] = (filters.sides, filters.countries, filters.sizes)
    counters: tuple[Counter[int | str], ...] = (Counter(), Counter(), Counter())
    total = 0
    for side, country, size, number in rows:
        values: tuple[int | str, ...] = (side, country, size)
        failed = [index for index, wanted in enumerate(chosen) if wanted and values[index] not in wanted]
        if not failed:
            total += number
        if len(failed) <= 1:
            for index in failed or range(len(chosen)):
                counters[index][values[index]] += number
    del counters[2][""]  # says nothing of its size
    return (counters[0], counters[1], counters[2]), total


def _in_lists(base: Conditions, filters: Filters) -> dict[str, Counts]:
    """Companies by each value of the JSON lists, each list without its own filter.

    Lists that nothing is chosen of have the same conditions, and are read together.
    """
    chosen = [name for name in _LISTS if getattr(filters, name)]
    together = [name for name in _LISTS if name not in chosen]
    found: dict[str, Counts] = {}
    for names in (together, *([name] for name in chosen)):
        conditions = [*base, *_capable(filters), *_plain(filters, besides=names[0] if names else "")]
        found |= _listed_in(names, conditions)
    return found


def _listed_in(names: Sequence[str], conditions: Conditions) -> dict[str, Counts]:
    stored = [cast(_LISTS[name], Text) for name in names]
    if not stored:
        return {}
    columns = zip(*db.session.execute(select(*stored).where(*conditions)).all(), strict=True)
    found: dict[str, Counts] = {name: {} for name in names}
    for name, texts in zip(names, columns, strict=False):  # no companies, no columns
        counter: Counter[int | str] = Counter()
        for text, number in Counter(texts).items():
            for value in _listed(text):
                counter[value] += number
        found[name] = counter
    return found


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


def _plain(filters: Filters, *, besides: str = "") -> list[ColumnElement[bool]]:
    """The conditions of all choices but those of capabilities, and of the filter ``besides``."""
    found: list[ColumnElement[bool]] = []
    if filters.sides:
        found.append(Company.side_id.in_(filters.sides))
    if filters.countries:
        found.append(Company.country.in_(filters.countries))
    if filters.sizes:
        found.append(Company.size.in_(filters.sizes))
    return found + [each for name in _LISTS if name != besides for each in _chosen_in(name, filters)]


def _chosen_in(name: str, filters: Filters) -> list[ColumnElement[bool]]:
    wanted: tuple[str, ...] = getattr(filters, name)
    return [or_(*(listed_in(_LISTS[name], each) for each in wanted))] if wanted else []


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
