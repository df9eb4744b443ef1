"""The capability list as text, and what changing it does to companies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies import capabilities as services
from forum_scheduler.companies.models import CompanyCapability
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums import defence_list, outline
from forum_scheduler.forums.models import Capability, Forum
from tests.factories import make_company, make_forum, make_staff, representative_of
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]
TREE = """
uas | Unmanned aircraft | Безпілотники
  fpv | FPV drones
  parts | Parts
    motors | Motors
steel | Steel
"""


def stored(forum: Forum) -> str:
    return outline.write(db.session.scalars(select(Capability).where(Capability.forum_id == forum.id)).all())


def test_what_is_written_is_read_again(app: Flask) -> None:
    forum = make_forum(capabilities=())
    services.replace(forum_id=forum.id, entries=outline.read(TREE))
    assert stored(forum) == TREE.strip()
    motors = db.session.scalars(select(Capability).where(Capability.code == "motors")).one()
    assert db.session.get_one(Capability, motors.parent_id or 0).code == "parts"


names = st.text("abcdefg хй", min_size=1, max_size=12).filter(lambda name: bool(name.strip()))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), names), max_size=12))
def test_any_outline_is_the_same_after_writing(rows: list[tuple[int, str]]) -> None:
    text = "\n".join(f"{'  ' * depth}c{number} | {name}" for number, (depth, name) in enumerate(rows))
    first = outline.read(text)
    ids = {entry.code: number for number, entry in enumerate(first, start=1)}
    made = [
        Capability(
            id=ids[e.code],
            code=e.code,
            names=e.names,
            position=ids[e.code],
            parent_id=ids.get(e.parent or ""),
        )
        for e in first
    ]
    assert outline.read(outline.write(made)) == first


def test_columns_of_a_spreadsheet_and_bare_names_are_understood() -> None:
    entries = outline.read("uas\tUnmanned aircraft\tБезпілотники\nElectronic warfare\n  Electronic warfare")
    assert [(each.code, each.parent) for each in entries] == [
        ("uas", None),
        ("electronic-warfare", None),
        ("electronic-warfare-2", "electronic-warfare"),
    ]
    assert entries[0].names == {"en": "Unmanned aircraft", "uk": "Безпілотники"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a | A\na | B", "Line 2: the code a stands there twice"),
        ("a | ", "Line 1: an English name is needed"),
        ("дрон | Drone", "Line 1: .* is no code"),
        ("a | A | B | C", "Line 1: more than three parts"),
        (f"a | {'x' * 121}", "Line 1: a name has at most 120 characters"),
        ("a | A\n b | B\n  c | C\n   d | D\n    e | E", "Line 5: more than 4 levels"),
        ("\n".join(f"c{n} | N" for n in range(1001)), "At most 1000 entries"),
    ],
)
def test_a_wrong_line_is_named(app: Flask, text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        outline.read(text)


def test_companies_keep_what_they_chose_when_names_and_places_change(app: Flask) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    make_company(forum, offers=["drones"], needs=["radar"])
    services.replace(forum_id=forum.id, entries=outline.read("air | Air\n  drones | Uncrewed\nradar | Radar"))
    assert len(db.session.scalars(select(CompanyCapability)).all()) == 2
    assert "drones | Uncrewed" in stored(forum)


def test_taking_out_what_companies_chose_needs_a_second_word(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    company = make_company(forum, offers=["drones"], needs=["radar"])
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/capabilities")
    page = client.press(page, "Save", status=409, text="radar | Radar\nnew | New")
    assert "Companies chose what you take out: Drones (1)." in page.text
    assert "drones" in stored(forum)
    page = client.press(page, "Save", although_used="y")
    assert stored(forum) == "radar | Radar\nnew | New"
    own = client_for(representative_of(company)).page(f"/f/{forum.slug}/companies/{company.id}/edit")
    assert "New" in own.main


def test_a_parent_goes_and_its_children_stay_where_they_are_put(app: Flask) -> None:
    forum = make_forum(capabilities=())
    services.replace(forum_id=forum.id, entries=outline.read("air | Air\n  fpv | FPV\n  parts | Parts"))
    services.replace(forum_id=forum.id, entries=outline.read("fpv | FPV"))
    assert stored(forum) == "fpv | FPV"


def test_the_defence_list_is_one_click_away(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(capabilities=())
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/capabilities")
    page = client.press(client.page(page.links["Start from the defence list"]), "Save")
    assert stored(forum) == defence_list.text()


def test_a_wrong_list_keeps_what_was_typed(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(capabilities=("drones",))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/capabilities")
    page = client.press(page, "Save", status=422, text="a | A\na | <b>")
    assert "Line 2: the code a stands there twice" in page.text
    assert "a | <b>" in page.text
    assert stored(forum) == "drones | Drones"
