"""The made-up forum: always the same for a seed, as large as promised, and hard where real ones are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.clock import frozen_at
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.companies.names import name_key
from forum_scheduler.demo.companies import EU_COMPANIES, UA_COMPANIES
from forum_scheduler.demo.frame import HALLS, SLOTS
from forum_scheduler.demo.generate import generate
from forum_scheduler.demo.load import find_demo, make_demo
from forum_scheduler.demo.requests import DECLINED, PENDING, REQUESTS, fit
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Interpreter, Slot, Table
from forum_scheduler.requests.models import Meeting, Request, Unavailability
from forum_scheduler.scheduling import planning
from tests.queries import count_queries

NOW = datetime(2027, 3, 1, 10, tzinfo=UTC)


def test_the_same_seed_gives_the_same_forum_and_another_seed_another() -> None:
    assert generate(seed=7, now=NOW) == generate(seed=7, now=NOW)
    assert generate(seed=8, now=NOW).companies != generate(seed=7, now=NOW).companies


@pytest.mark.parametrize("seed", range(1, 6))
def test_it_is_as_large_as_promised(seed: int) -> None:
    made = generate(seed=seed, now=NOW)
    sides = Counter(company.side for company in made.companies)
    assert sides == {"eu": EU_COMPANIES, "ua": UA_COMPANIES} == {"eu": 110, "ua": 30}
    assert 280 <= sum(len(company.delegates) for company in made.companies) <= 360
    states = Counter(request.state for request in made.requests)
    assert states == {"accepted": REQUESTS - 24, "declined": DECLINED, "pending": PENDING}


def test_what_has_one_name_only_is_read_in_every_language() -> None:
    described = generate(seed=1, now=NOW).description
    assert {block.name for day in described.days for block in day.blocks} == {""}, "their hours are shown"
    assert described.zones == HALLS, "proper names"


@pytest.mark.parametrize("seed", range(1, 6))
def test_names_and_addresses_are_unlike_each_other_and_nobodys(seed: int) -> None:
    companies = generate(seed=seed, now=NOW).companies
    assert len({name_key(company.name) for company in companies}) == len(companies)
    emails = [person.email for company in companies for person in company.delegates]
    assert len(set(emails)) == len(emails)
    assert all(email.isascii() and email.endswith(".example") for email in emails)
    assert all(company.website.endswith(".example") for company in companies)


@pytest.mark.parametrize("seed", range(1, 6))
def test_requests_keep_the_forums_rules(seed: int) -> None:
    made = generate(seed=seed, now=NOW)
    pairs = [frozenset((request.asker, request.asked)) for request in made.requests]
    assert len(set(pairs)) == len(pairs)
    assert not {frozenset(pair) for pair in made.kept_apart} & set(pairs)
    assert all(
        made.companies[request.asker].side != made.companies[request.asked].side for request in made.requests
    )
    sent = Counter(request.asker for request in made.requests)
    assert max(sent.values()) <= (made.description.requests.most or 0)
    for priority, most in (("must", 3), ("high", 6)):
        asked = Counter(each.asker for each in made.requests if each.priority == priority)
        assert max(asked.values()) <= most


def test_the_ukrainian_side_is_what_everyone_competes_for() -> None:
    made = generate(seed=7, now=NOW)
    wanted = Counter(number for each in made.requests for number in (each.asker, each.asked))
    ukrainian = [wanted[EU_COMPANIES + number] for number in range(UA_COMPANIES)]
    assert max(ukrainian) > 2 * SLOTS
    assert sum(ukrainian) / UA_COMPANIES > 3 * max(1, sum(wanted.values()) / 2 / EU_COMPANIES)


def test_requests_follow_what_companies_offer_and_need() -> None:
    made = generate(seed=7, now=NOW)
    fits = [fit(made.companies[each.asker], made.companies[each.asked]) for each in made.requests]
    everyone = [
        fit(made.companies[eu], made.companies[EU_COMPANIES + ua])
        for eu in range(EU_COMPANIES)
        for ua in range(UA_COMPANIES)
    ]
    assert sum(fits) / len(fits) > 1.5 * sum(everyone) / len(everyone)
    assert any("Ви шукаєте" in each.message for each in made.requests)


def test_the_first_day_is_a_wednesday_some_six_weeks_ahead() -> None:
    for day in range(1, 8):
        moment = datetime(2027, 3, day, tzinfo=UTC)
        first = datetime.fromisoformat(generate(seed=1, now=moment).description.days[0].date)
        assert first.weekday() == 2
        assert 42 <= (first.date() - moment.date()).days <= 48


def test_it_is_loaded_as_generated_and_can_be_scheduled(app: Flask) -> None:
    def count(model: type[object]) -> int:
        return db.session.scalar(select(func.count()).select_from(model)) or 0

    assert find_demo() is None
    with frozen_at(NOW), count_queries() as queries:
        forum = make_demo(seed=7)
    assert find_demo() is forum
    assert (count(Company), count(Request), count(Meeting), count(Slot)) == (140, 900, 876, SLOTS)
    assert (count(Table), count(Interpreter)) == (46, 8)
    made = generate(seed=7, now=NOW)
    assert count(Delegate) == sum(len(company.delegates) for company in made.companies)
    assert count(Unavailability) > 100
    waiting = select(func.count()).where(Company.status == CompanyStatus.APPLIED)
    assert db.session.scalar(waiting) == 4
    assert len([text for text in queries.texts if text.startswith("SELECT")]) < 60
    problem = planning.build(forum).problem
    assert len(problem.meetings) == 876
    assert sum(table.host is not None for table in problem.tables) == 6
    assert {frozenset(each.interpret) for each in problem.meetings if each.interpret} == {
        frozenset(pair) for pair in (("uk", "en"), ("uk", "fr"), ("uk", "de"))
    }
    assert any("closed-room" in each.features for each in problem.meetings)
    assert any(each.length == 2 for each in problem.meetings)
