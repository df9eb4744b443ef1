"""Companies worth asking, and why: what fits both ways, and what the company has liked and dismissed so far.

The database adds up the points of all companies that may be asked; only the best are loaded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, defer, joinedload, selectinload

from forum_scheduler.companies.directory import visible_to
from forum_scheduler.companies.models import Company, CompanyCapability, Dismissal, Seeks
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import AskRule

NEEDS_OURS, OFFERS_OURS, TOPIC, PROGRAMME, TASTE = 30, 20, 15, 10, 10  # points
TASTE_SHOWN = 0.3  # from here on a taste is a reason to name
ROLE_PAIRS = frozenset({("coordinator", "partner"), ("coordinator", "subcontractor")})

Trait = tuple[str, int]  # Seeks, capability id


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A company worth asking: capabilities that fit both ways, programmes and topics that both look at.

    ``liked``: capabilities that companies had whom this one asked or accepted. ``roles``: both look at the
    same programme, one to coordinate, the other to take part. ``score`` is only good for order.
    """

    company: Company
    they_need: Sequence[str]
    they_offer: Sequence[str]
    programmes: Sequence[str]
    topics: Sequence[str]
    liked: Sequence[str]
    roles: bool
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealings:
    """What the company did so far: ``liked``, whom it asked or accepted; ``disliked``, whom it declined;
    ``met``, with whom a request stands, whatever its state: these are not suggested."""

    liked: Collection[int] = ()
    disliked: Collection[int] = ()
    met: Collection[int] = ()


def suggestions(*, company: Company, dealings: Dealings, limit: int, locale: str) -> tuple[Suggestion, ...]:
    """Companies that ``company`` (with capabilities loaded) may ask and has not, the best first."""
    dismissed = db.session.scalars(select(Dismissal.other_id).where(Dismissal.company_id == company.id)).all()
    taste = _taste(dealings, dismissed)
    weights = _weights(company, taste)
    allowed_sides = select(AskRule.asked_side_id).where(AskRule.asker_side_id == company.side_id)
    points = _points(weights)
    score = func.coalesce(points.c.points, 0) + _points_for_the_same(company)
    best = db.session.execute(
        select(Company.id, score)
        .outerjoin(points, points.c.company_id == Company.id)
        .where(
            visible_to(forum_id=company.forum_id, company_ids=[company.id]),
            Company.side_id.in_(allowed_sides),
            Company.id.not_in([*dealings.met, *dismissed]),
            score > 0,
        )
        .order_by(score.desc(), Company.id)
        .limit(limit)
    ).all()
    scores: dict[int, int] = dict(best)
    others = db.session.scalars(
        select(Company)
        .where(Company.id.in_(scores))
        .options(
            *(defer(column) for column in (Company.search_text, Company.search_keys, Company.description)),
            joinedload(Company.side),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        )
    ).all()
    found = [_explained(company, other, taste, scores[other.id], locale) for other in others]
    return tuple(sorted(found, key=lambda each: (-each.score, each.company.id)))


def _taste(dealings: Dealings, dismissed: Collection[int]) -> Mapping[Trait, float]:
    """-1 to 1 for each trait: how much more often those liked have it than those turned down."""
    good = _traits(dealings.liked)
    bad = _traits([*dealings.disliked, *dismissed])
    return {
        trait: (good[trait] - bad[trait]) / (good[trait] + bad[trait] + 2)
        for trait in good.keys() | bad.keys()
    }


def _traits(company_ids: Collection[int]) -> Counter[Trait]:
    if not company_ids:
        return Counter()
    rows = db.session.execute(
        select(CompanyCapability.kind, CompanyCapability.capability_id, func.count())
        .where(CompanyCapability.company_id.in_(sorted(set(company_ids))))
        .group_by(CompanyCapability.kind, CompanyCapability.capability_id)
    )
    return Counter({(kind, capability_id): number for kind, capability_id, number in rows})


def _weights(company: Company, taste: Mapping[Trait, float]) -> Mapping[Trait, int]:
    """Points of each trait of another company: what fits counts most, up to double where it is liked."""
    fitting = {
        (Seeks.NEED.value, each.capability_id): NEEDS_OURS
        for each in company.capabilities
        if each.kind == Seeks.OFFER
    } | {
        (Seeks.OFFER.value, each.capability_id): OFFERS_OURS
        for each in company.capabilities
        if each.kind == Seeks.NEED
    }
    return {
        trait: round(fitting.get(trait, 0) * (1 + taste.get(trait, 0)) + TASTE * taste.get(trait, 0))
        for trait in fitting.keys() | taste.keys()
    }


def _points(weights: Mapping[Trait, int]) -> Subquery:
    """Company -> points of its traits."""
    by_kind = {
        kind: {trait[1]: weight for trait, weight in weights.items() if trait[0] == kind and weight}
        for kind in (Seeks.OFFER, Seeks.NEED)
    }
    branches = [
        (CompanyCapability.kind == kind, case(some, value=CompanyCapability.capability_id, else_=0))
        for kind, some in by_kind.items()
        if some
    ]
    telling = [
        and_(CompanyCapability.kind == kind, CompanyCapability.capability_id.in_(sorted(some)))
        for kind, some in by_kind.items()
        if some
    ]
    each = case(*branches, else_=0) if branches else literal(0)
    return (
        select(CompanyCapability.company_id, func.sum(each).label("points"))
        .where(or_(*telling) if telling else literal(1) == 0)
        .group_by(CompanyCapability.company_id)
        .subquery()
    )


def _points_for_the_same(company: Company) -> ColumnElement[int]:
    """Points for each programme and each topic that another company looks at too."""
    points: ColumnElement[int] = literal(0)
    for column, values, each in (
        (Company.programmes, company.programmes, PROGRAMME),
        (Company.topics, company.topics, TOPIC),
    ):
        for value in values:
            points = points + case((_listed_in(column, value), each), else_=0)
    return points


def _listed_in(column: InstrumentedAttribute[list[str]], value: str) -> ColumnElement[bool]:
    """The condition "the JSON list has this value", on both databases."""
    return cast(column, Text).contains(json.dumps(value), autoescape=True)


def _explained(
    company: Company, other: Company, taste: Mapping[Trait, float], score: int, locale: str
) -> Suggestion:
    ours = {
        kind: {each.capability_id for each in company.capabilities if each.kind == kind} for kind in Seeks
    }

    def named(kind: Seeks, wanted: Collection[int]) -> list[str]:
        return [
            each.capability.name(locale)
            for each in other.capabilities
            if each.kind == kind and each.capability_id in wanted
        ]

    liked = {
        capability_id
        for (kind, capability_id), value in taste.items()
        if kind == Seeks.OFFER and value >= TASTE_SHOWN
    }
    programmes = [each for each in company.programmes if each in other.programmes]
    return Suggestion(
        company=other,
        they_need=named(Seeks.NEED, ours[Seeks.OFFER]),
        they_offer=named(Seeks.OFFER, ours[Seeks.NEED]),
        programmes=programmes,
        topics=[each for each in company.topics if each in other.topics],
        liked=named(Seeks.OFFER, liked - ours[Seeks.NEED]),
        roles=bool(programmes) and _roles_fit(company.consortium_roles, other.consortium_roles),
        score=score,
    )


def _roles_fit(ours: Collection[str], theirs: Collection[str]) -> bool:
    return any(
        (one in ours and other in theirs) or (other in ours and one in theirs) for one, other in ROLE_PAIRS
    )
