"""A whole forum as a new organiser would do it: from an empty database, by pages alone, to agendas."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.app import create_app
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.notices import KIND
from forum_scheduler.scheduling import worker
from tests.browser.conftest import DESKTOP, PATIENCE, assert_accessible, screenshot
from tests.conftest import make_config
from tests.factories import make_user
from tests.servers import free_port, site_server

pytestmark = pytest.mark.browser
ORGANISER = "olha@example.org"
SIDE = 10  # companies of each side
ASKS = 2  # each European company asks so many Ukrainian ones


class Empty:
    """The product on an empty database, with a worker, and one person who may create forums."""

    def __init__(self, app: Flask, address: str) -> None:
        self.app = app
        self.address = address

    @contextmanager
    def open_as(self, browser: Browser, email: str | None) -> Iterator[Page]:
        """A window of somebody who has just signed in (the links of mails have tests of their own)."""
        context = browser.new_context(viewport=DESKTOP, base_url=self.address, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        if email is not None:
            context.add_cookies([{"name": self._cookie, "value": self._session(email), "url": self.address}])
        try:
            yield context.new_page()
        finally:
            context.close()

    @property
    def _cookie(self) -> str:
        return str(self.app.config["SESSION_COOKIE_NAME"])

    def _session(self, email: str) -> str:
        with self.app.app_context():
            user = db.session.scalars(select(User).where(User.email == email)).one()
            serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
            value = serializer.dumps({"_user_id": str(user.fs_uniquifier), "_fresh": True})
            db.session.remove()
        return str(value)


@pytest.fixture
def empty(tmp_path: Path, sqlite_template: Path) -> Iterator[Empty]:
    shutil.copyfile(sqlite_template, tmp_path / "site.sqlite")
    port = free_port()
    config = replace(
        make_config(instance=tmp_path, database_url=f"sqlite:///{tmp_path / 'site.sqlite'}"),
        base_url=f"http://127.0.0.1:{port}",
    )
    app = create_app(config)
    with app.app_context():
        make_user("Olha Operator", email=ORGANISER, operator=True)
        db.session.remove()
    stop = threading.Event()
    # A lease that outlasts a machine that is busy with other tests: nothing here is about lost workers.
    pace = worker.Pace(lease=timedelta(minutes=5), poll=0.5)
    working = threading.Thread(
        target=worker.serve, args=(create_app, config), kwargs={"stop": stop, "pace": pace}
    )
    with site_server(app, port=port) as address:
        working.start()
        try:
            yield Empty(app, address)
        finally:
            stop.set()
            working.join()
    with app.app_context():
        db.engine.dispose()


def test_a_whole_forum_by_pages_alone(empty: Empty, browser: Browser) -> None:
    with empty.open_as(browser, ORGANISER) as page:
        _make(page)
        _set_up(page)
    with empty.open_as(browser, None) as page:
        _join(page)
    with empty.open_as(browser, ORGANISER) as page:
        _vet(page)
    for number in range(SIDE):
        with empty.open_as(browser, f"person{number}@example.org") as page:
            _ask(page, number)
    for number in range(SIDE, 2 * SIDE):
        with empty.open_as(browser, f"person{number}@example.org") as page:
            _accept(page)
    with empty.open_as(browser, ORGANISER) as page:
        _solve_and_publish(page)
    with empty.app.app_context():
        told = db.session.scalars(select(Mail.to_email).where(Mail.kind == KIND)).all()
        db.session.remove()
    assert len(told) == len(set(told)) == 2 * SIDE
    with empty.open_as(browser, "person0@example.org") as page:
        _read_agenda(page)


def _make(page: Page) -> None:
    """A few answers."""
    page.goto("/")
    screenshot(page, "rehearsal-1-empty")
    page.goto("/new")
    page.get_by_label("Name of the forum").fill("Rehearsal")
    page.get_by_label("First day").fill((now() + timedelta(days=60)).date().isoformat())
    page.get_by_label("Tables").fill("1-8 in Hall A")
    page.get_by_label("Interpreters").fill("Iryna Koval: uk-en")
    page.get_by_role("button", name="Create the forum").click()
    expect(page.get_by_text("The forum is there.")).to_be_visible()


def _set_up(page: Page) -> None:
    """The request window, a further zone with tables, a goal less, a text of one's own."""
    opens, closes = now() - timedelta(days=1), now() + timedelta(days=20)
    page.get_by_label("Requests open from").fill(f"{opens:%Y-%m-%dT%H:%M}")
    page.get_by_label("Requests close").fill(f"{closes:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="Zones").click()
    page.locator("#rows-name-1").fill("Terrace")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Tables", exact=True).click()
    page.locator("#rows-labels-1").fill("T1-T4")
    page.locator("#rows-zone-1").select_option(label="Terrace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="T4", exact=True)).to_be_visible()
    screenshot(page, "rehearsal-2-tables")
    page.get_by_role("link", name="Texts").click()
    page.locator("a[href$='/texts/vetted/en']").click()
    page.get_by_label("Your words").fill("We are glad that you come, {name}.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#preview")).to_contain_text("We are glad that you come, Olha Kovalenko.")
    assert_accessible(page)


def _join(page: Page) -> None:
    """Twenty companies, as strangers."""
    for number in range(2 * SIDE):
        page.goto("/f/rehearsal/join")
        page.get_by_label("Your name").fill(f"Person {number:02}")
        page.locator("#email").fill(f"person{number}@example.org")
        page.locator("#name").fill(f"Company {number:02}")
        page.locator("#side_id").select_option(label="EU" if number < SIDE else "Ukraine")
        page.locator("#country").select_option("BE" if number < SIDE else "UA")
        page.get_by_label("I agree that the organiser").check()
        page.get_by_role("button", name="Send").click()
        page.wait_for_url("**/joined")


def _vet(page: Page) -> None:
    page.goto("/f/rehearsal/vetting")
    boxes = page.locator("input[name=company]")
    expect(boxes).to_have_count(2 * SIDE)
    for index in range(2 * SIDE):
        boxes.nth(index).check()
    page.get_by_role("button", name="Approve the ticked ones").click()
    expect(page.get_by_text("They have been told.")).to_be_visible()


def _ask(page: Page, number: int) -> None:
    for step in range(ASKS):
        page.goto("/f/rehearsal/companies")
        page.get_by_role("link", name=f"Company {SIDE + (number + step) % SIDE:02}").first.click()
        page.get_by_role("link", name=re.compile("^Ask for a meeting")).first.click()
        page.get_by_role("button", name="Send the request").click()
        expect(page.locator(".flash").first).to_be_visible()


def _accept(page: Page) -> None:
    page.goto("/f/rehearsal/inbox")
    boxes = page.locator("input[type=checkbox][name=request]")
    expect(boxes).to_have_count(ASKS)
    for index in range(ASKS):
        boxes.nth(index).check()
    page.get_by_role("button", name="Accept the ticked ones").click()
    expect(page.locator(".flash").first).to_be_visible()


def _solve_and_publish(page: Page) -> None:
    page.goto("/f/rehearsal/capacity")
    screenshot(page, "rehearsal-3-capacity")
    page.goto("/f/rehearsal/runs")
    page.get_by_role("button", name="Solve now").click()
    page.get_by_role("link", name="Look at the schedule").click(timeout=240_000)
    expect(page.get_by_text(f"{SIDE * ASKS} of {SIDE * ASKS} meetings.")).to_be_visible()
    screenshot(page, "rehearsal-4-schedule")
    page.goto(page.url + "/publish")
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()
    screenshot(page, "rehearsal-5-published")


def _read_agenda(page: Page) -> None:
    """As a company's person would."""
    page.goto("/f/rehearsal/agenda")
    expect(page.locator(".entry, .next").first).to_be_visible()
    screenshot(page, "rehearsal-6-agenda")
