"""The forms of a forum's settings, and of making one."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    EmailField,
    IntegerField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)

from forum_scheduler.forums.description import MOST_CHARACTERS
from forum_scheduler.forums.fields import FORMATS, moment_of
from forum_scheduler.forums.guided import Answers
from forum_scheduler.forums.localtime import LocalTimeError
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.services import ForumSettings


def _limit(label: object, least: int = 1) -> IntegerField:
    return IntegerField(label, validators=[Optional(), NumberRange(least, 1000)])


class SettingsForm(FlaskForm):
    """Moments are typed in the forum's zone. An empty number: no limit."""

    name = StringField(_l("Name of the forum"), validators=[DataRequired(), Length(max=200)])
    venue = StringField(_l("Venue"), validators=[Length(max=200)])
    contact_email = StringField(_l("Contact e-mail"), validators=[Length(max=254)])
    description_en = TextAreaField(_l("Description in English"), validators=[Length(max=2000)])
    description_uk = TextAreaField(_l("Description in Ukrainian"), validators=[Length(max=2000)])
    open_registration = BooleanField(_l("Companies may register themselves"))
    requests_open_at = DateTimeLocalField(_l("Requests open from"), format=FORMATS, validators=[Optional()])
    requests_close_at = DateTimeLocalField(_l("Requests close"), format=FORMATS, validators=[Optional()])
    request_days = _limit(_l("Days to answer a request"))
    max_requests = _limit(_l("Requests of one company"))
    max_must_requests = _limit(_l("... of them “must”"), 0)
    max_high_requests = _limit(_l("... of them “high”"), 0)
    max_meetings = _limit(_l("Meetings of one company"))
    max_per_day = _limit(_l("Meetings of a delegate a day"))
    max_in_row = _limit(_l("Meetings of a delegate without a free slot between"))
    max_breaks = _limit(_l("Breaks of a delegate in a block"), 0)
    coverage_floor = IntegerField(
        _l("Meetings that every company should reach first"), validators=[NumberRange(1, 100)]
    )

    def __init__(self, forum: Forum) -> None:
        self._zone = forum.zone
        super().__init__(
            obj=forum,
            description_en=forum.description.get("en", ""),
            description_uk=forum.description.get("uk", ""),
        )
        if not self.is_submitted():
            for field in (self.requests_open_at, self.requests_close_at):
                field.data = None if field.data is None else field.data.astimezone(self._zone)

    def validate_requests_open_at(self, field: DateTimeLocalField) -> None:
        _check_moment(field, self._zone)

    def validate_requests_close_at(self, field: DateTimeLocalField) -> None:
        _check_moment(field, self._zone)

    def settings(self, forum: Forum) -> ForumSettings:
        """What was typed; of the description, languages that the page does not show stay."""
        texts = {"en": self.description_en.data or "", "uk": self.description_uk.data or ""}
        described = {**forum.description, **{locale: text.strip() for locale, text in texts.items()}}
        return ForumSettings(
            name=self.name.data,
            venue=(self.venue.data or "").strip(),
            contact_email=(self.contact_email.data or "").strip(),
            description={locale: text for locale, text in described.items() if text},
            requests_open_at=moment_of(self.requests_open_at.data, self._zone),
            requests_close_at=moment_of(self.requests_close_at.data, self._zone),
            open_registration=self.open_registration.data,
            request_days=self.request_days.data,
            max_requests=self.max_requests.data,
            max_must_requests=self.max_must_requests.data,
            max_high_requests=self.max_high_requests.data,
            max_meetings=self.max_meetings.data,
            max_per_day=self.max_per_day.data,
            max_in_row=self.max_in_row.data,
            max_breaks=self.max_breaks.data,
            coverage_floor=self.coverage_floor.data,
        )


def _check_moment(field: DateTimeLocalField, zone: ZoneInfo) -> None:
    """A time that the clocks skip has no moment; of one that comes twice the first is meant."""
    try:
        moment_of(field.data, zone)
    except LocalTimeError as error:
        raise ValidationError(str(error)) from error


NUMBER_FIELDS = (
    "max_requests",
    "max_must_requests",
    "max_high_requests",
    "request_days",
)
LIMIT_FIELDS = ("max_meetings", "max_per_day", "max_in_row", "max_breaks", "coverage_floor")
EMPTY_MEANS = _l("Empty: no limit.")


class NewForumForm(FlaskForm):
    """Ten minutes to a forum that takes requests."""

    name = StringField(_l("Name of the forum"), validators=[DataRequired(), Length(max=200)])
    venue = StringField(_l("Venue"), validators=[Length(max=200)])
    contact_email = EmailField(_l("Contact e-mail"), validators=[Length(max=254)])
    organiser = EmailField(_l("Organiser's e-mail"), validators=[Length(max=254)])
    timezone = StringField(_l("Time zone"), default="Europe/Brussels", validators=[DataRequired()])
    first_day = DateField(_l("First day"), validators=[InputRequired(_l("Which day?"))])
    days = IntegerField(_l("Days"), default=1, validators=[InputRequired(), NumberRange(1, 30)])
    morning_start = TimeField(_l("Meetings from"), default=time(9, 0), validators=[InputRequired()])
    morning_end = TimeField(_l("until"), default=time(12, 30), validators=[InputRequired()])
    afternoon_start = TimeField(_l("and again from"), default=time(14, 0), validators=[Optional()])
    afternoon_end = TimeField(_l("until the evening at"), default=time(17, 30), validators=[Optional()])
    slot_minutes = IntegerField(
        _l("Minutes of a meeting"), default=20, validators=[InputRequired(), NumberRange(1, 480)]
    )
    pause_minutes = IntegerField(
        _l("Minutes between two meetings"), default=5, validators=[InputRequired(), NumberRange(0, 240)]
    )
    tables = TextAreaField(_l("Tables"), default="1-20 in Hall A", validators=[DataRequired()])
    sides = TextAreaField(_l("Sides"), default="EU\nUkraine", validators=[DataRequired()])
    within = BooleanField(_l("Companies of one side may ask each other too"))
    interpreters = TextAreaField(_l("Interpreters"))

    def answers(self) -> Answers:
        stretches = [(self.morning_start.data, self.morning_end.data)]
        if self.afternoon_start.data and self.afternoon_end.data:
            stretches.append((self.afternoon_start.data, self.afternoon_end.data))
        return Answers(
            name=self.name.data,
            timezone=self.timezone.data,
            venue=self.venue.data or "",
            contact_email=self.contact_email.data or "",
            first_day=self.first_day.data,
            days=self.days.data,
            stretches=tuple(stretches),
            slot_minutes=self.slot_minutes.data,
            pause_minutes=self.pause_minutes.data,
            tables=self.tables.data,
            sides=self.sides.data,
            within=bool(self.within.data),
            interpreters=self.interpreters.data or "",
        )


class FileForm(FlaskForm):
    """A forum's description as text."""

    text = TextAreaField(
        _l("The forum's file (YAML)"), validators=[DataRequired(), Length(max=MOST_CHARACTERS)]
    )
    organiser = EmailField(_l("Organiser's e-mail"), validators=[Length(max=254)])
