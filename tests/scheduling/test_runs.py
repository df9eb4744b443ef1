"""Runs as rows: asked for once, claimed by one worker, resumed after a loss, given up after five attempts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.scheduling import runs
from forum_scheduler.scheduling.models import Run, RunEvent, RunState
from forum_scheduler.scheduling.runs import LEASE, MAX_ATTEMPTS, LeaseLost, Trouble
from solver.problem import GoalName
from solver.progress import Progress, Stage
from tests.factories import make_forum, make_run, make_user


def _row(run_id: int) -> Run:
    return db.session.scalars(
        select(Run)
        .where(Run.id == run_id)
        .options(undefer(Run.checkpoint))
        .execution_options(populate_existing=True)
    ).one()


def test_a_run_that_is_asked_for_waits_for_a_worker_and_is_in_the_audit_log(app: Flask) -> None:
    forum, user = make_forum(), make_user()
    run = runs.request_run(forum, seconds=30, by=user.id)
    assert (run.state, run.seconds, run.requested_by_id) == (RunState.QUEUED, 30, user.id)
    assert run.run_at <= now()
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject) == ("run.requested", f"run:{run.id}")


def test_several_runs_wait_and_a_forums_runs_are_done_one_after_another(app: Flask) -> None:
    forum, other = make_forum(), make_forum()
    first, second = runs.request_run(forum), runs.request_run(forum)
    elsewhere = runs.request_run(other)
    assert runs.claim("a") == first.id
    assert runs.claim("b") == elsewhere.id
    assert runs.claim("c") is None
    runs.fail(first.id, "a", Trouble.OUT_OF_TIME, seconds_used=1)
    assert runs.claim("c") == second.id


def test_one_run_is_for_every_night_and_not_too_many_wait(app: Flask) -> None:
    forum = make_forum()
    tonight = now() + timedelta(hours=5)
    runs.request_run(forum, run_at=tonight, repeat_daily=True)
    with pytest.raises(Conflict, match="every night"):
        runs.request_run(forum, run_at=tonight, repeat_daily=True)
    for _ in range(runs.MOST_WAITING - 1):
        runs.request_run(forum, run_at=tonight)
    with pytest.raises(Conflict, match="runs wait already"):
        runs.request_run(forum)


@pytest.mark.parametrize(
    ("field", "values"),
    [("seconds", {"seconds": 0}), ("seconds", {"seconds": 86_401}), ("workers", {"workers": 0})],
)
def test_limits_of_a_run_are_checked(app: Flask, field: str, values: dict[str, int]) -> None:
    with pytest.raises(Invalid) as caught:
        runs.request_run(make_forum(), **values)
    assert caught.value.field == field


def test_tonight_is_the_next_time_that_clocks_at_the_forum_show_the_hour(app: Flask) -> None:
    forum = make_forum(timezone="Europe/Brussels")
    with frozen_at(datetime(2027, 5, 10, 20, tzinfo=UTC)):  # 22:00 in Brussels
        assert runs.next_time(forum, time(23)) == datetime(2027, 5, 10, 21, tzinfo=UTC)
        assert runs.next_time(forum, time(22)) == datetime(2027, 5, 11, 20, tzinfo=UTC)
    with frozen_at(datetime(2027, 10, 30, 20, tzinfo=UTC)):  # the night when clocks go back
        assert runs.next_time(forum, time(4)) == datetime(2027, 10, 31, 3, tzinfo=UTC)


def test_only_due_runs_are_claimed_the_oldest_first(app: Flask) -> None:
    moment = now()
    later = make_run(make_forum(), run_at=moment - timedelta(minutes=1))
    first = make_run(make_forum(), run_at=moment - timedelta(minutes=2))
    make_run(make_forum(), run_at=moment + timedelta(minutes=1))
    assert [runs.claim("w") for _ in range(3)] == [first.id, later.id, None]
    row = _row(first.id)
    assert (row.state, row.owner, row.attempt) == (RunState.RUNNING, "w", 1)
    assert row.lease_until is not None
    assert row.lease_until > now()


def test_of_many_workers_one_gets_the_run(app: Flask) -> None:
    run = make_run(make_forum())
    barrier, got = Barrier(4), []

    def worker(name: str) -> None:
        with app.app_context():
            barrier.wait(30)
            got.append(runs.claim(name))

    threads = [Thread(target=worker, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got, key=str) == sorted([run.id, None, None, None], key=str)


def test_a_beat_renews_the_lease_and_keeps_checkpoint_and_progress(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    runs.claim("w")
    event = Progress(seconds=1.5, stage=Stage.IMPROVE, goal=GoalName.VALUE, value=3, bound=4, placed=2)
    moment = now() + timedelta(seconds=20)
    with frozen_at(moment):
        wished = runs.beat(run_id, "w", seconds_used=11.5, checkpoint=b"best", events=[event], offset=10.0)
    row = _row(run_id)
    assert not wished
    assert (row.lease_until, row.checkpoint, row.seconds_used) == (moment + LEASE, b"best", 11.5)
    stored = db.session.scalars(select(RunEvent).where(RunEvent.message == "")).one()
    assert (stored.seconds, stored.stage, stored.goal) == (11.5, "improve", "value")
    assert (stored.value, stored.bound, stored.placed) == (3, 4, 2)


def test_who_lost_the_lease_can_neither_beat_nor_finish(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    runs.claim("slow")
    with frozen_at(now() + LEASE * 2):
        assert runs.reap() == 1
        assert runs.claim("quick") == run_id
        with pytest.raises(LeaseLost):
            runs.beat(run_id, "slow", seconds_used=1)
        with pytest.raises(LeaseLost), transaction() as session:
            runs.finish(
                session, run_id, "slow", state=RunState.FINISHED, status=None, seconds_used=1, message=""
            )
    assert (_row(run_id).owner, _row(run_id).state) == ("quick", RunState.RUNNING)


def test_a_lost_run_keeps_its_checkpoint_and_a_living_one_is_left_alone(app: Flask) -> None:
    lost, living = make_run(make_forum()).id, make_run(make_forum()).id
    runs.claim("a")
    runs.claim("b")
    runs.beat(lost, "a", seconds_used=3, checkpoint=b"best")
    with frozen_at(now() + LEASE * 2):
        runs.beat(living, "b", seconds_used=1)
        assert runs.reap() == 1
    row = _row(lost)
    assert (row.state, row.owner, row.checkpoint) == (RunState.QUEUED, None, b"best")
    assert row.seconds_used == 3
    assert _row(living).state == RunState.RUNNING


def test_a_run_whose_workers_all_die_is_given_up_with_a_message(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    moment = now()
    for _ in range(MAX_ATTEMPTS + 1):
        with frozen_at(moment):
            assert runs.claim("w") == run_id
        moment += LEASE * 2
        with frozen_at(moment):
            runs.reap()
    row = _row(run_id)
    assert (row.state, row.message) == (RunState.FAILED, Trouble.GAVE_UP)
    assert runs.claim("w") is None


def test_a_worker_that_is_asked_to_stop_gives_its_run_back_without_spending_an_attempt(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    runs.claim("w")
    runs.release(run_id, "w", counts=False)
    assert (_row(run_id).state, _row(run_id).attempt) == (RunState.QUEUED, 0)
    runs.claim("v")
    runs.release(run_id, "somebody else", counts=False)
    assert _row(run_id).owner == "v"


def test_stopping_calls_off_a_waiting_run_and_is_wished_from_a_running_one(app: Flask) -> None:
    forum = make_forum()
    waiting = make_run(forum, run_at=now() + timedelta(hours=1), repeat_daily=True)
    runs.wish_stop(waiting)
    assert _row(waiting.id).state == RunState.CANCELLED
    running = make_run(forum)
    runs.claim("w")
    runs.wish_stop(running)
    assert _row(running.id).state == RunState.RUNNING
    assert runs.beat(running.id, "w", seconds_used=1)


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.FAILED])
def test_a_nightly_run_is_queued_again_for_the_same_hour_of_the_forums_clocks(
    app: Flask, state: RunState
) -> None:
    forum = make_forum(timezone="Europe/Brussels")
    at = datetime(2027, 10, 30, 1, tzinfo=UTC)  # 03:00 in Brussels, the day before clocks go back
    run = make_run(forum, run_at=at, repeat_daily=True, seconds=99)
    with frozen_at(at + timedelta(minutes=1)):
        runs.claim("w")
        with transaction() as session:
            runs.finish(session, run.id, "w", state=state, status=None, seconds_used=1)
    following = db.session.scalars(select(Run).where(Run.state == RunState.QUEUED)).one()
    assert following.run_at == datetime(2027, 10, 31, 2, tzinfo=UTC)  # 03:00 again
    assert (following.repeat_daily, following.seconds) == (True, 99)
