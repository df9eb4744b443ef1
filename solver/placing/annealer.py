"""One annealing search over all hard rules: a round anneals for one goal, from hot to cold.

While a goal is *active*, those before it weigh so much that annealing gives them up only for an instant, and
those after it break ties. The best incumbent is kept by the true lexicographic order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from solver import kernels
from solver.arrays import NONE, Assignment, Ints, Longs, Reals
from solver.kernels import anneal
from solver.kernels.layout import (
    G_BREAKS,
    G_COVERAGE,
    G_IDLE,
    G_MOVES,
    G_PREFERENCES,
    G_RULES,
    G_VALUE,
    GOALS,
    World,
)
from solver.placing.plain import random_state
from solver.placing.tables import give_tables
from solver.problem import GoalName

if TYPE_CHECKING:
    from solver.arrays import Arrays
    from solver.bounds.lp import Stopper

KERNEL_GOALS: Mapping[GoalName, int] = {
    GoalName.COVERAGE: G_COVERAGE,
    GoalName.VALUE: G_VALUE,
    GoalName.BREAKS: G_BREAKS,
    GoalName.IDLE: G_IDLE,
    GoalName.MOVES: G_MOVES,
    GoalName.PREFERENCES: G_PREFERENCES,
}
"""Goals that annealing knows: all but ``promises``, which need the published schedule."""

_CHUNK = 20_000  # moves between two looks at the clock (some 20-100 ms)
_GAPS = (GoalName.BREAKS, GoalName.IDLE)
_KEEPING = (*_GAPS, GoalName.MOVES, GoalName.PREFERENCES)
"""Goals for which what is placed may stay placed: only slots, people and tables decide."""


@dataclass(slots=True, eq=False, kw_only=True)
class Annealer:
    """One local search over one problem, from an incumbent. Belongs to one thread.

    ``goals``: in their order, those of :data:`KERNEL_GOALS`; with ``moves`` among them every table must be a
    class of its own (:meth:`solver.arrays.Arrays.tables_apart`). ``targets``: bounds; a goal at its bound is
    done and held. ``moves`` counts the moves made so far (the measure of work). ``refills``: patient moves
    give what they leave free to others; far better where long meetings compete with short ones, a little
    worse where interpreters are scarce.
    """

    arrays: Arrays
    goals: tuple[GoalName, ...]
    targets: Mapping[GoalName, int]
    seed: int
    refills: bool = True
    moves: int = 0
    world: World = field(init=False)
    _random: Longs = field(init=False)
    _best: Ints = field(init=False)
    _best_sums: Longs = field(init=False)
    _order: Longs = field(init=False)
    _made: tuple[Ints, Assignment] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        kernels.compile_kernels()
        self.world = self._empty()
        self._random = random_state(self.seed)
        self._order = np.array([G_RULES, *(KERNEL_GOALS[goal] for goal in self.goals)], np.int64)
        self._keep()

    def _empty(self) -> World:
        gaps = any(goal in _GAPS for goal in self.goals)
        return World.of(self.arrays, gaps=gaps, seated=GoalName.MOVES in self.goals)

    def load(self, incumbent: Assignment) -> None:
        """Begin from what fits of an incumbent (all, when it keeps the rules), in the order of meetings."""
        self.world = self._empty()
        row = np.full(self.arrays.n_meetings, NONE, np.int32)
        has = incumbent.table != NONE
        row[has] = self.arrays.table_class[incumbent.table[has]]
        row[~has] = self._only_class()[~has]
        _, people, party_seat = self.arrays.seats()
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
        placed = incumbent.start != NONE
        if np.array_equal(self.best_starts(), incumbent.start) and (incumbent.table[placed] != NONE).all():
            self._made = self._best.copy(), incumbent  # its tables may be better than those given anew

    def fill(self, order: Ints) -> bool:
        """Place what fits as things are, in ``order``; whether that is better."""
        anneal.fill(self.world.flat, self.world.sums, self._random, order)
        if not self._better_now():
            return False
        self._keep()
        return True

    @property
    def feasible(self) -> bool:
        """Whether the best incumbent keeps the musts and max_breaks, which search may break on its way."""
        return bool(self._best_sums[G_RULES] == 0)

    def best(self) -> Assignment:
        """The best incumbent, with tables."""
        known = self._made
        if known is None or not np.array_equal(known[0], self._best):
            classes = self.world.classes(self._best)
            made = give_tables(self.arrays, self.world.assignment(self._best), classes)
            known = self._made = self._best.copy(), made
        return known[1]

    def value(self, goal: GoalName) -> int:
        """The best incumbent's value of one of ``goals``, as the schedule states it."""
        total = int(self._best_sums[KERNEL_GOALS[goal]])
        return total if goal.maximised else -total

    def met(self, goal: GoalName) -> bool:
        """Whether the best incumbent has a goal at its target."""
        return self.feasible and goal in self.targets and self.value(goal) == self.targets[goal]

    def round(self, goal: GoalName, moves: int, *, control: Stopper, on_better: Callable[[], None]) -> bool:
        """Anneal once for ``goal`` in ``moves`` moves. True: the goal met its target, or all moves are made;
        False: stopped. ``on_better`` is called after each stretch that improved the best incumbent."""
        worth, hot, cold = self._worth(goal)
        shares = self._shares(goal)
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
                if self.met(goal):
                    break
        self.restart()
        return True

    def best_starts(self) -> Ints:
        """The starts of the best incumbent."""
        return self._best[: self.arrays.n_meetings].copy()

    def take_starts(self, starts: Ints) -> bool:
        """Go on from other starts of a plain forum, if they are better by the goals."""
        before, sums = self._best, self._best_sums
        self._best = self._best.copy()
        self._best[: len(starts)] = starts
        self.restart()
        if anneal.better(self.world.sums, sums, self._order):
            self._keep()
            return True
        self._best = before
        self.restart()
        return False

    def restart(self) -> None:
        """Go on from the best incumbent."""
        self.world = self._empty()
        assignment = self.world.assignment(self._best)
        classes = self.world.classes(self._best)
        _, people, party_seat = self.arrays.seats()
        chosen = party_seat != NONE
        people[party_seat[chosen]] = assignment.chosen[chosen]
        anneal.load(
            self.world.flat, self.world.sums, assignment.start, classes, assignment.interpreter, people
        )

    def _worth(self, goal: GoalName) -> tuple[Reals, float, float]:
        """(worth of each goal's unit, hottest and coldest temperature) when ``goal`` is active."""
        arrays = self.arrays
        heaviest = float(arrays.weight.max(initial=1))
        unit = self._unit(goal)
        worth = worths(self.goals, goal, heaviest=heaviest, unit=unit)
        if goal is GoalName.COVERAGE:
            worth[G_VALUE] = 0.2 / heaviest if GoalName.VALUE in self.goals else 0.0
        worth[G_RULES] = 8.0 * max(heaviest, float(worth.max()))
        if goal in (GoalName.VALUE, GoalName.COVERAGE):
            return worth, 0.6 * unit, 0.03 * unit
        return worth, 1.0 if goal is GoalName.MOVES else 2.0, 0.06 * unit

    def _shares(self, goal: GoalName) -> Reals:
        """Kinds of moves: chains where everything may stay placed, patience where meetings compete."""
        if goal in _KEEPING:
            if goal is GoalName.MOVES:
                # With most tables free, single moves do what chains do elsewhere, and are quicker.
                return np.array([0.1, 0.2, 0.0, 0.0, 0.0, 0.5, 0.3])
            return np.array([0.1, 0.9, 0.0, 0.0, 0.0, 0.5, 0.0])
        return np.array([0.75, 0.05, 0.2, 3.0 * self._unit(goal), 1.0 if self.refills else 0.0, 0.0, 0.0])

    def _unit(self, goal: GoalName) -> float:
        """What a move gains or loses, typically, in units of the goal."""
        if goal is GoalName.VALUE and self.arrays.n_meetings:
            return float(np.median(self.arrays.weight)) / 2.0
        return 1.0

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


def worths(goals: tuple[GoalName, ...], active: GoalName, *, heaviest: float, unit: float) -> Reals:
    """What a unit of each goal is worth while ``active`` counts 1: later goals break ties, earlier ones are
    given up only for an instant. ``heaviest``: the largest weight of a meeting; ``unit``: what a move
    typically gains of ``active``.
    """
    worth = np.zeros(GOALS)
    place = goals.index(active) if active in goals else 0
    for rank, each in enumerate(goals[place:]):
        worth[KERNEL_GOALS[each]] = 0.02 / rank if rank else 1.0
    held = 2.0 * heaviest if active is GoalName.VALUE else 60.0 * unit
    for each in reversed(goals[:place]):
        worth[KERNEL_GOALS[each]] = held
        # What comes before it outweighs what one move can gain of it: else coverage is sold for value, and
        # all that is found then is worse by the first goal.
        held *= 2.0 * heaviest if each is GoalName.VALUE else 4.0
    return worth
