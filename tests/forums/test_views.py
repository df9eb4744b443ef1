"""A forum's settings, as the organiser changes them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from tests.factories import make_forum, make_staff
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def stored(forum: Forum) -> Forum:
    return db.session.scalars(
        select(Forum).where(Forum.id == forum.id).execution_options(populate_existing=True)
    ).one()


def test_settings_are_stored_in_the_forums_zone_and_logged(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(max_requests=9)
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/settings")
    page = organiser.press(
        page,
        "Save",
        venue="Egmont Palace",
        requests_open_at="2027-03-01T09:00",
        requests_close_at="2027-04-01T18:00",
        max_requests="",
        max_must_requests="0",
    )
    assert "Saved." in page.text
    row = stored(forum)
    assert (row.venue, row.max_requests, row.max_must_requests) == ("Egmont Palace", None, 0)
    assert row.requests_open_at == datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert row.requests_close_at == datetime(2027, 4, 1, 16, tzinfo=UTC)  # summer time
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "forum.changed")).one()
    assert set(entry.details["fields"]) >= {"venue", "max_requests", "requests_open_at"}
    assert 'value="2027-04-01T18:00"' in page.html


def test_what_can_not_be_used_stands_at_its_field_and_nothing_typed_is_lost(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(venue="Old venue")
    make_forum(name="Taken")
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/settings")
    page = organiser.press(page, "Save", status=422, name="Taken", venue="New venue")
    assert "There is a forum of this name already." in page.text
    assert "New venue" in page.html
    assert stored(forum).venue == "Old venue"


def test_a_window_that_closes_before_it_opens_is_refused(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/settings")
    times = {"requests_open_at": "2027-04-01T09:00", "requests_close_at": "2027-03-01T09:00"}
    page = organiser.press(page, "Save", status=422, **times)
    assert "closes before it opens" in page.text


def test_a_time_that_the_clocks_skip_is_refused(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/settings")
    page = organiser.press(page, "Save", status=422, requests_open_at="2027-03-28T02:30")
    assert "does not exist" in page.text


def test_saving_without_a_change_is_not_logged(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(
        requests_open_at=datetime(2027, 3, 1, 8, tzinfo=UTC),
        requests_close_at=datetime(2027, 4, 1, 8, tzinfo=UTC),
    )
    organiser = client_for(make_staff(forum))
    organiser.press(organiser.page(f"/f/{forum.slug}/settings"), "Save")
    assert db.session.scalars(select(AuditEntry).where(AuditEntry.action == "forum.changed")).all() == []
