"""For whom a page of requests is: the viewer's company, of several the one that the page names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from flask import abort, g, request
from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies.directory import Mine, sides_to_ask
from forum_scheduler.companies.models import Company, CompanyCapability, Seeks
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter
from forum_scheduler.requests import reading
from forum_scheduler.requests.agreement import CommonGround, common_ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """The company that acts, and all that the viewer might act for."""

    company: Company
    companies: tuple[Company, ...]
    offers: frozenset[int]
    needs: frozenset[int]

    def looks(self) -> Mine:
        """As the directory wants it."""
        return Mine(
            company_id=self.company.id,
            offers=self.offers,
            needs=self.needs,
            may_ask=sides_to_ask(self.company.side_id),
            partners=reading.partners_of(self.company.id),
        )


def this_forum() -> Forum:
    return cast(Forum, g.forum)


def language() -> str:
    return str(get_locale() or "en")[:2]


def acting() -> Acting | None:
    """The company asked for by ``company`` in address or form, or the viewer's first; None without any."""
    companies = tuple(
        db.session.scalars(
            select(Company)
            .where(Company.id.in_(current_viewer().approved_company_ids))
            .options(
                joinedload(Company.side),
                selectinload(Company.delegates),
                selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
            )
            .order_by(Company.id)
        )
    )
    if not companies:
        return None
    # The one asked for, or the one chosen at the top of the page: it stands first.
    wanted = request.values.get("company", type=int) or current_viewer().approved_company_ids[0]
    company = next((each for each in companies if each.id == wanted), companies[0])
    kinds = {
        kind: frozenset(each.capability_id for each in company.capabilities if each.kind == kind)
        for kind in Seeks
    }
    return Acting(company=company, companies=companies, offers=kinds[Seeks.OFFER], needs=kinds[Seeks.NEED])


def must_act() -> Acting:
    """As :func:`acting`; without a company the page does not exist."""
    found = acting()
    if found is None:
        abort(404)
    return found


def offered_pairs() -> list[tuple[str, str]]:
    """The pairs of languages that somebody interprets at the forum."""
    found = db.session.scalars(
        select(Interpreter.pairs).where(Interpreter.forum_id == this_forum().id, Interpreter.live())
    )
    return [(pair[0], pair[1]) for some in found for pair in some]


def ground_between(one: Company, other: Company, pairs: Sequence[tuple[str, str]]) -> CommonGround:
    """What the languages of all delegates come to."""
    return common_ground(
        asker={each.id: each.languages for each in one.delegates if not each.forgotten},
        asked={each.id: each.languages for each in other.delegates if not each.forgotten},
        offered=pairs,
    )
