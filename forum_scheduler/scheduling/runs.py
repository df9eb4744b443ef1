"""Runs as people ask for them: now, at an hour or every night; stopped, given more time.

The row is the truth; the queue only wakes a worker. What workers do with it is in ``leases.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, cast

from flask import current_app
from flask_babel import lazy_gettext
from sqlalchemy import CursorResult, Update, func, or_, select, update
from sqlalchemy.orm import Session

from forum_scheduler.accounts.audit import record
from forum_scheduler.clock import now
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling import bell
from forum_scheduler.scheduling.models import Run, RunKind, RunState
from forum_scheduler.scheduling.run_log import Happening, note

MAX_SECONDS = 24 * 3600
MAX_WORKERS = 64
MOST_WAITING = 5  # runs of one forum


def request_run(
    forum: Forum,
    *,
    seconds: int = 60,
    run_at: datetime | None = None,
    repeat_daily: bool = False,
    workers: int = 2,
    seed: int = 0,
    by: int | None = None,
    goals: Sequence[str] | None = None,
) -> Run:
    """Ask for a run, now or at ``run_at`` (timezone-aware), and wake a worker.

    ``seconds`` 1..86400 of solving, ``by`` the user's id, ``goals`` in another order than the forum's. Runs
    of a forum are done one after another; at most ``MOST_WAITING`` wait at a time, one of them for every
    night, and no two are planned for the same minute. Raises Invalid, Conflict.
    """
    check_limits(seconds, workers)
    with transaction() as session:
        lock_forum(session, forum.id)
        moment = now()
        later = run_at is not None and run_at > moment
        nightly = (Run.state.in_((RunState.QUEUED, RunState.RUNNING)), Run.repeat_daily)
        if later and repeat_daily and exists_in(session, forum.id, *nightly):
            raise Conflict(lazy_gettext("A run is planned for every night already: call it off first."))
        if later and run_at is not None:
            _keep_apart(session, forum, run_at)
        if _waiting(session, forum.id) >= MOST_WAITING:
            raise Conflict(
                lazy_gettext("%(count)s runs wait already: call some off first.", count=MOST_WAITING)
            )
        run = Run(
            forum_id=forum.id,
            run_at=run_at if run_at is not None and later else moment,
            repeat_daily=repeat_daily,
            seconds=seconds,
            workers=workers,
            seed=seed,
            goals=list(goals) if goals and list(goals) != list(forum.goals) else None,
            requested_by_id=by,
        )
        session.add(run)
        session.flush()
        record("run.requested", forum_id=forum.id, subject=f"run:{run.id}", details={"seconds": seconds})
    if not later:
        bell.ring(current_app.extensions["forum_config"])
    return run


def _keep_apart(session: Session, forum: Forum, run_at: datetime) -> None:
    """Two runs of the same minute would solve the same meetings one after the other, for nothing.

    Raises Conflict, also for a run of every night that is under way: tomorrow it starts at its hour again.
    """
    wanted = f"{run_at.astimezone(forum.zone):%H:%M}"
    open_runs = select(Run).where(
        Run.forum_id == forum.id,
        Run.kind == RunKind.SCHEDULE,
        or_(Run.state == RunState.QUEUED, Run.repeat_daily & (Run.state == RunState.RUNNING)),
    )
    for run in session.scalars(open_runs):
        if run.repeat_daily and f"{run.run_at.astimezone(forum.zone):%H:%M}" == wanted:
            raise Conflict(
                lazy_gettext(
                    "A run starts every night at %(time)s already: choose another time, or switch it"
                    " off first.",
                    time=wanted,
                )
            )
        if run.run_at.replace(second=0, microsecond=0) == run_at.replace(second=0, microsecond=0):
            raise Conflict(
                lazy_gettext(
                    "A run is planned for %(time)s already: choose another time, or call it off first.",
                    time=wanted,
                )
            )


def nightly_of(forum_id: int) -> Run | None:
    """The run that is planned, or under way, for every night."""
    open_states = (RunState.QUEUED, RunState.RUNNING)
    query = select(Run).where(Run.forum_id == forum_id, Run.repeat_daily, Run.state.in_(open_states))
    return db.session.scalars(query.order_by(Run.id.desc()).limit(1)).first()


def stop_nights(forum_id: int) -> bool:
    """No run every night any more; the one that is under way goes on to its end. False: there was none."""
    with transaction() as session:
        lock_forum(session, forum_id)
        nights = (Run.forum_id == forum_id, Run.repeat_daily)
        off = session.scalars(
            update(Run)
            .where(*nights, Run.state == RunState.QUEUED, Run.attempt == 0)
            .values(state=RunState.CANCELLED, finished_at=now())
            .returning(Run.id)
        ).all()
        going_on = session.scalars(
            update(Run)
            .where(*nights, Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
            .values(repeat_daily=False)
            .returning(Run.id)
        ).all()
        if off or going_on:
            record("run.nights-stopped", forum_id=forum_id, subject=f"forum:{forum_id}")
    return bool(off or going_on)


def check_limits(seconds: int, workers: int) -> None:
    """Raises Invalid."""
    if not 1 <= seconds <= MAX_SECONDS:
        raise Invalid(lazy_gettext("Between 1 second and 24 hours."), field="seconds")
    if not 1 <= workers <= MAX_WORKERS:
        raise Invalid(lazy_gettext("Between 1 and 64 workers."), field="workers")


def exists_in(session: Session, forum_id: int, *conditions: Any) -> bool:
    """Whether the forum has a run of which the conditions are true."""
    return session.scalar(select(Run.id).where(Run.forum_id == forum_id, *conditions).limit(1)) is not None


def _waiting(session: Session, forum_id: int) -> int:
    query = select(func.count()).select_from(Run)
    waiting = (Run.state == RunState.QUEUED, Run.kind == RunKind.SCHEDULE)
    return session.scalar(query.where(Run.forum_id == forum_id, *waiting)) or 0


def lock_forum(session: Session, forum_id: int) -> None:
    """Who asks for a run of the forum waits here for the others who do."""
    session.execute(select(Forum.id).where(Forum.id == forum_id).with_for_update())


def next_time(forum: Forum, at: time) -> datetime:
    """The next moment when clocks at the forum show ``at``, later than now."""
    local = now().astimezone(forum.zone)
    moment = datetime.combine(local.date(), at, tzinfo=forum.zone)
    if moment <= local:
        moment = datetime.combine(local.date() + timedelta(days=1), at, tzinfo=forum.zone)
    return moment


def wish_stop(run: Run) -> None:
    """Stop and keep the best; a run that did not start yet is called off, with its repetitions."""
    with transaction() as session:
        called_off = changed_one(
            session,
            update(Run)
            .where(Run.id == run.id, Run.state == RunState.QUEUED, Run.attempt == 0)
            .values(state=RunState.CANCELLED, finished_at=now()),
        )
        if not called_off:
            open_states = (RunState.QUEUED, RunState.RUNNING)
            wished = update(Run).where(Run.id == run.id, Run.state.in_(open_states), ~Run.cancel_wished)
            if changed_one(session, wished.values(cancel_wished=True)):
                note(session, run.id, Happening.STOP_WISHED)
        record("run.stopped", forum_id=run.forum_id, subject=f"run:{run.id}")


def extend(run: Run, *, seconds: int) -> None:
    """Give a run that waits or works more time; it goes on from its best. Raises Invalid, Conflict."""
    total = run.seconds + seconds
    check_limits(total, run.workers)
    with transaction() as session:
        open_states = (RunState.QUEUED, RunState.RUNNING)
        more = changed_one(
            session,
            update(Run)
            .where(
                Run.id == run.id, Run.state.in_(open_states), ~Run.cancel_wished, Run.seconds == run.seconds
            )
            .values(seconds=total),
        )
        if not more:
            raise Conflict(lazy_gettext("The run has ended, or somebody else has changed it: look again."))
        note(session, run.id, Happening.MORE_TIME, detail=str(total))
        record("run.extended", forum_id=run.forum_id, subject=f"run:{run.id}", details={"seconds": total})


def seconds_given(run_id: int) -> int:
    """The limit of solving as it is now: it may have been raised."""
    return db.session.scalars(select(Run.seconds).where(Run.id == run_id)).one()


def changed_one(session: Session, statement: Update) -> bool:
    """Whether the conditional UPDATE found its row: who comes second changes nothing, and is told so."""
    result = cast("CursorResult[Any]", session.execute(statement))
    return result.rowcount == 1
