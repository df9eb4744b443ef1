"""Calendars that were written a moment ago, feeds and files: thousands ask, nearly always for the same."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app

MOST = 1000  # calendars of one process, about 10 kB each
SECONDS = 300.0  # so that a corrected name or offer shows although no version was published


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A calendar's bytes, when they changed last, and their ETag."""

    content: bytes
    changed: datetime
    etag: str
    name: str = ""  # whose it is


def written(content: bytes, changed: datetime, *, name: str = "") -> Written:
    etag = hashlib.sha256(content).hexdigest()
    return Written(content=content, changed=changed, etag=etag, name=name)


@dataclass(slots=True)
class FeedCache:
    """By whose it is and the version: a new version is found under another key at once."""

    _kept: OrderedDict[Hashable, tuple[float, Written]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, make: Callable[[], Written]) -> Written:
        """What is kept under ``key``, or else what ``make`` returns."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and time.monotonic() < kept[0]:
                self._kept.move_to_end(key)
                return kept[1]
        made = make()
        with self._lock:
            self._kept[key] = (time.monotonic() + SECONDS, made)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return made


def cache() -> FeedCache:
    """That of the app in this process."""
    kept: FeedCache = current_app.extensions.setdefault("feed_cache", FeedCache())
    return kept
