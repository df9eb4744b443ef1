"""Tables of the ways into calendars, of invitations, and of what is printed."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime


class MadeFile(Base):
    """A piece of a rendered file (from 0 on; most have one).

    ``digest`` is of what the file was made from: the Agenda record, language and paper.
    """

    __tablename__ = "made_file"
    __table_args__ = (UniqueConstraint("forum_id", "kind", "digest", "piece"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    piece: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Way(StrEnum):
    """How meetings come into somebody's calendar. One only: with two, each meeting stands there twice."""

    FEED = "feed"  # the calendar looks at a private address
    MAIL = "mail"  # an invitation by mail for each meeting
    NONE = "none"  # neither; files are downloaded by hand


class CalendarChoice(Base):
    """The way that a person chose. ``secret``: in the address that stops mails without signing in."""

    __tablename__ = "calendar_choice"
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    way: Mapped[str] = mapped_column(String(12), default=Way.NONE)
    programme: Mapped[bool] = mapped_column(default=False, server_default=false())  # sessions attended, too
    secret: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: secrets.token_urlsafe(32))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class InvitationStatus(StrEnum):
    """What the last mail asked the calendar to do."""

    REQUESTED = "requested"
    CANCELLED = "cancelled"


class Answer(StrEnum):
    """What the invited person's calendar answered."""

    NONE = "none"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


class Invitation(Base):
    """What mails told one person's calendar of one meeting.

    ``sequence`` is that of the last mail: it rises with every mail, also where a person leaves this way and
    comes back. ``told_sequence`` is that of the calendar event which the mail told of.
    """

    __tablename__ = "invitation"
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    sequence: Mapped[int]
    told_sequence: Mapped[int]
    status: Mapped[str] = mapped_column(String(12))
    answer: Mapped[str] = mapped_column(String(12), default=Answer.NONE)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the reply's own DTSTAMP
    comment: Mapped[str] = mapped_column(String(500), default="")


class PrintState(StrEnum):
    """Where a print job stands."""

    QUEUED = "queued"
    RUNNING = "running"  # until ``lease_until`` at most; then another worker goes on
    DONE = "done"
    FAILED = "failed"


class PrintJob(Base):
    """Files of a version to be made by the worker; the row is what the page shows of the progress."""

    __tablename__ = "print_job"
    __table_args__ = (UniqueConstraint("publication_id", "locale", "paper"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(8))
    paper: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default=PrintState.QUEUED, index=True)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
