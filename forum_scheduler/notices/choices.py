"""Which kinds of notices somebody gets by mail: at once, in a digest a day, or not."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from forum_scheduler.extensions import absolute_url, db, transaction
from forum_scheduler.notices.models import MailChoice, MailWay, NoticeKind

# Agendas, and what can't wait, come at once; requests come many a day.
DEFAULTS: Mapping[NoticeKind, MailWay] = {
    NoticeKind.RECEIVED: MailWay.DAILY,
    NoticeKind.ANSWERED: MailWay.DAILY,
    NoticeKind.REMINDER: MailWay.AT_ONCE,
    NoticeKind.CLOSING: MailWay.AT_ONCE,
    NoticeKind.PUBLISHED: MailWay.AT_ONCE,
    NoticeKind.CHANGED: MailWay.AT_ONCE,
    NoticeKind.FOUND: MailWay.DAILY,
}


def ways_of(email: str) -> dict[NoticeKind, MailWay]:
    """Every kind that can be chosen, with its way."""
    choice = db.session.get(MailChoice, email)
    return {kind: _way(choice, kind) for kind in DEFAULTS}


def choose(*, email: str, ways: Mapping[NoticeKind, MailWay]) -> None:
    """Store how these kinds come; others stay as they are."""
    with transaction() as session:
        choice = row_of(session, email)
        stored = {**choice.ways, **{kind.value: way.value for kind, way in ways.items() if kind in DEFAULTS}}
        choice.ways = {kind: way for kind, way in stored.items() if DEFAULTS.get(NoticeKind(kind)) != way}


def stop(secret: str, kind: NoticeKind) -> bool:
    """No more mails of this kind to whom the secret belongs; False for an unknown one."""
    with transaction() as session:
        choice = session.scalar(select(MailChoice).where(MailChoice.secret == secret))
        if choice is None:
            return False
        choice.ways = {**choice.ways, kind.value: MailWay.NEVER.value}
        return True


def known_secret(secret: str) -> bool:
    """Whether it is somebody's."""
    return db.session.scalar(select(MailChoice.email).where(MailChoice.secret == secret)) is not None


def way_and_stop_url(session: Session, *, email: str, kind: NoticeKind) -> tuple[MailWay, str]:
    """How the kind comes to this address, and where it is stopped; inside ``transaction()``."""
    if kind not in DEFAULTS:
        return MailWay.AT_ONCE, ""
    choice = row_of(session, email)
    return _way(choice, kind), absolute_url("notices.stop", secret=choice.secret, kind=kind.value)


def row_of(session: Session, email: str) -> MailChoice:
    """The row of an address, made where there is none; inside ``transaction()``."""
    choice = session.get(MailChoice, email)
    if choice is None:
        # Two who tell the same person for the first time at once must not fail.
        session.execute(_insert_once(session, email))
        choice = session.get_one(MailChoice, email)
    return choice


def _way(choice: MailChoice | None, kind: NoticeKind) -> MailWay:
    said = choice.ways.get(kind.value) if choice is not None else None
    return MailWay(said) if said is not None else DEFAULTS[kind]


def _insert_once(session: Session, email: str) -> Insert:
    values = {"email": email, "secret": secrets.token_urlsafe(32), "ways": {}}
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(MailChoice).values(values).on_conflict_do_nothing(index_elements=["email"])
    return sqlite.insert(MailChoice).values(values).on_conflict_do_nothing(index_elements=["email"])
