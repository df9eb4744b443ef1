"""Bad files: each mistake named by sheet, row and column, and nothing stored."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.errors import CellError, ImportRefused, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.importing.reading import MOST_ROWS
from forum_scheduler.importing.services import import_data
from forum_scheduler.requests.models import Meeting, Request, Unavailability
from tests.factories import make_blocked_pair, make_company, make_forum
from tests.importing.books import WHOLE, Table, comma_separated, workbook


def stored() -> int:
    models = (Company, Delegate, User, Request, Meeting, Unavailability, AuditEntry)
    return sum(db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models)


def refused(forum: Forum, name: str, data: bytes) -> tuple[CellError, ...]:
    """The mistakes of a file that must be refused with nothing stored."""
    before = stored()
    with pytest.raises(ImportRefused) as caught:
        import_data(forum.name, name, data)
    db.session.rollback()
    assert stored() == before
    return caught.value.errors


def places(errors: tuple[CellError, ...]) -> list[tuple[str, int | None, str]]:
    return [(error.sheet, error.row, error.column) for error in errors]


TWELVE: Mapping[str, Table] = {
    "Companies": (
        ("Name", "Country", "Side", "Offers", "Booth", "Contact e-mail"),
        ("Aerotec", "BE", "eu", "", "", ""),
        ("Nordic Steel", "Atlantis", "eu", "", "", ""),  # 1: no country
        ("AEROTEC", "BE", "eu", "", "", ""),  # 2: the row again
        ("Kvant", "UA", "asia", "", "", ""),  # 3: no side
        ("Falcon", "UA", "ua", "teleporters", "", ""),  # 4: not on the list
        ("Hetman", "UA", "ua", "", "99", "оffice@hetman.example"),  # 5: no table; 6: a Cyrillic о
        ("Sokil", "UA", "ua", "=A2", "", ""),  # 7: a formula
    ),
    "Delegates": (
        ("Company", "Name", "E-mail", "Languages"),
        ("Aerotec", "Ann", "ann@aerotec.example", "en"),
        ("Aerotek", "Bo", "", "en"),  # 8: unknown company
        ("Aerotec", "Cy", "cy at aerotec", "english, martian!"),  # 9: no address; 10: no language
    ),
    "Availability": (
        ("Delegate", "Date", "From", "To"),
        ("ann@aerotec.example", "2027-05-14", "09:00", "10:00"),  # 11: not a day of the forum
        ("ann@aerotec.example", "2027-05-12", "22:00", "23:00"),  # 12: no slot at that time
    ),
}


def test_a_file_with_twelve_kinds_of_mistakes_names_each_by_its_cell(app: Flask) -> None:
    errors = refused(make_forum(), "book.xlsx", workbook(TWELVE))
    assert sorted(places(errors), key=str) == sorted(
        [
            ("Companies", 3, "B (Country)"),
            ("Companies", 4, "A (Name)"),
            ("Companies", 5, "C (Side)"),
            ("Companies", 6, "D (Offers)"),
            ("Companies", 7, "E (Booth)"),
            ("Companies", 7, "F (Contact e-mail)"),
            ("Companies", 8, "D (Offers)"),
            ("Delegates", 3, "A (Company)"),
            ("Delegates", 4, "C (E-mail)"),
            ("Delegates", 4, "D (Languages)"),
            ("Availability", 2, "B (Date)"),
            ("Availability", 3, "C (From)"),
        ],
        key=str,
    )
    said = {(error.row, error.column[0]): error.message for error in errors if error.sheet == "Companies"}
    assert "no country" in said[3, "B"]
    assert "row 2 already" in said[4, "A"]
    assert "alphabets" in said[7, "F"]
    assert "formula" in said[8, "D"]


REQUEST = ("From", "To", "Priority", "Interpret", "Length")


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (("Aerotec", "Aerotec", "", "", ""), "B", "meet itself"),
        (("Aerotec", "Nordic Steel", "", "", ""), "B", "may not ask"),
        (("Aerotec", "Kept Apart", "", "", ""), "B", "kept apart"),
        (("Aerotec", "Waiting", "", "", ""), "B", "not approved"),
        (("Aerotec", "Квант", "urgent", "", ""), "C", "none of: must, high, normal"),
        (("Aerotec", "Квант", "", "uk", ""), "D", "two languages"),
        (("Aerotec", "Квант", "", "", "13"), "E", "from 1 to 12"),
        (("", "Квант", "", "", ""), "A", "nothing stands here"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(
    app: Flask, row: tuple[str, ...], column: str, says: str
) -> None:
    forum = make_forum()
    asker = make_company(forum, "Aerotec", side="eu")
    make_company(forum, "Nordic Steel", name_key="nordicsteel", side="eu")
    make_company(forum, "Квант", name_key="kbaht", side="ua")
    make_company(forum, "Waiting", side="ua", status=CompanyStatus.APPLIED)
    make_blocked_pair(asker, make_company(forum, "Kept Apart", name_key="keptapart", side="ua"))
    (error,) = refused(forum, "requests.csv", comma_separated([REQUEST, row]))
    assert (error.row, error.column[0]) == (2, column)
    assert says in error.message


def test_a_pair_stands_once_whoever_asks(app: Flask) -> None:
    forum = make_forum()
    make_company(forum, "Aerotec", side="eu")
    make_company(forum, "Falcon", side="ua")
    rows = [("From", "To"), ("Aerotec", "Falcon"), ("Falcon", "Aerotec")]
    (error,) = refused(forum, "requests.csv", comma_separated(rows))
    assert "row 2 already" in error.message


def test_a_mistake_of_a_company_is_not_told_again_for_its_delegates(app: Flask) -> None:
    sheets = {
        "Companies": (("Name", "Country", "Side"), ("Aerotec", "??", "eu")),
        "Delegates": (("Company", "Name"), ("Aerotec", "Ann")),
    }
    assert places(refused(make_forum(), "book.xlsx", workbook(sheets))) == [("Companies", 2, "B (Country)")]


def test_a_name_alone_needs_its_company_in_availability(app: Flask) -> None:
    rows = (("Delegate", "Date", "From", "To"), ("Ann", "2027-05-12", "09:00", "10:00"))
    (error,) = refused(make_forum(), "availability.csv", comma_separated(rows))
    assert "company too" in error.message


def test_unknown_sheets_and_columns_and_missing_ones_are_named(app: Flask) -> None:
    sheets = {"Prices": (("a", "b"), (1, 2)), "Companies": (("Name", "Colour", "Name"), ("A", "red", "B"))}
    errors = refused(make_forum(), "book.xlsx", workbook(sheets))
    assert places(errors)[:4] == [
        ("Prices", None, ""),
        ("Companies", 1, "B (Colour)"),
        ("Companies", 1, "C (Name)"),
        ("Companies", 1, "Country"),
    ]


@pytest.mark.databases("sqlite")
def test_fifty_thousand_rows_are_one_mistake(app: Flask) -> None:
    rows = [("Company", "Name"), *(("Aerotec", f"Person {number}") for number in range(50_000))]
    (error,) = refused(make_forum(), "book.xlsx", workbook({"Delegates": rows}))
    assert (error.sheet, error.row) == ("Delegates", MOST_ROWS + 2)
    assert f"more than {MOST_ROWS} rows" in error.message


@pytest.mark.databases("sqlite")
def test_five_hundred_mistakes_are_listed_and_the_others_counted(app: Flask) -> None:
    rows = [("Company", "Name"), *(("Nobody", f"Person {number}") for number in range(700))]
    with pytest.raises(ImportRefused) as caught:
        import_data(make_forum().name, "delegates.csv", comma_separated(rows))
    assert (len(caught.value.errors), caught.value.more) == (500, 200)
    assert "700 mistakes" in str(caught.value)


def zipped(entries: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def bent(change: Mapping[str, bytes]) -> bytes:
    """A workbook of which some parts hold something else."""
    with zipfile.ZipFile(io.BytesIO(workbook(WHOLE))) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**entries, **change})


WHOLE_BOOK = workbook(WHOLE)
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "damaged"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (WHOLE_BOOK[: len(WHOLE_BOOK) // 2], "damaged"),
        (zipped({"a.txt": b"no workbook"}), "damaged"),
        (bent({"xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row"}), "damaged"),
        (bent({"xl/worksheets/sheet1.xml": ENTITIES}), "damaged"),
        (bent({"xl/workbook.xml": b"\x00\xff"}), "damaged"),
        (bent({"xl/bomb.xml": b"0" * 200_000_000}), "unpacks to more"),
    ],
    ids=["empty", "cut", "half", "other", "unclosed", "entities", "bytes", "bomb"],
)
def test_a_broken_or_hostile_workbook_is_one_mistake(app: Flask, data: bytes, says: str) -> None:
    (error,) = refused(make_forum(), "book.xlsx", data)
    assert says in error.message


@pytest.mark.databases("sqlite")
def test_a_row_number_past_the_end_of_all_spreadsheets_is_refused(app: Flask) -> None:
    cell = '<row r="2000000000"><c r="A2000000000" t="inlineStr"><is><t>x</t></is></c></row>'
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    data = bent({"xl/worksheets/sheet1.xml": f"{head}{cell}</sheetData></worksheet>".encode()})
    (error,) = refused(make_forum(), "book.xlsx", data)
    assert "damaged" in error.message


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("data", "row", "says"),
    [
        ("Name,Country\nA,BE\nЗавод,UA".encode("cp1251"), 3, "UTF-8"),
        (b'Name,Country\n"A,BE\n', None, "no CSV"),
        (b"Name,Country\nA\x00,BE", None, ""),
        (b"Name,Country\n=1+1,BE", 2, "formula"),
    ],
)
def test_a_bad_csv_file_is_refused(app: Flask, data: bytes, row: int | None, says: str) -> None:
    error = refused(make_forum(), "companies.csv", data)[0]
    assert row is None or error.row == row
    assert says in error.message


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("text", "says"),
    [("- a\n- b", "neither"), ("companies: [", "line"), ("name: X", "timezone"), ("", "neither")],
)
def test_a_bad_yaml_file_is_refused(app: Flask, text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        import_data("X", "forum.yaml", text.encode())


@pytest.mark.databases("sqlite")
def test_a_mistake_in_a_yaml_list_is_named_by_list_entry_and_name(app: Flask) -> None:
    bad = "{name: B, country: Nowhere, side: eu, colour: red}"
    text = f"companies:\n  - {{name: A, country: BE, side: eu}}\n  - {bad}\n"
    errors = refused(make_forum(), "more.yaml", text.encode())
    assert places(errors) == [("companies", 2, "colour"), ("companies", 2, "country")]
