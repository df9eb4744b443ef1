"""Answering from the mail: a page with a button, whatever happened to the request meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company, CompanyStatus, Representative
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import answer_links, services
from forum_scheduler.requests.models import DeclineReason, Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.factories import make_blocked_pair, make_company, make_request, representative_of
from tests.pages import Visitor
from tests.requests.test_services import open_forum

ClientFor = Callable[[User], Visitor]


def asked(**fields: object) -> tuple[Request, str]:
    """A request, and the link that the asked company got by mail."""
    forum = open_forum(**fields)
    asker, other = make_company(forum, "Asker", side="eu"), make_company(forum, "Asked", side="ua")
    request = services.ask(asker_id=asker.id, asked_id=other.id, wish=Wish(message="Engines?"))
    text = db.session.scalars(select(Mail.text).order_by(Mail.id.desc())).first() or ""
    link = re.search(r"Accept: http://localhost(\S+)", text)
    assert link is not None, text
    return request, link[1]


def state_of(request: Request) -> str:
    db.session.expire_all()
    return db.session.get_one(Request, request.id).state


def test_opening_the_link_changes_nothing_and_its_button_accepts(app: Flask, client: Visitor) -> None:
    request, link = asked()
    for _ in range(3):  # mail scanners, previews, the person
        page = client.page(link)
    client.head(link)
    assert state_of(request) == RequestState.PENDING
    assert "Engines?" in page.main
    page = client.press(page, "Accept the meeting")
    assert "The meeting with Asker is agreed." in page.main
    assert state_of(request) == RequestState.ACCEPTED


def test_the_other_link_declines_with_ready_and_own_words(app: Flask, client: Visitor) -> None:
    request, link = asked()
    page = client.page(link.replace("say=accept", "say=decline"))
    page = client.press(page, "Decline the request", code="full", reason="Next year!")
    assert "You declined the request of Asker." in page.main
    stored = db.session.get_one(Request, request.id)
    assert (stored.state, stored.decline_code, stored.decline_reason) == ("declined", "full", "Next year!")


def test_the_asker_reads_ready_words_in_their_own_language(app: Flask) -> None:
    request, _ = asked()
    representative_of(db.session.get_one(Company, request.asker_id)).locale = "uk"
    db.session.commit()
    services.decline(request_id=request.id, company_id=request.asked_id, code=DeclineReason.FIELD)
    text = db.session.scalars(select(Mail.text).where(Mail.kind == "request-answered")).one()
    assert "not our field" not in text
    assert "«" in text


def test_a_second_press_and_a_changed_mind_are_no_trouble(app: Flask, client: Visitor) -> None:
    request, link = asked()
    first, second = client.page(link), client.page(link)
    client.press(first, "Accept the meeting")
    page = client.press(second, "Accept the meeting")
    assert "is agreed" in page.main
    page = client.press(page, "Decline the request")
    assert state_of(request) == RequestState.DECLINED
    client.press(page, "Accept the meeting")
    assert state_of(request) == RequestState.ACCEPTED
    assert len(db.session.scalars(select(Mail).where(Mail.kind == "request-answered")).all()) == 3


def withdrawn(request: Request) -> None:
    services.withdraw(request_id=request.id, company_id=request.asker_id)


def refused(request: Request) -> None:
    db.session.get_one(Company, request.asker_id).status = CompanyStatus.REFUSED
    db.session.commit()


def blocked(request: Request) -> None:
    one, other = (db.session.get_one(Company, id_) for id_ in (request.asker_id, request.asked_id))
    make_blocked_pair(one, other)


def expired(request: Request) -> None:
    db.session.get_one(Request, request.id).state = RequestState.EXPIRED
    db.session.commit()


def overdue(request: Request) -> None:
    db.session.get_one(Request, request.id).expires_at = now() - timedelta(minutes=1)
    db.session.commit()


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (withdrawn, "They have withdrawn this request."),
        (refused, "does not take part any more"),
        (blocked, "does not take part any more"),
        (expired, "This request has expired."),
        (overdue, "This request has expired."),
    ],
)
def test_what_happened_meanwhile_is_said_before_and_after_the_press(
    app: Flask, client: Visitor, happens: Callable[[Request], None], words: str
) -> None:
    request, link = asked()
    before = client.page(link)
    happens(request)
    state = state_of(request)
    page = client.page(link)
    assert words in page.main
    assert "Accept the meeting" not in page.main
    page = client.press(before, "Accept the meeting", status=409)
    assert words in page.main
    assert state_of(request) == state


def test_after_the_window_the_link_says_so(app: Flask, client: Visitor) -> None:
    request, link = asked(request_days=30)
    before = client.page(link)
    with frozen_at(now() + timedelta(days=3)):
        page = client.press(before, "Accept the meeting", status=409)
        assert "expired" in page.main
        assert "Accept the meeting" not in client.page(link).main
    assert state_of(request) == RequestState.PENDING


def test_who_acts_for_the_company_no_more_has_a_dead_link(app: Flask, client: Visitor) -> None:
    request, link = asked()
    other = representative_of(db.session.get_one(Company, request.asker_id))
    row = db.session.scalars(
        select(Representative).where(Representative.company_id == request.asked_id)
    ).one()
    db.session.delete(row)
    db.session.commit()
    assert client.page(link, status=410).h1 == "This link does not work"
    assert client.post(link, data={"say": "accept"}).status_code == 410
    assert other
    assert state_of(request) == RequestState.PENDING


@pytest.mark.parametrize("spoil", ["x", "cut"])
def test_a_link_that_was_changed_does_not_work(app: Flask, client: Visitor, spoil: str) -> None:
    request, link = asked()
    path, _, query = link.partition("?")
    changed = path[:-3] if spoil == "cut" else path + spoil
    assert client.page(f"{changed}?{query}", status=410).h1 == "This link does not work"
    assert client.post(changed, data={"say": "accept"}).status_code == 410
    assert state_of(request) == RequestState.PENDING


def test_a_link_works_in_its_own_forum_only(app: Flask, client: Visitor) -> None:
    request, link = asked()
    other = open_forum()
    client.page(re.sub(r"/f/[^/]+/", f"/f/{other.slug}/", link), status=410)
    assert state_of(request) == RequestState.PENDING


def test_the_link_answers_without_cookies_and_is_kept_by_nobody(app: Flask) -> None:
    request, link = asked()
    client = app.test_client(use_cookies=False)
    answer = client.get(link)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    path = link.partition("?")[0]
    # Straight through the app: the test's own client would add a token.
    done = app.test_client(use_cookies=False).open(path, method="POST", data={"say": "accept"}, csrf=False)
    assert done.status_code == 303
    assert state_of(request) == RequestState.ACCEPTED


def test_a_link_does_nothing_else_than_answer(app: Flask, client: Visitor) -> None:
    request, link = asked()
    assert client.post(link.partition("?")[0], data={"say": "withdraw"}).status_code == 400
    assert state_of(request) == RequestState.PENDING


def test_after_the_sides_changed_roles_the_old_link_is_dead(app: Flask, client: Visitor) -> None:
    request, link = asked()
    services.decline(request_id=request.id, company_id=request.asked_id)
    again = services.ask(asker_id=request.asked_id, asked_id=request.asker_id, wish=Wish())
    assert again.id == request.id
    client.page(link, status=410)


def test_a_token_names_request_company_and_person(app: Flask) -> None:
    forum = open_forum()
    request = make_request(make_company(forum, side="eu"), make_company(forum, side="ua"))
    user = representative_of(db.session.get_one(Company, request.asked_id))
    found = answer_links.read(answer_links.make(request, user_id=user.id), forum_id=forum.id)
    assert found is not None
    assert (found.request.id, found.user_id) == (request.id, user.id)
    stranger = representative_of(db.session.get_one(Company, request.asker_id))
    assert answer_links.read(answer_links.make(request, user_id=stranger.id), forum_id=forum.id) is None
