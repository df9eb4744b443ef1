"""What staff change in a company's place can be read in the audit log; what companies do is their own."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry, StaffRole, User
from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from tests.factories import (
    capability_of,
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_representative,
    make_staff,
    representative_of,
    side_of,
)
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]


def entries() -> list[tuple[str, str, str, dict[str, object]]]:
    return [
        (entry.actor, entry.action, entry.subject, entry.details)
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    ]


def edit(client: Visitor, forum: Forum, company: Company, **fields: object) -> None:
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    client.press(page, "Save", **fields)


def png() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(file, format="PNG")
    file.seek(0)
    return file


def test_the_log_says_which_fields_of_a_profile_an_organiser_changed(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum, "Aerotec", side="eu", offers=["radar"], topics=["EDF-2027-DA"])
    organiser = make_staff(forum)
    drones = str(capability_of(forum, "drones").id)
    edit(
        client_for(organiser), forum, company,
        country="FR", website="https://aerotec.example", offers=[drones], programmes=["EDF"],
        topics="EDF-2027-RA", description_en="Call Ann Example on 0123",
    )  # fmt: skip
    assert entries() == [
        (
            organiser.name,
            "company.edited",
            f"company:{company.id}",
            {
                "country": "BE → FR",
                "website": "– → https://aerotec.example",
                "offers": "-radar +drones",
                "programmes": "+EDF",
                "topics": "changed",
                "description": "changed",
            },
        )
    ]


def test_what_a_company_changes_itself_and_what_changes_nothing_is_not_logged(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    edit(client_for(representative_of(company)), forum, company, website="https://aerotec.example")
    edit(client_for(make_staff(forum)), forum, company)
    assert entries() == []


def test_an_organiser_who_represents_the_company_too_is_logged(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    edit(client_for(make_staff(forum, user=representative_of(company))), forum, company, size="250+")
    assert [details for *_rest, details in entries()] == [{"size": "– → 250+"}]


def test_delegates_that_a_co_organiser_changes_are_logged_without_their_names(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    person_id = make_delegate(company, "Ann Example", email="ann@aerotec.example").id
    role = StaffRole.CO_ORGANISER
    client = client_for(make_staff(forum, role, side=side_of(forum, "eu")))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    client.press(page, "Add", name="Bo Example", email="bo@aerotec.example", languages=["en"])
    page = client.page(f"/f/{forum.slug}/delegates/{person_id}/edit")
    client.press(page, "Save", name="Ann Sample", role="CEO", picture=(png(), "ann.png"))
    client.send(f"/f/{forum.slug}/delegates/{person_id}/remove")
    client.send(f"/f/{forum.slug}/delegates/{person_id}/remove", status=404)
    new = delegates_of(company)[-1]
    assert [(action, subject, details) for _actor, action, subject, details in entries()] == [
        ("delegate.added", f"delegate:{new.id}", {"company": company.id}),
        ("delegate.edited", f"delegate:{person_id}", {"company": company.id, "changed": "name, role"}),
        ("delegate.edited", f"delegate:{person_id}", {"company": company.id, "changed": "photo"}),
        ("delegate.removed", f"delegate:{person_id}", {"company": company.id}),
    ]
    assert "Example" not in str(entries())


def test_delegates_that_a_company_changes_itself_are_not_logged(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    client.press(page, "Add", name="Bo Example", languages=["en"])
    assert entries() == []


def test_representatives_that_an_organiser_adds_and_removes_are_logged(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    leaving = make_representative(company)
    organiser = client_for(make_staff(forum))
    address = f"/f/{forum.slug}/companies/{company.id}/representatives"
    organiser.send(address, {"name": "Olha", "email": "olha@aerotec.example"})
    organiser.send(f"{address}/remove", {"user": leaving.id})
    organiser.send(f"{address}/remove", {"user": leaving.id})
    new = db.session.scalars(select(User).where(User.email == "olha@aerotec.example")).one()
    assert [(action, subject, details) for _actor, action, subject, details in entries()] == [
        ("representative.added", f"company:{company.id}", {"user": new.id}),
        ("representative.removed", f"company:{company.id}", {"user": leaving.id}),
    ]


def test_a_logo_that_an_organiser_puts_is_logged(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    edit(client_for(make_staff(forum)), forum, company, logo=(png(), "logo.png"))
    assert [details for *_rest, details in entries()] == [{"logo": "changed"}]


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_a_change_that_is_refused_is_not_logged(app: Flask, client_for: ClientFor, name: str) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    client.press(page, "Save", status=422, name=name, country="FR")
    assert entries() == []
