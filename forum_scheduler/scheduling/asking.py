"""Runs that answer a question about a schedule: what would place a meeting, what a change would bring, and
what one more table, slot, delegate or interpreter is worth. They work on a copy of the problem; the only
row that they write is their own.

What is computed works in a thread of its own; the thread that called keeps the lease.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from flask import current_app
from flask_babel import lazy_gettext
from sqlalchemy import select, update

from forum_scheduler.accounts.audit import record
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Slot
from forum_scheduler.scheduling import bell, leases
from forum_scheduler.scheduling.attempt import Outcome
from forum_scheduler.scheduling.board.models import Board
from forum_scheduler.scheduling.ids import Kind, row_id, solver_id
from forum_scheduler.scheduling.leases import Trouble
from forum_scheduler.scheduling.models import Run, RunKind, RunState, Schedule, WhatIf
from forum_scheduler.scheduling.storing import load_result, unpack_problem
from solver import schedule as solver
from solver.codec import digest
from solver.diff import diff
from solver.explain.remedies import Change, remedies, trials
from solver.problem import GoalName, Problem
from solver.progress import Control
from solver.schedule import Status
from solver.verify import verify

log = logging.getLogger(__name__)
MOST = 3  # remedies of each kind
BEAT = 0.5  # seconds between two looks at stop wishes
MOST_ASKED = 10  # questions of one forum that wait
OPEN = (RunState.QUEUED, RunState.RUNNING)
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``change``, ``subject`` and ``slot_id`` name a remedy of the meeting that is to be tried."""

    kind: RunKind
    meeting_id: int | None = None
    change: str = ""
    subject: str = ""
    slot_id: int | None = None


def ask(schedule: Schedule, question: Question, *, seconds: int, by: int | None) -> Run:
    """Put the question to a worker; one that waits already is not put twice. Raises Invalid, Conflict."""
    if question.kind is RunKind.WORTH and GoalName.VALUE not in {goal["name"] for goal in schedule.goals}:
        raise Invalid(
            lazy_gettext("The worth is counted in the value of meetings, which is not among the goals here.")
        )
    if question.kind is RunKind.TRY:
        _check_remedy(schedule.forum_id, question)
    with transaction() as session:
        same = (
            select(Run)
            .join(WhatIf, WhatIf.run_id == Run.id)
            .where(Run.forum_id == schedule.forum_id, Run.state.in_(OPEN))
        )
        waiting = session.scalars(same).all()
        for run in waiting:
            put = session.get_one(WhatIf, run.id)
            if _question(run, put) == question and put.schedule_id == schedule.id:
                return run
        if len(waiting) >= MOST_ASKED:
            raise Conflict(lazy_gettext("Many questions wait already: look at their answers first."))
        run = Run(forum_id=schedule.forum_id, kind=question.kind, seconds=seconds, requested_by_id=by)
        session.add(run)
        session.flush()
        session.add(
            WhatIf(
                run_id=run.id,
                schedule_id=schedule.id,
                meeting_id=question.meeting_id,
                change=question.change,
                subject=question.subject,
                slot_id=question.slot_id,
            )
        )
        record("run.asked", forum_id=schedule.forum_id, subject=f"schedule:{schedule.id}",
               details={"kind": question.kind.value})  # fmt: skip
    bell.ring(current_app.extensions["forum_config"])
    return run


def _check_remedy(forum_id: int, question: Question) -> None:
    slot = db.session.get(Slot, question.slot_id or 0)
    if question.change not in list(Change) or slot is None or slot.forum_id != forum_id:
        raise Invalid(lazy_gettext("There is no such remedy: look again at what would place the meeting."))


def _question(run: Run, put: WhatIf) -> Question:
    return Question(
        kind=RunKind(run.kind),
        meeting_id=put.meeting_id,
        change=put.change,
        subject=put.subject,
        slot_id=put.slot_id,
    )


def newest(schedule_id: int, kind: RunKind, *, meeting_id: int | None = None) -> tuple[Run, WhatIf] | None:
    """The newest question of this kind about the schedule (and meeting)."""
    query = (
        select(Run, WhatIf)
        .join(WhatIf, WhatIf.run_id == Run.id)
        .where(WhatIf.schedule_id == schedule_id, Run.kind == kind)
        .order_by(Run.id.desc())
        .limit(1)
    )
    if meeting_id is not None:
        query = query.where(WhatIf.meeting_id == meeting_id)
    row = db.session.execute(query).first()
    return None if row is None else (row[0], row[1])


def state_of(schedule: Schedule) -> str:
    """What an answer is about: the board's revision belongs to it."""
    revision = db.session.scalar(select(Board.revision).where(Board.schedule_id == schedule.id))
    return f"{schedule.problem_digest[:16]}:{revision or 0}"


# What a worker does


def execute(
    run_id: int,
    owner: str,
    *,
    lease: timedelta,
    on_begun: Callable[[], None],
    shut_down: Callable[[], bool],
) -> Outcome:
    """Answer it; ``on_begun`` as in ``solving.execute``. Raises LeaseLost."""
    run = db.session.get_one(Run, run_id, populate_existing=True)
    put = db.session.get_one(WhatIf, run_id)
    if run.attempt > leases.MAX_ATTEMPTS:
        leases.fail(run_id, owner, Trouble.GAVE_UP, seconds_used=0)
        return Outcome.FAILED
    schedule = db.session.get_one(Schedule, put.schedule_id, populate_existing=True)
    problem = unpack_problem(
        db.session.scalars(select(Schedule.problem).where(Schedule.id == schedule.id)).one()
    )
    work = _Work(_question(run, put), problem, load_result(schedule, problem), run.seconds, run.workers)
    about = state_of(schedule)
    db.session.rollback()
    on_begun()
    return _served(work, run_id, owner, about=about, lease=lease, shut_down=shut_down)


class _Work:
    """In the thread: no database here. ``answer`` grows while a long question is answered."""

    def __init__(
        self, question: Question, problem: Problem, base: solver.Schedule, seconds: int, workers: int
    ) -> None:
        self.question = question
        self.problem = problem
        self.base = base
        self.seconds = seconds
        self.workers = workers
        self.control = Control.of_seconds(seconds)
        self.answer: Answer | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            match self.question.kind:
                case RunKind.REMEDIES:
                    self.answer = self._remedies()
                case RunKind.TRY:
                    self.answer = self._try()
                case _:
                    self._worth()
        except Exception as error:
            log.exception("the question broke off")
            self.error = error

    def _meeting(self) -> str | None:
        """The meeting that waits for a place; None when it has one by now, or is gone."""
        wanted = solver_id(Kind.MEETING, self.question.meeting_id or 0)
        placed = {each.meeting for each in self.base.placements}
        if wanted in placed or wanted not in {meeting.id for meeting in self.problem.meetings}:
            return None
        return wanted

    def _remedies(self) -> Answer:
        wanted = self._meeting()
        if wanted is None:
            return {"gone": True}
        found = remedies(self.problem, self.base.placements, wanted, most=MOST)
        return {
            "remedies": [
                {
                    "change": each.change.value,
                    "subject": each.subject,
                    "slot": each.placement.slot,
                    "table": each.placement.table,
                }
                for each in found
            ]
        }

    def _try(self) -> Answer:
        wanted, question = self._meeting(), self.question
        if wanted is None:
            return {"gone": True}
        slot = solver_id(Kind.SLOT, question.slot_id or 0)
        for remedy, changed in trials(self.problem, self.base.placements, wanted, most=MOST):
            same = (remedy.change.value, remedy.subject, remedy.placement.slot)
            if same == (question.change, question.subject, slot):
                start = msgspec.structs.replace(
                    self.base,
                    problem_digest=digest(changed),
                    placements=(*self.base.placements, remedy.placement),
                    unplaced=tuple(each for each in self.base.unplaced if each.meeting != wanted),
                )
                # What is placed is kept where it can be: what else a new solve would move is another matter.
                return _compared(self.base, self._solved(changed, start, self.seconds, promised=start))
        return {"gone": True}

    def _solved(
        self,
        problem: Problem,
        start: solver.Schedule,
        seconds: float,
        *,
        promised: solver.Schedule | None = None,
    ) -> solver.Schedule:
        from solver.search import solve  # noqa: PLC0415 -- loads the engines: only where one solves

        found = solve(
            problem,
            seconds=seconds,
            workers=self.workers,
            start=start,
            published=promised,
            control=self.control.part(seconds),
        )
        verdict = verify(problem, found, published=promised)
        if not verdict.accepted:
            raise RuntimeError(f"the check refused it: {verdict.violations[0].message}")
        return found

    def _worth(self) -> None:
        from solver.explain.worth import changes, worth  # noqa: PLC0415

        total = sum(1 for _each in changes(self.problem, self.base))
        each = self.seconds / max(total, 1)
        rows: list[Answer] = []
        self.answer = {"worth": [], "total": total}

        def again(problem: Problem, start: solver.Schedule) -> solver.Schedule:
            return self._solved(problem, start, each)

        for found in worth(self.problem, self.base, solve=again):
            rows.append(
                {
                    "resource": found.resource.value,
                    "subject": found.subject,
                    "least": found.least,
                    "most": found.most,
                }
            )
            self.answer = {"worth": list(rows), "total": total}
            if self.control.should_stop() and len(rows) < total:
                return


def _compared(before: solver.Schedule, after: solver.Schedule) -> Answer:
    """Ids are the solver's; goals by name with the value of both and the new bound."""
    values: Mapping[str, int] = {goal.name.value: goal.value for goal in before.goals}
    change = diff(before, after)
    return {
        "goals": [
            {
                "name": goal.name.value,
                "before": values.get(goal.name.value),
                "after": goal.value,
                "bound": goal.bound,
            }
            for goal in after.goals
            if goal.name.value in values and goal.name is not GoalName.PROMISES  # other promises than these
        ],
        "placed": [len(before.placements), len(after.placements)],
        "gained": [row_id(meeting) for meeting in change.added],
        "lost": [row_id(meeting) for meeting in change.dropped],
        "moved": len(change.moved),
        "people": len(change.people),
    }


def _served(
    work: _Work,
    run_id: int,
    owner: str,
    *,
    about: str,
    lease: timedelta,
    shut_down: Callable[[], bool],
) -> Outcome:
    """Keep the lease until the answer is there; a long one is written down as it grows."""
    began, told = time.monotonic(), None
    thread = threading.Thread(target=work.run, name="question", daemon=True)
    thread.start()
    released = False
    while thread.is_alive():
        thread.join(BEAT)
        wished = leases.beat(run_id, owner, seconds_used=time.monotonic() - began, lease=lease)
        if work.answer is not None and work.answer is not told:
            told = work.answer
            _note(run_id, {**told, "about": about})
        if wished or shut_down():
            released = not wished
            work.control.halt()
    seconds = time.monotonic() - began
    if released:
        leases.release(run_id, owner, counts=False)
        return Outcome.RELEASED
    if work.error is not None:
        detail = f"{type(work.error).__name__}: {work.error}"[:300]
        leases.fail(run_id, owner, Trouble.BROKE_OFF, seconds_used=seconds, detail=detail)
        return Outcome.FAILED
    with transaction() as session:
        leases.finish(
            session, run_id, owner, state=RunState.FINISHED, status=Status.FEASIBLE, seconds_used=seconds
        )
        _note(run_id, {**(work.answer or {}), "about": about})
    return Outcome.STORED


def _note(run_id: int, answer: Answer) -> None:
    with transaction() as session:
        session.execute(update(WhatIf).where(WhatIf.run_id == run_id).values(answer=answer))
