"""The board in a browser: its cards and places."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

ENHANCED = "html[data-enhanced]"
AEROTEC = ("Aerotec", "Квант")


def open_board(page: Page, board: str) -> None:
    page.goto(board)
    expect(page.locator(ENHANCED)).to_have_count(1)


def card_of(page: Page, *words: str) -> Locator:
    found = page.locator(".board-card")
    for word in words:
        found = found.filter(has_text=word)
    return found


def free_place(page: Page) -> Locator:
    """A cell where the picked card fits."""
    return page.locator("td.board-ok").first


def taken_out(page: Page) -> Locator:
    """A card in the tray that fits somewhere."""
    card_of(page, *AEROTEC).focus()
    page.keyboard.press("Delete")
    card = page.locator("#tray .board-card").filter(has_text="Aerotec").filter(has_text="Квант")
    expect(card).to_have_count(1)
    return card


def placed(page: Page) -> Locator:
    return page.locator(".board-grid .board-card").filter(has_text="Aerotec").filter(has_text="Квант")


def take_up(page: Page, card: Locator) -> None:
    """Press the mouse on a card and draw it away from its place."""
    card.scroll_into_view_if_needed()
    box = card.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
