from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Request, RequestState
from tests.factories import (
    make_company,
    make_forum,
    make_representative,
    make_request,
    make_staff,
    representative_of,
)
from tests.pages import Visitor
from tests.queries import count_queries
from tests.requests.test_services import open_forum

ClientFor = Callable[[User], Visitor]


def pair() -> tuple[Forum, Company, Company]:
    forum = open_forum()
    return forum, make_company(forum, side="eu"), make_company(forum, side="ua")


def state_of(request: Request) -> str:
    return db.session.get_one(Request, request.id).state


def test_a_company_asks_and_finds_the_request_in_its_list(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{forum.slug}/companies/{asked.id}/ask")
    page = client.press(page, "Send the request", priority="must", message="<script>engines</script>")
    assert f"Your request to {asked.name} is sent." in page.flashes
    assert "Waiting for an answer" in page.main
    assert "<script>engines</script>" in page.main


def test_what_was_typed_stays_when_the_window_closes_meanwhile(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{forum.slug}/companies/{asked.id}/ask")
    with frozen_at(now() + timedelta(days=3)):
        page = client.press(page, "Send the request", status=403, message="Long thoughts")
    assert "has closed" in page.text
    assert "Long thoughts" in page.text


def test_a_message_that_is_too_long_is_refused_at_its_field(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{forum.slug}/companies/{asked.id}/ask")
    page = client.press(page, "Send the request", status=422, message="x" * 501)
    assert db.session.scalars(select(Request)).all() == []


def test_a_message_of_five_megabytes_is_turned_away(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    client = client_for(representative_of(asker))
    answer = client.post(
        f"/f/{forum.slug}/companies/{asked.id}/ask", data={"message": "x" * 5_000_000, "priority": "normal"}
    )
    assert answer.status_code in (413, 422)
    assert db.session.scalars(select(Request)).all() == []


def test_a_request_is_changed_and_withdrawn(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    request = make_request(asker, asked)
    client = client_for(representative_of(asker))
    page = client.page(f"/f/{forum.slug}/companies/{asked.id}/ask")
    page = client.press(page, "Save", message="Changed")
    assert db.session.get_one(Request, request.id).message == "Changed"
    page = client.press(page, f"Withdraw: {asked.name}")
    assert state_of(request) == RequestState.WITHDRAWN


def test_the_other_tab_is_told_that_the_request_changed(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    make_request(asker, asked)
    client = client_for(representative_of(asker))
    address = f"/f/{forum.slug}/companies/{asked.id}/ask"
    old_tab, new_tab = client.page(address), client.page(address)
    client.press(new_tab, "Save", message="New")
    page = client.press(old_tab, "Save", status=409, message="Old")
    assert "changed this request meanwhile" in page.text
    assert "Old" in page.text


def test_undo_lets_a_request_wait_again_and_puts_a_changed_answer_back(
    app: Flask, client_for: ClientFor
) -> None:
    forum, them, us = pair()
    request = make_request(them, us)
    client = client_for(representative_of(us))
    address = f"/f/{forum.slug}/inbox"
    page = client.press(client.page(address), f"Decline: {them.name}d")
    page = client.press(page, "Undo")
    assert "Your answer is taken back" in page.main
    assert state_of(request) == RequestState.PENDING
    client.press(page, f"Decline: {them.name}d")
    page = client.press(client.page(f"{address}?show=answered"), f"Accept: {them.name}a")
    client.press(page, "Undo")
    assert state_of(request) == RequestState.DECLINED


def test_one_click_accepts_and_another_declines(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    request = make_request(asker, asked, message="Engines")
    client = client_for(representative_of(asked))
    page = client.page(f"/f/{forum.slug}/inbox")
    assert "Engines" in page.main
    address = f"/f/{forum.slug}/inbox"
    client.send(address, {"verb": "accept", "request": request.id})
    assert state_of(request) == RequestState.ACCEPTED
    client.send(address, {"verb": "decline", "request": request.id})
    assert state_of(request) == RequestState.DECLINED


def test_many_requests_are_answered_at_once(app: Flask, client_for: ClientFor) -> None:
    forum, _asker, asked = pair()
    requests = [make_request(make_company(forum, side="eu"), asked) for _ in range(3)]
    client = client_for(representative_of(asked))
    page = client.page(f"/f/{forum.slug}/inbox")
    ticked = [str(each.id) for each in requests[:2]]
    client.press(page, "Accept the ticked ones", request=ticked)
    assert [state_of(each) for each in requests] == ["accepted", "accepted", "pending"]


def test_a_request_to_somebody_else_can_not_be_answered(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    request = make_request(asker, asked)
    stranger = client_for(representative_of(make_company(forum, side="ua")))
    answer = stranger.post(f"/f/{forum.slug}/inbox", data={"verb": "accept", "request": request.id})
    assert answer.status_code == 404
    assert state_of(request) == RequestState.PENDING


def test_more_accepted_meetings_than_slots_is_a_warning_with_what_to_do(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum(
        blocks=1, slots=1, requests_open_at=now() - timedelta(1), requests_close_at=now() + timedelta(1)
    )
    asked = make_company(forum, side="ua")
    client = client_for(representative_of(asked))
    for _ in range(2):
        request = make_request(make_company(forum, side="eu"), asked)
        client.send(f"/f/{forum.slug}/inbox", {"verb": "accept", "request": request.id})
    page = client.page(f"/f/{forum.slug}/inbox")
    assert "1 slot is missing: free one, add a delegate, or decline or withdraw a meeting." in page.text


def test_the_organiser_sees_all_requests_by_state(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    make_request(asker, asked, state=RequestState.DECLINED)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/organise/requests?state=declined")
    assert asker.name in page.main
    page = client.page(f"/f/{forum.slug}/organise/requests?state=pending")
    assert asker.name not in page.main


def test_the_inbox_asks_the_database_the_same_number_of_times_for_one_and_three(
    app: Flask, client_for: ClientFor
) -> None:
    forum, asker, asked = pair()
    client = client_for(representative_of(asked))
    make_request(asker, asked)
    address = f"/f/{forum.slug}/inbox"
    client.page(address)
    with count_queries() as one:
        client.page(address)
    for _ in range(2):
        make_request(make_company(forum, side="eu"), asked)
    with count_queries() as three:
        client.page(address)
    assert one.count == three.count


def test_who_answers_after_a_colleague_reads_that_first(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    request = make_request(asker, asked)
    other = make_request(make_company(forum, side="eu"), asked)
    one, two = client_for(representative_of(asked)), client_for(make_representative(asked))
    inbox = f"/f/{forum.slug}/inbox"
    stale, ticked = two.page(inbox), two.page(inbox)
    one.press(one.page(inbox), f"Accept: {asker.name}a")
    page = two.press(stale, f"Decline: {asker.name}d")
    assert page.flashes == [
        f"A colleague has accepted the request of {asker.name} meanwhile: look at it again."
    ]
    assert state_of(request) == RequestState.ACCEPTED
    two.press(ticked, "Decline the ticked ones", request=[str(request.id), str(other.id)])
    assert (state_of(request), state_of(other)) == (RequestState.ACCEPTED, RequestState.DECLINED)
    page = two.press(two.page(f"{inbox}?show=answered"), f"Decline: {asker.name}d")  # seen, and meant
    assert state_of(request) == RequestState.DECLINED
    two.press(page, "Undo")
    assert state_of(request) == RequestState.ACCEPTED


def test_the_same_answer_of_two_colleagues_is_one(app: Flask, client_for: ClientFor) -> None:
    forum, asker, asked = pair()
    request = make_request(asker, asked)
    one, two = client_for(representative_of(asked)), client_for(make_representative(asked))
    inbox = f"/f/{forum.slug}/inbox"
    pages = [(each, each.page(inbox)) for each in (one, two)]
    for each, page in pages:
        assert each.press(page, f"Accept: {asker.name}a").flashes == ["1 request is accepted."]
    assert state_of(request) == RequestState.ACCEPTED
