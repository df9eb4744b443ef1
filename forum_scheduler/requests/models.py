"""Tables of requests, the meetings that come of them, and when delegates can't meet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import Base, UtcDateTime
from forum_scheduler.forums.models import new_uid


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Priority(StrEnum):
    """How much a company wants the meeting."""

    MUST = "must"
    HIGH = "high"
    NORMAL = "normal"


class DeclineReason(StrEnum):
    """Ready words for a no, shown in each reader's own language."""

    FULL = "full"
    FIELD = "field"
    LATER = "later"
    OTHER_WAY = "other-way"


class MeetingState(StrEnum):
    """A cancelled meeting stays in the books, so that published agendas can tell of it."""

    AGREED = "agreed"
    CANCELLED = "cancelled"


class Request(Base):
    """One company asks another for a meeting. One row a pair and forum, whoever asks (``low``/``high``)."""

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("forum_id", "low_id", "high_id"),
        CheckConstraint("low_id < high_id", name="order"),
        CheckConstraint(
            "(asker_id = low_id AND asked_id = high_id) OR (asker_id = high_id AND asked_id = low_id)",
            name="pair",
        ),
        CheckConstraint("length_slots BETWEEN 1 AND 12", name="length"),
        ForeignKeyConstraint(
            ["forum_id", "asker_id"], ["company.forum_id", "company.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["forum_id", "asked_id"], ["company.forum_id", "company.id"], ondelete="CASCADE"
        ),
        Index("ix_request_asker_state", "asker_id", "state"),
        Index("ix_request_asked_state", "asked_id", "state"),
        Index("ix_request_state_expires_at", "state", "expires_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    asker_id: Mapped[int]
    asked_id: Mapped[int]
    low_id: Mapped[int]
    high_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=RequestState.PENDING)
    priority: Mapped[str] = mapped_column(String(10), default=Priority.NORMAL)
    rank: Mapped[int] = mapped_column(default=0)  # the asker's own order, 0 = not ranked
    answer_priority: Mapped[str | None] = mapped_column(String(10))  # the asked company's wish
    mutual: Mapped[bool] = mapped_column(default=False)  # both asked
    message: Mapped[str] = mapped_column(Text, default="")
    answer_message: Mapped[str] = mapped_column(Text, default="", server_default="")  # of who asked second
    length_slots: Mapped[int] = mapped_column(default=1)
    # Overrides what the delegates' languages say: a pair of languages, or empty for no interpreter.
    interpret: Mapped[list[str] | None] = mapped_column(JSON)
    decline_code: Mapped[str] = mapped_column(
        String(20), default=""
    )  # DeclineReason, in the reader's language
    decline_reason: Mapped[str] = mapped_column(String(500), default="")  # own words
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # that it expires soon
    revision: Mapped[int] = mapped_column(default=1)  # raised by every change: no silent overwriting
    asker: Mapped[Company] = relationship(
        primaryjoin="foreign(Request.asker_id) == Company.id", viewonly=True, lazy="raise"
    )
    asked: Mapped[Company] = relationship(
        primaryjoin="foreign(Request.asked_id) == Company.id", viewonly=True, lazy="raise"
    )
    wished: Mapped[list[RequestDelegate]] = relationship(lazy="raise", cascade="all, delete-orphan")


class RequestDelegate(Base):
    """A delegate wished for at a requested meeting (of either company)."""

    __tablename__ = "request_delegate"
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id", ondelete="CASCADE"), primary_key=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    delegate: Mapped[Delegate] = relationship(viewonly=True, lazy="raise")


class Meeting(Base):
    """An accepted request, or a meeting that the organiser set (``request_id`` empty)."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("weight BETWEEN 1 AND 1000000", name="weight"),
        CheckConstraint("length_slots BETWEEN 1 AND 12", name="length"),
        Index("ix_meeting_forum_state", "forum_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("request.id", ondelete="SET NULL"), unique=True)
    state: Mapped[str] = mapped_column(String(20), default=MeetingState.AGREED)
    weight: Mapped[int] = mapped_column(default=1)
    length_slots: Mapped[int] = mapped_column(default=1)
    must: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str] = mapped_column(String(200), default="")
    features: Mapped[list[str]] = mapped_column(JSON, default=list)
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zone.id", ondelete="SET NULL"))
    interpret: Mapped[list[str] | None] = mapped_column(JSON)  # pair of languages, or none needed
    locked_slot_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id", ondelete="SET NULL"))
    locked_table_id: Mapped[int | None] = mapped_column(ForeignKey("table.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    parties: Mapped[list[Party]] = relationship(
        back_populates="meeting", order_by="Party.position", lazy="raise", cascade="all, delete-orphan"
    )
    request: Mapped[Request | None] = relationship(lazy="raise")


class Party(Base):
    """One company's part in a meeting. ``need``: all of the delegates come, or any one of them.

    Without rows in ``party_delegate`` the candidates are all delegates of the company.
    """

    __tablename__ = "party"
    __table_args__ = (UniqueConstraint("meeting_id", "company_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    need: Mapped[str] = mapped_column(String(10), default="one")  # "one" or "all"
    meeting: Mapped[Meeting] = relationship(back_populates="parties", lazy="raise")
    company: Mapped[Company] = relationship(lazy="raise")
    delegates: Mapped[list[PartyDelegate]] = relationship(lazy="raise", cascade="all, delete-orphan")


class PartyDelegate(Base):
    """A delegate who is a candidate for (need one), or must come to (need all), a meeting."""

    __tablename__ = "party_delegate"
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id", ondelete="CASCADE"), primary_key=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MeetingStart(Base):
    """A slot that a meeting may start in; a meeting without rows may start in any."""

    __tablename__ = "meeting_start"
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True)


class Precedence(Base):
    """If both take place, ``before`` ends before ``after`` starts."""

    __tablename__ = "precedence"
    __table_args__ = (CheckConstraint("before_id <> after_id", name="different"),)
    before_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True)
    after_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Unavailability(Base):
    """A slot in which a delegate can't meet: what the solver and everybody else reads.

    ``by_hand``: blocked by somebody, not only because of a session or of arrival and departure, which are
    worked out from ``attendance`` and ``stay`` (times.refresh). ``reason`` is the delegate's own note.
    """

    __tablename__ = "unavailability"
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[int] = mapped_column(
        ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reason: Mapped[str] = mapped_column(String(120), default="")
    by_hand: Mapped[bool] = mapped_column(default=True, server_default=true())


class Stay(Base):
    """From when until when a delegate is there; empty: from the start, to the end."""

    __tablename__ = "stay"
    __table_args__ = (
        CheckConstraint("arrives_at IS NULL OR leaves_at IS NULL OR arrives_at < leaves_at", name="order"),
    )
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    arrives_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leaves_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attendance(Base):
    """An entry of the forum's programme that a delegate attends."""

    __tablename__ = "attendance"
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("programme_entry.id", ondelete="CASCADE"), primary_key=True, index=True
    )
