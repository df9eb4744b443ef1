"""/healthz notices when no worker does what is due."""

from __future__ import annotations

import json
from datetime import timedelta

from forum_scheduler.clock import frozen_at, now
from forum_scheduler.scheduling.models import RunState
from tests.factories import make_forum, make_run
from tests.outbox.test_services import queue
from tests.pages import Visitor


def worker_of(client: Visitor) -> tuple[int, str]:
    answer = client.get("/healthz")
    return answer.status_code, json.loads(answer.text)["worker"]


def test_a_run_that_waits_for_long_means_that_no_worker_lives(client: Visitor) -> None:
    forum = make_forum()
    make_run(forum, run_at=now() + timedelta(hours=1))
    assert worker_of(client) == (200, "ok")
    make_run(forum, run_at=now() - timedelta(hours=1))
    assert worker_of(client) == (503, "not working")


def test_a_run_may_wait_for_another_that_is_at_work(client: Visitor) -> None:
    forum = make_forum()
    make_run(forum, run_at=now() - timedelta(hours=1))
    make_run(forum, state=RunState.RUNNING, lease_until=now() + timedelta(minutes=1))
    assert worker_of(client) == (200, "ok")


def test_a_run_whose_worker_died_and_nobody_goes_on_with(client: Visitor) -> None:
    lost = now() - timedelta(hours=1)
    make_run(make_forum(), state=RunState.RUNNING, run_at=lost, lease_until=lost)
    assert worker_of(client) == (503, "not working")


def test_a_mail_that_waits_for_long(client: Visitor) -> None:
    queue()
    assert worker_of(client) == (200, "ok")
    queue_long_ago()
    assert worker_of(client) == (503, "not working")


def queue_long_ago() -> None:
    with frozen_at(now() - timedelta(hours=1)):
        queue("old")
