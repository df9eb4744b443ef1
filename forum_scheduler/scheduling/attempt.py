"""One attempt at a run: the solver in a thread of its own, and the loop that serves it.

The solver's thread knows no database. The thread that called listens to its progress through a queue, renews
the lease, keeps checkpoints and hears of stop wishes, with no transaction open in between. At the end the
result is judged once more from the problem alone, and stored in one transaction; a result that breaks a rule
never is. An attempt ends in an :class:`Outcome`, or by :class:`LeaseLost` when the run is somebody else's.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.exc import IntegrityError, OperationalError

from forum_scheduler.extensions import db, transaction
from forum_scheduler.scheduling import leases, runs
from forum_scheduler.scheduling.leases import LeaseLost, Trouble
from forum_scheduler.scheduling.models import Run, RunState
from forum_scheduler.scheduling.planning import Plan
from forum_scheduler.scheduling.promises import promised_schedule_id
from forum_scheduler.scheduling.storing import pack_schedule, store_schedule
from solver import schedule as solver
from solver.codec import digest
from solver.explain.reasons import completed
from solver.progress import Control, Progress
from solver.schedule import Status
from solver.verify import verify

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 2.0  # at most one checkpoint in so many seconds
TICK = 0.3  # seconds between two looks at stop wishes
LEAST_SECONDS = 5.0  # for an attempt whose time was used up before anything was found

OnProgress = Callable[[Progress], None]


class Outcome(StrEnum):
    """How the execution ended."""

    STORED = "stored"
    FAILED = "failed"  # or cancelled: the row says why
    RELEASED = "released"  # shut down in the middle: given back with its checkpoint
    LOST = "lost"  # somebody else has the run now


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the run's row said at the start; the row itself must not be read in the solver's thread."""

    run_id: int
    forum_id: int
    seconds: int
    seconds_used: float
    workers: int
    seed: int
    attempt: int
    stop_wished: bool
    nightly: bool
    goals: tuple[str, ...] | None

    @classmethod
    def of(cls, run: Run) -> Task:
        return cls(
            run_id=run.id,
            forum_id=run.forum_id,
            seconds=run.seconds,
            seconds_used=run.seconds_used,
            workers=run.workers,
            seed=run.seed,
            attempt=run.attempt,
            stop_wished=run.cancel_wished,
            nightly=run.repeat_daily,
            goals=tuple(run.goals) if run.goals else None,
        )


class Attempt:
    """One attempt at a run: the solver's thread, and the loop that serves it."""

    def __init__(
        self,
        *,
        task: Task,
        owner: str,
        plan: Plan,
        start: solver.Schedule | None,
        published: solver.Schedule | None,
        lease: timedelta,
        on_progress: OnProgress,
        shut_down: Callable[[], bool],
    ) -> None:
        self.task = task
        self.run_id = task.run_id
        self.stop_wished = task.stop_wished
        self.owner = owner
        self.plan = plan
        self.start = start
        self.published = published
        self.lease = lease
        self.on_progress = on_progress
        self.shut_down = shut_down
        self.offset = task.seconds_used
        self.began = time.monotonic()
        self.progress: queue.SimpleQueue[Progress] = queue.SimpleQueue()
        self.best: solver.Schedule | None = None  # newest incumbent
        self.kept: solver.Schedule | None = None  # the one that is stored as checkpoint
        self.last_beat = self.last_checkpoint = 0.0
        self.pending: list[Progress] = []
        self.result: solver.Schedule | None = None
        self.error: Exception | None = None

    def seconds_used(self) -> float:
        return self.offset + time.monotonic() - self.began

    def run_solver(self) -> Outcome:
        given = self.task.seconds
        while True:
            seconds = max(given - self.offset, LEAST_SECONDS if self.offset else 0.0)
            control = Control.of_seconds(seconds, on_progress=self.progress.put)
            db.session.rollback()  # nothing open while the solver works
            thread = threading.Thread(target=self._solve, args=(control, seconds), name="solver", daemon=True)
            thread.start()
            released = self._serve(thread, control)
            # A proof ends the run, also the one that there is no schedule: more time changes neither.
            done = self.result is not None and self.result.status in (Status.OPTIMAL, Status.INFEASIBLE)
            if released or done or self.stop_wished or self.error is not None:
                break
            before, given = given, runs.seconds_given(self.run_id)
            if given <= before or given - self.seconds_used() < 1:
                break
            self._go_on()
        if released and not self.stop_wished and not done:
            self._beat(force=True)
            leases.release(self.run_id, self.owner, counts=False)
            return Outcome.RELEASED
        return self._end()

    def _go_on(self) -> None:
        """The run was given more time meanwhile: what follows starts from the best so far."""
        found = self.result
        if found is not None and found.status is Status.FEASIBLE:
            self.start = found
        self._beat(force=True)
        self.offset, self.began = self.seconds_used(), time.monotonic()

    def _solve(self, control: Control, seconds: float) -> None:
        """In the thread: no database here."""
        try:
            from solver.search import solve  # noqa: PLC0415 -- loads the engines: only where one solves

            self.result = solve(
                self.plan.problem,
                seconds=seconds,
                workers=self.task.workers,
                seed=self.task.seed,
                start=self.start,
                published=self.published,
                control=control,
            )
        except Exception as error:
            log.exception("run %s: the solver broke off", self.run_id)
            self.error = error

    def _serve(self, thread: threading.Thread, control: Control) -> bool:
        """Until the solver is done. True when the worker was asked to shut down."""
        shut_down = False
        while thread.is_alive():
            try:
                self._listen()
                if self._beat():
                    control.halt()
                if not shut_down and self.shut_down():
                    shut_down = True
                    control.halt()
            except KeyboardInterrupt:
                control.halt()
            except LeaseLost:
                control.halt()
                thread.join()
                raise
        thread.join()
        while not self.progress.empty():
            self._take(self.progress.get())
        return shut_down

    def _listen(self) -> None:
        end = time.monotonic() + TICK
        while (left := end - time.monotonic()) > 0:
            try:
                self._take(self.progress.get(timeout=left))
            except queue.Empty:
                return

    def _take(self, progress: Progress) -> None:
        if progress.schedule is not None:
            self.best = progress.schedule
        if not self.pending or _differs(self.pending[-1], progress):
            self.pending.append(progress)
        self.on_progress(progress)

    def _beat(self, *, force: bool = False) -> bool:
        """Renew the lease when it is time, and write what is new. True when a stop is wished."""
        moment = time.monotonic()
        fresh = self.best is not None and self.best is not self.kept
        keep = fresh and (force or moment - self.last_checkpoint >= CHECKPOINT_SECONDS)
        due = moment - self.last_beat >= min(self.lease.total_seconds() / 6, 1.0)
        if not (force or keep or due):
            return False
        best = self.best if keep else None
        try:
            wished = leases.beat(
                self.run_id,
                self.owner,
                seconds_used=self.seconds_used(),
                checkpoint=pack_schedule(best) if best is not None else None,
                events=self.pending,
                offset=self.offset,
                lease=self.lease,
            )
        except OperationalError:
            # A restart of the database, say: the lease outlasts it, or LeaseLost tells.
            log.warning("run %s: the database does not answer", self.run_id)
            return False
        self.last_beat = moment
        self.pending = []
        if best is not None:
            self.kept, self.last_checkpoint = best, moment
        if wished:
            self.stop_wished = True
        return wished

    # The end

    def settle(self) -> Outcome:
        """No more solving: store the best that earlier attempts left, or end without."""
        if self.start is not None:
            return self.conclude(self.start, message=Trouble.RESUMED)
        stopped = self.task.stop_wished
        self.fail(
            Trouble.OUT_OF_TIME if stopped else Trouble.GAVE_UP,
            state=RunState.CANCELLED if stopped else RunState.FAILED,
        )
        return Outcome.FAILED

    def _end(self) -> Outcome:
        self._beat(force=True)
        if self.error is not None:
            return self._broke_off(self.error)
        assert self.result is not None
        if self.result.status in (Status.OPTIMAL, Status.FEASIBLE):
            return self.conclude(self.result)
        trouble = {
            Status.INFEASIBLE: Trouble.INFEASIBLE,
            Status.OUT_OF_TIME: Trouble.OUT_OF_TIME,
        }.get(self.result.status, Trouble.REFUSED)
        stopped = self.stop_wished and self.result.status is Status.OUT_OF_TIME
        self.fail(
            trouble, status=self.result.status, state=RunState.CANCELLED if stopped else RunState.FAILED
        )
        return Outcome.FAILED

    def fail(
        self,
        trouble: Trouble,
        *,
        detail: str = "",
        status: Status | None = None,
        state: RunState = RunState.FAILED,
    ) -> None:
        """End the run without a schedule."""
        leases.fail(
            self.run_id,
            self.owner,
            trouble,
            seconds_used=self.seconds_used(),
            detail=detail,
            status=status,
            state=state,
        )

    def _broke_off(self, error: Exception) -> Outcome:
        """Keep what was found before; without it, tell the error's kind."""
        found = self.best or self.start
        detail = f"{type(error).__name__}: {error}"[:300]
        if found is not None:
            return self.conclude(found, message=f"{Trouble.BROKE_OFF}: {detail}")
        self.fail(Trouble.BROKE_OFF, detail=detail)
        return Outcome.FAILED

    def conclude(self, result: solver.Schedule, *, message: str = "") -> Outcome:
        """Judge the result once more from the problem alone, and store it in one transaction.

        What was stopped or broke off has not all reasons of what is not placed; here is time for them.
        """
        result = completed(self.plan.problem, result)
        verdict = verify(self.plan.problem, result, published=self.published)
        if not verdict.accepted or result.problem_digest != digest(self.plan.problem):
            detail = verdict.violations[0].message if verdict.violations else "made for another problem"
            log.error("run %s: the check refused the result: %s", self.run_id, detail)
            self.fail(Trouble.REFUSED, detail=detail)
            return Outcome.FAILED
        try:
            self._store(result, message)
        except IntegrityError as error:
            log.error("run %s: the result could not be stored: %s", self.run_id, error.orig)
            self.fail(Trouble.CHANGED)
            return Outcome.FAILED
        return Outcome.STORED

    def _store(self, result: solver.Schedule, message: str) -> None:
        with transaction() as session:
            leases.finish(
                session,
                self.run_id,
                self.owner,
                state=RunState.FINISHED,
                status=result.status,
                seconds_used=self.seconds_used(),
                message=message,
            )
            store_schedule(
                self.task.forum_id,
                problem=self.plan.problem,
                result=result,
                left_out=self.plan.left_out,
                run_id=self.run_id,
                based_on_id=promised_schedule_id(self.task.forum_id),
            )


def _differs(before: Progress, after: Progress) -> bool:
    """Whether there is anything in ``after`` that a reader of the log does not know yet."""
    one = (before.stage, before.goal, before.value, before.bound, before.placed)
    return one != (after.stage, after.goal, after.value, after.bound, after.placed)
