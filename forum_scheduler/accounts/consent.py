"""What people agree to when they join, kept word for word with its version."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from forum_scheduler.accounts.models import Consent
from forum_scheduler.clock import now
from forum_scheduler.extensions import db, transaction

VERSION = "2026-11"  # changed with every change of the text
TEXT = _l(
    "I agree that the organiser keeps what I enter here, shows the company and the names of its delegates to "
    "companies that take part, and writes to me about this forum. I can take this back under “My data”."
)


def give(*, user_id: int, forum_id: int | None) -> None:
    """Note that somebody agreed to TEXT in the language that they read; inside ``transaction()``."""
    db.session.add(
        Consent(
            user_id=user_id,
            forum_id=forum_id,
            version=VERSION,
            locale=str(get_locale() or "en"),
            text=str(TEXT),
        )
    )


def consents_of(user_id: int) -> Sequence[Consent]:
    """All that somebody ever agreed to, the newest first."""
    return db.session.scalars(
        select(Consent).where(Consent.user_id == user_id).order_by(Consent.given_at.desc(), Consent.id.desc())
    ).all()


def withdraw(consent_id: int, *, user_id: int) -> None:
    """Take one's own consent back; the record of it stays. The second click changes nothing."""
    with transaction() as session:
        session.execute(
            update(Consent)
            .where(Consent.id == consent_id, Consent.user_id == user_id, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=now())
        )
