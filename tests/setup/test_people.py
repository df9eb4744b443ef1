"""Interpreters with rosters, and sides with who may ask whom, changed after the fact."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import sides_of
from forum_scheduler.forums.models import Interpreter, InterpreterAbsence
from forum_scheduler.requests import services as requests
from forum_scheduler.requests.models import Meeting
from forum_scheduler.requests.wishes import Wish
from forum_scheduler.setup.people import asks_of, interpreters_of
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_request,
    make_schedule,
    make_staff,
    slots_of,
    store,
    tables_of,
)
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def test_interpreters_are_added_and_sign_in_with_their_address(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(interpreters=1)
    (first,) = interpreters_of(forum.id)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/interpreters")
    page = client.press(
        page,
        "Save",
        **{
            "rows-name": [first.name, "Iryna Koval", "", ""],
            "rows-email": ["", "Iryna@example.org", "", ""],
            "rows-pairs": ["en-uk", "uk-fr, uk-en", "", ""],
            "rows-max_in_row": ["3", "", "", ""],
            "rows-max_per_day": ["", "9", "", ""],
        },
    )
    one, two = interpreters_of(forum.id)
    assert (one.id, one.max_in_row) == (first.id, 3)
    assert (two.pairs, two.max_in_row, two.max_per_day) == ([["uk", "fr"], ["uk", "en"]], None, 9)
    user = db.session.scalars(select(User).where(User.email == "iryna@example.org")).one()
    assert two.user_id == user.id
    assert "Iryna Koval" in page.links


def test_a_pair_that_is_none_is_said_in_its_line(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(interpreters=1)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/interpreters")
    page = client.press(page, "Save", status=422, **{"rows-pairs": ["en-en", "", "", ""]})
    assert "two different languages are needed" in page.text
    page = client.press(
        page,
        "Save",
        status=422,
        **{"rows-pairs": ["en-uk", "", "", ""], "rows-max_in_row": ["x", "", "", ""]},
    )
    assert "A whole number, please." in page.text


def test_an_interpreter_with_meetings_is_retired_after_asking(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(interpreters=1)
    (one,) = interpreters_of(forum.id)
    a, b = make_company(forum, side="ua"), make_company(forum, side="eu")
    meeting = make_meeting(between=(a, b))
    people = [*delegates_of(a), *delegates_of(b)]
    place = (meeting, slots_of(forum)[0], tables_of(forum)[0], people)
    make_schedule(forum, place, interpreters={meeting: one})
    client = client_for(make_staff(forum))
    roster = f"/f/{forum.slug}/settings/interpreters/{one.id}"
    page = client.press(client.page(roster), "Save", status=200, absent=[str(slots_of(forum)[0].id)])
    assert "placement of schedule 1" in page.text
    client.press(page, "Save all the same")
    assert db.session.scalars(select(InterpreterAbsence.slot_id)).all() == [slots_of(forum)[0].id]
    page = client.page(f"/f/{forum.slug}/settings/interpreters")
    page = client.press(page, "Save", status=200, **{"rows-remove": "0"})
    assert "placement of schedule 1" in page.text
    client.press(page, "Save all the same")
    assert interpreters_of(forum.id) == []
    assert db.session.get_one(Interpreter, one.id).retired_at is not None


def test_new_pairs_of_languages_reach_the_agreed_meetings(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(interpreters=0)
    asker, asked = make_company(forum, side="ua"), make_company(forum, side="eu")
    for company, languages in ((asker, ["uk", "de"]), (asked, ["fr"])):
        for delegate in delegates_of(company):
            delegate.languages = languages
            store(delegate)
    request = requests.ask(asker_id=asker.id, asked_id=asked.id, wish=Wish())
    requests.accept(request_id=request.id, company_id=asked.id)
    assert db.session.scalars(select(Meeting.interpret)).one() == ["de", "fr"]
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/interpreters")
    fields = {"rows-name": ["Iryna", "", ""], "rows-pairs": ["uk-fr", "", ""]}
    client.press(page, "Save", **fields)
    assert sorted(db.session.scalars(select(Meeting.interpret)).one() or ()) == ["fr", "uk"]


def test_sides_and_who_may_ask_whom(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    eu, ua = sides_of(forum.id)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/sides")
    fields = {"rows-name": ["EU", "UA", "Norway", ""], "rows-code": ["eu", "ua", "no", ""]}
    page = client.press(page, "Save", asks=[f"{ua.id}-{eu.id}"], **fields)
    norway = sides_of(forum.id)[2]
    assert asks_of(forum.id) == {
        (ua.id, eu.id), (norway.id, eu.id), (norway.id, ua.id), (eu.id, norway.id), (ua.id, norway.id)
    }  # fmt: skip
    make_company(forum, side="no")
    page = client.press(
        client.page(f"/f/{forum.slug}/settings/sides"), "Save", status=422, **{"rows-remove": "2"}
    )
    assert "Norway has 1 company" in page.text


def test_requests_that_would_no_longer_be_allowed_are_named(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    make_request(make_company(forum, "Kvant", side="ua"), make_company(forum, "Aerotec", side="eu"))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/sides")
    page = client.press(page, "Save", status=200, asks=None)
    assert "Kvant → Aerotec" in page.text
    client.press(page, "Save all the same")
    assert asks_of(forum.id) == set()
