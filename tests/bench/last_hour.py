"""The last hour before the window closes: every company sends and answers at once, against ``forum serve``.

``python -m tests.bench.last_hour [--companies 500] [--quiet]`` on both databases. Each company is a browser
of its own: it looks at the directory, asks three others by their forms, and answers what has come meanwhile.
Afterwards the database is counted: no answer of the server was an error, nothing is lost, nothing double.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from http.client import HTTPException
from itertools import islice
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import User
from forum_scheduler.app import create_app
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Representative
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.models import Meeting, MeetingState, Request, RequestState
from tests.bench.market import database, fill
from tests.bench.measure import machine, publish, table
from tests.servers import free_port

ASKS = 3  # of each company
LOG = "serve.log"
MOST_LINES = 200
PATIENCE = 120.0  # seconds that a browser waits for an answer
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
OPEN = re.compile(r'name="request" value="(\d+)" aria-label')  # ticks; a single request has none


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kw: object) -> None:
        return None


@dataclass
class Found:
    """What the browsers saw: seconds of each answer, and how often each status came."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    asked: set[tuple[int, int]] = field(default_factory=set)  # pairs whose request the server confirmed
    answered: set[int] = field(default_factory=set)  # requests whose acceptance the server confirmed
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Browser:
    """One representative; cookies are kept and forms are sent as a browser would."""

    address: str
    cookies: dict[str, str]
    found: Found

    def open(self, path: str, data: Sequence[tuple[str, str]] | None = None) -> tuple[int, str]:
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = urllib.request.Request(self.address + path, data=body, headers={"Cookie": cookies})
        opener = urllib.request.build_opener(_NoRedirect)
        began = time.perf_counter()
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                status, text, headers = answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            status, text, headers = error.code, error.read().decode(), error.headers
        except (OSError, HTTPException) as error:  # no answer at all, or half of one
            status, text, headers = 599, str(error), None
        for given in headers.get_all("Set-Cookie", ()) if headers is not None else ():
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        with self.found.lock:
            self.found.seconds.append(time.perf_counter() - began)
            self.found.statuses[status] += 1
        return status, text


def form_fields(html: str, words: str) -> list[tuple[str, str]]:
    """The hidden fields of the form that has ``words`` in it."""
    for form in html.split("<form")[1:]:
        body = form.split("</form>")[0]
        if words in body:
            return [(name, unescape(value)) for name, value in HIDDEN.findall(body)]
    return []


def last_hour(app: Flask, address: str, *, slug: str, company_count: int) -> Found:
    """Let every company send and answer at once; ends when all have."""
    found = Found()
    with app.app_context():
        people = _people(slug)[:company_count]
    start = threading.Barrier(len(people))
    ids = {side: [id_ for id_, its_side, _ in people if its_side == side] for _, side, _ in people}

    def live(company_id: int, side: int, who: str) -> None:
        browser = Browser(address, _cookies(app, who), found)
        others = [id_ for other, some in ids.items() if other != side for id_ in some]
        start.wait()
        browser.open(f"/f/{slug}/companies")
        for step in range(ASKS):
            # Neighbours ask the same ones, and each other.
            other = others[(company_id + step * step) % len(others)]
            _ask(browser, f"/f/{slug}", company_id, other, found)
        _answer(browser, f"/f/{slug}", found)

    threads = [threading.Thread(target=live, args=person) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _ask(browser: Browser, root: str, company_id: int, other: int, found: Found) -> None:
    _status, page = browser.open(f"{root}/companies/{other}/ask")
    fields = form_fields(page, 'name="message"')
    if not fields:
        return  # they asked before, and this company has accepted: the page says that the meeting is agreed
    data = [
        *fields,
        *(("priority", "normal"), ("message", f"{company_id} to {other}"), ("length_slots", "1")),
        ("interpret", "derived"),
    ]
    for _click in range(2):  # everybody is nervous
        status, _text = browser.open(f"{root}/companies/{other}/ask", data)
        if status == 303:
            with found.lock:
                found.asked.add((min(company_id, other), max(company_id, other)))


def _answer(browser: Browser, root: str, found: Found) -> None:
    """Accept all that has come, in one go."""
    _status, page = browser.open(f"{root}/inbox")
    waiting = OPEN.findall(page)
    if not waiting:
        return
    fields = dict(form_fields(page, 'id="answer-many"'))
    data = [*fields.items(), ("verb", "accept"), *(("request", id_) for id_ in waiting)]
    status, _text = browser.open(f"{root}/inbox", data)
    if status == 303:
        with found.lock:
            found.answered.update(int(id_) for id_ in waiting)


def _people(slug: str) -> list[tuple[int, int, str]]:
    """(company, its side, session of its representative), the sides in turn so that both are there."""
    rows = db.session.execute(
        select(Company.id, Company.side_id, User.fs_uniquifier)
        .join(Representative, Representative.company_id == Company.id)
        .join(User, User.id == Representative.user_id)
        .order_by(Company.id)
    ).all()
    db.session.remove()
    return [(id_, side, who) for id_, side, who in rows]


def _cookies(app: Flask, who: str) -> dict[str, str]:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    name = app.config["SESSION_COOKIE_NAME"]
    return {name: str(serializer.dumps({"_user_id": who, "_fresh": True}))}


def faults(app: Flask, found: Found) -> list[str]:
    """What must not be: errors of the server, lost or double rows. Empty when all is well."""
    with app.app_context():
        pairs = db.session.execute(select(Request.low_id, Request.high_id)).all()
        states: dict[int, str] = dict(db.session.execute(select(Request.id, Request.state)).all())
        meetings: Mapping[int, int] = dict(
            db.session.execute(
                select(Meeting.request_id, func.count())
                .where(Meeting.state == MeetingState.AGREED)
                .group_by(Meeting.request_id)
            ).all()
        )
        mails = db.session.scalar(select(func.count()).where(Mail.kind == "request-received")) or 0
        db.session.remove()
    accepted = {id_ for id_, state in states.items() if state == RequestState.ACCEPTED}
    lost = found.asked - {(low, high) for low, high in pairs}
    checks = {
        f"errors of the server: {dict(found.statuses)}": any(status >= 500 for status in found.statuses),
        f"{len(lost)} requests are lost": bool(lost),
        "a pair has two requests": len(pairs) != len(set(pairs)),
        "an acceptance is lost": not found.answered <= accepted,
        "agreed requests and their meetings differ": set(meetings) != accepted,
        "a request has two meetings": any(number > 1 for number in meetings.values()),
        f"{mails} mails for {len(pairs)} requests": mails != len(pairs),
        "nothing was asked or accepted": not found.asked or not accepted,
    }
    return [words for words, wrong in checks.items() if wrong]


@contextmanager
def served(config: Config, *, workers: int) -> Iterator[str]:
    """Address of ``forum serve`` in a process of its own."""
    port = free_port()
    environment = {
        **os.environ,
        "FORUM_INSTANCE": str(config.instance),
        "DATABASE_URL": config.database_url,
        "FORUM_SECRET_KEY": config.secret_key,
        "PYTHONFAULTHANDLER": "1",  # should native code crash, the log says where
    }
    where = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    with (config.instance / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "forum_scheduler.cli", "serve", *where],
            env=environment,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    waiter = threading.Event()
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"forum serve ended with {process.returncode}")
        try:
            urllib.request.urlopen(f"{address}/sign-in", timeout=10).close()
        except OSError:
            waiter.wait(0.1)
        else:
            return
    raise RuntimeError("forum serve does not answer")


def run(kind: str, *, company_count: int, workers: int = 2) -> tuple[Found, list[str], float]:
    """Fill a forum, serve it, live its last hour: what was seen, what is wrong, and the seconds."""
    with database(kind) as config:
        app = create_app(config)
        with app.app_context():
            forum = fill(company_count=company_count, request_count=0)
            forum.requests_close_at = now() + timedelta(hours=1)  # so notices go by mail at once
            db.session.commit()
            slug = forum.slug
            db.session.remove()
        with served(config, workers=workers) as address:
            began = time.perf_counter()
            found = last_hour(app, address, slug=slug, company_count=company_count)
            seconds = time.perf_counter() - began
        wrong = faults(app, found)
        if wrong:
            sys.stderr.write("".join(_complaints(config.instance / LOG)))
        with app.app_context():
            db.engine.dispose()
    return found, wrong, seconds


def _complaints(log: Path) -> Iterator[str]:
    """What the server said besides one line for each request."""
    lines = log.read_text(errors="replace").splitlines(keepends=True)
    return islice((line for line in lines if '"request"' not in line), MOST_LINES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=500)
    parser.add_argument("--quiet", action="store_true", help="leave docs/benchmarks.md as it is")
    options = parser.parse_args()
    rows, trouble = [], []
    for kind, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        found, wrong, seconds = run(kind, company_count=options.companies)
        trouble += [f"{name}: {each}" for each in wrong]
        times = sorted(found.seconds)
        rows.append(
            [
                name,
                *(f"{number:,}" for number in (options.companies, len(times), len(found.asked))),
                f"{len(found.answered):,}",
                f"{len(times) / seconds:.0f}",
                *(f"{times[int(share * (len(times) - 1))]:.2f}" for share in (0.5, 0.95, 1)),
                "; ".join(wrong) or "none",
            ]
        )
        sys.stdout.write(" | ".join(rows[-1]) + "\n")
    if not options.quiet:
        head = ("database", "companies at once", "answers of the server", "pairs asked", "accepted")
        head += ("answers a second", "seconds, median", "95 %", "longest", "errors, lost, double")
        lines = ["## The last hour before the window closes", "", *machine()]
        lines += [
            f"`make load`: each company is a browser that opens the directory, sends {ASKS} requests by",
            "their forms, each twice, and accepts what came, all at once, against `forum serve --workers 2`;",
            "browsers and server share the machine.",
            "",
        ]
        publish("last hour", [*lines, *table(head, rows)])
    for each in trouble:
        sys.stderr.write(f"{each}\n")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
