"""Reminders by one click: to those who have not answered or asked, once a day, while they can do it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at, now
from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail
from forum_scheduler.requests.models import RequestState
from forum_scheduler.requests.reminding import quiet_companies, remind
from tests.factories import make_company, make_forum, make_meeting, make_request, make_staff
from tests.pages import Visitor

ClientFor = Callable[[User], Visitor]


def test_quiet_are_those_who_owe_an_answer_or_take_no_part(app: Flask) -> None:
    forum = make_forum()
    asker, slow = make_company(forum, "Asker"), make_company(forum, "Slow", side="ua")
    done = make_company(forum, "Done", side="ua")
    make_company(forum, "Applicant", status=CompanyStatus.APPLIED)
    make_request(asker, slow)
    make_request(asker, done, state=RequestState.ACCEPTED)
    make_request(done, make_company(forum, "Wanted"), state=RequestState.ACCEPTED)
    make_request(done, make_company(forum, "Shy"), state=RequestState.DECLINED)
    make_meeting(between=(done, make_company(forum, "Set by the organiser")))
    make_company(forum, "Absent")
    found = [(each.name, each.unanswered) for each in quiet_companies(forum)]
    assert found == [("Slow", 1), ("Absent", 0), ("Shy", 0)]


def test_one_click_reminds_each_of_them_once_a_day(app: Flask, client_for: ClientFor) -> None:
    forum = make_forum()
    asker, slow = make_company(forum, "Asker"), make_company(forum, "Slow", side="ua")
    make_request(asker, slow)
    client = client_for(make_staff(forum))
    url = f"/f/{forum.slug}/organise/requests"
    page = client.press(client.page(url), "Remind them all")
    assert page.flashes == ["1 mail is on its way."]
    mail = db.session.scalars(select(Mail)).one()
    assert "1 company waits for the answer of Slow." in mail.text
    assert f"/f/{forum.slug}/inbox" in mail.text
    assert client.press(page, "Remind them all").flashes == ["Everybody was reminded today already."]
    with frozen_at(now() + timedelta(days=1)):
        assert remind(forum) == 1


def test_nobody_is_reminded_of_what_they_can_not_do(app: Flask) -> None:
    forum = make_forum(requests_close_at=now() - timedelta(days=1))
    make_company(forum)
    with pytest.raises(Refused):
        remind(forum)
