"""HTML in every field that a company fills is shown as typed; files that are no pictures are refused."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.companies.vetting import set_status
from forum_scheduler.extensions import db
from tests.companies.test_races import count, entry
from tests.factories import (
    capability_of,
    delegates_of,
    make_company,
    make_delegate,
    make_forum,
    make_staff,
    representative_of,
)
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def test_html_in_every_field_of_joining_is_text_wherever_it_is_shown(
    app: Flask, client: Visitor, client_for: ClientFor
) -> None:
    forum = make_forum()
    drones = str(capability_of(forum, "drones").id)
    client.post(
        f"/f/{forum.slug}/join",
        data=entry(
            forum, name=f"A {EVIL}", person_name=f"P {EVIL}", description_en=f"D {EVIL}", topics=f"T {EVIL}",
            certificates=f"C {EVIL}", website=f"https://x.example/{EVIL}", offers=[drones],
        ),
    )  # fmt: skip
    company = db.session.scalars(select(Company)).one()
    organiser = client_for(make_staff(forum))
    assert f"A {EVIL}" in organiser.page(f"/f/{forum.slug}/vetting").main
    set_status(forum_id=forum.id, company_ids=[company.id], status=CompanyStatus.APPROVED)
    page = organiser.page(f"/f/{forum.slug}/companies/{company.id}")
    for typed in (f"A {EVIL}", f"P {EVIL}", f"D {EVIL}", f"T {EVIL}", f"C {EVIL}"):
        assert typed in page.main
    representative = client_for(representative_of(company))
    (person,) = delegates_of(company)
    own = f"/f/{forum.slug}/companies/{company.id}"
    page = representative.page(f"{own}/delegates")
    representative.press(page, "Add", name=f"N {EVIL}", role=f"R {EVIL}"[:120], languages=["en"])
    other = client_for(representative_of(make_company(forum, "Other", side="ua", needs=["drones"])))
    for visitor, path in (
        *((organiser, each) for each in ("blocked", "audit", "organise/requests", "")),
        *((representative, each) for each in ("", "companies", f"delegates/{person.id}/availability")),
        *((representative, each) for each in (f"companies/{company.id}/edit", f"delegates/{person.id}/edit")),
        *((other, each) for each in ("companies", f"companies/{company.id}/ask", "suggestions")),
    ):
        visitor.page(f"/f/{forum.slug}/{path}")
    for path in ("/notices", "/profile", "/my-data"):
        representative.page(path)
    other.send(f"/f/{forum.slug}/searches?q=%3Cscript%3E", {"name": EVIL[:80], "tell": "1"})
    assert EVIL[:80] in other.page(f"/f/{forum.slug}/companies").links


NOT_PICTURES = {
    "text": b"Not an image at all",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "cut png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "empty zip": b"PK\x05\x06" + b"\0" * 18,
    "program": b"MZ" + b"\0" * 500,
}


@pytest.mark.parametrize("content", NOT_PICTURES.values(), ids=NOT_PICTURES)
def test_a_photo_that_is_no_picture_is_refused_and_the_rest_stays_typed(
    app: Flask, client_for: ClientFor, content: bytes
) -> None:
    forum = make_forum()
    company = make_company(forum)
    person = make_delegate(company, "Ann Example")
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/delegates/{person.id}/edit")
    page = client.press(
        page, "Save", status=422, name="Ann Sample", picture=(io.BytesIO(content), "photo.png")
    )
    assert "This is no picture that we can read" in page.main
    assert page.fields(page.form_with("Save")[0])["name"] == "Ann Sample"
    assert count(Delegate, Delegate.name == "Ann Sample") == 0


@pytest.mark.parametrize("content", NOT_PICTURES.values(), ids=NOT_PICTURES)
def test_a_logo_that_is_no_picture_is_refused_and_the_rest_stays_typed(
    app: Flask, client_for: ClientFor, content: bytes
) -> None:
    forum = make_forum()
    company = make_company(forum, "Aerotec")
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    page = client.press(
        page, "Save", status=422, description_en="We make sensors", logo=(io.BytesIO(content), "logo.png")
    )
    assert "This is no picture that we can read" in page.main
    assert page.fields(page.form_with("Save")[0])["description_en"] == "We make sensors"
    assert db.session.get_one(Company, company.id).description == {}
