"""Headers, cookies, request ids, error pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask, abort
from sqlalchemy import text

from forum_scheduler.access import RULES, anyone
from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.services import sign_in_url
from forum_scheduler.app import create_app
from forum_scheduler.config import Config, ConfigError
from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import absolute_url, db
from tests.factories import make_forum, make_staff, make_user
from tests.pages import Visitor

pytestmark = pytest.mark.databases("sqlite")
SignIn = Callable[[User], Visitor]


def test_every_answer_has_the_headers_that_protect_it(client: Visitor) -> None:
    for url in ("/sign-in", "/nowhere", "/healthz", "/static/css/base.css"):
        headers = client.get(url).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])


def test_the_nonce_is_new_with_every_answer(client: Visitor) -> None:
    policies = {client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_private_pages_are_stored_nowhere(client: Visitor, client_for: SignIn) -> None:
    assert client_for(make_user()).get("/profile").headers["Cache-Control"] == "no-store"
    assert client.get("/sign-in").headers["Cache-Control"] == "private, no-cache"
    assert "no-store" not in client.get("/static/css/base.css").headers.get("Cache-Control", "")


def test_https_is_demanded_where_it_is_spoken(client: Visitor) -> None:
    assert "Strict-Transport-Security" not in client.get("/sign-in").headers
    answer = client.get("/sign-in", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.settings(secure_cookies=True)
def test_over_https_the_cookie_is_bound_to_it(client: Visitor) -> None:
    cookie = client.post("/language", data={"language": "uk"}).headers["Set-Cookie"]
    assert cookie.startswith("__Host-forum_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}


def test_the_cookie_is_no_business_of_scripts(client: Visitor) -> None:
    cookie = client.post("/language", data={"language": "uk"}).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.settings(trusted_proxies=1)
@pytest.mark.parametrize(
    ("given", "kept"), [("abcdef-0123456789", True), ("short", False), ("evil\tid", False), ("x" * 65, False)]
)
def test_a_trusted_proxys_request_id_is_kept(client: Visitor, given: str, kept: bool) -> None:
    answer = client.get("/sign-in", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept


def test_anybody_elses_request_id_is_not(client: Visitor) -> None:
    answer = client.get("/sign-in", headers={"X-Request-Id": "abcdef-0123456789"})
    assert answer.headers["X-Request-Id"] != "abcdef-0123456789"


@pytest.mark.settings(base_url="https://forum.example.org/meet")
def test_full_addresses_are_those_of_the_configuration(app: Flask) -> None:
    assert absolute_url("accounts.sign_in") == "https://forum.example.org/meet/sign-in"
    assert sign_in_url(make_user()).startswith("https://forum.example.org/meet/sign-in/")


# Error pages


@pytest.fixture
def failing(config: Config, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """An app whose address /fail/<status> fails with it, and that does not show its errors to the test."""
    app = create_app(config)
    app.test_client_class = Visitor
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail(status: int) -> str:
        if status == 409:
            raise Conflict("Somebody was quicker.")
        if status == 500:
            db.session.execute(text("SELECT nothing FROM nowhere"))
        abort(status)

    app.add_url_rule("/fail/<int:status>", "fail", fail)
    monkeypatch.setitem(RULES, "fail", anyone)
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_each_kind_of_trouble_has_a_page(app: Flask, failing: Visitor, status: int) -> None:
    page = failing.page(f"/fail/{status}", status=status)
    assert page.h1
    assert page.links["To the start page"] == "/"


def test_the_page_says_what_the_service_said(app: Flask, failing: Visitor) -> None:
    assert "Somebody was quicker." in failing.page("/fail/409", status=409).main


def test_after_trouble_inside_the_page_names_the_request(app: Flask, failing: Visitor) -> None:
    page = failing.page("/fail/500", status=500)
    assert page.response.headers["X-Request-Id"] in page.main
    assert "nowhere" not in page.html


def test_a_method_that_an_address_has_not_is_said_so(client: Visitor) -> None:
    assert client.get("/sign-out").status_code == 405


# Health


def test_a_healthy_app_says_so_and_little_else(client: Visitor) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert set(json.loads(answer.text)) == {
        *("status", "database", "migrations", "worker"),
        *("oldest_run_waits_seconds", "oldest_mail_waits_seconds"),
    }


def test_an_old_database_is_reported(client: Visitor) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.session.commit()
    answer = client.get("/healthz")
    assert (answer.status_code, json.loads(answer.text)["migrations"]) == (503, "not at head")


# Navigation


def test_the_navigation_leads_only_where_one_may_go(client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum)).page(f"/f/{forum.slug}/audit")
    assert organiser.links["Audit log"] == f"/f/{forum.slug}/audit"
    stranger = client_for(make_user()).page(f"/f/{forum.slug}/join")
    assert "Audit log" not in stranger.links


def test_the_page_that_is_shown_is_marked(client_for: SignIn) -> None:
    forum = make_forum()
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/audit")
    (current,) = [link for link in page.elements("a") if link.get("aria-current") == "page"]
    assert current.get("href") == f"/f/{forum.slug}/audit"


@pytest.mark.settings(smtp_url="http://mail.example.org")
def test_an_address_of_mail_that_can_not_be_used_stops_the_start(config: Config) -> None:
    with pytest.raises(ConfigError, match="FORUM_SMTP_URL"):
        create_app(config)
