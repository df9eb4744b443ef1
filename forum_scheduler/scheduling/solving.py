"""Executes one claimed run: its row and the forum's rows become an attempt, or the words why there is none.

What an attempt does with the solver, the lease and the result is in ``attempt.py``; runs that answer a
question are those of ``asking.py``.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import undefer

from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling import asking, leases
from forum_scheduler.scheduling.attempt import Attempt, OnProgress, Outcome, Task
from forum_scheduler.scheduling.leases import LEASE, START_LEASE, LeaseLost, Trouble
from forum_scheduler.scheduling.models import Run, RunKind, RunState, Schedule
from forum_scheduler.scheduling.planning import NotReady, build
from forum_scheduler.scheduling.promises import promised_schedule_id
from forum_scheduler.scheduling.storing import (
    load_result,
    pack_problem,
    unpack_schedule,
)
from solver import schedule as solver
from solver.codec import FormatError, digest
from solver.problem import GoalName, Problem
from solver.progress import Progress
from solver.schedule import Status

log = logging.getLogger(__name__)


def _ignore(_: Progress) -> None:
    return None


def _never() -> bool:
    return False


def _nothing() -> None:
    return None


def run_now(
    forum: Forum,
    *,
    seconds: int = 60,
    workers: int = 2,
    seed: int = 0,
    on_progress: OnProgress = _ignore,
) -> Run:
    """Solve in this process and store the schedule; Ctrl-C stops and keeps the best.

    ``on_progress`` is called from the calling thread. Returns the ended run: its state, status and message
    say how it went; :func:`result_of` has the schedule. Raises Invalid, Conflict.
    """
    owner = worker_name()
    run = leases.start_claimed(forum, owner=owner, seconds=seconds, workers=workers, seed=seed)
    execute(run.id, owner, on_progress=on_progress)
    return db.session.scalars(
        select(Run).where(Run.id == run.id).execution_options(populate_existing=True)
    ).one()


def result_of(run: Run) -> Schedule | None:
    """The schedule that the run stored."""
    return db.session.scalar(select(Schedule).where(Schedule.run_id == run.id))


def worker_name() -> str:
    """Machine, process and a random part: two workers never have the same."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{os.urandom(4).hex()}"


def execute(
    run_id: int,
    owner: str,
    *,
    lease: timedelta = LEASE,
    on_progress: OnProgress = _ignore,
    on_begun: Callable[[], None] = _nothing,
    shut_down: Callable[[], bool] = _never,
) -> Outcome:
    """Do a run that ``owner`` claimed, to its end or until ``shut_down`` says so.

    ``on_begun`` is called when all is loaded: from here on it keeps its lease itself.
    """
    try:
        kind = db.session.scalars(select(Run.kind).where(Run.id == run_id)).one()
        leases.renew(run_id, owner, lease=max(lease, START_LEASE))  # loading comes before the first beat
        if kind != RunKind.SCHEDULE:
            return asking.execute(run_id, owner, lease=lease, on_begun=on_begun, shut_down=shut_down)
        attempt = _prepare(run_id, owner, lease=lease, on_progress=on_progress, shut_down=shut_down)
        if attempt is None:
            return Outcome.FAILED
        on_begun()
        return _carry_out(attempt)
    except LeaseLost:
        log.warning("run %s: the lease was lost", run_id)
        return Outcome.LOST
    finally:
        db.session.rollback()


def _prepare(
    run_id: int, owner: str, *, lease: timedelta, on_progress: OnProgress, shut_down: Callable[[], bool]
) -> Attempt | None:
    """What the run works on, loaded and noted; None where it ended at once, as nothing can be solved."""
    run = db.session.scalars(
        select(Run)
        .where(Run.id == run_id)
        .options(undefer(Run.checkpoint))
        .execution_options(populate_existing=True)
    ).one()
    task, checkpoint = Task.of(run), run.checkpoint
    forum = db.session.get_one(Forum, task.forum_id)
    try:
        plan = build(forum, goals=task.goals)
    except NotReady as error:
        _tell_not_ready(task, owner, error)
        return None
    published = _promised(forum, plan.problem)
    start = _usable(checkpoint, plan.problem)
    leases.note_problem(run_id, owner, problem=pack_problem(plan.problem), digest=digest(plan.problem))
    return Attempt(
        task=task,
        owner=owner,
        plan=plan,
        start=start,
        published=published,
        lease=lease,
        on_progress=on_progress,
        shut_down=shut_down,
    )


def _carry_out(attempt: Attempt) -> Outcome:
    """Solve, unless all that is left to do is to store what earlier attempts found."""
    task = attempt.task
    over = task.attempt > leases.MAX_ATTEMPTS or task.stop_wished
    spent = task.seconds_used >= task.seconds
    if over or (spent and attempt.start is not None):
        return attempt.settle()
    return attempt.run_solver()


def _tell_not_ready(task: Task, owner: str, error: NotReady) -> None:
    """From the first day on there is a run each night; that there is nothing to solve yet is no failure."""
    leases.fail(
        task.run_id,
        owner,
        Trouble.NOT_READY,
        seconds_used=0,
        detail=_english(error),
        status=Status.INVALID,
        state=RunState.CANCELLED if task.nightly else RunState.FAILED,
    )


def _english(error: NotReady) -> str:
    """Runs are told about in the reader's language; details of errors stay as the program writes them."""
    from flask_babel import force_locale  # noqa: PLC0415 -- only where something went wrong

    with force_locale("en"):
        return str(error)


def _promised(forum: Forum, problem: Problem) -> solver.Schedule | None:
    if GoalName.PROMISES not in problem.goals:
        return None
    schedule_id = promised_schedule_id(forum.id)
    if schedule_id is None:
        return None
    return load_result(db.session.get_one(Schedule, schedule_id), problem)


def _usable(checkpoint: bytes | None, problem: Problem) -> solver.Schedule | None:
    """The checkpoint, when it keeps every rule of the problem as it is now."""
    if checkpoint is None:
        return None
    try:
        found = unpack_schedule(checkpoint)
    except (FormatError, OSError, EOFError):
        return None
    if found.problem_digest == digest(problem):
        return found
    return None
