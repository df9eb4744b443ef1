"""A company's own order of its requests: must, high and normal are its three parts, from top to bottom.

Moving a request over the edge of a part changes its priority, within the forum's caps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Conflict, NotFound, Refused
from forum_scheduler.extensions import transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.requests import caps, meetings
from forum_scheduler.requests.caps import LIVE
from forum_scheduler.requests.models import Priority, Request, RequestState
from forum_scheduler.requests.services import hold_company

Order = dict[Priority, list[int]]


class Way(StrEnum):
    """A step in the order."""

    UP = "up"
    DOWN = "down"


def ranked(requests: Sequence[Request]) -> list[Request]:
    """In the company's order: by priority, its ranking, then the newest."""
    places = {priority.value: place for place, priority in enumerate(Priority)}
    return sorted(requests, key=lambda each: (places[each.priority], each.rank or 10**6, -each.id))


def arrange(
    *, company_id: int, order: Mapping[Priority, Sequence[int]], seen: Mapping[int, int] | None = None
) -> None:
    """Store the order, and with it the priorities; requests that are not named follow in their own part.

    ``seen``: request -> revision that the person looked at; Conflict where one was changed since. Raises
    Invalid where a part has more than the forum allows, Refused outside of the window, and changes nothing.
    """
    with transaction() as session:
        live = _live(session, company_id)
        if any(each.id in (seen or {}) and each.revision != (seen or {})[each.id] for each in live):
            raise Conflict(_("Somebody changed these requests meanwhile. Look at them again, then change."))
        _store(session, company_id, live, order)


def move(*, company_id: int, request_id: int, way: Way) -> None:
    """One step up or down; at the edge of a part into the next one."""
    with transaction() as session:
        live = _live(session, company_id)
        order = _order_of(live)
        priorities = list(Priority)
        part = next((each for each in priorities if request_id in order[each]), None)
        if part is None:
            raise NotFound(_("There is no such request."))
        step = -1 if way is Way.UP else 1
        place = order[part].index(request_id)
        order[part].remove(request_id)
        if 0 <= place + step <= len(order[part]):
            order[part].insert(place + step, request_id)
        else:
            beyond = priorities.index(part) + step
            if not 0 <= beyond < len(priorities):
                return
            other = order[priorities[beyond]]
            other.insert(len(other) if way is Way.UP else 0, request_id)
        _store(session, company_id, live, order)


def _live(session: Session, company_id: int) -> list[Request]:
    hold_company(session, company_id)
    forum = session.get_one(Forum, session.get_one(Company, company_id).forum_id)
    if window_at(forum, now()) is not Window.OPEN:
        raise Refused(_("The request window has closed. Write to the organiser."))
    return ranked(
        session.scalars(
            select(Request)
            .where(Request.asker_id == company_id, Request.state.in_(LIVE))
            .order_by(Request.id)
            .with_for_update()
        ).all()
    )


def _order_of(live: Sequence[Request]) -> Order:
    return {priority: [each.id for each in live if each.priority == priority] for priority in Priority}


def _store(
    session: Session, company_id: int, live: Sequence[Request], order: Mapping[Priority, Sequence[int]]
) -> None:
    by_id = {each.id: each for each in live}
    named = {id_ for part in order.values() for id_ in part}
    parts: Order = {
        priority: [id_ for id_ in dict.fromkeys(order.get(priority, ())) if id_ in by_id]
        + [each.id for each in live if each.priority == priority and each.id not in named]
        for priority in Priority
    }
    raised = any(
        len(ids) > sum(each.priority == priority for each in live) for priority, ids in parts.items()
    )
    if raised:  # who has too many since the caps were lowered may still put them in order
        forum = session.get_one(Forum, session.get_one(Company, company_id).forum_id)
        caps.check_all(forum, {priority: len(ids) for priority, ids in parts.items()})
    for priority, ids in parts.items():
        for place, id_ in enumerate(ids, start=1):
            request = by_id[id_]
            request.rank = place
            if request.priority != priority:
                request.priority = priority
                request.revision += 1
                if request.state == RequestState.ACCEPTED:
                    meetings.agree(session, request)
