"""The desk in the hall, on a phone, with and without scripts: from the first page to the paper."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


@pytest.mark.parametrize("scripts", [True, False])
def test_who_stands_at_the_desk_is_found_and_gets_agenda_and_badge(
    open_as: OpenAs, site: Site, scripts: bool
) -> None:
    page = open_as("desk", phone=True, java_script_enabled=scripts)
    page.goto(site.url("/f/{slug}/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Desk")
    field = page.get_by_label("Person, company or table")
    expect(field).to_be_focused()  # type at once
    field.fill("kvant")
    page.get_by_role("button", name="Find").click()
    row = page.locator(".row").filter(has_text="Квант Динаміка").first
    expect(row).to_contain_text(re.compile(r"Next, \w+ \d+ May, \d\d:\d\d"))
    expect(field).to_have_value("kvant")
    assert_fits(page)
    if scripts:
        assert_accessible(page)
        screenshot(page, "desk-found-phone")
    for kind in ("PDF", "Badge"):
        with page.expect_download() as got:
            row.get_by_role("link", name=kind).click()
        assert got.value.path().read_bytes().startswith(b"%PDF-")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Agenda of")
    page.get_by_role("link", name="Desk", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Desk")
