"""Runs, schedules and what is published."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.companies.models import (
    Delegate,
)
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import (
    Forum,
    Interpreter,
    Slot,
    Table,
)
from forum_scheduler.publishing.models import FeedToken, Publication
from forum_scheduler.requests.models import (
    Meeting,
)
from forum_scheduler.scheduling.models import (
    DelegateSlot,
    InterpreterSlot,
    Placement,
    PlacementDelegate,
    Run,
    RunState,
    Schedule,
    TableSlot,
    Unplaced,
)
from tests.factories.storing import store, store_all


def make_run(forum: Forum, *, state: RunState = RunState.QUEUED, **fields: Any) -> Run:
    values: dict[str, Any] = {"seconds": 2, "workers": 1, **fields}
    return store(Run(forum_id=forum.id, state=state, **values))


def make_schedule(
    forum: Forum,
    *places: tuple[Meeting, Slot, Table, Sequence[Delegate]],
    unplaced: Mapping[Meeting, str] | None = None,
    interpreters: Mapping[Meeting, Interpreter] | None = None,
    **fields: Any,
) -> Schedule:
    """The forum's next schedule with these placements (meetings of one slot), written as rows.

    It holds no Problem: where that matters, let the solver make one. ``unplaced``: meeting -> reason.
    """
    last = db.session.scalar(
        select(Schedule.number).where(Schedule.forum_id == forum.id).order_by(Schedule.number.desc())
    )
    schedule = store(
        Schedule(
            **{
                "forum_id": forum.id,
                "number": (last or 0) + 1,
                "status": "feasible",
                "solver_version": "test",
                "problem": b"",
                "problem_digest": "",
                "goals": [],
                "placed_count": len(places),
                "unplaced_count": len(unplaced or {}),
                **fields,
            }
        )
    )
    helpers = interpreters or {}
    for meeting, slot, table, people in places:
        _place(schedule, meeting, slot, table, people, interpreter=helpers.get(meeting))
    store_all(
        Unplaced(schedule_id=schedule.id, meeting_id=meeting.id, reason=reason)
        for meeting, reason in (unplaced or {}).items()
    )
    return schedule


def _place(
    schedule: Schedule,
    meeting: Meeting,
    slot: Slot,
    table: Table,
    people: Sequence[Delegate],
    *,
    interpreter: Interpreter | None,
) -> None:
    placement = Placement(
        schedule_id=schedule.id,
        meeting_id=meeting.id,
        slot_id=slot.id,
        table_id=table.id,
        interpreter_id=interpreter.id if interpreter else None,
        delegates=[PlacementDelegate(delegate_id=delegate.id) for delegate in people],
    )
    store(placement)
    where = {"schedule_id": schedule.id, "slot_id": slot.id, "placement_id": placement.id}
    rows: list[Base] = [TableSlot(table_id=table.id, **where)]
    rows += [DelegateSlot(delegate_id=delegate.id, **where) for delegate in people]
    if interpreter is not None:
        rows.append(InterpreterSlot(interpreter_id=interpreter.id, **where))
    store_all(rows)


def make_publication(schedule: Schedule, *, by: User | None = None, **fields: Any) -> Publication:
    """Publishes a schedule as the forum's next version, without telling anybody."""
    last = db.session.scalar(
        select(Publication.version)
        .where(Publication.forum_id == schedule.forum_id)
        .order_by(Publication.version.desc())
    )
    return store(
        Publication(
            forum_id=schedule.forum_id,
            version=(last or 0) + 1,
            schedule_id=schedule.id,
            published_by_id=by.id if by else None,
            **fields,
        )
    )


def make_feed_token(delegate: Delegate, **fields: Any) -> FeedToken:
    return store(FeedToken(token=uuid.uuid4().hex, delegate_id=delegate.id, **fields))
