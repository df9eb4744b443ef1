"""The drafts that are adjusted by hand, to be found again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from forum_scheduler.accounts.models import User
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.board.models import Board, BoardEdit
from forum_scheduler.scheduling.models import Schedule

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft of the board: ``steps`` taken on it, the last ``at``; ``source``: number of its original."""

    schedule_id: int
    number: int
    source: int | None
    by: str
    steps: int
    at: datetime
    placed: int
    unplaced: int


def drafts_of(forum: Forum) -> tuple[Draft, ...]:
    """The newest first, those that were published included: they can be read, not adjusted."""
    source = aliased(Schedule)
    last = select(func.max(BoardEdit.at)).where(BoardEdit.schedule_id == Schedule.id).scalar_subquery()
    query = (
        select(Schedule, Board.revision, source.number, User.name, User.email)
        .add_columns(func.coalesce(last, Schedule.created_at))
        .join(Board, Board.schedule_id == Schedule.id)
        .outerjoin(source, source.id == Schedule.based_on_id)
        .outerjoin(User, User.id == Board.made_by_id)
        .where(Schedule.forum_id == forum.id)
        .order_by(Schedule.number.desc())
        .limit(MOST_SHOWN)
    )
    return tuple(
        Draft(
            schedule_id=schedule.id,
            number=schedule.number,
            source=number,
            by=name or email or "",
            steps=revision,
            at=at,
            placed=schedule.placed_count,
            unplaced=schedule.unplaced_count,
        )
        for schedule, revision, number, name, email, at in db.session.execute(query)
    )
