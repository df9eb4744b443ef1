"""What would place a meeting, in words, and one click to place what fits as things are."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.scheduling import leases
from forum_scheduler.scheduling.board import services
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.board.steps import Action, Command
from forum_scheduler.scheduling.ids import Kind, solver_id
from forum_scheduler.scheduling.solving import execute, result_of, run_now
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_staff,
    make_unavailable,
    slots_of,
)
from tests.pages import Page, Visitor, text_of

ClientFor = Callable[[User], Visitor]


def answer_questions() -> None:
    """As a worker does."""
    while (run_id := leases.claim("w", lanes=leases.QUESTIONS)) is not None:
        execute(run_id, "w")
    db.session.expire_all()


def buttons(page: Page) -> list[str]:
    return [text_of(each) for each in page.elements("button")]


def test_remedies_name_people_companies_and_times(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2, tables=2)
    wanted = make_company(forum, "Kvant Dynamics", side="ua")
    for number in range(2):
        make_meeting(between=[wanted, make_company(forum, f"Aerotec {number}")])
    make_unavailable(delegates_of(wanted)[0], slots_of(forum)[1])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/schedules/{schedule.id}/unplaced")
    button = next(words for words in buttons(page) if words.startswith("What would place it"))
    page = client.press(page, button)
    assert "Waiting for a worker" in page.main
    answer_questions()
    page = client.page(page.url)
    person = delegates_of(wanted)[0].name
    assert f"If {person} (Kvant Dynamics) comes at that time: Wed 09:25, table" in page.main
    assert "If Kvant Dynamics sends one more delegate" in page.main
    assert [a for a in page.elements("a") if str(a.get("href")).endswith("/availability")]
    said = next(
        words for words in buttons(page) if words.startswith("Try it") and "one more delegate" in words
    )
    page = client.press(page, said)
    answer_questions()
    page = client.page(page.url)
    assert "2 meetings instead of 1." in page.main
    keep = "Open the delegates: If Kvant Dynamics sends one more delegate: Wed 09:00."
    assert page.links[keep] == f"/f/{forum.slug}/companies/{wanted.id}/delegates"


def test_what_fits_as_things_are_is_placed_by_one_click(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(blocks=1, slots=2, tables=1)
    meeting = make_meeting(between=[make_company(forum), make_company(forum, side="ua")])
    source = result_of(run_now(forum, seconds=60, workers=1))
    assert source is not None
    draft = start(source, by=None).schedule
    out = Command(action=Action.REMOVE, meeting=solver_id(Kind.MEETING, meeting.id))
    services.apply(draft, out, seen=0, by=None)
    client = client_for(make_staff(forum))
    url = f"/f/{forum.slug}/schedules/{draft.id}/unplaced/{meeting.id}"
    page = client.press(client.page(url), "Find out")
    answer_questions()
    page = client.page(url)
    assert "It fits as things are: Wed 09:00, table" in page.main
    assert "Try it" not in page.main, "there is nothing to try"
    done = client.press(page, "Place it on the board")
    assert done.flashes == ["The meeting has a place on this draft."]
    client.page(url, status=404)
