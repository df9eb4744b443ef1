"""Feeds that were written a moment ago: thousands of calendars ask often, and nearly always for the same."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

MOST = 1000  # feeds of one process, about 10 kB each
SECONDS = 300.0  # so that a corrected name or offer shows although no version was published


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A feed's bytes, when they changed last, and their ETag."""

    content: bytes
    changed: datetime
    etag: str


def written(content: bytes, changed: datetime) -> Written:
    return Written(content=content, changed=changed, etag=hashlib.sha256(content).hexdigest())


@dataclass(slots=True)
class FeedCache:
    """By feed and version: a new version is found under another key at once."""

    _kept: OrderedDict[tuple[int, int], tuple[float, Written]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, feed_id: int, publication_id: int, make: Callable[[], Written]) -> Written:
        """What is kept, or else what ``make`` returns."""
        key = (feed_id, publication_id)
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
