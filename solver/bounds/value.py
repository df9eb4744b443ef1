"""What no schedule can exceed of value and coverage: by linear relaxations, and by simple counts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from solver.arrays import Reals
from solver.bounds.lp import Stopper
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """No schedule has more than ``limit`` of a maximised goal (less, of a minimised one).

    ``method`` names the proof. ``point``: the relaxation's best, ``share[m]``: how much of meeting m it
    places; guides for search, empty when the solver was stopped. ``finished``: the program was solved to its
    optimum.
    """

    goal: GoalName
    limit: int
    method: str
    share: Reals
    finished: bool
    point: Reals = field(default_factory=lambda: np.zeros(0))


def counted_bound(arrays: Arrays, goal: GoalName) -> Bound:
    """Everything that has an admissible start is placed; nobody waits, moves or minds."""
    possible = arrays.admissible.any(axis=1)
    limit = 0
    if goal is GoalName.VALUE:
        limit = int(arrays.weight[possible].sum())
    elif goal is GoalName.COVERAGE:
        rows = np.repeat(possible, np.diff(arrays.company_ptr))
        counts = np.bincount(arrays.company[rows], minlength=arrays.n_companies)
        counts = np.minimum(counts, arrays.problem.floor)
        limit = int((counts * (2 * arrays.problem.floor + 1 - counts) // 2).sum())
    elif goal is GoalName.PREFERENCES:
        liked = ((arrays.person_dislike < 0) & arrays.person_free).any(axis=1).sum()
        limit = -int(liked) * arrays.n_slots if liked else 0
    return Bound(goal, limit, "count", np.zeros(0), True)


def aggregated_bound(
    arrays: Arrays, goal: GoalName, *, control: Stopper, least_coverage: int | None = None
) -> Bound:
    """The bound of value or coverage with all slots as one period. Milliseconds; exact on most plain forums.

    ``least_coverage``: only schedules with at least this much coverage are bounded (value after coverage).
    """
    return relaxed_bound(arrays, goal, grain=Grain.ALL, control=control, least_coverage=least_coverage)


def block_bound(
    arrays: Arrays, goal: GoalName, *, control: Stopper, least_coverage: int | None = None
) -> Bound:
    """The bound of value or coverage with each block a period: seconds where slots take minutes."""
    return relaxed_bound(arrays, goal, grain=Grain.BLOCK, control=control, least_coverage=least_coverage)


def time_indexed_bound(
    arrays: Arrays, goal: GoalName, *, control: Stopper, least_coverage: int | None = None
) -> Bound:
    """The bound of value or coverage with each slot a period: seconds to minutes on rich forums."""
    return relaxed_bound(arrays, goal, grain=Grain.SLOT, control=control, least_coverage=least_coverage)


def relaxed_bound(
    arrays: Arrays,
    goal: GoalName,
    *,
    grain: Grain,
    control: Stopper,
    least_coverage: int | None = None,
    method: str = "glop",
) -> Bound:
    """The bound of value or coverage at one grain. A stop gives a weaker, still valid bound."""
    if goal not in (GoalName.VALUE, GoalName.COVERAGE):
        raise ValueError(f"no relaxation for the goal {goal}")
    if control.should_stop():
        return replace(counted_bound(arrays, goal), finished=False)
    relaxation = Relaxation(arrays, grain, goal, least_coverage)
    result = relaxation.program.solve(control=control, method=method)
    simple = counted_bound(arrays, goal).limit
    share = np.zeros(0)
    if len(result.values):
        share = np.zeros(arrays.n_meetings)
        np.add.at(share, relaxation.meeting, result.values[: len(relaxation.meeting)])
    return Bound(goal, min(result.bound, simple), grain.value, share, result.finished, result.values)
