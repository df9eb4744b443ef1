"""The mailbox to which answers and returned mails come, read by IMAP.

A message is handled once: afterwards it is marked as seen, and nothing is deleted. What could not be handled
is flagged as well, so that somebody who looks into the mailbox finds it.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from forum_scheduler import logs
from forum_scheduler.config import ConfigError
from forum_scheduler.outbox.transport import LOOPBACK

TIMEOUT = 20.0  # seconds for one answer of the server
MOST_BYTES = 2_000_000  # of a message; answers and returned mails are far smaller
AT_ONCE = 200  # messages of one look
log = logs.get_logger("forum.mailbox")

Handler = Callable[[EmailMessage], None]


class MailboxClosed(Exception):
    """The mailbox can't be read at the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where the messages lie."""

    host: str
    port: int
    tls: bool
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"


def parse(url: str) -> Mailbox:
    """``imaps://user:password@host/INBOX``; ``imap://`` on this machine only. Raises ConfigError."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    complete = parts.scheme in ("imap", "imaps") and parts.hostname and parts.username and port != -1
    if not complete or not parts.hostname or not parts.username:
        raise ConfigError("FORUM_IMAP_URL: write imaps://user:password@host/INBOX")
    tls = parts.scheme == "imaps"
    if not tls and parts.hostname not in LOOPBACK:
        raise ConfigError("FORUM_IMAP_URL: without TLS (imap://) only a server on this machine can be read")
    return Mailbox(
        host=parts.hostname,
        port=port or (993 if tls else 143),
        tls=tls,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def read_new(mailbox: Mailbox, handle: Handler) -> int:
    """Give each message that nobody has seen to ``handle``; how many. Raises MailboxClosed.

    Trouble with one message does not keep the others.
    """
    try:
        connection = _connect(mailbox)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxClosed(f"{type(error).__name__}: {error}"[:300]) from error
    try:
        _expect(connection.select(f'"{mailbox.folder}"'))
        (found,) = _expect(connection.uid("SEARCH", "UNSEEN"))
        uids = (found or b"").split()[:AT_ONCE]
        for uid in uids:
            _one(connection, uid.decode(), handle)
        return len(uids)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxClosed(f"{type(error).__name__}: {error}"[:300]) from error
    finally:
        _leave(connection)


def _connect(mailbox: Mailbox) -> imaplib.IMAP4:
    connection: imaplib.IMAP4
    if mailbox.tls:
        context = ssl.create_default_context()
        connection = imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=TIMEOUT)
    else:
        connection = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT)
    try:
        connection.login(mailbox.user, mailbox.password)
    except BaseException:
        _leave(connection)
        raise
    return connection


def _leave(connection: imaplib.IMAP4) -> None:
    try:
        connection.logout()
    except (OSError, imaplib.IMAP4.error):
        connection.shutdown()


def _expect(answer: tuple[str, list[bytes | None]]) -> list[bytes | None]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"{status} {data!r}"[:300])
    return data


def _one(connection: imaplib.IMAP4, uid: str, handle: Handler) -> None:
    flags = "(\\Seen)"
    try:
        content = _fetch(connection, uid)
        if content is not None:
            message = message_from_bytes(content, policy=policy.default)
            handle(message)
    except (OSError, imaplib.IMAP4.error):
        raise
    except Exception:
        # A stranger wrote it: anything may be wrong with it, and the next one must be read all the same.
        log.exception("message that can't be handled", uid=uid)
        flags = "(\\Seen \\Flagged)"
    _expect(connection.uid("STORE", uid, "+FLAGS", flags))


def _fetch(connection: imaplib.IMAP4, uid: str) -> bytes | None:
    """The whole message; None for one that is far too large for an answer."""
    for part in connection.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")[1]:
        if isinstance(part, tuple) and isinstance(part[1], bytes):
            return part[1] if len(part[1]) < MOST_BYTES else None
    return None
