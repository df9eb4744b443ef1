"""Whether requests can be sent now."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from forum_scheduler.forums.models import Forum


class Window(StrEnum):
    """The request window, seen from a moment."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"


def window_at(forum: Forum, moment: datetime) -> Window:
    """Where ``moment`` (timezone-aware) falls; a forum without times has not opened yet."""
    if forum.requests_open_at is None or moment < forum.requests_open_at:
        return Window.BEFORE
    if forum.requests_close_at is not None and moment >= forum.requests_close_at:
        return Window.CLOSED
    return Window.OPEN
