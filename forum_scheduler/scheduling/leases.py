"""A run in a worker's hands: claimed by one conditional UPDATE, kept by a heartbeat, ended, never lost.

Whoever holds a lease writes under the condition that it still does; who lost it learns so by
:class:`LeaseLost` and stores nothing. A run whose worker is gone is queued again for another, which goes on
from its checkpoint, until ``MAX_ATTEMPTS`` have died with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext
from sqlalchemy import ColumnElement, case, exists, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from forum_scheduler.accounts.audit import record
from forum_scheduler.clock import now
from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.models import Run, RunEvent, RunKind, RunState
from forum_scheduler.scheduling.run_log import Happening, note
from forum_scheduler.scheduling.runs import changed_one, check_limits, exists_in, lock_forum, next_time
from solver.progress import Progress
from solver.schedule import Status

LEASE = timedelta(seconds=30)
START_LEASE = timedelta(seconds=60)  # for loading the app and the problem, before the first beat
MAX_ATTEMPTS = 5


class Trouble(StrEnum):
    """What ``Run.message`` starts with when something is to be told; a detail may follow after ": "."""

    NOT_READY = "not-ready"  # the detail says what is missing
    INFEASIBLE = "infeasible"
    OUT_OF_TIME = "out-of-time"
    REFUSED = "refused"  # the independent check found a broken rule: never stored
    CHANGED = "changed"  # rows that the result names were deleted meanwhile
    BROKE_OFF = "broke-off"  # the solver raised an error
    GAVE_UP = "gave-up"  # every attempt lost its worker
    RESUMED = "resumed"  # finished from the best found before the worker was lost


class Lane(StrEnum):
    """A forum's runs wait for each other in a lane; the lanes go side by side. In order of who goes first."""

    ANSWER = "1-answer"  # what would place a meeting: somebody sits and waits for a second or two
    WORTH = "2-worth"  # what one more of each is worth: minutes, or an hour
    SCHEDULE = "3-schedule"  # makes a schedule


QUESTIONS = frozenset({Lane.ANSWER, Lane.WORTH})


def lane_of(kind: str) -> Lane:
    """Where runs of this kind wait."""
    return {RunKind.SCHEDULE.value: Lane.SCHEDULE, RunKind.WORTH.value: Lane.WORTH}.get(kind, Lane.ANSWER)


def _lane(run: Any) -> ColumnElement[str]:
    return case({each.value: lane_of(each).value for each in RunKind}, value=run.kind)


class LeaseLost(Exception):
    """Somebody else has the run now, or it was ended: stop, and store nothing."""


def claim(owner: str, *, lease: timedelta = LEASE, lanes: Collection[Lane] = frozenset(Lane)) -> int | None:
    """The id of a due run that is now ``owner``'s, or None. Safe against any number of workers.

    A forum's runs wait for each other: two at once would only slow each other down. Those that answer a
    question wait only for their like, and go first: somebody sits and waits for them. ``lanes``: none of
    any other.
    """
    with transaction() as session:
        moment = now()
        other = aliased(Run)
        busy = exists().where(
            other.forum_id == Run.forum_id, other.state == RunState.RUNNING, _lane(other) == _lane(Run)
        )
        query = select(Run.id).where(
            Run.state == RunState.QUEUED, Run.run_at <= moment, _lane(Run).in_(sorted(lanes)), ~busy
        )
        due = session.scalars(query.order_by(_lane(Run), Run.run_at, Run.id).limit(10)).all()
        for run_id in due:
            if _take(session, run_id, owner, moment, lease):
                return run_id
    return None


def start_claimed(
    forum: Forum, *, owner: str, seconds: int, workers: int, seed: int, lease: timedelta = LEASE
) -> Run:
    """A new run that is ``owner``'s from the start, for solving here and now. Raises Invalid, Conflict."""
    check_limits(seconds, workers)
    with transaction() as session:
        lock_forum(session, forum.id)
        moment = now()
        if exists_in(session, forum.id, _under_way(moment)):
            raise Conflict(lazy_gettext("A run is under way already: stop it, or wait for its end."))
        run = Run(forum_id=forum.id, run_at=moment, seconds=seconds, workers=workers, seed=seed)
        session.add(run)
        session.flush()
        record("run.requested", forum_id=forum.id, subject=f"run:{run.id}", details={"seconds": seconds})
        _take(session, run.id, owner, moment, lease)
        session.refresh(run)
    return run


def _under_way(moment: datetime) -> Any:
    """The condition for runs that are running, or about to."""
    due = or_(Run.state == RunState.RUNNING, (Run.state == RunState.QUEUED) & (Run.run_at <= moment))
    return due & (Run.kind == RunKind.SCHEDULE)


def _take(session: Session, run_id: int, owner: str, moment: datetime, lease: timedelta) -> bool:
    taken = changed_one(
        session,
        update(Run)
        .where(Run.id == run_id, Run.state == RunState.QUEUED)
        .values(
            state=RunState.RUNNING,
            owner=owner,
            lease_until=moment + lease,
            attempt=Run.attempt + 1,
            started_at=db.func.coalesce(Run.started_at, moment),
        ),
    )
    if taken:
        first = session.scalars(select(Run.started_at).where(Run.id == run_id)).one() == moment
        note(session, run_id, Happening.BEGAN if first else Happening.WENT_ON, detail=owner)
    return taken


def beat(
    run_id: int,
    owner: str,
    *,
    seconds_used: float,
    checkpoint: bytes | None = None,
    events: Sequence[Progress] = (),
    offset: float = 0.0,
    lease: timedelta = LEASE,
) -> bool:
    """Renew the lease, keep the best so far, note the progress. True when a stop is wished.

    ``offset``: seconds of earlier attempts, added to those of ``events``. Raises LeaseLost.
    """
    with transaction() as session:
        moment = now()
        values: dict[str, Any] = {"lease_until": moment + lease, "seconds_used": seconds_used}
        if checkpoint is not None:
            values |= {"checkpoint": checkpoint, "checkpoint_at": moment}
        _held(session, run_id, owner, values)
        if events:
            session.execute(
                insert(RunEvent), [_event(run_id, each, moment=moment, offset=offset) for each in events]
            )
        return bool(session.scalar(select(Run.cancel_wished).where(Run.id == run_id)))


def _event(run_id: int, progress: Progress, *, moment: datetime, offset: float) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "at": moment,
        "seconds": offset + progress.seconds,
        "stage": progress.stage.value,
        "goal": progress.goal.value if progress.goal else None,
        "value": progress.value,
        "bound": progress.bound,
        "placed": progress.placed,
        "message": "",
    }


def renew(run_id: int, owner: str, *, lease: timedelta) -> None:
    """Keep a run that does not keep itself yet: its process still starts. Raises LeaseLost."""
    with transaction() as session:
        _held(session, run_id, owner, {"lease_until": now() + lease})


def note_problem(run_id: int, owner: str, *, problem: bytes, digest: str) -> None:
    """Store what the run works on. Raises LeaseLost."""
    with transaction() as session:
        _held(session, run_id, owner, {"problem": problem, "problem_digest": digest})


def finish(
    session: Session,
    run_id: int,
    owner: str,
    *,
    state: RunState,
    status: Status | None,
    seconds_used: float,
    message: str = "",
) -> None:
    """End the run and queue the next night's; inside ``transaction()``. Raises LeaseLost."""
    values = {
        "state": state,
        "status": status.value if status else None,
        "seconds_used": seconds_used,
        "message": message,
        "finished_at": now(),
        "owner": None,
        "lease_until": None,
    }
    _held(session, run_id, owner, values)
    if state == RunState.FINISHED:
        note(session, run_id, Happening.STORED)
    _queue_next(session, run_id)


def fail(
    run_id: int,
    owner: str,
    trouble: Trouble,
    *,
    seconds_used: float,
    detail: str = "",
    status: Status | None = None,
    state: RunState = RunState.FAILED,
) -> None:
    """End the run without a schedule. Raises LeaseLost."""
    message = f"{trouble}: {detail}" if detail else trouble.value
    with transaction() as session:
        finish(session, run_id, owner, state=state, status=status, seconds_used=seconds_used, message=message)


def release(run_id: int, owner: str, *, counts: bool) -> None:
    """Give the run back, for anybody to go on from its checkpoint; nothing happens when it was lost.

    ``counts``: whether the attempt counts (a crash) or not (the worker was asked to stop).
    """
    mine = (Run.id == run_id, Run.owner == owner, Run.state == RunState.RUNNING)
    with transaction() as session:
        if counts:
            _reap(session, *mine)
            return
        given_back = update(Run).where(*mine)
        values = {"state": RunState.QUEUED, "owner": None, "lease_until": None, "attempt": Run.attempt - 1}
        if changed_one(session, given_back.values(**values)):
            note(session, run_id, Happening.GIVEN_BACK)


def reap() -> int:
    """Queue the runs whose worker is gone again; give up those that outlived every attempt. How many."""
    with transaction() as session:
        return _reap(session, Run.state == RunState.RUNNING, Run.lease_until < now())


def _reap(session: Session, *lost: Any) -> int:
    found = session.execute(select(Run.id, Run.attempt).where(*lost)).all()
    for run_id, attempt in found:
        values: dict[str, Any] = {"owner": None, "lease_until": None, "state": RunState.QUEUED}
        # One claim more than attempts: it stores the checkpoint, where there is one, without solving.
        if attempt > MAX_ATTEMPTS:
            values |= {"state": RunState.FAILED, "message": Trouble.GAVE_UP, "finished_at": now()}
        freed = changed_one(session, update(Run).where(Run.id == run_id, *lost).values(**values))
        if freed:
            note(session, run_id, Happening.LOST)
        if freed and attempt > MAX_ATTEMPTS:
            _queue_next(session, run_id)
    return len(found)


def _held(session: Session, run_id: int, owner: str, values: dict[str, Any]) -> None:
    mine = (Run.id == run_id, Run.owner == owner, Run.state == RunState.RUNNING)
    if not changed_one(session, update(Run).where(*mine).values(**values)):
        raise LeaseLost(f"run {run_id}")


def _queue_next(session: Session, run_id: int) -> None:
    """The next night at the same hour of the forum's clocks."""
    run = session.scalars(select(Run).where(Run.id == run_id).execution_options(populate_existing=True)).one()
    if not run.repeat_daily:
        return
    forum = session.scalars(select(Forum).where(Forum.id == run.forum_id)).one()
    at = run.run_at.astimezone(forum.zone).time()
    session.add(
        Run(
            forum_id=run.forum_id,
            run_at=next_time(forum, at),
            repeat_daily=True,
            seconds=run.seconds,
            workers=run.workers,
            seed=run.seed,
            goals=run.goals,
            requested_by_id=run.requested_by_id,
        )
    )
