"""A forum made by pages: from a few answers, from a file, like an earlier one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import Staff, User
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.copying import next_forum
from forum_scheduler.forums.describing import describe_forum, sides_of
from forum_scheduler.forums.guided import Answers, describe
from forum_scheduler.forums.models import Forum, InterpreterAbsence, MailText, TableClosure
from forum_scheduler.forums.programme import programme_of
from tests.factories import (
    blocks_of,
    interpreters_of,
    make_company,
    make_forum,
    make_programme_entry,
    make_staff,
    make_user,
    slots_of,
    store,
    tables_of,
    zones_of,
)
from tests.pages import Page, Visitor

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


def test_all_that_is_wrong_is_said_at_once(app: Flask, client_for: SignIn) -> None:
    client = client_for(make_user(operator=True))
    values: dict[str, Any] = {
        "name": "Days",
        "first_day": "2027-05-12",
        "tables": "1-20 in Hall A\nforty tables",
        "interpreters": "Iryna",
        "afternoon_start": "11:00",
    }
    page = client.press(client.page("/new"), "Create the forum", status=422, **values)
    for said in ("forty tables: write it like", "Iryna: write it like", "The morning lasts longer"):
        assert said in page.main


@pytest.mark.parametrize(
    ("empty", "said"),
    [("afternoon_start", "Say from when"), ("afternoon_end", "Say until when")],
)
def test_half_an_afternoon_is_not_dropped_without_a_word(
    app: Flask, client_for: SignIn, empty: str, said: str
) -> None:
    client = client_for(make_user(operator=True))
    page = client.press(
        client.page("/new"),
        "Create the forum",
        status=422,
        name="Days",
        first_day="2027-05-12",
        **{empty: ""},
    )
    assert said in page.main


def test_a_forum_of_mornings_alone_leaves_both_empty(app: Flask, client_for: SignIn) -> None:
    client = client_for(make_user(operator=True))
    values: dict[str, Any] = {
        "name": "Days",
        "first_day": "2027-05-12",
        "afternoon_start": "",
        "afternoon_end": "",
    }
    client.press(client.page("/new"), "Create the forum", **values)
    assert len(slots_of(_forum())) == 8


def _take(client: Visitor, like: str, name: str = "Days 2028", first_day: str = "2028-05-10") -> Page:
    """The page with the text of an earlier forum for the new dates."""
    return client.page(f"/new/file?like={like}&name={name}&first_day={first_day}")


def test_the_next_forum_is_made_like_an_earlier_one_by_name_and_day(app: Flask, client_for: SignIn) -> None:
    earlier = make_forum(name="Days 2027", zones=2, tables=6, starts_at=datetime(2027, 5, 12, 7, tzinfo=UTC))
    make_programme_entry(earlier, "Opening", minutes=30)
    client = client_for(make_user(operator=True))
    page = _take(client, earlier.slug)
    assert "This is the text of Days 2027, for the new dates." in page.main
    assert "It does not: companies and their people" in page.main
    page = client.press(page, "Create the forum")
    assert "The forum is there." in page.flashes[0]
    made = _forum()
    assert (made.name, made.slug, len(tables_of(made))) == ("Days 2028", "days-2028", 6)
    moved = timedelta(days=364)
    assert [slot.starts_at for slot in slots_of(made)] == [
        slot.starts_at + moved for slot in slots_of(earlier)
    ]
    assert made.requests_close_at is not None
    assert earlier.requests_close_at is not None
    gap = made.requests_close_at - earlier.requests_close_at.replace(second=0, microsecond=0)
    assert abs(gap - moved) <= timedelta(hours=1)  # the clocks may have changed in between
    (opening,) = programme_of(made.id)
    assert opening.starts_at == programme_of(earlier.id)[0].starts_at + moved


def test_what_belongs_to_that_year_stays_behind(app: Flask, client_for: SignIn) -> None:
    earlier = make_forum(name="Days 2027")
    company = make_company(earlier)
    tables_of(earlier)[0].host_company_id = company.id
    store(InterpreterAbsence(interpreter_id=interpreters_of(earlier)[0].id, slot_id=slots_of(earlier)[0].id))
    store(TableClosure(table_id=tables_of(earlier)[1].id, slot_id=slots_of(earlier)[0].id))
    client = client_for(make_user(operator=True))
    client.press(_take(client, earlier.slug), "Create the forum")
    made = _forum()
    assert interpreters_of(made)[0].name == interpreters_of(earlier)[0].name
    absences = select(InterpreterAbsence).where(
        InterpreterAbsence.interpreter_id.in_([each.id for each in interpreters_of(made)])
    )
    assert db.session.scalars(absences).all() == []
    assert {table.host_company_id for table in tables_of(made)} == {None}
    assert db.session.scalars(select(Company).where(Company.forum_id == made.id)).all() == []
    closed = select(TableClosure).where(TableClosure.table_id == tables_of(made)[1].id)
    assert len(db.session.scalars(closed).all()) == 1, "the hall is the same: closures come along"


@pytest.mark.parametrize(
    ("name", "first_day", "said"),
    [
        ("", "2028-05-10", "This field is required."),
        ("Days 2028", "", "Which day?"),
        ("Days 2028", "tomorrow", "Not a valid date"),
        ("Days 2028", "0001-01-01", "Choose a day nearer to the present."),
    ],
)
def test_what_the_next_forum_lacks_is_said_at_its_field(
    app: Flask, client_for: SignIn, name: str, first_day: str, said: str
) -> None:
    earlier = make_forum(name="Days 2027")
    path = f"/new/file?like={earlier.slug}&name={name}&first_day={first_day}"
    page = client_for(make_user(operator=True)).page(path, status=422)
    assert said in page.main
    assert page.by_id("name").get("value") == name
    assert (page.by_id("text").text or "").strip() == ""


def test_a_name_that_is_taken_is_said_and_the_text_stays(app: Flask, client_for: SignIn) -> None:
    earlier = make_forum(name="Days 2027")
    client = client_for(make_user(operator=True))
    page = client.press(_take(client, earlier.slug, name="Days 2027"), "Create the forum", status=422)
    assert "there is a forum of this name already" in page.main
    assert "name: Days 2027" in (page.by_id("text").text or "")


def test_an_hour_that_comes_twice_is_none_on_another_day(app: Flask) -> None:
    night = datetime(2027, 10, 31, 0, tzinfo=UTC)  # 02:00+02:00, before the clocks go back
    earlier = describe_forum(make_forum(blocks=1, slots=1, starts_at=night))
    assert earlier.days[0].blocks[0].start == "02:00+02:00"
    block = next_forum(earlier, name="Again", first_day=date(2028, 5, 10)).days[0].blocks[0]
    assert (block.start, block.end) == ("02:00", "02:20")


def test_own_texts_come_along_to_the_next_forum(app: Flask, client_for: SignIn) -> None:
    earlier = make_forum(name="Days 2026")
    words = {"subject": "", "text": "Чекаємо на вас.\n\nДо зустрічі, {forum}"}
    db.session.add(MailText(forum_id=earlier.id, kind="agenda", locale="uk", **words))
    db.session.commit()
    client = client_for(make_user(operator=True))
    client.press(_take(client, earlier.slug), "Create the forum")
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
