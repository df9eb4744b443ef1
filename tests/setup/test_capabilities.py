"""The list of offers and needs, changed after companies have chosen from it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import CompanyCapability
from forum_scheduler.extensions import db
from forum_scheduler.setup.capabilities import capabilities_of
from tests.factories import capability_of, make_company, make_forum, make_staff
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
