"""What goes on with schedules after slots and tables that they name were taken out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.doctor import check
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Slot
from forum_scheduler.publishing.reading import schedule_entries
from forum_scheduler.publishing.services import Broken, preview, publish
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.models import Placement, Schedule
from forum_scheduler.scheduling.solving import result_of, run_now
from tests.factories import make_company, make_forum, make_meeting, make_staff
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def solved(forum: Forum) -> Schedule:
    schedule = result_of(run_now(forum, seconds=20, workers=1))
    assert schedule is not None
    return schedule


@pytest.fixture
def changed(app: Flask, client_for: SignIn) -> tuple[Forum, Schedule, Schedule, Visitor]:
    """A forum with a published schedule and a draft, whose slots were then cut anew."""
    forum = make_forum(
        blocks=2, slots=4, tables=3, goals=["promises", "coverage", "value", "idle", "moves", "preferences"]
    )
    wanted = make_company(forum, "Kvant", side="ua")
    for number in range(3):
        other = make_company(forum, f"Aerotec {number}", side="eu")
        make_meeting(between=(wanted, other), length_slots=2 if number == 0 else 1)
    published = solved(forum)
    publish(published, by=None)
    draft = solved(forum)
    client = client_for(make_staff(forum))
    page = client.press(client.page(f"/f/{forum.slug}/settings/days"), "Save", status=200, slot_minutes="25")
    assert "published version 1" in page.text
    client.press(page, "Save all the same")
    return db.session.get_one(Forum, forum.id), published, draft, client


Changed = tuple[Forum, Schedule, Schedule, Visitor]


def test_published_agendas_stay_and_every_page_of_the_schedule_opens(changed: Changed) -> None:
    forum, published, draft, client = changed
    first, *_rest = schedule_entries(published.id)
    long = next(entry for entry in schedule_entries(published.id) if len(entry.slot_ids) == 2)
    assert (long.ends_at - long.starts_at).seconds == 45 * 60
    for schedule in (published, draft):
        for view in ("", "/unplaced", "/meetings", "/board?day=all", "/compare", "/worth", "/publish"):
            client.page(f"/f/{forum.slug}/schedules/{schedule.id}{view}")
    client.page(f"/f/{forum.slug}/")
    client.page(f"/f/{forum.slug}/print")
    client.page(f"/f/{forum.slug}/tables/{first.table_id}/schedule")
    assert [finding for finding in check(db.session()) if finding.check == "slot-rows"] == []


def test_a_draft_of_old_times_is_not_published_and_its_meetings_wait_on_a_new_draft(changed: Changed) -> None:
    _forum, _published, draft, _client = changed
    assert preview(draft).violations != ()
    with pytest.raises(Broken):
        publish(draft, by=None)
    copy = start(draft, by=None)
    assert len(copy.taken_out) == 3
    assert copy.schedule.placed_count == 0


def test_the_next_run_places_all_in_the_new_times_and_can_be_published(changed: Changed) -> None:
    forum, published, _draft, _client = changed
    newest = solved(forum)
    assert newest.placed_count == 3
    slots = db.session.scalars(select(Placement.slot_id).where(Placement.schedule_id == newest.id)).all()
    assert all(db.session.get_one(Slot, slot).retired_at is None for slot in slots)
    assert publish(newest, by=None).version == 2
    assert len(schedule_entries(published.id)) == 3
