"""The bell, the page behind it, and what comes by mail."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.notices.choices import ways_of
from forum_scheduler.notices.models import MailChoice, MailWay, NoticeKind
from tests.factories import make_company, make_forum, make_user, representative_of
from tests.notices.test_services import say
from tests.pages import Visitor
from tests.queries import count_queries

ClientFor = Callable[[User], Visitor]


def test_the_bell_counts_leads_to_the_news_and_forgets_what_was_opened(
    app: Flask, client_for: ClientFor
) -> None:
    forum = make_forum()
    company = make_company(forum)
    user = representative_of(company)
    say(user, forum, key="a <b>")
    say(user, forum, key="b")
    client = client_for(user)
    page = client.page(f"/f/{forum.slug}/inbox")
    assert "Notices: 2 new ones" in page.text
    page = client.page("/notices")
    answer = client.get(page.links["News a <b>"])
    assert client.follow(answer).h1 == "Inbox"
    page = client.page("/notices")
    assert page.text.count("Notices: 1 new one") == 1
    page = client.press(page, "Mark all as read")
    assert "new one" not in page.text


def test_an_empty_page_says_what_will_be_there(client_for: ClientFor) -> None:
    assert "appear here" in client_for(make_user()).page("/notices?page=99").text


def test_another_ones_notice_does_not_exist(app: Flask, client_for: ClientFor) -> None:
    forum, user = make_forum(), make_user()
    say(user, forum)
    client_for(make_user()).page("/notices/1", status=404)


def test_each_kind_is_chosen_and_what_is_unknown_is_left_alone(app: Flask, client_for: ClientFor) -> None:
    user = make_user()
    client = client_for(user)
    page = client.page("/notices/mail")
    page = client.press(
        page, "Save", **{"request-received": "at-once", "agenda-changed": "never", "reminder": "x"}
    )
    ways = ways_of(user.email)
    assert ways[NoticeKind.RECEIVED] is MailWay.AT_ONCE
    assert ways[NoticeKind.CHANGED] is MailWay.NEVER
    assert ways[NoticeKind.REMINDER] is MailWay.AT_ONCE
    assert page.by_id("agenda-changed-never").get("checked") is not None


def test_opening_the_link_stops_nothing_and_the_button_does(app: Flask, client_for: ClientFor) -> None:
    forum, user = make_forum(), make_user()
    say(user, forum, kind=NoticeKind.PUBLISHED)
    secret = db.session.scalars(select(MailChoice.secret)).one()
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    address = f"/notices/stop/{secret}/agenda-published"
    page = visitor.page(address)
    assert ways_of(user.email)[NoticeKind.PUBLISHED] is MailWay.AT_ONCE
    page = visitor.press(page, "Stop these mails", status=200)
    assert "No more mails of this kind come." in page.text
    assert ways_of(user.email)[NoticeKind.PUBLISHED] is MailWay.NEVER
    for wrong in (f"/notices/stop/{secret}x/agenda-published", f"/notices/stop/{secret}/company"):
        visitor.page(wrong, status=404)


def test_the_page_asks_the_database_as_often_for_one_and_for_many(app: Flask, client_for: ClientFor) -> None:
    forum, user = make_forum(), make_user()
    client = client_for(user)
    say(user, forum, key="a")
    client.page("/notices")
    with count_queries() as one:
        client.page("/notices")
    for number in range(4):
        say(user, make_forum(), key=f"n{number}")
    with count_queries() as many:
        client.page("/notices")
    assert one.count == many.count
