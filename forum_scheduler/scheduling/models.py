"""Tables of runs, schedules and placements. The database itself refuses double bookings and late changes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime
from forum_scheduler.forums.models import new_uid


class RunState(StrEnum):
    """Where a run stands. The row is the truth; the queue only wakes a worker."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"  # a verified schedule was stored
    FAILED = "failed"  # ``message`` says why
    CANCELLED = "cancelled"  # before anything was found


class RunKind(StrEnum):
    """What a run is for. Only a ``SCHEDULE`` makes one; the others answer a question, see WhatIf."""

    SCHEDULE = "schedule"
    REMEDIES = "remedies"  # what would place one meeting
    TRY = "try"  # one of the remedies, with all other meetings placed anew
    WORTH = "worth"  # what one more table, slot, delegate, interpreter is worth


class Run(Base):
    """One solve. Claimed by a lease (``owner``, ``lease_until``); ``checkpoint`` is the best so far."""

    __tablename__ = "run"
    __table_args__ = (
        Index("ix_run_state_run_at", "state", "run_at"),
        Index("ix_run_forum", "forum_id", "id"),
        CheckConstraint("seconds > 0", name="seconds"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(20), default=RunState.QUEUED)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    repeat_daily: Mapped[bool] = mapped_column(default=False)  # when it ends, the next night's is queued
    seconds: Mapped[int] = mapped_column(default=60)  # limit of solving
    workers: Mapped[int] = mapped_column(default=2)
    seed: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(12), default=RunKind.SCHEDULE)
    goals: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # None: in the forum's order
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(default=0)
    cancel_wished: Mapped[bool] = mapped_column(default=False)  # stop and keep the best
    problem: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # gzip of the codec's JSON
    problem_digest: Mapped[str | None] = mapped_column(String(64))
    checkpoint: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    checkpoint_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds_used: Mapped[float] = mapped_column(default=0.0)  # by earlier attempts
    status: Mapped[str | None] = mapped_column(String(20))  # solver.schedule.Status
    message: Mapped[str] = mapped_column(Text, default="")


class WhatIf(Base):
    """What a run is asked about a schedule, and its answer. Nothing of it touches the forum's rows."""

    __tablename__ = "what_if"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"), index=True)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id", ondelete="CASCADE"), index=True)
    change: Mapped[str] = mapped_column(String(20), default="")  # solver.explain.remedies.Change
    subject: Mapped[str] = mapped_column(String(80), default="")  # a solver id, or a pair of languages
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id", ondelete="SET NULL"))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class RunEvent(Base):
    """A line of a run's progress: stage, goal, value, bound, placed meetings, or a message of the log."""

    __tablename__ = "run_event"
    __table_args__ = (Index("ix_run_event_run", "run_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seconds: Mapped[float]  # since the run began, over all attempts
    stage: Mapped[str] = mapped_column(String(20))
    goal: Mapped[str | None] = mapped_column(String(20))
    value: Mapped[int | None]
    bound: Mapped[int | None]
    placed: Mapped[int | None]
    message: Mapped[str] = mapped_column(String(500), default="")


class Schedule(Base):
    """A verified result, numbered within its forum. Whether it is published: see ``publication``."""

    __tablename__ = "schedule"
    __table_args__ = (UniqueConstraint("forum_id", "number"), UniqueConstraint("id", "forum_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    number: Mapped[int]
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"), unique=True)
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("schedule.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    status: Mapped[str] = mapped_column(String(20))
    solver_version: Mapped[str] = mapped_column(String(20))
    problem: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # gzip of the codec's JSON
    problem_digest: Mapped[str] = mapped_column(String(64))
    goals: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # [{"name", "value", "bound"}, ...]
    seed: Mapped[int] = mapped_column(default=0)
    placed_count: Mapped[int]
    unplaced_count: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="")
    placements: Mapped[list[Placement]] = relationship(lazy="raise", cascade="all, delete-orphan")
    unplaced: Mapped[list[Unplaced]] = relationship(lazy="raise", cascade="all, delete-orphan")


class Placement(Base):
    """A meeting's start, table and interpreter in one schedule."""

    __tablename__ = "placement"
    __table_args__ = (
        UniqueConstraint("schedule_id", "meeting_id"),
        UniqueConstraint("id", "schedule_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id", ondelete="RESTRICT"), index=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="RESTRICT"))
    table_id: Mapped[int] = mapped_column(ForeignKey("table.id", ondelete="RESTRICT"))
    interpreter_id: Mapped[int | None] = mapped_column(ForeignKey("interpreter.id", ondelete="RESTRICT"))
    delegates: Mapped[list[PlacementDelegate]] = relationship(lazy="raise", cascade="all, delete-orphan")


class PlacementDelegate(Base):
    """Who comes to a placed meeting."""

    __tablename__ = "placement_delegate"
    placement_id: Mapped[int] = mapped_column(
        ForeignKey("placement.id", ondelete="CASCADE"), primary_key=True
    )
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="RESTRICT"), primary_key=True, index=True
    )


# One row for each slot that a placement occupies: the primary keys refuse double bookings.


class DelegateSlot(Base):
    """A delegate is in a meeting in this slot of this schedule; only one."""

    __tablename__ = "delegate_slot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["placement_id", "schedule_id"], ["placement.id", "placement.schedule_id"], ondelete="CASCADE"
        ),
    )
    schedule_id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="RESTRICT"), primary_key=True)
    delegate_id: Mapped[int] = mapped_column(
        ForeignKey("delegate.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
    placement_id: Mapped[int] = mapped_column(index=True)


class TableSlot(Base):
    """A table is taken in this slot of this schedule; only once."""

    __tablename__ = "table_slot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["placement_id", "schedule_id"], ["placement.id", "placement.schedule_id"], ondelete="CASCADE"
        ),
    )
    schedule_id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="RESTRICT"), primary_key=True)
    table_id: Mapped[int] = mapped_column(
        ForeignKey("table.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
    placement_id: Mapped[int] = mapped_column(index=True)


class InterpreterSlot(Base):
    """An interpreter is at work in this slot of this schedule; only once."""

    __tablename__ = "interpreter_slot"
    __table_args__ = (
        ForeignKeyConstraint(
            ["placement_id", "schedule_id"], ["placement.id", "placement.schedule_id"], ondelete="CASCADE"
        ),
    )
    schedule_id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="RESTRICT"), primary_key=True)
    interpreter_id: Mapped[int] = mapped_column(
        ForeignKey("interpreter.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
    placement_id: Mapped[int] = mapped_column(index=True)


class Unplaced(Base):
    """A meeting that a schedule has no place for, and why. ``subjects``: solver ids that the reason names."""

    __tablename__ = "unplaced"
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True)
    meeting_id: Mapped[int] = mapped_column(
        ForeignKey("meeting.id", ondelete="RESTRICT"), primary_key=True, index=True
    )
    reason: Mapped[str] = mapped_column(String(40))  # solver.schedule.Reason
    subjects: Mapped[list[str]] = mapped_column(JSON, default=list)
