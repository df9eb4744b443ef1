"""What people are told: once, behind the bell, and by mail as they chose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db, forum_config, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices import choices, digests, services
from forum_scheduler.notices.models import MailWay, Notice, NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.outbox.message import compose
from forum_scheduler.outbox.models import Mail
from tests.factories import make_forum, make_user

NOON = datetime(2027, 4, 1, 10, tzinfo=UTC)  # 12:00 in Brussels
MORNING = datetime(2027, 4, 2, 6, tzinfo=UTC)  # 08:00 there


def say(
    user: User, forum: Forum, *, kind: NoticeKind = NoticeKind.RECEIVED, key: str = "k", urgent: bool = False
) -> bool:
    message = Message(
        kind=kind, subject=f"News {key}", text=f"Text of {key}", path=f"/f/{forum.slug}/inbox", urgent=urgent
    )
    with transaction():
        return tell(Reader.of(user), message, key=key, forum=forum)


def mails() -> list[Mail]:
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_a_request_waits_for_the_digest_and_an_agenda_goes_at_once(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    assert say(user, forum, key="a")
    assert mails() == []
    assert say(user, forum, kind=NoticeKind.CHANGED, key="b")
    assert [mail.key for mail in mails()] == ["b"]
    assert services.unread_count(user.id) == 2


def test_the_same_is_told_once(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    assert say(user, forum, kind=NoticeKind.PUBLISHED)
    assert not say(user, forum, kind=NoticeKind.PUBLISHED)
    assert (len(mails()), services.count_of(user.id)) == (1, 1)


def test_a_kind_that_is_turned_off_still_stands_behind_the_bell(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    choices.choose(email=user.email, ways={NoticeKind.CHANGED: MailWay.NEVER})
    say(user, forum, kind=NoticeKind.CHANGED, key="a", urgent=True)
    say(user, forum, kind=NoticeKind.PUBLISHED, key="b")
    assert [mail.key for mail in mails()] == ["b"]
    assert services.unread_count(user.id) == 2


def test_what_can_not_wait_goes_at_once_where_the_digest_was_chosen(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    say(user, forum, urgent=True)
    assert len(mails()) == 1
    assert digests.send_due() == 0


def test_somebody_without_an_account_gets_the_mail_at_once(app: Flask) -> None:
    forum = make_forum()
    message = Message(kind=NoticeKind.RECEIVED, subject="s", text="t", path="/")
    with transaction():
        tell(Reader(email="ann@example.org", name="Ann"), message, key="k", forum=forum)
    assert [mail.to_email for mail in mails()] == ["ann@example.org"]


def test_the_mail_can_be_stopped_by_one_click_of_the_mail_program(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    say(user, forum, kind=NoticeKind.PUBLISHED)
    message = compose(mails()[0], mail_from=forum_config().mail_from)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = str(message["List-Unsubscribe"]).strip("<>")
    answer = app.test_client().post(
        url.removeprefix("http://localhost"), data={"List-Unsubscribe": "One-Click"}, csrf=False
    )  # type: ignore[call-arg]
    assert answer.status_code == 200
    assert choices.ways_of(user.email)[NoticeKind.PUBLISHED] is MailWay.NEVER
    assert choices.ways_of(user.email)[NoticeKind.CHANGED] is MailWay.AT_ONCE


def test_the_longest_address_has_a_link_to_stop(app: Flask) -> None:
    email = "x" * 60 + "@" + ".".join(["y" * 60] * 3) + ".org"
    user, forum = make_user(email=email), make_forum()
    say(user, forum, kind=NoticeKind.PUBLISHED)
    assert len(mails()[0].unsubscribe_url) < 500


def test_a_digest_holds_what_came_before_eight_and_comes_once(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    with frozen_at(NOON):
        say(user, forum, key="a")
        say(user, forum, key="b")
        assert digests.send_due() == 0
    with frozen_at(MORNING - timedelta(minutes=1)):
        assert digests.send_due() == 0
    with frozen_at(MORNING + timedelta(minutes=1)):
        say(user, forum, key="late")
        assert digests.send_due() == 1
        assert digests.send_due() == 0
    (mail,) = mails()
    assert mail.subject == f"2 pieces of news from {forum.name}"
    assert "Text of a" in mail.text
    assert "late" not in mail.text
    with frozen_at(MORNING + timedelta(days=1)):
        assert digests.send_due() == 1
    assert "Text of late" in mails()[1].text


def test_a_digest_is_of_one_person_and_one_forum(app: Flask) -> None:
    one, other = make_user(), make_user(locale="uk")
    here, there = make_forum(), make_forum()
    with frozen_at(NOON):
        say(one, here, key="a")
        say(one, there, key="b")
        say(other, here, key="c")
    with frozen_at(MORNING):
        assert digests.send_due() == 3
    assert {(mail.to_email, mail.forum_id) for mail in mails()} == {
        (one.email, here.id),
        (one.email, there.id),
        (other.email, here.id),
    }


def test_a_long_digest_names_the_first_and_leads_to_all(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    with frozen_at(NOON):
        for number in range(digests.MOST_IN_A_MAIL + 1):
            say(user, forum, key=f"n{number}")
    with frozen_at(MORNING):
        digests.send_due()
    text = mails()[0].text
    assert f"Text of n{digests.MOST_IN_A_MAIL - 1}" in text
    assert f"Text of n{digests.MOST_IN_A_MAIL}" not in text
    assert "http://localhost/notices" in text
    assert not db.session.scalars(select(Notice).where(Notice.waiting)).all()


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (datetime(2027, 3, 28, 5, 59, tzinfo=UTC), datetime(2027, 3, 27, 7, tzinfo=UTC)),
        (datetime(2027, 3, 28, 6, 0, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC)),
        (datetime(2027, 3, 28, 23, 0, tzinfo=UTC), datetime(2027, 3, 28, 6, tzinfo=UTC)),
    ],
)
def test_eight_is_eight_on_the_day_when_the_clocks_go_forward(
    app: Flask, moment: datetime, until: datetime
) -> None:
    assert digests.due_until(make_forum(), moment) == until


def test_only_ones_own_notices_are_read(app: Flask) -> None:
    user, other, forum = make_user(), make_user(), make_forum()
    say(user, forum)
    notice = db.session.scalars(select(Notice)).one()
    with pytest.raises(NotFound):
        services.read(notice.id, user_id=other.id)
    assert services.read(notice.id, user_id=user.id) == f"/f/{forum.slug}/inbox"
    assert services.unread_count(user.id) == 0
