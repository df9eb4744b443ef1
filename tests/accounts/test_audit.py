"""The audit log: for organisers of the forum, searched, paged, taken along; never edited."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import delete, update
from sqlalchemy.exc import DatabaseError

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.audit_words import deed, told, who
from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.clock import frozen_at
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.board.steps import Action
from tests.factories import (
    make_company,
    make_forum,
    make_meeting,
    make_run,
    make_schedule,
    make_staff,
    sides_of,
)
from tests.pages import Visitor
from tests.queries import count_queries

SignIn = Callable[[User], Visitor]
NOON = datetime(2027, 5, 12, 12, tzinfo=UTC)


def note(forum: Forum, action: str = "company.approved", **fields: object) -> None:
    with transaction():
        audit.record(action, forum_id=forum.id, **fields)  # type: ignore[arg-type]  # as record has them


def test_the_newest_entry_comes_first_in_the_forums_time(client_for: SignIn) -> None:
    forum = make_forum()
    with frozen_at(NOON):
        note(forum, subject="company:1", details={"reason": "known"})
    with frozen_at(NOON + timedelta(minutes=1)):
        note(forum, "run.requested", subject="run:7")
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/audit")
    assert page.rows == [
        ["Wed 12 May, 14:01", "command line", "Run asked for", "run that is gone (7)", ""],
        [
            "Wed 12 May, 14:00",
            "command line",
            "Company approved",
            "company that is gone (1)",
            "reason: known",
        ],
    ]


def test_what_an_entry_is_about_is_called_by_its_name(client_for: SignIn) -> None:
    forum = make_forum()
    company = make_company(forum, name="Aerotec")
    note(forum, subject=f"company:{company.id}")
    schedule = make_schedule(forum)
    note(forum, subject=f"schedule:{schedule.id}")
    note(forum, subject="company:99999")
    run = make_run(forum)
    note(forum, "run.requested", subject=f"run:{run.id}", details={"seconds": 5400})
    note(forum, "run.asked", subject=f"schedule:{schedule.id}", details={"kind": "worth"})
    side = sides_of(forum)[0]
    note(forum, "staff.added", details={"role": "co-organiser", "side": side.id})
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/audit")
    began = run.run_at.astimezone(forum.zone)
    assert [row[3:] for row in page.rows] == [
        ["", f"role: Co-organiser; side: {side.name}"],
        [f"Schedule {schedule.number}", "kind: what one more of each is worth"],
        [f"Run of {began:%a} {began.day} {began:%b, %H:%M}", "time given: 1:30:00"],
        ["company that is gone (99999)", ""],
        [f"Schedule {schedule.number}", ""],
        ["Aerotec", ""],
    ]
    assert client.page(page.links["Aerotec"]).h1.startswith("Aerotec")
    found = client.press(page, "Search", search="aerot")
    assert [row[3] for row in found.rows] == ["Aerotec"], "by its name, too"


def test_only_entries_of_the_forum_are_shown(client_for: SignIn) -> None:
    forum, other = make_forum(), make_forum()
    note(other)
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/audit")
    assert page.rows == []
    assert "Nothing yet" in page.main


def test_entries_are_searched(client_for: SignIn) -> None:
    forum = make_forum()
    note(forum, "company.approved", subject="company:12")
    note(forum, "run.requested")
    client = client_for(make_staff(forum))
    page = client.press(client.page(f"/f/{forum.slug}/audit"), "Search", search="APPROVED")
    assert [row[2] for row in page.rows] == ["Company approved"]
    page = client.press(page, "Search", search="asked FOR")
    assert [row[2] for row in page.rows] == ["Run asked for"]
    page = client.page(f"/f/{forum.slug}/audit?search=%25")
    assert "Nothing found" in page.main


ENTRY = re.compile(r"""(?:record\(|_note\(|log\()\s*f?"([a-z_-]+\.[a-z-]+)\"""")


def test_every_action_that_is_recorded_has_words_in_both_languages(app: Flask) -> None:
    folder = Path(audit.__file__).parents[1]
    found = {name for path in folder.rglob("*.py") for name in ENTRY.findall(path.read_text())}
    assert len(found) > 25
    kinds = (*found, *(f"board.{each}" for each in Action), *(f"company.{each}" for each in CompanyStatus))
    for locale in ("en", "uk"):
        with force_locale(locale):
            assert [name for name in kinds if deed(name) == name] == []


def test_details_are_told_in_the_readers_language_and_companies_by_name(client_for: SignIn) -> None:
    forum = make_forum()
    other = make_company(forum, name="Aerotec")
    note(forum, "pair.blocked", subject="company:1", details={"other": other.id, "reason": "court case"})
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/audit")
    assert page.rows[0][4] == "with: Aerotec; reason: court case"
    with force_locale("uk"):
        assert who("command line") == "командний рядок"
        assert who("Olena") == "Olena"
        details = {"preliminary": True, "side": None, "counts": {"companies": [2, 1]}, "unheard": "of"}
        assert list(told(details, names={})) == [
            ("попередній", "так"),
            ("створено, змінено", "companies 2 / 1"),
            ("unheard", "of"),
        ]


def test_a_step_on_the_board_names_the_meetings_by_their_companies(client_for: SignIn) -> None:
    forum = make_forum(name="Industry Days")
    meeting = make_meeting(between=[make_company(forum, name="Aerotec"), make_company(forum, name="Kvant")])
    gone = meeting.id + 1000
    note(forum, "board.remove", subject="schedule:1", details={"meetings": [meeting.id, gone], "revision": 1})
    note(forum, "forum.created", subject=f"forum:{forum.id}")
    note(forum, "file.imported", details={"meetings": 12})
    rows = client_for(make_staff(forum)).page(f"/f/{forum.slug}/audit").rows
    assert rows[2][4] == f"meetings: Aerotec × Kvant, {gone}; step: 1"
    assert rows[1][3].startswith("Industry Days")
    assert rows[0][4] == "meetings: 12"


@pytest.mark.parametrize(("number", "rows"), [(1, 50), (2, 3), (99, 3), (-1, 50)])
def test_entries_come_by_pages(app: Flask, number: int, rows: int) -> None:
    forum = make_forum()
    with transaction():
        for _ in range(53):
            audit.record("company.approved", forum_id=forum.id)
    found = audit.page(forum_id=forum.id, number=number)
    assert (len(found.items), found.pages, found.total) == (rows, 2, 53)


def test_a_page_of_entries_asks_the_database_as_often_as_one_entry(client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    note(forum)
    counts = []
    for _ in range(2):
        with count_queries() as statements:
            client.page(f"/f/{forum.slug}/audit")
        counts.append(statements.count)
        for _ in range(5):
            note(forum)
    assert counts[0] == counts[1]


def test_the_file_holds_all_entries_and_no_formulas(client_for: SignIn) -> None:
    forum = make_forum()
    with transaction():
        audit.record("company.approved", forum_id=forum.id, subject="=LINK(1)", details={"name": "Квант"})
    answer = client_for(make_staff(forum)).get(f"/f/{forum.slug}/audit.csv")
    assert answer.mimetype == "text/csv"
    head, row = csv.reader(io.StringIO(answer.text))
    assert head == list(audit.COLUMNS)
    assert row[3] == "'=LINK(1)"
    assert row[4] == '{"name": "Квант"}'


def test_an_entry_names_who_did_it(app: Flask, client_for: SignIn) -> None:
    with app.test_request_context("/"), transaction():
        audit.record("company.applied", forum_id=None)
    assert db.session.query(AuditEntry).one().actor == "visitor"


@pytest.mark.parametrize("change", [update(AuditEntry).values(actor="nobody"), delete(AuditEntry)])
def test_the_log_can_not_be_changed(app: Flask, change: object) -> None:
    note(make_forum())
    with pytest.raises(DatabaseError, match="never edited"):
        db.session.execute(change)  # type: ignore[call-overload]  # update or delete
    db.session.rollback()
