"""Accepted meetings against free slots, and the page that shows both."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.requests.availability import advice, fit_of
from forum_scheduler.requests.models import Unavailability
from forum_scheduler.requests.times import Times, save_times, times_of
from tests.factories import (
    blocks_of,
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_meeting,
    make_programme_entry,
    make_staff,
    make_unavailable,
    representative_of,
    slots_of,
    store,
)
from tests.pages import Visitor, text_of
from tests.queries import count_queries

ClientFor = Callable[[User], Visitor]


def test_room_is_the_free_slots_of_all_within_the_limits_of_a_day(app: Flask) -> None:
    forum = make_forum(blocks=2, slots=4, max_per_day=5)
    company = make_company(forum, delegates=2)
    tired, _fresh = delegates_of(company)
    tired.max_per_day = 2
    store(tired)
    make_unavailable(tired, *slots_of(forum)[:3])
    assert fit_of(company).room == 2 + 5


def test_the_limit_of_the_company_is_the_least(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4, max_meetings=3)
    assert fit_of(make_company(forum, delegates=2)).room == 3
    assert fit_of(make_company(forum, max_meetings=9)).room == 4


def test_meetings_that_only_one_delegate_can_take_are_hers_alone(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=2)
    company = make_company(forum, side="ua", delegates=2)
    ann, _bea = delegates_of(company)
    for _ in range(3):
        make_meeting(between=(company, make_company(forum, side="eu")), delegates={company: [ann]})
    fit = fit_of(company)
    assert (fit.meetings, fit.room, fit.over) == (3, 4, 0)
    assert [(each.delegate_id, each.alone, each.over) for each in fit.stretched] == [(ann.id, 3, 1)]


def test_a_meeting_that_any_of_two_can_take_stretches_nobody(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=2)
    company = make_company(forum, side="ua", delegates=2)
    for _ in range(4):
        make_meeting(between=(company, make_company(forum, side="eu")))
    assert fit_of(company).stretched == ()


def test_the_page_takes_blocks_sessions_and_the_stay(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=2, slots=4)
    company = make_company(forum)
    delegate, slots = delegates_of(company)[0], slots_of(forum)
    entry = make_programme_entry(forum, "Opening", starts_at=slots[4].starts_at, minutes=45)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/availability")
    page = client.press(
        page, "Save", blocked=[str(slots[0].id)], attends=str(entry.id), leaves_at="2027-05-12T13:30"
    )
    assert "Saved." in page.flashes
    assert times_of(delegate.id).blocked == {slots[0].id}
    assert times_of(delegate.id).attends == {entry.id}
    assert len(db.session.scalars(select(Unavailability)).all()) == 5
    cell = next(each for each in page.elements("label") if each.get("for") == f"slot-{slots[4].id}")
    assert "Opening" in text_of(cell)
    assert page.fields(page.form_with("Save")[0])["leaves_at"] == "2027-05-12T13:30"


def test_a_slot_blocked_by_hand_and_by_a_session_survives_a_save_without_scripts(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum)
    delegate, slots = delegates_of(company)[0], slots_of(forum)
    entry = make_programme_entry(forum, starts_at=slots[0].starts_at, minutes=20)
    save_times(
        delegate_id=delegate.id,
        times=Times(blocked=frozenset({slots[0].id}), attends=frozenset({entry.id})),
    )
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/availability")
    page = client.press(page, "Save")
    page = client.press(page, "Save", attends=None)
    assert times_of(delegate.id) == Times(blocked=frozenset({slots[0].id}))


def test_a_departure_before_the_arrival_keeps_what_was_chosen(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    delegate, slots = delegates_of(company)[0], slots_of(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/availability")
    page = client.press(
        page,
        "Save",
        status=422,
        blocked=[str(slots[1].id)],
        arrives_at="2027-05-12T12:00",
        leaves_at="2027-05-12T10:00",
    )
    assert "The departure comes before the arrival." in page.text
    assert page.by_id(f"slot-{slots[1].id}").get("checked") is not None
    assert page.by_id("arrives_at").get("value") == "2027-05-12T12:00"


def test_two_windows_on_the_same_times_do_not_overwrite_each_other_unseen(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum)
    delegate, slots = delegates_of(company)[0], slots_of(forum)
    client = client_for(representative_of(company))
    address = f"/f/{forum.slug}/delegates/{delegate.id}/availability"
    one, other = client.page(address), client.page(address)
    client.press(one, "Save", blocked=[str(slots[0].id)])
    page = client.press(other, "Save", status=409, blocked=[str(slots[1].id)])
    assert "Somebody else changed these times meanwhile." in page.text
    assert times_of(delegate.id).blocked == {slots[0].id}
    page = client.press(page, "Save")
    assert times_of(delegate.id).blocked == {slots[1].id}


def test_what_no_longer_fits_is_a_warning_with_what_to_do(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2)
    company = make_company(forum, side="ua", delegates=1)
    delegate = delegates_of(company)[0]
    for _ in range(3):
        make_meeting(between=(company, make_company(forum, side="eu")))
    client = client_for(representative_of(company))
    address = f"/f/{forum.slug}/delegates/{delegate.id}/availability"
    page = client.page(address)
    assert f"Only {delegate.name} can take 3 slots of meetings, and is free in 2" in page.text
    assert "1 slot is missing: free one, add a delegate, or decline or withdraw a meeting." in page.text
    make_delegate(company)
    page = client.page(address)
    assert "no longer fit" not in page.text
    assert "Room for 1 more." in page.text


def test_the_page_asks_the_database_as_often_for_many_meetings(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum, side="ua")
    delegate = delegates_of(company)[0]
    client = client_for(representative_of(company))
    address = f"/f/{forum.slug}/delegates/{delegate.id}/availability"
    make_meeting(between=(company, make_company(forum, side="eu")))
    client.page(address)
    with count_queries() as one:
        client.page(address)
    for _ in range(3):
        make_meeting(between=(company, make_company(forum, side="eu")))
        make_delegate(company)
        make_programme_entry(forum)
    with count_queries() as many:
        client.page(address)
    assert one.count == many.count


@pytest.mark.databases("sqlite")
def test_a_block_without_a_name_is_called_by_its_hours(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2)
    delegate = make_delegate(make_company(forum))
    client = client_for(make_staff(forum))
    for name in ("", "Ранок"):
        block = blocks_of(forum)[0]
        block.name = name
        db.session.commit()
        hours = [block.starts_at, block.ends_at]
        page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/availability")
        shown = "–".join(f"{each.astimezone(forum.zone):%H:%M}" for each in hours)
        assert f">{name or shown}</span>" in page.html


def test_where_the_forum_s_limit_stands_against_them_no_delegate_more_is_advised(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4, max_meetings=1)
    company = make_company(forum, side="ua", delegates=2)
    for _ in range(2):
        make_meeting(between=(company, make_company(forum, side="eu")))
    words = " ".join(advice(fit_of(company)))
    assert "at most 1 meetings" in words
    assert "delegate" not in words


@pytest.mark.parametrize(("name", "years"), [("arrives_at", 1), ("leaves_at", -1)])
def test_a_slip_of_the_year_is_refused_at_its_field(
    app: Flask, client_for: ClientFor, name: str, years: int
) -> None:
    forum = make_forum(blocks=1, slots=2)
    company = make_company(forum)
    (delegate,) = delegates_of(company)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/delegates/{delegate.id}/availability")
    first = slots_of(forum)[0].starts_at
    wrong = first.replace(year=first.year + years, day=1)
    page = client.press(page, "Save", status=422, **{name: wrong.strftime("%Y-%m-%dT%H:%M")})
    assert "look at the date" in page.main
    assert times_of(delegate.id) == Times()
