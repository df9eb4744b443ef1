"""Zones, tables, booths and closures changed after the fact."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import describe_forum, tables_of, zones_of
from forum_scheduler.forums.models import Table, TableClosure, Zone
from forum_scheduler.publishing.reading import schedule_entries
from forum_scheduler.requests.models import Meeting
from tests.factories import (
    make_company,
    make_forum,
    make_publication,
    make_staff,
    slots_of,
)
from tests.pages import Visitor
from tests.setup.test_days import agreed, placed

SignIn = Callable[[User], Visitor]


def test_tables_are_added_by_ranges_and_keep_what_they_were(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(zones=2, tables=4)
    ids = {table.label: table.id for table in tables_of(forum.id)}
    hall_a, hall_b = zones_of(forum.id)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/tables")
    page = client.press(
        page,
        "Save",
        **{
            "rows-labels": ["1-3", "4, B1-B40", "", "", ""],
            "rows-zone": [str(hall_a.id), str(hall_b.id), *[str(hall_a.id)] * 3],
            "rows-seats": ["6", "4", "", "", ""],
            "rows-features": ["", "screen, Closed room", "", "", ""],
        },
        status=None,
    )
    found = {table.label: table for table in tables_of(forum.id)}
    assert len(found) == 44
    assert {label: found[label].id for label in ids} == ids
    assert (found["B7"].zone_id, found["B7"].seats) == (hall_b.id, 4)
    assert found["B7"].features == ["screen", "closed-room"]
    assert "B1-B40" in page.html


def test_a_table_with_meetings_is_retired_after_asking(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(zones=1, tables=3)
    first = tables_of(forum.id)[0]
    meeting = agreed(forum, locked_slot_id=slots_of(forum)[0].id, locked_table_id=first.id)
    schedule = placed(forum, meeting, slots_of(forum)[0])
    make_publication(schedule)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/tables")
    page = client.press(page, "Save", status=200, **{"rows-labels": ["2-3", "", "", ""]})
    assert "1 meeting of the published version 1" in page.text
    assert "1 agreed meeting is locked to a table that goes" in page.text
    client.press(page, "Save all the same")
    assert [table.label for table in tables_of(forum.id)] == ["2", "3"]
    assert db.session.get_one(Table, first.id).retired_at is not None
    assert schedule_entries(schedule.id)[0].table_label == "1"
    assert db.session.get_one(Meeting, meeting.id).locked_slot_id is None
    # Back again, it is the same table.
    client.press(
        client.page(f"/f/{forum.slug}/settings/tables"), "Save", **{"rows-labels": ["1-3", "", "", ""]}
    )
    assert tables_of(forum.id)[0].id == first.id


def test_a_label_given_twice_is_said_in_its_line(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(zones=1, tables=3)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/tables")
    page = client.press(page, "Save", status=422, **{"rows-labels": ["1-3", "3-5", "", ""]})
    assert "table 3 is given twice" in page.text
    assert page.by_id("rows-labels-1").get("aria-invalid") == "true"
    assert len(tables_of(forum.id)) == 3


def test_closing_tables_says_which_placements_stand_there(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(zones=1, tables=3)
    slot = slots_of(forum)[0]
    placed(forum, agreed(forum), slot)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/tables")
    local = slot.starts_at.astimezone(forum.zone)
    times = {
        "closures-labels": ["1-2", ""],
        "closures-start": [f"{local:%Y-%m-%d %H:%M}", ""],
        "closures-end": [f"{local:%Y-%m-%d} {slot.ends_at.astimezone(forum.zone):%H:%M}", ""],
    }
    page = client.press(page, "Save", status=200, **times)
    assert "placement of schedule 1" in page.text
    client.press(page, "Save all the same")
    assert len(db.session.scalars(select(TableClosure)).all()) == 2
    (closure,) = describe_forum(forum).closures
    assert closure.tables == "1-2"
    field = client.page(f"/f/{forum.slug}/settings/tables").by_id("closures-start-0")
    assert (field.get("type"), field.get("value")) == ("datetime-local", f"{local:%Y-%m-%dT%H:%M}")


def test_a_table_becomes_a_booth_and_is_renamed(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    host = make_company(forum, "Kvant")
    table, slot = tables_of(forum.id)[0], slots_of(forum)[0]
    client = client_for(make_staff(forum))
    address = f"/f/{forum.slug}/settings/tables/{table.id}"
    page = client.press(client.page(address), "Save", label="A1", host_id=str(host.id), closed=[str(slot.id)])
    assert "Saved." in page.text
    row = db.session.get_one(Table, table.id)
    assert (row.label, row.host_company_id) == ("A1", host.id)
    assert db.session.scalars(select(TableClosure.slot_id)).all() == [slot.id]
    page = client.press(client.page(address), "Save", status=422, label="2")
    assert "table 2 is given twice" in page.text
    foreign = make_company(make_forum())
    page = client.press(client.page(address), "Save", status=422, host_id=str(foreign.id))
    assert db.session.get_one(Table, table.id).host_company_id == host.id


def test_zones_are_renamed_added_and_walked_between(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(zones=2, tables=4)
    hall_a, hall_b = zones_of(forum.id)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/zones")
    fields = {
        "rows-name": ["Main hall", hall_b.name, "Terrace", "", ""],
        "rows-place": ["1", "2", "", "", ""],
        f"walk-{hall_a.id}-{hall_b.id}": "12",
    }
    page = client.press(page, "Save", **fields)
    assert [zone.name for zone in zones_of(forum.id)] == ["Main hall", hall_b.name, "Terrace"]
    (walk,) = describe_forum(forum).walks
    assert (walk.between, walk.minutes) == (("Main hall", hall_b.name), 12)
    assert "Terrace – " in page.html or "– Terrace" in page.html


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("1 2 3", "ABC"),
        ("1 2 1", "CAB"),  # C is sent up to the first place
        ("3 2 3", "BCA"),  # A is sent down to the last
        ("3 2 1", "CBA"),
        ("2 2 3", "BAC"),
        ("  0", "CAB"),
        ("9 2 3", "BCA"),
    ],
)
def test_zones_are_put_into_another_order_by_their_numbers(
    app: Flask, client_for: SignIn, typed: str, order: str
) -> None:
    forum = make_forum(zones=3, tables=3)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/zones")
    page = client.press(page, "Save", **{"rows-place": [*typed.split(" "), "", "", ""]})
    assert [zone.name.removeprefix("Hall ") for zone in zones_of(forum.id)] == list(order)
    assert [each.get("value") for each in page.elements("input", name="rows-place")][:3] == ["1", "2", "3"]


def test_a_place_that_is_no_number_is_said_at_its_field_and_new_zones_go_last(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(zones=2, tables=2)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/zones")
    wrong = client.press(page, "Save", status=422, **{"rows-place": ["first", "2", "", "", ""]})
    assert "A whole number, please." in wrong.main
    assert wrong.elements("input", name="rows-place")[0].get("value") == "first"
    names = ["Hall A", "Hall B", "Annex", "", ""]
    client.press(page, "Save", **{"rows-name": names, "rows-place": ["2", "1", "", "", ""]})
    assert [zone.name for zone in zones_of(forum.id)] == ["Hall B", "Hall A", "Annex"]


def test_a_zone_with_tables_stays_and_a_retired_one_keeps_its_name_for_versions(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(zones=2, tables=2)
    hall_a, hall_b = zones_of(forum.id)
    schedule = placed(forum, agreed(forum), slots_of(forum)[0])
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/zones")
    page = client.press(page, "Save", status=422, **{"rows-remove": "0"})
    assert f"{hall_a.name} has tables" in page.text
    page = client.page(f"/f/{forum.slug}/settings/tables")
    page = client.press(page, "Save", status=200, **{"rows-remove": "0"})
    client.press(page, "Save all the same")
    client.press(client.page(f"/f/{forum.slug}/settings/zones"), "Save", **{"rows-remove": "0"})
    assert zones_of(forum.id) == [db.session.get_one(Zone, hall_b.id)]
    assert schedule_entries(schedule.id)[0].zone_name == hall_a.name


def test_a_name_exchanged_with_another_is_refused_and_not_an_error_page(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(zones=2)
    one, other = zones_of(forum.id)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/zones")
    page = client.press(page, "Save", status=422, **{"rows-name": [other.name, one.name, "", "", ""]})
    assert "Two names were exchanged" in page.text
