"""Mails to the owner of an account about what was changed in the ways to sign in."""

from __future__ import annotations

import secrets

from flask_babel import gettext as _

from forum_scheduler.accounts.models import User
from forum_scheduler.outbox.services import enqueue


def tell_owner(user: User, *, subject: str, text: str, if_not_you: str) -> None:
    """In the transaction of the deed; the texts are in the owner's language already."""
    enqueue(
        key=f"account:{secrets.token_hex(16)}",
        kind="account",
        to_email=user.email,
        to_name=user.name,
        subject=subject,
        text="\n\n".join((_("Hello %(name)s,", name=user.name or user.email), text, if_not_you)),
    )
