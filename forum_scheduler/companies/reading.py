"""What pages of all rooms show of companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyName:
    id: int
    name: str


def companies_acted_for(company_ids: Sequence[int]) -> list[CompanyName]:
    """Names in the order given; nothing, and no query, where there is no choice."""
    if len(company_ids) < 2:
        return []
    names = dict(
        db.session.execute(select(Company.id, Company.name).where(Company.id.in_(company_ids))).all()
    )
    return [CompanyName(id=id_, name=names[id_]) for id_ in company_ids if id_ in names]
