"""The next forum like an earlier one: the same frame under another name, all of its dates moved."""

from __future__ import annotations

import re
from datetime import date, timedelta

from flask_babel import gettext as _
from msgspec.structs import replace

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.description import ForumDescription, WindowDescription
from forum_scheduler.forums.localtime import parse_day

# What tells an hour that comes twice from itself; on another day it would be wrong.
_OFFSET = re.compile(r"\s*[+-]\d{2}:\d{2}$")


def next_forum(earlier: ForumDescription, *, name: str, first_day: date) -> ForumDescription:
    """``earlier`` under a new name (and an address made of that), its first day on ``first_day``.

    Days, closures of tables, programme and request window keep their distances. When interpreters were away
    does not come along: that was theirs, and of that year. Raises Invalid where a date would leave the
    calendar.
    """
    by = first_day - parse_day(earlier.days[0].date)
    try:
        return replace(
            earlier,
            name=name,
            slug=None,
            days=tuple(
                replace(
                    day,
                    date=_day(day.date, by),
                    blocks=tuple(
                        replace(block, start=_clock(block.start), end=_clock(block.end))
                        for block in day.blocks
                    ),
                )
                for day in earlier.days
            ),
            closures=tuple(
                replace(each, start=_moment(each.start, by), end=_moment(each.end, by))
                for each in earlier.closures
            ),
            interpreters=tuple(replace(each, absent=()) for each in earlier.interpreters),
            requests=_window(earlier.requests, by),
            programme=tuple(
                replace(each, start=_moment(each.start, by), end=_moment(each.end, by))
                for each in earlier.programme
            ),
        )
    except OverflowError as error:
        raise Invalid(_("Choose a day nearer to the present."), field="first_day") from error


def _window(window: WindowDescription, by: timedelta) -> WindowDescription:
    return replace(
        window,
        opens=None if window.opens is None else _moment(window.opens, by),
        closes=None if window.closes is None else _moment(window.closes, by),
    )


def _day(text: str, by: timedelta) -> str:
    return str(parse_day(text) + by)


def _clock(text: str) -> str:
    return _OFFSET.sub("", text)


def _moment(text: str, by: timedelta) -> str:
    day, _separator, clock = text.partition(" ")
    return f"{_day(day, by)} {_clock(clock)}"
