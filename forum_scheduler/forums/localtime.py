"""Local times as people write them, and moments: nothing is guessed where the clocks change."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?\s*([+-]\d{2}:\d{2})?")


class LocalTimeError(ValueError):
    """A date or time can't be used; the message says why and what to write."""


def parse_day(text: str) -> date:
    """``2027-05-12``. Raises LocalTimeError."""
    match = _DAY.fullmatch(text.strip())
    try:
        if match is not None:
            return date(*(int(part) for part in match.groups()))
    except ValueError:
        pass
    raise LocalTimeError(_("%(text)s is no date: write it as 2027-05-12", text=repr(text)))


def parse_clock(day: date, text: str, zone: ZoneInfo) -> datetime:
    """The moment (UTC) of the wall clock's ``09:20`` on ``day`` in ``zone``.

    Where the clocks go back, an hour comes twice: then the offset is needed too, ``02:30+01:00``. Raises
    LocalTimeError for such a time without it, for one that the clocks skip, and for what is no time.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise LocalTimeError(_("%(text)s is no time: write it as 09:20", text=repr(text)))
    local = datetime.combine(day, time(int(match[1]), int(match[2])))
    return _with_offset(local, match[3], zone) if match[3] else _unambiguous(local, zone)


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """The moment (UTC) of ``2027-05-12 09:20`` in ``zone``. Raises LocalTimeError."""
    day, _separator, clock = text.strip().replace("T", " ", 1).partition(" ")
    if not clock.strip():
        raise LocalTimeError(
            _("%(text)s is no date with a time: write it as 2027-05-12 09:20", text=repr(text))
        )
    return parse_clock(parse_day(day), clock, zone)


def write_clock(moment: datetime, zone: ZoneInfo) -> str:
    """``09:20``, with the offset where the hour comes twice: what parse_clock reads back."""
    local = moment.astimezone(zone)
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        return _clock_with_offset(local)
    return f"{local:%H:%M}"


def write_moment(moment: datetime, zone: ZoneInfo) -> str:
    """``2027-05-12 09:20``: what parse_moment reads back."""
    return f"{moment.astimezone(zone):%Y-%m-%d} {write_clock(moment, zone)}"


def _unambiguous(local: datetime, zone: ZoneInfo) -> datetime:
    first, second = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    said = {"clock": f"{local:%H:%M}", "day": f"{local:%Y-%m-%d}", "zone": zone.key}
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise LocalTimeError(
            _("%(clock)s does not exist on %(day)s in %(zone)s: the clocks go forward over it", **said)
        )
    raise LocalTimeError(
        _(
            "%(clock)s comes twice on %(day)s in %(zone)s, as the clocks go back: write %(a)s or %(b)s",
            **said,
            a=_clock_with_offset(first),
            b=_clock_with_offset(second),
        )
    )


def _clock_with_offset(local: datetime) -> str:
    offset = local.strftime("%z")
    return f"{local:%H:%M}{offset[:3]}:{offset[3:5]}"


def _with_offset(local: datetime, offset: str, zone: ZoneInfo) -> datetime:
    hours, minutes = int(offset[:3]), int(offset[0] + offset[4:])
    moment = local.replace(tzinfo=timezone(timedelta(hours=hours, minutes=minutes))).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise LocalTimeError(
            _("%(offset)s is not the offset of %(zone)s at that time", offset=offset, zone=zone.key)
        )
    return moment
