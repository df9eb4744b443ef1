"""The directory: counts beside filters, order, favourites, saved searches, and what it shows of requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from forum_scheduler.accounts.models import User
from forum_scheduler.companies import directory, keeping
from forum_scheduler.companies.directory import Mine
from forum_scheduler.companies.filters import Filters, Sort
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.errors import Invalid, NotFound
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import RequestState
from tests.factories import (
    capability_of,
    make_blocked_pair,
    make_company,
    make_forum,
    make_request,
    make_staff,
    representative_of,
    side_of,
)
from tests.pages import Visitor
from tests.queries import count_queries

ClientFor = Callable[[User], Visitor]


def search(forum: Forum, *, mine: Mine | None = None, **fields: object) -> directory.Page:
    filters = Filters(**fields)  # type: ignore[arg-type]
    return directory.search(forum_id=forum.id, company_ids=[], filters=filters, mine=mine)


@pytest.fixture
def forum(app: Flask) -> Forum:
    """Four companies: two sides, three countries, offers and needs, programmes and roles."""
    forum = make_forum()
    make_company(forum, "Alfa", side="eu", country="BE", size="1-9", offers=["drones"], programmes=["EDF"])
    make_company(
        forum, "Beta", side="eu", country="FR", size="250+", offers=["drones", "radar"], needs=["steel"],
        programmes=["EDF", "EDIP"], consortium_roles=["coordinator"],
    )  # fmt: skip
    make_company(forum, "Gamma", side="ua", offers=["steel"], needs=["drones"], consortium_roles=["partner"])
    make_company(forum, "Delta", side="ua", size="1-9")
    make_company(forum, "Hidden", side="ua", status=CompanyStatus.APPLIED, offers=["drones"])
    return forum


def names(page: directory.Page) -> list[str]:
    return [each.name for each in page.items]


def test_counts_are_those_of_the_companies_that_are_shown(forum: Forum) -> None:
    facets = search(forum).facets
    assert facets.total == 4
    assert facets.sides == {side_of(forum, "eu").id: 2, side_of(forum, "ua").id: 2}
    assert facets.countries == {"BE": 1, "FR": 1, "UA": 2}
    assert facets.sizes == {"1-9": 2, "250+": 1}
    assert facets.programmes == {"EDF": 2, "EDIP": 1}
    assert facets.roles == {"coordinator": 1, "partner": 1}
    drones, radar, steel = (capability_of(forum, code).id for code in ("drones", "radar", "steel"))
    assert facets.offers == {drones: 2, radar: 1, steel: 1}
    assert facets.needs == {steel: 1, drones: 1}


def test_a_filter_does_not_change_its_own_counts_but_those_of_the_others(forum: Forum) -> None:
    facets = search(forum, countries=("BE",)).facets
    assert facets.total == 1
    assert facets.countries == {"BE": 1, "FR": 1, "UA": 2}
    assert facets.sizes == {"1-9": 1}
    drones, steel = capability_of(forum, "drones").id, capability_of(forum, "steel").id
    facets = search(forum, offers=(drones,)).facets
    assert facets.offers[steel] == 1
    assert facets.needs == {steel: 1}


def test_values_of_one_filter_add_up_and_filters_narrow_each_other(forum: Forum) -> None:
    assert names(search(forum, countries=("BE", "UA"))) == ["Alfa", "Delta", "Gamma"]
    assert names(search(forum, countries=("BE", "UA"), sizes=("1-9",))) == ["Alfa", "Delta"]
    assert names(search(forum, programmes=("EDIP",))) == ["Beta"]
    assert names(search(forum, roles=("partner", "coordinator"))) == ["Beta", "Gamma"]
    assert names(search(forum, programmes=("EDF",), text="beta")) == ["Beta"]


def test_topics_and_interests_are_counted_and_narrow(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us = make_company(forum, "Us", side="eu")
    make_company(forum, "One", side="ua", topics=["EDF-2027-DA", "Протидія дронам"], interests=["licence"])
    make_company(forum, "Two", side="ua", topics=["EDF-2027-DA"], interests=["licence", "investment"])
    make_company(forum, "Three", side="ua", topics=["EDF-2027-D"])
    facets = search(forum).facets
    assert facets.topics == {"EDF-2027-DA": 2, "Протидія дронам": 1, "EDF-2027-D": 1}
    assert facets.interests == {"licence": 2, "investment": 1}
    assert names(search(forum, topics=("Протидія дронам",))) == ["One"]
    assert names(search(forum, topics=("EDF-2027-DA",), interests=("investment",))) == ["Two"]
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/companies?topic=EDF-2027-D&interest=x")
    assert "No company matches" in page.main
    page = client.page(
        f"/f/{forum.slug}/companies?topic=%D0%9F%D1%80%D0%BE%D1%82%D0%B8%D0%B4%D1%96%D1%8F+дронам"
    )
    assert "Topics and calls: Протидія дронам" in page.main
    assert "1 company found" in page.main


def test_of_many_topics_the_most_wanted_are_offered_and_the_chosen_one(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    us = make_company(forum, "Us", side="eu")
    for number in range(4):
        topics = [f"Topic {number} {each:02}" for each in range(20)]
        make_company(forum, f"Of {number}", side="ua", topics=[*topics[:19], "Shared"])
    page = client_for(representative_of(us)).page(f"/f/{forum.slug}/companies?topic=Topic+3+18")
    assert "Shared (4)" in page.main
    assert "Topic 3 18 (1)" in page.main
    assert page.main.count("Topic ") < 40


def test_each_count_is_what_its_filter_then_finds(forum: Forum) -> None:
    for chosen in (Filters(), Filters(programmes=("EDF",)), Filters(sides=(side_of(forum, "ua").id,))):
        facets = directory.search(forum_id=forum.id, company_ids=[], filters=chosen).facets
        for country, number in facets.countries.items():
            found = search(forum, countries=(country,), programmes=chosen.programmes, sides=chosen.sides)
            assert found.total == number


def test_the_best_match_is_who_needs_what_we_offer(forum: Forum) -> None:
    mine = Mine(
        company_id=0,
        offers=frozenset({capability_of(forum, "drones").id}),
        needs=frozenset({capability_of(forum, "radar").id}),
    )
    assert names(search(forum, mine=mine))[:2] == ["Gamma", "Beta"]
    assert names(search(forum, mine=mine, sort=Sort.NAME)) == ["Alfa", "Beta", "Delta", "Gamma"]
    assert names(search(forum, mine=mine, sort=Sort.NEWEST))[0] == "Delta"


def test_an_address_says_the_search_and_the_search_the_address() -> None:
    query = MultiDict(
        [("q", " drones "), ("side", "3"), ("side", "x"), ("side", "-1"), ("side", "99999999999"),
         ("country", "UA"), ("country", "UA"), ("country", "a\x00"), ("offers", "4"), ("kept", "1"),
         ("sort", "newest"), ("page", "3")]
    )  # fmt: skip
    filters = Filters.from_query(query)
    assert filters == Filters(
        text="drones", sides=(3,), countries=("UA",), offers=(4,), kept=True, sort=Sort.NEWEST, page=3
    )
    assert filters.query() == "q=drones&side=3&country=UA&offers=4&kept=1&sort=newest"
    assert filters.without("sides", 3).query() == "q=drones&country=UA&offers=4&kept=1&sort=newest"
    assert Filters.from_query(MultiDict([("sort", "x"), ("page", "zzz")])) == Filters()


def test_the_last_page_is_shown_for_pages_beyond_it(app: Flask) -> None:
    forum = make_forum()
    for _ in range(directory.PAGE_SIZE + 1):
        make_company(forum, representative=False, delegates=0)
    page = search(forum, page=99)
    assert (page.page, page.pages, len(page.items)) == (2, 2, 1)


def pair(forum: Forum) -> tuple[Company, Company]:
    return make_company(forum, "Us", side="eu"), make_company(forum, "Them", side="ua")


def test_a_favourite_is_kept_found_and_let_go(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us, them = pair(forum)
    make_company(forum, "Somebody", side="ua")
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/companies")
    page = client.press(page, f"☆: Keep {them.name} in mind")
    page = client.page(f"/f/{forum.slug}/companies?kept=1")
    assert "Them" in page.main
    assert "Somebody" not in page.main
    client.press(page, f"★: Keep {them.name} no longer")
    assert "No company matches" in client.page(f"/f/{forum.slug}/companies?kept=1").main


def test_who_is_not_to_be_seen_can_not_be_kept_or_dismissed(app: Flask) -> None:
    us, them = pair(make_forum())
    make_blocked_pair(us, them)
    for verb in (keeping.keep, keeping.dismiss):
        with pytest.raises(NotFound):
            verb(company_id=us.id, other_id=them.id)


def test_a_search_is_saved_used_and_removed(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us, them = pair(forum)
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/companies?country=UA&q=them")
    page = client.press(page, "Keep the search", name="<i>Ukraine</i>")
    assert "“<i>Ukraine</i>” is saved." in page.flashes
    page = client.page(f"/f/{forum.slug}/companies")
    page = client.page(page.links["<i>Ukraine</i>"])
    assert them.name in page.main
    page = client.press(page, "Remove: <i>Ukraine</i>")
    assert "<i>Ukraine</i>" not in page.links


def test_a_search_of_another_company_can_not_be_removed(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us, them = pair(forum)
    saved = keeping.save_search(company_id=us.id, name="Ours", filters=Filters(text="x"))
    client = client_for(representative_of(them))
    answer = client.post(f"/f/{forum.slug}/searches/{saved.id}/forget")
    assert answer.status_code == 404
    assert len(keeping.searches_of(us.id)) == 1


@pytest.mark.parametrize(("name", "filters"), [("  ", Filters(text="x")), ("Name", Filters())])
def test_a_search_needs_a_name_and_something_to_search_for(app: Flask, name: str, filters: Filters) -> None:
    us, _ = pair(make_forum())
    with pytest.raises(Invalid):
        keeping.save_search(company_id=us.id, name=name, filters=filters)


def test_the_same_name_replaces_the_search(app: Flask) -> None:
    us, _ = pair(make_forum())
    for text in ("one", "two"):
        keeping.save_search(company_id=us.id, name="Name", filters=Filters(text=text))
    assert [each.query for each in keeping.searches_of(us.id)] == ["q=two"]


def test_there_is_an_end_to_saved_searches(app: Flask) -> None:
    us, _ = pair(make_forum())
    for number in range(keeping.MAX_SEARCHES):
        keeping.save_search(company_id=us.id, name=f"Name {number}", filters=Filters(text="x"))
    with pytest.raises(Invalid, match="remove one first"):
        keeping.save_search(company_id=us.id, name="One more", filters=Filters(text="x"))


def test_the_directory_says_where_one_stands_and_leaves_out_whom_one_asked(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    us, them = pair(forum)
    others = {
        "You asked": make_request(us, make_company(forum, side="ua")),
        "They asked you": make_request(make_company(forum, side="ua"), us),
        "Meeting agreed": make_request(us, make_company(forum, side="ua"), state=RequestState.ACCEPTED),
    }
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/companies")
    for words in others:
        assert words in page.main
    page = client.page(f"/f/{forum.slug}/companies?fresh=1")
    assert them.name in page.main
    assert "1 company found" in page.main


def test_only_companies_that_may_be_asked_have_the_button(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(ask=[("eu", "ua")])
    us, them = pair(forum)
    assert f"Ask: {them.name}" in client_for(representative_of(us)).page(f"/f/{forum.slug}/companies").links
    assert (
        f"Ask: {us.name}" not in client_for(representative_of(them)).page(f"/f/{forum.slug}/companies").links
    )


def test_the_organiser_looks_around_without_a_company(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us, _ = pair(forum)
    page = client_for(make_staff(forum)).page(f"/f/{forum.slug}/companies?kept=1&sort=best")
    assert "No company matches" in page.main
    assert us.name in client_for(make_staff(forum)).page(f"/f/{forum.slug}/companies?q=us").main


def test_the_directory_asks_the_database_the_same_number_of_times_for_one_and_three(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    us, _ = pair(forum)
    client = client_for(representative_of(us))
    address = f"/f/{forum.slug}/companies?q=t&country=UA&sort=name"
    client.page(address)
    with count_queries() as one:
        client.page(address)
    for name in ("Thor", "Tyr"):
        make_company(forum, name, side="ua", offers=["drones"])
    client.page(address)  # counts them once
    with count_queries() as three:
        client.page(address)
    assert one.count == three.count


def test_the_page_of_a_company_says_where_one_stands_with_it(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us, them = pair(forum)
    client = client_for(representative_of(us))
    address = f"/f/{forum.slug}/companies/{them.id}"
    page = client.page(address)
    assert "Ask for a meeting" in page.links
    page = client.press(page, f"☆: Keep {them.name} in mind")
    make_request(us, them)
    page = client.press(page, f"★: Keep {them.name} no longer")
    assert "You asked" in page.main
    assert "Ask for a meeting" not in page.links


def test_whom_one_may_ask_stands_before_whom_the_rules_forbid(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum(ask=[("eu", "ua")])
    us = make_company(forum, "Us", side="eu", offers=["drones"])
    make_company(forum, "Alpha of ours", side="eu", needs=["drones"])
    make_company(forum, "Zeta of theirs", side="ua")
    page = client_for(representative_of(us)).page(f"/f/{forum.slug}/companies")
    assert page.main.index("Zeta of theirs") < page.main.index("Alpha of ours")
