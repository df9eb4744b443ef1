"""The list of offers and needs, changed after companies have chosen from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import CompanyCapability
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums import defence_list, outline
from forum_scheduler.forums.models import Capability, Forum
from forum_scheduler.setup.capabilities import (
    CapabilityRow,
    capabilities_of,
    change_capabilities,
    change_list,
    preview_list,
)
from forum_scheduler.setup.saving import Asks, Section, state_of
from tests.factories import capability_of, make_company, make_forum, make_staff, representative_of
from tests.pages import Visitor

SignIn = Callable[[User], Visitor]


def test_entries_are_renamed_added_and_put_under_others(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    company = make_company(forum, offers=["radar"])
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities")
    fields = {
        "rows-code": ["drones", "radar", "sensors", "", ""],
        "rows-en": ["Drones", "Radars", "Sensors", "", ""],
        "rows-uk": ["Дрони", "", "", "", ""],
        "rows-under": ["", "sensors", "", "", ""],
    }
    page = client.press(page, "Save", **fields)
    found = {row.code: row for row in capabilities_of(forum.id)}
    assert list(found) == ["drones", "sensors", "radar"]
    assert found["radar"].parent_id == found["sensors"].id
    assert found["drones"].names == {"en": "Drones", "uk": "Дрони"}
    chosen = db.session.scalars(
        select(CompanyCapability.capability_id).where(CompanyCapability.company_id == company.id)
    ).all()
    assert chosen == [found["radar"].id]


def test_what_companies_chose_is_named_before_it_goes(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    make_company(forum, "Kvant", offers=["drones"])
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities")
    page = client.press(page, "Save", status=200, **{"rows-remove": "0"})
    assert "1 company offers or needs what goes" in page.text
    assert "Kvant" in page.main
    client.press(page, "Save all the same")
    assert [row.code for row in capabilities_of(forum.id)] == ["radar"]
    assert db.session.scalars(select(CompanyCapability)).all() == []


def test_an_entry_is_no_part_of_itself(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities")
    fields = {"rows-under": ["radar", "drones", "", "", ""]}
    page = client.press(page, "Save", status=422, **fields)
    assert "be a part of itself" in page.text
    page = client.press(page, "Save", status=422, **{"rows-under": ["nothing", "", "", "", ""]})
    assert "There is no entry with this code." in page.text
    assert capability_of(forum, "drones").parent_id is None


# As one list

TREE = """
uas | Unmanned aircraft | Безпілотники
  fpv | FPV drones
  parts | Parts
    motors | Motors
steel | Steel
"""


def put_in(forum: Forum, text: str, *, agreed: str = "") -> None:
    change_list(forum.id, outline.read(text), seen=state_of(forum, Section.CAPABILITIES), agreed=agreed)


def stored(forum: Forum) -> str:
    return outline.write(capabilities_of(forum.id))


def test_a_list_that_is_put_in_is_the_forums_list(app: Flask) -> None:
    forum = make_forum(capabilities=())
    put_in(forum, TREE)
    assert stored(forum) == TREE.strip()
    assert capability_of(forum, "motors").parent_id == capability_of(forum, "parts").id


def test_the_change_is_shown_with_the_companies_it_touches_before_it_is_made(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    company = make_company(forum, "Kvant", offers=["drones"], needs=["radar"])
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities")
    page = client.page(page.links["Put in a whole list"])
    assert page.by_id("text").text.strip() == "drones | Drones\nradar | Radar"
    page = client.press(page, "See what changes", status=200, text="radar | Radars\nnew | Jammers")
    for said in ("1 company offers or needs what goes", "Kvant (Drones)", "Radar → Radars", "Jammers"):
        assert said in page.main
    assert "drones" in stored(forum), "nothing is saved yet"
    page = client.press(page, "Save the list")
    assert page.flashes == ["Saved."]
    assert stored(forum) == "radar | Radars\nnew | Jammers"
    own = client_for(representative_of(company)).page(f"/f/{forum.slug}/companies/{company.id}/edit")
    assert "Jammers" in own.main
    kept = select(Capability.code).join(CompanyCapability)
    assert db.session.scalars(kept).all() == ["radar"]


def test_a_company_that_chose_since_the_preview_is_shown_before_it_loses(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities/list")
    page = client.press(page, "See what changes", status=200, text="radar | Radar")
    make_company(forum, "Kvant", offers=["drones"])
    page = client.press(page, "Save the list", status=200)
    assert "Kvant (Drones)" in page.main
    assert "drones" in stored(forum)
    client.press(page, "Save the list")
    assert stored(forum) == "radar | Radar"


def test_a_list_does_not_overwrite_what_another_organiser_saved_meanwhile(
    app: Flask, client_for: SignIn
) -> None:
    forum = make_forum(capabilities=("drones",))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities/list")
    page = client.press(page, "See what changes", status=200, text="drones | Drones\nradar | Radar")
    put_in(forum, "drones | Drones\nsteel | Steel")
    page = client.press(page, "Save the list", status=422)
    assert "Somebody else has saved this page" in page.text
    assert "radar | Radar" in page.by_id("text").text, "nothing typed is lost"
    assert stored(forum) == "drones | Drones\nsteel | Steel"


def test_one_goes_back_to_what_one_typed(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=("drones",))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities/list")
    page = client.press(page, "See what changes", status=200, text="steel | Steel")
    page = client.press(page, "Back to what I typed", status=200)
    assert page.by_id("text").text.strip() == "steel | Steel"
    assert stored(forum) == "drones | Drones"


def test_the_same_list_has_nothing_to_save(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities/list")
    page = client.press(page, "See what changes", status=200)
    assert "there is nothing to save" in page.main
    assert "Save the list" not in page.main


def test_the_defence_list_is_two_clicks_away(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=())
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities/list")
    page = client.press(
        client.page(page.links["Start from the defence list"]), "See what changes", status=200
    )
    client.press(page, "Save the list")
    assert stored(forum) == defence_list.text()


def test_a_wrong_list_keeps_what_was_typed(app: Flask, client_for: SignIn) -> None:
    forum = make_forum(capabilities=("drones",))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/settings/capabilities/list")
    page = client.press(page, "See what changes", status=422, text="a | A\na | <b>")
    assert "Line 2: the code a stands there twice" in page.text
    assert "a | <b>" in page.text
    assert stored(forum) == "drones | Drones"


def test_names_that_a_list_leaves_out_stay(app: Flask) -> None:
    forum = make_forum(capabilities=())
    put_in(forum, "uas | Drones | Дрони")
    put_in(forum, "uas | Unmanned aircraft")
    assert capability_of(forum, "uas").names == {"en": "Unmanned aircraft", "uk": "Дрони"}


def test_a_parent_goes_and_its_children_stay_where_they_are_put(app: Flask) -> None:
    forum = make_forum(capabilities=())
    put_in(forum, "air | Air\n  fpv | FPV\n  parts | Parts")
    change = preview_list(forum.id, outline.read("fpv | FPV"))
    assert (change.gone, change.moved, change.reordered) == (("Air", "Parts"), ("FPV",), False)
    put_in(forum, "fpv | FPV")
    assert stored(forum) == "fpv | FPV"


def test_another_order_is_a_change(app: Flask) -> None:
    forum = make_forum(capabilities=("drones", "radar"))
    change = preview_list(forum.id, outline.read("radar | Radar\ndrones | Drones"))
    assert (change.reordered, change.same, change.any) == (True, 2, True)


def test_what_companies_chose_does_not_go_without_a_word(app: Flask) -> None:
    forum = make_forum(capabilities=("drones",))
    make_company(forum, offers=["drones"])
    with pytest.raises(Asks):
        put_in(forum, "radar | Radar")
    db.session.rollback()
    assert stored(forum) == "drones | Drones"


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"en": "Drones | small"}, "without |"),
        ({"en": "x" * 201}, "at most 200"),
        ({"en": "Drones", "uk": "x" * 201}, "at most 200"),
    ],
)
def test_what_can_not_be_written_as_a_list_is_no_name(app: Flask, row: dict[str, str], says: str) -> None:
    forum = make_forum(capabilities=())
    seen = state_of(forum, Section.CAPABILITIES)
    with pytest.raises(Invalid, match=says):
        change_capabilities(forum.id, [CapabilityRow(id=None, code="a", **row)], seen=seen)


@pytest.mark.databases("sqlite")
def test_entries_are_as_deep_as_a_list_may_be(app: Flask) -> None:
    forum = make_forum(capabilities=())
    rows = [
        CapabilityRow(id=None, code=f"c{depth}", en="N", under=f"c{depth - 1}" if depth else "")
        for depth in range(5)
    ]
    with pytest.raises(Invalid, match="more than 4 levels"):
        change_capabilities(forum.id, rows, seen=state_of(forum, Section.CAPABILITIES))
    db.session.rollback()
    change_capabilities(forum.id, rows[:4], seen=state_of(forum, Section.CAPABILITIES))
    assert len(capabilities_of(forum.id)) == 4
