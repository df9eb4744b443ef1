"""A whole forum by its pages alone: from an empty database to published agendas of 20 companies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.notices import KIND
from forum_scheduler.scheduling import leases
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.solving import execute
from tests.factories import make_user
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]
COMPANIES = 10  # of each side


def test_from_an_empty_database_to_published_agendas_by_pages_alone(
    app: Flask, client_for: SignIn, client: Visitor
) -> None:
    organiser = client_for(make_user(operator=True))
    slug = _set_up(organiser)
    _join(client, slug)
    _vet(organiser, slug)
    ids = _companies()
    _ask(client_for, slug, ids)
    schedule = _solve(organiser, slug)
    published = organiser.press(
        organiser.page(f"/f/{slug}/schedules/{schedule.id}/publish"), "Publish version 1"
    )
    told = f"{2 * COMPANIES} people get a notice, nobody else."
    assert published.flashes == [f"Version 1 is published. {told}"]
    notices = db.session.scalars(select(Mail.to_email).where(Mail.kind == KIND)).all()
    assert len(notices) == len(set(notices)) == 2 * COMPANIES
    _adjust(organiser, slug, schedule)


def _set_up(organiser: Visitor) -> str:
    page = organiser.press(
        organiser.page("/new"),
        "Create the forum",
        name="Rehearsal",
        first_day=(now() + timedelta(days=60)).date().isoformat(),
        tables="1-12 in Hall A",
        interpreters="Iryna Koval: uk-en",
    )
    opens, closes = now() - timedelta(days=1), now() + timedelta(days=20)
    organiser.press(
        page,
        "Save",
        requests_open_at=f"{opens:%Y-%m-%dT%H:%M}",
        requests_close_at=f"{closes:%Y-%m-%dT%H:%M}",
    )
    return db.session.scalars(select(Forum.slug)).one()


def _join(visitor: Visitor, slug: str) -> None:
    for number in range(2 * COMPANIES):
        page = visitor.page(f"/f/{slug}/join")
        sides = {" ".join(o.itertext()).strip(): o.get("value") for o in page.by_id("side_id").iter("option")}
        visitor.press(
            page,
            "Send",
            name=f"Company {number:02}",
            side_id=sides["EU" if number < COMPANIES else "Ukraine"],
            country="BE" if number < COMPANIES else "UA",
            person_name=f"Person {number:02}",
            email=f"person{number}@example.org",
            consent="y",
        )


def _vet(organiser: Visitor, slug: str) -> None:
    page = organiser.page(f"/f/{slug}/vetting")
    ids = [str(id_) for id_ in _companies()]
    assert len(ids) == 2 * COMPANIES
    organiser.press(page, "Approve the ticked ones", company=ids)


def _companies() -> list[int]:
    return list(db.session.scalars(select(Company.id).order_by(Company.name)))


def _ask(client_for: SignIn, slug: str, ids: list[int]) -> None:
    """Each European company asks three Ukrainian ones, who accept."""
    people = {
        email: user for user in db.session.scalars(select(User)) if (email := user.email).startswith("person")
    }
    for number in range(COMPANIES):
        client = client_for(people[f"person{number}@example.org"])
        for step in range(3):
            asked = ids[COMPANIES + (number + step) % COMPANIES]
            client.press(client.page(f"/f/{slug}/companies/{asked}/ask"), "Send the request")
    for number in range(COMPANIES, 2 * COMPANIES):
        client = client_for(people[f"person{number}@example.org"])
        page = client.page(f"/f/{slug}/inbox")
        boxes = [each for each in page.elements("input") if each.get("type") == "checkbox"]
        waiting = [each.get("value") for each in boxes if each.get("name") == "request"]
        assert len(waiting) == 3
        client.press(page, "Accept the ticked ones", request=waiting)


def _solve(organiser: Visitor, slug: str) -> Schedule:
    page = organiser.press(organiser.page(f"/f/{slug}/runs"), "Solve now")
    assert "Waiting for a worker" in page.text
    run_id = leases.claim("the worker")
    assert run_id is not None
    execute(run_id, "the worker")
    page = organiser.page(f"/f/{slug}/runs/{run_id}")
    assert "30 of 30 meetings." in page.text
    return db.session.scalars(select(Schedule)).one()


def _adjust(organiser: Visitor, slug: str, schedule: Schedule) -> None:
    """A meeting is taken out on the board, and version 2 tells its two people only."""
    board = organiser.page(f"/f/{slug}/schedules/{schedule.id}/board")
    draft = organiser.press(board, "Make a draft")
    card = next(each for each in draft.elements("a", class_="board-card"))
    organiser.press(organiser.page(str(card.get("href"))), "Take it out")
    newest = db.session.scalars(select(Schedule).order_by(Schedule.id.desc())).first()
    assert newest is not None
    before = _mails()
    organiser.press(organiser.page(f"/f/{slug}/schedules/{newest.id}/publish"), "Publish version 2")
    assert _mails() == before + 2
    back = organiser.press(organiser.page(f"/f/{slug}/schedules/{schedule.id}/publish"), "Publish version 3")
    assert back.flashes == ["Version 3 is published. 2 people get a notice, nobody else."]


def _mails() -> int:
    return len(db.session.scalars(select(Mail.id).where(Mail.kind == KIND)).all())
