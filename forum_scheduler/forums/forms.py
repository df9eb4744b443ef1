"""The forms of making a forum."""

from __future__ import annotations

from datetime import time

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    IntegerField,
    SelectField,
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

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.description import MOST_CHARACTERS
from forum_scheduler.forums.guided import Answers, check_interpreters, check_tables


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
    tables = TextAreaField(_l("Tables"), default=lambda: _("1-20 in Hall A"), validators=[DataRequired()])
    sides = TextAreaField(_l("Sides"), default=lambda: _("EU\nUkraine"), validators=[DataRequired()])
    within = BooleanField(_l("Companies of one side may ask each other too"))
    interpreters = TextAreaField(_l("Interpreters"))

    # Checked here too, so that all that is wrong is said at once and not one mistake a try.
    def validate_tables(self, field: TextAreaField) -> None:
        try:
            check_tables(field.data)
        except Invalid as error:
            raise ValidationError(str(error)) from error

    def validate_interpreters(self, field: TextAreaField) -> None:
        try:
            check_interpreters(field.data or "")
        except Invalid as error:
            raise ValidationError(str(error)) from error

    def validate_afternoon_start(self, field: TimeField) -> None:
        """Both ends of the afternoon, after the morning: half of it would be dropped without a word."""
        if field.data and self.morning_end.data and field.data < self.morning_end.data:
            raise ValidationError(_("The morning lasts longer: begin after it."))
        if field.data and not self.afternoon_end.data:
            raise ValidationError(_("Say until when, or leave both empty."))

    def validate_afternoon_end(self, field: TimeField) -> None:
        if field.data and not self.afternoon_start.data:
            raise ValidationError(_("Say from when, or leave both empty."))

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


class LikeForm(FlaskForm):
    """Which earlier forum the next one is like, and what is new about it. Asked by GET: nothing is stored."""

    class Meta:
        csrf = False

    like = SelectField(_l("Like an earlier forum"), validators=[InputRequired()])
    name = StringField(_l("Name of the new forum"), validators=[InputRequired(), Length(max=200)])
    first_day = DateField(_l("First day"), validators=[InputRequired(_l("Which day?"))])


class FileForm(FlaskForm):
    """A forum's description as text."""

    text = TextAreaField(
        _l("The forum's file (YAML)"), validators=[DataRequired(), Length(max=MOST_CHARACTERS)]
    )
    organiser = EmailField(_l("Organiser's e-mail"), validators=[Length(max=254)])
