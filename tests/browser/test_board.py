"""The board by mouse, by keys, by finger, without scripts, and by two organisers at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.boards import AEROTEC, card_of, free_place, open_board, placed, taken_out
from tests.browser.conftest import (
    Site,
    assert_accessible,
    assert_fits,
    new_window,
    open_page,
    screenshot,
)

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


def test_a_place_that_breaks_a_rule_says_so_before_and_changes_nothing(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    card.click()
    shut = page.locator("td.board-no").first
    shut.hover()
    expect(page.locator("[data-board-status]")).to_contain_text(
        re.compile("In another meeting then|Not there")
    )
    screenshot(page, "scheduling.board-refused")
    shut.click()
    expect(page.get_by_role("alert")).to_contain_text("That would break a rule.")
    expect(card.locator(".board-state")).to_have_count(0)


def test_everything_goes_by_keys(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    card.focus()
    page.keyboard.press("l")
    expect(card.locator(".board-state")).to_contain_text("locked")
    card.focus()
    page.keyboard.press("l")
    expect(card.locator(".board-state")).to_have_count(0)
    card.focus()
    page.keyboard.press("Delete")
    expect(page.locator("#tray")).to_contain_text("Aerotec")
    card_of(page, *AEROTEC).focus()
    page.keyboard.press("Space")
    expect(page.locator("td.board-ok").first).to_be_attached()
    for _ in range(60):
        if page.locator("td.board-target.board-ok").count():
            break
        column = page.locator("td.board-target").evaluate("cell => cell.cellIndex")
        last = page.locator("tbody tr").first.locator("td").count()
        page.keyboard.press("ArrowRight" if column < last else "ArrowDown")
        if column == last:
            for _ in range(last):
                page.keyboard.press("ArrowLeft")
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    page.keyboard.press("Enter")
    expect(
        page.locator(".board-grid .board-card").filter(has_text="Aerotec").filter(has_text="Квант")
    ).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator("#tray")).to_contain_text("Aerotec")


def test_a_finger_taps_the_card_then_the_place_twice(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", phone=True, has_touch=True)
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    card.tap()
    target = free_place(page)
    target.tap()
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    assert_fits(page)
    screenshot(page, "scheduling.board-touch")
    page.locator("td.board-target").tap()
    expect(card_of(page, *AEROTEC).locator(".board-state")).to_have_text(re.compile("changed"))


def test_a_picked_card_says_in_how_many_places_it_fits_and_shows_one_after_the_other(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    card.focus()
    page.keyboard.press("Delete")
    expect(page.locator("#tray")).to_contain_text("Aerotec")
    card_of(page, *AEROTEC).click()
    status = page.locator("[data-board-status]")
    expect(status).to_have_text(re.compile(r"Places where it fits: [1-9]\d*\."))
    page.get_by_role("button", name="Show a place").click()
    first = page.locator("td.board-target.board-ok")
    expect(first).to_be_in_viewport()
    expect(status).to_contain_text("It fits here.")
    where = first.evaluate("cell => [cell.parentElement.dataset.slot, cell.cellIndex]")
    screenshot(page, "scheduling.board-places")
    page.get_by_role("button", name="Show a place").click()
    expect(page.locator("td.board-target.board-ok")).to_have_count(1)
    assert first.evaluate("cell => [cell.parentElement.dataset.slot, cell.cellIndex]") != where
    first.click()
    placed = page.locator(".board-grid .board-card").filter(has_text="Aerotec").filter(has_text="Квант")
    expect(placed).to_have_count(1)


def test_a_finger_puts_a_card_from_the_tray_where_it_is_shown_to_fit(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", phone=True, has_touch=True)
    open_board(page, board)
    taken_out(page).tap()
    put = page.get_by_role("button", name="Put it here")
    expect(page.locator("[data-board-status]")).to_contain_text("Places where it fits:")
    expect(put).to_be_hidden()
    page.get_by_role("button", name="Show a place").tap()
    expect(page.locator("td.board-target.board-ok")).to_be_in_viewport()
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, "scheduling.board-tray-phone")
    put.tap()
    expect(placed(page)).to_have_count(1)
    expect(put).to_be_hidden()


def test_the_mouse_goes_from_the_shown_place_to_its_button_without_losing_it(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    open_board(page, board)
    taken_out(page).click()
    page.get_by_role("button", name="Show a place").click()
    page.get_by_role("button", name="Put it here").click()
    expect(placed(page)).to_have_count(1)


def test_a_card_that_fits_nowhere_says_so_at_once(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    card.focus()
    page.keyboard.press("l")
    expect(card.locator(".board-state")).to_contain_text("locked")
    card.click()
    expect(page.locator("[data-board-status]")).to_contain_text("It fits nowhere here as things are")
    expect(page.get_by_role("button", name="Show a place")).to_be_hidden()
    page.get_by_role("button", name="Unlock").click()
    expect(card.locator(".board-state")).to_have_count(0)


def test_what_stands_in_the_way_is_pushed_out_and_undone(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    open_board(page, board)
    card, other = card_of(page, *AEROTEC), card_of(page, "Lumen", "Квант")
    slot = other.evaluate("card => card.closest('tr').dataset.slot")
    card.click()
    expect(page.locator("td.board-ok").first).to_be_attached()
    page.locator(f"tr[data-slot='{slot}'] td:not(:has(.board-card))").first.click()
    offer = page.get_by_role("button", name=re.compile("Push out: .*Lumen"))
    screenshot(page, "scheduling.board-push")
    offer.click()
    expect(page.locator("#tray")).to_contain_text("Lumen Optics")
    assert card.evaluate("card => card.closest('tr').dataset.slot") == slot
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(page.locator("#tray")).not_to_contain_text("Lumen Optics")


def test_two_organisers_see_each_others_steps_and_never_overwrite(open_as: OpenAs, board: str) -> None:
    ann, ben = open_as("organiser"), open_as("second-organiser")
    open_board(ann, board)
    open_board(ben, board)
    _hears_nothing(ben)
    card_of(ann, *AEROTEC).focus()
    ann.keyboard.press("Delete")
    expect(ann.locator("#tray")).to_contain_text("Aerotec")
    card_of(ben, *AEROTEC).focus()
    ben.keyboard.press("Delete")
    expect(ben.get_by_role("alert")).to_contain_text("Olha Organiser has changed this meeting meanwhile.")
    screenshot(ben, "scheduling.board-overtaken")
    ben.unroute("**/board/changes*")
    expect(ben.locator("#tray")).to_contain_text("Aerotec")
    expect(ben.get_by_text("Olha Organiser has taken out")).to_be_visible()
    other = card_of(ben, "Lumen", "Квант")
    other.focus()
    ben.keyboard.press("l")
    expect(card_of(ann, "Lumen", "Квант").locator(".board-state")).to_contain_text("locked")
    screenshot(ann, "scheduling.board-two")
    other.focus()
    ben.keyboard.press("l")
    expect(other.locator(".board-state")).to_have_count(0)
    assert_accessible(ann)


def _hears_nothing(page: Page) -> None:
    """Of what others do on the board, until ``unroute``."""

    def answer(route: Route) -> None:
        since = int(route.request.url.partition("since=")[2])
        route.fulfill(json={"revision": since, "cards": [], "told": []})

    page.route("**/board/changes*", answer)


def test_a_place_that_somebody_took_a_moment_ago_is_not_taken_again_and_says_by_what(
    open_as: OpenAs, board: str
) -> None:
    ann, ben = open_as("organiser"), open_as("second-organiser")
    open_board(ann, board)
    mine, theirs = AEROTEC, ("Lumen", "Оріон")
    for words in (mine, theirs):
        card_of(ann, *words).focus()
        ann.keyboard.press("Delete")
        expect(ann.locator("#tray")).to_contain_text(words[0])
    open_board(ben, board)
    _hears_nothing(ben)
    where = "cell => [cell.parentElement.dataset.slot, cell.cellIndex].join()"
    fitting = "cells => cells.map((cell) => [cell.parentElement.dataset.slot, cell.cellIndex].join())"
    card_of(ben, *theirs).click()
    expect(ben.locator("td.board-ok").first).to_be_attached()
    card_of(ann, *mine).click()
    expect(ann.locator("td.board-ok").first).to_be_attached()
    both = set(ann.locator("td.board-ok").evaluate_all(fitting))
    both &= set(ben.locator("td.board-ok").evaluate_all(fitting))
    slot, column = sorted(both)[0].split(",")
    cell = f"tr[data-slot='{slot}'] > :nth-child({int(column) + 1})"
    ann.locator(cell).click()
    expect(ann.locator(cell)).to_contain_text("Aerotec")
    ben.locator(cell).click()
    expect(ben.get_by_role("alert").first).to_contain_text("That would break a rule.")
    screenshot(ben, "scheduling.board-same-place")
    expect(ben.locator("#tray")).to_contain_text("Lumen")  # nothing is lost: it waits where it was
    ben.unroute("**/board/changes*")
    expect(ben.locator(cell)).to_contain_text("Aerotec")
    expect(ben.get_by_text("Olha Organiser has moved")).to_be_visible()
    card_of(ben, *theirs).click()
    ben.get_by_role("button", name="Show a place").click()
    assert ben.locator("td.board-target").evaluate(where) != f"{slot},{column}"
    ben.get_by_role("button", name="Put it here").click()
    expect(ben.locator("#tray")).not_to_contain_text("Lumen")


def test_without_a_connection_or_a_session_nothing_changes_and_the_board_says_why(
    browser: Browser, site: Site, board: str
) -> None:
    window = new_window(browser)
    page = open_page(window, site, role="organiser", troubles=[])  # the browser itself reports what it lost
    open_board(page, board)
    card, status = card_of(page, *AEROTEC), page.locator("[data-board-status]")
    window.set_offline(True)
    card.click()
    expect(status).to_contain_text("No connection. Nothing has changed")
    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("alert")).to_contain_text("No connection. Nothing has changed")
    window.set_offline(False)
    window.clear_cookies()
    card.click()
    expect(status).to_contain_text("Nothing has changed: you are signed out")
    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("alert").last).to_contain_text("Nothing has changed: you are signed out")
    expect(placed(page)).to_have_count(1)
    window.close()


def test_the_board_works_without_scripts(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", java_script_enabled=False)
    page.goto(board)
    card_of(page, *AEROTEC).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Aerotec")
    page.get_by_role("button", name="Take it out").click()
    expect(page.locator("#tray")).to_contain_text("Aerotec")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(page.locator("#tray")).not_to_contain_text("Aerotec")


def test_the_board_speaks_ukrainian(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    open_board(page, board)
    page.locator("summary").first.click()
    page.get_by_role("button", name="Українська").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Дошка")
    screenshot(page, "scheduling.board-uk")
