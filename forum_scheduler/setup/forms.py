"""Forms of the settings, and rows of fields as they are typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    EmailField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.fields import moment_of
from forum_scheduler.forums.localtime import LocalTimeError
from forum_scheduler.forums.models import Forum
from forum_scheduler.setup.general import About, Limits, Window

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]  # what browsers send, and what people type without help
_PLACE = re.compile(r"(?P<group>[a-z]+)\[(?P<row>\d+)\](?:\.blocks\[0\])?(?:\.(?P<name>\w+))?")
_CODE = re.compile(r"[a-z]{2,3}")


def _limit(label: object, least: int = 1) -> IntegerField:
    return IntegerField(label, validators=[Optional(), NumberRange(least, 1000)])


class AboutForm(FlaskForm):
    """What the forum is."""

    name = StringField(_l("Name of the forum"), validators=[DataRequired(), Length(max=200)])
    venue = StringField(_l("Venue"), validators=[Length(max=200)])
    contact_email = EmailField(_l("Contact e-mail"), validators=[Length(max=254)])
    languages = StringField(_l("Languages of the meetings"), validators=[DataRequired(), Length(max=100)])
    description_en = TextAreaField(_l("Description in English"), validators=[Length(max=2000)])
    description_uk = TextAreaField(_l("Description in Ukrainian"), validators=[Length(max=2000)])

    def __init__(self, forum: Forum) -> None:
        super().__init__(
            obj=forum,
            data={
                "languages": ", ".join(forum.languages),
                "description_en": forum.description.get("en", ""),
                "description_uk": forum.description.get("uk", ""),
            },
        )
        if not self.is_submitted():
            self.languages.data = ", ".join(forum.languages)

    def validate_languages(self, field: StringField) -> None:
        if any(not _CODE.fullmatch(code) for code in _codes(field.data)):
            raise ValidationError(_("Codes of languages with commas between, such as en, uk."))

    def wanted(self, forum: Forum) -> About:
        """What was typed; of the description, languages that the page does not show stay."""
        texts = {"en": self.description_en.data or "", "uk": self.description_uk.data or ""}
        described = {**forum.description, **{locale: text.strip() for locale, text in texts.items()}}
        return About(
            name=self.name.data,
            venue=(self.venue.data or "").strip(),
            contact_email=(self.contact_email.data or "").strip(),
            languages=_codes(self.languages.data),
            description={locale: text for locale, text in described.items() if text},
        )


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip().lower() for part in (text or "").split(",") if part.strip()))


class WindowForm(FlaskForm):
    """Moments are typed in the forum's zone. An empty number: no limit."""

    open_registration = BooleanField(_l("Companies may register themselves"))
    requests_open_at = DateTimeLocalField(_l("Requests open from"), format=FORMATS, validators=[Optional()])
    requests_close_at = DateTimeLocalField(_l("Requests close"), format=FORMATS, validators=[Optional()])
    max_requests = _limit(_l("Requests of one company"))
    max_must_requests = _limit(_l("... of them “must”"), 0)
    max_high_requests = _limit(_l("... of them “high”"), 0)
    request_days = _limit(_l("Days to answer a request"))

    def __init__(self, forum: Forum) -> None:
        self._zone = forum.zone
        super().__init__(obj=forum)
        if not self.is_submitted():
            for moment in (self.requests_open_at, self.requests_close_at):
                moment.data = None if moment.data is None else moment.data.astimezone(self._zone)

    def validate_requests_open_at(self, field: DateTimeLocalField) -> None:
        _check_moment(field, self._zone)

    def validate_requests_close_at(self, field: DateTimeLocalField) -> None:
        _check_moment(field, self._zone)

    def wanted(self) -> Window:
        return Window(
            requests_open_at=moment_of(self.requests_open_at.data, self._zone),
            requests_close_at=moment_of(self.requests_close_at.data, self._zone),
            open_registration=self.open_registration.data,
            request_days=self.request_days.data,
            max_requests=self.max_requests.data,
            max_must_requests=self.max_must_requests.data,
            max_high_requests=self.max_high_requests.data,
        )


class LimitsForm(FlaskForm):
    """What schedules keep to. The goals are rows of their own, see scheduling."""

    max_meetings = _limit(_l("Meetings of one company"))
    max_per_day = _limit(_l("Meetings of a delegate a day"))
    max_in_row = _limit(_l("Meetings of a delegate without a free slot between"))
    max_breaks = _limit(_l("Breaks of a delegate in a block"), 0)
    must_all = BooleanField(_l("A schedule without every meeting that must take place is no schedule"))
    coverage_floor = IntegerField(
        _l("Meetings that every company should reach first"), validators=[NumberRange(1, 100)]
    )

    def wanted(self, goals: Sequence[str]) -> Limits:
        return Limits(
            max_meetings=self.max_meetings.data,
            max_per_day=self.max_per_day.data,
            max_in_row=self.max_in_row.data,
            max_breaks=self.max_breaks.data,
            must_all=self.must_all.data,
            coverage_floor=self.coverage_floor.data,
            goals=tuple(goals),
        )


def _check_moment(field: DateTimeLocalField, zone: ZoneInfo) -> None:
    """A time that the clocks skip has no moment; of one that comes twice the first is meant."""
    try:
        moment_of(field.data, zone)
    except LocalTimeError as error:
        raise ValidationError(str(error)) from error


NUMBER_FIELDS = ("max_requests", "max_must_requests", "max_high_requests", "request_days")
LIMIT_FIELDS = ("max_meetings", "max_per_day", "max_in_row", "max_breaks", "coverage_floor")


class TableForm(FlaskForm):
    """One table; closed slots are boxes beside it."""

    label = StringField(_l("Label"), validators=[DataRequired(), Length(max=40)])
    zone_id = SelectField(_l("Zone"), coerce=int)
    seats = IntegerField(_l("Seats"), validators=[NumberRange(2, 100)])
    features = StringField(_l("Features"), validators=[Length(max=300)])
    host_id = SelectField(_l("Booth of"), coerce=int)


class RosterForm(FlaskForm):
    """One interpreter; slots in which they are absent are boxes beside it."""

    name = StringField(_l("Name"), validators=[DataRequired(), Length(max=200)])
    email = EmailField(_l("E-mail"), validators=[Length(max=254)])
    pairs = StringField(_l("Pairs of languages"), validators=[DataRequired(), Length(max=300)])
    max_in_row = _limit(_l("Meetings without a rest"))
    max_per_day = _limit(_l("Meetings a day"))


class WordsForm(FlaskForm):
    """Own words; nothing: the standard ones."""

    subject = StringField(_l("Subject"))
    text = TextAreaField(_l("Your words"))


class StaffForm(FlaskForm):
    """Somebody with a role; a co-organiser is one of a side."""

    email = EmailField(_l("E-mail"), validators=[DataRequired(), Length(max=254)])
    name = StringField(_l("Name"), validators=[Length(max=200)])
    role = RadioField(lazy_pgettext("of staff", "Role"), validators=[InputRequired(_l("Which role?"))])
    side_id = SelectField(_l("Delegation"), coerce=int, default=0)


# Rows of fields


@dataclass(slots=True)
class Rows:
    """A table of fields: a dict of texts for each row, errors by row and field ("" for the row)."""

    names: tuple[str, ...]
    rows: list[dict[str, str]] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)
    errors: dict[tuple[int, str], str] = field(default_factory=dict)
    group: str = "rows"

    @classmethod
    def typed(cls, form: MultiDict[str, str], names: Sequence[str], *, group: str = "rows") -> Rows:
        """Fields are called ``GROUP-NAME``; boxes to remove a row ``GROUP-remove`` have its number."""
        columns = [form.getlist(f"{group}-{name}") for name in names]
        length = min((len(column) for column in columns), default=0)
        rows = [
            {name: column[index].strip() for name, column in zip(names, columns, strict=True)}
            for index in range(length)
        ]
        removed = {int(text) for text in form.getlist(f"{group}-remove") if text.isdecimal()}
        return cls(names=tuple(names), rows=rows, removed=removed, group=group)

    def kept(self, *, blank: Iterable[str] = ("id",)) -> list[tuple[int, dict[str, str]]]:
        """(number, row) of those that stay; fields of ``blank`` alone do not make a row."""
        ignored = set(blank)
        return [
            (index, row)
            for index, row in enumerate(self.rows)
            if index not in self.removed and any(text for name, text in row.items() if name not in ignored)
        ]

    def blame(self, error: Invalid, kept: Sequence[tuple[int, Mapping[str, str]]]) -> bool:
        """Put the error at its field, where its place names a row of this group."""
        match = _PLACE.match(error.field or "")
        if match is None or match["group"] not in (self.group, "days"):
            return False
        place = int(match["row"])
        index = kept[place][0] if place < len(kept) else 0
        name = match["name"] or ""
        message = str(error).removeprefix(f"{error.field}: ")
        self.errors[index, name if name in self.names else ""] = message
        return True

    def number(self, row: Mapping[str, str], name: str, index: int) -> int | None:
        """A whole number, None for nothing; raises Invalid with the place."""
        text = row[name]
        if not text:
            return None
        if not text.isdecimal() or len(text) > 6:
            raise Invalid(_("A whole number, please."), field=f"{self.group}[{index}].{name}")
        return int(text)


def features_of(text: str) -> tuple[str, ...]:
    """``"screen, closed room"`` -> ``("screen", "closed-room")``."""
    parts = (re.sub(r"\s+", "-", part.strip().lower()) for part in text.split(","))
    return tuple(dict.fromkeys(part[:40] for part in parts if part))
