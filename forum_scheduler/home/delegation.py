"""What a co-organiser has of their delegation: its companies, their requests, their published meetings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.reading import current_publication, published_entries
from forum_scheduler.publishing.records import Entry
from forum_scheduler.requests.reading import counts_by_state
from forum_scheduler.requests.reminding import Quiet, quiet_companies


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """``companies``: status -> number; ``requests``: state -> number; ``entries``: of the version."""

    companies: Mapping[str, int]
    delegates: int
    requests: Mapping[str, int]
    quiet: tuple[Quiet, ...]
    version: int | None
    entries: tuple[Entry, ...]


def delegation_of(forum: Forum, side_id: int) -> Delegation:
    """Of the companies of one side; what belongs to others is not in it."""
    companies = dict(
        db.session.execute(
            select(Company.status, func.count())
            .where(Company.forum_id == forum.id, Company.side_id == side_id)
            .group_by(Company.status)
        ).all()
    )
    own = set(db.session.scalars(select(Company.id).where(Company.side_id == side_id)))
    delegates = select(func.count()).where(Delegate.company_id.in_(own))
    publication = current_publication(forum)
    entries = published_entries(publication) if publication is not None else ()
    return Delegation(
        companies=companies,
        delegates=db.session.scalar(delegates) or 0,
        requests=counts_by_state(forum.id, side_id=side_id),
        quiet=quiet_companies(forum, side_id=side_id),
        version=publication.version if publication is not None else None,
        entries=tuple(each for each in entries if own & {party.company.id for party in each.parties}),
    )
