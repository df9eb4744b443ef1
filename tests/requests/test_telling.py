"""Saved searches that tell of companies which were approved since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies import keeping
from forum_scheduler.companies.filters import Filters
from forum_scheduler.companies.keeping import Tell
from forum_scheduler.companies.models import Company, CompanyStatus, SavedSearch, SearchTold
from forum_scheduler.companies.vetting import set_status
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices import digests
from forum_scheduler.notices.choices import choose
from forum_scheduler.notices.models import MailWay, Notice, NoticeKind
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.telling import PAUSE, filters_of, tell_searches
from tests.factories import (
    capability_of,
    make_blocked_pair,
    make_company,
    make_forum,
    make_representative,
    make_request,
    make_user,
    representative_of,
)
from tests.pages import Visitor
from tests.requests.test_races import at_once
from tests.scheduling.test_worker import PATIENCE, worker

ClientFor = Callable[[User], Visitor]


@pytest.fixture
def later() -> Iterator[Callable[[timedelta], datetime]]:
    """Lets the clock stand at so long after the test began."""
    began = now()
    with ExitStack() as stack:

        def move(by: timedelta) -> datetime:
            stack.enter_context(frozen_at(began + by))
            return began + by

        yield move


def searching(forum: Forum, filters: Filters | None = None, *, tell: Tell = Tell.NEW_COMPANIES) -> Company:
    """A company that has saved a search for drones."""
    us = make_company(forum, "Us", side="eu")
    keeping.save_search(company_id=us.id, name="Drones", filters=filters or Filters(text="drone"), tell=tell)
    return us


def approve(*companies: Company) -> None:
    set_status(
        forum_id=companies[0].forum_id,
        company_ids=[each.id for each in companies],
        status=CompanyStatus.APPROVED,
    )


def applicant(forum: Forum, name: str = "Drone Works", **fields: object) -> Company:
    side = str(fields.pop("side", "ua"))
    return make_company(forum, name, side=side, status=CompanyStatus.APPLIED, **fields)  # type: ignore[arg-type]  # as it has them


def told_to(user: User) -> list[Notice]:
    found = select(Notice).where(Notice.user_id == user.id, Notice.kind == NoticeKind.FOUND.value)
    return list(db.session.scalars(found.order_by(Notice.id)))


def test_everybody_who_acts_for_the_company_is_told_of_a_company_that_is_approved(app: Flask) -> None:
    forum = make_forum()
    us = searching(forum)
    colleague = make_representative(us, make_user(locale="uk"))
    them = applicant(forum)
    assert tell_searches() == 0
    approve(them)
    assert tell_searches() == 2
    (notice,) = told_to(representative_of(us))
    assert notice.subject == "1 new company matches “Drones”"
    assert "Drone Works" in notice.text
    assert notice.path == f"/f/{forum.slug}/companies?company={us.id}&q=drone&sort=newest"
    assert "Drones" in told_to(colleague)[0].subject
    assert told_to(colleague)[0].subject != notice.subject


def test_it_comes_with_the_digest_or_at_once_or_only_behind_the_bell(app: Flask) -> None:
    forum = make_forum()
    us = searching(forum)
    daily, hasty, never = representative_of(us), make_representative(us), make_representative(us)
    choose(email=hasty.email, ways={NoticeKind.FOUND: MailWay.AT_ONCE})
    choose(email=never.email, ways={NoticeKind.FOUND: MailWay.NEVER})
    approve(applicant(forum))
    tell_searches()
    mails = db.session.scalars(select(Mail).where(Mail.kind == "search-found")).all()
    assert [mail.to_email for mail in mails] == [hasty.email]
    assert mails[0].unsubscribe_url
    with frozen_at(now() + timedelta(days=2)):
        digests.send_due()
    mails = db.session.scalars(select(Mail).where(Mail.kind == "digest")).all()
    assert [mail.to_email for mail in mails] == [daily.email]
    assert "1 new company matches “Drones”" in mails[0].text
    assert len(told_to(never)) == 1


def test_a_company_is_told_of_once_though_it_is_approved_again(
    app: Flask, later: Callable[[timedelta], datetime]
) -> None:
    forum = make_forum()
    us = searching(forum)
    them = applicant(forum)
    later(timedelta(minutes=1))
    approve(them)
    assert tell_searches() == 1
    later(timedelta(hours=3))
    set_status(forum_id=forum.id, company_ids=[them.id], status=CompanyStatus.REFUSED, reason="A mistake")
    approve(them)
    assert tell_searches() == 0
    assert len(told_to(representative_of(us))) == 1


def test_several_within_an_hour_are_one_notice(app: Flask, later: Callable[[timedelta], datetime]) -> None:
    forum = make_forum()
    us = searching(forum)
    first, second, third = (applicant(forum, f"Drone {number}") for number in range(3))
    later(timedelta(minutes=1))
    approve(first)
    assert tell_searches() == 1
    later(timedelta(minutes=10))
    approve(second)
    later(timedelta(minutes=20))
    approve(third)
    assert tell_searches() == 0
    later(PAUSE + timedelta(minutes=2))
    assert tell_searches() == 1
    assert [each.subject for each in told_to(representative_of(us))] == [
        "1 new company matches “Drones”",
        "2 new companies match “Drones”",
    ]


def test_an_approval_that_is_stored_late_is_not_missed(
    app: Flask, later: Callable[[timedelta], datetime]
) -> None:
    forum = make_forum()
    us = searching(forum)
    first, late = applicant(forum, "Drone A"), applicant(forum, "Drone B")
    moment = later(timedelta(minutes=30))
    approve(first)
    assert tell_searches() == 1
    # As by a long transaction that began before and was stored after.
    approve(late)
    db.session.get_one(Company, late.id).approved_at = moment - timedelta(minutes=10)
    db.session.commit()
    later(timedelta(hours=2))
    assert tell_searches() == 1
    assert "Drone B" in told_to(representative_of(us))[1].text


@pytest.mark.parametrize("why", ["blocked", "own side", "still waiting", "other words", "there before"])
def test_nobody_is_told_of_a_company_that_is_not_for_them(app: Flask, why: str) -> None:
    forum = make_forum()
    if why == "there before":
        make_company(forum, "Drone Works", side="ua")
    us = searching(forum)
    if why != "there before":
        them = applicant(
            forum,
            "Steel Works" if why == "other words" else "Drone Works",
            side="eu" if why == "own side" else "ua",
        )
        if why == "blocked":
            make_blocked_pair(us, them)
        if why != "still waiting":
            approve(them)
    assert tell_searches() == 0
    assert told_to(representative_of(us)) == []


def test_the_filters_count_as_in_the_directory(app: Flask) -> None:
    forum = make_forum()
    drones = capability_of(forum, "drones").id
    us = searching(forum, Filters(offers=(drones,), countries=("UA",), fresh=True))
    approve(
        applicant(forum, "Offers drones", offers=["drones"]),
        applicant(forum, "Offers steel", offers=["steel"]),
        applicant(forum, "Of Moldova", offers=["drones"], country="MD"),
    )
    asked = applicant(forum, "Asked already", offers=["drones"])
    approve(asked)
    make_request(us, asked)
    assert tell_searches() == 1
    text = told_to(representative_of(us))[0].text
    assert "Offers drones" in text
    assert not any(name in text for name in ("Offers steel", "Of Moldova", "Asked already"))


def test_a_company_that_waits_itself_and_a_window_that_has_closed_are_told_nothing(app: Flask) -> None:
    forum = make_forum()
    us = searching(forum)
    approve(applicant(forum))
    db.session.get_one(Company, us.id).status = CompanyStatus.REFUSED
    db.session.commit()
    assert tell_searches() == 0
    closed = make_forum(requests_close_at=now() - timedelta(minutes=1))
    searching(closed)
    approve(applicant(closed))
    assert tell_searches() == 0
    assert db.session.scalars(select(Notice).where(Notice.kind == NoticeKind.FOUND)).all() == []


def test_a_search_that_should_not_tell_says_nothing_until_it_should(app: Flask) -> None:
    forum = make_forum()
    us = searching(forum, tell=Tell.NOTHING)
    approve(applicant(forum, "Drone A"))
    assert tell_searches() == 0
    (saved,) = keeping.searches_of(us.id)
    keeping.watch(search_id=saved.id, company_id=us.id, tell=Tell.NEW_COMPANIES)
    approve(applicant(forum, "Drone B"))
    assert tell_searches() == 1
    text = told_to(representative_of(us))[0].text
    assert ("Drone A" in text, "Drone B" in text) == (False, True)


def test_many_are_counted_and_some_named(app: Flask) -> None:
    forum = make_forum()
    us = searching(forum)
    approve(*(applicant(forum, f"Drone {number:02}") for number in range(13)))
    tell_searches()
    (notice,) = told_to(representative_of(us))
    assert "… and 3 more." in notice.text
    assert len(db.session.scalars(select(SearchTold)).all()) == 13


def test_the_longest_search_leads_to_an_address_that_fits(app: Flask) -> None:
    forum = make_forum()
    words = Filters(text="дрон " * 30 + "дрон")
    us = searching(forum, words)
    approve(applicant(forum, "Дрон"))
    assert tell_searches() == 1
    (notice,) = told_to(representative_of(us))
    assert notice.path == f"/f/{forum.slug}/companies?company={us.id}&sort=newest"
    assert filters_of(keeping.searches_of(us.id)[0]) == words


def test_workers_that_look_at_once_tell_once(app: Flask) -> None:
    forum = make_forum()
    us = searching(forum)
    approve(applicant(forum))
    assert at_once(app, [tell_searches] * 4) == [None] * 4
    assert len(told_to(representative_of(us))) == 1


def test_the_switch_stands_beside_each_search(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us = make_company(forum, "Us", side="eu")
    make_company(forum, "Drone Works", side="ua")
    client = client_for(representative_of(us))
    page = client.page(f"/f/{forum.slug}/companies?q=drone")
    page = client.press(page, "Keep the search", name="Drones")
    assert "tells of new ones" in page.main
    page = client.press(page, "No more news: Drones")
    assert "“Drones” tells you nothing any more." in page.flashes
    assert db.session.scalars(select(SavedSearch.told_since)).one() is None
    page = client.press(page, "Tell of new ones: Drones")
    assert "You are told of new companies that match “Drones”." in page.flashes
    approve(applicant(forum, "Drone Factory"))
    tell_searches()
    notices = client.page("/notices")
    page = client.follow(client.get(notices.links["1 new company matches “Drones”"]))
    assert "Drone Factory" in page.main


def test_a_search_of_another_company_has_no_switch_for_us(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    us, them = make_company(forum, side="eu"), make_company(forum, side="ua")
    saved = keeping.save_search(company_id=us.id, name="Ours", filters=Filters(text="x"))
    answer = client_for(representative_of(them)).post(f"/f/{forum.slug}/searches/{saved.id}/watch")
    assert answer.status_code == 404
    assert db.session.get_one(SavedSearch, saved.id).told_since is not None


def test_the_worker_looks_by_itself(app: Flask, config: Config) -> None:
    forum = make_forum()
    us = searching(forum)
    approve(applicant(forum))
    with worker(config, until_idle=True) as process:
        assert process.wait(PATIENCE) == 0
    db.session.rollback()
    assert len(told_to(representative_of(us))) == 1
