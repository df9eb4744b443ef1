"""Name, language, password, authenticator app."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.accounts.services import sign_in_url
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.outbox.services import recent
from tests.factories import make_user
from tests.pages import Page, Visitor

SignIn = Callable[[User], Visitor]
PASSWORD = "correct horse battery staple"


def reload(user: User) -> User:
    return db.session.get_one(User, user.id, populate_existing=True)


def freshly(client: Visitor, user: User) -> Visitor:
    """Sign in by a link, as the changes of this page want it."""
    assert client.post(sign_in_url(user).removeprefix("http://localhost")).status_code == 303
    return client


def test_name_and_language_are_kept(client_for: SignIn) -> None:
    user = make_user("Ann")
    client = client_for(user)
    page = client.press(client.page("/profile"), "Save", name="  Ann   Smith ", locale="uk")
    assert page.tree.get("lang") == "uk"
    assert (reload(user).name, reload(user).locale) == ("Ann Smith", "uk")


def test_a_profile_needs_a_name(client_for: SignIn) -> None:
    user = make_user("Ann")
    client = client_for(user)
    page = client.send("/profile", {"name": "  ", "locale": "en"}, status=422)
    assert page.by_id("name-error") is not None
    assert reload(user).name == "Ann"


def test_the_language_is_chosen_on_any_page(client: Visitor) -> None:
    assert client.page("/sign-in").tree.get("lang") == "en"
    page = client.press(client.page("/sign-in"), "Українська")
    assert (page.url, page.tree.get("lang")) == ("/sign-in", "uk")


def test_a_language_that_is_not_there_changes_nothing(client: Visitor) -> None:
    page = client.send("/language", {"language": "xx", "next": "/sign-in"})
    assert page.tree.get("lang") == "en"


def test_the_chosen_language_is_kept_with_the_account(client_for: SignIn) -> None:
    user = make_user()
    client_for(user).send("/language", {"language": "uk", "next": "/profile"})
    assert reload(user).locale == "uk"


def test_the_browsers_language_is_taken_from_a_visitor(client: Visitor) -> None:
    assert 'lang="uk"' in client.get("/sign-in", headers={"Accept-Language": "uk, en;q=0.5"}).text


# Password


def test_a_password_signs_in(client: Visitor) -> None:
    make_user("Ann", email="ann@example.org", password=PASSWORD)
    page = client.page("/account/login?next=/profile")
    page = client.press(page, "Sign in", email="Ann@example.org", password=PASSWORD)
    assert page.h1 == "Your profile"


@pytest.mark.parametrize("email", ["ann@example.org", "nobody@example.org"])
def test_a_wrong_password_is_answered_like_an_unknown_address(client: Visitor, email: str) -> None:
    make_user(email="ann@example.org", password=PASSWORD)
    page = client.press(
        client.page("/account/login"), "Sign in", status=200, email=email, password="something else"
    )
    assert page.elements("div", class_="error-summary")
    assert "nobody" not in page.main
    assert client.get("/profile").status_code == 303


def test_passwords_can_be_tried_ten_times(client: Visitor) -> None:
    make_user(email="ann@example.org", password=PASSWORD)
    typed = {"email": "ann@example.org", "password": "wrong"}
    for _ in range(10):
        assert client.post("/account/login", data=typed).status_code == 200
    assert client.post("/account/login", data={**typed, "password": PASSWORD}).status_code == 429


def test_who_came_by_a_link_can_set_a_password(client: Visitor) -> None:
    user = make_user("Ann", email="ann@example.org")
    page = freshly(client, user).page("/account/change")
    assert page.h1 == "Set a password"
    page = client.press(page, "Save", new_password=PASSWORD, new_password_confirm=PASSWORD)
    assert page.h1 == "Your profile"
    assert [mail.kind for mail in recent()] == ["account"]
    client.post("/sign-out")
    client.press(client.page("/account/login"), "Sign in", email="ann@example.org", password=PASSWORD)
    assert client.page("/profile").h1 == "Your profile"


def test_a_short_password_is_refused(client: Visitor) -> None:
    user = make_user()
    page = freshly(client, user).page("/account/change")
    page = client.press(page, "Save", status=200, new_password="short", new_password_confirm="short")
    assert page.elements("div", class_="error-summary")
    assert reload(user).password is None


def test_a_password_can_be_removed_by_who_has_just_signed_in(client: Visitor) -> None:
    user = make_user(password=PASSWORD)
    page = client.press(freshly(client, user).page("/profile"), "Remove the password")
    assert page.h1 == "Your profile"
    assert reload(user).password is None


def test_an_old_session_must_show_again_who_it_is(client_for: SignIn) -> None:
    with_password, without = make_user(password=PASSWORD), make_user()
    answer = client_for(with_password).post("/profile/remove-password")
    assert answer.headers["Location"].startswith("/account/verify")
    answer = client_for(without).get("/account/change")
    assert answer.headers["Location"].startswith("/sign-in?next=")
    assert reload(with_password).password is not None


def test_who_shows_again_who_it_is_by_mail_types_no_address(client_for: SignIn) -> None:
    user = make_user()
    client = client_for(user)
    page = client.follow(client.get("/account/change"))
    form, _ = page.form_with("Send me the link")
    assert page.fields(form)["email"] == user.email
    assert "Sign in with a password" not in page.links, "it would only lead back"
    assert client.press(page, "Send me the link").h1 == "Look into your mail"


def test_the_password_shows_again_who_it_is(client_for: SignIn) -> None:
    user = make_user(password=PASSWORD)
    client = client_for(user)
    page = client.follow(client.get("/account/tf-setup"))
    assert page.h1 == "Your password, please"
    page = client.press(page, "Go on", password=PASSWORD)
    assert page.h1 == "Authenticator app"


# Authenticator app


def turn_on(client: Visitor, user: User) -> str:
    """Set the app up; the key that it holds."""
    page = client.press(freshly(client, user).page("/account/tf-setup"), "Set it up", status=200)
    key = key_of(page)
    page = client.press(page, "Turn it on", code=code_of(key))
    assert page.h1 == "Your profile"
    assert "asked for each time" in page.main
    return key


def key_of(page: Page) -> str:
    """The key that the page offers to the app."""
    return next(
        element.get("value") or "" for element in page.elements("input") if element.get("id") == "key"
    )


def wrong_code(key: str) -> str:
    return f"{(int(code_of(key)) + 1) % 1_000_000:06}"


def code_of(key: str) -> str:
    return str(TOTP(key).generate().token)


def ask_for_code(client: Visitor, user: User) -> Page:
    return client.press(client.page(sign_in_url(user).removeprefix("http://localhost")), "Sign in")


def test_after_a_link_the_code_is_asked_for(app: Flask, client: Visitor) -> None:
    user = make_user("Ann")
    key = turn_on(client, user)
    client.post("/sign-out")
    page = ask_for_code(client, user)
    assert page.h1 == "Code of the authenticator app"
    assert client.get("/profile").status_code == 303
    client.press(page, "Sign in", code=code_of(key))
    assert client.page("/profile").h1 == "Your profile"


def test_a_wrong_code_does_not_let_in(client: Visitor) -> None:
    user = make_user()
    key = turn_on(client, user)
    client.post("/sign-out")
    client.press(ask_for_code(client, user), "Sign in", status=200, code=wrong_code(key))
    assert client.get("/profile").status_code == 303


def test_a_recovery_code_lets_in_once(client: Visitor) -> None:
    user = make_user()
    turn_on(client, user)
    page = client.page("/account/mf-recovery-codes")
    page = client.press(page, "Make the codes", status=200)
    code = next(element.text or "" for element in page.elements("code"))
    for works in (True, False):
        client.post("/sign-out")
        page = client.page(ask_for_code(client, user).links["The phone is lost: use a recovery code"])
        assert page.h1 == "Recovery code"
        client.post("/account/mf-recovery", data={"code": code})
        assert (client.get("/profile").status_code == 200) is works


def test_who_has_the_app_is_told_to_make_recovery_codes_until_there_are_some(client: Visitor) -> None:
    user = make_user()
    assert "recovery code" not in freshly(client, user).page("/profile").main
    turn_on(client, user)
    page = client.page("/profile")
    assert "You have none yet." in page.main
    page = client.page(page.links["Make recovery codes"])
    assert "Show the codes" not in page.main
    page = client.press(page, "Make the codes", status=200)
    assert "Make new codes; the old ones end" in page.main
    page = client.page("/profile")
    assert "You have none yet." not in page.main
    assert page.links["Recovery codes"] == "/account/mf-recovery-codes"


def test_the_app_can_be_turned_off(client: Visitor) -> None:
    user = make_user()
    turn_on(client, user)
    client.press(client.page("/account/tf-setup"), "Turn it off")
    assert reload(user).tf_primary_method is None


def test_a_mistyped_code_keeps_the_key_that_the_app_has_already(client: Visitor) -> None:
    user = make_user()
    page = client.press(freshly(client, user).page("/account/tf-setup"), "Set it up", status=200)
    key = key_of(page)
    page = client.press(page, "Turn it on", code=wrong_code(key))
    assert page.h1 == "Authenticator app"
    assert "Invalid code" in page.flashes
    assert key_of(page) == key
    page = client.press(page, "Turn it on", code=code_of(key))
    assert "asked for each time" in page.main
    assert "Turn it off" in client.page("/account/tf-setup").main


def test_another_key_can_be_had(client: Visitor) -> None:
    page = client.press(freshly(client, make_user()).page("/account/tf-setup"), "Set it up", status=200)
    other = client.press(page, "Start again with another key", status=200)
    assert key_of(other) != key_of(page)


def test_the_app_of_the_same_phone_is_opened_with_the_key(client: Visitor) -> None:
    page = client.press(freshly(client, make_user()).page("/account/tf-setup"), "Set it up", status=200)
    address = page.links["Open it in the app on this phone"]
    assert address.startswith("otpauth://totp/")
    assert key_of(page) in address


def test_its_owner_hears_of_the_app_and_the_log_has_it(client: Visitor) -> None:
    user = make_user(locale="en")
    turn_on(client, user)
    client.press(client.page("/account/tf-setup"), "Turn it off")
    subjects = db.session.scalars(
        select(Mail.subject).where(Mail.to_email == user.email).order_by(Mail.id)
    ).all()
    assert subjects == [
        "An authenticator app was set up for your account",
        "The authenticator app of your account was turned off",
    ]
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["account.app-added", "account.app-removed"]
