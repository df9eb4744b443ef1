"""A forum that keeps the solver busy for long: many meetings, two halls far apart, little room."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import insert, select

from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Meeting, Party, Unavailability
from tests.factories import make_forum, sides_of, slots_of

COMPANIES = 70
MEETINGS = 420


def make_large_forum() -> Forum:
    """70 companies, 420 meetings, 16 slots, 14 tables; always the same but for its ids."""
    forum = make_forum(blocks=4, slots=6, tables=14, walk=15, max_in_row=4)
    rng = random.Random(7)
    sides = sides_of(forum)
    _bulk(
        Company,
        [
            {
                "forum_id": forum.id,
                "side_id": sides[number % len(sides)].id,
                "name": f"Large {number}",
                "name_key": f"large {number}",
                "country": "BE",
                "status": "approved",
                "uid": f"{forum.id}-company-{number}",
                "organisation_uid": f"{forum.id}-{number}",
            }
            for number in range(COMPANIES)
        ],
    )
    companies = db.session.scalars(
        select(Company.id).where(Company.forum_id == forum.id).order_by(Company.id)
    ).all()
    _bulk(
        Delegate,
        [
            {
                "forum_id": forum.id,
                "company_id": company,
                "name": f"Delegate {company}",
                "uid": f"{forum.id}-delegate-{company}",
            }
            for company in companies
        ],
    )
    delegates = db.session.scalars(select(Delegate.id).where(Delegate.forum_id == forum.id)).all()
    slots = [slot.id for slot in slots_of(forum)]
    _bulk(
        Unavailability,
        [
            {"delegate_id": delegate, "slot_id": slot, "reason": ""}
            for delegate in delegates
            for slot in rng.sample(slots, 4)
        ],
    )
    _meetings(forum, list(companies), rng)
    db.session.commit()
    return forum


def _meetings(forum: Forum, companies: list[int], rng: random.Random) -> None:
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < MEETINGS:
        one, two = sorted(rng.sample(companies, 2))
        pairs.add((one, two))
    _bulk(
        Meeting,
        [
            {"forum_id": forum.id, "uid": f"{forum.id}-meeting-{number}", "weight": rng.randint(4, 21)}
            for number in range(MEETINGS)
        ],
    )
    meetings = db.session.scalars(select(Meeting.id).where(Meeting.forum_id == forum.id)).all()
    _bulk(
        Party,
        [
            {"meeting_id": meeting, "company_id": company, "position": position}
            for meeting, pair in zip(meetings, sorted(pairs), strict=True)
            for position, company in enumerate(pair)
        ],
    )


def _bulk(model: type[Any], rows: list[dict[str, Any]]) -> None:
    db.session.execute(insert(model), rows)
