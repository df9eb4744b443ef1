"""`forum demo` goes on where an earlier start was, and signs in the three people it names."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler import commands
from forum_scheduler.clock import now
from forum_scheduler.config import Config
from forum_scheduler.demo import running
from forum_scheduler.demo.load import make_demo
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.services import get_forum
from forum_scheduler.importing.services import import_data
from forum_scheduler.scheduling.models import Run, RunState, Schedule
from forum_scheduler.scheduling.solving import worker_name
from tests.factories import make_company, make_forum, make_meeting, make_run
from tests.pages import Visitor

SMALL = Path(__file__).parent.parent / "instances" / "small.dzn"


@pytest.fixture
def small(app: Flask) -> Forum:
    import_data("Small", "small.dzn", SMALL.read_bytes())
    return get_forum("Small")


def runs() -> list[Run]:
    return list(db.session.scalars(select(Run).execution_options(populate_existing=True)))


def dead_owner() -> str:
    """The name of a worker on this machine whose process has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    host, _pid, rest = worker_name().split(":")
    return f"{host}:{process.pid}:{rest}"


def test_the_run_of_a_killed_start_goes_on_at_once(small: Forum) -> None:
    left = make_run(
        small,
        state=RunState.RUNNING,
        owner=dead_owner(),
        lease_until=now() + timedelta(hours=1),
        attempt=1,
        seconds=30,
        started_at=now(),
    )
    running._solve(small, seconds=30)
    (run,) = runs()
    assert (run.id, run.state, run.attempt) == (left.id, RunState.FINISHED, 2)
    assert db.session.scalars(select(Schedule.run_id)).one() == left.id


def test_the_run_of_a_process_that_lives_is_not_taken(small: Forum) -> None:
    run = make_run(small, state=RunState.RUNNING, owner=worker_name(), lease_until=now() + timedelta(hours=1))
    running._free(run)
    assert runs()[0].lease_until == run.lease_until


def test_without_an_earlier_start_a_new_run_is_made(small: Forum) -> None:
    running._solve(small, seconds=30)
    assert [run.state for run in runs()] == [RunState.FINISHED]


def test_what_can_not_be_solved_ends_the_demo_with_its_reason(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=1, must_all=True)
    company = make_company(forum, side="eu")
    for _ in range(2):
        make_meeting(between=(company, make_company(forum, side="ua")), must=True)
    with pytest.raises(Refused, match="no schedule can keep all the rules"):
        running._solve(forum, seconds=30)


@pytest.mark.databases("sqlite")
def test_agendas_are_written_once_a_version(
    small: Forum, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    running._solve(small, seconds=30)
    commands.publish_now("Small", number=None, preliminary=False, note="")
    running._write_agendas(small, folder)
    assert len(list((folder / "agendas").glob("*.pdf"))) == 5
    assert list((folder / "agendas" / "companies").glob("*.pdf"))
    capsys.readouterr()
    running._write_agendas(small, folder)
    assert capsys.readouterr().err == ""
    (folder / running.FINISHED).unlink()  # as a killed start leaves it
    running._write_agendas(small, folder)
    assert "Wrote" in capsys.readouterr().err


@pytest.mark.databases("sqlite")
@pytest.mark.settings(demo=True)
def test_the_links_sign_in_an_organiser_a_representative_and_a_delegate(app: Flask) -> None:
    make_demo(seed=7)
    links = running.login_links()
    assert list(links) == ["organiser", "representative", "delegate"]
    homes = {}
    for who, url in links.items():
        visitor = app.test_client()
        assert isinstance(visitor, Visitor)
        page = visitor.page(urlsplit(url).path)
        response = visitor.post(urlsplit(url).path)
        assert response.status_code in (302, 303), page.text
        homes[who] = visitor.get("/f/demo/", follow_redirects=True).get_data(as_text=True)
    assert "What needs you" in homes["organiser"]
    assert "for your answer" in homes["representative"]
    assert "Sign in" not in homes["delegate"]


@pytest.mark.databases("sqlite")
@pytest.mark.settings(demo=True)
def test_without_the_demo_forum_there_are_no_links(app: Flask) -> None:
    make_forum(slug="demo")  # somebody's own
    with pytest.raises(Refused, match="no demo forum"):
        running.login_links()


def test_the_demo_is_for_this_machine_only(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORUM_INSTANCE", str(config.instance))
    monkeypatch.setenv("FORUM_BASE_URL", "https://forum.example")
    made = running.demo_config(8123)
    assert (made.demo, made.base_url) == (True, "http://127.0.0.1:8123")
