"""The index in memory: as right as counting one by one, whatever process changes the companies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import selectinload

from forum_scheduler.app import create_app
from forum_scheduler.companies import directory, index
from forum_scheduler.companies.directory import Mine, Page
from forum_scheduler.companies.filters import Filters, Sort
from forum_scheduler.companies.models import (
    Company,
    CompanyCapability,
    CompanyStatus,
    DirectoryChange,
    Favourite,
    Seeks,
)
from forum_scheduler.companies.vetting import set_status
from forum_scheduler.config import Config
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Capability, Forum
from tests.factories import capability_of, make_blocked_pair, make_company, make_forum, sides_of
from tests.queries import count_queries

NAMES = ("Bado", "Ledo", "Mano", "Rebado", "Tamo", "Nolo", "Dena", "Loma", "Oreta", "Ramona", "Tobado")
COUNTRIES, SIZES = ("BE", "FR", "UA"), ("", "1-9", "250+")
LISTS = {
    "programmes": ("EDF", "EDIP"),
    "topics": ("EDF-2027-DA", "EDF-2027-D", "edf-2027-d", "Протидія", 'a "D"'),
    "consortium_roles": ("partner", "coordinator"),
    "interests": ("licence", "investment"),
}
FILTER_OF = {"consortium_roles": "roles"}


@pytest.fixture
def elsewhere(app: Flask, config: Config) -> Iterator[Callable[..., Page]]:
    """Searches in another process, as far as the index is concerned: an app with a memory of its own."""
    other = create_app(config)

    def search(forum_id: int, **fields: Any) -> Page:
        mine: Mine | None = fields.pop("mine", None)
        filters: Filters = fields.pop("filters", None) or Filters(**fields)
        with other.app_context():
            page = directory.search(
                forum_id=forum_id, company_ids=[mine.company_id] if mine else [], filters=filters, mine=mine
            )
            db.session.remove()
        return page

    yield search
    with other.app_context():
        db.engine.dispose()


def names(page: Page) -> list[str]:
    return [each.name for each in page.items]


def some(values: Iterable[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(values)), unique=True, max_size=3).map(tuple)


# Counting one by one.


def values_of(company: Company) -> Mapping[str, set[Any]]:
    """What a company stands behind, by filter."""
    return {
        "sides": {company.side_id},
        "countries": {company.country},
        "sizes": {company.size} - {""},
        **{FILTER_OF.get(name, name): set(getattr(company, name)) for name in LISTS},
        "offers": {each.capability_id for each in company.capabilities if each.kind == Seeks.OFFER},
        "needs": {each.capability_id for each in company.capabilities if each.kind == Seeks.NEED},
    }


def fits(company: Company, filters: Filters, *, besides: str = "") -> bool:
    return all(
        name == besides or not getattr(filters, name) or having & set(getattr(filters, name))
        for name, having in values_of(company).items()
    )


def seen(forum_id: int, filters: Filters, mine: Mine, kept: set[int], blocked: set[int]) -> list[Company]:
    """The companies that are found whatever is chosen of the filters with counts."""
    companies = db.session.scalars(
        select(Company).where(Company.forum_id == forum_id).options(selectinload(Company.capabilities))
    )
    return [
        each
        for each in companies
        if each.status == CompanyStatus.APPROVED
        and each.id not in blocked | {mine.company_id}
        and filters.text in each.name.lower()
        and (not filters.kept or each.id in kept)
        and (not filters.fresh or (each.side_id in mine.may_ask and each.id not in mine.partners))
    ]


def place_of(company: Company, filters: Filters, mine: Mine) -> tuple[object, ...]:
    """To sort by."""
    if filters.sort is Sort.NEWEST:
        return (-company.id,)
    best: tuple[object, ...] = ()
    if filters.sort is Sort.BEST:
        values = values_of(company)
        points = 3 * len(values["needs"] & mine.offers) + 2 * len(values["offers"] & mine.needs)
        asked = 1 if company.id in mine.partners else 0
        best = (asked if company.side_id in mine.may_ask else 2, -points)
        if filters.text:
            best = (not company.name.lower().startswith(filters.text), best[0])
    return (*best, company.name.lower())


def compare(page: Page, companies: list[Company], filters: Filters, mine: Mine) -> None:
    for name in values_of(companies[0]) if companies else ():
        counted = Counter(
            value
            for company in companies
            if fits(company, filters, besides=name)
            for value in values_of(company)[name]
        )
        assert getattr(page.facets, name) == counted, name
    found = [each for each in companies if fits(each, filters)]
    assert page.total == page.facets.total == len(found)
    ordered = sorted(found, key=lambda each: place_of(each, filters, mine))
    assert names(page) == [each.name for each in ordered]


def change(company_id: int, values: Mapping[str, Any]) -> None:
    """As another page would: in one transaction."""
    columns = {name: value for name, value in values.items() if name not in Seeks.__members__}
    with transaction() as session:
        company = session.get_one(Company, company_id)
        for name, value in columns.items():
            setattr(company, name, list(value) if name in LISTS else value)
        for kind in Seeks:
            if kind.name in values:
                mine = CompanyCapability.company_id == company_id
                session.execute(delete(CompanyCapability).where(mine, CompanyCapability.kind == kind))
                session.add_all(
                    CompanyCapability(company_id=company_id, capability_id=each, kind=kind)
                    for each in values[kind.name]
                )
    db.session.expire_all()


def test_it_counts_and_orders_as_one_by_one_after_whatever_was_changed_elsewhere(
    app: Flask, elsewhere: Callable[..., Page]
) -> None:
    forum = make_forum()
    sides = [each.id for each in sides_of(forum)]
    capabilities = list(
        db.session.scalars(select(Capability.id).where(Capability.forum_id == forum.id).limit(3))
    )
    us, *them = (make_company(forum, name, representative=False, delegates=0).id for name in ("Us", *NAMES))
    make_blocked_pair(db.session.get_one(Company, us), db.session.get_one(Company, them[-1]))
    db.session.add_all(Favourite(company_id=us, other_id=each) for each in them[:4])
    db.session.commit()
    forum_id = forum.id
    columns: dict[str, st.SearchStrategy[Any]] = {
        "status": st.sampled_from([CompanyStatus.APPROVED, *CompanyStatus]),
        "side_id": st.sampled_from(sides),
        "country": st.sampled_from(COUNTRIES),
        "size": st.sampled_from(SIZES),
        **{name: some(values) for name, values in LISTS.items()},
        **{kind: some(capabilities) for kind in Seeks.__members__},
    }
    # One column at a time: each has to be noticed by itself.
    changes = st.sampled_from(sorted(columns)).flatmap(
        lambda name: st.tuples(st.sampled_from(them), st.fixed_dictionaries({name: columns[name]}))
    )
    choices: dict[str, st.SearchStrategy[Any]] = {
        "sides": some(sides),
        "countries": some(COUNTRIES),
        "sizes": some(SIZES[1:]),
        **{FILTER_OF.get(name, name): some(values) for name, values in LISTS.items()},
        "offers": some(capabilities),
        "needs": some(capabilities),
        "text": st.sampled_from(["", "", "", "ado", "ra"]),
        "kept": st.sampled_from([False, False, True]),
        "fresh": st.booleans(),
        "sort": st.sampled_from(list(Sort)),
    }
    filters_of = st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=3).flatmap(
        lambda chosen: st.builds(Filters, **{name: choices[name] for name in chosen})
    )
    lookers = st.builds(
        Mine,
        company_id=st.just(us),
        offers=some(capabilities).map(frozenset),
        needs=some(capabilities).map(frozenset),
        may_ask=some(sides).map(frozenset),
        partners=some(them),
    )

    @given(steps=st.lists(st.tuples(changes, filters_of, lookers), max_size=6))
    @settings(max_examples=40, deadline=None)
    def check(steps: list[tuple[tuple[int, dict[str, Any]], Filters, Mine]]) -> None:
        for (company_id, values), chosen, mine in steps:
            change(company_id, values)
            for filters in (Filters(), chosen):
                page = elsewhere(forum_id, filters=filters, mine=mine)
                companies = seen(forum_id, filters, mine, set(them[:4]), {them[-1]})
                compare(page, companies, filters, mine)

    check()


# What makes the index anew, in every process.


def approve(company: Company) -> None:
    set_status(forum_id=company.forum_id, company_ids=[company.id], status=CompanyStatus.APPROVED)


def refuse(company: Company) -> None:
    set_status(forum_id=company.forum_id, company_ids=[company.id], status=CompanyStatus.REFUSED, reason="No")


def remove(company: Company) -> None:
    with transaction() as session:
        session.execute(delete(Company).where(Company.id == company.id))


def rename(company: Company) -> None:
    change(company.id, {"name": "Aardvark"})


def need_steel(company: Company) -> None:
    change(company.id, {"NEED": [capability_of(db.session.get_one(Forum, company.forum_id), "steel").id]})


def strike_drones_off_the_list(company: Company) -> None:
    with transaction() as session:
        code = Capability.code == "drones"
        session.execute(delete(Capability).where(Capability.forum_id == company.forum_id, code))


def turn_an_offer_into_a_need(company: Company) -> None:
    with transaction() as session:
        mine = CompanyCapability.company_id == company.id
        session.execute(update(CompanyCapability).where(mine).values(kind=Seeks.NEED))


@pytest.mark.parametrize(
    "verb",
    [refuse, remove, rename, need_steel, strike_drones_off_the_list, turn_an_offer_into_a_need],
)  # fmt: skip
def test_what_another_process_changes_counts_in_the_next_search(
    app: Flask, elsewhere: Callable[..., Page], verb: Callable[[Company], None]
) -> None:
    forum = make_forum()
    make_company(forum, "Alfa", offers=["radar"])
    company = make_company(forum, "Zeta", offers=["drones"])
    before = elsewhere(forum.id)
    verb(company)
    after = elsewhere(forum.id)
    here = directory.search(forum_id=forum.id, company_ids=[], filters=Filters())
    assert (names(after), after.facets) == (names(here), here.facets)
    assert (names(after), after.facets) != (names(before), before.facets)


def test_an_approved_company_is_found_at_once_and_a_refused_one_no_longer(
    app: Flask, elsewhere: Callable[..., Page]
) -> None:
    forum = make_forum()
    company = make_company(forum, "Zeta", status=CompanyStatus.APPLIED)
    assert names(elsewhere(forum.id)) == []
    approve(company)
    assert names(elsewhere(forum.id)) == ["Zeta"]
    refuse(company)
    assert names(elsewhere(forum.id)) == []


def test_what_was_not_stored_after_all_leaves_no_trace(app: Flask, elsewhere: Callable[..., Page]) -> None:
    forum = make_forum()
    company = make_company(forum, "Zeta", country="BE")

    def countries() -> object:
        page = directory.search(forum_id=forum.id, company_ids=[], filters=Filters())
        return page.facets.countries

    assert countries() == {"BE": 1}

    def fail() -> None:
        with transaction() as session:
            session.execute(update(Company).where(Company.id == company.id).values(country="FR"))
            assert countries() == {"FR": 1}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert countries() == elsewhere(forum.id).facets.countries == {"BE": 1}
    with transaction() as session:
        for country in ("FR", "PL"):
            session.execute(update(Company).where(Company.id == company.id).values(country=country))
            assert countries() == {country: 1}
        assert elsewhere(forum.id).facets.countries == {"BE": 1}
    assert countries() == elsewhere(forum.id).facets.countries == {"PL": 1}


@pytest.mark.databases("postgres")
def test_two_who_change_companies_of_a_forum_at_once_wait_for_nobody_and_both_count(
    app: Flask, elsewhere: Callable[..., Page]
) -> None:
    forum = make_forum()
    one, other = (make_company(forum, name, country="BE").id for name in ("Alfa", "Beta"))
    forum_id = forum.id
    db.session.remove()
    with db.engine.connect() as first, db.engine.connect() as second:
        for connection in (first, second):
            connection.execute(text("SET lock_timeout = '2s'"))
        first.execute(update(Company).where(Company.id == one).values(country="FR"))
        second.execute(update(Company).where(Company.id == other).values(country="PL"))
        assert elsewhere(forum_id).facets.countries == {"BE": 2}
        second.commit()
        assert elsewhere(forum_id).facets.countries == {"BE": 1, "PL": 1}
        first.commit()
    assert elsewhere(forum_id).facets.countries == {"FR": 1, "PL": 1}
    change(one, {"country": "UA"})
    assert elsewhere(forum_id).facets.countries == {"UA": 1, "PL": 1}
    assert db.session.scalar(select(func.count()).select_from(DirectoryChange)) == 1


def test_what_the_directory_does_not_show_leaves_the_index_alone(app: Flask) -> None:
    forum = make_forum()
    company = make_company(forum, "Zeta")
    tokens = select(DirectoryChange.token).where(DirectoryChange.forum_id == forum.id)
    before = db.session.scalars(tokens).all()
    change(company.id, {"website": "https://example.org", "description": {"en": "We make things."}})
    make_company(forum, "Not yet", status=CompanyStatus.APPLIED, offers=["drones"])
    assert db.session.scalars(tokens).all() == before != []


def test_the_forums_used_last_are_kept_and_no_others(app: Flask) -> None:
    forums = [make_forum() for _ in range(index.KEPT + 1)]
    for forum in forums:
        make_company(forum, representative=False, delegates=0)
        index.index_of(forum.id)
    counts = []
    for forum in (forums[-1], forums[1], forums[0]):
        with count_queries() as asked:
            assert len(index.index_of(forum.id).ids) == 1
        counts.append(asked.count)
    assert counts[0] == counts[1] == 1  # whether it is still right
    assert counts[2] > 1


def test_a_value_of_many_companies_and_one_of_few_are_found_alike(app: Flask) -> None:
    places: index.Places = {"few": [0, 5], "many": list(range(0, 90, 3)), "all": list(range(90))}
    column = index._column(places)
    assert set(column.few) == {"few"}
    everybody = (1 << 90) - 1
    assert column.count(everybody) == {"few": 2, "many": 30, "all": 90}
    assert column.count(index.set_of([5, 6])) == {"few": 1, "many": 1, "all": 2}
    assert column.count(0) == {}
    assert list(index.places_of(column.having(["few", "many"]))) == sorted({5, *range(0, 90, 3)})
    assert column.having(["none"]) == 0
