"""Where mails go: an SMTP server, or a folder of .eml files."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from forum_scheduler.config import Config, ConfigError

TIMEOUT = 30.0  # seconds for one answer of the server
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotSent(Exception):
    """The mail certainly did not go out. ``final``: trying again would not help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Unclear(Exception):
    """The line broke after the text was on its way: the mail may have gone out, or not."""


class Transport(Protocol):
    """To be used in ``with``, for as many mails as there are."""

    @property
    def repeatable(self) -> bool:
        """Sending the same mail again does no harm."""
        ...

    def __enter__(self) -> Transport: ...

    def __exit__(self, *_: object) -> None: ...

    def send(self, message: EmailMessage, *, name: str, about_to_send: Callable[[], None]) -> None:
        """Send one mail. ``about_to_send`` is called when it could first reach anybody; it may raise.

        Raises NotSent or Unclear.
        """


def make_transport(config: Config) -> Transport:
    """The one of the configuration. Raises ConfigError for an address that can't be used."""
    if config.smtp_url is None:
        return Folder(config.mail_dir)
    return Smtp(parse(config.smtp_url))


@dataclass(slots=True)
class Folder:
    """Each mail a file; a second try replaces it."""

    path: Path
    repeatable: bool = True

    def __enter__(self) -> Folder:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # mails hold links that sign people in
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, message: EmailMessage, *, name: str, about_to_send: Callable[[], None]) -> None:
        about_to_send()
        target = self.path / f"{name}.eml"
        unfinished = self.path / f".{name}.part"
        try:
            unfinished.write_bytes(bytes(message))
            unfinished.replace(target)
        except OSError as error:
            raise NotSent(f"{target.name} can't be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An SMTP server. ``starttls``: required, or used where it is offered; ``tls``: from the first byte."""

    host: str
    port: int
    tls: bool
    starttls_required: bool
    user: str = ""
    password: str = field(default="", repr=False)


def parse(url: str) -> Server:
    """``smtp://user:password@host:587``, ``smtps://host``; ``?starttls=optional`` allows plain text.

    With a password TLS is required, except on this machine. Raises ConfigError.
    """
    parts = urlsplit(url)
    choice = parse_qs(parts.query).get("starttls", [""])[0]
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1:
        raise ConfigError("FORUM_SMTP_URL: write smtp://host:587 or smtps://host (with user:password@)")
    if choice not in ("", "required", "optional"):
        raise ConfigError("FORUM_SMTP_URL: starttls is required or optional")
    tls = parts.scheme == "smtps"
    secret = bool(parts.password) and parts.hostname not in LOOPBACK
    return Server(
        host=parts.hostname,
        port=port or (465 if tls else 587 if parts.username else 25),
        tls=tls,
        starttls_required=not tls and (choice == "required" or (secret and choice != "optional")),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class Smtp:
    """One connection for many mails, opened when the first is sent and again after trouble."""

    repeatable = False

    def __init__(self, server: Server, *, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._context = context or ssl.create_default_context()
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Smtp:
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()

    def send(self, message: EmailMessage, *, name: str, about_to_send: Callable[[], None]) -> None:
        """The envelope first: only when the server takes it, the text, and from there on nobody can know."""
        try:
            connection = self._connected()
            _expect(connection.mail(message["From"].addresses[0].addr_spec))
            _expect(connection.rcpt(message["To"].addresses[0].addr_spec))
        except NotSent:
            self._reset()
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise NotSent(_words(error), final=isinstance(error, smtplib.SMTPNotSupportedError)) from error
        except UnicodeError as error:
            self._reset()
            raise NotSent(
                "the server takes no addresses with other letters than Latin ones", final=True
            ) from error
        try:
            about_to_send()
        except BaseException:
            self._reset()
            raise
        try:
            answer = connection.data(bytes(message))
        except smtplib.SMTPDataError as error:  # refused before the text was sent
            self._reset()
            raise NotSent(_words(error), final=error.smtp_code >= 500) from error
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            raise Unclear(_words(error)) from error
        if answer[0] != 250:
            self._reset()
            _expect(answer)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            server = self._server
            if server.tls:
                self._connection = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=TIMEOUT, context=self._context
                )
            else:
                self._connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
            self._greet(self._connection)
        return self._connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        if not self._server.tls:
            if connection.has_extn("starttls"):
                connection.starttls(context=self._context)
                connection.ehlo()
            elif self._server.starttls_required:
                raise smtplib.SMTPException("the server offers no TLS, and the password is not sent without")
        if self._server.user:
            connection.login(self._server.user, self._server.password)

    def _reset(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (OSError, smtplib.SMTPException):
            connection.close()


def _expect(answer: tuple[int, bytes]) -> None:
    code, words = answer
    if code not in (250, 251, 252):
        raise NotSent(f"{code} {words.decode(errors='replace')}"[:400], final=code >= 500)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:400]
