"""The forum's own programme: the organiser's page, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import AuditEntry, User
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.description import read_description
from forum_scheduler.forums.models import ProgrammeEntry
from forum_scheduler.forums.programme import EntryDetails, add_entry, edit_entry, programme_of, remove_entry
from forum_scheduler.forums.services import create_forum
from tests.factories import FIRST_DAY, make_forum, make_programme_entry, make_staff
from tests.forums.test_description import SMALL
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
HOUR = timedelta(hours=1)


def details(title: str = "Opening", *, hours: float = 1, **fields: str) -> EntryDetails:
    return EntryDetails(
        titles={"en": title, **fields},
        place="Great Hall",
        starts_at=FIRST_DAY,
        ends_at=FIRST_DAY + HOUR * hours,
    )


def test_entries_stand_in_the_order_of_time_and_changes_in_the_log(app: Flask) -> None:
    forum = make_forum()
    late = make_programme_entry(forum, "Dinner", starts_at=FIRST_DAY + 10 * HOUR)
    early = add_entry(forum_id=forum.id, details=details(uk="Відкриття"))
    assert [entry.id for entry in programme_of(forum.id)] == [early.id, late.id]
    assert early.title("uk") == "Відкриття"
    edit_entry(entry_id=early.id, details=details("Welcome"))
    assert early.titles == {"en": "Welcome"}
    remove_entry(entry_id=early.id)
    remove_entry(entry_id=early.id)
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["programme.added", "programme.changed", "programme.removed"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (details("  "), "title_en"),
        (details("x" * 201), "title_en"),
        (details(hours=0), "ends_at"),
        (details(hours=25), "ends_at"),
    ],
)
def test_what_can_not_be_is_refused_at_its_field(app: Flask, wrong: EntryDetails, field: str) -> None:
    forum = make_forum()
    with pytest.raises(Invalid) as caught:
        add_entry(forum_id=forum.id, details=wrong)
    assert caught.value.field == field
    assert programme_of(forum.id) == []


def test_a_described_entry_without_an_english_title_is_refused_with_its_place(app: Flask) -> None:
    text = SMALL + "programme: [{titles: {uk: Вечеря}, from: 2027-05-12 19:00, to: 2027-05-12 21:00}]\n"
    with pytest.raises(Invalid, match=r"programme\[0\]: An English title is needed"):
        create_forum(read_description(text))


def test_the_organiser_adds_changes_and_removes_an_entry(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/programme")
    assert page.by_id("starts_at").get("value") == "2027-05-12T09:00"
    page = client.press(page, "Add", title_en="Opening <b>", place="Great Hall")
    assert "Wed 12 May, 09:00–10:00" in page.main
    page = client.page(page.links["Change: Opening <b>"])
    page = client.press(page, "Save", ends_at="2027-05-12T11:00")
    assert "09:00–11:00" in page.main
    page = client.press(page, "Remove: Opening <b>")
    assert db.session.scalars(select(ProgrammeEntry)).all() == []


def test_a_mistake_keeps_what_was_typed(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/programme")
    page = client.press(page, "Add", status=422, title_en="Opening", ends_at="2027-05-12T08:00")
    assert "It ends before it starts." in page.text
    assert page.by_id("title_en").get("value") == "Opening"


def test_a_time_that_the_clocks_skip_is_refused(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/programme")
    page = client.press(
        page, "Add", status=422, title_en="Night", starts_at="2027-03-28T02:30", ends_at="2027-03-28T04:00"
    )
    assert "does not exist on 2027-03-28" in page.text
