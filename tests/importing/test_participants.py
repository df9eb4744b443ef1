"""Lists of participants with the columns of b2match: a row a person, with their organisation beside them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.errors import ImportRefused
from forum_scheduler.extensions import db
from forum_scheduler.importing.services import import_data
from tests.factories import make_forum
from tests.importing.books import Table, comma_separated, workbook

HEADER = (
    *("Participant ID", "First name", "Last name", "Email", "Job description", "Organization name"),
    *("Company website", "Organization type", "City", "Country", "Areas of activities"),
    *("Organization description", "Participation type", "Validated", "1:1 Meetings"),
)
ROWS: Table = (
    HEADER,
    (101, "Ann", "Example", "ann@aerotec.example", "CEO", "Aerotec", "aerotec.example", "Company",
     "Brussels", "Belgium", "Drones; Radar", "Sensors", "On-site", "Yes", 4),
    (102, "Bob", "Example", "bob@aerotec.example", "Sales", "AEROTEC", "aerotec.example", "Company",
     "Brussels", "Belgium", "Drones; Radar", "Sensors", "On-site", "Yes", 0),
    (103, "Sven", "Svensson", "sven@nordic.example", "", "Nordic Steel", "", "Company", "Kiruna", "SE",
     "Steel", "", "On-site", "No", 0),
)  # fmt: skip


def _import(rows: Table, **options: Any) -> Any:
    forum = make_forum(sides=("all",), ask=[("all", "all")])
    return import_data(forum.name, "participants.xlsx", workbook({"Participants": rows}), **options)


def test_people_of_one_organisation_become_delegates_of_one_company(app: Flask) -> None:
    report = _import(ROWS)
    assert (report.counts["companies"].made, report.counts["delegates"].made) == (2, 3)
    aerotec, nordic = db.session.scalars(select(Company).order_by(Company.name))
    assert (aerotec.name, aerotec.country, aerotec.website) == ("Aerotec", "BE", "https://aerotec.example")
    assert (aerotec.status, nordic.status) == (CompanyStatus.APPROVED, CompanyStatus.APPLIED)
    people = db.session.execute(
        select(Delegate.name, Delegate.email, Delegate.role).order_by(Delegate.name)
    ).all()
    assert people == [
        ("Ann Example", "ann@aerotec.example", "CEO"),
        ("Bob Example", "bob@aerotec.example", "Sales"),
        ("Sven Svensson", "sven@nordic.example", ""),
    ]


def test_the_same_list_twice_changes_nothing(app: Flask) -> None:
    forum = make_forum(sides=("all",), ask=[("all", "all")])
    data = workbook({"Participants": ROWS})
    import_data(forum.name, "participants.xlsx", data)
    audited = db.session.scalar(select(func.count()).select_from(AuditEntry))
    report = import_data(forum.name, "participants.xlsx", data)
    assert report.changes == 0
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == audited
    assert len(db.session.scalars(select(Delegate)).all()) == 3


def test_a_mistake_is_told_where_it_stands_in_the_list(app: Flask) -> None:
    rows = [list(row) for row in ROWS]
    rows[2][3] = "bob at aerotec"
    rows[3][9] = "Atlantis"
    with pytest.raises(ImportRefused) as refused:
        _import(rows)
    told = {(error.row, error.column) for error in refused.value.errors}
    assert told == {(3, "D (E-mail)"), (4, "J (Country)")}
    assert db.session.scalars(select(Company)).all() == []


def test_common_spellings_and_a_csv_file_do_too(app: Flask) -> None:
    rows = (
        ("Given name", "Surname", "E-mail address", "Organisation", "Country", "Position"),
        ("Ann", "Example", "ann@aerotec.example", "Aerotec", "BE", "CEO"),
    )
    forum = make_forum(sides=("all",), ask=[("all", "all")])
    report = import_data(forum.name, "people.csv", comma_separated(rows))
    assert (report.counts["companies"].made, report.counts["delegates"].made) == (1, 1)


def test_a_list_of_a_forum_with_sides_needs_a_column_for_them(app: Flask) -> None:
    forum = make_forum()
    with pytest.raises(ImportRefused):
        import_data(forum.name, "p.xlsx", workbook({"Participants": ROWS}))
    rows = [(*row, "Side" if index == 0 else "eu") for index, row in enumerate(ROWS)]
    report = import_data(forum.name, "p.xlsx", workbook({"Participants": rows}))
    assert report.counts["companies"].made == 2
