"""Until when a request can be answered: so many days, and never after the window has closed.

Where the organiser moves the end of the window or gives more days, requests that wait follow, and those that
had expired wait again: a longer window that requests did not live to see would be none.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.signals import window_changed
from forum_scheduler.requests.models import Request, RequestState


def expiry(forum: Forum) -> datetime | None:
    """The last moment to answer a request that is sent now; None: no limit."""
    return _earliest(_days_on(now(), forum), forum.requests_close_at)


def refresh(forum_id: int) -> None:
    """Work out anew until when each unanswered request can be answered; inside ``transaction()``.

    Fewer days than before count for new requests only: what people were told is cut short by nothing but the
    window itself.
    """
    session = db.session()
    session.flush()
    forum = session.get_one(Forum, forum_id)
    requests = session.scalars(
        select(Request)
        .where(
            Request.forum_id == forum_id,
            Request.state.in_((RequestState.PENDING, RequestState.EXPIRED)),
        )
        .order_by(Request.id)
        .with_for_update()
    )
    for request in requests:
        _renew(request, forum)
    session.flush()


def _renew(request: Request, forum: Forum) -> None:
    told, days = request.expires_at, _days_on(request.created_at, forum)
    own = max(told, days) if told is not None and days is not None else None
    due = _earliest(own, forum.requests_close_at)
    if request.state == RequestState.EXPIRED:
        if due is not None and due <= now():
            return
        request.state = RequestState.PENDING
        request.revision += 1
    if told is not None and (due is None or due > told):
        request.reminded_at = None
    request.expires_at = due


def _days_on(moment: datetime, forum: Forum) -> datetime | None:
    return moment + timedelta(days=forum.request_days) if forum.request_days else None


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((each for each in moments if each is not None), default=None)


@window_changed.connect
def _follow_the_window(forum_id: int) -> None:
    refresh(forum_id)
