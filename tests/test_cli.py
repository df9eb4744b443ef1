"""The command ``forum``: what it prints, its exit statuses, and a forum from a file to agendas."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.cli import main
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from forum_scheduler.forums.services import get_forum
from forum_scheduler.scheduling.models import Run, RunState
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_schedule,
    slots_of,
    tables_of,
)
from tests.forums.test_description import SMALL as DESCRIPTION
from tests.importing.books import WHOLE, workbook

INSTANCE = Path(__file__).parent / "instances" / "small.dzn"
Forum = Callable[..., Result]


@pytest.fixture
def forum(config: Config, monkeypatch: pytest.MonkeyPatch) -> Forum:
    """Runs ``forum ...`` on the test's own database."""
    monkeypatch.setenv("DATABASE_URL", config.database_url)
    monkeypatch.setenv("FORUM_INSTANCE", str(config.instance))
    monkeypatch.setenv("FORUM_SECRET_KEY", config.secret_key)

    def run(*words: str | Path) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.stderr
        return result

    return run


COMMANDS = [
    [], ["demo"], ["create"], ["import"], ["template"], ["describe"], ["operator"], ["solve"], ["publish"],
    ["export"], ["serve"], ["worker"], ["doctor"], ["db"], ["db", "upgrade"],
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words: list[str]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    first = result.output.split("\n\n")[1].strip()
    assert first.endswith((".", ":")) or "." in first


def test_a_problem_goes_all_the_way_to_agendas(app: Flask, forum: Forum, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert "new forum 'Small'" in forum("import", "Small", INSTANCE).stdout
    solved = forum("solve", "Small", "--seconds", "30", "--workers", "1")
    assert solved.exit_code == 0, solved.stderr
    assert "6 of 6 meetings placed, verified, nothing better is possible" in solved.stdout
    assert "breaks 1 (bound 1)" in solved.stdout
    assert "version 1" in forum("publish", "Small").stdout
    exported = forum("export", "Small", "--to", folder)
    assert exported.exit_code == 0, exported.stderr
    assert len(list((folder / "agendas").glob("*.pdf"))) == 5
    assert len(list((folder / "calendars").glob("*.ics"))) == 5
    assert (folder / "schedule.xlsx").read_bytes()[:2] == b"PK"
    assert "in order" in forum("doctor").stdout


def test_a_schedule_is_published_only_once(app: Flask, forum: Forum) -> None:
    forum("import", "Small", INSTANCE)
    forum("solve", "Small", "--seconds", "30", "--workers", "1")
    forum("publish", "Small")
    again = forum("publish", "Small")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "Nothing to publish" in again.stderr


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        (0, "2 people get a notice, nobody else."),
        (1, "1 person gets a notice, nobody else. 1 has no address: tell them yourself."),
        (2, "Nobody gets a notice. 2 have no address: tell them yourself."),
    ],
)
def test_publishing_says_how_many_are_told_and_who_can_not_be(
    app: Flask, forum: Forum, silent: int, words: str
) -> None:
    row = make_forum(slug="x")
    companies = [make_company(row, side=side) for side in ("eu", "ua")]
    people = [delegates_of(company)[0] for company in companies]
    for person in people[:silent]:
        person.email = None
    make_schedule(row, (make_meeting(between=companies), slots_of(row)[0], tables_of(row)[0], people))
    published = forum("publish", "x")
    assert published.stdout == f"Published schedule 1 as version 1. {words}\n"


def test_without_a_schedule_there_is_nothing_to_publish_or_export(
    app: Flask, forum: Forum, tmp_path: Path
) -> None:
    make_forum(slug="x")
    assert "forum solve" in forum("publish", "x").stderr
    exported = forum("export", "x", "--to", tmp_path / "out")
    assert exported.exit_code == 1
    assert "publish" in exported.stderr


def test_musts_that_can_not_all_take_place_end_with_status_one(app: Flask, forum: Forum) -> None:
    row = make_forum(slug="x", blocks=1, slots=1, must_all=True)
    company = make_company(row, side="eu")
    for _ in range(2):
        make_meeting(between=(company, make_company(row, side="ua")), must=True)
    result = forum("solve", "x", "--seconds", "30", "--workers", "1")
    assert result.exit_code == 1
    assert "no schedule can keep all the rules" in result.stdout


def test_a_run_can_be_left_to_the_worker(app: Flask, forum: Forum) -> None:
    make_forum(slug="x")
    result = forum("solve", "x", "--at", "02:30", "--every-night", "--seconds", "30")
    assert "02:30 Europe/Brussels, and every night" in result.stdout
    run = db.session.scalars(select(Run)).one()
    assert (run.state, run.repeat_daily, run.seconds) == (RunState.QUEUED, True, 30)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["solve", "nowhere"], "There is no forum 'nowhere'"),
        (["solve", "x", "--at", "25:00"], "write a time such as 02:30"),
        (["solve", "x", "--every-night"], "--at"),
        (["solve", "x", "--seconds", "0"], "x>=1"),
        (["publish", "nowhere"], "no forum"),
        (["import", "x", "missing.xlsx"], "does not exist"),
        (["create", "missing.yaml"], "does not exist"),
        (["serve", "--bind", "nonsense"], "host:port"),
        (["dance"], "No such command"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_bad_input_is_one_line_and_status_two(app: Flask, forum: Forum, words: list[str], says: str) -> None:
    make_forum(slug="x")
    result = forum(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr


@pytest.fixture
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for the database of a newcomer; the file's path."""
    monkeypatch.setenv("FORUM_INSTANCE", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "forum.sqlite"


@pytest.mark.databases("sqlite")
def test_the_first_command_makes_the_database(own_database: Path) -> None:
    first = CliRunner().invoke(main, ["import", "Small", str(INSTANCE)])
    assert (first.exit_code, own_database.exists()) == (0, True)
    assert "new forum 'Small'" in first.stdout
    again = CliRunner().invoke(main, ["describe", "small"])
    assert "Bringing" not in again.stderr


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("revision", "says"), [("0002", "forum db upgrade"), ("9999", "newer version")], ids=["older", "newer"]
)
def test_a_database_of_another_version_is_left_alone(own_database: Path, revision: str, says: str) -> None:
    assert CliRunner().invoke(main, ["db", "upgrade"]).exit_code == 0
    with closing(sqlite3.connect(own_database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    for words in (["describe", "x"], ["serve", "--bind", "127.0.0.1:0"], ["worker", "--once"]):
        refused = CliRunner().invoke(main, words)
        assert refused.exit_code == 2
        assert says in refused.stderr


def test_an_operator_may_create_forums_and_is_made_only_once(app: Flask, forum: Forum) -> None:
    for _ in range(2):
        made = forum("operator", "Oleh@Example.org")
        assert "oleh@example.org may create forums now." in made.stdout, made.stderr
    user = db.session.scalars(select(User)).one()
    assert [role.name for role in user.roles] == ["operator"]
    assert forum("operator", "nobody").exit_code == 2


def test_create_and_describe_are_inverse_and_name_the_organiser(
    app: Flask, forum: Forum, tmp_path: Path
) -> None:
    path = tmp_path / "forum.yaml"
    path.write_text(DESCRIPTION, encoding="utf-8")
    created = forum("create", path, "--organiser", "Olivia@Example.org")
    assert "spring-forum" in created.stdout, created.stderr
    staff, user = db.session.execute(select(Staff, User).join(User, User.id == Staff.user_id)).one()
    assert (staff.role, user.email) == (StaffRole.ORGANISER, "olivia@example.org")
    text = forum("describe", "spring-forum").stdout
    again = tmp_path / "again.yaml"
    again.write_text(text.replace("Spring Forum", "Other").replace("spring-forum", "other"), encoding="utf-8")
    assert forum("create", again).exit_code == 0
    assert forum("describe", "other", "--to", tmp_path / "other.yaml").exit_code == 0
    assert (tmp_path / "other.yaml").read_text(encoding="utf-8") == again.read_text(encoding="utf-8")


def test_a_bad_description_names_the_place(app: Flask, forum: Forum, tmp_path: Path) -> None:
    path = tmp_path / "forum.yaml"
    path.write_text(DESCRIPTION.replace("zone: Hall A", "zone: Hall Z"), encoding="utf-8")
    result = forum("create", path)
    assert result.exit_code == 2
    assert "tables[0].zone: there is no zone 'Hall Z'" in result.stderr


def test_an_import_says_what_it_did_and_mistakes_are_a_table(
    app: Flask, forum: Forum, tmp_path: Path
) -> None:
    row = make_forum()
    path = tmp_path / "book.xlsx"
    path.write_bytes(workbook(WHOLE))
    assert "dry run" in forum("import", row.slug, path, "--dry-run").stdout
    assert "companies: 3 new" in forum("import", row.slug, path).stdout
    assert get_forum(row.slug).id == row.id
    path.write_bytes(workbook({"Companies": (("Name", "Country", "Side"), ("A", "Atlantis", "eu"))}))
    result = forum("import", row.slug, path)
    assert result.exit_code == 2
    assert all(word in result.stderr for word in ("Companies", "B (Country)", "'Atlantis' is no country"))
    assert result.stderr.rstrip().endswith("1 mistakes; nothing was stored")


def test_the_template_is_a_workbook(app: Flask, forum: Forum, tmp_path: Path) -> None:
    assert forum("template", tmp_path / "empty.xlsx").exit_code == 0
    assert (tmp_path / "empty.xlsx").read_bytes()[:2] == b"PK"
