"""From the directory to three requests, many answers at once, the link of a mail: on desktop and phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete, select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, Representative
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.choices import choose
from forum_scheduler.notices.models import MailWay, NoticeKind
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import services
from forum_scheduler.requests.models import Priority, Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.browser.conftest import PATIENCE, SCREENSHOTS, Site, assert_accessible, assert_fits, screenshot
from tests.browser.focus import assert_never_under
from tests.factories import make_company, representative_of

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]
expect.set_options(timeout=PATIENCE)
SIZES = pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])


@pytest.fixture
def guests(site: Site) -> Iterator[dict[str, int]]:
    """Five more companies with somebody who acts for the first; gone after the test."""
    with site.app.app_context():
        forum = db.session.scalars(select(Forum).where(Forum.slug == site.stage.slug)).one()
        us = make_company(forum, "Vega Robotics", side="eu", offers=["drones"], needs=["steel"])
        others = [
            make_company(forum, name, side="ua", needs=["drones"])
            for name in ("Степокрил Авіа", "Буревій Системи", "Карпатика Радар", "Зорепад Оптика")
        ]
        site.stage.users["vega"] = str(representative_of(us).fs_uniquifier)
        site.stage.users["stepokryl"] = str(representative_of(others[0]).fs_uniquifier)
        ids = {each.name: each.id for each in (us, *others)}
        db.session.remove()
    yield ids
    with site.app.app_context():
        db.session.execute(delete(Company).where(Company.id.in_(ids.values())))
        db.session.commit()
        db.session.remove()


def states(site: Site, company_id: int) -> dict[str, str]:
    """Name of the other company -> state of the request that ``company_id`` sent to it."""
    with site.app.app_context():
        rows = db.session.execute(
            select(Company.name, Request.state)
            .join(Request, Request.asked_id == Company.id)
            .where(Request.asker_id == company_id)
        ).all()
        db.session.remove()
    return dict(rows)


@SIZES
def test_three_companies_are_found_and_asked(
    open_as: OpenAs, site: Site, guests: dict[str, int], phone: bool
) -> None:
    page = open_as("vega", phone=phone)
    page.goto(site.url("/f/{slug}/companies"))
    # The companies are the first thing seen: the first row stands on the first screen, filters do not.
    assert page.locator("#companies .row").first.bounding_box()["y"] < page.viewport_size["height"] / 2 + 100  # type: ignore[index]
    assert page.get_by_label(re.compile("^Not asked yet")).is_visible() is not phone
    screenshot(page, f"journey-find-{'phone' if phone else 'desktop'}")
    page.get_by_label("Name or words").fill("stepokryl")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#companies .row")).to_have_count(1)
    page.get_by_role("link", name=re.compile("^Ask ?: Степокрил Авіа")).click()
    page.get_by_label(re.compile("^Must")).check()
    page.get_by_label(re.compile("^Message")).fill("Let us talk about drones.")
    screenshot(page, f"journey-ask-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My requests")
    page.goto(site.url("/f/{slug}/companies?fresh=1"))
    for name in ("Буревій Системи", "Карпатика Радар"):
        page.get_by_label(f"Tick {name}").check()
    page.get_by_role("button", name="Ask the ticked ones").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask 2 companies for a meeting")
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"journey-ask-many-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Send the requests").click()
    expect(page.get_by_text("2 requests are sent.")).to_be_visible()
    assert_fits(page)
    assert set(states(site, guests["Vega Robotics"]).values()) == {RequestState.PENDING}
    assert len(states(site, guests["Vega Robotics"])) == 3


def test_on_a_phone_a_message_makes_way_for_what_is_tapped_next(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    page = open_as("vega", phone=True, has_touch=True, is_mobile=True)
    page.goto(site.url("/f/{slug}/companies?q=zorepad"))
    page.locator("#searches > summary").tap()
    page.get_by_role("button", name="Keep the search").tap()
    message = page.locator(".toasts .flash")
    expect(message).to_contain_text("is saved")
    assert_fits(page)
    assert_accessible(page)
    page.screenshot(path=str(SCREENSHOTS / "message-phone.png"))
    # What stands last can be moved up from under it.
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last, shown = page.locator(".site-foot").bounding_box(), message.bounding_box()
    assert last is not None
    assert shown is not None
    assert last["y"] + last["height"] <= shown["y"]
    page.wait_for_timeout(1100)  # as long as it is shown at least
    page.locator("h1").tap()
    assert message.count() == 0


def test_on_a_phone_the_newest_message_stands_alone(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    three_ask_vega(site, guests)
    page = open_as("vega", phone=True)
    page.goto(site.url("/f/{slug}/inbox"))
    for left in (2, 1):
        page.get_by_role("button", name=re.compile("^Accept ?: ")).first.click()
        expect(page.locator(".inbox-row")).to_have_count(left)
        expect(page.locator(".toasts .flash")).to_have_count(1)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert_accessible(page)
    page.screenshot(path=str(SCREENSHOTS / "message-undo-phone.png"))


@SIZES
def test_filters_narrow_and_are_taken_out_again(
    open_as: OpenAs, site: Site, guests: dict[str, int], phone: bool
) -> None:
    page = open_as("vega", phone=phone)
    page.goto(site.url("/f/{slug}/companies"))
    if phone:
        page.get_by_text("Filters and order").click()
    page.get_by_label(re.compile(r"^UA \(")).check()
    page.get_by_label(re.compile(r"^Drones \(4\)")).check()
    screenshot(page, f"journey-filters-{'phone' if phone else 'desktop'}")
    assert_fits(page)
    assert_accessible(page)
    page.get_by_role("button", name="Show the companies").click()
    expect(page.get_by_text("4 companies found")).to_be_visible()
    page.get_by_role("link", name=re.compile("Side: UA")).click()
    expect(page.get_by_text("4 companies found")).to_be_visible()
    page.get_by_role("button", name="Keep Степокрил Авіа in mind").click()
    expect(page.get_by_role("button", name="Keep Степокрил Авіа no longer")).to_be_visible()


def three_ask_vega(site: Site, guests: dict[str, int]) -> None:
    with site.app.app_context():
        for asked_by in ("Буревій Системи", "Карпатика Радар", "Зорепад Оптика"):
            services.ask(asker_id=guests[asked_by], asked_id=guests["Vega Robotics"], wish=Wish())
        db.session.remove()


@SIZES
def test_many_requests_are_answered_at_once_and_one_is_taken_back(
    open_as: OpenAs, site: Site, guests: dict[str, int], phone: bool
) -> None:
    three_ask_vega(site, guests)
    page = open_as("vega", phone=phone)
    page.goto(site.url("/f/{slug}/inbox"))
    page.get_by_label("Tick all").check()
    page.get_by_label("Tick Карпатика Радар").uncheck()
    assert_accessible(page)
    screenshot(page, f"journey-answer-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Accept the ticked ones").click()
    expect(page.get_by_text("2 requests are accepted.")).to_be_visible()
    row = page.locator(".inbox-row").filter(has_text="Карпатика Радар")
    row.get_by_text("With more words").click()
    row.get_by_label("Why not").select_option("full")
    row.get_by_role("button", name=re.compile("^Decline so ?: Карпатика Радар")).click()
    expect(page.get_by_text("Nothing to answer")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Your answer is taken back")).to_be_visible()
    expect(page.locator(".inbox-row").filter(has_text="Карпатика Радар")).to_be_visible()
    assert states(site, guests["Карпатика Радар"]) == {"Vega Robotics": RequestState.PENDING}
    page.get_by_role("link", name=re.compile("^Answered")).click()
    expect(page.locator(".inbox-row")).to_have_count(2)
    assert_fits(page)


def test_enter_in_the_words_for_many_answers_none_of_them(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    three_ask_vega(site, guests)
    page = open_as("vega")
    page.goto(site.url("/f/{slug}/inbox"))
    page.get_by_label("Tick all").check()
    page.get_by_text("Decline the ticked ones …").click()
    words = page.locator("#reason-many")
    words.fill("Our people are away")
    words.press("Enter")
    expect(words).to_have_value("Our people are away")
    page.get_by_role("button", name="Decline the ticked ones").click()
    expect(page.get_by_text("Nothing to answer")).to_be_visible()
    askers = ("Буревій Системи", "Карпатика Радар", "Зорепад Оптика")
    assert {states(site, guests[each])["Vega Robotics"] for each in askers} == {RequestState.DECLINED}


def test_what_a_colleague_has_answered_meanwhile_is_seen_from_the_row(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    three_ask_vega(site, guests)
    page = open_as("vega", phone=True)
    page.goto(site.url("/f/{slug}/inbox"))
    last = page.locator(".inbox-row").filter(has_text="Буревій Системи")
    with site.app.app_context():
        sent = select(Request.id).where(Request.asker_id == guests["Буревій Системи"])
        request_id = db.session.scalars(sent).one()
        services.accept(request_id=request_id, company_id=guests["Vega Robotics"])
        db.session.remove()
    last.scroll_into_view_if_needed()
    last.get_by_role("button", name=re.compile("^Decline ?: Буревій")).click()
    expect(page.get_by_text("A colleague has accepted the request of Буревій Системи")).to_be_in_viewport()
    assert states(site, guests["Буревій Системи"]) == {"Vega Robotics": RequestState.ACCEPTED}


def test_what_needs_a_script_is_not_offered_before_the_script_is_there(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    with site.app.app_context():
        for asked_by in ("Буревій Системи", "Карпатика Радар"):
            services.ask(asker_id=guests[asked_by], asked_id=guests["Vega Robotics"], wish=Wish())
        db.session.remove()
    page = open_as("vega", phone=True)
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/check-all.js", hold)
    page.goto(site.url("/f/{slug}/inbox"))
    expect(page.get_by_label("Tick Буревій Системи")).to_be_visible()
    expect(page.get_by_label("Tick all")).to_be_hidden()
    expect(page.locator("html[data-enhanced]")).to_have_count(0)
    for request in late:
        request.continue_()
    page.get_by_label("Tick all").check()
    expect(page.get_by_label("Tick Буревій Системи")).to_be_checked()


@SIZES
def test_a_mail_is_answered_without_signing_in(
    open_as: OpenAs, site: Site, guests: dict[str, int], phone: bool
) -> None:
    with site.app.app_context():
        email = db.session.scalars(
            select(User.email)
            .join(Representative, Representative.user_id == User.id)
            .where(Representative.company_id == guests["Vega Robotics"])
        ).one()
        choose(email=email, ways={NoticeKind.RECEIVED: MailWay.AT_ONCE})
        services.ask(
            asker_id=guests["Степокрил Авіа"],
            asked_id=guests["Vega Robotics"],
            wish=Wish(priority=Priority.MUST, message="Ми шукаємо партнера."),
        )
        text = db.session.scalars(
            select(Mail.text).where(Mail.to_email == email).order_by(Mail.id.desc())
        ).first()
        db.session.remove()
    link = re.search(r"Accept: (http\S+)", text or "")
    assert link is not None
    page = open_as(phone=phone)
    page.goto(link[1])
    expect(page.get_by_role("heading", level=1)).to_have_text("Степокрил Авіа asks for a meeting")
    assert states(site, guests["Степокрил Авіа"]) == {"Vega Robotics": RequestState.PENDING}
    assert_fits(page)
    assert_accessible(page)
    screenshot(page, f"requests.answer_link-{'phone' if phone else 'desktop'}")
    page.get_by_role("button", name="Accept the meeting").click()
    expect(page.get_by_text("The meeting with Степокрил Авіа is agreed.")).to_be_visible()
    assert_accessible(page)
    page.reload()
    expect(page.get_by_text("The meeting with Степокрил Авіа is agreed.")).to_be_visible()
    assert states(site, guests["Степокрил Авіа"]) == {"Vega Robotics": RequestState.ACCEPTED}


def vega_asks(site: Site, guests: dict[str, int], *names: str) -> None:
    with site.app.app_context():
        for name in names:
            services.ask(asker_id=guests["Vega Robotics"], asked_id=guests[name], wish=Wish())
        db.session.remove()


def test_requests_are_ranked_by_dragging_and_by_keys(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    vega_asks(site, guests, "Степокрил Авіа", "Буревій Системи", "Карпатика Радар")
    page = open_as("vega")
    page.goto(site.url("/f/{slug}/requests"))
    row = page.locator(".rank-row").filter(has_text="Степокрил")
    grip = row.locator(".rank-grip")
    box = grip.bounding_box()
    goal = page.locator('[data-part="must"]').bounding_box()
    assert box is not None
    assert goal is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(goal["x"] + 30, goal["y"] + 12, steps=6)
    page.mouse.up()
    must = page.locator('[data-part="must"]')
    expect(must).to_contain_text("Степокрил")
    expect(page.locator("#part-must .count")).to_have_text("1 / 3")  # the server's answer
    screenshot(page, "journey-ranked-desktop")
    button = page.get_by_role("button", name="Up: Буревій Системи")
    button.focus()
    for _ in range(3):  # over the one before it, then into the next part, and the next: faster than the line
        page.keyboard.press("Enter")
    expect(page.locator("[data-rank-said]")).to_have_text("Must: 2 / 2")
    expect(page.locator("#part-must .count")).to_have_text("2 / 3")  # the server's answer
    expect(button).to_be_focused()
    with page.expect_response(re.compile(r"/requests\?company=")):
        page.keyboard.press("Enter")
    page.reload()
    expect(must.locator(".rank-row")).to_contain_text(["Буревій", "Степокрил"])


def test_who_types_ahead_never_meets_a_ranking_that_only_just_arrived(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    vega_asks(site, guests, "Степокрил Авіа", "Буревій Системи")
    page = open_as("vega")
    page.goto(site.url("/f/{slug}/requests"))
    expect(page.locator("html[data-enhanced]")).to_have_count(1)
    page.evaluate("window.thisPage = true")
    # The answer to a step is shown and the next key pressed in one go: nothing has time to come between.
    page.evaluate(
        """() => {
            const old = document.querySelector("#ranking");
            const fresh = document.importNode(old, true);
            for (const grip of fresh.querySelectorAll(".rank-grip")) grip.remove();
            old.replaceWith(fresh);
            fresh.dispatchEvent(new CustomEvent("fragment", { bubbles: true }));
            fresh.querySelectorAll('form:has([name="way"][value="down"]) button')[0].click();
        }"""
    )
    expect(page.locator("[data-rank-said]")).to_have_text("Normal: 2 / 2")
    assert page.evaluate("window.thisPage")


def test_a_step_that_does_not_arrive_is_taken_back_and_said(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    vega_asks(site, guests, "Степокрил Авіа", "Буревій Системи")
    page = open_as("vega")
    page.goto(site.url("/f/{slug}/requests"))
    rows = page.locator('[data-part="normal"] .rank-row')
    before = rows.locator(".row-title a").all_text_contents()
    expect(page.locator("html[data-enhanced]")).to_have_count(1)
    page.context.set_offline(True)
    rows.first.get_by_role("button", name="Down").click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    expect(rows.locator(".row-title a")).to_have_text(before)


def test_what_was_typed_outlives_the_session(open_as: OpenAs, site: Site, guests: dict[str, int]) -> None:
    page = open_as("vega")
    page.goto(site.url(f"/f/{{slug}}/companies/{guests['Зорепад Оптика']}/ask"))
    page.get_by_label(re.compile("^Message")).fill("A long thought about optics and drones")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is lost")
    expect(page.get_by_text("A long thought about optics and drones")).to_be_visible()
    assert_accessible(page)
    screenshot(page, "journey-interrupted-desktop")
    page.context.add_cookies([site.cookie("vega")])  # type: ignore[list-item]  # as Playwright wants it
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing is lost")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My requests")
    assert states(site, guests["Vega Robotics"]) == {"Зорепад Оптика": RequestState.PENDING}


@SIZES
def test_buttons_that_stay_in_sight_never_lie_over_what_has_the_focus(
    open_as: OpenAs, site: Site, guests: dict[str, int], phone: bool
) -> None:
    three_ask_vega(site, guests)
    page = open_as("vega", phone=phone)
    page.goto(site.url("/f/{slug}/inbox"))
    page.get_by_label("Tick all").check()
    assert_never_under(page, ".inbox-many")
    page.goto(site.url("/f/{slug}/companies"))
    page.locator(".finder-tick input").first.check()
    if phone:
        page.get_by_text("Filters and order").click()
    assert_never_under(page, ".finder-apply")
    if phone:
        page.get_by_text("Filters and order").click()
    assert_never_under(page, ".finder-many")


def ask_page(open_as: OpenAs, site: Site, other_id: int) -> Page:
    page = open_as("vega", phone=True)
    page.goto(site.url(f"/f/{{slug}}/companies/{other_id}/ask"))
    page.wait_for_selector("html[data-enhanced]", state="attached")
    return page


def test_without_a_connection_the_form_stays_with_what_was_typed(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    page = ask_page(open_as, site, guests["Буревій Системи"])
    page.get_by_label(re.compile("^Message")).fill("Typed on a train")
    page.context.set_offline(True)
    send = page.get_by_role("button", name="Send the request")
    send.click()
    expect(page.get_by_text("No connection. Nothing is lost")).to_be_visible()
    assert_fits(page)
    screenshot(page, "no-connection-phone")
    page.context.set_offline(False)
    send.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My requests")
    assert states(site, guests["Vega Robotics"]) == {"Буревій Системи": RequestState.PENDING}


def test_a_form_that_got_lost_on_its_way_is_there_again_until_it_has_arrived(
    open_as: OpenAs, site: Site, guests: dict[str, int]
) -> None:
    page = ask_page(open_as, site, guests["Карпатика Радар"])
    address = page.url
    page.get_by_label(re.compile("^Message")).fill("Typed on a train")
    page.route("**/ask*", lambda route: route.abort() if route.request.method == "POST" else route.fallback())
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Send the request").click(no_wait_after=True)
    page.unroute("**/ask*")
    page.goto(address)
    expect(page.get_by_text("Your unsent text was put back.")).to_be_visible()
    expect(page.get_by_label(re.compile("^Message"))).to_have_value("Typed on a train")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My requests")
    assert messages(site, guests["Vega Robotics"]) == ["Typed on a train"]
    # It has arrived: what is typed into the same form later does not meet it again.
    page.goto(address)
    page.wait_for_selector("html[data-enhanced]", state="attached")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Change your request")
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('keep:'))") == []


def messages(site: Site, company_id: int) -> list[str]:
    with site.app.app_context():
        return list(db.session.scalars(select(Request.message).where(Request.asker_id == company_id)))
