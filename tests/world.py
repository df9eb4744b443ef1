"""Two forums with one of everything, and somebody for every part that one can have in the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.companies import keeping
from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.services import enqueue, recent
from tests.factories import (
    blocks_of,
    capability_of,
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_interpreter,
    make_invitation,
    make_meeting,
    make_programme_entry,
    make_publication,
    make_representative,
    make_request,
    make_run,
    make_schedule,
    make_staff,
    make_user,
    side_of,
    slots_of,
    tables_of,
    zones_of,
)


@dataclass(frozen=True)
class World:
    """Two forums with the same objects, and people who each have one part in the first."""

    slug: str
    objects: Mapping[str, int]
    other_slug: str
    other_objects: Mapping[str, int]
    people: Mapping[str, User | None]


def make_world(roles: Iterable[str]) -> World:
    """``people``: one for each of ``roles``; a visitor is None."""
    forum, other = make_forum(), make_forum()
    people: dict[str, User | None] = dict.fromkeys(roles)
    people["stranger"] = make_user()
    people["operator"] = make_user(operator=True)
    for role in StaffRole:
        side = side_of(forum, "eu") if role == StaffRole.CO_ORGANISER else None
        people[role] = make_staff(forum, role, side=side)
    people["own-co-organiser"] = make_staff(forum, StaffRole.CO_ORGANISER, side=side_of(forum, "ua"))
    people["organiser-elsewhere"] = make_staff(other)
    make_staff(other, StaffRole.READER)
    objects = make_objects(forum, people)
    other_objects = make_objects(other, {})
    return World(forum.slug, objects, other.slug, other_objects, people)


def make_objects(forum: Forum, people: dict[str, User | None]) -> dict[str, int]:
    """One of everything that an address can name; fills in people who belong to companies."""
    a = make_company(forum, side="ua", representative=False)
    b = make_company(forum, side="eu", representative=False, delegates=0)
    c = make_company(forum, side="eu")
    applied = make_company(forum, status=CompanyStatus.APPLIED, representative=False)
    people["rep"], people["other-rep"] = make_representative(a), make_representative(b)
    people["applicant"] = make_representative(applied)
    here, there, between = make_user(), make_user(), make_user()
    people.update({"delegate": here, "other-delegate": there, "interpreter": between})
    delegate = make_delegate(a, user=here)
    make_delegate(b, user=there)
    interpreter = make_interpreter(forum, user=between)
    request = make_request(a, c)
    meeting = make_meeting(between=(a, c))
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], [delegate, delegates_of(c)[0]])
    schedule = make_schedule(forum, place)
    with transaction():
        enqueue(
            key=f"test:{forum.id}",
            kind="test",
            to_email="ann@example.org",
            to_name="",
            subject="s",
            text="t",
            forum_id=forum.id,
        )
    return {
        "company_id": a.id,
        "delegate_id": delegate.id,
        "request_id": request.id,
        "meeting_id": meeting.id,
        "run_id": make_run(forum).id,
        "schedule_id": schedule.id,
        "publication_id": make_publication(schedule).id,
        "table_id": tables_of(forum)[0].id,
        "slot_id": slots_of(forum)[0].id,
        "interpreter_id": interpreter.id,
        "capability_id": capability_of(forum, "radar").id,
        "block_id": blocks_of(forum)[0].id,
        "zone_id": zones_of(forum)[0].id,
        "invitation_id": make_invitation(forum).id,
        "programme_id": make_programme_entry(forum).id,
        "side_id": side_of(forum, "ua").id,
        "staff_id": db.session.scalars(select(Staff.id).where(Staff.forum_id == forum.id)).first() or 0,
        "mail_id": recent(forum_id=forum.id)[0].id,
        "search_id": keeping.save_search(company_id=a.id, name="Ours", filters=Filters(text="x")).id,
    }
