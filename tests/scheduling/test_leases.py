"""Runs in workers' hands: claimed by one, resumed after a loss, given up after five attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forum_scheduler.clock import frozen_at, now
from forum_scheduler.extensions import db, transaction
from forum_scheduler.scheduling import leases, runs
from forum_scheduler.scheduling.leases import LEASE, MAX_ATTEMPTS, LeaseLost, Trouble
from forum_scheduler.scheduling.models import Run, RunEvent, RunState
from solver.problem import GoalName
from solver.progress import Progress, Stage
from tests.factories import make_forum, make_run


def _row(run_id: int) -> Run:
    return db.session.scalars(
        select(Run)
        .where(Run.id == run_id)
        .options(undefer(Run.checkpoint))
        .execution_options(populate_existing=True)
    ).one()


def test_several_runs_wait_and_a_forums_runs_are_done_one_after_another(app: Flask) -> None:
    forum, other = make_forum(), make_forum()
    first, second = runs.request_run(forum), runs.request_run(forum)
    elsewhere = runs.request_run(other)
    assert leases.claim("a") == first.id
    assert leases.claim("b") == elsewhere.id
    assert leases.claim("c") is None
    leases.fail(first.id, "a", Trouble.OUT_OF_TIME, seconds_used=1)
    assert leases.claim("c") == second.id


def test_only_due_runs_are_claimed_the_oldest_first(app: Flask) -> None:
    moment = now()
    later = make_run(make_forum(), run_at=moment - timedelta(minutes=1))
    first = make_run(make_forum(), run_at=moment - timedelta(minutes=2))
    make_run(make_forum(), run_at=moment + timedelta(minutes=1))
    assert [leases.claim("w") for _ in range(3)] == [first.id, later.id, None]
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
            got.append(leases.claim(name))

    threads = [Thread(target=worker, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got, key=str) == sorted([run.id, None, None, None], key=str)


def test_a_beat_renews_the_lease_and_keeps_checkpoint_and_progress(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    leases.claim("w")
    event = Progress(seconds=1.5, stage=Stage.IMPROVE, goal=GoalName.VALUE, value=3, bound=4, placed=2)
    moment = now() + timedelta(seconds=20)
    with frozen_at(moment):
        wished = leases.beat(run_id, "w", seconds_used=11.5, checkpoint=b"best", events=[event], offset=10.0)
    row = _row(run_id)
    assert not wished
    assert (row.lease_until, row.checkpoint, row.seconds_used) == (moment + LEASE, b"best", 11.5)
    stored = db.session.scalars(select(RunEvent).where(RunEvent.message == "")).one()
    assert (stored.seconds, stored.stage, stored.goal) == (11.5, "improve", "value")
    assert (stored.value, stored.bound, stored.placed) == (3, 4, 2)


def test_who_lost_the_lease_can_neither_beat_nor_finish(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    leases.claim("slow")
    with frozen_at(now() + LEASE * 2):
        assert leases.reap() == 1
        assert leases.claim("quick") == run_id
        with pytest.raises(LeaseLost):
            leases.beat(run_id, "slow", seconds_used=1)
        with pytest.raises(LeaseLost), transaction() as session:
            leases.finish(
                session, run_id, "slow", state=RunState.FINISHED, status=None, seconds_used=1, message=""
            )
    assert (_row(run_id).owner, _row(run_id).state) == ("quick", RunState.RUNNING)


def test_a_lost_run_keeps_its_checkpoint_and_a_living_one_is_left_alone(app: Flask) -> None:
    lost, living = make_run(make_forum()).id, make_run(make_forum()).id
    leases.claim("a")
    leases.claim("b")
    leases.beat(lost, "a", seconds_used=3, checkpoint=b"best")
    with frozen_at(now() + LEASE * 2):
        leases.beat(living, "b", seconds_used=1)
        assert leases.reap() == 1
    row = _row(lost)
    assert (row.state, row.owner, row.checkpoint) == (RunState.QUEUED, None, b"best")
    assert row.seconds_used == 3
    assert _row(living).state == RunState.RUNNING


def test_a_run_whose_workers_all_die_is_given_up_with_a_message(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    moment = now()
    for _ in range(MAX_ATTEMPTS + 1):
        with frozen_at(moment):
            assert leases.claim("w") == run_id
        moment += LEASE * 2
        with frozen_at(moment):
            leases.reap()
    row = _row(run_id)
    assert (row.state, row.message) == (RunState.FAILED, Trouble.GAVE_UP)
    assert leases.claim("w") is None


def test_a_worker_that_is_asked_to_stop_gives_its_run_back_without_spending_an_attempt(app: Flask) -> None:
    run_id = make_run(make_forum()).id
    leases.claim("w")
    leases.release(run_id, "w", counts=False)
    assert (_row(run_id).state, _row(run_id).attempt) == (RunState.QUEUED, 0)
    leases.claim("v")
    leases.release(run_id, "somebody else", counts=False)
    assert _row(run_id).owner == "v"


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.FAILED])
def test_a_nightly_run_is_queued_again_for_the_same_hour_of_the_forums_clocks(
    app: Flask, state: RunState
) -> None:
    forum = make_forum(timezone="Europe/Brussels")
    at = datetime(2027, 10, 30, 1, tzinfo=UTC)  # 03:00 in Brussels, the day before clocks go back
    run = make_run(forum, run_at=at, repeat_daily=True, seconds=99)
    with frozen_at(at + timedelta(minutes=1)):
        leases.claim("w")
        with transaction() as session:
            leases.finish(session, run.id, "w", state=state, status=None, seconds_used=1)
    following = db.session.scalars(select(Run).where(Run.state == RunState.QUEUED)).one()
    assert following.run_at == datetime(2027, 10, 31, 2, tzinfo=UTC)  # 03:00 again
    assert (following.repeat_daily, following.seconds) == (True, 99)
