"""Lists of meetings as b2match exports them: a row a meeting of two people, with their organisations."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.errors import ImportRefused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.importing.batch import Report
from forum_scheduler.importing.services import import_data
from forum_scheduler.requests.models import Meeting, Party, Request, RequestDelegate
from tests.factories import (
    make_blocked_pair,
    make_company,
    make_delegate,
    make_forum,
    make_request,
    make_staff,
)
from tests.importing.books import Table, comma_separated, workbook
from tests.pages import Visitor
from tests.queries import count_queries

SignIn = Callable[[User], Visitor]
HEADER = (
    *("Meeting ID", "Status", "Host", "Host email", "Host organization", "Guest", "Guest email"),
    *("Guest organization", "Start", "Location", "Message"),
)
ANN = ("Ann Example", "ann@aerotec.example", "Aerotec")
BOB = ("Bob Example", "", "Aerotec")
OLHA = ("Olha Kovalenko", "olha@kvant.example", "Kvant")
IVAN = ("Ivan Franko", "", "Hetman")
ROWS: Table = (
    HEADER,
    (1, "Accepted", *ANN, *OLHA, "2027-05-12 09:20", "Table 4", "Radar for your drones"),
    (2, "Pending", *IVAN, *BOB, "", "", ""),
    (3, "Canceled", "Gone Person", "", "Gone Company", *OLHA, "", "", ""),
)


def stage() -> Forum:
    forum = make_forum()
    aerotec = make_company(forum, "Aerotec", side="eu")
    make_delegate(aerotec, "Ann Example", email="ann@aerotec.example")
    make_delegate(aerotec, "Bob Example")
    make_delegate(make_company(forum, "Kvant", side="ua"), "Olha Kovalenko", email="olha@kvant.example")
    make_delegate(make_company(forum, "Hetman", side="ua"), "Ivan Franko")
    return forum


def bring(forum: Forum, rows: Table, *, dry_run: bool = False) -> Report:
    return import_data(forum.name, "meetings.xlsx", workbook({"Meetings": rows}), dry_run=dry_run)


def requests() -> list[tuple[str, str, str, bool]]:
    """Who asked whom, the state, whether both asked."""
    db.session.expire_all()
    query = select(Request).options(joinedload(Request.asker), joinedload(Request.asked)).order_by(Request.id)
    return [(row.asker.name, row.asked.name, row.state, row.mutual) for row in db.session.scalars(query)]


def wished(index: int) -> set[str]:
    request_id = db.session.scalars(select(Request.id).order_by(Request.id)).all()[index]
    query = select(Delegate.name).join(RequestDelegate).where(RequestDelegate.request_id == request_id)
    return set(db.session.scalars(query))


def named(forum: Forum, name: str) -> Company:
    return db.session.scalars(select(Company).where(Company.forum_id == forum.id, Company.name == name)).one()


def places(rows: Table, forum: Forum) -> list[tuple[int | None, str, str]]:
    with pytest.raises(ImportRefused) as refused:
        bring(forum, rows)
    db.session.rollback()
    assert db.session.scalars(select(Request)).all() == []
    return [(error.row, error.column, error.message) for error in refused.value.errors]


def test_meetings_of_people_become_requests_of_their_companies(app: Flask) -> None:
    report = bring(stage(), ROWS)
    assert requests() == [("Aerotec", "Kvant", "accepted", False), ("Hetman", "Aerotec", "pending", False)]
    assert wished(0) == {"Ann Example", "Olha Kovalenko"}
    assert wished(1) == {"Ivan Franko", "Bob Example"}
    assert db.session.scalars(select(Request.message).order_by(Request.id)).first() == "Radar for your drones"
    assert report.counts["requests"].made == 2
    meeting = db.session.scalars(select(Meeting)).one()
    assert (meeting.locked_slot_id, meeting.locked_table_id) == (None, None)
    assert db.session.scalars(select(Party.need)).all() == ["all", "all"]


def test_what_is_not_taken_over_is_told(app: Flask) -> None:
    report = bring(stage(), ROWS)
    assert "1 canceled meeting is passed over." in report.notes
    assert any("1 meeting has a time or a table in the file" in note for note in report.notes)
    assert report.notes[0] in report.sentence()


def test_the_same_list_twice_changes_nothing(app: Flask) -> None:
    forum = stage()
    bring(forum, ROWS)
    audited = db.session.scalar(select(func.count()).select_from(AuditEntry))
    before, revisions = requests(), db.session.scalars(select(Request.revision)).all()
    report = bring(forum, ROWS)
    assert report.changes == 0
    assert requests() == before
    assert db.session.scalars(select(Request.revision)).all() == revisions
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == audited


def test_a_dry_run_stores_nothing(app: Flask) -> None:
    assert bring(stage(), ROWS, dry_run=True).counts["requests"].made == 2
    assert requests() == []


def test_what_was_pending_is_accepted_by_a_later_list_with_its_people(app: Flask) -> None:
    forum = stage()
    bring(forum, ROWS)
    later = [HEADER, (2, "Accepted", *IVAN, *BOB, "", "", ""), (1, "Declined", *ANN, *OLHA, "", "", "")]
    report = bring(forum, later)
    assert [state for _asker, _asked, state, _mutual in requests()] == ["accepted", "accepted"]
    assert (report.counts["requests"].changed, report.counts["requests"].same) == (1, 1)
    assert len(db.session.scalars(select(Meeting)).all()) == 2


def test_several_meetings_of_two_companies_are_one_request_with_all_their_people(app: Flask) -> None:
    rows = [
        HEADER,
        (1, "Declined", *ANN, *OLHA, "", "", ""),
        (2, "Pending", *BOB, *OLHA, "", "", "Second"),
        (3, "Accepted", *OLHA, *BOB, "", "", "Third"),
    ]
    bring(stage(), rows)
    assert requests() == [("Aerotec", "Kvant", "accepted", True)]
    assert wished(0) == {"Bob Example", "Olha Kovalenko"}, "who was refused does not come"


def test_a_request_of_the_other_company_that_is_there_becomes_mutual(app: Flask) -> None:
    forum = stage()
    kvant, aerotec = (named(forum, name) for name in ("Kvant", "Aerotec"))
    make_request(kvant, aerotec)
    rows = [HEADER, (1, "Pending", *ANN, *OLHA, "", "", "")]
    assert bring(forum, rows).counts["requests"].changed == 1
    assert requests() == [("Kvant", "Aerotec", "pending", True)]
    assert bring(forum, rows).changes == 0


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (
            (1, "Maybe", *ANN, *OLHA, "", "", ""),
            "B (Status)",
            "none of: accepted, pending, declined, canceled",
        ),
        ((1, "", *ANN, *OLHA, "", "", ""), "B (Status)", "nothing stands here"),
        ((1, "Pending", *ANN, "Olha", "", "Kvantum", "", "", ""), "H (Guest organization)", "no company"),
        ((1, "Pending", *ANN, "", "", "", "", "", ""), "H (Guest organization)", "nothing stands here"),
        ((1, "Pending", "Nobody", "", "Aerotec", *OLHA, "", "", ""), "C (Host)", "no delegate 'Nobody'"),
        (
            (1, "Pending", *ANN, "Olha", "other@kvant.example", "Kvant", "", "", ""),
            "G (Guest email)",
            "no delegate 'other@kvant.example'",
        ),
        ((1, "Pending", *ANN, *BOB, "", "", ""), "H (Guest organization)", "meet itself"),
        ((1, "Pending", *ANN, "", "", "Nordic Steel", "", "", ""), "H (Guest organization)", "may not ask"),
        ((1, "Pending", *ANN, "", "", "Apart", "", "", ""), "H (Guest organization)", "kept apart"),
        ((1, "Pending", *ANN, "", "", "Waiting", "", "", ""), "H (Guest organization)", "not approved"),
        ((1, "Pending", *ANN, *OLHA, "", "", "x" * 501), "K (Message)", "longer than 500"),
        ((1, "Pending", "Twin", "", "Aerotec", *OLHA, "", "", ""), "C (Host)", "several delegates 'Twin'"),
    ],
)
def test_a_mistake_is_told_by_its_cell_and_nothing_is_stored(
    app: Flask, row: Sequence[object], column: str, says: str
) -> None:
    forum = stage()
    aerotec = named(forum, "Aerotec")
    make_company(forum, "Nordic Steel", side="eu")
    make_company(forum, "Waiting", side="ua", status=CompanyStatus.APPLIED)
    make_blocked_pair(aerotec, make_company(forum, "Apart", side="ua"))
    make_delegate(aerotec, "Twin")
    make_delegate(aerotec, "Twin")
    (found,) = places([HEADER, row], forum)
    assert found[:2] == (2, column)
    assert says in found[2]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "header",
    [
        ("Requester company", "Requester first name", "Requester last name", "Receiver company", "State"),
        ("Organisation (host)", "First name (host)", "Last name (host)", "Organisation (guest)", "Status"),
        ("Participant 1 organization", "Participant 1 first name", "Participant 1 last name",
         "Participant 2 organization", "Meeting status"),
    ],
)  # fmt: skip
def test_other_words_for_the_two_sides_do_too(app: Flask, header: tuple[str, ...]) -> None:
    forum = stage()
    rows = (header, ("Aerotec", "Ann", "Example", "Kvant", "accepted"))
    import_data(forum.name, "export 2027.csv", comma_separated(rows))
    assert requests() == [("Aerotec", "Kvant", "accepted", False)]
    assert wished(0) == {"Ann Example"}


@pytest.mark.databases("sqlite")
def test_a_list_without_the_state_is_refused_by_the_name_of_the_column(app: Flask) -> None:
    rows = (("Host organization", "Guest organization"), ("Aerotec", "Kvant"))
    assert [each[1:] for each in places(rows, stage())] == [("Status", "the column Status is missing")]


def test_participants_and_meetings_come_in_one_file(app: Flask) -> None:
    forum = make_forum(sides=("all",), ask=[("all", "all")])
    people = (
        ("First name", "Last name", "Email", "Organization name", "Country"),
        ("Ann", "Example", "ann@aerotec.example", "Aerotec", "BE"),
        ("Olha", "Kovalenko", "olha@kvant.example", "Kvant", "UA"),
    )
    data = workbook({"Meetings": ROWS[:2], "Participants": people})
    import_data(forum.name, "b2match.xlsx", data)
    assert requests() == [("Aerotec", "Kvant", "accepted", False)]
    assert import_data(forum.name, "b2match.xlsx", data).changes == 0


def test_a_long_list_looks_up_no_more_than_a_short_one(app: Flask) -> None:
    counts = []
    for size in (2, 12):
        forum = make_forum()
        aerotec = make_company(forum, "Aerotec", side="eu")
        make_delegate(aerotec, "Ann Example")
        rows: list[Sequence[object]] = [HEADER]
        for number in range(size):
            company = make_company(forum, f"Kvant {number}", name_key=f"kvant{number}", side="ua")
            make_delegate(company, "Olha")
            people = ("Ann Example", "", "Aerotec", "Olha", "", company.name)
            row = (number, "Accepted", *people, "", "", "")
            rows.append(row)
        db.session.commit()
        data = workbook({"Meetings": rows})
        with count_queries() as queries:
            import_data(forum.name, "m.xlsx", data)
        counts.append(len([text for text in queries.texts if text.startswith("SELECT")]))
    assert counts[0] == counts[1]


def test_the_page_shows_what_is_passed_over_before_anything_is_stored(app: Flask, client_for: SignIn) -> None:
    forum = stage()
    organiser = client_for(make_staff(forum))
    file = (io.BytesIO(workbook({"Meetings": ROWS})), "meetings.xlsx")
    page = organiser.send(f"/f/{forum.slug}/import", {"file": file}, status=200)
    assert "1 canceled meeting is passed over." in page.main
    assert requests() == []
    organiser.press(page, "Import")
    assert len(requests()) == 2
