"""A company that was refused puts its entry right and sends it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.companies.vetting import apply_again, set_status
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.models import Notice
from tests.factories import make_company, make_forum, make_staff, representative_of
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
WHY = "We don’t know what you make."


def refused() -> Company:
    company = make_company(make_forum(slug="days"), "Kvant", status=CompanyStatus.APPLIED)
    set_status(forum_id=company.forum_id, company_ids=[company.id], status=CompanyStatus.REFUSED, reason=WHY)
    return company


def status_of(company_id: int) -> str:
    return db.session.scalars(select(Company.status).where(Company.id == company_id)).one()


def test_who_was_refused_is_led_to_the_entry_corrects_it_and_sends_it_again(
    app: Flask, client_for: ClientFor
) -> None:
    company = refused()
    company_id, person = company.id, representative_of(company)
    told = db.session.scalars(select(Notice.text).where(Notice.user_id == person.id)).one()
    assert WHY in told
    assert f"/f/days/companies/{company_id}/edit" in told
    client = client_for(person)
    home = client.page("/f/days/")
    assert WHY in home.main
    address = next(url for text, url in home.links.items() if text.startswith("Correct it and send it again"))
    page = client.page(address)
    assert WHY in page.main
    page = client.press(page, "Save and send again", description_en="We make gearboxes.")
    assert "the organiser looks at your entry once more" in page.main
    assert status_of(company_id) == CompanyStatus.APPLIED
    assert "The organiser looks at your company" in client.page("/f/days/").main


def test_the_organiser_sees_why_it_was_refused_before_and_may_approve_it(
    app: Flask, client_for: ClientFor
) -> None:
    company = refused()
    apply_again(company_id=company.id)
    client = client_for(make_staff(db.session.get_one(Forum, company.forum_id)))
    page = client.page("/f/days/vetting")
    assert f"Sent again after a refusal: “{WHY}”" in page.main
    client.press(page, "Approve the ticked ones", company=[str(company.id)])
    assert status_of(company.id) == CompanyStatus.APPROVED


def test_a_mistake_in_the_entry_sends_nothing(app: Flask, client_for: ClientFor) -> None:
    company = refused()
    client = client_for(representative_of(company))
    page = client.page(f"/f/days/companies/{company.id}/edit")
    page = client.press(page, "Save and send again", status=422, website="no address", description_en="Typed")
    assert "Typed" in page.html
    assert status_of(company.id) == CompanyStatus.REFUSED


def test_sent_twice_it_waits_once(app: Flask) -> None:
    company_id = refused().id
    for _ in range(2):
        assert apply_again(company_id=company_id).status == CompanyStatus.APPLIED


@pytest.mark.parametrize("status", [CompanyStatus.APPROVED, CompanyStatus.WITHDRAWN])
def test_only_a_refused_entry_is_sent_again(app: Flask, status: CompanyStatus) -> None:
    company = make_company(make_forum(), status=status)
    with pytest.raises(Refused):
        apply_again(company_id=company.id)
    assert status_of(company.id) == status


def test_the_organiser_who_changes_a_refused_entry_does_not_send_it_again(
    app: Flask, client_for: ClientFor
) -> None:
    company = refused()
    client = client_for(make_staff(db.session.get_one(Forum, company.forum_id)))
    page = client.page(f"/f/days/companies/{company.id}/edit")
    client.press(page, "Save", description_en="We make gearboxes.")
    assert status_of(company.id) == CompanyStatus.REFUSED
