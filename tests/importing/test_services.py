"""Spreadsheets, CSV and YAML into a forum: all or nothing, and twice is once."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import func, select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.companies.models import Company, CompanyCapability, Delegate, Representative
from forum_scheduler.errors import Invalid, NotFound
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import Forum, Table
from forum_scheduler.importing.services import import_data, import_file
from forum_scheduler.importing.template import make_template
from forum_scheduler.requests.meetings import agree
from forum_scheduler.requests.models import (
    Meeting,
    Party,
    PartyDelegate,
    Request,
    RequestState,
    Unavailability,
)
from tests.factories import make_forum, slots_of
from tests.forums.test_description import SMALL
from tests.importing.books import COMPANIES, DELEGATES, REQUESTS, WHOLE, comma_separated, workbook
from tests.queries import count_queries


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def counts() -> dict[str, int]:
    models = (Company, CompanyCapability, Representative, Delegate, User, Request, Meeting, Unavailability)
    return {model.__name__: count(model) for model in models}


def company(name: str) -> Company:
    return db.session.scalars(select(Company).where(Company.name == name)).one()


def test_a_workbook_brings_everything(app: Flask) -> None:
    forum = make_forum()
    report = import_data(forum.name, "book.xlsx", workbook(WHOLE))
    assert counts() == {
        "Company": 3,
        "CompanyCapability": 5,
        "Representative": 2,
        "Delegate": 3,
        "User": 2,  # a contact who is a delegate too is one user
        "Request": 2,
        "Meeting": 1,
        "Unavailability": 3,
    }
    assert (company("Nordic Steel").country, company("Квант Динаміка").country) == ("SE", "UA")
    assert company("Aerotec").status == "approved"
    assert {kind: each.made for kind, each in report.counts.items()} == {
        "companies": 3,
        "delegates": 3,
        "requests": 2,
        "availability": 2,
    }
    slots = [slot.id for slot in slots_of(forum)]
    ann = db.session.scalars(select(Delegate).where(Delegate.name == "Ann Example")).one()
    blocked = select(Unavailability.slot_id).where(Unavailability.delegate_id == ann.id)
    assert set(db.session.scalars(blocked)) == set(slots[:2])


def test_the_same_file_twice_changes_nothing(app: Flask) -> None:
    forum = make_forum()
    data = workbook(WHOLE)
    import_data(forum.name, "book.xlsx", data)
    before, audited = counts(), count(AuditEntry)
    report = import_data(forum.name, "book.xlsx", data)
    assert report.changes == 0
    assert (counts(), count(AuditEntry)) == (before, audited)


def test_a_later_file_changes_what_it_names(app: Flask) -> None:
    forum = make_forum()
    import_data(forum.name, "book.xlsx", workbook(WHOLE))
    rows = (("Name", "Website"), ("AEROTEC", "aerotec.example"))
    with pytest.raises(Exception, match="mistake"):
        import_data(forum.name, "companies.csv", comma_separated(rows))  # no country
    rows = (("Name", "Country", "Website"), ("AEROTEC", "be", "aerotec.example"))
    report = import_data(forum.name, "companies.csv", comma_separated(rows))
    assert report.counts["companies"].changed == 1
    assert company("Aerotec").website == "https://aerotec.example"
    assert company("Aerotec").description == {"en": "Sensors"}


def test_a_pending_request_is_accepted_by_a_later_file_but_an_answer_stays(app: Flask) -> None:
    forum = make_forum()
    import_data(forum.name, "book.xlsx", workbook(WHOLE))
    rows = (
        ("From", "To", "State"),
        ("Квант Динаміка", "Nordic Steel", "accepted"),
        ("Aerotec", "Квант Динаміка", "declined"),
    )
    import_data(forum.name, "requests.csv", comma_separated(rows))
    assert set(db.session.scalars(select(Request.state))) == {RequestState.ACCEPTED}
    assert count(Meeting) == 2


def test_imported_meetings_are_those_that_one_answer_makes(app: Flask) -> None:
    forum = make_forum()
    import_data(forum.name, "book.xlsx", workbook(WHOLE))

    def derived() -> tuple[object, ...]:
        meeting = db.session.scalars(select(Meeting).execution_options(populate_existing=True)).one()
        parties = db.session.execute(select(Party.company_id, Party.position, Party.need).order_by(Party.id))
        people = db.session.scalars(select(PartyDelegate.delegate_id).order_by(PartyDelegate.delegate_id))
        return meeting.weight, meeting.interpret, tuple(parties.all()), tuple(people)

    before = derived()
    assert before[1] == ["en", "uk"]
    request = db.session.scalars(select(Request).where(Request.state == RequestState.ACCEPTED)).one()
    agree(db.session(), request)
    assert derived() == before


def test_delegates_that_come_later_count_for_meetings_that_are_there(app: Flask) -> None:
    forum = make_forum()
    import_data(forum.name, "book.xlsx", workbook(WHOLE))
    rows = (("Company", "Name", "Languages"), ("Квант Динаміка", "Іван Приклад", "en"))
    import_data(forum.name, "delegates.csv", comma_separated(rows, delimiter=";"))
    assert db.session.scalars(select(Meeting.interpret)).one() is None


def test_a_dry_run_checks_and_stores_nothing(app: Flask) -> None:
    forum = make_forum()
    before = counts()
    report = import_data(forum.name, "book.xlsx", workbook(WHOLE), dry_run=True)
    assert report.counts["companies"].made == 3
    assert "dry run" in report.sentence()
    assert counts() == before


def test_a_csv_file_is_told_by_its_columns(app: Flask) -> None:
    forum = make_forum()
    import_data(forum.name, "list from the chamber.csv", comma_separated(COMPANIES, delimiter="\t"))
    assert count(Company) == 3


def test_an_excel_csv_with_utf16_is_read(app: Flask) -> None:
    forum = make_forum()
    import_data(forum.name, "companies.csv", comma_separated(COMPANIES).decode().encode("utf-16"))
    assert company("Квант Динаміка").country == "UA"


def test_a_booth_is_given_to_its_company(app: Flask) -> None:
    forum = make_forum()
    rows = (("Name", "Country", "Side", "Booth"), ("Aerotec", "BE", "eu", "2"))
    import_data(forum.name, "companies.csv", comma_separated(rows))
    host = db.session.scalars(select(Table.host_company_id).where(Table.label == "2")).one()
    assert host == company("Aerotec").id


YAML = (
    SMALL.replace("name: European Union}", "name: European Union, asks: [eu]}")
    + """
companies:
  - {name: Aerotec, country: BE}
  - {name: Quantum, country: "NO"}
delegates:
  - {company: Aerotec, name: Ann, languages: [en, fr]}
  - {company: Quantum, name: Kari, languages: [nb, en]}
requests: [{from: Aerotec, to: Quantum, state: accepted}]
availability: [{delegate: Ann, company: Aerotec, date: 2027-05-12, from: 09:00, to: 09:20}]
"""
)


def test_a_yaml_file_makes_the_forum_and_fills_it(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "forum.yaml"
    path.write_text(YAML, encoding="utf-8")
    assert import_file("Spring Forum", path).forum_made
    assert (count(Forum), count(Company), count(Meeting), count(Unavailability)) == (1, 2, 1, 1)
    report = import_file("Spring Forum", path)
    assert (report.forum_made, report.changes) == (False, 0)


def test_a_yaml_file_of_another_forum_is_refused(app: Flask) -> None:
    with pytest.raises(Invalid, match="use that name"):
        import_data("Autumn Forum", "forum.yaml", YAML.encode())
    assert count(Forum) == 0


def test_a_dry_run_of_a_new_forum_leaves_none(app: Flask) -> None:
    assert import_data("Spring Forum", "forum.yaml", YAML.encode(), dry_run=True).forum_made
    assert count(Forum) == 0


def test_a_spreadsheet_for_no_forum_is_refused(app: Flask) -> None:
    with pytest.raises(NotFound, match="no forum 'Nowhere'"):
        import_data("Nowhere", "book.xlsx", workbook(WHOLE))


def test_a_file_of_another_kind_is_refused(app: Flask) -> None:
    forum = make_forum()
    with pytest.raises(Invalid, match="only"):
        import_data(forum.name, "book.ods", b"...")


def test_the_template_filled_in_is_imported(app: Flask) -> None:
    forum = make_forum()
    book = load_workbook(BytesIO(make_template(forum)))
    book["Companies"].append(["Aerotec", "BE", "eu"])
    book["Delegates"].append(["Aerotec", "Ann"])
    file = BytesIO()
    book.save(file)
    report = import_data(forum.name, "filled.xlsx", file.getvalue())
    assert {kind: each.made for kind, each in report.counts.items()} == {"companies": 1, "delegates": 1}


def test_importing_many_rows_asks_the_database_for_none_of_them_alone(app: Flask) -> None:
    forum = make_forum(slots=8)
    rows = [("Company", "Name"), *((DELEGATES[1][0], f"Person {number}") for number in range(300))]
    sheets = {"Companies": COMPANIES, "Delegates": rows, "Requests": REQUESTS[:1]}

    with count_queries() as queries:
        import_data(forum.name, "book.xlsx", workbook(sheets))
    assert len([text for text in queries.texts if text.startswith("SELECT")]) < 30
