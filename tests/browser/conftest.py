"""A real server, a real Chromium: what the browser tests stand on."""

from __future__ import annotations

import pickle
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import update

from forum_scheduler.accounts.models import User
from forum_scheduler.app import create_app
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.models import Schedule
from tests.browser.stage import Stage, set_stage
from tests.conftest import make_config
from tests.factories.storing import next_number, skip_numbers
from tests.servers import free_port, site_server
from tests.sharing import made_once

SCREENSHOTS = Path(__file__).resolve().parents[2] / "instance" / "screenshots"
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 780}
PATIENCE = 20_000  # milliseconds, for a busy machine
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The running server and what is on it."""

    app: Flask
    address: str
    stage: Stage

    def url(self, path: str) -> str:
        """The full address of a path in which {slug}, {company_id} ... stand for the stage's."""
        return self.address + path.format(slug=self.stage.slug, **self.stage.ids)

    def cookie(self, role: str) -> dict[str, str]:
        """The session cookie of somebody who has just signed in."""
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        moment = now().timestamp()  # when they showed who they are, as Flask-Security notes it
        value = serializer.dumps({"_user_id": self.stage.users[role], "_fresh": True, "fs_paa": moment})
        return {"name": self.app.config["SESSION_COOKIE_NAME"], "value": value, "url": self.address}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """The product over HTTP on a free port, with the stage set."""

    def make(folder: Path) -> None:
        shutil.copyfile(sqlite_template, folder / "site.sqlite")
        app = _app_in(folder, port=0)
        with app.app_context():
            stage = set_stage()
            db.session.remove()
            db.engine.dispose()
        (folder / "stage.pickle").write_bytes(pickle.dumps((stage, next_number())))

    made = made_once(tmp_path_factory, "stage", make)
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(made, folder, dirs_exist_ok=True)
    port = free_port()
    app = _app_in(folder, port=port)
    stage, used = pickle.loads((folder / "stage.pickle").read_bytes())
    skip_numbers(used)
    with site_server(app, port=port) as address:
        yield Site(app=app, address=address, stage=stage)
    with app.app_context():
        db.engine.dispose()


def _app_in(folder: Path, *, port: int) -> Flask:
    config = make_config(instance=folder, database_url=f"sqlite:///{folder / 'site.sqlite'}")
    return create_app(replace(config, base_url=f"http://127.0.0.1:{port}"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_as(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a browser window for a role (None: a visitor); pages with script errors fail the test."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []
    speak(site, "en")  # a test that chose a language leaves it in the account

    def open_window(role: str | None = None, *, phone: bool = False, **options: object) -> Page:
        context = new_window(browser, phone=phone, **options)
        contexts.append(context)
        return open_page(context, site, role=role, troubles=troubles)

    yield open_window
    for context in contexts:
        context.close()
    assert_untroubled(troubles)


def new_window(browser: Browser, *, phone: bool = False, **options: object) -> BrowserContext:
    """A window without memory of any other, on a desktop or a phone."""
    # Still pages: where a thing is does not change while the mouse is on its way there.
    options = {"viewport": PHONE if phone else DESKTOP, "reduced_motion": "reduce", **options}
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    return context


def open_page(context: BrowserContext, site: Site, *, role: str | None, troubles: list[str]) -> Page:
    """An empty page of somebody; what goes wrong in its scripts is added to ``troubles``."""
    if role is not None:
        context.add_cookies([site.cookie(role)])  # type: ignore[list-item]
    page = context.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    return page


def assert_untroubled(troubles: list[str]) -> None:
    """No script failed; answers of 4xx and a line that is cut are wanted by some tests."""
    wanted = re.compile(r"the server responded with a status of 4\d\d|ERR_INTERNET_DISCONNECTED")
    assert [text for text in troubles if not wanted.search(text)] == []


def speak(site: Site, locale: str) -> None:
    """Let everybody read the pages in a language."""
    with site.app.app_context():
        db.session.execute(update(User).values(locale=locale))
        db.session.commit()
        db.session.remove()


def screenshot(page: Page, name: str) -> None:
    """Keep a picture of the whole page under instance/screenshots."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), full_page=True)


def assert_accessible(page: Page) -> None:
    """No violation that axe finds."""
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def assert_fits(page: Page) -> None:
    """Nothing is wider than the window, once the page has its styles."""
    page.wait_for_load_state("load")
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, f"{page.url} is wider than {page.viewport_size}"


@pytest.fixture
def board(site: Site) -> str:
    """The address of a new draft of the published schedule, all of it on one page."""
    with site.app.app_context():
        draft = start(db.session.get_one(Schedule, site.stage.ids["schedule_id"]), by=None).schedule
        id_ = draft.id
        db.session.remove()
    return site.url(f"/f/{{slug}}/schedules/{id_}/board?day=all&zone=0")
