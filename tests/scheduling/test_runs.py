"""Runs as people ask for them: within limits, at an hour of the forum's clocks, called off."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.scheduling import leases, runs
from forum_scheduler.scheduling.models import Run, RunState
from tests.factories import make_forum, make_run, make_user


def _state(run: Run) -> RunState:
    return db.session.scalars(select(Run.state).where(Run.id == run.id)).one()


def test_a_run_that_is_asked_for_waits_for_a_worker_and_is_in_the_audit_log(app: Flask) -> None:
    forum, user = make_forum(), make_user()
    run = runs.request_run(forum, seconds=30, by=user.id)
    assert (run.state, run.seconds, run.requested_by_id) == (RunState.QUEUED, 30, user.id)
    assert run.run_at <= now()
    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject) == ("run.requested", f"run:{run.id}")


def test_one_run_is_for_every_night_and_not_too_many_wait(app: Flask) -> None:
    forum = make_forum()
    tonight = now() + timedelta(hours=5)
    runs.request_run(forum, run_at=tonight, repeat_daily=True)
    with pytest.raises(Conflict, match="every night"):
        runs.request_run(forum, run_at=tonight, repeat_daily=True)
    for hours in range(1, runs.MOST_WAITING):
        runs.request_run(forum, run_at=tonight + timedelta(hours=hours))
    with pytest.raises(Conflict, match="runs wait already"):
        runs.request_run(forum)


def test_a_single_run_is_not_planned_for_the_minute_of_the_run_of_every_night(app: Flask) -> None:
    forum = make_forum(timezone="Europe/Brussels")
    with frozen_at(datetime(2027, 5, 10, 20, tzinfo=UTC)):
        two, three = (runs.next_time(forum, time(hour)) for hour in (2, 3))
        runs.request_run(forum, run_at=two, repeat_daily=True)
        with pytest.raises(Conflict, match="A run starts every night at 02:00 already"):
            runs.request_run(forum, run_at=two)
        assert runs.request_run(forum, run_at=three).run_at == three


def test_a_run_of_every_night_is_not_planned_for_the_minute_of_a_single_one(app: Flask) -> None:
    forum, other = make_forum(timezone="Europe/Brussels"), make_forum(timezone="Europe/Brussels")
    with frozen_at(datetime(2027, 5, 10, 20, tzinfo=UTC)):
        two = runs.next_time(forum, time(2))
        single = runs.request_run(forum, run_at=two)
        with pytest.raises(Conflict, match="A run is planned for 02:00 already"):
            runs.request_run(forum, run_at=two, repeat_daily=True)
        assert runs.request_run(other, run_at=two, repeat_daily=True).repeat_daily  # each forum has its own
        runs.wish_stop(single)
        assert runs.request_run(forum, run_at=two, repeat_daily=True).repeat_daily


def test_while_the_run_of_a_night_is_under_way_its_hour_of_tomorrow_is_taken(app: Flask) -> None:
    forum = make_forum(timezone="Europe/Brussels")
    with frozen_at(datetime(2027, 5, 10, 20, tzinfo=UTC)):
        runs.request_run(forum, run_at=runs.next_time(forum, time(2)), repeat_daily=True)
    with frozen_at(datetime(2027, 5, 11, 0, 5, tzinfo=UTC)):  # 02:05 in Brussels
        assert leases.claim("w") is not None
        with pytest.raises(Conflict, match="A run starts every night at 02:00 already"):
            runs.request_run(forum, run_at=runs.next_time(forum, time(2)))
        assert runs.request_run(forum).state == RunState.QUEUED  # now is another matter


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


def test_stopping_calls_off_a_waiting_run_and_is_wished_from_a_running_one(app: Flask) -> None:
    forum = make_forum()
    waiting = make_run(forum, run_at=now() + timedelta(hours=1), repeat_daily=True)
    runs.wish_stop(waiting)
    assert _state(waiting) == RunState.CANCELLED
    running = make_run(forum)
    leases.claim("w")
    runs.wish_stop(running)
    assert _state(running) == RunState.RUNNING
    assert leases.beat(running.id, "w", seconds_used=1)
