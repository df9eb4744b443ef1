"""The board at its largest: 40 slots x 500 tables, 16,000 meetings, in a real Chromium.

Measured as a person feels it: from the pointer's move (its own time stamp) to the next painted frame, and
from a step until its card stands at the new place.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import FloatRect, Page, sync_playwright
from sqlalchemy import insert, select

from forum_scheduler.app import create_app
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Meeting, Party
from forum_scheduler.scheduling.board.models import Board
from forum_scheduler.scheduling.board.position import judge
from forum_scheduler.scheduling.ids import Kind, solver_id
from forum_scheduler.scheduling.planning import build
from forum_scheduler.scheduling.storing import store_schedule
from solver import __version__
from solver.codec import digest
from solver.schedule import GoalResult, Placement, Schedule, Status
from tests.bench.measure import machine, publish, table
from tests.browser.conftest import CHROMIUM, DESKTOP, FLAGS
from tests.conftest import make_config, migrate
from tests.factories import make_forum, make_staff, sides_of, slots_of, tables_of
from tests.servers import free_port, site_server

SLOTS, TABLES, SHARE = 40, 500, 0.8
MOVES = 60

# The first card in sight that could go somewhere else, and a slot where it could.
FIND = """
async () => {
  for (const card of [...document.querySelectorAll("tbody .board-card")].slice(0, 40)) {
    const fits = await (await fetch(`${card.href}/fits`)).json();
    const row = [...document.querySelectorAll("tr[data-slot]")].find(
      (each) => !(each.dataset.slot in fits.slots) && each !== card.closest("tr"));
    if (row) return [card.dataset.meeting, row.dataset.slot];
  }
}
"""
# Times from a pointer's move to the frame after it.
WATCH = """
window.moves = [];
document.addEventListener("pointermove", (event) => {
  requestAnimationFrame(() => setTimeout(() => window.moves.push(performance.now() - event.timeStamp)));
}, true);
"""

# Times of frames from now on.
FRAMES = """
window.frames_seen = [];
const frame = (time) => { window.frames_seen.push(time); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


def main() -> int:
    if CHROMIUM is None:
        sys.stderr.write("Chromium is not installed\n")
        return 1
    with tempfile.TemporaryDirectory() as folder, _site(Path(folder)) as (app, address):
        with app.app_context():
            forum = make_forum(blocks=4, slots=SLOTS // 4, tables=TABLES, zones=4)
            user = make_staff(forum)
            schedule_id = _placed(forum)
            path, who = f"/f/{forum.slug}/schedules/{schedule_id}/board", str(user.fs_uniquifier)
            db.session.remove()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = _signed_in(browser.new_context(viewport=DESKTOP), app, address, who)  # type: ignore[arg-type]
            rows = [
                (label, *_measured(page, f"{address}{path}{query}"))
                for label, query in (
                    ("one zone, all days: 40 slots x 125 tables", f"?day=all&zone={_zone(app)}"),
                    ("everything: 40 slots x 500 tables", "?day=all&zone=0"),
                )
            ]
            browser.close()
    drag, edge = ("drag, median", "drag, 95 %", "drag, worst"), ("edge, median", "edge, 95 %", "edge, worst")
    head = ("shown", "page", "pick to marks", *drag, *edge, "step stored")
    lines = [
        "## The board: 40 slots x 500 tables, 16,000 meetings",
        "",
        *machine(),
        f"Milliseconds in Chromium; drag: {MOVES} moves, from the pointer to the frame after; edge: each",
        "frame while a card that is held at the right edge scrolls the board; SQLite.",
        "",
    ]
    publish("board", [*lines, *table(head, rows)])
    return 0


@contextmanager
def _site(folder: Path) -> Iterator[tuple[Flask, str]]:
    port = free_port()
    config = make_config(instance=folder, database_url=f"sqlite:///{folder / 'bench.sqlite'}")
    migrate(config)
    address = f"http://127.0.0.1:{port}"
    app = create_app(replace(config, base_url=address))
    with site_server(app, port=port):
        yield app, address


def _signed_in(context: Any, app: Flask, address: str, who: str) -> Page:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = serializer.dumps({"_user_id": who, "_fresh": True})
    context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": address}])
    context.add_init_script(WATCH)
    page: Page = context.new_page()
    page.set_default_timeout(30_000)
    return page


def _zone(app: Flask) -> int:
    with app.app_context():
        return tables_of(db.session.scalars(select(Forum)).one())[0].zone_id


def _measured(page: Page, url: str) -> Sequence[str]:
    began = time.perf_counter()
    page.goto(url)
    page.locator("html[data-enhanced]").wait_for()
    loaded = time.perf_counter() - began
    meeting, slot = page.evaluate(FIND)
    card = page.locator(f'[data-meeting="{meeting}"]')
    box = card.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    began = time.perf_counter()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.locator("td.board-ok, td.board-no").first.wait_for()
    marked = time.perf_counter() - began
    page.evaluate("window.moves.length = 0")
    area = page.locator(".board-wrap").bounding_box()
    assert area is not None
    for number in range(MOVES):
        page.mouse.move(
            area["x"] + 120 + (number * 83) % (area["width"] - 160),
            area["y"] + 90 + (number * 47) % (min(area["height"], 500) - 120),
        )
        page.wait_for_timeout(40)
    moves = page.evaluate("window.moves")
    edge = _at_the_edge(page, area)
    page.locator(f'tr[data-slot="{slot}"]').evaluate("row => row.scrollIntoView({ block: 'center' })")
    free = page.locator(f'tr[data-slot="{slot}"] td.board-ok').first
    page.wait_for_timeout(300)  # the scrolling, and the marks of what came into sight
    spot = free.bounding_box()
    assert spot is not None
    page.mouse.move(spot["x"] + 40, spot["y"] + 30)
    began = time.perf_counter()
    page.mouse.up()
    page.locator(f'tr[data-slot="{slot}"] [data-meeting="{meeting}"]').wait_for()
    stored = time.perf_counter() - began
    figures = (*_spread(moves), *_spread(edge))
    return (
        [f"{1000 * each:.0f}" for each in (loaded, marked)]
        + [f"{each:.0f}" for each in figures]
        + [f"{1000 * stored:.0f}"]
    )


def _at_the_edge(page: Page, area: FloatRect) -> list[float]:
    """How long each frame takes while the board scrolls under a card, for a second."""
    page.evaluate(FRAMES)
    for number in range(MOVES // 3):
        page.mouse.move(area["x"] + area["width"] - 10, area["y"] + 200 + number % 2)
        page.wait_for_timeout(50)
    frames: list[float] = page.evaluate("window.frames_seen")
    page.mouse.move(area["x"] + 300, area["y"] + 200)  # away from the edge, where it goes on scrolling
    page.locator(".board-wrap").evaluate("board => board.scrollTo(0, 0)")
    return [after - before for before, after in pairwise(frames)]


def _spread(times: list[float]) -> tuple[float, float, float]:
    """Median, 95th of a hundred, worst."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[int(0.95 * len(ordered))], ordered[-1]


def _placed(forum: Forum) -> int:
    """Companies in two halves, each slot pairing them anew; a draft that fills four fifths of the board."""
    slots, tables = slots_of(forum), tables_of(forum)
    people = _people(forum, 2 * len(tables))
    used = int(SHARE * len(tables))
    rng = random.Random(1)
    pairs = [
        (s, t, people[t], people[len(tables) + (t + s) % len(tables)])
        for s in range(len(slots))
        for t in sorted(rng.sample(range(len(tables)), used))
    ]
    db.session.execute(
        insert(Meeting),
        [{"forum_id": forum.id, "uid": f"m{n}", "weight": 5} for n in range(len(pairs))],
    )
    ids = db.session.scalars(
        select(Meeting.id).where(Meeting.forum_id == forum.id).order_by(Meeting.id)
    ).all()
    db.session.execute(
        insert(Party),
        [
            {"meeting_id": id_, "company_id": company, "position": position}
            for id_, pair in zip(ids, pairs, strict=True)
            for position, (company, _person) in enumerate(pair[2:])
        ],
    )
    db.session.commit()
    placements = tuple(
        Placement(
            meeting=solver_id(Kind.MEETING, id_),
            slot=solver_id(Kind.SLOT, slots[s].id),
            table=solver_id(Kind.TABLE, tables[t].id),
            people=(solver_id(Kind.DELEGATE, one[1]), solver_id(Kind.DELEGATE, other[1])),
        )
        for id_, (s, t, one, other) in zip(ids, pairs, strict=True)
    )
    problem = build(forum).problem
    verdict = judge(problem, placements)
    assert verdict.accepted
    goals = tuple(
        GoalResult(name=name, value=verdict.goals[name], bound=verdict.goals[name]) for name in problem.goals
    )
    with transaction() as session:
        stored = store_schedule(
            forum.id,
            problem=problem,
            result=Schedule(
                version=1,
                status=Status.FEASIBLE,
                problem_digest=digest(problem),
                solver_version=__version__,
                placements=placements,
                goals=goals,
            ),
        )
        session.add(Board(schedule_id=stored.id))
    return stored.id


def _people(forum: Forum, count: int) -> list[tuple[int, int]]:
    """(company, delegate) ids of new companies with one delegate each."""
    sides = sides_of(forum)
    db.session.execute(
        insert(Company),
        [
            {
                "forum_id": forum.id,
                "side_id": sides[n // (count // 2)].id,
                "name": f"Company with a name {n}",
                "name_key": f"company with a name {n}",
                "country": "BE",
                "status": "approved",
                "uid": f"c{n}",
                "organisation_uid": f"o{n}",
            }
            for n in range(count)
        ],
    )
    companies = db.session.scalars(
        select(Company.id).where(Company.forum_id == forum.id).order_by(Company.id)
    ).all()
    db.session.execute(
        insert(Delegate),
        [
            {"forum_id": forum.id, "company_id": each, "name": f"Delegate {each}", "uid": f"d{each}"}
            for each in companies
        ],
    )
    rows = db.session.execute(
        select(Delegate.company_id, Delegate.id)
        .where(Delegate.forum_id == forum.id)
        .order_by(Delegate.company_id)
    )
    return [(company, person) for company, person in rows]


if __name__ == "__main__":
    sys.exit(main())
