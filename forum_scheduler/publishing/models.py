"""Tables of published versions and of what calendars were told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime
from forum_scheduler.scheduling.models import Schedule


class EventStatus(StrEnum):
    """What a calendar should show."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Publication(Base):
    """Version n of a forum's agendas. Publishing an earlier schedule again makes a new version."""

    __tablename__ = "publication"
    __table_args__ = (
        UniqueConstraint("forum_id", "version"),
        ForeignKeyConstraint(["schedule_id", "forum_id"], ["schedule.id", "schedule.forum_id"]),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    version: Mapped[int]
    schedule_id: Mapped[int] = mapped_column(index=True)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    preliminary: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(500), default="")
    schedule: Mapped[Schedule] = relationship(
        primaryjoin="foreign(Publication.schedule_id) == Schedule.id", viewonly=True, lazy="raise"
    )


class CalendarEvent(Base):
    """What calendars know of one meeting of one delegate: SEQUENCE rises with each published change."""

    __tablename__ = "calendar_event"
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    status: Mapped[str] = mapped_column(String(12), default=EventStatus.CONFIRMED)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    table_id: Mapped[int | None] = mapped_column(ForeignKey("table.id", ondelete="SET NULL"))
    digest: Mapped[str] = mapped_column(String(64))  # of what the person sees; a change raises sequence
    changed_in_id: Mapped[int] = mapped_column(ForeignKey("publication.id", ondelete="CASCADE"), index=True)


class FeedToken(Base):
    """The secret in a calendar address; revoked rows stay, so that an old address answers 410.

    Of one person, company (for its assistants), interpreter or table. ``locale``: its language, where the
    owner has none.
    """

    __tablename__ = "feed_token"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN delegate_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN company_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN interpreter_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN table_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_owner",
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    delegate_id: Mapped[int | None] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), index=True)
    interpreter_id: Mapped[int | None] = mapped_column(
        ForeignKey("interpreter.id", ondelete="CASCADE"), index=True
    )
    table_id: Mapped[int | None] = mapped_column(ForeignKey("table.id", ondelete="CASCADE"), index=True)
    locale: Mapped[str] = mapped_column(String(8), default="en")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
