"""Putting mails into the outbox, and looking at them. Sending is ``outbox.delivery``, by the worker only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from blinker import Namespace
from flask_babel import lazy_gettext as _l
from sqlalchemy import Insert, Update, event, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.errors import Conflict, NotFound
from forum_scheduler.extensions import db, transaction
from forum_scheduler.outbox.delivery import deliver_due as deliver_due  # noqa: PLC0414 -- part of this module's face
from forum_scheduler.outbox.message import reference_of
from forum_scheduler.outbox.models import Mail, MailState

# Sent after the commit that queued a mail, so that the worker can be woken; receivers must not raise.
mail_queued = Namespace().signal("mail-queued")


Rewording = Callable[..., tuple[str, str]]
_rewordings: list[Rewording] = []


def reworded_by(rewording: Rewording) -> None:
    """Set what gives the mails of a forum its organiser's words; the last one set counts.

    Called with forum_id, kind, name, subject and text; answers with subject and text.
    """
    _rewordings[:] = [rewording]


def enqueue(
    *,
    key: str,
    kind: str,
    to_email: str,
    to_name: str,
    subject: str,
    text: str,
    html: str = "",
    forum_id: int | None = None,
    calendar: bytes | None = None,
    calendar_method: str | None = None,
    unsubscribe_url: str = "",
) -> bool:
    """Store a mail to be sent; inside ``transaction()``, with the change that it tells of.

    ``key`` names the occasion, such as "agenda:7:delegate:12"; False, and nothing is stored, when a mail with
    that key is there already. ``kind`` groups mails for people who look at them ("request-received").
    ``calendar`` is one iTIP object whose METHOD is ``calendar_method``.
    """
    if (calendar is None) != (calendar_method is None):
        raise ValueError("calendar and calendar_method belong together")
    session = db.session()
    if forum_id is not None and _rewordings:
        subject, text = _rewordings[0](forum_id=forum_id, kind=kind, name=to_name, subject=subject, text=text)
    values = {
        "key": key,
        "reference": reference_of(key),
        "kind": kind,
        "to_email": to_email,
        "to_name": _one_line(to_name, limit=200),
        "subject": _one_line(subject, limit=300),
        "text": text,
        "html": html,
        "forum_id": forum_id,
        "calendar": calendar,
        "calendar_method": calendar_method,
        "unsubscribe_url": unsubscribe_url,
    }
    stored = session.execute(_insert_once(session, values)).scalar() is not None
    if stored:
        event.listen(session, "after_commit", _ring, once=True)
    return stored


def _insert_once(session: Session, values: dict[str, Any]) -> Insert:
    # One statement on both databases, so that two who store the same occasion at once do not fail.
    if session.get_bind().dialect.name == "postgresql":
        insert = postgresql.insert(Mail).values(values)
        return insert.on_conflict_do_nothing(index_elements=["key"]).returning(Mail.id)
    return (
        sqlite.insert(Mail).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(Mail.id)
    )


def _one_line(text: str, *, limit: int) -> str:
    """Without line ends, which would begin a new header of the mail."""
    return " ".join(text.split())[:limit]


def _ring(_session: Session) -> None:
    mail_queued.send()


def recent(
    *,
    forum_id: int | None = None,
    kind: str | None = None,
    state: MailState | None = None,
    search: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Mail]:
    """Mails, newest first: of a forum, or of all. ``search`` is part of an address, a name or a subject."""
    wanted = select(Mail).order_by(Mail.id.desc()).limit(limit).offset(offset)
    if forum_id is not None:
        wanted = wanted.where(Mail.forum_id == forum_id)
    if kind is not None:
        wanted = wanted.where(Mail.kind == kind)
    if state is not None:
        wanted = wanted.where(Mail.state == state)
    if search:
        part = search.casefold()
        columns = (Mail.to_email, Mail.to_name, Mail.subject)
        wanted = wanted.where(or_(*(column.icontains(part, autoescape=True) for column in columns)))
    return db.session.scalars(wanted).all()


def mail(mail_id: int, *, forum_id: int | None) -> Mail:
    """One mail of the forum. Raises NotFound."""
    found = db.session.scalar(select(Mail).where(Mail.id == mail_id, Mail.forum_id == forum_id))
    if found is None:
        raise NotFound(_l("There is no such mail."))
    return found


def send_again(mail_id: int, *, forum_id: int | None) -> None:
    """Queue a mail that was given up. Raises NotFound, and Conflict for one that was not given up."""
    with transaction() as session:
        mail(mail_id, forum_id=forum_id)
        changed = session.execute(_requeue(mail_id)).scalar()
        if changed is None:
            raise Conflict(_l("Only a mail that could not be sent can be sent again."))
        event.listen(session, "after_commit", _ring, once=True)


def _requeue(mail_id: int) -> Update:
    return (
        update(Mail)
        .where(Mail.id == mail_id, Mail.state.in_((MailState.FAILED, MailState.BOUNCED)))
        .values(state=MailState.QUEUED, attempts=0, next_try_at=now(), lease_until=None, error="")
        .returning(Mail.id)
    )
