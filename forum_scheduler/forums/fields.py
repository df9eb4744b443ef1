"""A form's field for a moment, typed as the wall clock of the forum shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import g
from wtforms import DateTimeLocalField
from wtforms.validators import ValidationError

from forum_scheduler.forums.localtime import LocalTimeError, parse_moment

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]  # what browsers send, and what people type without help


class MomentField(DateTimeLocalField):  # type: ignore[misc]  # WTForms ships no types
    """``data`` is the wall clock in the forum of the page; ``moment`` the moment (UTC), or None."""

    def __init__(self, label: object, validators: Sequence[object] = (), **options: Any) -> None:
        super().__init__(label, validators, format=FORMATS, **options)

    def process_data(self, value: datetime | None) -> None:
        """Moments of the database are shown in the forum's zone."""
        self.data = None if value is None else value.astimezone(_zone()).replace(tzinfo=None)

    def pre_validate(self, form: object) -> None:
        """A time that the clocks skip has no moment."""
        try:
            moment_of(self.data, _zone())
        except LocalTimeError as error:
            raise ValidationError(str(error)) from error

    @property
    def moment(self) -> datetime | None:
        """Only after the form was found valid."""
        return moment_of(self.data, _zone())


def _zone() -> ZoneInfo:
    return cast(ZoneInfo, g.forum.zone)


def moment_of(local: datetime | None, zone: ZoneInfo) -> datetime | None:
    """The moment of a wall clock; of a time that comes twice the first. Raises LocalTimeError."""
    if local is None:
        return None
    first, second = local.replace(tzinfo=zone), local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset() and first.astimezone(UTC) < second.astimezone(UTC):
        return first.astimezone(UTC)
    return parse_moment(f"{local:%Y-%m-%d %H:%M}", zone)
