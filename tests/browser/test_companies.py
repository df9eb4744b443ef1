"""Pages of companies that appear after a step: a checked file, saved searches, doubtful names, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from forum_scheduler.companies.models import Company, CompanyStatus, SavedSearch
from forum_scheduler.companies.names import name_key
from forum_scheduler.extensions import db
from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot, speak
from tests.importing.books import workbook

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]
WAYS = [pytest.param(False, "en", id="desktop"), pytest.param(True, "uk", id="phone-uk-dark")]
ROWS = (
    ("Name", "Country", "Side", "Description", "Topics", "Consortium roles", "Interested in", "Certificates"),
    ("Falcon Works", "PL", "eu", "Drones", "EDF-2027-DA", "partner", "licence", "ISO 9001; AQAP 2110"),
    ("Стяг", "UA", "ua", "Radar", "EDF-2027-DA", "", "investment", ""),
)


def window(open_as: OpenAs, site: Site, role: str, phone: bool, locale: str) -> Page:
    speak(site, locale)
    return open_as(role, phone=phone, locale=locale, color_scheme="dark" if phone else "light")


def look_at(page: Page, name: str, phone: bool) -> None:
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"{name}-{'phone' if phone else 'desktop'}")


@pytest.mark.parametrize(("phone", "locale"), WAYS)
def test_a_checked_file_says_which_columns_companies_get(
    open_as: OpenAs, site: Site, phone: bool, locale: str
) -> None:
    page = window(open_as, site, "organiser", phone, locale)
    page.goto(site.url("/f/{slug}/import"))
    page.set_input_files(
        "input[type=file]",
        {"name": "book.xlsx", "mimeType": "application/zip", "buffer": workbook({"Companies": ROWS})},
    )
    page.locator("main form button").last.click()
    expect(page.get_by_text("Interested in")).to_be_visible()
    look_at(page, "importing-checked", phone)


@pytest.fixture
def _no_searches(site: Site) -> Iterator[None]:
    yield
    with site.app.app_context():
        db.session.execute(delete(SavedSearch))
        db.session.commit()
        db.session.remove()


@pytest.mark.usefixtures("_no_searches")
@pytest.mark.parametrize(("phone", "locale"), WAYS)
def test_a_saved_search_says_whether_it_tells(open_as: OpenAs, site: Site, phone: bool, locale: str) -> None:
    page = window(open_as, site, "representative", phone, locale)
    page.goto(site.url("/f/{slug}/companies?country=UA&sort=newest"))
    page.locator("#searches summary").click()
    page.locator("#search-name").fill("Українські виробники безпілотників і компонентів")
    look_at(page, "saved-search-form", phone)
    page.locator("#search-name").press("Enter")
    page.locator("#searches summary").click()
    expect(page.locator(".searches .badge")).to_be_visible()
    look_at(page, "saved-searches", phone)


@pytest.fixture
def _false_name(site: Site) -> Iterator[None]:
    """The company that waits passes for another one."""
    name = "Nоrdvik Marine"  # with a Cyrillic о

    def call(name: str) -> None:
        with site.app.app_context():
            waiting = update(Company).where(Company.status == CompanyStatus.APPLIED)
            db.session.execute(waiting.values(name=name, name_key=f"{name_key(name)}2"))
            db.session.commit()
            db.session.remove()

    call(name)
    yield
    call("Newcomer Systems")


@pytest.mark.usefixtures("_false_name")
@pytest.mark.parametrize(("phone", "locale"), WAYS)
def test_who_vets_sees_a_name_that_mixes_alphabets(
    open_as: OpenAs, site: Site, phone: bool, locale: str
) -> None:
    page = window(open_as, site, "organiser", phone, locale)
    page.goto(site.url("/f/{slug}/vetting"))
    expect(page.locator("main .badge").first).to_be_visible()
    look_at(page, "vetting-doubt", phone)
    with site.app.app_context():
        id_ = db.session.scalars(select(Company.id).where(Company.status == CompanyStatus.APPLIED)).one()
    page.goto(site.url(f"/f/{{slug}}/companies/{id_}"))
    look_at(page, "company-doubt", phone)


@pytest.mark.parametrize(("phone", "locale"), WAYS)
def test_what_was_typed_for_a_company_that_is_gone_is_shown(
    open_as: OpenAs, site: Site, phone: bool, locale: str
) -> None:
    page = window(open_as, site, "representative", phone, locale)
    with site.app.app_context():
        other = db.session.scalars(select(Company).where(Company.name == "Оріон Аеро")).one().id
        status = update(Company).where(Company.id == other)
    page.goto(site.url(f"/f/{{slug}}/companies/{other}/ask"))
    page.locator("textarea[name=message]").fill("We would like to talk about engines.\nAnd about gears.")
    with site.app.app_context():
        db.session.execute(status.values(status=CompanyStatus.REFUSED))
        db.session.commit()
    try:
        page.locator("main form button.button-primary").first.click()
        expect(page.get_by_text("And about gears.")).to_be_visible()
        look_at(page, "ask-gone", phone)
    finally:
        with site.app.app_context():
            db.session.execute(status.values(status=CompanyStatus.APPROVED))
            db.session.commit()
