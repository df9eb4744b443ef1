"""Progress of a solve and the one place that says when to stop.

A :class:`Control` travels through every stage. Stages ask ``should_stop()`` often enough that a stop takes
effect within a second, and report what they found by ``report(...)``. What ends a solve (judging what was
found last, the reasons) is cut short after :meth:`Control.grace`. The clock is injected: with a
``work_limit`` and a clock that never moves, a solve repeats byte for byte.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from solver.abandoning import never
from solver.memory import Guard

if TYPE_CHECKING:
    from solver.problem import GoalName
    from solver.schedule import Schedule


GRACE_SECONDS = 0.4
"""What may still be finished after a stop was asked for; writing the schedule comes after it."""


class Stage(StrEnum):
    """What the solver is doing, in the order in which a solve goes through it."""

    BOUND = "bound"
    CONSTRUCT = "construct"
    IMPROVE = "improve"
    PROVE = "prove"
    TABLES = "tables"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One event. ``seconds`` since the start; ``schedule`` only with a new, verified incumbent."""

    seconds: float
    stage: Stage
    goal: GoalName | None = None
    value: int | None = None
    bound: int | None = None
    placed: int = 0
    schedule: Schedule | None = None


def _ignore(_: Progress) -> None:
    return None


@dataclass(slots=True, kw_only=True)
class Control:
    """Deadline, stop wish and listener of one solve.

    ``deadline`` is a time of ``clock`` (seconds, monotonic) or None for no limit. ``stop`` is asked by any
    thread and must be quick. ``on_progress`` is called from one thread at a time; what it raises ends
    the solve. ``memory`` says when it is short: stages that take much of it end then (:meth:`heavy`).
    """

    deadline: float | None = None
    memory: Guard = field(default_factory=Guard.of_machine)
    stop: Callable[[], bool] = never
    on_progress: Callable[[Progress], None] = _ignore
    clock: Callable[[], float] = time.monotonic
    _started: float = field(init=False, default=0.0)
    _halted: threading.Event = field(init=False, default_factory=threading.Event)
    _parent: Control | None = field(init=False, default=None)
    _wished: float | None = field(init=False, default=None)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._started = self.clock()

    @classmethod
    def of_seconds(
        cls,
        seconds: float | None,
        *,
        stop: Callable[[], bool] = never,
        on_progress: Callable[[Progress], None] = _ignore,
        clock: Callable[[], float] = time.monotonic,
    ) -> Control:
        """A control whose deadline is ``seconds`` (>= 0, None: no limit) from now."""
        deadline = None if seconds is None else clock() + seconds
        return cls(deadline=deadline, stop=stop, on_progress=on_progress, clock=clock)

    def elapsed(self) -> float:
        """Seconds since this control was made."""
        return self.clock() - self._started

    def left(self) -> float:
        """Seconds until the deadline: 0 when it is past or a stop was asked for, infinity without one."""
        if self._halted.is_set():
            return 0.0
        return float("inf") if self.deadline is None else max(0.0, self.deadline - self.clock())

    def halt(self) -> None:
        """Make ``should_stop`` true for good (a signal, an interrupt)."""
        if self._wished is None:
            self._wished = self.clock()
        self._halted.set()

    def should_stop(self) -> bool:
        """True once the deadline is past, ``stop`` said so, or :meth:`halt` was called; then for ever."""
        if self._halted.is_set():
            return True
        if self.stop():
            if self._parent is None:  # a part only passes on what ended the whole
                self.halt()
            self._halted.set()
        elif self.deadline is not None and self.clock() >= self.deadline:
            self._halted.set()
        return self._halted.is_set()

    def grace(self) -> float:
        """Seconds left to finish what was begun when somebody asked for a stop; infinity if nobody did.

        A deadline needs no grace: time to finish is kept back before it.
        """
        own = math.inf if self._wished is None else max(0.0, self._wished + GRACE_SECONDS - self.clock())
        return own if self._parent is None else min(own, self._parent.grace())

    def stopper(self, seconds: float) -> Callable[[], bool]:
        """A stop test for one stage that may use at most ``seconds`` of what is left."""
        end = self.clock() + seconds
        return lambda: self.should_stop() or self.clock() >= end

    def heavy(self) -> Control:
        """A control for stages that take much memory: it ends with this one, and for good once memory is
        short."""
        child = self.part(math.inf)
        child.stop = lambda: self.should_stop() or self.memory.short()
        return child

    def part(self, seconds: float, *, on_progress: Callable[[Progress], None] | None = None) -> Control:
        """A control for one stage: ends with this one, or after ``seconds`` (infinity: no limit of its own);
        reports to the same listener unless another is given."""
        end = self.clock() + seconds
        deadline = end if self.deadline is None else min(end, self.deadline)
        child = Control(
            deadline=None if math.isinf(deadline) else deadline,
            memory=self.memory,
            stop=self.should_stop,
            on_progress=on_progress or self.on_progress,
            clock=self.clock,
        )
        child._parent = self
        child._started = self._started
        child._lock = self._lock
        return child

    def report(
        self,
        stage: Stage,
        *,
        goal: GoalName | None = None,
        value: int | None = None,
        bound: int | None = None,
        placed: int = 0,
        schedule: Schedule | None = None,
    ) -> None:
        """Tell the listener, one thread at a time."""
        with self._lock:
            self.on_progress(
                Progress(
                    seconds=self.elapsed(),
                    stage=stage,
                    goal=goal,
                    value=value,
                    bound=bound,
                    placed=placed,
                    schedule=schedule,
                )
            )
