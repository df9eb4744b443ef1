from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.companies.models import Company, CompanyCapability, CompanyStatus, Delegate, Seeks
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Side
from tests.factories import (
    make_blocked_pair,
    make_company,
    make_forum,
    make_staff,
    representative_of,
    side_of,
)
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]


def test_a_visitor_joins_and_learns_what_comes_next(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    page = client.page(f"/f/{forum.slug}/join")
    page = client.press(
        page,
        "Send",
        name="Kvant <b>Dynamics</b>",
        country="UA",
        side_id=str(side_of(forum, "ua").id),
        person_name="Анна",
        email="anna@example.org",
        consent="y",
    )
    assert page.h1 == "Your entry is sent"
    company = db.session.scalars(select(Company)).one()
    assert (company.name, company.status) == ("Kvant <b>Dynamics</b>", CompanyStatus.APPLIED)


def test_no_side_is_chosen_for_who_joins_where_there_are_several(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    page = client.page(f"/f/{forum.slug}/join")
    typed = {"name": "Kvant", "country": "UA", "person_name": "Anna", "email": "anna@example.org"}
    page = client.press(page, "Send", status=422, consent="y", **typed)
    assert "Choose a side" in page.text
    assert db.session.scalars(select(Company)).all() == []


def test_the_only_side_of_a_forum_need_not_be_chosen(app: Flask, client: Visitor) -> None:
    forum = make_forum(sides=("all",))
    page = client.page(f"/f/{forum.slug}/join")
    typed = {"name": "Kvant", "country": "UA", "person_name": "Anna", "email": "anna@example.org"}
    assert client.press(page, "Send", consent="y", **typed).h1 == "Your entry is sent"


def test_a_mistake_keeps_what_was_typed_and_stands_at_its_field(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    page = client.page(f"/f/{forum.slug}/join")
    page = client.press(
        page, "Send", status=422, name="Kvant", country="", person_name="Anna", email="anna@example.org"
    )
    assert "Choose a country" in page.text
    assert page.by_id("name").get("value") == "Kvant"


def test_the_directory_leads_to_companies_and_their_ask_pages(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    me, other = make_company(forum, side="eu"), make_company(forum, "Завод", side="ua")
    client = client_for(representative_of(me))
    page = client.page(f"/f/{forum.slug}/companies")
    assert other.name in page.main
    assert me.name not in page.main
    page = client.page(page.links["Завод / Zavod"])
    assert "Ask for a meeting" in page.links


def test_a_search_without_result_says_what_to_do(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    client = client_for(representative_of(make_company(forum)))
    assert "Try fewer words" in client.page(f"/f/{forum.slug}/companies?q=zzz&page=7&side=abc").text


def test_a_blocked_company_does_not_exist(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    one, other = make_company(forum, side="eu"), make_company(forum, side="ua")
    client = client_for(representative_of(one))
    address = f"/f/{forum.slug}/companies/{other.id}"
    client.page(address)
    make_blocked_pair(one, other)
    client.page(address, status=404)
    client.page(f"{address}/ask", status=404)


def test_a_company_describes_itself_with_a_logo(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    address = f"/f/{forum.slug}/companies/{company.id}"
    page = client.page(f"{address}/edit")
    picture = io.BytesIO()
    Image.new("RGB", (900, 300), "navy").save(picture, format="JPEG")
    picture.seek(0)
    page = client.press(page, "Save", description_en="We build engines.", logo=(picture, "logo.jpg"))
    assert "We build engines." in page.text
    logo = client.get(f"{address}/logo.png")
    with Image.open(io.BytesIO(logo.data)) as stored:
        assert (stored.format, stored.size) == ("PNG", (512, 171))


def test_an_image_that_is_no_image_is_refused_and_the_rest_is_kept(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    page = client.press(
        page, "Save", status=422, website="https://example.org", logo=(io.BytesIO(b"<svg/>"), "logo.png")
    )
    assert "This is no picture that we can read" in page.text
    assert page.by_id("website").get("value") == "https://example.org"


def test_delegates_are_added_changed_and_removed(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    page = client.press(page, "Add", name="Олена Шевчук", email="olena@example.org", languages=["uk", "en"])
    assert "Олена Шевчук" in page.main
    added = db.session.scalars(select(Delegate).where(Delegate.name == "Олена Шевчук")).one()
    page = client.page(f"/f/{forum.slug}/delegates/{added.id}/edit")
    page = client.press(page, "Save", role="Director", fixed_table="y")
    assert "Director" in page.main
    page = client.page(f"/f/{forum.slug}/delegates/{added.id}/edit")
    page = client.press(page, "Remove this delegate")
    assert "Олена Шевчук" not in page.by_id("content").itertext()


def test_the_last_delegate_can_not_be_removed_by_the_page(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    only = db.session.scalars(select(Delegate).where(Delegate.company_id == company.id)).one()
    client = client_for(representative_of(company))
    page = client.send(f"/f/{forum.slug}/delegates/{only.id}/remove")
    assert "at least one delegate" in page.text


def test_a_colleague_is_let_in(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    company = make_company(forum)
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/delegates")
    page = client.press(page, "Invite the colleague", name="Bo", email="bo@example.org")
    assert "bo@example.org" in page.main


def test_the_organiser_approves_and_refuses_with_a_reason(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    good, bad = (make_company(forum, status=CompanyStatus.APPLIED) for _ in range(2))
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/vetting")
    page = client.press(page, "Approve the ticked ones", company=[str(good.id)])
    page = client.press(page, "Refuse the ticked ones", company=[str(bad.id)])
    assert "Say why" in page.text
    page = client.press(page, "Refuse the ticked ones", company=[str(bad.id)], reason="No products")
    assert db.session.get_one(Company, good.id).status == CompanyStatus.APPROVED
    assert db.session.get_one(Company, bad.id).status_reason == "No products"


def test_a_co_organiser_sees_only_the_companies_of_their_delegation(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    ours = make_company(forum, side="ua", status=CompanyStatus.APPLIED)
    theirs = make_company(forum, side="eu", status=CompanyStatus.APPLIED)
    side = db.session.get_one(Company, ours.id).side_id
    user = make_staff(forum, StaffRole.CO_ORGANISER)
    db.session.scalars(select(Staff).where(Staff.user_id == user.id)).one().side_id = side
    db.session.commit()
    page = client_for(user).page(f"/f/{forum.slug}/vetting")
    assert ours.name in page.main
    assert theirs.name not in page.main


def test_pairs_are_blocked_and_unblocked_by_the_organiser(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    one, other = make_company(forum), make_company(forum)
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/blocked")
    page = client.press(page, "Block", one=str(one.id), other=str(other.id), reason="Export control")
    assert "Export control" in page.main
    page = client.send(f"/f/{forum.slug}/blocked/remove", {"low": one.id, "high": other.id})
    assert "Export control" not in page.main


@pytest.mark.parametrize("locale", ["en", "uk"])
def test_countries_are_named_in_the_readers_language(app: Flask, client: Visitor, locale: str) -> None:
    forum = make_forum()
    with client.session_transaction() as session:
        session["locale"] = locale
    page = client.page(f"/f/{forum.slug}/join")
    assert ("Бельгія" if locale == "uk" else "Belgium") in page.text


def test_the_queue_is_filtered_by_side_and_words_and_stays_so_after_an_answer(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    for name, side in (("Kvant", "ua"), ("Hetman", "ua"), ("Aerotec", "eu")):
        make_company(forum, name, side=side, status=CompanyStatus.APPLIED, search_text=name.lower())
    client = client_for(make_staff(forum))
    page = client.page(f"/f/{forum.slug}/vetting")
    side = db.session.scalars(select(Side.id).where(Side.forum_id == forum.id, Side.code == "ua")).one()
    page = client.page(f"/f/{forum.slug}/vetting?side={side}&q=KVA")
    assert ("Kvant" in page.main, "Hetman" in page.main, "Aerotec" in page.main) == (True, False, False)
    company = db.session.scalars(select(Company.id).where(Company.name == "Kvant")).one()
    page = client.press(page, "Approve the ticked ones", company=str(company))
    assert "No company in this state fits the filter." in page.main
    assert "Hetman" in client.page(f"/f/{forum.slug}/vetting?side={side}").main


def test_the_side_of_an_approved_company_is_no_choice_and_nothing_typed_is_lost(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    other = db.session.scalars(select(Side.id).where(Side.forum_id == forum.id, Side.code == "ua")).one()
    client = client_for(representative_of(company))
    page = client.page(f"/f/{forum.slug}/companies/{company.id}/edit")
    assert f'value="{other}"' not in page.html.split("side_id", 2)[2].split("</select>")[0]
    page = client.press(page, "Save", status=422, side_id=str(other), description_en="Typed for an hour")
    assert "Typed for an hour" in page.html
    assert db.session.get_one(Company, company.id).side_id == company.side_id


def test_registration_that_closes_meanwhile_keeps_what_was_typed(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    page = client.page(f"/f/{forum.slug}/join")
    forum.open_registration = False
    db.session.commit()
    typed = {
        "name": "Kvant",
        "country": "UA",
        "side_id": str(side_of(forum, "ua").id),
        "person_name": "Анна",
        "email": "a@example.org",
        "consent": "y",
    }
    page = client.press(page, "Send", status=403, description_en="Typed for an hour", **typed)
    assert "by invitation only" in page.main
    assert "Typed for an hour" in page.html


def test_the_list_stands_in_branches_and_those_with_a_tick_are_open(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum, side="eu")
    tops = [Capability(forum_id=forum.id, code=code, names={"en": code.title()}) for code in ("air", "sea")]
    db.session.add_all(tops)
    db.session.flush()
    below = [
        Capability(forum_id=forum.id, code=f"{each.code}-1", names={"en": "Thing"}, parent_id=each.id)
        for each in tops
    ]
    db.session.add_all(below)
    db.session.flush()
    db.session.add(CompanyCapability(company_id=company.id, capability_id=below[1].id, kind=Seeks.OFFER))
    db.session.commit()
    page = client_for(representative_of(company)).page(f"/f/{forum.slug}/companies/{company.id}/edit")
    offers = page.html.split('id="offers"')[1].split("</fieldset>")[0]
    assert '<details class="disclosure"><summary>Air</summary>' in offers
    assert '<details class="disclosure" open><summary>Sea</summary>' in offers
