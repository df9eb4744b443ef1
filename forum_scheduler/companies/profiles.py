"""A company's profile carried over from another forum, so that nobody types it twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload, undefer

from forum_scheduler.companies.models import Company, CompanyCapability, Representative, Seeks
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Forum, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A company that somebody represents in another forum."""

    company_id: int
    name: str
    forum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """``values``: of the fields of ProfileForm, capabilities and side already those of the new forum."""

    organisation_uid: str
    values: Mapping[str, object]
    logo: bytes | None


def earlier_companies(*, user_id: int, forum_id: int) -> Sequence[Earlier]:
    """Those that the user represents in other forums and that are not in this one yet, the newest first."""
    here = select(Company.organisation_uid).where(Company.forum_id == forum_id)
    rows = db.session.execute(
        select(Company.id, Company.name, Forum.name, Company.organisation_uid)
        .join(Representative, Representative.company_id == Company.id)
        .join(Forum, Forum.id == Company.forum_id)
        .where(
            Representative.user_id == user_id,
            Company.forum_id != forum_id,
            Company.organisation_uid.not_in(here),
        )
        .order_by(Company.created_at.desc(), Company.id.desc())
    )
    newest: dict[str, Earlier] = {}
    for id_, name, forum, organisation in rows:
        newest.setdefault(organisation, Earlier(company_id=id_, name=name, forum=forum))
    return tuple(newest.values())


def carried_from(company_id: int, *, user_id: int, forum_id: int) -> Carried:
    """The profile of one of :func:`earlier_companies`. Raises NotFound for any other company."""
    known = {each.company_id for each in earlier_companies(user_id=user_id, forum_id=forum_id)}
    if company_id not in known:
        raise NotFound(_("There is no such company."))
    company = db.session.scalars(
        select(Company)
        .where(Company.id == company_id)
        .options(
            joinedload(Company.side),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
            undefer(Company.logo),
        )
    ).one()
    by_code = dict(
        db.session.execute(
            select(Capability.code, Capability.id).where(Capability.forum_id == forum_id)
        ).all()
    )
    return Carried(
        organisation_uid=company.organisation_uid,
        logo=company.logo,
        values={
            **profile_values(company),
            **{
                field: [
                    by_code[each.capability.code]
                    for each in company.capabilities
                    if each.kind == kind and each.capability.code in by_code
                ]
                for field, kind in (("offers", Seeks.OFFER), ("needs", Seeks.NEED))
            },
            "side_id": _side_like(company.side, forum_id),
        },
    )


def profile_values(company: Company) -> dict[str, object]:
    """What the fields of ProfileForm show of a company whose capabilities are loaded."""
    kinds = {
        kind: [each.capability_id for each in company.capabilities if each.kind == kind] for kind in Seeks
    }
    return {
        "name": company.name,
        "side_id": company.side_id,
        "country": company.country,
        "website": company.website,
        "size": company.size,
        **{f"description_{locale}": text for locale, text in company.description.items()},
        "offers": kinds[Seeks.OFFER],
        "needs": kinds[Seeks.NEED],
        "programmes": company.programmes,
        "consortium_roles": company.consortium_roles,
        "topics": "\n".join(company.topics),
        "interests": company.interests,
        "certificates": "\n".join(company.certificates),
    }


def _side_like(side: Side, forum_id: int) -> int | None:
    """The side of the same code, else of the same name."""
    for rule in (Side.code == side.code, Side.name == side.name):
        found = db.session.scalar(select(Side.id).where(Side.forum_id == forum_id, rule))
        if found is not None:
            return found
    return None
