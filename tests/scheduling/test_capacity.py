"""Demand against room, whom everyone wants, and the solve of every night."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import DelegateAlsoFor
from forum_scheduler.extensions import db
from forum_scheduler.requests.models import RequestState
from forum_scheduler.scheduling import leases, runs
from forum_scheduler.scheduling.capacity import blocks_of, pairs_of, wanted_of
from forum_scheduler.scheduling.models import Run, RunState
from forum_scheduler.scheduling.planning import build
from forum_scheduler.scheduling.solving import execute
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_interpreter,
    make_meeting,
    make_request,
    make_staff,
    make_unavailable,
    slots_of,
)
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def test_a_meeting_that_can_be_in_one_block_only_is_that_blocks_demand(app: Flask) -> None:
    forum = make_forum(blocks=2, slots=4, tables=3)
    a, b, c = (make_company(forum, side=side) for side in ("ua", "eu", "eu"))
    make_meeting(between=(a, b))
    make_meeting(between=(a, c))
    make_unavailable(delegates_of(b)[0], *slots_of(forum)[:4])  # not in the first block
    first, second = blocks_of(build(forum).problem)
    assert (first.room, second.room) == (12, 12)
    assert (first.possible, first.only) == (1, 0)
    assert (second.possible, second.only) == (2, 1)
    assert (first.demand, second.demand) == (0, 2)  # a half and one and a half, rounded


def test_closed_tables_are_no_room(app: Flask) -> None:
    from forum_scheduler.forums.models import TableClosure  # noqa: PLC0415 -- beside its only use
    from tests.factories import store_all, tables_of  # noqa: PLC0415

    forum = make_forum(blocks=1, slots=4, tables=2)
    make_meeting(between=(make_company(forum, side="ua"), make_company(forum, side="eu")))
    store_all([TableClosure(table_id=tables_of(forum)[0].id, slot_id=slots_of(forum)[0].id)])
    (block,) = blocks_of(build(forum).problem)
    assert block.room == 7


def test_a_pair_that_nobody_interprets_has_no_room(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4, interpreters=0)
    make_interpreter(forum, pairs=(("en", "uk"), ("fr", "uk")))
    a, b = make_company(forum, side="ua"), make_company(forum, side="eu")
    make_meeting(between=(a, b), interpret=["uk", "en"])
    make_meeting(between=(make_company(forum, side="ua"), b), interpret=["de", "uk"])
    first, second = pairs_of(build(forum).problem)
    assert (first.pair, first.demand, first.room) == (("de", "uk"), 1, 0)
    assert (second.pair, second.demand, second.room, second.shared) == (("en", "uk"), 1, 4, 1)


def test_the_companies_that_most_ask_for_come_first(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4, max_meetings=3)
    star, quiet = make_company(forum, "Star", side="ua"), make_company(forum, "Quiet", side="ua")
    asker = [make_company(forum, side="eu") for _ in range(4)]
    for each in asker:
        make_request(each, star)
    make_request(asker[0], quiet, state=RequestState.DECLINED)
    (found,) = wanted_of(forum)
    assert (found.name, found.requests, found.demand, found.room) == ("Star", 4, 4, 3)


def test_what_a_company_asked_for_itself_fills_its_slots_too(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4)
    star = make_company(forum, "Star", side="ua", delegates=1)
    other, third, fourth = (make_company(forum, side="eu") for _ in range(3))
    make_request(other, star)
    make_request(star, third)
    make_request(star, fourth, state=RequestState.DECLINED)
    make_meeting(between=(star, fourth), length_slots=2)
    found = next(each for each in wanted_of(forum) if each.company_id == star.id)
    assert (found.name, found.requests, found.demand, found.room) == ("Star", 1, 4, 4)


def test_limits_of_a_day_and_people_of_two_companies_count_as_room(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4, max_per_day=3)
    star, sister = make_company(forum, "Star", side="ua", delegates=2), make_company(forum, side="ua")
    db.session.add(DelegateAlsoFor(delegate_id=delegates_of(sister)[0].id, company_id=star.id))
    db.session.commit()
    make_request(make_company(forum, side="eu"), star)
    make_unavailable(delegates_of(star)[0], *slots_of(forum)[:3])
    (found,) = wanted_of(forum)
    assert found.room == 1 + 3 + 3


def test_the_page_says_what_is_scarce(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=1, tables=1, interpreters=0)
    star = make_company(forum, "Star", side="ua", delegates=1)
    for _ in range(2):
        other = make_company(forum, side="eu")
        make_request(other, star)
        make_meeting(between=(star, other), interpret=["de", "uk"])
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/capacity")
    assert "Nobody interprets this pair." in page.text
    assert ["Star", "2", "4", "1", "!more than it can meet"] in page.rows
    assert "2 of 1" in page.text


def test_before_anything_is_agreed_the_page_says_so(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/capacity")
    assert "There is no agreed meeting yet" in page.text


def test_solving_every_night_is_switched_on_and_off_in_one_place(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/")
    assert "Nothing is solved by night" in page.text
    page = client.press(client.page(f"/f/{forum.slug}/runs"), "Plan it", **{"tonight-repeat": "y"})
    assert "It solves every night at 02:00" in page.text
    assert "Nothing is solved by night" not in client.page(f"/f/{forum.slug}/").text
    page = client.press(client.page(f"/f/{forum.slug}/runs"), "Switch it off: every night")
    assert page.flashes == ["It no longer solves every night."]
    assert runs.nightly_of(forum.id) is None
    assert db.session.scalars(select(Run.state)).all() == [RunState.CANCELLED]


def test_a_night_before_anything_is_agreed_is_no_failure_and_the_next_is_planned(app: Flask) -> None:
    forum = make_forum()
    run = runs.request_run(forum, seconds=1, repeat_daily=True)
    assert leases.claim("me") == run.id
    execute(run.id, "me")
    states = db.session.scalars(select(Run.state).order_by(Run.id)).all()
    assert states == [RunState.CANCELLED, RunState.QUEUED]


def test_a_night_under_way_goes_on_to_its_end_and_is_the_last(app: Flask) -> None:
    forum = make_forum()
    run = runs.request_run(forum, seconds=1, repeat_daily=True)
    assert leases.claim("me") == run.id
    assert runs.stop_nights(forum.id)
    assert not runs.stop_nights(forum.id)
    execute(run.id, "me")
    assert len(db.session.scalars(select(Run)).all()) == 1
