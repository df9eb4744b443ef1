"""The configuration: read from the environment once, checked at start-up, frozen after."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError


class ConfigError(ValueError):
    """A setting can't be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where things are, and secrets. ``instance`` holds the database, mails and made files."""

    instance: Path
    database_url: str
    queue_url: str | None  # None: an SQLite queue under ``instance``
    secret_key: str
    password_salt: str
    base_url: str  # as people type it, without a slash at the end; links in mails start with it
    smtp_url: str | None  # smtp://user:password@host:587; None: mails are files under instance/mail
    mail_from: str
    imap_url: str | None = None  # imaps://user:password@host/INBOX: where answers to ``mail_from`` arrive
    dkim_key: Path | None = None  # PEM of the key that signs mails; the domain is that of ``mail_from``
    dkim_selector: str = "forum"
    demo: bool  # shows login links and the sent mails; on loopback only
    secure_cookies: bool
    trusted_proxies: int
    testing: bool = False

    @property
    def mail_dir(self) -> Path:
        return self.instance / "mail"

    @property
    def export_dir(self) -> Path:
        return self.instance / "out"


def from_environment(environ: Mapping[str, str] | None = None) -> Config:
    """Read ``FORUM_*``, ``DATABASE_URL`` and ``QUEUE_URL``.

    Without ``FORUM_SECRET_KEY`` a key is made once and kept in ``instance/secret_key`` (readable by the owner
    only). Raises ConfigError.
    """
    env = os.environ if environ is None else environ
    instance = Path(env.get("FORUM_INSTANCE", "instance")).resolve()
    instance.mkdir(parents=True, exist_ok=True)
    key = env.get("FORUM_SECRET_KEY") or _kept_secret(instance / "secret_key")
    if len(key) < 32:
        raise ConfigError("FORUM_SECRET_KEY: at least 32 characters needed (try: openssl rand -hex 32)")
    database_url = env.get("DATABASE_URL") or f"sqlite:///{instance / 'forum.sqlite'}"
    try:
        make_url(database_url)
    except ArgumentError as error:
        raise ConfigError(f"DATABASE_URL is no database address: {error}") from error
    base_url = env.get("FORUM_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    if not base_url.startswith(("http://", "https://")):
        raise ConfigError("FORUM_BASE_URL: must start with http:// or https://")
    return Config(
        instance=instance,
        database_url=database_url,
        queue_url=env.get("QUEUE_URL") or None,
        secret_key=key,
        password_salt=env.get("FORUM_PASSWORD_SALT") or key[::-1],
        base_url=base_url,
        smtp_url=env.get("FORUM_SMTP_URL") or None,
        mail_from=env.get("FORUM_MAIL_FROM", "Forum Scheduler <forum@localhost>"),
        imap_url=env.get("FORUM_IMAP_URL") or None,
        dkim_key=_readable(env, "FORUM_DKIM_KEY"),
        dkim_selector=env.get("FORUM_DKIM_SELECTOR") or "forum",
        demo=env.get("FORUM_DEMO", "") == "1",
        secure_cookies=base_url.startswith("https://"),
        trusted_proxies=_whole_number(env, "FORUM_TRUSTED_PROXIES", default=0),
    )


def _whole_number(env: Mapping[str, str], name: str, *, default: int) -> int:
    text = env.get(name, str(default))
    if not text.isdecimal():
        raise ConfigError(f"{name}: a whole number needed, not {text!r}")
    return int(text)


def _readable(env: Mapping[str, str], name: str) -> Path | None:
    """The file that a setting names, found missing at start-up and not with the first mail."""
    if not env.get(name):
        return None
    path = Path(env[name])
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ConfigError(f"{name}: there is no file {path} that can be read")
    return path


def _kept_secret(path: Path) -> str:
    """The key in ``path``, made on the first call; two processes starting at once agree on one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text().strip()
