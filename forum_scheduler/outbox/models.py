"""The table of mails."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"  # to be sent at ``next_try_at``; a worker that takes it moves that into the future
    SENDING = "sending"  # its text is on the wire, until ``lease_until`` at most
    SENT = "sent"
    FAILED = "failed"  # given up: refused for good, too many tries, or nobody knows whether it went out
    BOUNCED = "bounced"  # went out, and came back: ``error`` says what the other server said


class Mail(Base):
    """The outbox. ``key`` names the occasion ("agenda:7:delegate:12"): the same occasion is mailed once."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_state_next_try_at", "state", "next_try_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    reference: Mapped[str] = mapped_column(String(32), default="", index=True)  # in its Message-ID
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    to_email: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    calendar: Mapped[bytes | None] = mapped_column(LargeBinary)  # one iTIP part
    calendar_method: Mapped[str | None] = mapped_column(String(12))
    unsubscribe_url: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[str] = mapped_column(String(12), default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(String(500), default="")
