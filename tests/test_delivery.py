"""What goes over the line: files that browsers keep, and texts that are compressed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from flask import Flask, url_for

from forum_scheduler.accounts.models import User
from tests.factories import make_forum, make_staff, make_user
from tests.pages import Visitor
from tests.queries import count_queries

pytestmark = pytest.mark.databases("sqlite")
SignIn = Callable[[User], Visitor]


def address(app: Flask, name: str) -> str:
    with app.test_request_context():
        return url_for("static", filename=name)


def test_files_are_kept_for_a_year_under_an_address_that_changes_with_them(
    app: Flask, client: Visitor
) -> None:
    answer = client.get(address(app, "css/base.css"))
    kept = answer.headers["Cache-Control"]
    assert "immutable" in kept
    assert "max-age=31536000" in kept
    assert "no-cache" not in kept


def test_a_page_from_before_an_update_still_finds_its_files_and_keeps_them_not(
    app: Flask, client: Visitor
) -> None:
    now = address(app, "css/base.css")
    before = re.sub(r"/static/[0-9a-f]+/", "/static/0123456789ab/", now)
    assert before != now
    answer = client.get(before)
    assert answer.data == client.get(now).data
    assert answer.headers["Cache-Control"] == "no-cache"
    for accepted in ({}, {"Accept-Encoding": "gzip"}):
        etag = client.get(before, headers=accepted).headers["ETag"]
        assert client.get(before, headers={**accepted, "If-None-Match": etag}).status_code == 304


def test_nothing_outside_of_the_static_files_is_served(app: Flask, client: Visitor) -> None:
    for name in ("../app.py", "%2e%2e/app.py", "..%2fapp.py", "css", "css/nothing.css"):
        assert client.get(f"{address(app, 'x').removesuffix('x')}{name}").status_code == 404


def test_files_load_nobody_and_touch_no_database(app: Flask, client_for: SignIn) -> None:
    client = client_for(make_user())
    with count_queries() as queries:
        client.get(address(app, "js/main.js"))
    assert queries.texts == []


def test_pages_and_styles_are_compressed_for_who_can_read_it(app: Flask, client: Visitor) -> None:
    for url in ("/sign-in", address(app, "css/base.css")):
        plain = client.get(url)
        assert "Content-Encoding" not in plain.headers
        packed = client.get(url, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(packed.data) < len(plain.data) / 2
        assert b"<html" in gzip.decompress(packed.data) or url != "/sign-in"
    assert client.get("/sign-in", headers={"Accept-Encoding": "br, gzip"}).headers["Content-Encoding"] == "br"


def test_an_organisers_page_is_compressed_too_and_private(client_for: SignIn) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    answer = client.get(f"/f/{forum.slug}/", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-store"
