"""From the invitation to blocked slots, as somebody who is new here does it, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Slot
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.times import Times, times_of
from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot
from tests.browser.focus import assert_never_under

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]
LINK = re.compile(r"http\S+/invited/\S+")


def delegate_of(site: Site, company: str) -> int:
    with site.app.app_context():
        return db.session.scalars(
            select(Delegate.id)
            .join(Company, Company.id == Delegate.company_id)
            .where(Company.name == company)
        ).one()


def stored_times(site: Site, delegate_id: int) -> Times:
    with site.app.app_context():
        return times_of(delegate_id)


def slots(site: Site) -> list[int]:
    with site.app.app_context():
        return list(db.session.scalars(select(Slot.id).order_by(Slot.starts_at)))


def ready(page: Page) -> None:
    page.wait_for_selector("html[data-enhanced]", state="attached")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_from_the_invitation_to_the_calendar_in_a_handful_of_clicks(
    open_as: OpenAs, site: Site, phone: bool
) -> None:
    name = f"Invited Works {'P' if phone else 'D'}"
    organiser = open_as("organiser")
    organiser.goto(site.url("/f/{slug}/invitations"))
    organiser.get_by_label("Company", exact=True).fill(name)
    organiser.get_by_label("E-mail address").fill(f"invited-{phone}@example.org".lower())
    organiser.get_by_label(re.compile("Contact person")).fill("Ірина Нова")
    organiser.get_by_role("button", name="Send the invitation").click()
    expect(organiser.get_by_text("1 invitation is on its way.")).to_be_visible()
    with site.app.app_context():
        text = db.session.scalars(select(Mail.text).where(Mail.text.contains(name))).one()
    link = LINK.search(text)
    assert link is not None

    page = open_as(phone=phone)
    page.goto(link[0])
    ready(page)
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"journey-invited-{'phone' if phone else 'desktop'}")
    page.get_by_label("Side", exact=True).select_option(label="UA")
    page.get_by_label("Country", exact=True).select_option("UA")
    page.get_by_label(re.compile("I agree")).check()  # click 1
    page.get_by_role("button", name="Take part").click()  # 2
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    screenshot(page, f"journey-home-{'phone' if phone else 'desktop'}")
    page.get_by_role("link", name=re.compile("Say when")).click()  # 3
    ready(page)
    assert_fits(page)
    page.get_by_label(re.compile("Opening")).check()  # 4
    page.get_by_label(re.compile("^1[0-9]:")).last.click()  # 5: the last slot of the day
    screenshot(page, f"journey-times-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Save").click()  # 6
    expect(page.get_by_text("Saved.").first).to_be_visible()
    times = stored_times(site, delegate_of(site, name))
    assert times.attends == {site.stage.ids["programme_id"]}
    assert times.blocked == {slots(site)[-1]}
    with site.app.app_context():
        status = db.session.scalars(select(Company.status).where(Company.name == name)).one()
    assert status == CompanyStatus.APPROVED


def open_times(open_as: OpenAs, site: Site, **options: object) -> Page:
    page = open_as("representative", **options)
    page.goto(site.url("/f/{slug}/delegates/{delegate_id}/availability"))
    return page


def test_slots_are_drawn_over_with_the_mouse_and_freed_again(open_as: OpenAs, site: Site) -> None:
    page = open_times(open_as, site)
    ready(page)
    cells = page.locator("[data-slot]")
    # To the middle: at the lower edge of the window the bar with "Save" would lie over them.
    cells.nth(2).evaluate("each => each.scrollIntoView({block: 'center'})")

    def draw(start: int, end: int) -> None:
        """From one cell straight to another, as a quick hand does: no event need fall between."""
        boxes = [cells.nth(number).bounding_box() for number in (start, end)]
        points = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box]
        page.mouse.move(*points[0])
        page.mouse.down()
        page.mouse.move(*points[1])
        page.mouse.up()

    def ticked() -> list[int]:
        return [n for n in range(cells.count()) if cells.nth(n).locator("input").is_checked()]

    before = page.locator("[data-times-words]").inner_text()
    draw(1, 3)
    assert ticked() == [1, 2, 3]
    assert page.locator("[data-times-words]").inner_text() != before
    draw(2, 3)
    assert ticked() == [1]
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    assert stored_times(site, site.stage.ids["delegate_id"]).blocked == {slots(site)[1]}


def test_a_finger_scrolls_taps_and_draws_where_it_has_rested(open_as: OpenAs, site: Site) -> None:
    page = open_times(open_as, site, phone=True, has_touch=True, is_mobile=True)
    ready(page)
    expect(page.get_by_text("Rest on a slot with your finger")).to_be_visible()
    finger = page.context.new_cdp_session(page)
    cells = page.locator("[data-slot]")
    # All free at first: what an earlier test has stored says nothing here.
    cells.evaluate_all("all => all.forEach(each => { each.querySelector('input').checked = false; })")

    def touch(kind: str, *points: tuple[float, float]) -> None:
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    def move(start: int, *, far: int, rest: int) -> None:
        cells.nth(start).evaluate("each => each.scrollIntoView({block: 'center'})")
        box = cells.nth(start).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        touch("touchStart", (x, y))
        page.wait_for_timeout(rest)
        for step in range(1, 9):
            touch("touchMove", (x, y + far * step / 8))
        page.wait_for_timeout(200)  # a finger that stops: the page does not roll on
        touch("touchEnd")

    def ticked() -> list[int]:
        return [n for n in range(cells.count()) if cells.nth(n).locator("input").is_checked()]

    before = page.evaluate("window.scrollY")
    move(2, far=-120, rest=0)
    page.wait_for_function(f"window.scrollY !== {before}")
    assert ticked() == []
    height = cells.nth(1).evaluate("each => each.offsetHeight")
    move(1, far=2 * height, rest=600)
    assert ticked() == [1, 2, 3]
    cells.nth(2).tap()
    assert ticked() == [1, 3]


def test_the_calendar_works_by_keyboard_alone(open_as: OpenAs, site: Site) -> None:
    page = open_times(open_as, site)
    ready(page)
    boxes = page.locator("[data-slot] input")
    boxes.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    if not boxes.nth(2).is_checked():
        page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowDown")
    assert boxes.nth(2).is_checked()
    assert boxes.nth(3).is_checked()
    page.get_by_role("button", name=re.compile("Block or free all")).first.press("Enter")
    assert boxes.nth(0).is_checked()
    assert_accessible(page)


def test_a_session_blocks_its_slots_at_once_and_they_can_not_be_freed_by_hand(
    open_as: OpenAs, site: Site
) -> None:
    page = open_times(open_as, site)
    ready(page)
    page.get_by_label(re.compile("Opening")).check()
    first = page.locator("[data-slot]").first
    expect(first.locator(".slot-why")).to_have_text("Opening")
    checked = first.locator("input").is_checked()
    first.locator("label").click(force=True)
    assert first.locator("input").is_checked() == checked
    page.locator("#arrives_at").fill("2027-05-12T12:00")
    page.locator("#arrives_at").dispatch_event("change")
    expect(first.locator(".slot-why")).to_have_text("before you arrive")


def test_the_calendar_is_a_plain_form_without_scripts(open_as: OpenAs, site: Site) -> None:
    page = open_times(open_as, site, java_script_enabled=False)
    last = page.locator("[data-slot] input[type=checkbox]").last
    last.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.").first).to_be_visible()
    assert slots(site)[-1] in stored_times(site, site.stage.ids["delegate_id"]).blocked


def test_the_bell_leads_from_the_number_to_the_page_where_one_acts(open_as: OpenAs, site: Site) -> None:
    page = open_as("representative", phone=True)
    page.goto(site.url("/f/{slug}/"))
    page.get_by_role("link", name=re.compile("Notices")).click()
    page.get_by_role("link", name=re.compile("asks you for a meeting")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_bar_with_save_never_lies_over_what_has_the_focus(
    open_as: OpenAs, site: Site, phone: bool
) -> None:
    page = open_times(open_as, site, phone=phone)
    ready(page)
    assert_never_under(page, ".save-bar")
