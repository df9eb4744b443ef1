"""Logs are JSON lines with the request's id, and hold nothing personal."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from forum_scheduler import logs
from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.services import sign_in_url
from tests.factories import make_forum, make_staff, make_user
from tests.pages import Visitor

pytestmark = pytest.mark.databases("sqlite")
SignIn = Callable[[User], Visitor]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Everything that is logged in the test, as it would be written."""
    text = io.StringIO()
    handler = logs.make_handler(text)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_id(client_for: SignIn, stream: io.StringIO) -> None:
    forum = make_forum()
    answer = client_for(make_staff(forum)).get(f"/f/{forum.slug}/audit?search=ann@example.org")
    (line,) = [line for line in lines(stream) if line["event"] == "request"]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", "/f/<forum_slug>/audit", 200)
    assert line["forum_id"] == forum.id
    assert {"at", "level", "milliseconds"} <= set(line)


def test_secrets_and_persons_stay_out(client: Visitor, stream: io.StringIO) -> None:
    user = make_user("Ann Smith", email="ann@example.org")
    url = sign_in_url(user).removeprefix("http://localhost")
    client.post("/sign-in", data={"email": "ann@example.org"})
    client.get(url + "?utm=ann")
    client.post(url)
    client.page("/profile")
    written = stream.getvalue()
    assert len(lines(stream)) >= 4
    for secret in ("ann@example.org", "Ann Smith", url.rpartition("/")[2], "utm", user.fs_uniquifier):
        assert secret not in written


def test_what_libraries_log_is_masked_too(stream: io.StringIO) -> None:
    logging.getLogger("library").warning("can't write to %s at /feed/abc123.ics?x=1", "bob@example.org")
    (line,) = lines(stream)
    assert line["event"] == "can't write to <e-mail> at /feed/<secret>?<query>"
    assert (line["level"], line["logger"]) == ("warning", "library")


def test_the_story_of_an_error_is_kept_and_masked(stream: io.StringIO) -> None:
    try:
        raise ValueError("bob@example.org is wrong")
    except ValueError:
        logging.getLogger("library").exception("failed")
    (line,) = lines(stream)
    assert "ValueError: <e-mail> is wrong" in line["exception"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ann <ann@example.org>", "Ann <<e-mail>>"),
        ("GET /sign-in/abc-DEF_1 404", "GET /sign-in/<secret> 404"),
        ("GET /f/x/inbox?page=2&name=Ann HTTP", "GET /f/x/inbox?<query> HTTP"),
        ("password=hunter2 token=abc", "password=<secret> token=<secret>"),
        ("postgresql://user:pw@host/db", "postgresql://<secret>@host/db"),
        ("run 7 placed 612 of 640", "run 7 placed 612 of 640"),
        ("why? because", "why? because"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


def test_a_server_logs_to_standard_error_once(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logs.configure()
        logs.configure()
        logs.get_logger("forum.test").info("run-claimed", run_id=7)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["run_id"] == 7
