"""What a company says of itself, from a spreadsheet: the same as if it had been typed on its page."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies import directory
from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.models import Company
from forum_scheduler.companies.services import CONSORTIUM_ROLES, INTERESTS, PROGRAMMES, Profile, edit_profile
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.importing.services import import_data
from forum_scheduler.importing.template import make_template
from tests.factories import make_company, make_forum, make_staff, side_of
from tests.importing.books import Table, comma_separated, workbook
from tests.importing.test_mistakes import places, refused
from tests.importing.test_views import send
from tests.pages import Visitor

ROWS: Table = (
    (
        *("Name", "Country", "Side", "Website", "Size", "Description", "Description (uk)"),
        *("Description (de)", "Programmes", "Topics", "Consortium roles", "Interested in", "Certificates"),
    ),
    (
        *("Aerotec", "BE", "eu", "aerotec.example", "10-49", "Sensors", "Датчики", "Sensoren"),
        *("EDIP; EDF", "EDF-2027-DA; EDF-2027-RA", "Partner; coordinator", "joint venture; investment"),
        "ISO 9001; AQAP 2110; ISO 9001",
    ),
)
FIELDS = (
    *("country", "side_id", "website", "size", "description", "programmes", "topics", "consortium_roles"),
    *("interests", "certificates", "search_text", "search_keys"),
)


def forum_of(*languages: str) -> Forum:
    return make_forum(languages=["en", "uk", *languages])


def aerotec(forum: Forum) -> Company:
    found = select(Company).where(Company.name_key == "aerotec", Company.forum_id == forum.id)
    return db.session.scalars(found).one()


def test_a_profile_from_a_file_is_that_which_the_page_would_have_stored(app: Flask) -> None:
    forum, other = forum_of("de"), forum_of("de")
    import_data(forum.name, "book.xlsx", workbook({"Companies": ROWS}))
    typed = make_company(other, "Aerotec")
    edit_profile(
        company_id=typed.id,
        profile=Profile(
            name="Aerotec",
            side_id=side_of(other, "eu").id,
            country="BE",
            website="https://aerotec.example",
            size="10-49",
            description={"en": "Sensors", "uk": "Датчики", "de": "Sensoren"},
            programmes=["EDF", "EDIP"],
            topics=["EDF-2027-DA", "EDF-2027-RA"],
            consortium_roles=["coordinator", "partner"],
            interests=["investment", "joint-venture"],
            certificates=["ISO 9001", "AQAP 2110"],
        ),
    )
    read = aerotec(forum)
    differing = {name for name in FIELDS if name != "side_id" and getattr(read, name) != getattr(typed, name)}
    assert differing == set()
    assert read.side_id == side_of(forum, "eu").id


def test_the_same_profile_twice_changes_nothing_and_a_dry_run_stores_nothing(app: Flask) -> None:
    forum = forum_of("de")
    data = workbook({"Companies": ROWS})
    assert import_data(forum.name, "book.xlsx", data, dry_run=True).columns["Topics"] == 1
    assert db.session.scalars(select(Company)).all() == []
    import_data(forum.name, "book.xlsx", data)
    again = import_data(forum.name, "book.xlsx", data)
    assert (again.changes, again.columns) == (0, {})


def test_empty_cells_leave_what_the_company_said_and_keep_it_findable(app: Flask) -> None:
    forum = forum_of("de")
    import_data(forum.name, "book.xlsx", workbook({"Companies": ROWS}))
    rows = (("Name", "Country", "Website", "Topics"), ("Aerotec", "BE", "new.example", ""))
    report = import_data(forum.name, "companies.csv", comma_separated(rows))
    assert report.columns == {"Website": 1}
    assert aerotec(forum).topics == ["EDF-2027-DA", "EDF-2027-RA"]
    found = directory.search(forum_id=forum.id, company_ids=(), filters=Filters(text="AQAP 2027-DA"))
    assert [each.name for each in found.items] == ["Aerotec"]


def test_a_text_in_one_language_leaves_those_in_others(app: Flask) -> None:
    forum = forum_of("de")
    import_data(forum.name, "book.xlsx", workbook({"Companies": ROWS}))
    rows = (("Name", "Country", "Description (de)"), ("Aerotec", "BE", "Antennen"))
    import_data(forum.name, "companies.csv", comma_separated(rows))
    assert aerotec(forum).description == {"en": "Sensors", "uk": "Датчики", "de": "Antennen"}


def test_words_are_understood_in_ukrainian_too(app: Flask) -> None:
    forum = forum_of()
    head = ("Назва", "Країна", "Сторона", "Ролі в консорціумі", "Зацікавлені у", "Сертифікати")
    row = ("Aerotec", "Бельгія", "eu", "координатор", "інвестиції", "ДСТУ ISO 9001")
    import_data(forum.name, "Компанії.csv", comma_separated((head, row)))
    read = aerotec(forum)
    assert (read.consortium_roles, read.interests) == (["coordinator"], ["investment"])
    assert read.certificates == ["ДСТУ ISO 9001"]


BASE = ("Name", "Country", "Side")


@pytest.mark.parametrize(
    ("title", "value", "says"),
    [
        ("Programmes", "EDF; Erasmus", f"'Erasmus' is none of: {', '.join(PROGRAMMES)}"),
        ("Consortium roles", "boss", f"'boss' is none of: {', '.join(CONSORTIUM_ROLES)}"),
        ("Interested in", "drones", f"'drones' is none of: {', '.join(INTERESTS)}"),
        ("Topics", "; ".join(f"Topic {number}" for number in range(21)), "At most 20 lines"),
        ("Certificates", "x" * 81, "At most 20 lines of 80 characters"),
        ("Website", "ftp://files.example", "starts with https://"),
        ("Size", "many", "none of: 1-9"),
        ("Description (uk)", "х" * 4001, "longer than 4000 characters"),
    ],
)
def test_a_value_that_can_not_be_used_is_named_by_its_cell(
    app: Flask, title: str, value: str, says: str
) -> None:
    (error,) = refused(
        forum_of(), "book.xlsx", workbook({"Companies": ((*BASE, title), ("A", "BE", "eu", value))})
    )
    assert (error.sheet, error.row, error.column) == ("Companies", 2, f"D ({title})")
    assert says in error.message


def test_a_text_in_a_language_that_the_forum_lacks_is_refused_once(app: Flask) -> None:
    rows = ((*BASE, "Description (de)"), ("A", "BE", "eu", "Sensoren"), ("B", "BE", "eu", "Antennen"))
    errors = refused(forum_of(), "book.xlsx", workbook({"Companies": rows}))
    assert places(errors) == [("Companies", 1, "D (Description (de))")]
    assert "no language de, only: en, uk" in errors[0].message


def test_a_language_that_does_not_exist_is_an_unknown_column(app: Flask) -> None:
    rows = ((*BASE, "Description (qq)"), ("A", "BE", "eu", "?"))
    (error,) = refused(forum_of(), "book.xlsx", workbook({"Companies": rows}))
    assert "unknown column" in error.message


def test_the_template_offers_every_column_and_each_language_of_the_forum(app: Flask) -> None:
    forum = forum_of("de")
    book = load_workbook(BytesIO(make_template(forum)))
    titles = [str(cell.value).rstrip("*") for cell in next(book["Companies"].iter_rows(max_row=1))]
    assert set(ROWS[0]) <= set(titles)
    row = [dict(zip(ROWS[0], ROWS[1], strict=True)).get(title) for title in titles]
    book["Companies"].append(row)
    file = BytesIO()
    book.save(file)
    import_data(forum.name, "filled.xlsx", file.getvalue())
    assert aerotec(forum).interests == ["investment", "joint-venture"]
    comments = [str(cell.comment.text) for cell in next(book["Companies"].iter_rows(max_row=1))]
    assert any("Horizon Europe" in text for text in comments)
    assert any("joint-venture" in text for text in comments)


YAML = """
companies:
  - name: Aerotec
    country: BE
    side: eu
    description: Sensors
    description_de: Sensoren
    topics: [EDF-2027-DA]
    consortium_roles: [partner]
    interests: [licence]
    certificates: [ISO 9001]
"""


def test_a_profile_comes_from_yaml_too(app: Flask) -> None:
    forum = forum_of("de")
    import_data(forum.name, "more.yaml", YAML.encode())
    read = aerotec(forum)
    assert read.description == {"en": "Sensors", "de": "Sensoren"}
    assert (read.topics, read.interests, read.certificates) == (["EDF-2027-DA"], ["licence"], ["ISO 9001"])


def test_a_language_that_the_forum_lacks_is_named_in_yaml_too(app: Flask) -> None:
    errors = refused(forum_of(), "more.yaml", YAML.encode())
    assert places(errors) == [("companies", None, "description_de")]


def test_the_page_before_says_which_columns_the_companies_get(
    app: Flask, client_for: Callable[[User], Visitor]
) -> None:
    forum = forum_of("de")
    organiser = client_for(make_staff(forum))
    page = send(organiser, forum.slug, "book.xlsx", workbook({"Companies": ROWS}))
    assert "how many companies each of them changes" in page.text
    assert "Interested in" in page.text
    organiser.press(page, "Import")
    page = send(organiser, forum.slug, "book.xlsx", workbook({"Companies": ROWS}))
    assert "What companies get" not in page.text
