"""The plain settings of a forum, as organisers change them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import describe_forum
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
    page = organiser.page(f"/f/{forum.slug}/settings/requests")
    page = organiser.press(
        page,
        "Save",
        requests_open_at="2027-03-01T09:00",
        requests_close_at="2027-04-01T18:00",
        max_requests="",
        max_must_requests="0",
    )
    assert "Saved." in page.text
    row = stored(forum)
    assert (row.max_requests, row.max_must_requests) == (None, 0)
    assert row.requests_open_at == datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert row.requests_close_at == datetime(2027, 4, 1, 16, tzinfo=UTC)  # summer time
    entries = db.session.scalars(select(AuditEntry.action)).all()
    assert entries == ["settings.requests-changed"]
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
    page = organiser.page(f"/f/{forum.slug}/settings/requests")
    times = {"requests_open_at": "2027-04-01T09:00", "requests_close_at": "2027-03-01T09:00"}
    page = organiser.press(page, "Save", status=422, **times)
    assert "closes before it opens" in page.text


def test_a_time_that_the_clocks_skip_is_refused(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/settings/requests")
    page = organiser.press(page, "Save", status=422, requests_open_at="2027-03-28T02:30")
    assert "does not exist" in page.text


@pytest.mark.parametrize("section", ["", "/requests", "/schedules", "/days", "/zones", "/tables", "/sides"])
def test_saving_without_a_change_is_not_logged_and_changes_nothing(
    app: Flask, client_for: SignIn, section: str
) -> None:
    forum = make_forum(
        requests_open_at=datetime(2027, 3, 1, 8, tzinfo=UTC),
        requests_close_at=datetime(2027, 4, 1, 8, tzinfo=UTC),
        walk=10,
    )
    before = describe_forum(forum)
    organiser = client_for(make_staff(forum))
    organiser.press(organiser.page(f"/f/{forum.slug}/settings{section}"), "Save")
    assert db.session.scalars(select(AuditEntry)).all() == []
    assert describe_forum(stored(forum)) == before


@pytest.mark.parametrize("section", ["", "/requests", "/schedules"])
def test_two_organisers_never_overwrite_each_other_unseen(
    app: Flask, client_for: SignIn, section: str
) -> None:
    forum = make_forum()
    ann, ben = client_for(make_staff(forum)), client_for(make_staff(forum))
    field = {"": "name", "/requests": "request_days", "/schedules": "max_per_day"}[section]
    own, theirs = ("Ben's", "Ann's") if section == "" else ("9", "5")
    page_of_ben = ben.page(f"/f/{forum.slug}/settings{section}")
    ann.press(ann.page(f"/f/{forum.slug}/settings{section}"), "Save", **{field: theirs})
    page = ben.press(page_of_ben, "Save", status=422, **{field: own})
    assert "Somebody else has saved this page since you opened it" in page.text
    assert str(getattr(stored(forum), field)) == theirs
    assert page.by_id(field).get("value") == own
    ben.press(page, "Save")  # the second time it is a decision
    assert str(getattr(stored(forum), field)) == own


def test_goals_are_ordered_by_number(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/settings/schedules")
    fields = {
        "goal_value": "1",
        "goal_coverage": "2",
        "goal_idle": "",
        "goal_moves": "",
        "goal_preferences": "",
    }
    organiser.press(page, "Save", **fields)
    assert stored(forum).goals == ["value", "coverage"]
    page = organiser.page(f"/f/{forum.slug}/settings/schedules")
    page = organiser.press(page, "Save", status=422, goal_value="first")
    assert "Number the goals 1, 2, 3" in page.text
