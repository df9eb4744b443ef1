"""The cookie that says who is signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, url_for

from forum_scheduler.accounts.services import sign_in_url
from forum_scheduler.clock import frozen_at
from tests.factories import make_user
from tests.pages import Visitor

pytestmark = pytest.mark.databases("sqlite")
NOON = datetime(2027, 5, 12, 12, tzinfo=UTC)


def signs_in(client: Visitor) -> None:
    assert client.post(sign_in_url(make_user()).removeprefix("http://localhost")).status_code == 303


def sets_cookie(client: Visitor, url: str) -> bool:
    return any(each.startswith("forum_session=") for each in client.get(url).headers.getlist("Set-Cookie"))


def test_who_comes_back_stays_signed_in_from_the_first_visit_of_the_day(client: Visitor) -> None:
    with frozen_at(NOON):
        signs_in(client)
        client.get("/profile")
    with frozen_at(NOON + timedelta(days=1)):
        assert sets_cookie(client, "/profile")


def test_an_answer_that_comes_late_brings_no_ended_session_back(app: Flask, client: Visitor) -> None:
    with app.test_request_context():
        style = url_for("static", filename="css/base.css")
    with frozen_at(NOON):
        signs_in(client)
        client.get("/profile")
        assert not sets_cookie(client, "/profile")
    with frozen_at(NOON + timedelta(days=1)):
        assert not sets_cookie(client, style)
        assert "Cookie" not in client.get(style).headers.get("Vary", "")


def test_a_form_of_another_session_says_what_happened(client: Visitor) -> None:
    page = client._checked(client.post("/language", data={"locale": "uk"}, csrf=False), 400)
    assert "You have signed in or out since this page was opened." in page.text
    assert "Go back and reload the page" in page.text
