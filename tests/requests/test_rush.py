"""Requests sent over the pages at the same moment, or to a company that is gone meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.models import Meeting, Request, RequestState
from tests.companies.test_races import clients, count, send_at_once
from tests.factories import (
    make_blocked_pair,
    make_company,
    make_representative,
    make_request,
    representative_of,
)
from tests.pages import Visitor
from tests.requests.test_services import open_forum

ClientFor = Callable[[User], Visitor]
WISH = {"priority": "normal", "message": "Shall we meet?", "length_slots": "1", "interpret": "derived"}


def ask_path(slug: str, company: Company) -> str:
    return f"/f/{slug}/companies/{company.id}/ask"


def test_colleagues_who_press_send_at_once_send_one_request(app: Flask) -> None:
    forum = open_forum()
    us, them = make_company(forum, "Us", side="eu"), make_company(forum, "Them", side="ua")
    windows = [clients(app, 1, each)[0] for each in (representative_of(us), make_representative(us))]
    windows += clients(app, 2, representative_of(us))  # and a double click of the first
    got = send_at_once(app, [(each, ask_path(forum.slug, them), WISH) for each in windows])
    assert {status for status, _ in got} == {303}
    assert count(Request) == 1
    assert count(Mail, Mail.kind == "request-received") <= 1


def test_companies_that_ask_each_other_in_the_same_second_have_one_agreed_meeting(app: Flask) -> None:
    forum = open_forum()
    for number in range(3):
        us = make_company(forum, f"Us {number}", side="eu")
        them = make_company(forum, f"Them {number}", side="ua")
        ours, theirs = (clients(app, 1, representative_of(each))[0] for each in (us, them))
        got = send_at_once(
            app, [(ours, ask_path(forum.slug, them), WISH), (theirs, ask_path(forum.slug, us), WISH)]
        )
        assert {status for status, _ in got} == {303}
    requests = db.session.scalars(select(Request)).all()
    assert [(each.state, each.mutual) for each in requests] == [(RequestState.ACCEPTED, True)] * 3
    assert count(Meeting) == 3


def test_a_double_click_on_accept_makes_one_meeting(app: Flask) -> None:
    forum = open_forum()
    us, them = make_company(forum, side="eu"), make_company(forum, side="ua")
    request = make_request(us, them)
    data = {"verb": "accept", "request": request.id}
    sent = [(each, f"/f/{forum.slug}/inbox", data) for each in clients(app, 4, representative_of(them))]
    assert {status for status, _ in send_at_once(app, sent)} == {303}
    assert count(Meeting) == 1


@pytest.mark.parametrize("gone", ["refused", "blocked"])
def test_what_was_typed_for_a_company_that_is_gone_meanwhile_is_handed_back(
    app: Flask, client_for: ClientFor, gone: str
) -> None:
    forum = open_forum()
    us, them = make_company(forum, side="eu"), make_company(forum, "Them", side="ua")
    client = client_for(representative_of(us))
    page = client.page(ask_path(forum.slug, them))
    if gone == "refused":
        db.session.get_one(Company, them.id).status = CompanyStatus.REFUSED
        db.session.commit()
    else:
        make_blocked_pair(us, them)
    page = client.press(page, "Send the request", status=404, message="Long <i>thoughts</i>\nin two lines")
    assert "This company does not take part any more." in page.main
    assert "Long <i>thoughts</i>" in page.main
    assert "Them" not in page.main  # a blocked pair learns nothing of each other
    assert count(Request) == 0


def test_what_was_typed_for_several_that_are_all_gone_is_handed_back(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    us, them = make_company(forum, side="eu"), make_company(forum, side="ua")
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/requests/new?to={them.id}")
    make_blocked_pair(us, them)
    page = client.press(page, "Send the requests", status=404, message="Long thoughts")
    assert "Long thoughts" in page.main


def test_an_answer_in_own_words_outlives_the_session(
    app: Flask, client: Visitor, client_for: ClientFor
) -> None:
    forum = open_forum()
    us, them = make_company(forum, "Us", side="eu"), make_company(forum, side="ua")
    make_request(us, them)
    page = client_for(representative_of(them)).page(f"/f/{forum.slug}/inbox")
    data = page.fields(page.form_with("Decline so: Us")[0]) | {"verb": "decline", "reason": "Own long words"}
    answer = client.open(page.url, method="POST", data=data, csrf=False)
    again = client._checked(answer, 401)
    client.sign_in(representative_of(them))
    client.press(again, "Send it now")
    stored = db.session.scalars(select(Request)).one()
    assert (stored.state, stored.decline_reason) == (RequestState.DECLINED, "Own long words")
