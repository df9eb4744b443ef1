"""Days, blocks and slots changed after the fact: said first, carried over, never dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.doctor import check
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Block, Forum, Slot
from forum_scheduler.publishing.reading import schedule_entries
from forum_scheduler.requests.models import Meeting, MeetingStart
from forum_scheduler.requests.times import blocks_with_slots, unavailable_slots
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.planning import build
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_schedule,
    make_staff,
    make_unavailable,
    slots_of,
    store_all,
    tables_of,
)
from tests.pages import Page, Visitor

SignIn = Callable[[User], Visitor]


def live_slots(forum: Forum) -> list[Slot]:
    query = select(Slot).where(Slot.forum_id == forum.id, Slot.live()).order_by(Slot.starts_at)
    return list(db.session.scalars(query))


def agreed(forum: Forum, **fields: Any) -> Meeting:
    return make_meeting(between=(make_company(forum, side="ua"), make_company(forum, side="eu")), **fields)


def people_of(meeting: Meeting) -> list[Any]:
    return [one for party in meeting.parties for one in delegates_of_id(party.company_id)]


def delegates_of_id(company_id: int) -> list[Any]:
    from forum_scheduler.companies.models import Company  # noqa: PLC0415 -- beside its only use

    return delegates_of(db.session.get_one(Company, company_id))


def placed(forum: Forum, meeting: Meeting, slot: Slot) -> Schedule:
    return make_schedule(forum, (meeting, slot, tables_of(forum)[0], people_of(meeting)))


def open_days(client: Visitor, forum: Forum) -> Page:
    return client.page(f"/f/{forum.slug}/settings/days")


def test_nothing_in_the_way_is_saved_at_once(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", slot_minutes="30", pause_minutes="0")
    assert "Saved." in page.text
    slots = live_slots(forum)
    assert {slot.ends_at - slot.starts_at for slot in slots} == {timedelta(minutes=30)}
    assert len(db.session.scalars(select(Slot)).all()) == len(slots), "nobody named the old ones"
    assert check(db.session()) == ()


def test_a_slot_in_use_is_named_first_and_then_retired(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(interpreters=0)
    meeting = agreed(forum)
    slot = slots_of(forum)[0]
    draft, published = placed(forum, meeting, slot), placed(forum, meeting, slot)
    make_publication(published)
    client = client_for(make_staff(forum))
    before = [(each.starts_at, each.ends_at) for each in slots_of(forum)]
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="30")
    assert page.h1 == "What this touches"
    assert "published version 1" in page.text
    assert f"schedule {draft.number}" in page.text
    assert [(each.starts_at, each.ends_at) for each in live_slots(forum)] == before, "nothing is saved yet"
    page = client.press(page, "Save all the same")
    assert "Saved." in page.text
    gone = db.session.get_one(Slot, slot.id)
    assert gone.retired_at is not None
    for schedule in (draft, published):
        (entry,) = schedule_entries(schedule.id)
        assert (entry.starts_at, entry.ends_at) == before[0], "what was published stays as it is"
    assert all(each.id != f"s{slot.id}" for each in build(db.session.get_one(Forum, forum.id)).problem.slots)


def test_going_back_keeps_what_was_typed(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    placed(forum, agreed(forum), slots_of(forum)[0])
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="30")
    page = client.press(page, "Back to what I typed", status=200)
    assert page.h1 == "Days and times"
    assert page.by_id("f-slot_minutes").get("value") == "30"


def test_what_is_agreed_to_is_what_was_shown(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    placed(forum, agreed(forum), slots_of(forum)[0])
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="30")
    placed(forum, agreed(forum), slots_of(forum)[1])  # meanwhile
    page = client.press(page, "Save all the same", status=200)
    assert page.h1 == "What this touches", "asked again"
    page = client.press(page, "Save all the same")
    assert "Saved." in page.text


def test_slots_that_stay_keep_placements_locks_and_marks(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=4)
    first, *_rest, last = slots_of(forum)
    meeting = agreed(forum, locked_slot_id=first.id, locked_table_id=tables_of(forum)[0].id)
    schedule = placed(forum, meeting, first)
    client = client_for(make_staff(forum))
    page = open_days(client, forum)
    local = last.starts_at.astimezone(forum.zone)
    page = client.press(page, "Save", **{"rows-end": [f"{local:%H:%M}", "", "", ""]})
    assert "Saved." in page.text
    assert [slot.id for slot in live_slots(forum)] == [slot.id for slot in slots_of(forum)][:3]
    assert db.session.get_one(Meeting, meeting.id).locked_slot_id == first.id
    assert len(schedule_entries(schedule.id)) == 1


def test_a_lock_to_a_time_that_goes_is_named_and_ends(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    meeting = agreed(forum, locked_slot_id=slots_of(forum)[1].id, locked_table_id=tables_of(forum)[0].id)
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="30")
    assert "1 agreed meeting is locked to a time that goes" in page.text
    client.press(page, "Save all the same")
    row = db.session.get_one(Meeting, meeting.id)
    assert (row.locked_slot_id, row.locked_table_id) == (None, None)


def test_when_people_cannot_come_is_carried_over_to_the_new_times(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=4)
    delegate = delegates_of(make_company(forum))[0]
    away = slots_of(forum)[0]
    make_unavailable(delegate, away, reason="Press")
    until = away.ends_at
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="15")
    assert "Delegates who can't come at times that change: 1" in page.text
    client.press(page, "Save all the same")
    (block,) = blocks_with_slots(forum.id)
    marked = unavailable_slots([delegate.id])[delegate.id]
    assert [slot.id for slot in block.slots if slot.id in marked] == [
        slot.id for slot in block.slots if slot.starts_at < until
    ]


def test_meetings_with_certain_times_only_take_the_new_times_nearby(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=4)
    meeting, early = agreed(forum), slots_of(forum)[0]
    store_all([MeetingStart(meeting_id=meeting.id, slot_id=early.id)])
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="30")
    assert "of those that go, the new times nearby count" in page.text
    client.press(page, "Save all the same")
    starts = db.session.scalars(
        select(MeetingStart.slot_id).join(Slot, Slot.id == MeetingStart.slot_id).where(Slot.live())
    ).all()
    assert starts == [live_slots(forum)[0].id]


def test_taking_a_change_back_brings_the_same_slots_back(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=3)
    meeting = agreed(forum)
    placed(forum, meeting, slots_of(forum)[0])
    used = slots_of(forum)[0].id
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=200, slot_minutes="30")
    client.press(page, "Save all the same")
    client.press(open_days(client, forum), "Save", slot_minutes="20")
    assert live_slots(forum)[0].id == used
    assert len(db.session.scalars(select(Block).where(Block.forum_id == forum.id)).all()) == 1
    assert check(db.session()) == ()


def test_a_block_that_overlaps_is_said_in_its_line(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=4)
    client = client_for(make_staff(forum))
    page = open_days(client, forum)
    start = slots_of(forum)[1].starts_at.astimezone(forum.zone)
    page = client.press(
        page,
        "Save",
        status=422,
        **{
            "rows-date": [f"{start:%Y-%m-%d}", f"{start:%Y-%m-%d}", "", ""],
            "rows-start": [page.by_id("rows-start-0").get("value"), f"{start:%H:%M}", "", ""],
            "rows-end": [page.by_id("rows-end-0").get("value"), "23:00", "", ""],
            "rows-name": ["", "Extra", "", ""],
        },
    )
    assert "the block overlaps another one" in page.text
    assert page.by_id("rows-name-1").get("value") == "Extra"


def test_days_are_fields_of_the_browser_unless_they_hold_what_it_could_not_show(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(blocks=1)
    client = client_for(make_staff(forum))
    page = open_days(client, forum)
    first, spare = page.by_id("rows-date-0"), page.by_id("rows-date-1")
    assert (first.get("type"), spare.get("type")) == ("date", "date")
    assert first.get("value") == f"{slots_of(forum)[0].starts_at.astimezone(forum.zone):%Y-%m-%d}"
    typed = {"rows-date": ["12 May", "", "", ""], "rows-start": ["09:00", "", "", ""]}
    rest = {"rows-end": ["12:30", "", "", ""], "rows-name": ["", "", "", ""]}
    wrong = client.press(page, "Save", status=422, **typed, **rest)
    kept = wrong.by_id("rows-date-0")
    assert (kept.get("type"), kept.get("value")) == ("text", "12 May")


def test_no_block_at_all_is_refused(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1)
    client = client_for(make_staff(forum))
    page = client.press(open_days(client, forum), "Save", status=422, **{"rows-remove": "0"})
    assert "A forum needs a block of meetings at least." in page.text
