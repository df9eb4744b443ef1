"""Forms of the room scheduling."""

from __future__ import annotations

from datetime import time

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, TimeField
from wtforms.validators import InputRequired, NumberRange

MAX_MINUTES = 24 * 60
MINUTES = (
    InputRequired(_l("How many minutes?")),
    NumberRange(1, MAX_MINUTES, _l("Between 1 and 1440 minutes.")),
)


class NowForm(FlaskForm):
    """Solve now."""

    minutes = IntegerField(_l("At most so many minutes"), default=1, validators=MINUTES)


class TonightForm(FlaskForm):
    """Solve at an hour of the forum's clocks, once or every night."""

    at = TimeField(_l("Start at"), default=time(2, 0), validators=[InputRequired(_l("At what time?"))])
    minutes = IntegerField(_l("At most so many minutes"), default=60, validators=MINUTES)
    repeat = BooleanField(_l("Every night at that time"))
