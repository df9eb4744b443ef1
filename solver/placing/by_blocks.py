"""Value of rich forums by integer programs: first who meets in which block, then each block by itself.

Of what is selected for a block (:mod:`solver.placing.selection`) nearly always all finds a place in its
slots (:mod:`solver.placing.block`). Where it does not, the block is selected anew, the others as they are.
That meets the bound of value on most rich forums. Annealing of the whole comes near and seldom reaches it:
the last table is full then, each exchange long.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from solver.placing.block import is_whole, place_quickly, place_thoroughly, weight_of
from solver.placing.selection import Selection
from solver.problem import Problem
from solver.schedule import Placement

if TYPE_CHECKING:
    from solver.arrays import Arrays, Reals
    from solver.bounds.lp import Stopper

PROGRAM_SHARE: Final = 0.4
"""Of the time left, the most that one program may take."""

LONGEST: Final = 600.0
"""The most seconds that one program gets."""

TRIES: Final = 5
"""How often a block is selected anew."""

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


class _Blocks:
    """A selection, and what is placed of each of its periods."""

    def __init__(self, selection: Selection, seed: int, control: Stopper) -> None:
        self.selection = selection
        self.seed = seed
        self.control = control
        self.made: dict[int, tuple[Placement, ...]] = {}

    def place(self) -> Iterator[tuple[Placement, ...]]:
        """Each period quickly, then those thoroughly that are not whole, then those anew."""
        for period in range(self.selection.relaxation.n_periods):
            problem = self.selection.problem(period)
            self.made[period] = place_quickly(problem, seed=self.seed, control=self.control)
            if self.control.should_stop():
                return
        yield self._together()
        for period in self.made:
            yield from self._thoroughly(period, self.selection.problem(period))
        for period in self.made:
            yield from self._anew(period)

    def _together(self) -> tuple[Placement, ...]:
        return tuple(each for placed in self.made.values() for each in placed)

    def _thoroughly(self, period: int, problem: Problem) -> Iterator[tuple[Placement, ...]]:
        """More of a period than is placed so far."""
        reached = self.made[period]
        if is_whole(problem, reached) or self.control.should_stop():
            return
        self.made[period] = self._more(problem, reached)
        if self.made[period] is not reached:
            yield self._together()

    def _anew(self, period: int) -> Iterator[tuple[Placement, ...]]:
        """Other selections of a period that has no room for all that was selected, while they are better."""
        control, problem = self.control, self.selection.relaxation.arrays.problem
        enough = control.left() * (1.0 - TRYING_SHARE)
        for _ in range(TRIES):
            reached = self.made[period]
            weight = weight_of(problem, reached)
            if self.selection.value(period) == weight or control.should_stop() or control.left() < enough:
                return
            other = self.selection.another(period, control=control, seconds=_seconds(control))
            if other is None or other.value(period) <= weight:
                return
            self.selection = other
            placed = self._placed(other.problem(period))
            if weight_of(problem, placed) > weight:
                self.made[period] = placed
                yield self._together()

    def _placed(self, problem: Problem) -> tuple[Placement, ...]:
        placed = place_quickly(problem, seed=self.seed, control=self.control)
        if is_whole(problem, placed) or self.control.should_stop():
            return placed
        return self._more(problem, placed)

    def _more(self, problem: Problem, placed: tuple[Placement, ...]) -> tuple[Placement, ...]:
        seconds = _seconds(self.control)
        return place_thoroughly(problem, placed, seed=self.seed, control=self.control, seconds=seconds)


def _seconds(control: Stopper) -> float:
    """What one program may take."""
    return min(LONGEST, control.left() * PROGRAM_SHARE)
