"""Forms of the room accounts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import InputRequired, Length


class SignInForm(FlaskForm):
    """Where to send the link."""

    email = EmailField(
        _l("E-mail address"),
        validators=[InputRequired(_l("Write your e-mail address.")), Length(max=254)],
    )


class ProfileForm(FlaskForm):
    """What a user says of themself."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Write your name.")), Length(max=200)])
    locale = SelectField(_l("Language of pages and mails"), validators=[InputRequired()])
