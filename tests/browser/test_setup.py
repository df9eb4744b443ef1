"""The list of offers and needs put in as a whole: what it changes is seen before it is saved."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot, speak

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_list_is_put_in_after_a_look_at_what_it_changes(open_as: OpenAs, site: Site, phone: bool) -> None:
    name = f"Entry of a {'phone' if phone else 'desk'}"
    page = open_as("organiser", phone=phone, color_scheme="dark" if phone else "light")
    page.goto(site.url("/f/{slug}/settings/capabilities"))
    page.get_by_role("link", name="Put in a whole list").click()
    before = page.get_by_label("The list").input_value()
    first = before.splitlines()[0].split(" | ")[1]
    changed = before.replace(first, f"{first} renamed", 1) + f"\n{name}"
    page.get_by_label("The list").fill(changed)
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What the list changes")
    expect(page.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    expect(page.get_by_text(f"{first} renamed")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"capability-change-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Back to what I typed").click()
    expect(page.get_by_label("The list")).to_have_value(changed)
    page.get_by_label("The list").fill(f"{before}\n{name}")
    page.get_by_role("button", name="See what changes").click()
    page.get_by_role("button", name="Save the list").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    values = page.locator('input[name="rows-en"]').evaluate_all("fields => fields.map(f => f.value)")
    assert name in values
    assert first in values


def test_the_change_fits_a_phone_in_ukrainian(open_as: OpenAs, site: Site) -> None:
    speak(site, "uk")
    page = open_as("organiser", phone=True, locale="uk")
    page.goto(site.url("/f/{slug}/settings/capabilities/list"))
    text = page.locator("#text").input_value()
    page.locator("#text").fill("\n".join(text.splitlines()[:1]))
    page.get_by_role("button", name="Показати зміни").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Що змінить перелік")
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, "capability-change-uk-phone")
