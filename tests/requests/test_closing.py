"""Two days before the window closes."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import closing
from tests.factories import make_company, make_forum, make_request, representative_of


def test_every_approved_company_is_told_once_what_it_still_has_to_do(app: Flask) -> None:
    moment = now()
    forum = make_forum(requests_close_at=moment + timedelta(hours=50))
    asker, asked = make_company(forum, "Asker"), make_company(forum, "Asked", side="ua")
    make_company(forum, status=CompanyStatus.APPLIED)
    make_request(asker, asked)
    assert closing.announce_due() == 0
    with frozen_at(moment + timedelta(hours=3)):
        assert closing.announce_due() == 2
        assert closing.announce_due() == 0
    texts = {mail.to_email: mail.text for mail in db.session.scalars(select(Mail))}
    assert "1 company waits for the answer of Asked." in texts[representative_of(asked).email]
    assert f"/f/{forum.slug}/inbox" in texts[representative_of(asked).email]
    assert "You have asked 1 company." in texts[representative_of(asker).email]


def test_a_window_that_is_extended_is_announced_again(app: Flask) -> None:
    forum = make_forum(requests_close_at=now() + timedelta(hours=10))
    make_company(forum)
    assert closing.announce_due() == 1
    db.session.get_one(Forum, forum.id).requests_close_at = now() + timedelta(hours=40)
    db.session.commit()
    assert closing.announce_due() == 1


def test_a_window_that_has_closed_is_not_announced(app: Flask) -> None:
    forum = make_forum(requests_close_at=now() - timedelta(hours=1))
    make_company(forum)
    assert closing.announce_due() == 0


def test_many_companies_are_told_a_part_at_a_time(app: Flask) -> None:
    forum = make_forum(requests_close_at=now() + timedelta(hours=10))
    for _ in range(3):
        make_company(forum)
    closing_at_once = closing.AT_ONCE
    try:
        closing.AT_ONCE = 2
        assert closing.announce_due() == 3
    finally:
        closing.AT_ONCE = closing_at_once
