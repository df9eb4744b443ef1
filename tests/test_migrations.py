"""Revisions run down and up with data in them, on both databases."""

from __future__ import annotations

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select

from forum_scheduler.accounts import audit
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import Base, db, transaction
from forum_scheduler.forums.models import Slot
from forum_scheduler.requests.models import Meeting
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_schedule,
    make_staff,
    slots_of,
    tables_of,
)

COUNTED: tuple[type[Base], ...] = (Company, Delegate, Slot, Meeting)


def fill() -> None:
    """A bit of everything, with a published schedule and an audit entry, which revisions protect."""
    forum = make_forum()
    one, other = make_company(forum, side="ua"), make_company(forum, side="eu")
    meeting = make_meeting(between=(one, other))
    people = [*delegates_of(one), *delegates_of(other)]
    schedule = make_schedule(forum, (meeting, slots_of(forum)[0], tables_of(forum)[0], people))
    make_publication(schedule, by=make_staff(forum))
    with transaction():
        audit.record("schedule.published", forum_id=forum.id)


def counts() -> list[int]:
    numbers = [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in COUNTED]
    db.session.remove()  # an open transaction would hold up the next revision
    return numbers


def test_data_stay_through_every_revision_down_to_the_first_and_up_again(app: Flask) -> None:
    fill()
    before = counts()
    assert all(before)
    try:
        downgrade(revision="0001")
        assert counts() == before
    finally:
        upgrade()
    assert counts() == before


def test_taking_everything_back_leaves_nothing_and_it_can_be_built_again(app: Flask) -> None:
    fill()
    db.session.remove()
    try:
        downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
    finally:
        upgrade()
    assert counts() == [0, 0, 0, 0]
