"""Forms of the room accounts."""

from __future__ import annotations

from typing import Any

from flask import session
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security.forms import Form
from flask_security.webauthn import (
    WebAuthnDeleteForm,
    WebAuthnRegisterForm,
    WebAuthnSigninResponseForm,
)
from flask_wtf import FlaskForm
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from forum_scheduler.accounts.passkeys import ASKED

PASSKEY_NAME = 64  # characters


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


class PasskeyForm(WebAuthnRegisterForm):
    """The name of a new passkey. It signs in by itself, not as a second factor beside a password.

    Too long a name is refused here already: the library's own sentence for that can't be filled in.
    """

    name = StringField(
        _l("Name of the passkey"),
        validators=[InputRequired(_l("Give the passkey a name.")), Length(max=PASSKEY_NAME)],
    )

    def validate(self, **rest: Any) -> bool:
        self.usage.data = "first"
        return bool(super().validate(**rest))


class PasskeyRemovalForm(WebAuthnDeleteForm):
    """Which passkey to remove, by its name as it is stored.

    The library looks at the name as if it were a new one, and would keep those that it takes no more.
    """

    name = StringField(validators=[InputRequired(), Length(max=4 * PASSKEY_NAME)])

    def validate(self, **rest: Any) -> bool:
        if any(each.name == self.name.data for each in current_user.webauthn):
            self.clean_name = self.name.data
            return bool(Form.validate(self, **rest))
        return bool(super().validate(**rest))


class PasskeyAnswerForm(WebAuthnSigninResponseForm):
    """What the device answered to this browser, once.

    The library notes that an account is closed, and lets it pass: we do not.
    """

    def validate(self, **rest: Any) -> bool:
        if session.pop(ASKED, None) != self.challenge:
            self.credential.errors = [_l("Sign in was begun again in another window: start once more.")]
            return False
        return bool(super().validate(**rest)) and self.user is not None and bool(self.user.is_active)
