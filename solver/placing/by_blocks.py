"""Value of rich forums by integer programs: first who meets in which block, then each block by itself.

Of what is selected for a block (:mod:`solver.placing.selection`) nearly always all finds a place in its
slots (:mod:`solver.placing.block`). Where it does not, the block is selected anew, the others as they are.
That meets the bound of value on most rich forums. Annealing of the whole comes near and seldom reaches it:
the last table is full then, each exchange long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from solver.placing.block import place_quickly, place_thoroughly, weight_of
from solver.placing.selection import Selection
from solver.problem import Problem
from solver.schedule import Placement

if TYPE_CHECKING:
    from solver.arrays import Arrays, Longs, Reals
    from solver.bounds.lp import Stopper

PROGRAM_SHARE: Final = 0.4
"""Of the time left, the most that one program may take."""

LONGEST: Final = 600.0
"""The most seconds that one program gets."""

ROUNDS: Final = 3
"""How often blocks that are not whole are looked at."""

TRIES: Final = 1
"""How often in a round a block is selected anew."""

TRIES_WITH_LESS: Final = 2
"""How often it is selected without some of what found no place."""

TRYING_SHARE: Final = 0.3
"""Of the time left then, the most that this may take."""


def place_by_blocks(
    arrays: Arrays, *, least_coverage: int | None, seed: int, control: Stopper, linear: Reals | None = None
) -> Iterator[tuple[Placement, ...]]:
    """Placements of nearly the most value that is possible with at least ``least_coverage``, then better
    ones; none where time is too short. ``linear``: as :meth:`Selection.best` has it.

    They keep nearly all rules: limits of breaks are not looked at, a must may be left over in its block, and
    so may some of those who keep one table.
    """
    seconds = _seconds(control)
    selection = Selection.best(
        arrays, least_coverage=least_coverage, control=control, seconds=seconds, linear=linear
    )
    if selection is not None and not control.should_stop():
        yield from _Blocks(selection, seed, control).place()


class _Placed(NamedTuple):
    """A block as it was selected, and what of it is placed."""

    problem: Problem
    placements: tuple[Placement, ...]

    @property
    def weight(self) -> int:
        return weight_of(self.problem, self.placements)

    @property
    def left(self) -> frozenset[str]:
        """The meetings without a place."""
        return frozenset(each.id for each in self.problem.meetings) - {
            each.meeting for each in self.placements
        }

    @property
    def is_whole(self) -> bool:
        return len(self.placements) == len(self.problem.meetings)


class _Blocks:
    """A selection, what is placed of each of its periods, and what is not to be selected there again."""

    def __init__(self, selection: Selection, seed: int, control: Stopper) -> None:
        self.selection = selection
        self.seed = seed
        self.control = control
        self.made: dict[int, _Placed] = {}
        self.forbidden: defaultdict[int, list[Longs]] = defaultdict(list)

    def place(self) -> Iterator[tuple[Placement, ...]]:
        """Each period quickly. Those that are not whole then are selected anew, and at last tried thoroughly:
        another selection is mostly found, and finds a place, sooner."""
        for period in range(self.selection.relaxation.n_periods):
            self.made[period] = self._quickly(self.selection, period)
            if self.control.should_stop():
                return
        yield self._together()
        for number in range(ROUNDS):
            for period in self.made:
                yield from self._anew(period, TRIES)
            if number == 0:
                yield from self._with_less()
            for period in self.made:
                yield from self._thoroughly(period)

    def _together(self) -> tuple[Placement, ...]:
        return tuple(each for placed in self.made.values() for each in placed.placements)

    def _quickly(self, selection: Selection, period: int) -> _Placed:
        problem = selection.problem(period)
        return _Placed(problem, place_quickly(problem, seed=self.seed, control=self.control))

    def _with_less(self) -> Iterator[tuple[Placement, ...]]:
        """Selections without some of what found no place: most of the value for little time. Nothing of it
        stays: the best may still be found without giving up anything."""
        aside = _Blocks(self.selection, self.seed, self.control)
        aside.made.update(self.made)
        for period in aside.made:
            yield from aside._anew(period, TRIES_WITH_LESS, less=True)

    def _anew(self, period: int, tries: int, *, less: bool = False) -> Iterator[tuple[Placement, ...]]:
        """Other selections of a period that has no room for all that was selected, while they are better.

        They differ somehow; with ``less`` not all that found no place is in them.
        """
        enough = self.control.left() * (1.0 - TRYING_SHARE)
        selection, tried = self.selection, self.made[period]
        for _ in range(tries):
            reached = self.made[period].weight
            if tried.is_whole or self._late(enough):
                return
            together = selection.starts_of(period, tried.left) if less else selection.starts(period)
            self.forbidden[period].append(together)
            other = self.selection.another(
                period, self.forbidden[period], control=self.control, seconds=_seconds(self.control)
            )
            if other is None or other.value(period) <= reached:
                return
            selection, tried = other, self._quickly(other, period)
            if tried.weight > reached:
                self.selection, self.made[period] = other, tried
                yield self._together()

    def _late(self, enough: float) -> bool:
        return self.control.should_stop() or self.control.left() < enough

    def _thoroughly(self, period: int) -> Iterator[tuple[Placement, ...]]:
        """More of a period as it is selected."""
        problem, placed = reached = self.made[period]
        if reached.is_whole or self.control.should_stop():
            return
        seconds = _seconds(self.control)
        more = place_thoroughly(problem, placed, seed=self.seed, control=self.control, seconds=seconds)
        if more is not placed:
            self.made[period] = _Placed(problem, more)
            yield self._together()


def _seconds(control: Stopper) -> float:
    """What one program may take."""
    return min(LONGEST, control.left() * PROGRAM_SHARE)
