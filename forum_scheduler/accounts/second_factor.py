"""The authenticator app: what its pages need besides what the library gives, and that people hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, session
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.signals import tf_disabled, tf_profile_changed

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.owner_mails import tell_owner
from forum_scheduler.extensions import absolute_url

METHOD = "authenticator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A key that was shown and is not confirmed yet. ``address`` opens the app of the same phone with it."""

    key: str
    picture: str
    address: str
    token: str


def init_app(app: Flask) -> None:
    tf_profile_changed.connect(_turned_on, app)
    tf_disabled.connect(_turned_off, app)


def unfinished() -> dict[str, Offered | None]:
    """For the page of the set-up: the key of this session, so that a mistyped code does not cost it.

    The library makes a new key each time and forgets it with the first wrong code, though the app has it.
    """
    secret = session.get("tf_totp_secret")
    if not secret or session.get("tf_state") != "validating_profile":
        return {"offered": None}
    library: Any = current_app.extensions["security"]
    values = library.totp_factory.fetch_setup_values(secret, current_user)
    token = library.tf_setup_serializer.dumps({"totp_secret": secret, "method": METHOD, "phone": None})
    return {
        "offered": Offered(
            key=values["b32key"], picture=values["image"], address=values["uri"], token=str(token)
        )
    }


def codes_left() -> dict[str, int]:
    """For the page of the recovery codes: how many are left."""
    return {"left": len(current_user.mf_recovery_codes or ())}


def _turned_on(_app: Flask, *, user: User, **_rest: Any) -> None:
    audit.record("account.app-added", forum_id=None, subject=f"user:{user.id}")
    with force_locale(user.locale):
        _tell(
            user,
            subject=_("An authenticator app was set up for your account"),
            text=_("From now on its code is asked for after the link or the password."),
        )


def _turned_off(_app: Flask, *, user: User, **_rest: Any) -> None:
    audit.record("account.app-removed", forum_id=None, subject=f"user:{user.id}")
    with force_locale(user.locale):
        _tell(
            user,
            subject=_("The authenticator app of your account was turned off"),
            text=_("Link or password alone sign you in from now on."),
        )


def _tell(user: User, *, subject: str, text: str) -> None:
    url = absolute_url("accounts.profile")
    tell_owner(
        user,
        subject=subject,
        text=text,
        if_not_you=_(
            "Was it not you? Sign out in all browsers, and look at how one signs in: %(url)s", url=url
        ),
    )
