"""Private calendar addresses: one secret per person, made, renewed and revoked by them."""

from __future__ import annotations

import secrets

from flask_babel import gettext as _
from sqlalchemy import select, update

from forum_scheduler.accounts import audit
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db, transaction
from forum_scheduler.publishing.models import FeedToken

TOKEN_BYTES = 32  # 43 characters that nobody guesses


def current_feed(delegate_id: int) -> FeedToken | None:
    """The feed that a person uses; None before the first, and after it was revoked."""
    return db.session.scalar(
        select(FeedToken)
        .where(FeedToken.delegate_id == delegate_id, FeedToken.revoked_at.is_(None))
        .order_by(FeedToken.id.desc())
        .limit(1)
    )


def find_feed(token: str) -> FeedToken | None:
    """The feed of an address, revoked ones too."""
    return db.session.scalar(select(FeedToken).where(FeedToken.token == token))


def create_feed(*, delegate_id: int) -> FeedToken:
    """Give a person a feed, or the one that they have. Raises NotFound."""
    with transaction() as session:
        forum_id = _forum_of(delegate_id)
        known = current_feed(delegate_id)
        if known is not None:
            return known
        feed = FeedToken(token=secrets.token_urlsafe(TOKEN_BYTES), delegate_id=delegate_id, created_at=now())
        session.add(feed)
        audit.record("agenda_feed.created", forum_id=forum_id, subject=f"delegate:{delegate_id}")
    return feed


def revoke_feed(*, delegate_id: int) -> None:
    """From now on the person's address answers 410; calendars stop asking. Raises NotFound."""
    with transaction() as session:
        forum_id = _forum_of(delegate_id)
        session.execute(
            update(FeedToken)
            .where(FeedToken.delegate_id == delegate_id, FeedToken.revoked_at.is_(None))
            .values(revoked_at=now())
        )
        audit.record("agenda_feed.revoked", forum_id=forum_id, subject=f"delegate:{delegate_id}")


def renew_feed(*, delegate_id: int) -> FeedToken:
    """A new address in place of one that got into wrong hands. Raises NotFound."""
    with transaction():
        revoke_feed(delegate_id=delegate_id)
        return create_feed(delegate_id=delegate_id)


def _forum_of(delegate_id: int) -> int:
    """Locks the person's row, so that two clicks at once make one feed."""
    forum_id = db.session.scalar(
        select(Delegate.forum_id).where(Delegate.id == delegate_id).with_for_update()
    )
    if forum_id is None:
        raise NotFound(_("There is no such delegate."))
    return forum_id
