"""Telling people something, and what the bell shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Insert, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import absolute_url, db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.notices.choices import way_and_stop_url
from forum_scheduler.notices.models import MailWay, Notice, NoticeKind
from forum_scheduler.outbox.services import enqueue
from forum_scheduler.paging import Paging

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a notice is for. Without ``user_id`` (they can't sign in) there is no bell, only mail."""

    email: str
    name: str
    user_id: int | None = None

    @classmethod
    def of(cls, user: User) -> Reader:
        return cls(email=user.email, name=user.name, user_id=user.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told, in the reader's language. ``text``: paragraphs without a greeting.

    ``path``: of the page where one can act on it, such as "/f/spring/inbox". ``mail_kind``: under which the
    outbox lists the mail, where that is not the notice's kind.
    """

    kind: NoticeKind
    subject: str
    text: str
    path: str
    greeting: str | None = None  # None: the usual one
    mail_kind: str = ""
    urgent: bool = False  # a digest might come too late: by mail at once, unless turned off


def tell(reader: Reader, message: Message, *, key: str, forum: Forum) -> bool:
    """Tell somebody something, once for each ``key``; inside ``transaction()`` and ``force_locale``.

    It stands behind the bell at once. A mail goes as the reader chose. False: this was told before.
    """
    session = db.session()
    way, stop_url = way_and_stop_url(session, email=reader.email, kind=message.kind)
    if message.urgent and way is MailWay.DAILY:
        way = MailWay.AT_ONCE
    if reader.user_id is not None and not _store(
        session, reader.user_id, message, key=key, forum=forum, waiting=way is MailWay.DAILY
    ):
        return False
    if way is MailWay.NEVER or (way is MailWay.DAILY and reader.user_id is not None):
        return True
    return enqueue(
        key=key,
        kind=message.mail_kind or message.kind.value,
        forum_id=forum.id,
        to_email=reader.email,
        to_name=reader.name,
        subject=message.subject,
        text="\n\n".join(
            part for part in (_greeting(reader, message), message.text.strip(), _footer(stop_url)) if part
        ),
        unsubscribe_url=stop_url,
    )


def is_settled(*, occasion: str, forum_id: int) -> None:
    """What asked for something that is done leaves the next digest, and stays behind the bell.

    ``occasion``: what the notices' keys begin with. Inside ``transaction()``.
    """
    db.session.execute(
        update(Notice)
        .where(Notice.waiting, Notice.forum_id == forum_id, Notice.key.startswith(occasion, autoescape=True))
        .values(waiting=False)
        .execution_options(synchronize_session=False)
    )


def _greeting(reader: Reader, message: Message) -> str:
    if message.greeting is not None:
        return message.greeting
    return str(_("Hello %(name)s,", name=reader.name or reader.email))


def _footer(stop_url: str) -> str:
    if not stop_url:
        return ""
    return str(
        _(
            "Which notices come by mail, and when, you choose here: %(url)s",
            url=absolute_url("notices.choices"),
        )
    )


def _store(
    session: Session, user_id: int, message: Message, *, key: str, forum: Forum, waiting: bool
) -> bool:
    values: dict[str, Any] = {
        "key": key,
        "user_id": user_id,
        "forum_id": forum.id,
        "kind": message.kind.value,
        "subject": " ".join(message.subject.split())[:300],
        "text": message.text.strip(),
        "path": message.path,
        "waiting": waiting,
        "created_at": now(),
    }
    return session.execute(_insert_once(session, values)).scalar() is not None


def _insert_once(session: Session, values: dict[str, Any]) -> Insert:
    # One statement on both databases, so that two who tell the same at once do not fail.
    if session.get_bind().dialect.name == "postgresql":
        made = postgresql.insert(Notice).values(values)
        return made.on_conflict_do_nothing(index_elements=["key"]).returning(Notice.id)
    return (
        sqlite.insert(Notice)
        .values(values)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(Notice.id)
    )


def unread_count(user_id: int) -> int:
    """The number on the bell."""
    count = db.session.scalar(select(func.count()).where(Notice.user_id == user_id, Notice.read_at.is_(None)))
    return count or 0


def notices_of(user_id: int, *, paging: Paging) -> Sequence[Notice]:
    """A page of somebody's notices, the newest first."""
    newest = (
        select(Notice)
        .where(Notice.user_id == user_id)
        .options(joinedload(Notice.forum))
        .order_by(Notice.created_at.desc(), Notice.id.desc())
    )
    return db.session.scalars(paging.cut(newest)).all()


def count_of(user_id: int) -> int:
    """How many notices somebody has in all."""
    return db.session.scalar(select(func.count()).where(Notice.user_id == user_id)) or 0


def read(notice_id: int, *, user_id: int) -> str:
    """Mark one's own notice as read: the path to go on to. Raises NotFound for another's."""
    with transaction() as session:
        notice = session.scalar(select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id))
        if notice is None:
            raise NotFound(_("There is no such notice."))
        if notice.read_at is None:
            notice.read_at = now()
    return notice.path


def read_all(*, user_id: int) -> None:
    """Mark all of somebody's notices as read."""
    with transaction() as session:
        session.execute(
            update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now())
        )
