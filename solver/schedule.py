"""The Schedule: what a run hands out, immutable, with the proof of how good it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from solver.problem import Count, GoalName, Id, _Record


class Status(StrEnum):
    """How a solve ended.

    ``OPTIMAL``: every goal's value equals its proven bound. ``FEASIBLE``: verified, bounds not all met.
    ``INFEASIBLE``: proven that no schedule keeps all rules (only where meetings are a must or locked).
    ``OUT_OF_TIME``: neither a schedule nor a proof that there is none. ``INVALID``: the problem is refused.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    OUT_OF_TIME = "out-of-time"
    INVALID = "invalid"


class Reason(StrEnum):
    """The tightest true statement of why a meeting is not placed; see ``solver/explain/reasons.py``."""

    NO_COMMON_SLOT = "no-common-slot"  # no slot in which all parties and an allowed start meet
    SLOTS_FULL = "slots-full"  # a party's slots are full of meetings (subjects: people, then meetings)
    NO_TABLE = "no-table"  # tables that fit are all taken in the slots that both can make
    NO_FITTING_TABLE = "no-fitting-table"  # no table at all has the features/zone/host needed
    NO_INTERPRETER = "no-interpreter"  # nobody for the pair in those slots
    NO_INTERPRETER_PAIR = "no-interpreter-pair"  # nobody for the pair at all
    LIMIT = "limit"  # a limit of meetings in all of a person or company, or several limits together
    LIMIT_DAY = "limit-day"  # a limit of a person's meetings a day
    LIMIT_ROW = "limit-row"  # a limit of a person's slots in a row
    LIMIT_BREAKS = "limit-breaks"  # the hard limit of everybody's breaks
    PRECEDENCE = "precedence"  # a meeting before or after it leaves no slot
    WALKING = "walking"  # the walk from or to the adjacent meeting is too long
    COSTS_MORE = "costs-more"  # placing it costs meetings that are worth at least as much


class Placement(_Record, frozen=True):
    """A meeting's start slot, table, the people who come (all parties) and the interpreter."""

    meeting: Id
    slot: Id
    table: Id
    people: tuple[Id, ...]
    interpreter: Id | None = None


class GoalResult(_Record, frozen=True):
    """A goal's value and the proven bound: no schedule that is as good in the earlier goals passes it."""

    name: GoalName
    value: int
    bound: int

    @property
    def proven(self) -> bool:
        return self.value == self.bound


class Unplaced(_Record, frozen=True):
    """A meeting without placement. ``subjects``: ids that the reason names (people, meetings ...)."""

    meeting: Id
    reason: Reason
    subjects: tuple[Id, ...] = ()


class Schedule(_Record, frozen=True):
    """A run's result. ``placements`` and ``unplaced`` are sorted by the problem's order of meetings.

    After a stop, meetings may be in neither (``explain.reasons.completed`` adds them).
    """

    version: Literal[1]
    status: Status
    problem_digest: str
    solver_version: str
    placements: tuple[Placement, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    goals: tuple[GoalResult, ...] = ()
    seed: Count = 0
