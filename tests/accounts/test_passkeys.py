"""Signing in with a passkey, over the pages and with real signatures; tests/browser has a real browser."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum_scheduler.accounts.models import AuditEntry, User, WebAuthn
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.privacy.collecting import data_of
from tests.accounts.authenticator import Device
from tests.factories import make_user
from tests.pages import Page, Visitor

KEYS = "/account/wan-register"


def fresh(client: Visitor, user: User) -> Visitor:
    """Somebody who has just shown who they are."""
    client.sign_in(user)
    with client.session_transaction() as session:
        session["fs_paa"] = time.time()
    return client


def asked(page: Page) -> dict[str, object]:
    """What the page asks the device for."""
    form = next(form for form in page.forms if form.get("data-passkey"))
    return dict(json.loads(form.get("data-options") or ""))


def begin_adding(client: Visitor, name: str = "Work laptop") -> Page:
    page = client.page(KEYS)
    return client.press(page, "Add a passkey", status=200, name=name)


def add(client: Visitor, device: Device, name: str = "Work laptop") -> Page:
    page = begin_adding(client, name)
    return client.press(page, "Try again", credential=device.create(asked(page)))


def begin_signing_in(client: Visitor, next_path: str = "") -> Page:
    page = client.page("/sign-in" + (f"?next={next_path}" if next_path else ""))
    return client.press(page, "Sign in with a passkey", status=200)


def whom(client: Visitor) -> str:
    with client.session_transaction() as session:
        return str(session.get("_user_id", ""))


def stored() -> list[WebAuthn]:
    return list(db.session.scalars(select(WebAuthn).order_by(WebAuthn.id)))


@pytest.fixture
def other(app: Flask) -> Visitor:
    """The browser of somebody who is not signed in."""
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


def test_a_passkey_is_added_and_signs_in(client: Visitor, other: Visitor) -> None:
    user, device = make_user(), Device()
    page = add(fresh(client, user), device)
    assert "Work laptop" in page.main
    assert [each.usage for each in stored()] == ["first"]
    page = begin_signing_in(other, "/my-data")
    answer = other.post(
        next(form for form in page.forms if form.get("data-passkey")).get("action"),
        data={"credential": device.get(asked(page)), "next": "/my-data"},
    )
    assert answer.headers["Location"] == "/my-data"
    assert whom(other) == user.fs_uniquifier
    other.page("/profile")


def test_who_gets_one_is_told_and_the_log_has_it(client: Visitor) -> None:
    user = make_user(locale="en")
    add(fresh(client, user), Device())
    page = client.page(KEYS)
    client.press(page, "Remove: Work laptop")
    texts = db.session.scalars(select(Mail.text).where(Mail.to_email == user.email).order_by(Mail.id)).all()
    assert "“Work laptop” can sign in as you from now on" in texts[0]
    assert "“Work laptop” can no longer sign in as you" in texts[1]
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["account.passkey-added", "account.passkey-removed"]
    assert stored() == []


def test_a_removed_passkey_signs_nobody_in(client: Visitor, other: Visitor) -> None:
    device = Device()
    add(fresh(client, make_user()), device)
    client.press(client.page(KEYS), "Remove: Work laptop")
    page = begin_signing_in(other)
    page = other.press(page, "Try again", credential=device.get(asked(page)))
    assert "Unregistered passkey." in page.flashes
    assert whom(other) == ""


@pytest.mark.parametrize("name", ["Мій телефон", "Комп’ютер у Львові", "Œuvre 📱", "Ї" * 64])
def test_a_name_in_any_alphabet_is_kept_as_typed_and_can_be_removed(client: Visitor, name: str) -> None:
    add(fresh(client, make_user()), Device(), name)
    assert [each.name for each in stored()] == [name]
    client.press(client.page(KEYS), f"Remove: {name}")
    assert stored() == []


def test_a_name_that_would_not_be_taken_any_more_can_be_removed(client: Visitor) -> None:
    add(fresh(client, make_user()), Device())
    db.session.execute(update(WebAuthn).values(name="Мі" + "и\u0306" + " <телефон>"))
    db.session.commit()
    client.press(client.page(KEYS), "Remove: " + "Мі" + "и\u0306" + " <телефон>")
    assert stored() == []


def altered(device: Device, how: str) -> Device:
    """The device, or somebody who pretends to be it."""
    changes: dict[str, object] = {
        "no finger": {"verifies": False},
        "another site": {"origin": "https://evil.example"},
        "another name": {"rp_id": "evil.example"},
        "another key": {"key": Device().key},
    }[how]  # type: ignore[assignment]  # dicts of one kind of value each
    assert isinstance(changes, dict)
    for name, value in changes.items():
        setattr(device, name, value)
    return device


@pytest.mark.parametrize("how", ["no finger", "another site", "another name", "another key"])
def test_an_answer_that_does_not_prove_who_it_is_signs_nobody_in(
    client: Visitor, other: Visitor, how: str
) -> None:
    device = Device()
    add(fresh(client, make_user()), device)
    page = begin_signing_in(other)
    page = other.press(page, "Try again", credential=altered(device, how).get(asked(page)))
    assert any("Could not verify passkey" in text for text in page.flashes)
    assert whom(other) == ""


@pytest.mark.parametrize("how", ["no finger", "another site", "another name"])
def test_a_passkey_that_could_not_be_trusted_is_not_added(client: Visitor, how: str) -> None:
    page = begin_adding(fresh(client, make_user()))
    page = client.press(page, "Try again", credential=altered(Device(), how).create(asked(page)))
    assert any("Could not verify passkey" in text for text in page.flashes)
    assert stored() == []


def test_an_answer_to_another_question_is_refused(client: Visitor, other: Visitor) -> None:
    device = Device()
    add(fresh(client, make_user()), device)
    before = device.get(asked(begin_signing_in(other)))
    page = other.press(begin_signing_in(other), "Try again", credential=before)
    assert whom(other) == ""
    assert any("Could not verify passkey" in text for text in page.flashes)


def test_an_answer_counts_once_and_from_the_browser_that_was_asked(
    app: Flask, client: Visitor, other: Visitor
) -> None:
    device = Device()
    add(fresh(client, make_user()), device)
    page = begin_signing_in(other)
    target = str(next(form for form in page.forms if form.get("data-passkey")).get("action"))
    overheard = {"credential": device.get(asked(page))}
    third = app.test_client()
    assert isinstance(third, Visitor)
    said = third.send(target, overheard)
    assert "Sign in was begun again in another window: start once more." in said.flashes
    assert whom(third) == ""
    other.post(target, data=overheard)
    assert whom(other) != ""
    other.post("/sign-out")
    other.post(target, data=overheard)
    assert whom(other) == ""


def test_a_copied_passkey_is_noticed_by_its_count(client: Visitor, other: Visitor) -> None:
    device = Device(uses=5)
    add(fresh(client, make_user()), device)
    device.uses = 1
    page = begin_signing_in(other)
    other.press(page, "Try again", credential=device.get(asked(page)))
    assert whom(other) == ""


@pytest.mark.parametrize("credential", ["", "{}", "no JSON", '{"id": 1}'])
def test_nonsense_is_refused_clearly(client: Visitor, other: Visitor, credential: str) -> None:
    page = begin_signing_in(other)
    page = other.press(page, "Try again", credential=credential)
    assert page.flashes
    page = begin_adding(fresh(client, make_user()))
    page = client.press(page, "Try again", credential=credential)
    assert page.flashes
    assert stored() == []


def test_who_may_not_sign_in_any_more_does_not(client: Visitor, other: Visitor) -> None:
    user, device = make_user(), Device()
    add(fresh(client, user), device)
    db.session.get_one(User, user.id).active = False
    db.session.commit()
    page = begin_signing_in(other)
    page = other.press(page, "Try again", credential=device.get(asked(page)))
    assert "Account is disabled." in page.flashes
    assert whom(other) == ""


def test_a_passkey_stands_for_the_code_of_the_authenticator_app_too(client: Visitor, other: Visitor) -> None:
    user, device = make_user(), Device()
    add(fresh(client, user), device)
    stored_user = db.session.get_one(User, user.id)
    stored_user.tf_primary_method, stored_user.tf_totp_secret = "authenticator", "x"
    db.session.commit()
    page = begin_signing_in(other)
    other.press(page, "Try again", credential=device.get(asked(page)))
    assert whom(other) == user.fs_uniquifier


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "Give the passkey a name."),
        ("x" * 65, "64"),
        ("<script>", "Value entered is not valid"),
        ("Work\u200blaptop", "can contain only letters"),
        ("Work laptop", "is already associated"),
    ],
)
def test_a_name_that_can_not_be_used_is_said_at_its_field(client: Visitor, name: str, says: str) -> None:
    add(fresh(client, make_user()), Device())
    page = client.press(client.page(KEYS), "Add a passkey", status=200, name=name)
    assert says in page.main
    assert len(stored()) == 1


def test_a_name_that_nobody_has_is_removed_by_nobody(client: Visitor, other: Visitor) -> None:
    add(fresh(client, make_user()), Device(), "Work laptop")
    add(fresh(other, make_user()), Device(), "Phone")
    for name in ("Work laptop", "x" * 500):
        other.send("/account/wan-delete", {"name": name})
    assert [each.name for each in stored()] == ["Work laptop", "Phone"]


def test_the_same_passkey_belongs_to_one_person(client: Visitor, other: Visitor) -> None:
    device = Device()
    add(fresh(client, make_user()), device)
    page = add(fresh(other, make_user()), device)
    assert "Passkey already registered." in page.flashes
    assert len(stored()) == 1


def test_it_can_not_be_made_a_second_factor_only(client: Visitor) -> None:
    fresh(client, make_user())
    page = client.send(KEYS, {"name": "Work laptop", "usage": "secondary"}, status=200)
    client.press(page, "Try again", credential=Device().create(asked(page)))
    assert [each.usage for each in stored()] == ["first"]


def test_an_old_session_shows_who_it_is_by_the_passkey(client: Visitor) -> None:
    user, device = make_user(), Device()
    add(fresh(client, user), device)
    with client.session_transaction() as session:
        session["fs_paa"] = 1.0
        session.pop("fs_gexp", None)
    answer = client.get(KEYS)
    assert answer.headers["Location"] == f"/account/wan-verify?next={KEYS}"
    page = client.page(answer.headers["Location"])
    page = client.press(page, "Use your passkey", status=200)
    page = client.press(page, "Try again", credential=device.get(asked(page)))
    assert page.url == KEYS


def test_somebody_elses_passkey_does_not_show_who_one_is(client: Visitor, other: Visitor) -> None:
    theirs = Device()
    add(fresh(other, make_user()), theirs)
    add(fresh(client, make_user()), Device())
    page = client.press(client.page("/account/wan-verify"), "Use your passkey", status=200)
    page = client.press(page, "Try again", credential=theirs.get(asked(page)))
    assert "Credential user handle didn't match" in page.flashes


def test_a_question_is_answered_within_minutes(client: Visitor, other: Visitor) -> None:
    device = Device()
    add(fresh(client, make_user()), device)
    page = begin_signing_in(other)
    form = next(form for form in page.forms if form.get("data-passkey"))
    url = str(form.get("action"))
    head, _, signature = url.rpartition(".")
    answer = other.post(f"{head}.{signature[::-1]}", data={"credential": device.get(asked(page))})
    assert answer.headers["Location"] == "/account/wan-signin"
    assert whom(other) == ""


def test_whoever_asks_for_a_passkey_learns_of_nobody(client: Visitor, other: Visitor) -> None:
    user = make_user()
    add(fresh(client, user), Device())
    options = [asked(other.send("/account/wan-signin", {"identity": email}, status=200))
               for email in (user.email, "nobody@example.org")]  # fmt: skip
    assert [each.get("allowCredentials") for each in options] == [[], []]


def test_passkeys_stand_among_my_data_and_go_with_the_account(client: Visitor) -> None:
    user = make_user()
    add(fresh(client, user), Device())
    (told,) = data_of(user.id)["account"]["passkeys"]
    assert told["name"] == "Work laptop"
    db.session.delete(db.session.get_one(User, user.id))
    db.session.commit()
    assert stored() == []


def test_the_profile_says_how_many_there_are(client: Visitor) -> None:
    user = make_user()
    add(fresh(client, user), Device())
    with frozen_at(now() + timedelta(minutes=1)):
        add(client, Device(), "Phone")
    page = client.page("/profile")
    assert "Passkeys 2" in page.main
    assert [each.name for each in stored()] == ["Work laptop", "Phone"]
