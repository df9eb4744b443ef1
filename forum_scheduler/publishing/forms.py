"""Forms of the room publishing."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import Length


class PublishForm(FlaskForm):
    """Publish a schedule. ``seen`` is the version that was the newest when the page was shown."""

    seen = HiddenField()
    preliminary = BooleanField(_l("Preliminary: the notices say that times may still change"))
    note = TextAreaField(
        _l("A note to all who are told"),
        validators=[Length(max=500, message=_l("At most 500 characters."))],
    )
