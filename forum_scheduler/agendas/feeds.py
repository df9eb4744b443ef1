"""Private calendar addresses: one secret per person, company, interpreter or table; made, renewed, revoked.

Whose is named by a keyword: ``delegate_id=7``, ``company_id=``, ``interpreter_id=``, ``table_id=``.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select, update

from forum_scheduler.accounts import audit
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Interpreter, Table
from forum_scheduler.publishing.models import FeedToken

TOKEN_BYTES = 32  # 43 characters that nobody guesses
OWNERS: dict[str, Any] = {
    "delegate_id": Delegate,
    "company_id": Company,
    "interpreter_id": Interpreter,
    "table_id": Table,
}


def current_feed(**owner: int) -> FeedToken | None:
    """The feed that somebody uses; None before the first, and after it was revoked."""
    return db.session.scalar(
        select(FeedToken)
        .where(_is_of(owner), FeedToken.revoked_at.is_(None))
        .order_by(FeedToken.id.desc())
        .limit(1)
    )


def find_feed(token: str) -> FeedToken | None:
    """The feed of an address, revoked ones too."""
    return db.session.scalar(select(FeedToken).where(FeedToken.token == token))


def owner_of(feed: FeedToken) -> dict[str, int]:
    """Whose feed it is, as the keyword that the other functions take."""
    return {name: id_ for name in OWNERS if (id_ := getattr(feed, name)) is not None}


def forum_id_of(feed: FeedToken) -> int:
    ((name, id_),) = owner_of(feed).items()
    found: int = db.session.scalars(select(OWNERS[name].forum_id).where(OWNERS[name].id == id_)).one()
    return found


def create_feed(*, locale: str = "en", **owner: int) -> FeedToken:
    """Give somebody a feed, or the one that they have. ``locale``: where its owner has none of their own.

    Raises NotFound.
    """
    with transaction() as session:
        forum_id = _lock(owner)
        known = current_feed(**owner)
        if known is not None:
            return known
        token = secrets.token_urlsafe(TOKEN_BYTES)
        feed = FeedToken(token=token, locale=locale, created_at=now(), **owner)
        session.add(feed)
        audit.record("agenda_feed.created", forum_id=forum_id, subject=_subject(owner))
    return feed


def revoke_feed(**owner: int) -> None:
    """From now on the address answers 410; calendars stop asking. Raises NotFound."""
    with transaction() as session:
        forum_id = _lock(owner)
        session.execute(
            update(FeedToken).where(_is_of(owner), FeedToken.revoked_at.is_(None)).values(revoked_at=now())
        )
        audit.record("agenda_feed.revoked", forum_id=forum_id, subject=_subject(owner))


def restore_feed(**owner: int) -> FeedToken | None:
    """Take back the last revocation: calendars that know the address go on; one in use since stays as it is.

    None where there never was one. Raises NotFound.
    """
    with transaction() as session:
        forum_id = _lock(owner)
        feed = current_feed(**owner)
        if feed is None:
            newest_first = FeedToken.revoked_at.desc(), FeedToken.id.desc()
            feed = session.scalar(select(FeedToken).where(_is_of(owner)).order_by(*newest_first).limit(1))
            if feed is not None:
                feed.revoked_at = None
                audit.record("agenda_feed.restored", forum_id=forum_id, subject=_subject(owner))
    return feed


def renew_feed(*, locale: str = "en", **owner: int) -> FeedToken:
    """A new address in place of one that got into wrong hands. Raises NotFound."""
    with transaction():
        revoke_feed(**owner)
        return create_feed(locale=locale, **owner)


def _is_of(owner: dict[str, int]) -> ColumnElement[bool]:
    ((name, id_),) = owner.items()
    column: ColumnElement[int] = getattr(FeedToken, name)
    return column == id_


def _subject(owner: dict[str, int]) -> str:
    ((name, id_),) = owner.items()
    return f"{name.removesuffix('_id')}:{id_}"


def _lock(owner: dict[str, int]) -> int:
    """Locks the owner's row, so that two clicks at once make one feed. Returns the forum's id."""
    ((name, id_),) = owner.items()
    model = OWNERS[name]
    forum_id: int | None = db.session.scalar(select(model.forum_id).where(model.id == id_).with_for_update())
    if forum_id is None:
        raise NotFound(_("There is no such agenda."))
    return forum_id
