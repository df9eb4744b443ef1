"""The heat map of a schedule: how many tables are in use, by day, zone and slot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.models import Placement, Schedule, TableSlot
from forum_scheduler.scheduling.overview import DayLoad, load_of
from tests.factories import (
    delegates_of,
    make_block,
    make_company,
    make_forum,
    make_meeting,
    make_schedule,
    make_staff,
    slots_of,
    store_all,
    tables_of,
)
from tests.pages import Visitor
from tests.queries import count_queries

SignIn = Callable[[User], Visitor]


def scheduled(forum: Forum, *places: tuple[int, int]) -> Schedule:
    """A schedule with a meeting of two new companies at each (slot, table)."""
    slots, tables = slots_of(forum), tables_of(forum)
    rows = []
    for slot, table in places:
        pair = [make_company(forum, side=side) for side in ("ua", "eu")]
        people = [delegates_of(company)[0] for company in pair]
        rows.append((make_meeting(between=pair), slots[slot], tables[table], people))
    return make_schedule(forum, *rows)


def load(schedule: Schedule) -> tuple[DayLoad, ...]:
    return load_of(schedule, db.session.get_one(Forum, schedule.forum_id))


def test_each_number_is_of_the_tables_of_one_zone_in_one_slot(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=3, zones=2, tables=5)  # three tables in Hall A, two in Hall B
    (day,) = load(scheduled(forum, (0, 0), (0, 1), (0, 3), (2, 4)))
    assert day.times == ("09:00", "09:25", "09:50")
    assert day.rows == (("Hall A (3 tables)", (2, 0, 0)), ("Hall B (2 tables)", (1, 0, 1)))
    assert day.maximum == 3
    assert day.label == "Wednesday 12 May"


def test_a_long_meeting_has_its_table_in_each_of_its_slots(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=3, zones=1, tables=2)
    schedule = scheduled(forum, (0, 0), (2, 1))
    placement = db.session.query(Placement).filter_by(table_id=tables_of(forum)[0].id).one()
    more = {"slot_id": slots_of(forum)[1].id, "table_id": placement.table_id}
    store_all([TableSlot(schedule_id=schedule.id, placement_id=placement.id, **more)])
    (day,) = load(schedule)
    assert day.rows == (("Hall A (2 tables)", (1, 1, 1)),)


def test_other_schedules_and_other_forums_take_no_table(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=2, zones=1, tables=2)
    scheduled(forum, (0, 0), (1, 0))
    scheduled(make_forum(blocks=1, slots=2), (0, 0))
    (day,) = load(scheduled(forum, (1, 1)))
    assert day.rows == (("Hall A (2 tables)", (0, 1)),)


def test_days_are_those_of_the_clocks_at_the_forum(app: Flask) -> None:
    late = datetime(2027, 5, 12, 14, 40, tzinfo=UTC)  # 23:40 in Tokyo
    forum = make_forum(blocks=1, slots=2, zones=1, tables=1, starts_at=late, timezone="Asia/Tokyo")
    first, second = load(scheduled(forum, (1, 0)))
    assert (first.label, first.times, first.rows) == (
        "Wednesday 12 May",
        ("23:40",),
        (("Hall A (1 table)", (0,)),),
    )
    assert (second.label, second.times, second.rows) == (
        "Thursday 13 May",
        ("00:05",),
        (("Hall A (1 table)", (1,)),),
    )


def test_what_was_retired_stays_on_the_map_only_where_the_schedule_uses_it(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=3, zones=2, tables=4)
    schedule = scheduled(forum, (0, 0), (1, 0))
    tables, slots = tables_of(forum), slots_of(forum)
    for part in (tables[0], tables[1], slots[0], slots[2]):
        part.retired_at = now()
    db.session.commit()
    (day,) = load(schedule)
    assert day.times == ("09:00", "09:25")
    assert day.rows == (("Hall A (1 table)", (1, 1)), ("Hall B (2 tables)", (0, 0)))


def test_slots_come_in_the_order_of_time_whenever_they_were_made(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=1, zones=1, tables=1)
    make_block(forum, starts_at=datetime(2027, 5, 12, 5, tzinfo=UTC), slots=1)
    early = slots_of(forum)[0]
    assert early.id > slots_of(forum)[1].id
    (day,) = load(scheduled(forum, (0, 0)))
    assert (day.times, day.rows[0][1]) == (("07:00", "09:00"), (1, 0))


def test_the_page_shades_each_number_by_its_share_of_the_largest_zone(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(blocks=1, slots=3, zones=2, tables=6)  # three tables in each hall
    schedule = scheduled(forum, (0, 0), (0, 1), (0, 2), (1, 3))
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/schedules/{schedule.id}")
    assert ["Hall A (3 tables)", "3", "0", "0"] in page.rows
    assert ["Hall B (3 tables)", "0", "1", "0"] in page.rows
    shades = {f"heat-{shade}": page.elements("td", class_=f"heat-{shade}") for shade in range(10)}
    counts = {shade: len(found) for shade, found in shades.items() if found}
    assert counts == {"heat-0": 4, "heat-3": 1, "heat-9": 1}  # none, one of three, all three


def test_the_number_of_queries_does_not_grow_with_the_forum(app: Flask) -> None:
    small = scheduled(make_forum(blocks=1, slots=2, zones=1, tables=1), (0, 0))
    large = scheduled(make_forum(blocks=3, slots=4, zones=3, tables=9), (0, 0), (5, 4), (11, 8))
    with count_queries() as few:
        load(small)
    with count_queries() as many:
        load(large)
    assert many.count == few.count
