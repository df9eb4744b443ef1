"""Signing in by link: once, for a while, and telling nobody which addresses are known."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import SignInLink, User
from forum_scheduler.accounts.services import (
    LIFETIME,
    forget_old_links,
    local_path,
    request_link,
    sign_in_url,
    use_link,
)
from forum_scheduler.clock import frozen_at
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.outbox.services import recent
from tests.factories import make_user, store
from tests.pages import Visitor
from tests.queries import count_queries

NOON = datetime(2027, 5, 12, 12, tzinfo=UTC)
SignIn = Callable[[User], Visitor]


def link_of(mail: Mail) -> str:
    """The path of the link in a mail."""
    found = re.search(r"http://localhost(/sign-in/\S+)", mail.text)
    assert found is not None, mail.text
    return found[1]


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def count_mails() -> int:
    return db.session.scalar(select(func.count()).select_from(Mail)) or 0


def signed_in_as(client: Visitor) -> str | None:
    """The name at the top of the profile; None for a visitor."""
    response = client.get("/profile")
    if response.status_code != 200:
        return None
    return client.page("/profile").by_id("name").get("value")


def test_a_link_is_mailed_and_signs_in(client: Visitor) -> None:
    make_user("Ann", email="ann@example.org")
    page = client.press(client.page("/sign-in"), "Send me the link", email=" Ann@Example.org ")
    assert page.h1 == "Look into your mail"
    (mail,) = recent()
    assert mail.to_email == "ann@example.org"
    client.press(client.page(link_of(mail)), "Sign in")
    assert signed_in_as(client) == "Ann"


def test_the_mail_is_in_the_language_of_its_reader(client: Visitor) -> None:
    make_user(email="ann@example.org", locale="uk")
    client.send("/sign-in", {"email": "ann@example.org"})
    assert "http://localhost/sign-in/" in recent()[0].text


def test_after_signing_in_the_page_that_was_wanted_is_shown(client: Visitor) -> None:
    make_user("Ann", email="ann@example.org")
    page = client.follow(client.get("/profile"))
    client.press(page, "Send me the link", email="ann@example.org")
    page = client.press(client.page(link_of(recent()[0])), "Sign in")
    assert page.h1 == "Your profile"


def test_a_link_works_once(client: Visitor) -> None:
    url = sign_in_url(make_user()).removeprefix("http://localhost")
    assert client.post(url).status_code == 303
    client.post("/sign-out")
    assert client.page(url, status=410).h1 == "This link does not work any more"
    assert client.post(url).status_code == 410
    assert signed_in_as(client) is None


def test_looking_at_a_link_does_not_use_it_up(client: Visitor) -> None:
    url = sign_in_url(make_user("Ann")).removeprefix("http://localhost")
    for _scanner in range(3):
        assert client.page(url).h1 == "Sign in"
        assert signed_in_as(client) is None
    assert client.post(url).status_code == 303
    assert signed_in_as(client) == "Ann"


def test_a_link_works_for_half_an_hour(app: Flask) -> None:
    with frozen_at(NOON):
        in_time, too_late = (token_of(sign_in_url(make_user())) for _ in range(2))
    with frozen_at(NOON + LIFETIME - timedelta(seconds=1)):
        assert use_link(in_time, on_this_machine=False)
    with frozen_at(NOON + LIFETIME), pytest.raises(Refused):
        use_link(too_late, on_this_machine=False)


def test_of_two_who_use_a_link_only_the_first_gets_in(app: Flask) -> None:
    token = token_of(sign_in_url(make_user()))
    use_link(token, on_this_machine=True)
    with pytest.raises(Refused):
        use_link(token, on_this_machine=True)


def test_a_made_up_link_is_refused_like_an_old_one(client: Visitor) -> None:
    assert client.page("/sign-in/" + "a" * 43, status=410).h1 == "This link does not work any more"
    assert client.post("/sign-in/" + "a" * 43).status_code == 410


def test_who_may_not_sign_in_any_more_does_not(app: Flask) -> None:
    user = make_user(email="ann@example.org")
    token = token_of(sign_in_url(user))
    user.active = False
    store(user)
    with pytest.raises(Refused):
        use_link(token, on_this_machine=False)
    request_link(email="ann@example.org", locale="en")
    assert count_mails() == 0


def test_the_database_does_not_hold_the_token(app: Flask) -> None:
    token = token_of(sign_in_url(make_user()))
    stored = db.session.scalars(select(SignInLink)).one()
    assert token not in (stored.digest, stored.next_path)
    assert len(token) >= 43


# Which addresses are known


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Visitor) -> None:
    make_user(email="known@example.org")
    answers = [client.post("/sign-in", data={"email": f"{who}@example.org"}) for who in ("known", "unknown")]
    known, unknown = ((answer.status_code, answer.headers["Location"], answer.data) for answer in answers)
    assert known == unknown
    assert [mail.to_email for mail in recent()] == ["known@example.org"]


def test_an_unknown_address_costs_the_same_work(app: Flask) -> None:
    make_user(email="known@example.org")
    kinds = []
    for who in ("known", "unknown"):
        with count_queries() as statements:
            request_link(email=f"{who}@example.org", locale="en")
        kinds.append([text.split("(")[0] for text in statements.texts])
    assert kinds[0] == kinds[1]
    assert any("INSERT INTO mail" in text for text in kinds[0])


@pytest.mark.parametrize("typed", ["", "ann", "ann@", "аnn@example.org", "ａnn@example.org"])
def test_what_is_no_address_is_said_at_the_field(client: Visitor, typed: str) -> None:
    page = client.send("/sign-in", {"email": typed}, status=422)
    assert page.by_id("email-error") is not None
    assert page.by_id("email").get("value") == typed
    assert count_mails() == 0


# Limits


def test_an_address_can_be_mailed_five_times_in_a_quarter_of_an_hour(client: Visitor) -> None:
    make_user(email="ann@example.org")
    for _ in range(5):
        assert client.post("/sign-in", data={"email": "ann@example.org"}).status_code == 303
    assert client.page("/sign-in").h1 == "Sign in"
    page = client.send("/sign-in", {"email": "ANN@example.org"}, status=429)
    assert page.h1
    assert count_mails() == 5
    assert client.post("/sign-in", data={"email": "bob@example.org"}).status_code == 303


def test_an_unknown_address_is_limited_alike(client: Visitor) -> None:
    for _ in range(5):
        assert client.post("/sign-in", data={"email": "nobody@example.org"}).status_code == 303
    assert client.post("/sign-in", data={"email": "nobody@example.org"}).status_code == 429


# Where a link may lead


@pytest.mark.parametrize("path", ["/f/x/inbox", "/f/x/inbox?page=2&q=a%20b", "/", "/f/%D1%84"])
def test_a_path_within_the_app_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "inbox",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: a=b",
        " //evil.example",
        "/" + "a" * 600,
    ],
)
def test_a_path_that_leads_elsewhere_is_dropped(path: str | None) -> None:
    assert local_path(path) == ""


def test_a_forged_next_does_not_lead_out(client: Visitor) -> None:
    make_user(email="ann@example.org")
    client.send("/sign-in", {"email": "ann@example.org", "next": "https://evil.example/"})
    answer = client.post(link_of(recent()[0]))
    assert answer.headers["Location"] == "/"


# The demo


@pytest.mark.settings(demo=True)
def test_a_demo_link_works_many_times_on_this_machine(client: Visitor) -> None:
    url = sign_in_url(make_user("Ann"), demo=True).removeprefix("http://localhost")
    for _ in range(2):
        client.press(client.page(url), "Sign in")
        assert signed_in_as(client) == "Ann"
        client.post("/sign-out")


@pytest.mark.settings(demo=True)
@pytest.mark.parametrize(
    "how",
    [
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
        {"headers": {"Forwarded": "for=192.0.2.7"}},
    ],
)
def test_a_demo_link_does_not_work_from_elsewhere(client: Visitor, how: dict[str, dict[str, str]]) -> None:
    url = sign_in_url(make_user(), demo=True).removeprefix("http://localhost")
    assert client.get(url, **how).status_code == 410
    assert client.post(url, **how).status_code == 410


def test_without_the_demo_there_are_no_demo_links(app: Flask, client: Visitor) -> None:
    user = make_user()
    with pytest.raises(Refused):
        sign_in_url(user, demo=True)
    url = sign_in_url(user)
    link = db.session.scalars(select(SignInLink)).one()
    link.demo = True  # as a database of a demo that became the real thing has them
    store(link)
    assert client.post(url.removeprefix("http://localhost")).status_code == 410


# Sessions


def test_signing_out_forgets_who_it_was(client_for: SignIn) -> None:
    client = client_for(make_user("Ann"))
    page = client.press(client.page("/profile"), "Sign out")
    assert page.flashes == ["You are signed out."]
    assert signed_in_as(client) is None


def test_signing_out_everywhere_ends_all_sessions_of_that_user_only(client_for: SignIn) -> None:
    ann = make_user("Ann")
    here, there, other = client_for(ann), client_for(ann), client_for(make_user("Bob"))
    assert signed_in_as(there) == "Ann"
    page = here.press(here.page("/profile"), "Sign out in all browsers")
    assert page.h1 == "Sign in"
    assert signed_in_as(here) is None
    assert signed_in_as(there) is None
    assert signed_in_as(other) == "Bob"


def test_the_session_is_made_new_by_signing_in(client: Visitor) -> None:
    url = sign_in_url(make_user()).removeprefix("http://localhost")
    client.page(url)
    with client.session_transaction() as session:
        before = session["csrf_token"]
    client.post(url)
    with client.session_transaction() as session:
        assert session.get("csrf_token") != before
        assert session.permanent


def test_a_form_without_its_token_is_refused(client: Visitor) -> None:
    make_user(email="ann@example.org")
    assert client.post("/sign-in", data={"email": "ann@example.org"}, csrf=False).status_code == 400
    assert count_mails() == 0


def test_who_signs_in_as_somebody_else_is_that_one(client_for: SignIn) -> None:
    client = client_for(make_user("Ann"))
    client.post(sign_in_url(make_user("Bob")).removeprefix("http://localhost"))
    assert signed_in_as(client) == "Bob"


def test_rows_of_old_links_are_deleted(app: Flask) -> None:
    with frozen_at(NOON):
        sign_in_url(make_user())
    with frozen_at(NOON + timedelta(days=2)):
        assert forget_old_links() == 0
    with frozen_at(NOON + timedelta(days=3)):
        assert forget_old_links() == 1


def test_no_link_for_what_is_no_address(app: Flask) -> None:
    with pytest.raises(Invalid):
        request_link(email="nothing", locale="en")
