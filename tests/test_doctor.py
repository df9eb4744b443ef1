"""The doctor finds nothing in a sound database, and each kind of damage when it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from forum_scheduler.companies.models import Delegate
from forum_scheduler.doctor import check
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import CalendarEvent
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests.models import Meeting, MeetingState
from forum_scheduler.scheduling.models import Placement, Schedule
from forum_scheduler.scheduling.solving import result_of, run_now
from tests.factories import (
    make_company,
    make_forum,
    make_meeting,
    make_request,
    make_schedule,
    make_unavailable,
    slots_of,
    tables_of,
)


@dataclass
class Sound:
    forum: Forum
    schedule: Schedule


@pytest.fixture
def sound(app: Flask) -> Sound:
    """A forum, solved and published."""
    forum = make_forum(blocks=1, slots=3, tables=2)
    hub = make_company(forum, side="ua")
    for _ in range(4):
        other = make_company(forum)
        make_request(other, hub)
        make_meeting(between=[hub, other], interpret=["en", "uk"])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    publish(schedule, by=None)
    return Sound(forum=forum, schedule=schedule)


def _checks() -> set[str]:
    return {finding.check for finding in check(db.session())}


def _thaw(table: str) -> None:
    """What a restored dump could do: write without the triggers that keep published rows."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    else:
        for event in ("insert", "update", "delete"):
            db.session.execute(text(f"DROP TRIGGER IF EXISTS frozen_{table}_{event}"))


def test_a_sound_database_has_no_findings(sound: Sound) -> None:
    assert check(db.session()) == ()


def test_an_empty_database_has_no_findings(app: Flask) -> None:
    assert check(db.session()) == ()


def _cancel_placed(sound: Sound) -> None:
    placed = select(Placement.meeting_id).where(Placement.schedule_id == sound.schedule.id).limit(1)
    meeting_id = db.session.scalars(placed).one()
    db.session.execute(update(Meeting).where(Meeting.id == meeting_id).values(state=MeetingState.CANCELLED))


def _become_absent(sound: Sound) -> None:
    for delegate in _delegates(sound):
        make_unavailable(delegate, *slots_of(sound.forum))


def _delegates(sound: Sound) -> list[Delegate]:
    return list(db.session.scalars(select(Delegate).where(Delegate.forum_id == sound.forum.id)))


def _lose_slot_rows(sound: Sound) -> None:
    _thaw("table_slot")
    db.session.execute(text("DELETE FROM table_slot WHERE placement_id = (SELECT min(id) FROM placement)"))


def _count_wrongly(sound: Sound) -> None:
    _thaw("schedule")
    db.session.execute(update(Schedule).values(placed_count=99))


def _spoil_the_problem(sound: Sound) -> None:
    _thaw("schedule")
    db.session.execute(update(Schedule).values(problem=b"not gzip"))


def _move_a_table(sound: Sound) -> None:
    _thaw("placement")
    first = db.session.scalars(select(Placement).order_by(Placement.id)).first()
    assert first is not None
    other = next(table for table in tables_of(sound.forum) if table.id != first.table_id)
    db.session.execute(update(Placement).where(Placement.id == first.id).values(table_id=other.id))


def _forget_an_event(sound: Sound) -> None:
    event = db.session.scalars(select(CalendarEvent)).first()
    db.session.delete(event)


def _skip_a_version(sound: Sound) -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE publication DISABLE TRIGGER USER"))
    else:
        db.session.execute(text("DROP TRIGGER kept_publication_update"))
    db.session.execute(text("UPDATE publication SET version = 3"))


def _book_twice(sound: Sound) -> None:
    """Two placements of a draft with one delegate in one slot; the slot rows are of the first only."""
    slot, tables = slots_of(sound.forum)[0], tables_of(sound.forum)
    meetings = db.session.scalars(
        select(Meeting).where(Meeting.forum_id == sound.forum.id).order_by(Meeting.id)
    ).all()
    person = _delegates(sound)[0]
    draft = make_schedule(sound.forum, (meetings[0], slot, tables[0], [person]), placed_count=2)
    placement = Placement(
        schedule_id=draft.id, meeting_id=meetings[1].id, slot_id=slot.id, table_id=tables[0].id
    )
    db.session.add(placement)


def _ask_twice(sound: Sound) -> None:
    """The same pair once more, which the constraints refuse where they are not switched off."""
    if db.engine.dialect.name == "postgresql":
        for name in ("ck_request_order", "ck_request_pair"):
            db.session.execute(text(f"ALTER TABLE request DROP CONSTRAINT {name}"))
    else:
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
    columns = "forum_id, asker_id, asked_id, state, priority, rank, mutual, message, length_slots"
    columns += ", decline_reason, created_at, revision"
    db.session.execute(
        text(
            f"INSERT INTO request (uid, low_id, high_id, {columns}) "
            f"SELECT 'another', high_id, low_id, {columns} FROM request ORDER BY id LIMIT 1"
        )
    )


DAMAGE: tuple[tuple[str, Callable[[Sound], None]], ...] = (
    ("current-version", _cancel_placed),
    ("current-version", _become_absent),
    ("slot-rows", _lose_slot_rows),
    ("counts", _count_wrongly),
    ("published", _spoil_the_problem),
    ("calendars", _move_a_table),
    ("calendars", _forget_an_event),
    ("versions", _skip_a_version),
    ("double-booking", _book_twice),
    ("one-request-a-pair", _ask_twice),
)


@pytest.mark.parametrize(("name", "damage"), DAMAGE, ids=lambda each: getattr(each, "__name__", each))
def test_damage_is_found(sound: Sound, name: str, damage: Callable[[Sound], None]) -> None:
    damage(sound)
    db.session.commit()
    assert name in _checks()


def test_a_finding_names_the_row(sound: Sound) -> None:
    _count_wrongly(sound)
    db.session.commit()
    found = [finding for finding in check(db.session()) if finding.check == "counts"]
    assert found[0].where == f"schedule:{sound.schedule.id}"
    assert "99 placed" in found[0].message


def test_the_doctor_changes_nothing(sound: Sound) -> None:
    _forget_an_event(sound)
    db.session.commit()
    assert check(db.session()) == check(db.session())
