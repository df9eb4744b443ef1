"""Passkeys: what we ask of them, and that people hear of a new or removed one.

The library (Flask-Security with py_webauthn) makes the challenges and checks the answers. A passkey here is
always one that the device finds by itself and opens by finger, face or PIN: it names who signs in and counts
as both factors. Nobody types an address first, so that nothing tells which addresses are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, session
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_security import WebauthnUtil
from flask_security.signals import wan_deleted, wan_registered
from sqlalchemy import select
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.models import User, WebAuthn
from forum_scheduler.accounts.owner_mails import tell_owner
from forum_scheduler.extensions import absolute_url, db

ASKED = "passkey_asked"  # in the session: what an answer has to be to, once, and from the same browser


class PasskeyUtil(WebauthnUtil):
    """The library's wishes, made ours: any device that has the key itself and knows its owner."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        challenge = str(super().generate_challenge(nbytes))
        session[ASKED] = challenge
        return challenge

    def authenticator_selection(self, user: object, usage: str) -> AuthenticatorSelectionCriteria:
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )

    def user_verification(self, user: object, usage: list[str]) -> UserVerificationRequirement:
        return UserVerificationRequirement.REQUIRED


def init_app(app: Flask) -> None:
    wan_registered.connect(_registered, app)
    wan_deleted.connect(_deleted, app)


def passkeys_of(user_id: int) -> Sequence[WebAuthn]:
    """The oldest first."""
    return db.session.scalars(
        select(WebAuthn).where(WebAuthn.user_id == user_id).order_by(WebAuthn.create_datetime, WebAuthn.id)
    ).all()


def _registered(_app: Flask, *, user: User, name: str, **_rest: Any) -> None:
    """Inside the library's transaction, as the deed itself."""
    audit.record("account.passkey-added", forum_id=None, subject=f"user:{user.id}")
    with force_locale(user.locale):
        _mail(
            user,
            subject=_("A passkey was added to your account"),
            text=_("The passkey “%(name)s” can sign in as you from now on.", name=name),
        )


def _deleted(_app: Flask, *, user: User, name: str, **_rest: Any) -> None:
    audit.record("account.passkey-removed", forum_id=None, subject=f"user:{user.id}")
    with force_locale(user.locale):
        _mail(
            user,
            subject=_("A passkey was removed from your account"),
            text=_("The passkey “%(name)s” can no longer sign in as you.", name=name),
        )


def _mail(user: User, *, subject: str, text: str) -> None:
    tell_owner(
        user,
        subject=subject,
        text=text,
        if_not_you=_(
            "Was it not you? Remove passkeys that you do not know, and sign out in all browsers: %(url)s",
            url=absolute_url("accounts.profile"),
        ),
    )
