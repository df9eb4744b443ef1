"""Local search while time lasts: annealing over all hard rules, and on Kempe chains for plain forums' gaps.

Goals are pursued in their order: the first that is not at its bound is *active*; those before it weigh so
much that annealing gives them up only for an instant, those after it break ties. The best incumbent is kept
by the true lexicographic order. Rounds double: each anneals from hot to cold, so any stop leaves a good
incumbent, and a given seed and number of moves always gives the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from solver import kernels
from solver.arrays import NONE, Assignment, Ints, Longs
from solver.kernels import anneal
from solver.kernels.layout import (
    G_BREAKS,
    G_COVERAGE,
    G_IDLE,
    G_PREFERENCES,
    G_RULES,
    G_VALUE,
    GOALS,
    World,
    seats_of,
)
from solver.plain import random_state
from solver.problem import GoalName
from solver.tables import give_tables

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.lp import Stopper

KERNEL_GOALS: Mapping[GoalName, int] = {
    GoalName.COVERAGE: G_COVERAGE,
    GoalName.VALUE: G_VALUE,
    GoalName.BREAKS: G_BREAKS,
    GoalName.IDLE: G_IDLE,
    GoalName.PREFERENCES: G_PREFERENCES,
}
"""Goals that annealing knows. ``promises`` and ``moves`` need tables and the published schedule."""

_CHUNK = 20_000  # moves between two looks at the clock (some 20-100 ms)
_GAPS = (GoalName.BREAKS, GoalName.IDLE)


@dataclass(slots=True, eq=False, kw_only=True)
class Annealer:
    """One local search over one problem, from an incumbent. Belongs to one thread.

    ``goals``: in their order, those of :data:`KERNEL_GOALS`. ``targets``: bounds; a goal at its bound is done
    and held. ``moves`` counts the moves made so far (the measure of work).
    """

    arrays: Arrays
    goals: tuple[GoalName, ...]
    targets: Mapping[GoalName, int]
    seed: int
    moves: int = 0
    world: World = field(init=False)
    _random: Longs = field(init=False)
    _best: Ints = field(init=False)
    _best_sums: Longs = field(init=False)
    _order: Longs = field(init=False)

    def __post_init__(self) -> None:
        kernels.compile_kernels()
        gaps = any(goal in _GAPS for goal in self.goals)
        self.world = World.of(self.arrays, gaps=gaps)
        self._random = random_state(self.seed)
        self._order = np.array([G_RULES, *(KERNEL_GOALS[goal] for goal in self.goals)], np.int64)
        self._keep()

    def load(self, incumbent: Assignment) -> None:
        """Enter what fits of an incumbent (all, when it keeps the rules), in the order of meetings."""
        row = np.full(self.arrays.n_meetings, NONE, np.int32)
        has = incumbent.table != NONE
        row[has] = self.arrays.table_class[incumbent.table[has]]
        row[~has] = self._only_class()[~has]
        _, people, party_seat = seats_of(self.arrays)
        chosen = party_seat != NONE
        people[party_seat[chosen]] = incumbent.chosen[chosen]
        anneal.load(
            self.world.flat,
            self.world.sums,
            incumbent.start,
            row,
            incumbent.interpreter,
            people,
        )
        self._keep()

    def fill(self, order: Ints) -> None:
        """Place what fits as things are, in ``order``."""
        anneal.fill(self.world.flat, self.world.sums, self._random, order)
        if self._better_now():
            self._keep()

    @property
    def feasible(self) -> bool:
        """Whether the best incumbent keeps the musts and max_breaks, which search may break on its way."""
        return bool(self._best_sums[G_RULES] == 0)

    def best(self) -> Assignment:
        """The best incumbent, with tables."""
        classes = self.world.classes(self._best)
        return give_tables(self.arrays, self.world.assignment(self._best), classes)

    def value(self, goal: GoalName) -> int:
        """The best incumbent's value of one of ``goals``, as the schedule states it."""
        total = int(self._best_sums[KERNEL_GOALS[goal]])
        return total if goal.maximised else -total

    def active(self) -> GoalName | None:
        """The first goal that is not at its target; None when all are, or when nothing counts."""
        if not self.feasible:
            return self.goals[0] if self.goals else GoalName.VALUE
        for goal in self.goals:
            if goal not in self.targets or self.value(goal) != self.targets[goal]:
                return goal
        return None

    def round(self, goal: GoalName, moves: int, *, control: Stopper, on_better: Callable[[], None]) -> bool:
        """Anneal once for ``goal`` in ``moves`` moves. True: the goal met its target, or all moves are made;
        False: stopped. ``on_better`` is called after each stretch that improved the best incumbent."""
        worth, hot, cold = self._worth(goal)
        shares = np.array([0.15, 0.9] if goal in (*_GAPS, GoalName.PREFERENCES) else [0.8, 0.15])
        done = 0
        while done < moves:
            if control.should_stop():
                return False
            step = min(_CHUNK, moves - done)
            before = self._best_sums.copy()
            anneal.anneal(
                self.world.flat,
                self.world.sums,
                self._random,
                worth,
                self._order,
                shares,
                self._best,
                self._best_sums,
                step,
                hot * (cold / hot) ** (done / moves),
                hot * (cold / hot) ** ((done + step) / moves),
            )
            done += step
            self.moves += step
            if (before != self._best_sums).any():
                on_better()
                if self.active() != goal and self.feasible:
                    break
        self.restart()
        return True

    def restart(self) -> None:
        """Go on from the best incumbent."""
        self.world = World.of(self.arrays, gaps=any(goal in _GAPS for goal in self.goals))
        assignment = self.world.assignment(self._best)
        classes = self.world.classes(self._best)
        _, people, party_seat = seats_of(self.arrays)
        chosen = party_seat != NONE
        people[party_seat[chosen]] = assignment.chosen[chosen]
        anneal.load(
            self.world.flat, self.world.sums, assignment.start, classes, assignment.interpreter, people
        )

    def _worth(self, goal: GoalName) -> tuple[np.typing.NDArray[np.float64], float, float]:
        """(worth of each goal's unit, hottest and coldest temperature) when ``goal`` is active."""
        arrays = self.arrays
        heaviest = float(arrays.weight.max(initial=1))
        typical = float(np.median(arrays.weight)) if arrays.n_meetings else 1.0
        unit = {GoalName.VALUE: typical / 2.0, GoalName.COVERAGE: 1.0}.get(goal, 1.0)
        worth = np.zeros(GOALS)
        place = self.goals.index(goal) if goal in self.goals else 0
        for rank, each in enumerate(self.goals):
            sign = KERNEL_GOALS[each]
            if rank == place:
                worth[sign] = 1.0
            elif rank < place:
                worth[sign] = 2.0 * heaviest if goal is GoalName.VALUE else 60.0 * unit
            else:
                worth[sign] = 0.02 / (rank - place)
        if goal is GoalName.COVERAGE:
            worth[G_VALUE] = 0.2 / heaviest if GoalName.VALUE in self.goals else 0.0
        worth[G_RULES] = 8.0 * max(heaviest, float(worth.max()))
        return worth, 0.6 * unit if goal in (GoalName.VALUE, GoalName.COVERAGE) else 2.0, 0.06 * unit

    def _only_class(self) -> Ints:
        """The first class that suits each meeting: where an incumbent has no tables yet."""
        arrays = self.arrays
        first = np.full(len(arrays.demand_ptr) - 1, NONE, np.int32)
        some = np.diff(arrays.demand_ptr) > 0
        first[some] = arrays.demand_class[arrays.demand_ptr[:-1][some]]
        return first[arrays.demand]

    def _keep(self) -> None:
        self._best = self.world.flat[self.world.answer].copy()
        self._best_sums = self.world.sums.copy()

    def _better_now(self) -> bool:
        return bool(anneal.better(self.world.sums, self._best_sums, self._order))


def improve(
    arrays: Arrays,
    start: Assignment,
    goals: Iterable[GoalName],
    *,
    targets: Mapping[GoalName, int],
    seed: int,
    control: Stopper,
    most_moves: int | None = None,
    on_better: Callable[[Assignment], None] = lambda _: None,
) -> Assignment:
    """Improve an incumbent by annealing, goal after goal, until all targets are met or time or moves run out.

    ``goals`` in their order (others than :data:`KERNEL_GOALS` are left out), ``targets`` their proven bounds.
    ``on_better`` gets each incumbent that is better by the goals, and keeps musts and max_breaks. The result
    is never worse than ``start`` by the goals, if ``start`` keeps the rules; else it may keep fewer.
    """
    known = tuple(goal for goal in goals if goal in KERNEL_GOALS)
    search = Annealer(arrays=arrays, goals=known, targets=targets, seed=seed)
    search.load(start)
    search.fill(np.argsort(-arrays.weight, kind="stable").astype(np.int32))

    def tell() -> None:
        if search.feasible:
            on_better(search.best())

    tell()
    budgets: dict[GoalName, int] = {}
    open_goals = list(known)
    while open_goals and not control.should_stop():
        goal = search.active()
        if goal is None:
            break
        if goal not in open_goals:
            goal = open_goals[0]
        moves = budgets.get(goal, max(100_000, 100 * arrays.n_meetings))
        if most_moves is not None:
            moves = min(moves, most_moves - search.moves)
            if moves <= 0:
                break
        if not search.round(goal, moves, control=control, on_better=tell):
            break
        budgets[goal] = 2 * moves
        _take_turns(open_goals, goal, search)
    return search.best()


def _take_turns(open_goals: list[GoalName], done: GoalName, search: Annealer) -> None:
    """After a round, the next open goal has its turn; those at their targets leave."""
    if done in open_goals:
        open_goals.remove(done)
        open_goals.append(done)
    for goal in list(open_goals):
        if goal in search.targets and search.feasible and search.value(goal) == search.targets[goal]:
            open_goals.remove(goal)
