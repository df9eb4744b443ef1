"""What a desktop shows and a phone does not: wide tables, one answer for a long list, Enter in a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests import services
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot
from tests.factories import make_company, representative_of

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]
LONG = "We work on radio reconnaissance, jam-resistant links and assembly. " * 3


@pytest.fixture
def newcomers(site: Site) -> Iterator[list[int]]:
    """Twenty companies that wait for the organiser; gone after the test."""
    with site.app.app_context():
        forum = db.session.scalars(select(Forum).where(Forum.slug == site.stage.slug)).one()
        ids = [
            make_company(
                forum,
                f"Довга назва компанії {number} (Dovha nazva kompanii)",
                status=CompanyStatus.APPLIED,
                representative=False,
                description={"en": LONG},
            ).id
            for number in range(20)
        ]
        db.session.remove()
    yield ids
    _remove(site, ids)


def _remove(site: Site, ids: list[int]) -> None:
    with site.app.app_context():
        db.session.execute(delete(Company).where(Company.id.in_(ids)))
        db.session.commit()
        db.session.remove()


def statuses(site: Site, ids: list[int]) -> set[str]:
    with site.app.app_context():
        found = set(db.session.scalars(select(Company.status).where(Company.id.in_(ids))))
        db.session.remove()
    return found


def test_the_link_of_a_row_keeps_its_word_whole_beside_a_long_text(
    open_as: OpenAs, site: Site, newcomers: list[int]
) -> None:
    page = open_as("organiser")
    page.goto(site.url("/f/{slug}/vetting"))
    links = page.get_by_role("link", name=re.compile("^Look ?: Довга"))
    expect(links).to_have_count(20)
    assert max(link.evaluate("each => each.offsetHeight") for link in links.all()) <= 33  # one line
    assert_fits(page)


def test_many_companies_are_ticked_at_once_and_the_answer_stays_in_sight(
    open_as: OpenAs, site: Site, newcomers: list[int]
) -> None:
    page = open_as("organiser")
    page.goto(site.url("/f/{slug}/vetting?q=nazva"))
    approve = page.get_by_role("button", name="Approve the ticked ones")
    expect(approve).not_to_be_in_viewport()
    page.get_by_label("Tick all").check()
    expect(approve).to_be_in_viewport()
    assert_accessible(page)
    screenshot(page, "vetting-many")
    approve.click()
    expect(page.get_by_text("They have been told.")).to_be_visible()
    assert statuses(site, newcomers) == {CompanyStatus.APPROVED}


def test_enter_in_the_reason_refuses_and_never_approves(
    open_as: OpenAs, site: Site, newcomers: list[int]
) -> None:
    page = open_as("organiser")
    page.goto(site.url("/f/{slug}/vetting?q=nazva"))
    page.get_by_label("Tick all").check()
    page.get_by_label("Reason, when you refuse").fill("Not of this industry")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Refused: ")).to_be_visible()
    assert statuses(site, newcomers) == {CompanyStatus.REFUSED}


@pytest.fixture
def asked(site: Site) -> Iterator[int]:
    """A request to Vega Robotics, whose representative is the role ``vega``; gone after the test."""
    with site.app.app_context():
        forum = db.session.scalars(select(Forum).where(Forum.slug == site.stage.slug)).one()
        us, other = make_company(forum, "Vega Robotics", side="eu"), make_company(forum, "Буревій", side="ua")
        site.stage.users["vega"] = str(representative_of(us).fs_uniquifier)
        ids = [us.id, other.id]
        request_id = services.ask(asker_id=other.id, asked_id=us.id, wish=Wish()).id
        db.session.remove()
    yield request_id
    _remove(site, ids)


def test_enter_in_the_own_words_of_a_decline_declines(open_as: OpenAs, site: Site, asked: int) -> None:
    page = open_as("vega")
    page.goto(site.url("/f/{slug}/inbox"))
    row = page.locator(f"#request-{asked}")
    row.get_by_text("With more words").click()
    row.get_by_label("Own words").fill("Our people are away")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing to answer")).to_be_visible()
    with site.app.app_context():
        state = db.session.scalars(select(Request.state).where(Request.id == asked)).one()
        db.session.remove()
    assert state == RequestState.DECLINED


def test_the_board_takes_the_width_of_a_large_screen(open_as: OpenAs, site: Site, board: str) -> None:
    page = open_as("organiser", viewport={"width": 1920, "height": 1000})
    page.goto(board)
    box = page.locator(".board-wrap").bounding_box()
    assert box is not None
    assert box["width"] > 1500
    assert_fits(page)


def test_most_of_a_half_day_is_in_sight_on_the_board(open_as: OpenAs, site: Site, board: str) -> None:
    page = open_as("organiser", viewport={"width": 1280, "height": 900})
    page.goto(board)
    top = page.locator(".board-grid tbody").evaluate("each => each.getBoundingClientRect().top")
    row = page.locator(".board-grid tbody tr").first.evaluate("each => each.getBoundingClientRect().height")
    assert (900 - top) / row >= 7
    page.get_by_text("How to move a card").click()
    expect(page.get_by_text("Drag a card")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)


def test_the_words_of_a_box_stand_on_the_line_of_the_other_cells(
    open_as: OpenAs, site: Site, newcomers: list[int]
) -> None:
    page = open_as("organiser")
    page.goto(site.url("/f/{slug}/vetting?q=nazva"))
    words = """row => ["th label", "td:nth-of-type(2) .cell"].map(cell => {
        const range = document.createRange();
        range.selectNodeContents(row.querySelector(cell));
        return range.getClientRects()[0].top;
    })"""
    name, country = page.locator("#vet tbody tr").first.evaluate(words)
    assert abs(name - country) < 2


def test_what_can_be_unfolded_has_an_arrow_that_turns(open_as: OpenAs, site: Site) -> None:
    page = open_as("organiser")
    page.goto(site.url("/f/{slug}/runs"))
    summary = page.get_by_text("Goals in another order").first
    arrow = "each => { const s = getComputedStyle(each, '::before'); return [s.borderLeftWidth, s.rotate]; }"
    width, turned = summary.evaluate(arrow)
    assert float(width.removesuffix("px")) > 4
    assert turned == "none"
    summary.click()
    assert summary.evaluate(arrow)[1] == "90deg"
