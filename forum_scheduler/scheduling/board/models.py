"""Tables of the board: drafts that are adjusted by hand, and every step of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime


class Board(Base):
    """A schedule that may be adjusted. ``revision`` counts its edits, so that nobody overwrites unseen."""

    __tablename__ = "board"
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))


class BoardEdit(Base):
    """One step. Taking a step back is a step of its own (``undoes``: the revision that it takes back)."""

    __tablename__ = "board_edit"
    __table_args__ = (UniqueConstraint("schedule_id", "revision"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("board.schedule_id", ondelete="CASCADE"))
    revision: Mapped[int]  # of the board after this step
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(20))
    # [{"meeting": "m5", "before": place or None, "after": place or None}, ...]; see steps.py
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    undoes: Mapped[int | None]
    undone: Mapped[bool] = mapped_column(default=False)
