"""The board by mouse, by keys, by finger, without scripts, and by two organisers at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from forum_scheduler.extensions import db
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.models import Schedule
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
ENHANCED = "html[data-enhanced]"


@pytest.fixture
def board(site: Site) -> str:
    """The address of a new draft of the published schedule, all of it on one page."""
    with site.app.app_context():
        draft = start(db.session.get_one(Schedule, site.stage.ids["schedule_id"]), by=None).schedule
        id_ = draft.id
        db.session.remove()
    return site.url(f"/f/{{slug}}/schedules/{id_}/board?day=all&zone=0")


def _open(page: Page, board: str) -> None:
    page.goto(board)
    expect(page.locator(ENHANCED)).to_have_count(1)


def _card(page: Page, *words: str) -> Locator:
    found = page.locator(".board-card")
    for word in words:
        found = found.filter(has_text=word)
    return found


def _free(page: Page) -> Locator:
    """A cell where the picked card fits."""
    return page.locator("td.board-ok").first


AEROTEC = ("Aerotec", "Квант")


def _aim(page: Page, place: Locator) -> None:
    """Carry the card over the middle of a place, far from the edges at which the page goes on scrolling."""
    place.evaluate("cell => cell.scrollIntoView({ block: 'center', inline: 'center' })")
    page.mouse.move(*_middle(place), steps=4)
    expect(place).to_have_class(re.compile("board-target"))


def test_a_card_is_dragged_to_where_it_fits_and_back(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    _open(page, board)
    card = _card(page, *AEROTEC)
    before = card.evaluate("card => [card.closest('tr').dataset.slot, card.closest('td').cellIndex]")
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    target = _free(page)
    expect(target).to_be_visible()
    _aim(page, target)
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    screenshot(page, "scheduling.board-dragging")
    _aim(page, target)  # the picture is of the whole page: it was laid out anew beneath the mouse
    page.mouse.up()
    expect(card.locator(".board-state")).to_have_text(re.compile("changed"))
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(card.locator(".board-state")).to_have_count(0)
    after = card.evaluate("card => [card.closest('tr').dataset.slot, card.closest('td').cellIndex]")
    assert after == before


def test_a_place_that_breaks_a_rule_says_so_before_and_changes_nothing(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    _open(page, board)
    card = _card(page, *AEROTEC)
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
    _open(page, board)
    card = _card(page, *AEROTEC)
    card.focus()
    page.keyboard.press("l")
    expect(card.locator(".board-state")).to_contain_text("locked")
    card.focus()
    page.keyboard.press("l")
    expect(card.locator(".board-state")).to_have_count(0)
    card.focus()
    page.keyboard.press("Delete")
    expect(page.locator("#tray")).to_contain_text("Aerotec")
    _card(page, *AEROTEC).focus()
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
    _open(page, board)
    card = _card(page, *AEROTEC)
    card.tap()
    target = _free(page)
    target.tap()
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    assert_fits(page)
    screenshot(page, "scheduling.board-touch")
    page.locator("td.board-target").tap()
    expect(_card(page, *AEROTEC).locator(".board-state")).to_have_text(re.compile("changed"))


def test_a_picked_card_says_in_how_many_places_it_fits_and_shows_one_after_the_other(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    _open(page, board)
    card = _card(page, *AEROTEC)
    card.focus()
    page.keyboard.press("Delete")
    expect(page.locator("#tray")).to_contain_text("Aerotec")
    _card(page, *AEROTEC).click()
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


def _taken_out(page: Page) -> Locator:
    """A card in the tray that fits somewhere."""
    _card(page, *AEROTEC).focus()
    page.keyboard.press("Delete")
    card = page.locator("#tray .board-card").filter(has_text="Aerotec").filter(has_text="Квант")
    expect(card).to_have_count(1)
    return card


def _placed(page: Page) -> Locator:
    return page.locator(".board-grid .board-card").filter(has_text="Aerotec").filter(has_text="Квант")


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


def test_a_card_is_dragged_out_of_the_tray_to_a_place_that_scrolls_into_sight(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    page.set_viewport_size({"width": 1280, "height": 600})
    _open(page, board)
    card = _taken_out(page)
    card.scroll_into_view_if_needed()
    x, y = _middle(card)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 20, y - 20, steps=3)
    page.mouse.move(*_scrolled_to_a_place(page), steps=4)
    expect(page.locator("[data-board-status]")).to_contain_text("It fits here.")
    page.mouse.up()
    expect(_placed(page)).to_have_count(1)


def test_a_finger_puts_a_card_from_the_tray_where_it_is_shown_to_fit(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", phone=True, has_touch=True)
    _open(page, board)
    _taken_out(page).tap()
    put = page.get_by_role("button", name="Put it here")
    expect(page.locator("[data-board-status]")).to_contain_text("Places where it fits:")
    expect(put).to_be_hidden()
    page.get_by_role("button", name="Show a place").tap()
    expect(page.locator("td.board-target.board-ok")).to_be_in_viewport()
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, "scheduling.board-tray-phone")
    put.tap()
    expect(_placed(page)).to_have_count(1)
    expect(put).to_be_hidden()


def test_the_mouse_goes_from_the_shown_place_to_its_button_without_losing_it(
    open_as: OpenAs, board: str
) -> None:
    page = open_as("organiser")
    _open(page, board)
    _taken_out(page).click()
    page.get_by_role("button", name="Show a place").click()
    page.get_by_role("button", name="Put it here").click()
    expect(_placed(page)).to_have_count(1)


def test_a_card_that_fits_nowhere_says_so_at_once(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    _open(page, board)
    card = _card(page, *AEROTEC)
    card.focus()
    page.keyboard.press("l")
    expect(card.locator(".board-state")).to_contain_text("locked")
    card.click()
    expect(page.locator("[data-board-status]")).to_contain_text("It fits nowhere here as things are")
    expect(page.get_by_role("button", name="Show a place")).to_be_hidden()
    page.get_by_role("button", name="Unlock").click()
    expect(card.locator(".board-state")).to_have_count(0)


def _lifted(page: Page, board: str) -> Locator:
    """A card that the mouse has just taken along; the window is so small that the board scrolls."""
    page.set_viewport_size({"width": 700, "height": 560})
    _open(page, board)
    card = _card(page, *AEROTEC)
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
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
    _open(page, board)
    card, finger = _card(page, *AEROTEC), Finger(page)
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
    _open(page, board)
    card, finger = _card(page, *AEROTEC), Finger(page)
    card.scroll_into_view_if_needed()
    x, y = finger.middle_of(card)
    finger.touch("touchStart", x, y)
    for step in range(1, 6):
        finger.touch("touchMove", x, y - 12 * step)
    page.wait_for_timeout(500)  # longer than a finger must rest
    expect(page.locator(".board-ghost")).to_have_count(0)
    finger.touch("touchEnd")
    expect(card.locator(".board-state")).to_have_count(0)


def test_what_stands_in_the_way_is_pushed_out_and_undone(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    _open(page, board)
    card, other = _card(page, *AEROTEC), _card(page, "Lumen", "Квант")
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
    _open(ann, board)
    _open(ben, board)
    _hears_nothing(ben)
    _card(ann, *AEROTEC).focus()
    ann.keyboard.press("Delete")
    expect(ann.locator("#tray")).to_contain_text("Aerotec")
    _card(ben, *AEROTEC).focus()
    ben.keyboard.press("Delete")
    expect(ben.get_by_role("alert")).to_contain_text("Olha Organiser has changed this meeting meanwhile.")
    screenshot(ben, "scheduling.board-overtaken")
    ben.unroute("**/board/changes*")
    expect(ben.locator("#tray")).to_contain_text("Aerotec")
    expect(ben.get_by_text("Olha Organiser has taken out")).to_be_visible()
    other = _card(ben, "Lumen", "Квант")
    other.focus()
    ben.keyboard.press("l")
    expect(_card(ann, "Lumen", "Квант").locator(".board-state")).to_contain_text("locked")
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
    _open(ann, board)
    mine, theirs = AEROTEC, ("Lumen", "Оріон")
    for words in (mine, theirs):
        _card(ann, *words).focus()
        ann.keyboard.press("Delete")
        expect(ann.locator("#tray")).to_contain_text(words[0])
    _open(ben, board)
    _hears_nothing(ben)
    where = "cell => [cell.parentElement.dataset.slot, cell.cellIndex].join()"
    fitting = "cells => cells.map((cell) => [cell.parentElement.dataset.slot, cell.cellIndex].join())"
    _card(ben, *theirs).click()
    expect(ben.locator("td.board-ok").first).to_be_attached()
    _card(ann, *mine).click()
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
    _card(ben, *theirs).click()
    ben.get_by_role("button", name="Show a place").click()
    assert ben.locator("td.board-target").evaluate(where) != f"{slot},{column}"
    ben.get_by_role("button", name="Put it here").click()
    expect(ben.locator("#tray")).not_to_contain_text("Lumen")


def test_without_a_connection_or_a_session_nothing_changes_and_the_board_says_why(
    browser: Browser, site: Site, board: str
) -> None:
    window = new_window(browser)
    page = open_page(window, site, role="organiser", troubles=[])  # the browser itself reports what it lost
    _open(page, board)
    card, status = _card(page, *AEROTEC), page.locator("[data-board-status]")
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
    expect(_placed(page)).to_have_count(1)
    window.close()


def test_the_board_works_without_scripts(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser", java_script_enabled=False)
    page.goto(board)
    _card(page, *AEROTEC).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Aerotec")
    page.get_by_role("button", name="Take it out").click()
    expect(page.locator("#tray")).to_contain_text("Aerotec")
    page.get_by_role("button", name="Undo", exact=True).first.click()
    expect(page.locator("#tray")).not_to_contain_text("Aerotec")


def test_the_board_speaks_ukrainian(open_as: OpenAs, board: str) -> None:
    page = open_as("organiser")
    _open(page, board)
    page.locator("summary").first.click()
    page.get_by_role("button", name="Українська").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Дошка")
    screenshot(page, "scheduling.board-uk")
