"""Cards of the board that are carried: by the mouse, out of the tray, over edges, by a finger."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.boards import AEROTEC, card_of, open_board, placed, take_up, taken_out
from tests.browser.conftest import (
    screenshot,
)

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


# The middle of a place where the card fits, clear of all edges; null while there is none in sight.
IN_SIGHT = """
() => {
  const wrap = document.querySelector(".board-wrap");
  const top = Math.max(wrap.querySelector("thead").getBoundingClientRect().bottom, 90);
  for (const cell of document.querySelectorAll("td.board-ok")) {
    const { left, top: y, width, height } = cell.getBoundingClientRect();
    const [x, at] = [left + width / 2, y + height / 2];
    const side = wrap.getBoundingClientRect();
    if (x > side.left + 140 && x < side.right - 50 && at > top && at < innerHeight - 150) return [x, at];
  }
  return null;
}
"""


def _scrolled_to_a_place(page: Page) -> tuple[float, float]:
    """Hold the card at the upper edge, look, and go on: what is in sight stays there only away from it."""
    for _ in range(60):
        page.mouse.move(640, 20, steps=2)
        page.wait_for_timeout(60)
        page.mouse.move(640, 300, steps=2)
        page.wait_for_timeout(60)
        found = page.evaluate(IN_SIGHT)
        if found is not None:
            return found[0], found[1]
    raise AssertionError("no place where it fits came into sight")


def test_a_card_is_dragged_to_where_it_fits_and_back(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    before = card.evaluate("card => [card.closest('tr').dataset.slot, card.closest('td').cellIndex]")
    take_up(page, card)
    page.mouse.move(*_scrolled_to_a_place(page), steps=4)
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    screenshot(page, "scheduling.board-dragging")
    page.mouse.move(*_scrolled_to_a_place(page), steps=4)  # a picture of the whole page moves it
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    page.mouse.up()
    expect(card.locator(".board-state")).to_have_text(re.compile("changed"))
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(card.locator(".board-state")).to_have_count(0)
    after = card.evaluate("card => [card.closest('tr').dataset.slot, card.closest('td').cellIndex]")
    assert after == before


def test_a_card_is_dragged_out_of_the_tray_to_a_place_that_scrolls_into_sight(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    page.set_viewport_size({"width": 1280, "height": 600})
    open_board(page, board)
    card = taken_out(page)
    card.scroll_into_view_if_needed()
    x, y = _middle(card)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y - 20, steps=3)
    page.mouse.move(*_scrolled_to_a_place(page), steps=4)
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    page.mouse.up()
    expect(placed(page)).to_have_count(1)


def _lifted(page: Page, board: str) -> Locator:
    """A card that the mouse has just taken along; the window is so small that the board scrolls."""
    page.set_viewport_size({"width": 700, "height": 560})
    open_board(page, board)
    card = card_of(page, *AEROTEC)
    take_up(page, card)
    expect(page.locator("td.board-ok").first).to_be_attached()
    return card


def _middle(what: Locator) -> tuple[float, float]:
    box = what.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_card_let_go_over_the_tables_names_stays_and_over_the_tray_loses_its_place(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    card = _lifted(page, board)
    page.mouse.move(*_middle(page.locator(".board-corner")), steps=3)
    expect(page.locator("td.board-target")).to_have_count(0)
    page.mouse.up()
    expect(page.locator(".board-ghost")).to_have_count(0)
    expect(card.locator(".board-state")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 1800})  # the tray is in sight too
    page.mouse.move(*_middle(card))
    page.mouse.down()
    page.mouse.move(*_middle(page.locator("#tray")), steps=4)
    expect(page.locator("#tray")).to_have_class(re.compile("board-target"))
    page.mouse.up()
    expect(page.locator("#tray")).to_contain_text("Aerotec")


def test_the_board_scrolls_under_a_carried_card_by_the_wheel_and_at_its_edge(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    _lifted(page, board)
    wrap = page.locator(".board-wrap")
    wrap.evaluate("wrap => wrap.scrollTo(0, 0)")
    box = wrap.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 150)
    page.mouse.wheel(60, 0)
    page.wait_for_function("document.querySelector('.board-wrap').scrollLeft > 0")
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 150)
    page.wait_for_function(
        "(([wrap]) => wrap.scrollLeft + wrap.clientWidth >= wrap.scrollWidth - 1)"
        "(document.querySelectorAll('.board-wrap'))"
    )
    page.mouse.move(box["x"] + 100, box["y"] + 150)
    page.keyboard.press("Escape")
    page.mouse.up()


class Finger:
    """One finger on the glass, by Chromium's own protocol: it presses, rests, moves and lifts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.glass = page.context.new_cdp_session(page)

    def touch(self, kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        self.glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def middle_of(self, what: Locator) -> tuple[float, float]:
        box = what.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_finger_that_rests_on_a_card_takes_it_along(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", phone=True, has_touch=True)
    open_board(page, board)
    card, finger = card_of(page, *AEROTEC), Finger(page)
    card.scroll_into_view_if_needed()
    start = finger.middle_of(card)
    finger.touch("touchStart", *start)
    expect(page.locator(".board-ghost")).to_have_count(1)
    expect(page.locator("td.board-ok").first).to_be_attached()
    target = page.evaluate(
        """() => {
            const fitting = [...document.querySelectorAll("td.board-ok")];
            const cells = fitting.map((cell) => cell.getBoundingClientRect());
            const seen = cells.find((box) => box.top > 100 && box.bottom < innerHeight - 60
                && box.left > 60 && box.right < innerWidth - 40);
            return seen && [seen.left + seen.width / 2, seen.top + seen.height / 2];
        }"""
    )
    assert target, "a cell where it fits is in sight"
    scrolled = page.evaluate("[scrollX, scrollY]")
    for step in range(1, 6):
        finger.touch("touchMove", *(a + (b - a) * step / 5 for a, b in zip(start, target, strict=True)))
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    screenshot(page, "scheduling.board-finger")
    assert page.evaluate("[scrollX, scrollY]") == scrolled, "the page does not scroll under it"
    finger.touch("touchEnd")
    expect(card.locator(".board-state")).to_have_text(re.compile("changed"))
    expect(page.locator(".board-ghost")).to_have_count(0)


def test_a_finger_that_moves_at_once_scrolls(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", phone=True, has_touch=True)
    open_board(page, board)
    card, finger = card_of(page, *AEROTEC), Finger(page)
    card.scroll_into_view_if_needed()
    x, y = finger.middle_of(card)
    finger.touch("touchStart", x, y)
    for step in range(1, 6):
        finger.touch("touchMove", x, y - 12 * step)
    page.wait_for_timeout(500)  # longer than a finger must rest
    expect(page.locator(".board-ghost")).to_have_count(0)
    finger.touch("touchEnd")
    expect(card.locator(".board-state")).to_have_count(0)
