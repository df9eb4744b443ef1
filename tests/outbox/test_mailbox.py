"""A real IMAP server: answers to invitations and mails that came back are read from it, once."""

from __future__ import annotations

import imaplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from forum_scheduler.config import ConfigError
from forum_scheduler.extensions import db
from forum_scheduler.outbox.bounces import is_report, note_bounce
from forum_scheduler.outbox.mailbox import Mailbox, MailboxClosed, parse, read_new
from forum_scheduler.outbox.message import compose
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.services import deliver_due, send_again
from tests.outbox.test_delivery import parsed, the_mail
from tests.outbox.test_services import queue
from tests.servers import PATIENCE, free_port

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """An empty mailbox on a server of its own."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "pymap"), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--no-tls", "dict", "--demo-data", "--demo-user", "office", "--demo-password", "se:cret"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        box = parse(f"imap://office:se%3Acret@127.0.0.1:{port}/INBOX")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(MailboxClosed):
                read_new(box, lambda message: None)  # the demo's own messages
                break
            time.sleep(0.1)
        yield box
        process.kill()


def put(box: Mailbox, content: bytes) -> None:
    connection = imaplib.IMAP4(box.host, box.port)
    connection.login(box.user, box.password)
    assert connection.append("INBOX", "", "", content)[0] == "OK"
    connection.logout()


def letter(subject: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@example.org", subject
    message.set_content("Hello")
    return bytes(message)


def test_each_message_is_read_once(mailbox: Mailbox) -> None:
    seen: list[str] = []
    put(mailbox, letter("One"))
    put(mailbox, letter("Два"))
    assert read_new(mailbox, lambda message: seen.append(str(message["Subject"]))) == 2
    put(mailbox, letter("Three"))
    assert read_new(mailbox, lambda message: seen.append(str(message["Subject"]))) == 1
    assert seen == ["One", "Два", "Three"]


def test_trouble_with_one_message_does_not_keep_the_others(mailbox: Mailbox) -> None:
    seen: list[str] = []

    def handle(message: EmailMessage) -> None:
        if message["Subject"] == "Bad":
            raise ValueError("nobody expected this")
        seen.append(str(message["Subject"]))

    put(mailbox, letter("Bad"))
    put(mailbox, letter("Good"))
    assert read_new(mailbox, handle) == 2
    assert read_new(mailbox, handle) == 0
    assert seen == ["Good"]


def test_a_mailbox_that_can_t_be_read_says_why(mailbox: Mailbox) -> None:
    wrong = parse(f"imap://office:wrong@127.0.0.1:{mailbox.port}/INBOX")
    with pytest.raises(MailboxClosed):
        read_new(wrong, lambda message: None)
    with pytest.raises(MailboxClosed):
        read_new(parse(f"imap://office:x@127.0.0.1:{free_port()}/"), lambda message: None)


def test_addresses_of_mailboxes_are_checked() -> None:
    box = parse("imaps://an%40example.org:p%2Fw@mail.example.org/Answers")
    assert (box.host, box.port, box.tls, box.user, box.password, box.folder) == (
        "mail.example.org",
        993,
        True,
        "an@example.org",
        "p/w",
        "Answers",
    )
    for wrong in (
        "imap://user:x@mail.example.org",
        "imaps://mail.example.org",
        "pop://a:b@c",
        "imaps://a@b:x",
    ):
        with pytest.raises(ConfigError):
            parse(wrong)


# Mails that came back


def report(mail: Mail, *, action: str = "failed", headers_only: bool = False) -> EmailMessage:
    """What a server writes that could not deliver ``mail``."""
    sent = compose(mail, mail_from="Forum <forum@example.org>")
    headers = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    returned = (
        f"Content-Type: text/rfc822-headers\r\n\r\n{headers}"
        if headers_only
        else f"Content-Type: message/rfc822\r\n\r\n{sent.as_string()}"
    )
    parts = (
        "Content-Type: text/plain\r\n\r\nSorry.\r\n",
        (
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
            f"Final-Recipient: rfc822; ann@example.org\r\nAction: {action}\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
        ),
        returned,
    )
    body = "".join(f"--zzz\r\n{part}\r\n" for part in parts)
    head = 'Content-Type: multipart/report; report-type=delivery-status; boundary="zzz"\r\n'
    return parsed(f"From: mailer-daemon@example.org\r\nSubject: No\r\n{head}\r\n{body}--zzz--\r\n".encode())


@pytest.mark.parametrize("headers_only", [True, False])
def test_a_mail_that_came_back_says_so(app: Flask, headers_only: bool) -> None:
    queue()
    deliver_due()
    message = report(the_mail(), headers_only=headers_only)
    assert is_report(message)
    assert note_bounce(message)
    assert (the_mail().state, the_mail().error) == (
        MailState.BOUNCED,
        "It came back: smtp; 550 5.1.1 no such user",
    )
    send_again(the_mail().id, forum_id=None)
    assert the_mail().state == MailState.QUEUED


def test_a_delay_and_strangers_mails_change_nothing(app: Flask) -> None:
    queue()
    deliver_due()
    assert not note_bounce(report(the_mail(), action="delayed"))
    db.session.execute(update(Mail).values(reference="f" * 32))
    db.session.commit()
    assert not note_bounce(report(the_mail()))
    assert the_mail().state == MailState.SENT
    assert not is_report(parsed(letter("Hello")))
