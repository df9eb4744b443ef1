"""How far the forum is, in the head of every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import force_locale

from forum_scheduler.clock import frozen_at, now
from forum_scheduler.forums.models import Forum
from forum_scheduler.navigation import forum_state
from forum_scheduler.scheduling.models import RunState
from tests.factories import make_forum, make_publication, make_run, make_schedule, slots_of

HOUR = timedelta(hours=1)


def state_of(forum: Forum) -> tuple[str, str]:
    with force_locale("en"):
        state = forum_state(forum)
    return state.label, state.detail


@pytest.mark.parametrize(
    ("opens", "closes", "label", "detail"),
    [
        (None, None, "Set-up", ""),
        (+1, +2, "Set-up", "requests from"),
        (-1, None, "Requests open", ""),
        (-1, +1, "Requests open", "until"),
        (-2, -1, "Requests closed", "since"),
    ],
)
def test_before_publication_the_request_window_counts(
    app: Flask, opens: int | None, closes: int | None, label: str, detail: str
) -> None:
    forum = make_forum(
        requests_open_at=None if opens is None else now() + opens * HOUR,
        requests_close_at=None if closes is None else now() + closes * HOUR,
    )
    said, more = state_of(forum)
    assert said == label
    assert more.startswith(detail) if detail else more == ""


def test_while_requests_are_open_a_published_version_does_not_hide_it(app: Flask) -> None:
    forum = make_forum(requests_open_at=now() - HOUR, requests_close_at=now() + HOUR)
    make_publication(make_schedule(forum))
    label, detail = state_of(forum)
    assert label == "Version 1 published"
    assert detail.startswith("requests open until")
    assert " " not in detail.removeprefix("requests open until ")  # no line of a phone ends within the time


def test_once_requests_are_closed_the_version_says_all(app: Flask) -> None:
    forum = make_forum(requests_open_at=now() - 2 * HOUR, requests_close_at=now() - HOUR)
    make_publication(make_schedule(forum))
    assert state_of(forum) == ("Version 1 published", "")


def test_a_run_at_work_comes_before_the_version(app: Flask) -> None:
    forum = make_forum()
    make_publication(make_schedule(forum))
    make_run(forum, state=RunState.RUNNING)
    assert state_of(forum) == ("Solving", "Version 1 published")


def test_after_its_last_slot_the_forum_is_over(app: Flask) -> None:
    forum = make_forum()
    with frozen_at(slots_of(forum)[-1].ends_at + HOUR):
        assert state_of(forum) == ("Over", "")
