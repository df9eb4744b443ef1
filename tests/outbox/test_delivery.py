"""Mails go out once: as files, and to a real SMTP server."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy import select, update

from forum_scheduler.clock import frozen_at
from forum_scheduler.config import Config, ConfigError
from forum_scheduler.extensions import db
from forum_scheduler.outbox.delivery import (
    PAUSES,
    UNCLEAR,
    TakenOver,
    _look_after_the_lost,
    _mark_sending,
    _take,
)
from forum_scheduler.outbox.message import as_html, compose
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.services import deliver_due, recent, send_again
from forum_scheduler.outbox.transport import Smtp, parse
from tests.outbox.test_services import queue

NOON = datetime(2027, 5, 12, 12, tzinfo=UTC)
CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


@dataclass
class Post:
    """A post office: keeps what it gets, and answers as told."""

    received: list[Envelope] = field(default_factory=list)
    answer_rcpt: str = "250 OK"
    answer_data: str = "250 OK"
    while_receiving: Callable[[], None] = lambda: None
    hang_up: bool = False

    async def handle_RCPT(  # noqa: N802 -- the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.answer_rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_rcpt

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.received.append(envelope)
        self.while_receiving()
        if self.hang_up:
            transport = server.transport
            assert isinstance(transport, asyncio.Transport)
            transport.abort()
        return self.answer_data

    def messages(self) -> list[EmailMessage]:
        return [parsed(envelope.content) for envelope in self.received]


def parsed(content: Any) -> EmailMessage:
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def smtp(post: Post) -> Iterator[Callable[[], Smtp]]:
    """Makes a connection to a server that gives all mail to ``post``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    yield lambda: Smtp(parse(f"smtp://127.0.0.1:{port}"))
    controller.stop()


def the_mail() -> Mail:
    return db.session.scalars(select(Mail).execution_options(populate_existing=True)).one()


def files(config: Config) -> list[Path]:
    return sorted(config.mail_dir.glob("*"))


# Files


def test_without_a_server_a_mail_becomes_a_file(app: Flask, config: Config) -> None:
    queue(calendar=CALENDAR, calendar_method="REQUEST")
    assert deliver_due(limit=10) == 1
    (path,) = files(config)
    message = parsed(path.read_bytes())
    assert path.suffix == ".eml"
    assert message["To"] == "Ann <ann@example.org>"
    assert message["From"] == "Forum Scheduler <forum@example.org>"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert message.get_content_type() == "multipart/alternative"
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert the_mail().state == MailState.SENT
    assert the_mail().sent_at is not None


def test_what_was_sent_is_not_sent_again(app: Flask, config: Config) -> None:
    queue()
    assert deliver_due(limit=10) == 1
    files(config)[0].unlink()
    assert deliver_due(limit=10) == 0
    assert files(config) == []


def test_a_worker_that_died_writes_the_same_file_again(app: Flask, config: Config) -> None:
    queue()
    deliver_due(limit=10)
    (path,) = files(config)
    first = path.read_bytes()
    # As if the worker had died between writing the file and noting it.
    db.session.execute(
        update(Mail).values(state=MailState.SENDING, lease_until=NOON - timedelta(hours=1), sent_at=None)
    )
    db.session.commit()
    with frozen_at(NOON + timedelta(days=3650)):
        assert deliver_due(limit=10) == 1
    assert files(config) == [path]
    assert path.read_bytes() == first


def test_at_most_the_limit_goes_out_at_once_oldest_first(app: Flask, config: Config) -> None:
    for number in range(3):
        queue(f"k{number}", kind=f"k{number}")
    assert deliver_due(limit=2) == 2
    assert [path.stem[-2:] for path in files(config)] == ["k0", "k1"]
    assert deliver_due(limit=2) == 1


def test_a_folder_that_can_not_be_written_is_tried_again(app: Flask, config: Config) -> None:
    with frozen_at(NOON):
        queue()
        db.session.execute(update(Mail).values(kind="no/such/folder"))
        db.session.commit()
        assert deliver_due(limit=10) == 0
    mail = the_mail()
    assert (mail.state, mail.attempts) == (MailState.QUEUED, 1)
    assert "can't be written" in mail.error


# SMTP


def test_a_mail_reaches_the_server_once(app: Flask, smtp: Callable[[], Smtp], post: Post) -> None:
    queue(subject="Зустріч", unsubscribe_url="https://example.org/u/1")
    assert deliver_due(limit=10, transport=smtp()) == 1
    assert deliver_due(limit=10, transport=smtp()) == 0
    (message,) = post.messages()
    assert message["Subject"] == "Зустріч"
    assert message["List-Unsubscribe"] == "<https://example.org/u/1>"
    assert post.received[0].mail_from == "forum@example.org"
    assert post.received[0].rcpt_tos == ["ann@example.org"]
    assert the_mail().state == MailState.SENT


def test_many_mails_are_as_many_transactions(app: Flask, smtp: Callable[[], Smtp], post: Post) -> None:
    for number in range(5):
        queue(f"k{number}", to_email=f"p{number}@example.org")
    assert deliver_due(limit=10, transport=smtp()) == 5
    assert [envelope.rcpt_tos for envelope in post.received] == [[f"p{n}@example.org"] for n in range(5)]
    assert len({message["Message-ID"] for message in post.messages()}) == 5


def test_a_server_that_asks_for_patience_is_asked_again_after_growing_pauses(
    app: Flask, smtp: Callable[[], Smtp], post: Post
) -> None:
    post.answer_rcpt = "451 greylisted"
    moment = NOON
    with frozen_at(moment):
        queue()
    for attempt, pause in enumerate(PAUSES, 1):
        with frozen_at(moment):
            assert deliver_due(limit=10, transport=smtp()) == 0
            assert deliver_due(limit=10, transport=smtp()) == 0  # not due: no second try
        assert (the_mail().state, the_mail().attempts) == (MailState.QUEUED, attempt)
        assert the_mail().next_try_at == moment + pause
        moment += pause
    with frozen_at(moment):
        deliver_due(limit=10, transport=smtp())
    assert the_mail().state == MailState.FAILED
    assert "greylisted" in the_mail().error
    assert post.received == []


def test_a_mail_goes_out_once_the_server_is_back(app: Flask, smtp: Callable[[], Smtp], post: Post) -> None:
    with frozen_at(NOON):
        queue()
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
        assert deliver_due(limit=10, transport=Smtp(parse(f"smtp://127.0.0.1:{port}"))) == 0
    with frozen_at(NOON + PAUSES[0]):
        assert deliver_due(limit=10, transport=smtp()) == 1
    assert the_mail().attempts == 2


@pytest.mark.parametrize("step", ["answer_rcpt", "answer_data"])
def test_a_refusal_for_good_is_not_repeated(
    app: Flask, smtp: Callable[[], Smtp], post: Post, step: str
) -> None:
    setattr(post, step, "550 no such person")
    queue("refused")
    assert deliver_due(limit=10, transport=smtp()) == 0
    assert the_mail().state == MailState.FAILED
    assert "550 no such person" in the_mail().error


def test_one_refused_mail_does_not_hold_up_the_next(app: Flask, smtp: Callable[[], Smtp], post: Post) -> None:
    queue("bad", to_email="no address at all")
    queue("good")
    assert deliver_due(limit=10, transport=smtp()) == 1
    assert {mail.key: mail.state for mail in recent()} == {"bad": MailState.FAILED, "good": MailState.SENT}


def test_a_line_that_breaks_during_the_text_never_leads_to_a_second_mail(
    app: Flask, smtp: Callable[[], Smtp], post: Post
) -> None:
    post.hang_up = True
    queue()
    assert deliver_due(limit=10, transport=smtp()) == 0
    assert len(post.received) == 1
    post.hang_up = False
    with frozen_at(datetime.now(UTC) + timedelta(days=1)):
        assert deliver_due(limit=10, transport=smtp()) == 0
    assert len(post.received) == 1
    assert the_mail().state == MailState.FAILED
    assert the_mail().error.startswith(UNCLEAR)
    send_again(the_mail().id, forum_id=None)  # who looks at the outbox decides
    assert deliver_due(limit=10, transport=smtp()) == 1


def test_a_worker_killed_while_sending_never_leads_to_a_second_mail(app: Flask) -> None:
    queue()
    mail = _take(the_mail().id)
    assert mail is not None
    _mark_sending(mail)  # and dies
    _look_after_the_lost(repeatable=False)
    assert the_mail().state == MailState.SENDING
    with frozen_at(datetime.now(UTC) + timedelta(hours=1)):
        _look_after_the_lost(repeatable=False)
    assert (the_mail().state, the_mail().error) == (MailState.FAILED, UNCLEAR)


def test_a_worker_killed_before_sending_leaves_the_mail_to_the_next(
    app: Flask, smtp: Callable[[], Smtp], post: Post
) -> None:
    queue()
    assert _take(the_mail().id) is not None  # and dies
    assert deliver_due(limit=10, transport=smtp()) == 0
    with frozen_at(datetime.now(UTC) + timedelta(hours=1)):
        assert deliver_due(limit=10, transport=smtp()) == 1
    assert len(post.received) == 1


def test_of_two_workers_only_one_takes_a_mail(app: Flask) -> None:
    queue()
    mail_id = the_mail().id
    assert _take(mail_id) is not None
    assert _take(mail_id) is None


def test_a_second_worker_during_the_text_sends_nothing(
    app: Flask, smtp: Callable[[], Smtp], post: Post
) -> None:
    found: list[int] = []

    def look() -> None:
        with app.app_context():
            found.append(deliver_due(limit=10, transport=smtp()))
            db.session.remove()

    post.while_receiving = look
    queue()
    assert deliver_due(limit=10, transport=smtp()) == 1
    assert found == [0]
    assert len(post.received) == 1


def test_a_worker_that_was_overtaken_does_not_send(app: Flask, smtp: Callable[[], Smtp], post: Post) -> None:
    queue()
    slow = _take(the_mail().id)
    assert slow is not None
    with frozen_at(datetime.now(UTC) + timedelta(hours=1)):
        assert deliver_due(limit=10, transport=smtp()) == 1
    with pytest.raises(TakenOver):
        _mark_sending(slow)
    assert the_mail().state == MailState.SENT


# The message


@pytest.mark.databases("sqlite")
def test_the_message_id_comes_from_the_occasion(app: Flask) -> None:
    queue("one")
    queue("two")
    two, one = recent()
    sender = "Forum <forum@example.org>"
    assert compose(one, mail_from=sender)["Message-ID"] == compose(one, mail_from=sender)["Message-ID"]
    assert compose(one, mail_from=sender)["Message-ID"] != compose(two, mail_from=sender)["Message-ID"]
    assert compose(one, mail_from=sender)["Message-ID"].endswith("@example.org>")


@pytest.mark.databases("sqlite")
def test_the_calendar_part_names_its_method(app: Flask) -> None:
    queue(calendar=CALENDAR, calendar_method="REQUEST")
    message = compose(recent()[0], mail_from="forum@example.org")
    part = next(part for part in message.iter_parts() if part.get_content_type() == "text/calendar")
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part.get_content_charset() == "utf-8"
    assert b"METHOD:REQUEST" in part.get_payload(decode=True)


def test_lines_with_a_dash_become_a_list_under_their_heading() -> None:
    html = as_html("Moved:\n- one <b>\n- two\n\nNo - list")
    assert '<p style="margin-bottom:4px">Moved:</p>\n<ul' in html
    assert re.findall(r"<li[^>]*>(.*)</li>", html) == ["one &lt;b&gt;", "two"]
    assert "<p>No - list</p>" in html


def test_the_way_to_turn_mails_off_is_no_button_beside_what_a_mail_is_about() -> None:
    agenda, aside = as_html(
        f"Your agenda: {BASE}/f/x/agenda\n\nMails: {BASE}/notices/mail", base_url=BASE
    ).split("</p>")[:2]
    assert "border:1px" in agenda
    assert "border:1px" not in aside
    assert ">Mails</a>" in aside


def test_html_is_made_from_text_without_letting_markup_in() -> None:
    html = as_html("Hello <b>,\n\nopen https://example.org/a?b=1&c=2.\nBye")
    assert "Hello &lt;b&gt;," in html
    assert '<a href="https://example.org/a?b=1&amp;c=2">' in html
    assert "c=2</a>.<br>" in html


BASE = "https://forum.example.org"


def test_a_line_of_words_and_an_own_address_becomes_a_button() -> None:
    html = as_html(f"Accept: {BASE}/a?say=yes\nDecline: {BASE}/a?say=no", base_url=BASE)
    assert re.findall(r">(\w+)</a>", html) == ["Accept", "Decline"]
    assert f'href="{BASE}/a?say=yes"' in html


@pytest.mark.parametrize(
    "address", ["https://evil.example", f"{BASE}.evil.example/a", "http://forum.example.org/a"]
)
def test_an_address_of_others_stands_there_as_it_is(address: str) -> None:
    html = as_html(f"They write: “Hello\nSign in here: {address}\nBye”\n\nAccept: {address}", base_url=BASE)
    assert re.findall(r">([^<>]+)</a>", html) == [address, address]


def test_long_addresses_break_so_that_a_phone_shows_the_mail_whole() -> None:
    html = as_html(f"Look: {BASE}/{'x' * 300}")
    assert "overflow-wrap:anywhere" in html
    assert 'name="viewport"' in html


# The server's address


@pytest.mark.parametrize("url", ["http://mail", "smtp://", "smtp://mail:x", "smtp://mail?starttls=never"])
def test_an_address_that_can_not_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        parse(url)


def test_a_password_is_only_sent_over_tls() -> None:
    assert parse("smtp://u:p%40@mail.example.org").starttls_required
    assert parse("smtp://u:p%40@mail.example.org").password == "p@"
    assert not parse("smtp://mail.example.org").starttls_required
    assert parse("smtp://mail.example.org?starttls=required").starttls_required
    assert parse("smtps://mail.example.org").tls
    assert (parse("smtps://m").port, parse("smtp://m").port, parse("smtp://u:p@m").port) == (465, 25, 587)


@pytest.mark.databases("sqlite")
def test_without_the_tls_that_is_required_nothing_is_sent(
    app: Flask, smtp: Callable[[], Smtp], post: Post
) -> None:
    with smtp() as plain:
        port = plain._server.port
    queue()
    assert deliver_due(limit=1, transport=Smtp(parse(f"smtp://127.0.0.1:{port}?starttls=required"))) == 0
    assert post.received == []
    assert "TLS" in the_mail().error
