"""Tables of notices, and of who wants which of them by mail."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime
from forum_scheduler.forums.models import Forum


class NoticeKind(StrEnum):
    """What a notice is about; each can be had by mail or not."""

    RECEIVED = "request-received"
    ANSWERED = "request-answered"
    REMINDER = "reminder"
    CLOSING = "window-closing"
    PUBLISHED = "agenda-published"
    CHANGED = "agenda-changed"
    FOUND = "search-found"
    COMPANY = "company"  # whether it takes part, and who acts for it: always by mail


class MailWay(StrEnum):
    """How a kind of notices comes by mail. On the page they all are."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    NEVER = "never"


class Notice(Base):
    """One thing that one person is told. ``key`` names the occasion: the same is told once.

    ``waiting``: for the next digest; a digest takes it away in the transaction that writes the mail.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_user_read_at", "user_id", "read_at"),
        Index("ix_notice_waiting_forum_id", "waiting", "forum_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(String(500))  # of the page where one can act on it
    waiting: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forum: Mapped[Forum] = relationship(lazy="raise")


class MailChoice(Base):
    """What an address wants by mail: also that of a delegate who has no account.

    ``ways``: kind -> MailWay, for the kinds that differ from the default. ``secret``: in the address that
    stops a kind without signing in.
    """

    __tablename__ = "mail_choice"
    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: secrets.token_urlsafe(32))
    ways: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
