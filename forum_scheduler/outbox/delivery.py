"""Sending what the outbox holds: by the worker, with nothing open in the database while the server is slow.

Never twice, by three conditional updates of a mail's row:

1. *take*: ``next_try_at`` moves LEASE into the future and ``attempts`` rises, so no other worker takes it.
   A worker that dies here leaves a mail that surely did not go out: it is due again after LEASE.
2. *about to send*: state ``sending``, once the server has taken the envelope and before it gets the text.
3. *sent*.

A worker that dies, or a line that breaks, between 2 and 3 leaves a mail of which nobody can know whether it
arrived. That is the time of one answer of the server, seconds at most. Such a mail is given up and shown,
with the reason, to whoever looks at the outbox (``services.send_again``). Files are written again: the same
name.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from forum_scheduler import logs
from forum_scheduler.clock import now
from forum_scheduler.config import Config
from forum_scheduler.extensions import db, forum_config, transaction
from forum_scheduler.outbox.message import compose
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.signing import sign
from forum_scheduler.outbox.transport import NotSent, Transport, Unclear, make_transport

LEASE = timedelta(minutes=10)
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
UNCLEAR = "It may have gone out or not: the connection or the worker broke while it was being sent."
log = logs.get_logger("forum.outbox")


class TakenOver(Exception):
    """This worker was so slow that another took the mail."""


def deliver_due(*, limit: int = 100, transport: Transport | None = None) -> int:
    """Send up to ``limit`` mails that are due; how many went out. For the worker; not inside a transaction.

    ``transport``: other than the configuration's, for tests. Raises ConfigError where that can't be used.
    """
    config = forum_config()
    transport = transport or make_transport(config)
    _look_after_the_lost(repeatable=transport.repeatable)
    due = list(
        db.session.scalars(select(Mail.id).where(*_due()).order_by(Mail.next_try_at, Mail.id).limit(limit))
    )
    db.session.rollback()  # no transaction stays open while the server takes its time
    if not due:
        return 0
    with transport:
        return sum(_deliver(mail_id, transport=transport, config=config) for mail_id in due)


def _due() -> tuple[ColumnElement[bool], ...]:
    return (Mail.state == MailState.QUEUED, Mail.next_try_at <= now())


def _look_after_the_lost(*, repeatable: bool) -> None:
    """Mails that were being sent by a worker that is gone."""
    lost = (Mail.state == MailState.SENDING, Mail.lease_until < now())
    if db.session.scalar(select(Mail.id).where(*lost).limit(1)) is None:
        return
    with transaction() as session:
        if repeatable:
            session.execute(update(Mail).where(*lost).values(state=MailState.QUEUED, next_try_at=now()))
        else:
            session.execute(update(Mail).where(*lost).values(state=MailState.FAILED, error=UNCLEAR))


def _deliver(mail_id: int, *, transport: Transport, config: Config) -> bool:
    mail = _take(mail_id)
    if mail is None:
        return False
    message = None
    try:
        message = sign(compose(mail, mail_from=config.mail_from, base_url=config.base_url), config=config)
        transport.send(message, name=file_name(mail), about_to_send=lambda: _mark_sending(mail))
    except TakenOver:
        return False
    except Unclear as error:
        _end(mail, state=MailState.FAILED, error=f"{UNCLEAR} {error}")
        return False
    except NotSent as error:
        _try_later(mail, error)
        return False
    except (ValueError, UnicodeError) as error:
        if message is not None:
            raise
        _end(mail, state=MailState.FAILED, error=f"This mail can't be written: {error}")
        return False
    _end(mail, state=MailState.SENT, error="")
    return True


def file_name(mail: Mail) -> str:
    """The name of a mail's file, without its ending: the same for every try, in order of time."""
    return f"{mail.created_at:%Y%m%dT%H%M%S}-{mail.id:07d}-{mail.kind}"


def _take(mail_id: int) -> Mail | None:
    """The mail with its new number of attempts; None when another worker was quicker."""
    with transaction() as session:
        taken = session.execute(
            update(Mail)
            .where(Mail.id == mail_id, *_due())
            .values(attempts=Mail.attempts + 1, next_try_at=now() + LEASE)
            .returning(Mail.id)
        ).scalar()
        if taken is None:
            return None
        mail = session.get_one(Mail, mail_id, populate_existing=True)
    db.session.expunge(mail)  # read by this worker only; later statements name the attempt
    return mail


def _mark_sending(mail: Mail) -> None:
    with transaction() as session:
        marked = session.execute(
            update(Mail)
            .where(Mail.id == mail.id, Mail.state == MailState.QUEUED, Mail.attempts == mail.attempts)
            .values(state=MailState.SENDING, lease_until=now() + LEASE)
            .returning(Mail.id)
        ).scalar()
    if marked is None:
        raise TakenOver


def _end(mail: Mail, *, state: MailState, error: str) -> None:
    with transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.id == mail.id, Mail.attempts == mail.attempts)
            .values(
                state=state,
                error=error[:500],
                lease_until=None,
                sent_at=now() if state == MailState.SENT else None,
            )
        )
    log.info("mail", mail_id=mail.id, kind=mail.kind, state=str(state), attempt=mail.attempts)


def _try_later(mail: Mail, error: NotSent) -> None:
    """Again after a growing pause, or given up."""
    if error.final or mail.attempts > len(PAUSES):
        _end(mail, state=MailState.FAILED, error=str(error))
        return
    with transaction() as session:
        session.execute(
            update(Mail)
            .where(Mail.id == mail.id, Mail.attempts == mail.attempts)
            .values(
                state=MailState.QUEUED,
                error=str(error)[:500],
                lease_until=None,
                next_try_at=now() + PAUSES[mail.attempts - 1],
            )
        )
    log.info("mail", mail_id=mail.id, kind=mail.kind, state="waiting", attempt=mail.attempts)
