"""What stands on a board: the problem and the placements, read once for each revision."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import select

from forum_scheduler.extensions import db
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.storing import load_result, unpack_problem
from solver.problem import Meeting, Problem
from solver.schedule import Placement, Status
from solver.schedule import Schedule as Result
from solver.verify import Verdict, Violation, verify

KEPT = 6  # problems, positions and names, in each process: two organisers at two boards
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Position:
    """``placed``: meeting -> placement. The judge accepts it, but for musts that have no place yet."""

    problem: Problem
    placed: Mapping[str, Placement]

    def meeting(self, meeting_id: str) -> Meeting | None:
        return next((each for each in self.problem.meetings if each.id == meeting_id), None)

    def waiting(self) -> tuple[Meeting, ...]:
        """The meetings without a place."""
        return tuple(each for each in self.problem.meetings if each.id not in self.placed)

    def after(self, changes: Mapping[str, Placement | None]) -> Position:
        """The same with other places for some meetings (None: none)."""
        placed = {key: value for key, value in self.placed.items() if key not in changes}
        placed |= {key: value for key, value in changes.items() if value is not None}
        return Position(self.problem, placed)

    def broken(self, changes: Mapping[str, Placement | None]) -> tuple[Violation, ...]:
        """The rules that ``changes`` would break. A must that waits already breaks nothing anew."""
        return tuple(
            each
            for each in judge(self.problem, self.after(changes).placed.values()).violations
            if each.rule != "must" or each.subjects[0] in self.placed
        )


def judge(problem: Problem, placements: Iterable[Placement]) -> Verdict:
    """What the independent judge says to these placements."""
    trial = Result(
        version=1,
        status=Status.FEASIBLE,
        problem_digest="",
        solver_version="",
        placements=tuple(placements),
    )
    return verify(problem, trial)


class _Kept:
    """The few newest values; safe for the threads of a web process. Values never change, so none is stale."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[object, object] = OrderedDict()

    def get(self, key: object, make: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]  # type: ignore[return-value]  # keys say what kind they hold
        value = make()
        self.put(key, value)
        return value

    def put(self, key: object, value: object) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > KEPT:
                self._values.popitem(last=False)


kept = _Kept()


def problem_of(schedule: Schedule) -> Problem:
    """The problem that the schedule was made for."""

    def read() -> Problem:
        query = select(Schedule.problem).where(Schedule.id == schedule.id)
        return unpack_problem(db.session.scalars(query).one())

    return kept.get(("problem", schedule.problem_digest), read)


def position_of(schedule: Schedule, revision: int) -> Position:
    """The board as it stands at ``revision``, which must be the present one."""

    def read() -> Position:
        problem = problem_of(schedule)
        known = {meeting.id for meeting in problem.meetings}
        found = load_result(schedule, problem)
        return Position(problem, {each.meeting: each for each in found.placements if each.meeting in known})

    return kept.get(("position", schedule.uid, revision), read)


def remember(uid: str, revision: int, position: Position) -> None:
    """Keep what a step has made, once it is committed, so that nobody needs to read it."""
    kept.put(("position", uid, revision), position)
