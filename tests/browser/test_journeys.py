"""What people came for, from the first click to the last, as they would do it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, Representative
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.models import Request, RequestState
from tests.browser.conftest import Site, assert_fits, screenshot

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]
WORKER_PATIENCE = 180  # seconds, on a busy machine


def company_id(site: Site, name: str) -> int:
    with site.app.app_context():
        return db.session.scalars(select(Company.id).where(Company.name == name)).one()


def requests_between(site: Site, one: str, other: str) -> list[str]:
    """The states of the requests that ``one`` sent to ``other``."""
    asker, asked = company_id(site, one), company_id(site, other)
    with site.app.app_context():
        return list(
            db.session.scalars(
                select(Request.state).where(Request.asker_id == asker, Request.asked_id == asked)
            )
        )


def test_a_representative_signs_in_by_the_mailed_link_on_a_phone(open_as: OpenAs, site: Site) -> None:
    with site.app.app_context():
        email = db.session.scalars(
            select(User.email)
            .join(Representative, Representative.user_id == User.id)
            .where(Representative.company_id == site.stage.ids["company_id"])
        ).one()
    page = open_as(phone=True)
    page.goto(site.url("/f/{slug}/inbox"))
    page.get_by_label(re.compile("E-mail address")).fill(email)
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    with site.app.app_context():
        text = db.session.scalars(
            select(Mail.text).where(Mail.to_email == email).order_by(Mail.id.desc())
        ).first()
    link = re.search(r"http\S+/sign-in/\S+", text or "")
    assert link is not None
    page.goto(link[0])
    screenshot(page, "accounts.sign_in_link-phone")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_company_is_found_and_asked_with_scripts_and_without(
    open_as: OpenAs, site: Site, scripts: bool
) -> None:
    other = "Nordvik Marine" if scripts else "Lumen Optics"
    page = open_as("representative", phone=not scripts, java_script_enabled=scripts)
    page.goto(site.url("/f/{slug}/companies"))
    page.get_by_label("Name or words").fill(other.partition(" ")[0].lower())
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=other, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(other)
    assert_fits(page)


def test_a_double_click_sends_one_request(open_as: OpenAs, site: Site) -> None:
    page = open_as("representative")
    page.goto(site.url(f"/f/{{slug}}/companies/{company_id(site, 'Завод Промінь')}/ask"))
    expect(page.locator("html[data-enhanced]")).to_be_attached()
    page.get_by_role("button", name="Send the request").dblclick()
    # They had asked already: the meeting stands among the answers.
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    assert requests_between(site, "Завод Промінь", "Aerotec Industries") == [RequestState.ACCEPTED]
    assert requests_between(site, "Aerotec Industries", "Завод Промінь") == []


def test_a_form_stands_still_while_scripts_load(open_as: OpenAs, site: Site) -> None:
    page = open_as("representative", java_script_enabled=False)
    address = site.url("/f/{slug}/companies/{company_id}/edit")
    page.goto(address)
    plain = page.get_by_role("button", name="Save").bounding_box()
    page = open_as("representative")
    page.goto(address)
    expect(page.get_by_text("Characters left").first).to_be_visible()
    enhanced = page.get_by_role("button", name="Save").bounding_box()
    assert plain is not None
    assert enhanced is not None
    assert abs(plain["y"] - enhanced["y"]) < 1


def test_what_was_typed_survives_a_wrong_turn(open_as: OpenAs, site: Site) -> None:
    page = open_as("representative")
    address = site.url(f"/f/{{slug}}/companies/{company_id(site, 'Оріон Аеро')}/ask")
    page.goto(address)
    expect(page.get_by_text("Characters left")).to_be_visible()  # the scripts are there
    page.get_by_label(re.compile("^Message")).fill("A long thought about engines")
    page.goto(site.url("/f/{slug}/companies"))
    page.goto(address)
    expect(page.get_by_label(re.compile("^Message"))).to_have_value("A long thought about engines")


def test_a_reader_of_ukrainian_finds_the_pages_in_ukrainian(open_as: OpenAs, site: Site) -> None:
    page = open_as("delegate", phone=True, locale="uk-UA")
    page.goto(site.url("/f/{slug}/agenda"))
    page.locator("summary").first.click()
    page.get_by_role("button", name="Українська").click()
    expect(page.locator("html")).to_have_attribute("lang", "uk")
    screenshot(page, "agendas.mine-uk-phone")


def test_the_organiser_solves_and_reads_the_verdict(open_as: OpenAs, site: Site) -> None:
    page = open_as("organiser")
    page.goto(site.url("/f/{slug}/runs"))
    page.get_by_role("button", name="Solve now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Run")
    environment = {
        **os.environ,
        "DATABASE_URL": site.app.config["SQLALCHEMY_DATABASE_URI"],
        "FORUM_INSTANCE": str(site.app.instance_path),
        "FORUM_SECRET_KEY": str(site.app.secret_key),
    }
    subprocess.run(
        [sys.executable, "-m", "forum_scheduler.cli", "worker", "--once"],
        env=environment,
        check=True,
        timeout=WORKER_PATIENCE,
    )
    expect(page.get_by_text(re.compile(r"\d+ of \d+ meetings"))).to_be_visible(timeout=30_000)
    screenshot(page, "journey-run-finished")
    page.get_by_role("link", name="Look at the schedule").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Schedule")
