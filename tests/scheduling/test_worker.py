"""Workers that are killed, crash or are told to stop: no run is lost, whatever holds the queue.

Real workers in processes of their own, on the test's database; nothing is replaced.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.config import Config
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.services import enqueue
from forum_scheduler.scheduling import asking, bell, runs
from forum_scheduler.scheduling.asking import Question
from forum_scheduler.scheduling.models import Run, RunEvent, RunKind, RunState, Unplaced, WhatIf
from forum_scheduler.scheduling.runs import extend, nightly_of, request_run, wish_stop
from forum_scheduler.scheduling.solving import result_of
from forum_scheduler.scheduling.storing import load_result, unpack_problem, unpack_schedule
from solver.verify import verify
from tests.factories import make_company, make_forum, make_meeting, make_run, make_staff, make_user
from tests.pages import Visitor
from tests.scheduling.large import make_large_forum

PATIENCE = 90.0
RUNNING = (RunState.QUEUED, RunState.RUNNING)
SignIn = Callable[[User], Visitor]
ROOT = Path(__file__).parents[2]
WORKER = """
from datetime import timedelta
from forum_scheduler.app import create_app
from forum_scheduler.config import from_environment
from forum_scheduler.scheduling.worker import Pace, serve

pace = Pace(lease=timedelta(seconds=6), poll=0.3)
serve(create_app, from_environment(), pace=pace, until_idle={until_idle})
"""
WORKER_WITH_SLOW_CHILDREN = """
from datetime import timedelta
from forum_scheduler.config import from_environment
from forum_scheduler.scheduling import worker
from tests.scheduling.slow_start import create_app

worker.START_LEASE, worker.RENEW_SECONDS = timedelta(seconds=2), {renew}
pace = worker.Pace(lease=timedelta(seconds=5), poll=0.2)  # shorter than the start; a busy machine needs some
worker.serve(create_app, from_environment(), pace=pace, until_idle=True)
"""
FORUM_WORKER = (sys.executable, "-m", "forum_scheduler.cli", "worker")


@contextmanager
def worker(
    config: Config, *, until_idle: bool = False, command: Sequence[str] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a session of its own, so that it can be killed with its children.

    ``command``: instead of one that looks around often and takes a lost run over soon.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": config.database_url,
        "FORUM_INSTANCE": str(config.instance),
        "FORUM_SECRET_KEY": config.secret_key,
        "FORUM_BASE_URL": config.base_url,
        "QUEUE_URL": config.queue_url or "",
        "PYTHONPATH": str(ROOT),
    }
    with (config.instance / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            command or [sys.executable, "-c", WORKER.format(until_idle=until_idle)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_all(process)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """The worker and all of its children, at once and without a word."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)


def row(run_id: int) -> Run:
    db.session.rollback()
    return db.session.scalars(
        select(Run)
        .where(Run.id == run_id)
        .options(undefer(Run.checkpoint))
        .execution_options(populate_existing=True)
    ).one()


def wait_until(config: Config, run_id: int, condition: Callable[[Run], bool]) -> Run:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = row(run_id)
        if condition(found):
            return found
        time.sleep(0.1)
    log = (config.instance / "worker.log").read_text()[-3000:]
    raise AssertionError(f"run {run_id} is {found.state}, attempt {found.attempt}, {found.message!r}\n{log}")


def has_checkpoint(run: Run) -> bool:
    return run.state == RunState.RUNNING and run.checkpoint is not None


def children_of(pid: int) -> Sequence[int]:
    """Processes that do a run for the worker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


def check_that_another_goes_on(config: Config, forum: Forum) -> None:
    """Kill a worker and its child in the middle of a run; the next one finishes from the checkpoint."""
    run_id = request_run(forum, seconds=300).id
    with worker(config) as first:
        wait_until(config, run_id, has_checkpoint)
        kill_all(first)
    lost = row(run_id)
    assert (lost.state, lost.attempt) == (RunState.RUNNING, 1)
    assert lost.checkpoint is not None
    # The row is read anew below: keep what it says now.
    kept, owner, used = unpack_schedule(lost.checkpoint), lost.owner, lost.seconds_used
    last_event = db.session.scalars(select(RunEvent.id).order_by(RunEvent.id.desc())).first() or 0
    with worker(config):
        again = wait_until(config, run_id, lambda run: run.attempt == 2 and run.seconds_used > used)
        assert again.owner != owner
        wish_stop(again)
        done = wait_until(config, run_id, lambda run: run.state == RunState.FINISHED)
    schedule = result_of(done)
    assert schedule is not None
    reached = {goal["name"]: goal["value"] for goal in schedule.goals}
    assert reached[kept.goals[0].name] >= kept.goals[0].value
    assert done.seconds_used > used
    later = db.session.scalars(select(RunEvent.seconds).where(RunEvent.id > last_event)).all()
    assert later
    assert min(later) >= used


def test_a_night_is_survived_and_the_log_tells_it(app: Flask, config: Config, client_for: SignIn) -> None:
    """`forum worker` at a planned hour, killed halfway with its child; another one; the morning after."""
    forum = make_large_forum()
    planned = now() + timedelta(seconds=4)
    night = request_run(forum, seconds=600, run_at=planned, repeat_daily=True).id
    with worker(config, command=FORUM_WORKER) as first:
        working = wait_until(config, night, has_checkpoint)
        assert working.started_at is not None
        assert working.started_at >= planned, "not before its hour"
        kill_all(first)
    lost = row(night)
    assert lost.state == RunState.RUNNING, "nobody had time to say anything"
    assert lost.checkpoint is not None
    kept, used = unpack_schedule(lost.checkpoint), lost.seconds_used
    with transaction() as session:  # the lease of a real worker is half a minute: the night is long
        session.execute(update(Run).where(Run.id == night).values(lease_until=now()))
    with worker(config, command=FORUM_WORKER):
        wait_until(config, night, lambda run: run.attempt == 2 and run.seconds_used > used)
        wish_stop(row(night))
        wait_until(config, night, lambda run: run.state == RunState.FINISHED)

    organiser = client_for(make_staff(forum))
    page = organiser.page(f"/f/{forum.slug}/runs/{night}")
    schedule = result_of(row(night))
    assert schedule is not None
    reached = {goal["name"]: goal["value"] for goal in schedule.goals}
    assert reached[kept.goals[0].name] >= kept.goals[0].value, "not worse than the checkpoint"
    problem = unpack_problem(schedule.problem)
    assert verify(problem, load_result(schedule, problem)).violations == ()
    told = [page.main.index(words) for words in THE_NIGHT]
    assert told == sorted(told, reverse=True), "the newest first"
    assert "Attempt 2" in page.main
    next_night = nightly_of(forum.id)
    assert next_night is not None
    assert next_night.run_at > planned + timedelta(hours=22), "tomorrow again"


THE_NIGHT = (
    "A worker began",
    "The worker was lost; the run waits for another one",
    "A worker went on from the best found so far",
    "Somebody asked to stop and keep the best",
    "Checked independently, and stored",
)


def test_a_worker_killed_in_the_middle_is_followed_by_another(app: Flask, config: Config) -> None:
    if config.database_url.startswith("postgresql"):
        config = replace(config, queue_url=config.database_url)
    check_that_another_goes_on(config, make_large_forum())


@pytest.mark.redis
@pytest.mark.databases("sqlite")
def test_a_killed_worker_is_followed_by_another_with_redis_as_the_queue(
    app: Flask, config: Config, redis_url: str
) -> None:
    config = replace(config, queue_url=redis_url)
    app.extensions["forum_config"] = config
    check_that_another_goes_on(config, make_large_forum())


@pytest.mark.databases("sqlite")
def test_a_crash_in_native_code_ends_the_child_and_not_the_worker(app: Flask, config: Config) -> None:
    run_id = request_run(make_large_forum(), seconds=300).id
    with worker(config) as process:
        wait_until(config, run_id, has_checkpoint)
        for child in children_of(process.pid):
            os.kill(child, signal.SIGSEGV)
        again = wait_until(config, run_id, lambda run: run.attempt == 2)
        assert process.poll() is None
        wish_stop(again)
        wait_until(config, run_id, lambda run: run.state == RunState.FINISHED)


@pytest.mark.databases("sqlite")
def test_a_worker_that_is_told_to_stop_gives_its_run_back(app: Flask, config: Config) -> None:
    run_id = request_run(make_large_forum(), seconds=300).id
    with worker(config) as process:
        wait_until(config, run_id, has_checkpoint)
        process.terminate()
        assert process.wait(PATIENCE) == 0
    left = row(run_id)
    assert (left.state, left.attempt, left.owner) == (RunState.QUEUED, 0, None)
    assert left.checkpoint is not None


@pytest.mark.databases("sqlite")
def test_a_child_whose_worker_is_gone_gives_its_run_back_by_itself(app: Flask, config: Config) -> None:
    run_id = request_run(make_large_forum(), seconds=300).id
    with worker(config) as process:
        wait_until(config, run_id, has_checkpoint)
        os.kill(process.pid, signal.SIGKILL)
        left = wait_until(config, run_id, lambda run: run.state == RunState.QUEUED)
        assert (left.attempt, left.owner) == (0, None)


def test_a_worker_does_what_is_due_delivers_mails_and_ends_when_idle(app: Flask, config: Config) -> None:
    forum = make_forum()
    make_meeting(between=[make_company(forum), make_company(forum)])
    due = make_run(forum, seconds=20)
    waiting = make_run(make_forum(), run_at=now().replace(year=now().year + 1))
    user = make_user()
    with transaction():
        enqueue(key="k", kind="agenda", to_email=user.email, to_name="", subject="S", text="T")
    with worker(config, until_idle=True) as process:
        assert process.wait(PATIENCE) == 0, (config.instance / "worker.log").read_text()
    done = row(due.id)
    assert (done.state, done.status) == (RunState.FINISHED, "optimal")
    assert result_of(done) is not None
    assert row(waiting.id).state == RunState.QUEUED
    assert db.session.scalars(select(Mail.state)).one() == MailState.SENT


@pytest.mark.databases("sqlite")
def test_the_bell_wakes_who_listens(app: Flask, config: Config) -> None:
    _check_bell(config)


@pytest.mark.databases("postgres")
def test_the_bell_hangs_in_postgresql_too(app: Flask, config: Config) -> None:
    _check_bell(replace(config, queue_url=config.database_url))


@pytest.mark.redis
@pytest.mark.databases("sqlite")
def test_the_bell_hangs_in_redis_too(app: Flask, config: Config, redis_url: str) -> None:
    _check_bell(replace(config, queue_url=redis_url))


def _check_bell(config: Config) -> None:
    listener = bell.Listener(config)
    try:
        while listener.wait(0.01, stop=Event()):
            pass  # what other tests left in a queue that they share
        bell.ring(config)
        assert listener.wait(PATIENCE, stop=Event())
    finally:
        listener.close()


@pytest.mark.databases("sqlite")
def test_a_queue_out_of_reach_stops_nobody(app: Flask, config: Config) -> None:
    app.extensions["forum_config"] = replace(config, queue_url="redis://127.0.0.1:1/0")
    run = runs.request_run(make_forum())
    assert run.state == RunState.QUEUED


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("renew", "attempts"), [(0.3, 1), (1_000, 2)])
def test_a_run_whose_process_starts_slowly_is_kept_by_its_worker(
    app: Flask, config: Config, renew: float, attempts: int
) -> None:
    """The second case shows that the first is put to the test: nobody renews the lease, and it is lost."""
    run = request_run(make_forum(), seconds=5).id
    command = [sys.executable, "-c", WORKER_WITH_SLOW_CHILDREN.format(renew=renew)]
    with worker(config, command=command):
        found = wait_until(config, run, lambda run: run.state not in RUNNING or run.attempt > 1)
    assert found.attempt == attempts


def test_a_question_is_answered_beside_a_run_and_the_run_goes_on_with_more_time(
    app: Flask, config: Config
) -> None:
    """One real worker: a draft is asked about while a long run is under way, which is given more time."""
    forum = make_large_forum()
    first = request_run(forum, seconds=5).id
    with worker(config):
        schedule = result_of(wait_until(config, first, lambda run: run.state == RunState.FINISHED))
        assert schedule is not None
        waiting = db.session.scalars(
            select(Unplaced.meeting_id).where(Unplaced.schedule_id == schedule.id)
        ).first()
        assert waiting is not None, "there is too little room for all"
        long = request_run(forum, seconds=6).id
        wait_until(config, long, has_checkpoint)
        question = Question(kind=RunKind.REMEDIES, meeting_id=waiting)
        asked = asking.ask(schedule, question, seconds=30, by=None).id
        extend(row(long), seconds=600)
        wait_until(config, asked, lambda run: run.state == RunState.FINISHED)
        beside = row(long)
        assert beside.state == RunState.RUNNING or beside.status == "optimal", "it did not have to end first"
        wish_stop(beside)
        done = wait_until(config, long, lambda run: run.state == RunState.FINISHED)
    assert done.seconds == 606
    assert result_of(done) is not None
    assert db.session.get_one(WhatIf, asked).answer is not None


@pytest.mark.databases("sqlite")
def test_runs_are_done_and_mails_sent_while_a_long_question_is_worked_on(app: Flask, config: Config) -> None:
    """One real worker: what one more of each is worth takes minutes, for which nothing else may wait."""
    forum = make_large_forum()
    first = request_run(forum, seconds=2).id
    with worker(config):
        schedule = result_of(wait_until(config, first, lambda run: run.state == RunState.FINISHED))
        assert schedule is not None
        asked = asking.ask(schedule, Question(kind=RunKind.WORTH), seconds=1_000, by=None).id
        wait_until(config, asked, lambda run: run.state == RunState.RUNNING)
        run = request_run(forum, seconds=2).id
        wait_until(config, run, lambda run: run.state == RunState.FINISHED)
        with transaction():
            enqueue(key="k", kind="agenda", to_email="ada@example.org", to_name="", subject="S", text="T")
        wait_until(config, asked, lambda _run: db.session.scalars(select(Mail.state)).one() == MailState.SENT)
        assert row(asked).state == RunState.RUNNING, "it is still under way"
