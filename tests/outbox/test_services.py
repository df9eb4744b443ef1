"""Mails are stored with the change that they tell of, once an occasion."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.errors import Conflict, NotFound
from forum_scheduler.extensions import db, transaction
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.services import enqueue, mail_queued, recent, send_again
from tests.factories import make_forum, store


def queue(key: str = "occasion:1", **fields: object) -> bool:
    values: dict[str, object] = {
        "kind": "test",
        "to_email": "ann@example.org",
        "to_name": "Ann",
        "subject": "Hello",
        "text": "Hello Ann,\n\ngood day.",
        **fields,
    }
    with transaction():
        return enqueue(key=key, **values)  # type: ignore[arg-type]  # names and types as enqueue has them


def count_mails() -> int:
    return db.session.scalar(select(func.count()).select_from(Mail)) or 0


def test_an_occasion_is_mailed_once(app: Flask) -> None:
    assert queue("agenda:1")
    assert not queue("agenda:1", text="Something else")
    assert queue("agenda:2")
    assert count_mails() == 2


def test_a_change_that_fails_mails_nobody(app: Flask) -> None:
    def fail() -> None:
        with transaction():
            enqueue(key="k", kind="test", to_email="ann@example.org", to_name="", subject="s", text="t")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert count_mails() == 0


def test_the_worker_is_woken_after_the_commit_and_only_then(app: Flask) -> None:
    seen: list[int] = []

    def note(_sender: object) -> None:
        seen.append(1)

    with mail_queued.connected_to(note):
        with transaction():
            enqueue(key="k", kind="test", to_email="ann@example.org", to_name="", subject="s", text="t")
            assert seen == []
        assert seen == [1]


def test_line_ends_can_not_add_headers(app: Flask) -> None:
    queue(subject="Hello\r\nBcc: eve@example.org", to_name="Ann\nSmith")
    mail = recent()[0]
    assert mail.subject == "Hello Bcc: eve@example.org"
    assert mail.to_name == "Ann Smith"


def test_a_calendar_needs_its_method(app: Flask) -> None:
    with pytest.raises(ValueError, match="belong together"):
        queue(calendar=b"BEGIN:VCALENDAR")


def test_recent_mails_are_found_by_forum_state_and_words(app: Flask) -> None:
    forum = make_forum()
    queue("a", forum_id=forum.id, subject="Запит на зустріч")
    queue("b", forum_id=forum.id, to_email="bob@example.org")
    queue("c")
    assert [mail.key for mail in recent()] == ["c", "b", "a"]
    assert [mail.key for mail in recent(forum_id=forum.id)] == ["b", "a"]
    assert [mail.key for mail in recent(search="ЗАПИТ")] == ["a"]
    assert [mail.key for mail in recent(search="BOB@")] == ["b"]
    assert recent(state=MailState.SENT) == []
    assert [mail.key for mail in recent(limit=1, offset=1)] == ["b"]


def test_a_mail_that_was_given_up_can_be_sent_again(app: Flask) -> None:
    queue()
    mail = recent()[0]
    with pytest.raises(Conflict):
        send_again(mail.id, forum_id=None)
    mail.state = MailState.FAILED
    mail.attempts, mail.error = 8, "550 no such person"
    store(mail)
    send_again(mail.id, forum_id=None)
    mail = recent()[0]
    assert (mail.state, mail.attempts, mail.error) == (MailState.QUEUED, 0, "")


def test_a_mail_of_another_forum_is_not_found(app: Flask) -> None:
    queue(forum_id=make_forum().id)
    with pytest.raises(NotFound):
        send_again(recent()[0].id, forum_id=make_forum().id)
