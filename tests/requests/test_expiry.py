"""Until when requests can be answered, as the organiser moves the window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.signals import window_changed
from forum_scheduler.requests import services
from forum_scheduler.requests.expiring import expire_due, remind_expiring
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.factories import make_company, make_forum, make_staff
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
DAY = timedelta(days=1)


def asked_in(forum: Forum) -> Request:
    """A request that was sent just now, by the product's own service."""
    asker, asked = make_company(forum, side="eu"), make_company(forum, side="ua")
    return services.ask(asker_id=asker.id, asked_id=asked.id, wish=Wish())


def open_forum(*, closes: timedelta, days: int | None = None) -> Forum:
    return make_forum(
        requests_open_at=now() - DAY, requests_close_at=now() + closes, request_days=days
    )  # fmt: skip


def move(forum: Forum, *, closes: datetime | None, days: int | None = None) -> None:
    """As the settings do it."""
    with transaction() as session:
        stored = session.get_one(Forum, forum.id)
        stored.requests_close_at, stored.request_days = closes, days
        window_changed.send(forum.id)


def stored(request: Request) -> Request:
    return db.session.get_one(Request, request.id, populate_existing=True)


def test_a_longer_window_keeps_the_requests_that_wait(app: Flask) -> None:
    forum = open_forum(closes=DAY)
    request = asked_in(forum)
    move(forum, closes=now() + 5 * DAY)
    with frozen_at(now() + 2 * DAY):
        assert expire_due() == 0
        services.accept(request_id=request.id, company_id=request.asked_id)
    assert stored(request).state == RequestState.ACCEPTED


def test_a_window_that_opens_again_brings_back_what_had_expired_with_it(app: Flask) -> None:
    forum = open_forum(closes=DAY)
    request = asked_in(forum)
    with frozen_at(now() + 2 * DAY):
        assert expire_due() == 1
        move(forum, closes=now() + DAY)
        assert stored(request).state == RequestState.PENDING
        services.accept(request_id=request.id, company_id=request.asked_id)


def test_what_had_its_days_stays_expired(app: Flask) -> None:
    forum = open_forum(closes=9 * DAY, days=1)
    request = asked_in(forum)
    with frozen_at(now() + 2 * DAY):
        expire_due()
        move(forum, closes=now() + 20 * DAY, days=1)
    assert stored(request).state == RequestState.EXPIRED


def test_fewer_days_take_nothing_from_what_was_told_but_a_shorter_window_does(app: Flask) -> None:
    forum = open_forum(closes=20 * DAY, days=10)
    request = asked_in(forum)
    told = request.expires_at
    move(forum, closes=now() + 20 * DAY, days=3)
    assert stored(request).expires_at == told
    soon = now() + DAY
    move(forum, closes=soon, days=3)
    assert stored(request).expires_at == soon


def test_who_was_reminded_of_the_first_end_is_reminded_of_the_second(app: Flask) -> None:
    forum = open_forum(closes=DAY)
    asked_in(forum)
    with frozen_at(now() + DAY / 2 + timedelta(minutes=1)):
        assert remind_expiring() == 1
        move(forum, closes=now() + 10 * DAY)
        assert remind_expiring() == 0
    with frozen_at(now() + 10 * DAY):
        assert remind_expiring() == 1


def test_the_settings_move_them(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum(closes=DAY)
    request = asked_in(forum)
    client = client_for(make_staff(forum))
    later = (now() + 5 * DAY).astimezone(forum.zone).replace(second=0, microsecond=0)
    page = client.page(f"/f/{forum.slug}/settings/requests")
    client.press(page, "Save", requests_close_at=later.strftime("%Y-%m-%dT%H:%M"))
    assert stored(request).expires_at == later
