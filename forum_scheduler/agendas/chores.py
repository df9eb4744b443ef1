"""What the worker does for agendas whenever it looks around: invitations, answers, print jobs.

The worker belongs to an earlier room and does not know this one: it sends a signal. What takes long runs
beside it, one thread a chore, so that runs and mails do not wait for a mail server or a printing press.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from email.message import EmailMessage

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from forum_scheduler import logs
from forum_scheduler.agendas import invitations, print_jobs, replies
from forum_scheduler.extensions import db, forum_config
from forum_scheduler.outbox import bounces, mailbox
from forum_scheduler.scheduling.signals import looking_around

MAILBOX_SECONDS = 60.0  # between two looks into the mailbox
log = logs.get_logger("forum.chores")


class _Beside:
    """A chore that runs in a thread of its own, once at a time and not more often than wanted."""

    def __init__(self, name: str, chore: Callable[[], object], *, every: float = 0.0) -> None:
        self._name = name
        self._chore = chore
        self._every = every
        self._next = 0.0
        self._thread: threading.Thread | None = None

    def start(self, app: Flask, *, patient: bool) -> None:
        """``patient``: wait for its end."""
        if self._thread is not None and self._thread.is_alive():
            return
        if time.monotonic() < self._next and not patient:
            return
        self._next = time.monotonic() + self._every
        self._thread = threading.Thread(target=self._run, args=(app,), name=self._name, daemon=True)
        self._thread.start()
        if patient:
            self._thread.join()

    def _run(self, app: Flask) -> None:
        with app.app_context():
            try:
                self._chore()
            except mailbox.MailboxClosed as trouble:
                log.warning("the mailbox can't be read", why=str(trouble))
            except Exception:
                log.exception("chore failed", chore=self._name)
            finally:
                db.session.remove()


def read_mailbox() -> int:
    """Note the answers and the returned mails that came; how many messages. Raises MailboxClosed."""
    url = forum_config().imap_url
    return 0 if url is None else mailbox.read_new(mailbox.parse(url), take)


def take(message: EmailMessage) -> None:
    """One message that came."""
    if bounces.is_report(message):
        bounces.note_bounce(message)
    else:
        replies.note_replies(message)


_mailbox = _Beside("mailbox", read_mailbox, every=MAILBOX_SECONDS)
_print = _Beside("print", print_jobs.work)


@looking_around.connect
def look_around(_sender: object, *, patient: bool = False) -> None:
    """Receives the worker's signal. ``patient``: the worker ends when nothing is due, so wait for all."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's own method
    try:
        invitations.catch_up()
    except SQLAlchemyError:
        raise  # the worker waits for its database
    except Exception:
        log.exception("chore failed", chore="invitations")  # runs and mails must not wait for it
    if print_jobs.any_due():
        _print.start(app, patient=patient)
    if forum_config().imap_url is not None:
        _mailbox.start(app, patient=patient)
