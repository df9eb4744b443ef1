"""Importing on the pages: checked first, then done."""

from __future__ import annotations

import io
from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db
from tests.factories import make_forum, make_staff
from tests.importing.books import WHOLE, comma_separated, workbook
from tests.pages import Page, Visitor

SignIn = Callable[[User], Visitor]


def companies() -> int:
    return db.session.scalar(select(func.count()).select_from(Company)) or 0


def send(organiser: Visitor, slug: str, name: str, data: bytes, *, status: int = 200) -> Page:
    return organiser.send(f"/f/{slug}/import", {"file": (io.BytesIO(data), name)}, status=status)


def test_a_file_is_checked_and_imported_only_after_a_second_press(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    page = send(organiser, forum.slug, "Книга.xlsx", workbook(WHOLE))
    assert "Nothing is stored yet" in page.text
    assert companies() == 0
    page = organiser.press(page, "Import")
    assert "companies: 3 new" in page.text
    assert companies() == 3


def test_a_file_that_brings_nothing_new_offers_no_import(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    organiser.press(send(organiser, forum.slug, "book.xlsx", workbook(WHOLE)), "Import")
    page = send(organiser, forum.slug, "book.xlsx", workbook(WHOLE))
    assert "All of it is here already" in page.text


def test_mistakes_are_shown_by_cell(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    rows = (("Name", "Country", "Side"), ("Aerotec", "Atlantis", "eu"))
    page = send(organiser, forum.slug, "companies.csv", comma_separated(rows), status=422)
    assert "B (Country)" in page.text
    assert "no country" in page.text


def test_mistakes_that_are_alike_stand_in_one_line_and_hide_no_other(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    organiser = client_for(make_staff(forum))
    lands = ("Atlantis", "Atlantis", "Atlantis", "PL", "Atlantis", "Utopia")
    rows = (
        ("Name", "Country", "Side"),
        *((f"Company {number}", land, "eu") for number, land in enumerate(lands)),
    )
    page = send(organiser, forum.slug, "companies.csv", comma_separated(rows), status=422)
    assert "5 mistakes" in page.text
    assert [line[1:3] for line in page.rows] == [["B (Country)", "2–4, 6"], ["B (Country)", "7"]]


def test_a_file_of_another_kind_is_refused_at_the_field(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    page = send(client_for(make_staff(forum)), forum.slug, "program.exe", b"MZ", status=422)
    assert "needed" in page.text


def test_no_file_is_a_mistake_too(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    page = client_for(make_staff(forum)).send(f"/f/{forum.slug}/import", {}, status=422)
    assert "Choose a file." in page.text


def test_another_organisers_checked_file_is_not_theirs_to_import(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    page = send(client_for(make_staff(forum)), forum.slug, "book.xlsx", workbook(WHOLE))
    token = page.html.split('name="token" value="')[1].split('"')[0]
    other = client_for(make_staff(forum))
    for wrong in (token, "../../secret_key", ""):
        other.send(f"/f/{forum.slug}/import/apply", {"token": wrong}, status=404)
    assert companies() == 0


def test_the_empty_spreadsheet_is_a_workbook(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    response = client_for(make_staff(forum)).get(f"/f/{forum.slug}/import/template.xlsx")
    assert response.data[:2] == b"PK"
    assert "attachment" in response.headers["Content-Disposition"]
