"""Asking by the pages: what the form explains, offers and keeps; several companies at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import Notice
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import services
from forum_scheduler.requests.models import Meeting, Priority, Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.factories import (
    delegates_of,
    make_blocked_pair,
    make_company,
    make_delegate,
    make_interpreter,
    make_request,
    representative_of,
)
from tests.pages import Page, Visitor
from tests.requests.test_services import meeting_of, open_forum

ClientFor = Callable[[User], Visitor]


def between(forum: Forum) -> tuple[Company, Company]:
    return make_company(forum, "Us", side="eu"), make_company(forum, "Them", side="ua")


def open_form(client: Visitor, forum: Forum, company: Company, *, status: int = 200) -> Page:
    return client.page(f"/f/{forum.slug}/companies/{company.id}/ask", status=status)


def test_the_form_says_how_many_of_each_priority_are_left(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum(max_must_requests=1, max_high_requests=2)
    us, them = between(forum)
    make_request(us, make_company(forum, side="ua"), priority=Priority.MUST)
    client = client_for(representative_of(us))
    page = open_form(client, forum, them)
    assert "Must: we come for this meeting (none left: lower another request first)" in page.main
    assert "High: we would be sorry to miss it (2 left)" in page.main
    page = client.press(page, "Send the request", status=422, priority="must")
    assert "Lower another request first" in page.main


def test_a_request_that_is_changed_does_not_count_against_itself(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum(max_must_requests=1)
    us, them = between(forum)
    make_request(us, them, priority=Priority.MUST)
    client = client_for(representative_of(us))
    page = open_form(client, forum, them)
    assert "(1 left)" in page.main
    client.press(page, "Save", message="Still a must")
    assert db.session.scalars(select(Request.message)).one() == "Still a must"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ask": [("ua", "eu")]}, "your side does not ask companies of theirs"),
        ({"max_requests": 1}, "You have sent all your 1 requests."),
    ],
)
def test_a_rule_that_forbids_asking_is_told_before_anything_is_typed(
    app: Flask, client_for: ClientFor, fields: dict[str, object], words: str
) -> None:
    forum = open_forum(**fields)
    us, them = between(forum)
    make_request(us, make_company(forum, side="ua"))
    page = open_form(client_for(representative_of(us)), forum, them)
    assert words in page.main
    assert "Send the request" not in page.main


def test_a_refusal_is_told_and_the_other_side_may_still_ask(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    make_request(us, them, state=RequestState.DECLINED)
    page = open_form(client_for(representative_of(us)), forum, them)
    assert "Them has declined already. Only they can ask you now." in page.main
    assert "Send the request" in open_form(client_for(representative_of(them)), forum, us).main


def test_delegates_of_both_sides_length_and_interpreter_are_wished_for(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    us, them = between(forum)
    ours, theirs = make_delegate(us, "Ann"), make_delegate(them, "Olha")
    client = client_for(representative_of(us))
    page = client.press(
        open_form(client, forum, them), "Send the request",
        our_ids=[str(ours.id)], their_ids=[str(theirs.id)], length_slots="2", interpret="en-uk",
    )  # fmt: skip
    request = db.session.scalars(select(Request)).one()
    assert (request.length_slots, request.interpret) == (2, ["en", "uk"])
    services.accept(request_id=request.id, company_id=them.id)
    meeting = meeting_of(request)
    assert [[one.delegate_id for one in party.delegates] for party in meeting.parties] == [
        [ours.id],
        [theirs.id],
    ]
    page = open_form(client, forum, them)
    fields = page.fields(page.form_with("Save")[0])
    assert fields["our_ids"] == str(ours.id)
    assert "their_ids" not in fields  # agreed: they say for themselves who comes
    assert "From them come: Olha. From you come: Ann." in page.main
    assert (fields["length_slots"], fields["interpret"]) == ("2", "en-uk")


def speaking(company: Company, *languages: str) -> None:
    for delegate in delegates_of(company):
        delegate.languages = list(languages)
    db.session.commit()


def test_the_need_of_an_interpreter_is_derived_and_can_be_overridden(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    us, them = between(forum)
    make_interpreter(forum, pairs=[("fr", "uk")])
    speaking(us, "fr")
    speaking(them, "uk")
    client = client_for(representative_of(us))
    page = open_form(client, forum, them)
    assert "By the delegates’ languages: French and Ukrainian" in page.main
    page = client.press(page, "Send the request", interpret="none")
    request = db.session.scalars(select(Request)).one()
    services.accept(request_id=request.id, company_id=them.id)
    assert meeting_of(request).interpret is None
    client.press(open_form(client, forum, them), "Save", interpret="derived")
    assert db.session.scalars(select(Meeting.interpret)).one() == ["fr", "uk"]


def test_one_language_is_no_pair_to_interpret(app: Flask) -> None:
    us, them = between(open_forum())
    with pytest.raises(Invalid) as refusal:
        services.ask(asker_id=us.id, asked_id=them.id, wish=Wish(interpret=("uk", "uk")))
    assert refusal.value.field == "interpret"


def test_an_agreed_meeting_that_they_asked_for_has_no_form(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    make_request(them, us, state=RequestState.ACCEPTED)
    page = open_form(client_for(representative_of(us)), forum, them)
    assert "This meeting is agreed: they asked, and you accepted." in page.main


def test_several_companies_are_asked_with_one_message(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    more = [make_company(forum, f"More {number}", side="ua") for number in range(2)]
    asked_us = make_company(forum, "Asked us", side="ua")
    make_request(asked_us, us)
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/companies")
    page = client.press(page, "Ask the ticked ones", to=[str(each.id) for each in (them, *more)])
    assert page.h1 == "Ask 3 companies for a meeting"
    page = client.press(
        page, "Send the requests", priority="high", message="Hello all",
        to=[str(each.id) for each in (them, *more, asked_us)],
    )  # fmt: skip
    assert "4 requests are sent." in page.flashes
    requests = db.session.scalars(select(Request).order_by(Request.id)).all()
    assert [each.state for each in requests] == ["accepted", "pending", "pending", "pending"]
    assert {each.message for each in requests[1:]} == {"Hello all"}


def test_of_several_those_that_can_not_be_asked_stay_with_the_reason(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum(max_must_requests=1)
    us, them = between(forum)
    other = make_company(forum, "Other", side="ua")
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/requests/new?to={them.id}&to={other.id}")
    page = client.press(page, "Send the requests", status=422, priority="must", message="Long thoughts")
    assert "1 request is sent." in page.flashes
    assert "Other: You have used all 1 of “must”." in page.text
    assert "Long thoughts" in page.text
    assert page.fields(page.form_with("Send the requests")[0])["to"] == str(other.id)
    page = client.press(page, "Send the requests", priority="normal")
    assert len(db.session.scalars(select(Request)).all()) == 2


def test_who_is_not_to_be_seen_or_asked_is_left_out_of_several(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    blocked, same_side = make_company(forum, "Blocked", side="ua"), make_company(forum, "Same", side="eu")
    make_blocked_pair(us, blocked)
    make_request(us, them)
    client = client_for(representative_of(us))
    ids = "&".join(f"to={each.id}" for each in (them, blocked, same_side, us))
    page = client.page(f"/f/{forum.slug}/requests/new?{ids}&to=abc&to=999999")
    assert "Nobody is ticked" in page.main
    assert len(db.session.scalars(select(Mail)).all()) == 0


def test_a_request_that_is_over_the_time_can_not_be_answered_though_no_worker_came(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    us, them = between(forum)
    request = make_request(us, them, expires_at=now() - timedelta(minutes=1))
    client = client_for(representative_of(them))
    page = client.send(f"/f/{forum.slug}/inbox", {"verb": "accept", "request": request.id})
    assert "This request has expired." in page.text
    assert db.session.get_one(Request, request.id).state == RequestState.PENDING


def test_what_the_second_of_two_who_ask_each_other_wishes_is_kept(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    ours, theirs = make_delegate(us, "Ann"), make_delegate(them, "Olha")
    services.ask(asker_id=them.id, asked_id=us.id, wish=Wish(message="First", delegate_ids=[ours.id]))
    client = client_for(representative_of(us))
    form = open_form(client, forum, them)
    assert "They write: “First”" in form.main
    page = client.press(
        form,
        "Send the request",
        message="We want it too",
        their_ids=[str(theirs.id)],
        length_slots="2",
    )
    assert page.h1 == "Inbox"  # where the meeting stands
    assert "Them" in page.main
    request = db.session.scalars(select(Request).options(selectinload(Request.wished))).one()
    assert (request.mutual, request.message, request.length_slots) == (True, "First", 2)
    assert {each.delegate_id for each in request.wished} == {ours.id, theirs.id}
    assert meeting_of(request).length_slots == 2
    told = db.session.scalars(
        select(Notice.text).where(
            Notice.user_id == representative_of(them).id, Notice.kind == "request-answered"
        )
    ).one()
    assert "They write: “We want it too”" in told
    answered = client.page(f"/f/{forum.slug}/inbox?show=answered").main
    assert "“First”" in answered
    assert "You wrote: “We want it too”" in answered
    other = client_for(representative_of(them))
    assert "They write: “We want it too”" in other.page(f"/f/{forum.slug}/requests").main
    assert "They write: “We want it too”" in open_form(other, forum, us).main


@pytest.mark.parametrize("verb", ["decline", "take back"])
def test_what_the_second_one_wrote_goes_with_the_agreement(app: Flask, verb: str) -> None:
    us, them = between(open_forum())
    services.ask(asker_id=them.id, asked_id=us.id, wish=Wish(message="First"))
    sent = services.ask(asker_id=us.id, asked_id=them.id, wish=Wish(message="We want it too"))
    assert sent.answer_message == "We want it too"
    if verb == "decline":
        changed = services.decline(request_id=sent.id, company_id=us.id)
    else:
        changed = services.take_back_answer(request_id=sent.id, company_id=us.id, revision=sent.revision)
    assert (changed.message, changed.answer_message) == ("First", "")


def test_a_withdrawn_request_is_sent_again_by_undo_as_it_was(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    services.ask(asker_id=us.id, asked_id=them.id, wish=Wish(priority=Priority.MUST, message="Drones"))
    client = client_for(representative_of(us))
    page = client.press(client.page(f"/f/{forum.slug}/requests"), "Withdraw: Them")
    assert "Your request to Them is withdrawn." in page.main
    client.press(page, "Undo")
    request = db.session.scalars(select(Request)).one()
    assert (request.state, request.priority, request.message) == ("pending", "must", "Drones")


def test_the_undo_of_a_withdrawal_obeys_the_caps(app: Flask) -> None:
    forum = open_forum(max_requests=1)
    us, them = between(forum)
    request = services.ask(asker_id=us.id, asked_id=them.id, wish=Wish())
    services.withdraw(request_id=request.id, company_id=us.id)
    services.ask(asker_id=us.id, asked_id=make_company(forum, side="ua").id, wish=Wish())
    with pytest.raises(Refused):
        services.ask_again(request_id=request.id)


def test_a_reason_against_many_is_said_once(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum(max_must_requests=0)
    us = make_company(forum, "Us", side="eu")
    others = [make_company(forum, f"Other {number}", side="ua") for number in range(6)]
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/requests/new?" + "&".join(f"to={each.id}" for each in others))
    page = client.press(page, "Send the requests", status=422, priority="must")
    (said,) = page.flashes
    assert "Other 3 and 2 more" in said


def test_what_is_closed_is_said_where_one_looks_for_requests(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum(contact_email="help@forum.example")
    us, _them = between(forum)
    client = client_for(representative_of(us))
    assert "Requests closed on" not in client.page(f"/f/{forum.slug}/inbox").main
    with frozen_at((forum.requests_close_at or now()) + timedelta(minutes=1)):
        for path in ("inbox", "requests"):
            page = client.page(f"/f/{forum.slug}/{path}")
            assert "Requests closed on" in page.main
            assert "help@forum.example" in page.main
            assert "ask others" not in page.main


def test_a_withdrawal_of_what_was_accepted_meanwhile_is_asked_for_again(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    us, them = between(forum)
    request = services.ask(asker_id=us.id, asked_id=them.id, wish=Wish())
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/requests")
    services.accept(request_id=request.id, company_id=them.id)
    page = client.press(page, "Withdraw: Them")
    assert "They have accepted meanwhile" in page.main
    assert db.session.get_one(Request, request.id, populate_existing=True).state == RequestState.ACCEPTED
    page = client.press(page, "Withdraw: Them")
    assert "The meeting with Them is taken back. They are told." in page.main
    assert db.session.get_one(Request, request.id, populate_existing=True).state == RequestState.WITHDRAWN


def test_the_table_withdraws_all_that_are_ticked_or_none(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us = make_company(forum, "Us", side="eu")
    first, second = (
        services.ask(asker_id=us.id, asked_id=make_company(forum, side="ua").id, wish=Wish())
        for _ in range(2)
    )
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/requests/table")
    services.accept(request_id=second.id, company_id=second.asked_id)
    page = client.press(page, "Save", status=409, withdraw=[str(first.id), str(second.id)])
    assert "They have accepted meanwhile" in page.main
    states = db.session.scalars(select(Request.state).order_by(Request.id)).all()
    assert states == [RequestState.PENDING, RequestState.ACCEPTED]


def test_the_browser_is_told_that_a_form_has_arrived_and_only_then(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us, them = between(forum)
    client = client_for(representative_of(us))
    client.press(open_form(client, forum, them), "Send the request", status=422, message="x" * 501)
    assert client.get_cookie("arrived") is None
    client.press(open_form(client, forum, them), "Send the request", message="Hello")
    arrived = client.get_cookie("arrived")
    assert arrived is not None
    assert arrived.value == f"ask-{them.id}"
