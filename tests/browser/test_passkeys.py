"""Passkeys with a real browser and the authenticator that it pretends to have: made, used, removed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect
from sqlalchemy import delete, select

from forum_scheduler.accounts.models import AuditEntry, User, WebAuthn
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot, speak

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


@pytest.fixture(autouse=True)
def _no_passkeys(site: Site) -> None:
    with site.app.app_context():
        db.session.execute(delete(WebAuthn))
        db.session.commit()
        db.session.remove()


def named(site: Site, path: str) -> str:
    """The address with a name: passkeys belong to names, not to numbers."""
    return site.url(path).replace("127.0.0.1", "localhost")


def with_device(page: Page, *, opens: bool = True) -> tuple[CDPSession, str]:
    """Gives the window a device that holds passkeys; ``opens``: for its owner's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": opens,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session, str(made["authenticatorId"])


def signed_in(open_as: OpenAs, site: Site, role: str, **options: object) -> Page:
    """A window of somebody, signed in under the site's name."""
    page = open_as(**options)
    cookie = site.cookie(role)
    page.context.add_cookies([{**cookie, "url": named(site, "/")}])  # type: ignore[list-item]  # a dict
    return page


def leave(page: Page) -> None:
    """Forget the session, once nothing is under way that would bring it back."""
    page.goto("about:blank")
    page.context.clear_cookies()


def stored(site: Site) -> list[str]:
    with site.app.app_context():
        return list(db.session.scalars(select(WebAuthn.name).order_by(WebAuthn.id)))


def make_passkey(page: Page, site: Site, name: str) -> None:
    page.goto(named(site, "/account/wan-register"))
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_passkey_is_made_signs_in_and_is_removed(open_as: OpenAs, site: Site, phone: bool) -> None:
    page = signed_in(open_as, site, "representative", phone=phone)
    session, device = with_device(page)
    page.goto(named(site, "/profile"))
    page.get_by_role("link", name="Passkeys").click()
    make_passkey(page, site, "Work laptop")
    assert stored(site) == ["Work laptop"]
    assert len(session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"passkeys-{'phone' if phone else 'desktop'}")

    leave(page)
    page.goto(named(site, "/sign-in?next=/f/days/inbox"))
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"passkeys-sign-in-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(named(site, "/f/days/inbox"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()

    page.goto(named(site, "/account/wan-register"))
    page.get_by_role("button", name=re.compile("Remove.*Work laptop")).click()
    expect(page.get_by_text("Successfully deleted the passkey with name: Work laptop")).to_be_visible()
    assert stored(site) == []
    leave(page)
    page.goto(named(site, "/sign-in"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Unregistered passkey.")).to_be_visible()


def test_its_owner_hears_of_it_and_the_log_has_it(open_as: OpenAs, site: Site) -> None:
    page = signed_in(open_as, site, "delegate")
    with_device(page)
    make_passkey(page, site, "Phone of Dana")
    with site.app.app_context():
        user = db.session.scalars(select(User).where(User.name == "Dana Delegate")).one()
        texts = db.session.scalars(select(Mail.text).where(Mail.to_email == user.email)).all()
        assert any("“Phone of Dana” can sign in as you" in text for text in texts)
        actions = db.session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject == f"user:{user.id}")
        ).all()
        assert "account.passkey-added" in actions


def test_a_device_that_does_not_open_signs_nobody_in_and_says_what_else_there_is(
    open_as: OpenAs, site: Site
) -> None:
    page = signed_in(open_as, site, "representative")
    session, device = with_device(page)
    make_passkey(page, site, "Work laptop")
    leave(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(named(site, "/sign-in"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work")).to_be_visible()
    expect(page.get_by_role("link", name="No passkey here? Get a link by mail")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "passkeys-refused-desktop")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(named(site, "/f/days/"))  # the only forum


def test_the_same_device_makes_one_passkey_and_a_name_is_given_once(open_as: OpenAs, site: Site) -> None:
    page = signed_in(open_as, site, "representative")
    with_device(page)
    make_passkey(page, site, "Work laptop")
    page.get_by_label("Name of the passkey").fill("Again")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("That did not work")).to_be_visible()
    page.goto(named(site, "/account/wan-register"))
    page.get_by_label("Name of the passkey").fill("Work laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Work laptop is already associated with a passkey.").first).to_be_visible()
    assert stored(site) == ["Work laptop"]


def test_where_there_are_no_passkeys_none_are_offered(open_as: OpenAs, site: Site) -> None:
    page = open_as(java_script_enabled=False)
    page.goto(named(site, "/sign-in"))
    expect(page.get_by_role("button", name="Send me the link")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    page = open_as("representative")  # under a number, which no passkey can belong to
    page.goto(site.url("/account/wan-register"))
    expect(page.get_by_text("This browser can’t make passkeys here")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()


def test_the_pages_speak_ukrainian_and_fit(open_as: OpenAs, site: Site) -> None:
    speak(site, "uk")
    page = signed_in(open_as, site, "representative", phone=True, locale="uk", color_scheme="dark")
    with_device(page)
    page.goto(named(site, "/account/wan-register"))
    page.get_by_label("Назва ключа доступу").fill("Телефон")
    page.get_by_role("button", name="Додати ключ доступу").click()
    expect(page.get_by_role("listitem").filter(has_text="Телефон")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, "passkeys-uk-phone")
    leave(page)
    page.goto(named(site, "/sign-in"))
    assert_fits(page)
    screenshot(page, "passkeys-sign-in-uk-phone")


def test_the_code_for_the_camera_is_dark_on_light_at_night_too(open_as: OpenAs, site: Site) -> None:
    page = open_as("representative", phone=True, has_touch=True, is_mobile=True, color_scheme="dark")
    page.goto(site.url("/account/tf-setup"))
    page.get_by_role("button", name="Set it up").click()
    picture = page.get_by_role("img", name="Picture of the key")
    expect(picture).to_have_css("background-color", "rgb(255, 255, 255)")
    app = page.get_by_role("link", name="Open it in the app on this phone")
    expect(app).to_be_visible()
    assert (app.get_attribute("href") or "").startswith("otpauth://totp/")
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, "authenticator-app-phone-dark")
