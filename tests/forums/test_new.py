"""A forum made by pages: from a few answers, from a file, like an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import Staff, User
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import describe_forum, sides_of
from forum_scheduler.forums.guided import Answers, describe
from forum_scheduler.forums.models import Forum, MailText
from tests.factories import (
    blocks_of,
    interpreters_of,
    make_forum,
    make_staff,
    make_user,
    slots_of,
    tables_of,
    zones_of,
)
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def _forum() -> Forum:
    return db.session.scalars(select(Forum).order_by(Forum.id.desc())).first()  # type: ignore[return-value]  # made just before


def test_a_few_answers_make_a_forum_that_the_asker_organises(app: Flask, client_for: SignIn) -> None:
    operator = make_user(operator=True)
    client = client_for(operator)
    page = client.page("/")
    assert "No forum yet" in page.text
    page = client.page("/new")
    page = client.press(
        page,
        "Create the forum",
        name="Industry Days",
        organiser="olha@example.org",
        first_day="2027-05-12",
        days="2",
        tables="1-40 in Hall A\nB1-B6 in Hall B",
        interpreters="Iryna Koval: uk-en, uk-fr",
    )
    assert "The forum is there." in page.flashes[0]
    forum = _forum()
    assert forum.slug == "industry-days"
    assert len(slots_of(forum)) == 2 * (8 + 8)
    assert [len(tables_of(forum)), len(zones_of(forum))] == [46, 2]
    assert interpreters_of(forum)[0].pairs == [["uk", "en"], ["uk", "fr"]]
    emails = set(db.session.scalars(select(User.email).join(Staff).where(Staff.forum_id == forum.id)))
    assert emails == {operator.email, "olha@example.org"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("tables", "forty tables", "write it like"),
        ("interpreters", "Iryna", "write it like"),
        ("timezone", "Brussels", "there is no time zone"),
        ("morning_end", "08:00", "the block ends before it starts"),
        ("organiser", "nobody", "nobody"),
        ("name", "", "This field is required."),
    ],
)
def test_what_can_not_be_used_is_said_at_its_field(
    app: Flask, client_for: SignIn, field: str, value: str, said: str
) -> None:
    client = client_for(make_user(operator=True))
    values: dict[str, Any] = {"name": "Days", "first_day": "2027-05-12", field: value}
    page = client.press(client.page("/new"), "Create the forum", status=422, **values)
    assert said in page.main
    assert db.session.scalars(select(Forum)).all() == []


def test_the_next_forum_is_made_like_an_earlier_one(app: Flask, client_for: SignIn) -> None:
    earlier = make_forum(name="Days 2026", zones=2, tables=6)
    client = client_for(make_user(operator=True))
    page = client.page(f"/new/file?like={earlier.slug}")
    text = page.by_id("text").text
    assert "name: Days 2026" in text
    changed = text.replace("Days 2026", "Days 2027").replace(f"slug: {earlier.slug}\n", "")
    page = client.press(page, "Create the forum", text=changed)
    assert "The forum is there." in page.flashes[0]
    made = _forum()
    assert (made.name, len(tables_of(made))) == ("Days 2027", 6)
    again = client.press(client.page("/new/file"), "Create the forum", status=422, text=changed)
    assert "there is a forum of this name already" in again.main


def test_own_texts_come_along_to_the_next_forum(app: Flask, client_for: SignIn) -> None:
    earlier = make_forum(name="Days 2026")
    words = {"subject": "", "text": "Чекаємо на вас.\n\nДо зустрічі, {forum}"}
    db.session.add(MailText(forum_id=earlier.id, kind="agenda", locale="uk", **words))
    db.session.commit()
    client = client_for(make_user(operator=True))
    page = client.page(f"/new/file?like={earlier.slug}")
    text = page.by_id("text").text.replace("Days 2026", "Days 2027").replace(f"slug: {earlier.slug}\n", "")
    client.press(page, "Create the forum", text=text)
    copied = db.session.scalars(select(MailText.text).where(MailText.forum_id == _forum().id)).all()
    assert copied == [words["text"]]


def test_a_forum_is_written_as_the_file_it_can_be_made_from(app: Flask, client_for: SignIn) -> None:
    forum = make_forum()
    answer = client_for(make_staff(forum)).get(f"/f/{forum.slug}/settings/forum.yaml")
    assert f"name: {forum.name}" in answer.get_data(as_text=True)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{forum.slug}.yaml"'


def _answers(**changes: Any) -> Answers:
    values: dict[str, Any] = {
        "name": "Days",
        "timezone": "Europe/Kyiv",
        "venue": "",
        "contact_email": "",
        "first_day": date(2027, 5, 12),
        "days": 1,
        "stretches": ((time(9), time(12)),),
        "slot_minutes": 20,
        "pause_minutes": 5,
        "tables": "1-4 у Зала А",
        "sides": "Україна\nEU",
        "within": False,
        "interpreters": "",
        **changes,
    }
    return Answers(**values)


@pytest.mark.databases("sqlite")
def test_answers_in_ukrainian_are_understood(app: Flask) -> None:
    with app.test_request_context():
        found = describe(_answers())
    assert found.zones == ("Зала А",)
    assert [(side.code, side.name, side.asks) for side in found.sides] == [
        ("ukraina", "Україна", ("eu",)),
        ("eu", "EU", ("ukraina",)),
    ]


@pytest.mark.databases("sqlite")
def test_sides_whose_codes_would_be_the_same_are_told_apart(app: Flask) -> None:
    with app.test_request_context():
        found = describe(_answers(sides="Україна\nUkraina\n!"))
    assert [side.code for side in found.sides] == ["ukraina", "ukraina-2", "side-3"]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("line", ["1-4 in Hall A", "1-4 у Hall A", "1-4: Hall A", "1-4:Hall A"])
def test_a_range_and_its_zone_are_parted_by_a_word_or_a_colon(app: Flask, line: str) -> None:
    with app.test_request_context():
        found = describe(_answers(tables=line))
    assert (found.zones, found.tables[0].labels) == (("Hall A",), "1-4")


@pytest.mark.databases("sqlite")
def test_names_that_the_first_page_offers_are_in_the_readers_language(app: Flask, client_for: SignIn) -> None:
    client = client_for(make_user(operator=True, locale="uk"))
    page = client.page("/new")
    assert page.by_id("tables").text.strip() == "1-20: Зала А"
    client.press(page, "Створити форум", name="Дні", first_day="2027-05-12")
    forum = _forum()
    assert [zone.name for zone in zones_of(forum)] == ["Зала А"]
    assert [side.name for side in sides_of(forum.id)] == ["ЄС", "Україна"]
    assert {block.name for block in blocks_of(forum)} == {""}, "pages show their hours instead"


@pytest.mark.databases("sqlite")
def test_one_side_alone_asks_itself(app: Flask) -> None:
    with app.test_request_context():
        assert describe(_answers(sides="All")).sides[0].asks == ("all",)
        with pytest.raises(Invalid):
            describe(_answers(sides=""))


def test_what_is_described_is_what_was_answered(app: Flask) -> None:
    from forum_scheduler.forums.services import create_forum  # noqa: PLC0415 -- beside its only use

    with app.test_request_context():
        wanted = describe(_answers(name="Days again"))
        forum = create_forum(wanted)
    found = describe_forum(forum)
    assert (found.days, found.zones, found.tables) == (wanted.days, wanted.zones, wanted.tables)
