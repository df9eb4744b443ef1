"""Whom to ask, and why: fits both ways, never a pair that is forbidden, learning from what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from forum_scheduler.accounts.models import User
from forum_scheduler.companies import keeping
from forum_scheduler.companies.models import Company, CompanyCapability, CompanyStatus
from forum_scheduler.companies.suggestions import Dealings, Suggestion, suggestions
from forum_scheduler.extensions import db
from forum_scheduler.requests import reading, services
from forum_scheduler.requests.models import RequestState
from tests.factories import make_blocked_pair, make_company, make_forum, make_request, representative_of
from tests.pages import Visitor
from tests.queries import count_queries
from tests.requests.test_services import open_forum

ClientFor = Callable[[User], Visitor]


def suggested(company: Company, **dealings: Any) -> tuple[Suggestion, ...]:
    loaded = db.session.scalars(
        select(Company)
        .where(Company.id == company.id)
        .options(
            joinedload(Company.side),
            selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        )
        .execution_options(populate_existing=True)
    ).one()
    return suggestions(company=loaded, dealings=Dealings(**dealings), limit=10, locale="en")


def names(found: tuple[Suggestion, ...]) -> list[str]:
    return [each.company.name for each in found]


def test_a_suggestion_says_what_fits_both_ways(app: Flask) -> None:
    forum = make_forum()
    us = make_company(
        forum,
        side="eu",
        offers=["drones"],
        needs=["steel"],
        programmes=["EDF"],
        consortium_roles=["coordinator"],
    )
    make_company(
        forum,
        "Both",
        side="ua",
        offers=["steel"],
        needs=["drones"],
        programmes=["EDF"],
        consortium_roles=["partner"],
    )
    make_company(forum, "Nothing", side="ua", offers=["radar"])
    (found,) = suggested(us)
    assert found.company.name == "Both"
    assert (found.they_need, found.they_offer, found.programmes) == (["Drones"], ["Steel"], ["EDF"])
    assert found.roles


def test_who_needs_what_we_offer_comes_before_who_offers_what_we_need(app: Flask) -> None:
    forum = make_forum()
    us = make_company(forum, side="eu", offers=["drones"], needs=["steel"], programmes=["EDF"])
    make_company(forum, "Programme", side="ua", programmes=["EDF"])
    make_company(forum, "Offers", side="ua", offers=["steel"])
    make_company(forum, "Needs", side="ua", needs=["drones"])
    assert names(suggested(us)) == ["Needs", "Offers", "Programme"]


def test_a_topic_that_both_look_at_is_a_reason(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us = make_company(forum, side="eu", topics=["EDF-2027-DA", "Протидія дронам"], programmes=["EDF"])
    make_company(forum, "Programme", side="ua", programmes=["EDF"])
    make_company(forum, "Topic", side="ua", topics=["Протидія дронам"])
    make_company(forum, "Nearly", side="ua", topics=["EDF-2027-D"])
    found = suggested(us)
    assert names(found) == ["Topic", "Programme"]
    assert found[0].topics == ["Протидія дронам"]
    page = client_for(representative_of(us)).page(f"/f/{forum.slug}/suggestions")
    assert "Both look at Протидія дронам." in page.main


def test_nobody_is_suggested_whom_one_can_not_ask(app: Flask) -> None:
    forum = make_forum(ask=[("eu", "ua")])
    us = make_company(forum, side="eu", offers=["drones"])
    fitting: dict[str, Any] = {"needs": ["drones"]}
    make_company(forum, "Same side", side="eu", **fitting)
    make_company(forum, "Unvetted", side="ua", status=CompanyStatus.APPLIED, **fitting)
    make_blocked_pair(us, make_company(forum, "Blocked", side="ua", **fitting))
    met = make_company(forum, "Met", side="ua", **fitting)
    make_company(make_forum(), "Elsewhere", side="ua", **fitting)
    assert names(suggested(us, met=[met.id])) == []


def test_a_dismissed_company_is_gone_until_it_is_taken_back(app: Flask) -> None:
    forum = make_forum()
    us = make_company(forum, side="eu", offers=["drones"])
    them = make_company(forum, "Them", side="ua", needs=["drones"])
    keeping.dismiss(company_id=us.id, other_id=them.id)
    keeping.dismiss(company_id=us.id, other_id=them.id)
    assert names(suggested(us)) == []
    keeping.suggest_again(company_id=us.id, other_id=them.id)
    assert names(suggested(us)) == ["Them"]


def test_what_one_liked_is_suggested_and_named(app: Flask) -> None:
    forum = make_forum()
    us = make_company(forum, side="eu")
    liked = [make_company(forum, side="ua", offers=["radar"]) for _ in range(2)]
    make_company(forum, "Radar too", side="ua", offers=["radar"])
    make_company(forum, "Steel", side="ua", offers=["steel"])
    assert names(suggested(us)) == []
    (found,) = suggested(us, liked=[each.id for each in liked], met=[each.id for each in liked])
    assert (found.company.name, found.liked) == ("Radar too", ["Radar"])


def test_what_one_turned_down_falls_behind(app: Flask) -> None:
    forum = make_forum()
    us = make_company(forum, side="eu", needs=["radar", "steel"])
    make_company(forum, "Radar", side="ua", offers=["radar"])
    make_company(forum, "Steel", side="ua", offers=["steel"])
    assert names(suggested(us)) == ["Radar", "Steel"]
    for _ in range(3):
        dull = make_company(forum, side="ua", offers=["radar"])
        keeping.dismiss(company_id=us.id, other_id=dull.id)
    assert names(suggested(us)) == ["Steel", "Radar"]


def test_dealings_are_what_was_asked_accepted_and_declined(app: Flask) -> None:
    forum = open_forum()
    us = make_company(forum, side="eu")
    asked, taken_back, accepted, declined, waiting = (make_company(forum, side="ua") for _ in range(5))
    make_request(us, asked)
    make_request(us, taken_back, state=RequestState.WITHDRAWN)
    services.accept(request_id=make_request(accepted, us).id, company_id=us.id)
    services.decline(request_id=make_request(declined, us).id, company_id=us.id)
    make_request(waiting, us)
    found = reading.dealings_of(us.id)
    assert set(found.liked) == {asked.id, accepted.id}
    assert set(found.disliked) == {declined.id}
    assert set(found.met) == {asked.id, taken_back.id, accepted.id, declined.id, waiting.id}


def test_the_page_gives_reasons_and_passes_a_company_over(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us = make_company(forum, side="eu", offers=["drones"])
    them = make_company(forum, "100 % <b>Them</b>", side="ua", needs=["drones"])
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/suggestions")
    assert "They need what you offer: Drones." in page.main
    page = client.press(page, f"Not for us: {them.name}")
    assert "No more suggestions" in page.main
    page = client.press(page, "Undo")
    assert them.name in page.main


def test_a_company_that_says_nothing_of_itself_is_told_to(app: Flask, client_for: ClientFor) -> None:
    forum = open_forum()
    us = make_company(forum, side="eu")
    page = client_for(representative_of(us)).page(f"/f/{forum.slug}/suggestions")
    assert "Describe your company" in page.links


def test_suggestions_ask_the_database_the_same_number_of_times_for_one_and_three(
    app: Flask, client_for: ClientFor
) -> None:
    forum = open_forum()
    us = make_company(forum, side="eu", offers=["drones"])
    make_company(forum, side="ua", needs=["drones"])
    client = client_for(representative_of(us))
    address = f"/f/{forum.slug}/suggestions"
    client.page(address)
    with count_queries() as one:
        client.page(address)
    for _ in range(2):
        make_company(forum, side="ua", needs=["drones"])
    with count_queries() as three:
        client.page(address)
    assert one.count == three.count
