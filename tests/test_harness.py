"""The test harness itself: databases of their own, factories that hold, pages that are judged."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import redis
from flask import Flask, Request
from sqlalchemy import func, select, text

from forum_scheduler.accounts.models import StaffRole, User
from forum_scheduler.extensions import db
from forum_scheduler.publishing.models import Publication
from forum_scheduler.requests.models import RequestState
from forum_scheduler.scheduling.models import Schedule
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_request,
    make_schedule,
    make_staff,
    make_user,
    representative_of,
    slots_of,
    tables_of,
)
from tests.pages import Page
from tests.queries import count_queries
from tests.servers import free_port, site_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_an_empty_database(app: Flask, turn: int) -> None:
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
    make_user(email="ann@example.org")


def test_the_database_is_of_the_kind_that_was_asked_for(app: Flask, database_kind: str) -> None:
    wanted = {"sqlite": "sqlite", "postgres": "postgresql"}[database_kind]
    assert db.engine.dialect.name == wanted


def test_factories_make_a_forum_up_to_its_published_schedule(app: Flask) -> None:
    forum = make_forum(slots=3, tables=2)
    one, other = make_company(forum, side="ua"), make_company(forum, side="eu", delegates=2)
    meeting = make_meeting(make_request(one, other, state=RequestState.ACCEPTED))
    people = [*delegates_of(one), delegates_of(other)[0]]
    schedule = make_schedule(forum, (meeting, slots_of(forum)[0], tables_of(forum)[0], people))
    make_publication(schedule, by=make_staff(forum, StaffRole.ORGANISER))
    assert len(slots_of(forum)) == 6
    assert representative_of(one) != representative_of(other)
    assert db.session.scalar(select(Publication.version)) == 1
    assert db.session.scalar(select(Schedule.placed_count)) == 1


def test_statements_are_counted(app: Flask) -> None:
    make_user()
    with count_queries() as statements:
        db.session.execute(text("SELECT 1"))
        db.session.execute(text("SELECT 2"))
        db.session.commit()
    assert statements.count == 2
    with count_queries() as none:
        db.session.commit()
    assert none.count == 0


@pytest.mark.redis
def test_redis_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.ping()


class _Body:
    """An answer that counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield b""

    def close(self) -> None:
        self.closed += 1


def test_an_answer_is_closed_although_the_browser_broke_off() -> None:
    bodies: list[_Body] = []

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("304 NOT MODIFIED", [])
        body = _Body()
        bodies.append(body)
        return body

    port = free_port()
    with site_server(answer, port=port):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 304")
    deadline = time.monotonic() + 10  # the threads of broken connections end on their own
    while not all(body.closed for body in bodies) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert bodies
    assert [body.closed for body in bodies] == [1] * len(bodies)


GOOD = (
    '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>'
    '<p id="a">words</p></main></body></html>'
)
BAD = {
    "a second h1": GOOD.replace("<p ", "<h1>B</h1><p "),
    "no title": GOOD.replace("<title>A</title>", ""),
    "no language": GOOD.replace(' lang="en"', ""),
    "an id twice": GOOD.replace("<p ", '<p id="a">x</p><p '),
    "a label that leads nowhere": GOOD.replace("<p ", '<label for="x">X</label><p '),
    "a style attribute": GOOD.replace("<p ", '<p style="color: red" '),
    "a handler": GOOD.replace("<p ", '<p onclick="x()" '),
    "a script of its own": GOOD.replace("<p ", "<script>x()</script><p "),
    "broken nesting": GOOD.replace("words", "<div>words</b>"),
    "a dead link": GOOD.replace("words", '<a href="/nowhere/at/all">x</a>'),
}


class _Answer:
    """As much of a response as a Page reads."""

    request = cast(Request, SimpleNamespace(full_path="/a?"))
    status_code = 200
    mimetype = "text/html"
    headers = {  # noqa: RUF012 -- read only
        "Content-Security-Policy": "script-src 'self' 'nonce-n'",
        "X-Content-Type-Options": "nosniff",
    }

    def __init__(self, html: str) -> None:
        self._html = html

    def get_data(self, *, as_text: bool) -> str:
        return self._html


def _page(app: Flask, html: str) -> Page:
    return Page(cast("object", _Answer(html)), routes=app.url_map.bind("localhost"))  # type: ignore[arg-type]


@pytest.mark.databases("sqlite")
def test_a_good_page_passes(app: Flask) -> None:
    _page(app, GOOD).check()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("mistake", BAD)
def test_a_page_is_refused_for(app: Flask, mistake: str) -> None:
    with pytest.raises(AssertionError):
        _page(app, BAD[mistake]).check()
