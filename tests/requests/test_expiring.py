"""Reminders before requests expire, and word to who asked: in time, once, to those who can act on it."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import Company, CompanyStatus
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.choices import choose
from forum_scheduler.notices.models import MailWay, Notice, NoticeKind
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests import services
from forum_scheduler.requests.expiring import KIND, OVER, expire_due, remind_expiring
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.requests.wishes import Wish
from tests.factories import make_company, make_forum, make_representative, make_request, make_user
from tests.pages import Visitor


def waiting(forum: Forum, asked: Company, *, hours: float = 24, **fields: object) -> Request:
    """A request of a new company that expires in so many hours and was sent two days ago."""
    values = {"created_at": now() - timedelta(days=2), "expires_at": now() + timedelta(hours=hours), **fields}
    return make_request(make_company(forum, side="eu"), asked, **values)  # type: ignore[arg-type]


def reminders(kind: str = KIND) -> list[Mail]:
    db.session.expire_all()
    return list(db.session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)))


def test_a_company_is_reminded_once_with_all_that_expire(app: Flask, client: Visitor) -> None:
    forum = make_forum()
    asked = make_company(forum, side="ua")
    requests = [waiting(forum, asked, hours=hours) for hours in (47, 5)]
    assert remind_expiring() == 2
    assert remind_expiring() == 0
    (mail,) = reminders()
    assert mail.subject.startswith("2 requests expire soon")
    links = re.findall(r"Accept: http://localhost(\S+)", mail.text)
    assert len(links) == 2
    client.press(client.page(links[0]), "Accept the meeting")
    db.session.expire_all()
    assert db.session.get_one(Request, requests[1].id).state == RequestState.ACCEPTED  # the most urgent first


def test_each_who_acts_for_the_company_is_told(app: Flask) -> None:
    forum = make_forum()
    asked = make_company(forum, side="ua")
    make_representative(asked)
    waiting(forum, asked)
    remind_expiring()
    assert len({mail.to_email for mail in reminders()}) == 2


def test_there_is_no_reminder_of_what_is_far_new_over_or_answered(app: Flask) -> None:
    forum = make_forum()
    asked = make_company(forum, side="ua")
    waiting(forum, asked, hours=49)
    waiting(forum, asked, created_at=now() - timedelta(hours=1))
    waiting(forum, asked, hours=-1)
    waiting(forum, asked, state=RequestState.DECLINED)
    waiting(forum, asked, expires_at=None)
    assert remind_expiring() == 0
    assert reminders() == []


def test_a_company_that_was_refused_meanwhile_gets_none(app: Flask) -> None:
    forum = make_forum()
    asked = make_company(forum, side="ua", status=CompanyStatus.REFUSED)
    waiting(forum, asked)
    remind_expiring()
    assert reminders() == []


def test_what_is_asked_again_is_reminded_of_again(app: Flask) -> None:
    forum = make_forum(request_days=4)
    asked = make_company(forum, side="ua")
    request = waiting(forum, asked)
    remind_expiring()
    services.withdraw(request_id=request.id, company_id=request.asker_id)
    services.ask(asker_id=request.asker_id, asked_id=asked.id, wish=Wish())
    assert remind_expiring() == 0
    with frozen_at(now() + timedelta(days=3)):
        assert remind_expiring() == 1
    assert len(reminders()) == 2


def test_two_workers_at_once_remind_once(app: Flask) -> None:
    forum = make_forum()
    for _ in range(3):
        waiting(forum, make_company(forum, side="ua"))
    start = threading.Barrier(2)

    def work() -> None:
        with app.app_context():
            start.wait()
            remind_expiring()
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    db.session.rollback()
    remind_expiring()
    assert len(reminders()) == 3


def test_the_reminder_stands_behind_the_bell_of_the_right_company_and_can_be_turned_off(app: Flask) -> None:
    forum = make_forum()
    person = make_user()
    make_company(forum, "Other of hers", side="ua", representative=person)
    asked = make_company(forum, "Asked of hers", side="ua", representative=person)
    waiting(forum, asked)
    remind_expiring()
    (mail,) = reminders()
    assert "Asked of hers" in mail.text
    assert f"/f/{forum.slug}/inbox?company={asked.id}" in mail.text
    assert mail.unsubscribe_url
    assert db.session.scalars(select(Notice.path)).one() == f"/f/{forum.slug}/inbox?company={asked.id}"
    choose(email=person.email, ways={NoticeKind.REMINDER: MailWay.NEVER})
    waiting(forum, asked)
    remind_expiring()
    assert len(reminders()) == 1
    assert len(db.session.scalars(select(Notice)).all()) == 2


def test_who_asked_hears_once_of_all_that_expired_and_can_still_ask(app: Flask) -> None:
    forum = make_forum()
    person = make_user()
    asker = make_company(forum, "Asker", side="eu", representative=person)
    choose(email=person.email, ways={NoticeKind.ANSWERED: MailWay.AT_ONCE})
    for name in ("Silent", "Busy"):
        make_request(asker, make_company(forum, name, side="ua"), expires_at=now() - timedelta(minutes=1))
    assert expire_due() == 2
    assert expire_due() == 0
    (mail,) = reminders(OVER)
    assert mail.subject == "2 requests of Asker expired without an answer"
    assert "• Busy\n• Silent" in mail.text
    assert "you can ask again" in mail.text
    assert db.session.scalars(select(Notice.path)).one() == f"/f/{forum.slug}/requests?company={asker.id}"


def test_who_asked_is_not_sent_to_ask_others_once_requests_are_closed(app: Flask) -> None:
    forum = make_forum(requests_close_at=now() - timedelta(minutes=1))
    asker = make_company(forum, side="eu")
    make_request(asker, make_company(forum, side="ua"), expires_at=forum.requests_close_at)
    expire_due()
    (notice,) = db.session.scalars(select(Notice)).all()
    assert "Requests are closed" in notice.text
    assert "ask again" not in notice.text


def test_what_waits_again_and_expires_again_is_told_again(app: Flask) -> None:
    forum = make_forum()
    request = make_request(
        make_company(forum, side="eu"),
        make_company(forum, side="ua"),
        expires_at=now() - timedelta(minutes=1),
    )
    expire_due()
    services.ask(asker_id=request.asker_id, asked_id=request.asked_id, wish=Wish())
    request = db.session.get_one(Request, request.id)
    request.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    expire_due()
    assert len(db.session.scalars(select(Notice).where(Notice.kind == NoticeKind.ANSWERED)).all()) == 2
