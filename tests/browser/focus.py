"""Where the focus goes when somebody walks through a page by the Tab key, and what lies over it."""

from __future__ import annotations

from playwright.sync_api import Page

MOST = 300  # steps, more than any page here has
# How far what has the focus reaches under the bar, in pixels; null: nothing has it, or the bar itself does.
_UNDER = """selector => {
  const focused = document.activeElement, bar = document.querySelector(selector);
  if (focused === document.body || bar.contains(focused)) return null;
  const own = focused.getBoundingClientRect(), over = bar.getBoundingClientRect();
  const beside = own.right <= over.left || own.left >= over.right || own.top >= over.bottom;
  return [focused.id || focused.outerHTML, beside ? 0 : Math.max(0, own.bottom - over.top)];
}"""
_TO_THE_TOP = "() => { document.querySelector('a').focus(); window.scrollTo(0, 0); }"


def assert_never_under(page: Page, bar: str) -> None:
    """Nothing that Tab reaches lies under ``bar`` (a CSS selector), and the bar itself is reached."""
    page.evaluate(_TO_THE_TOP)
    seen = 0
    for _ in range(MOST):
        page.keyboard.press("Tab")
        found = page.evaluate(_UNDER, bar)
        if found is None:
            break
        seen += 1
        name, pixels = found
        assert pixels < 1, f"{name} lies under {bar} by {pixels} pixels"
    assert seen > 10, "there was little to walk through"
    assert page.evaluate("bar => document.querySelector(bar).contains(document.activeElement)", bar)
