"""The bell: wakes workers when a run is asked for. Huey's queues, used for nothing else.

SQLite under ``instance`` by default, Redis or PostgreSQL by ``QUEUE_URL``. A bell that nobody hears costs a
few seconds, until workers look by themselves: so trouble with the queue is logged and never stops anybody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app, has_app_context

from forum_scheduler.config import Config, ConfigError
from forum_scheduler.outbox.services import mail_queued

log = logging.getLogger(__name__)
NAME = "forum"
MAIL_PAUSE = 1.0  # seconds between two rings for mails
PAUSE = 0.25  # seconds between two looks into a queue that can't wait by itself


def ring(config: Config) -> None:
    """Wake one worker. Never raises."""
    try:
        with _open(config) as storage:
            storage.enqueue(b"wake")
    except Exception as error:
        log.warning("the queue did not take a message; workers look by themselves: %s", error)


_last_mail = 0.0


def _ring_for_mail(_sender: object) -> None:
    """One ring is enough for the many mails of one publication."""
    global _last_mail  # noqa: PLW0603 -- of the process, like the queue itself
    if not has_app_context() or time.monotonic() - _last_mail < MAIL_PAUSE:
        return
    _last_mail = time.monotonic()
    ring(current_app.extensions["forum_config"])


mail_queued.connect(_ring_for_mail)


class Listener:
    """A worker's ear; holds the connection. To be closed."""

    def __init__(self, config: Config) -> None:
        self._storage: Any = make_queue(config).storage

    def wait(self, seconds: float, *, stop: threading.Event) -> bool:
        """True as soon as the bell rings; False after ``seconds``, or once ``stop`` is set."""
        end = time.monotonic() + seconds
        while not stop.is_set() and (left := end - time.monotonic()) > 0:
            try:
                if self._storage.dequeue() is not None:
                    return True
            except Exception as error:
                log.warning("the queue does not answer; looking at the runs instead: %s", error)
                stop.wait(left)
                return False
            if not self._storage.blocking:
                stop.wait(min(PAUSE, left))
        return False

    def close(self) -> None:
        _close(self._storage)


def make_queue(config: Config) -> Any:
    """Huey on the configured storage. Raises ConfigError for an address that it does not know."""
    import huey  # noqa: PLC0415 -- web processes that never ring need not load it

    url = config.queue_url
    if url is None:
        return huey.SqliteHuey(NAME, filename=str(config.instance / "queue.sqlite"), results=False)
    if url.startswith(("redis://", "rediss://", "unix://")):
        return huey.RedisHuey(NAME, url=url, results=False, read_timeout=1)
    if url.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        dsn = url.replace("+psycopg", "", 1)
        return huey.PostgresHuey(NAME, dsn=dsn, results=False, read_timeout=1)
    raise ConfigError("QUEUE_URL: must start with redis:// or postgresql:// (leave it out for SQLite)")


@contextmanager
def _open(config: Config) -> Iterator[Any]:
    storage = make_queue(config).storage
    try:
        yield storage
    finally:
        _close(storage)


def _close(storage: Any) -> None:
    pool = getattr(storage, "pool", None)
    if pool is not None:
        pool.disconnect()
    storage.close()
