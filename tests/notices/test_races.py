"""Several at once: a notice is stored once, a digest is written once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import frozen_at
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices import choices, digests, services
from forum_scheduler.notices.models import MailWay, Notice, NoticeKind
from forum_scheduler.outbox.models import Mail
from tests.factories import make_forum, make_user
from tests.notices.test_services import MORNING, NOON, say


def at_once(app: Flask, deed: Callable[[], object], *, number: int = 4) -> list[object]:
    """What several threads got that did it at the same moment; an error fails the test."""
    start = threading.Barrier(number)
    got: list[object] = []

    def run() -> None:
        with app.app_context():
            start.wait()
            try:
                got.append(deed())
            except Exception as error:
                got.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_workers_that_look_at_once_write_one_digest(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    with frozen_at(NOON):
        for key in ("a", "b", "c"):
            say(user, forum, key=key)

    def send() -> int:
        with frozen_at(MORNING + timedelta(minutes=1)):
            return digests.send_due()

    assert sorted(map(str, at_once(app, send))) == ["0", "0", "0", "1"]
    assert len(db.session.scalars(select(Mail)).all()) == 1
    assert db.session.scalars(select(Notice.id).where(Notice.waiting)).all() == []


def test_the_same_news_told_at_once_to_somebody_new_is_told_once(app: Flask) -> None:
    user_id, forum_id = make_user().id, make_forum().id
    db.session.commit()

    def tell_it() -> bool:
        user, forum = db.session.get_one(User, user_id), db.session.get_one(Forum, forum_id)
        return say(user, forum, kind=NoticeKind.PUBLISHED)

    assert sorted(map(str, at_once(app, tell_it))) == ["False", "False", "False", "True"]
    assert services.count_of(user_id) == 1
    assert len(db.session.scalars(select(Mail)).all()) == 1


def test_a_kind_that_is_stopped_twice_at_once_is_stopped(app: Flask) -> None:
    user, forum = make_user(), make_forum()
    say(user, forum, kind=NoticeKind.PUBLISHED)
    secret = db.session.scalars(select(choices.MailChoice.secret)).one()
    db.session.commit()
    assert at_once(app, lambda: choices.stop(secret, NoticeKind.PUBLISHED)) == [True] * 4
    assert choices.ways_of(user.email)[NoticeKind.PUBLISHED] is MailWay.NEVER
