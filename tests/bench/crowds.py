"""Forums of any size with a published schedule, written as rows: for measuring print and calendars."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from PIL import Image
from sqlalchemy import insert, select

from forum_scheduler.app import create_app
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyCapability, Delegate
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import Capability, Forum
from forum_scheduler.publishing.models import CalendarEvent, Publication
from forum_scheduler.publishing.reading import schedule_entries
from forum_scheduler.requests.models import Meeting, Party
from forum_scheduler.scheduling.models import Placement, PlacementDelegate, Schedule
from tests.conftest import make_config
from tests.factories import make_forum, make_publication, make_schedule, sides_of, slots_of, tables_of

SLOTS = 24


@contextmanager
def database() -> Iterator[Path]:
    """The app on an empty database of its own, in the folder that is given."""
    with TemporaryDirectory(prefix="forum-bench-") as folder, opened(Path(folder)):
        upgrade()
        yield Path(folder)


@contextmanager
def opened(folder: Path) -> Iterator[Flask]:
    """The app on the database in a folder, also of another process."""
    app = create_app(make_config(instance=folder, database_url=f"sqlite:///{folder / 'bench.sqlite'}"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def make_crowd(people: int) -> Publication:
    """``people`` delegates of as many companies, all with pictures and six meetings: version 1."""
    tables = people // 8
    forum = make_forum(blocks=2, slots=SLOTS // 2, zones=4, tables=tables, slot_minutes=20)
    delegates = _people(forum, people)
    meetings = _meetings(forum, delegates, tables)
    schedule = make_schedule(forum)
    slots, places = slots_of(forum), tables_of(forum)
    rows = [
        {
            "schedule_id": schedule.id,
            "meeting_id": meeting,
            "slot_id": slots[index // tables].id,
            "table_id": places[index % tables].id,
        }
        for index, (meeting, _pair) in enumerate(meetings)
    ]
    _place(schedule, rows, dict(meetings))
    return _published(schedule)


def _people(forum: Forum, people: int) -> list[tuple[int, int]]:
    """(company, delegate), the sides in turn."""
    sides = sides_of(forum)
    companies = _insert(
        Company,
        [
            {
                "forum_id": forum.id,
                "side_id": sides[index % 2].id,
                "name": f"Завод Промінь {index}" if index % 2 else f"Aerotec Industries {index}",
                "name_key": f"c{index}",
                "country": "UA" if index % 2 else "BE",
                "status": "approved",
                "logo": _picture(index, (180, 60)),
                "logo_type": "image/png",
            }
            for index in range(people)
        ],
    )
    first, second, third = db.session.scalars(select(Capability.id).where(Capability.forum_id == forum.id))
    kinds = [(first, "offer"), (second, "offer"), (third, "need")]
    db.session.execute(
        insert(CompanyCapability),
        [
            {"company_id": company, "capability_id": capability, "kind": kind}
            for company in companies
            for capability, kind in kinds
        ],
    )
    delegates = _insert(
        Delegate,
        [
            {
                "forum_id": forum.id,
                "company_id": company,
                "name": f"Олена Коваленко {index}" if index % 2 else f"Jan Peeters {index}",
                "email": f"d{index}@example.org",
                "role": "Head of Sales",
                "languages": ["uk", "en"] if index % 2 else ["en"],
                "photo": _picture(index, (120, 160)),
                "has_photo": True,
            }
            for index, company in enumerate(companies)
        ],
    )
    return list(zip(companies, delegates, strict=True))


def _picture(seed: int, size: tuple[int, int]) -> bytes:
    """A picture like no other, about as heavy as a real one."""
    few = Image.frombytes("RGB", (9, 9), random.Random(seed).randbytes(243))
    out = io.BytesIO()
    few.resize(size, Image.Resampling.BICUBIC).save(out, format="PNG")
    return out.getvalue()


def _meetings(forum: Forum, people: list[tuple[int, int]], tables: int) -> list[tuple[int, tuple[int, int]]]:
    """(meeting, its two delegates), as many in each slot as there are tables."""
    half = len(people) // 2
    pairs = [
        (people[2 * (index % half)], people[2 * ((index + 7 * (index // tables)) % half) + 1])
        for index in range(SLOTS * tables)
    ]
    ids = _insert(Meeting, [{"forum_id": forum.id} for _pair in pairs])
    db.session.execute(
        insert(Party),
        [
            {"meeting_id": meeting, "company_id": who[0], "position": position}
            for meeting, pair in zip(ids, pairs, strict=True)
            for position, who in enumerate(pair)
        ],
    )
    return [(meeting, (a[1], b[1])) for meeting, (a, b) in zip(ids, pairs, strict=True)]


def _insert(model: type[Base], rows: list[dict[str, Any]]) -> list[int]:
    statement = insert(model).returning(model.__table__.c.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


def _place(schedule: Schedule, rows: list[dict[str, Any]], people: dict[int, tuple[int, int]]) -> None:
    ids = _insert(Placement, rows)
    db.session.execute(
        insert(PlacementDelegate),
        [
            {"placement_id": placement, "delegate_id": delegate}
            for placement, row in zip(ids, rows, strict=True)
            for delegate in people[row["meeting_id"]]
        ],
    )
    db.session.commit()


def _published(schedule: Schedule) -> Publication:
    publication = make_publication(schedule)
    db.session.execute(
        insert(CalendarEvent),
        [
            {
                "delegate_id": person.id,
                "meeting_id": entry.meeting_id,
                "forum_id": publication.forum_id,
                "starts_at": entry.starts_at,
                "ends_at": entry.ends_at,
                "table_id": entry.table_id,
                "digest": "1",
                "changed_in_id": publication.id,
            }
            for entry in schedule_entries(schedule.id)
            for person in entry.people
        ],
    )
    db.session.commit()
    return publication


def move_some(publication: Publication, *, share: float) -> Publication:
    """The next version: of ``share`` of the meetings, two each of a slot change their tables."""
    schedule = make_schedule(db.session.get_one(Forum, publication.forum_id))
    placed = db.session.scalars(
        select(Placement).where(Placement.schedule_id == publication.schedule_id).order_by(Placement.id)
    ).all()
    rows = [
        {
            "schedule_id": schedule.id,
            "meeting_id": each.meeting_id,
            "slot_id": each.slot_id,
            "table_id": each.table_id,
        }
        for each in placed
    ]
    step = round(2 / share)
    swapped = [
        index
        for index in range(0, len(rows) - 1, step)
        if rows[index]["slot_id"] == rows[index + 1]["slot_id"]
    ]
    for index in swapped:
        one, other = rows[index], rows[index + 1]
        one["table_id"], other["table_id"] = other["table_id"], one["table_id"]
    people: dict[int, tuple[int, int]] = {}
    coming = select(Placement.meeting_id, PlacementDelegate.delegate_id).join(
        PlacementDelegate, PlacementDelegate.placement_id == Placement.id
    )
    for meeting, delegate in db.session.execute(
        coming.where(Placement.schedule_id == publication.schedule_id).order_by(PlacementDelegate.delegate_id)
    ):
        people[meeting] = (*people.get(meeting, ()), delegate)  # type: ignore[assignment]
    _place(schedule, rows, people)
    again = make_publication(schedule, published_at=now() + timedelta(hours=1))
    moved = {
        rows[index + offset]["meeting_id"]: rows[index + offset] for index in swapped for offset in (0, 1)
    }
    for event in db.session.scalars(select(CalendarEvent).where(CalendarEvent.meeting_id.in_(list(moved)))):
        event.sequence += 1
        event.table_id = moved[event.meeting_id]["table_id"]
        event.changed_in_id = again.id
    db.session.commit()
    return again
