"""A new user on a phone takes their meetings along: a calendar, then invitations, then neither."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from forum_scheduler.agendas import invitations
from forum_scheduler.agendas.models import CalendarChoice
from forum_scheduler.companies.models import Delegate
from forum_scheduler.extensions import db
from tests.browser.conftest import Site, assert_accessible, assert_fits, screenshot

pytestmark = pytest.mark.browser
OpenAs = Callable[..., Page]


@pytest.mark.parametrize("scripts", [True, False])
def test_a_delegate_chooses_a_way_on_the_phone_and_stops_the_mails(
    open_as: OpenAs, site: Site, scripts: bool
) -> None:
    page = open_as("delegate", phone=True, java_script_enabled=scripts)
    page.goto(site.url("/f/{slug}/agenda"))
    with site.app.app_context():  # an address that no phone has room for in one line
        delegate = db.session.get_one(Delegate, int(page.url.rpartition("/delegates/")[2].partition("/")[0]))
        delegate.email = "somebody-with-a-long-name@the-company-with-a-long-name.example"
        db.session.commit()
    page.get_by_role("link", name="Take it along").click()
    page.get_by_role("button", name="Make my calendar address").click()
    expect(page.get_by_text("Your way: a calendar that updates itself.")).to_be_visible()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.get_by_role("link", name="Open in my calendar").get_attribute("href")
    assert_fits(page)
    page.get_by_role("button", name="Send invitations to").click()
    expect(page.get_by_text("Your way: invitations by mail")).to_be_visible()
    assert_fits(page)
    with site.app.app_context():
        assert invitations.catch_up() >= 0
        secret = db.session.scalars(select(CalendarChoice.secret)).first()
    visitor = open_as(None, phone=True, java_script_enabled=scripts)
    visitor.goto(f"{site.address}/calendar-mails/{secret}")
    assert_fits(visitor)
    if scripts:
        assert_accessible(visitor)
        screenshot(visitor, "agendas.stop_mails-phone")
    visitor.get_by_role("button", name="Stop these mails").click()
    expect(visitor.get_by_text("No more invitations come.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Choose one calendar way.")).to_be_visible()
