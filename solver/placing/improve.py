"""Local search while time lasts: annealing over all hard rules, and on Kempe chains for plain forums' gaps.

Goals are pursued in their order, in rounds. Rounds grow: each anneals from hot to cold, so any stop leaves a
good incumbent, and a given seed and number of moves always gives the same one. Changes of table, and what
comes after them in the order, have a search of their own, in which tables are told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from solver import kernels
from solver.arrays import Assignment
from solver.placing.annealer import KERNEL_GOALS, Annealer
from solver.placing.gaps import GapCloser, closes_gaps
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper

SHORTEST = 50_000
"""Moves of a first round, at least."""

CLOSED = (GoalName.BREAKS, GoalName.IDLE, GoalName.PREFERENCES)
"""Goals that only slots decide: on plain forums Kempe exchanges lower them."""


def improve(
    arrays: Arrays,
    start: Assignment,
    goals: Iterable[GoalName],
    *,
    targets: Mapping[GoalName, int],
    seed: int,
    refills: bool = True,
    control: Stopper,
    most_moves: int | None = None,
    on_better: Callable[[Assignment], None] = lambda _: None,
) -> Assignment:
    """Improve an incumbent by annealing, goal after goal, until all targets are met or time or moves run out.

    ``goals`` in their order (others than :data:`KERNEL_GOALS` are left out), ``targets`` their proven bounds,
    ``refills`` as the :class:`Annealer` has it.
    ``on_better`` gets each incumbent that is better by the goals, and keeps musts and max_breaks. The result
    is never worse than ``start`` by the goals, if ``start`` keeps the rules; else it may keep fewer.
    With too little time left for kernels to be loaded, ``start`` is returned as it is.
    Without a time limit and with ``most_moves`` the result depends on the seed and that number alone.
    """
    known = tuple(goal for goal in goals if goal in KERNEL_GOALS)
    if not kernels.worth_compiling(control.left()):
        return start
    searches = _Searches(arrays, known, targets, seed=seed, refills=refills)
    first = searches.begin(start)
    news = first.fill(np.argsort(-arrays.weight, kind="stable").astype(np.int32))

    def tell() -> None:
        if searches.feasible:
            on_better(searches.best())

    if news:
        tell()
    _Rounds(searches, control, most_moves, tell).run()
    return searches.best()


class _Searches:
    """One incumbent in one or two searches: the goals before moves need no tables; moves, and what comes
    after them, have a search in which each table is a class of its own."""

    def __init__(
        self,
        arrays: Arrays,
        goals: tuple[GoalName, ...],
        targets: Mapping[GoalName, int],
        *,
        seed: int,
        refills: bool,
    ) -> None:
        self.arrays = arrays
        self.goals = goals
        self.targets = targets
        self.seed = seed
        self.refills = refills
        self.early = goals[: goals.index(GoalName.MOVES)] if GoalName.MOVES in goals else goals
        self.made: dict[bool, Annealer] = {}
        self.leading: Annealer
        self._shared = True  # whether the search that does not lead has the leading one's best

    def begin(self, start: Assignment) -> Annealer:
        """The first search, with ``start`` entered."""
        self.leading = self._search(seated=not self.early and bool(self.goals))
        self.leading.load(start)
        self._shared = False
        return self.leading

    def of(self, goal: GoalName) -> Annealer:
        """The search for a goal, with the best so far entered."""
        search = self._search(seated=self.is_late(goal))
        if search is not self.leading and not self._shared:
            search.load(self.leading.best())
            self._shared = True
        return search

    def lead(self, search: Annealer) -> None:
        """Note that a search has found a better incumbent."""
        self.leading = search
        self._shared = False

    def is_late(self, goal: GoalName) -> bool:
        return goal in self.goals and goal not in self.early

    def met(self, goal: GoalName) -> bool:
        """Whether a goal is known to be at its target."""
        search = self.made.get(self.is_late(goal))
        return search is not None and (search is self.leading or self._shared) and search.met(goal)

    @property
    def feasible(self) -> bool:
        return self.leading.feasible

    @property
    def moves(self) -> int:
        """The moves made by both."""
        return sum(search.moves for search in self.made.values())

    def best(self) -> Assignment:
        return self.leading.best()

    def _search(self, *, seated: bool) -> Annealer:
        if seated not in self.made:
            self.made[seated] = Annealer(
                arrays=self.arrays.tables_apart() if seated else self.arrays,
                goals=self.goals if seated else self.early,
                targets=self.targets,
                seed=self.seed,
                refills=self.refills,
            )
        return self.made[seated]


class _Rounds:
    """Which goal has the next round, and how long it is.

    Every open goal has two short rounds first. Then long ones in turn: with a time limit as long as fits
    what is left (one slow cooling beats many quick ones), else growing by a factor.
    """

    def __init__(
        self, searches: _Searches, control: Stopper, most_moves: int | None, tell: Callable[[], None]
    ) -> None:
        self.searches = searches
        self.control = control
        self.most_moves = most_moves
        self.tell = tell
        self.shortest = max(SHORTEST, 50 * searches.arrays.n_meetings)
        self.rounds: Counter[GoalName] = Counter()
        self.rate: dict[GoalName, float] = {}  # moves a second, once seen
        self.closes_gaps = closes_gaps(searches.arrays)

    def run(self) -> None:
        while not self.control.should_stop():
            goal = self._next()
            if goal is None:
                return
            moves = self._length(goal)
            if self.most_moves is not None:
                moves = min(moves, self.most_moves - self.searches.moves)
            if moves <= 0:
                return
            left, made = self.control.left(), self.searches.moves
            if not self._round(goal, moves):
                return
            self.rounds[goal] += 1
            took = left - self.control.left()
            if 0.02 < took < float("inf"):
                self.rate[goal] = (self.searches.moves - made) / took

    def _round(self, goal: GoalName, moves: int) -> bool:
        """One round for a goal. False: stopped."""
        search = self.searches.of(goal)
        if self.closes_gaps and search.feasible and goal in CLOSED and not self.searches.is_late(goal):
            self._close(search, goal, moves)
            return True
        return search.round(goal, moves, control=self.control, on_better=lambda: self._take(search))

    def _take(self, search: Annealer) -> None:
        self.searches.lead(search)
        self.tell()

    def _next(self) -> GoalName | None:
        """The open goal with the fewest rounds beyond the short ones; of these the first."""
        goals = self.searches.goals
        if not self.searches.feasible:
            return goals[0] if goals else GoalName.VALUE
        open_goals = [goal for goal in goals if not self.searches.met(goal)]
        return min(open_goals, key=lambda goal: max(0, self.rounds[goal] - 1), default=None)

    def _length(self, goal: GoalName) -> int:
        before = self.rounds[goal]
        shortest = SHORTEST if self.searches.is_late(goal) else self.shortest
        if before < 2:
            return shortest * (5 if before else 1)
        left, rate = self.control.left(), self.rate.get(goal)
        if self.most_moves is None and rate is not None and left != float("inf"):
            goals = self.searches.goals
            last = all(self.searches.met(each) for each in goals[goals.index(goal) + 1 :])
            return max(shortest, int(rate * left * (0.95 if last else 0.6)))
        return int(shortest * 5 * 3 ** (before - 1))

    def _close(self, search: Annealer, goal: GoalName, moves: int) -> None:
        """A round of Kempe exchanges, taken over if it is better by the goals."""
        later = search.goals[search.goals.index(goal) + 1 :]
        closer = GapCloser(
            search.arrays,
            goal,
            seed=search.seed + self.rounds[goal] + 1,
            preferences=GoalName.PREFERENCES in later,
        )
        before = search.best_starts()
        started = closer.round(before, 2 * moves, control=self.control)
        search.moves += moves
        if search.take_starts(started):
            self._take(search)
