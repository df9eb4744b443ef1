"""What pages of all rooms show of companies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.companies.models import FORGOTTEN, Company
from forum_scheduler.extensions import db


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyName:
    id: int
    name: str


def person_name(name: str) -> str:
    """A delegate's name as it is stored, for who reads: of one who was deleted a mark in their language."""
    return str(_("(deleted)")) if name == FORGOTTEN else name


def companies_acted_for(company_ids: Sequence[int]) -> list[CompanyName]:
    """Names in the order given; nothing, and no query, where there is no choice."""
    if len(company_ids) < 2:
        return []
    names = dict(
        db.session.execute(select(Company.id, Company.name).where(Company.id.in_(company_ids))).all()
    )
    return [CompanyName(id=id_, name=names[id_]) for id_ in company_ids if id_ in names]
