"""How large the exact models of a problem are, and what they may use: asked before CP-SAT is even loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from solver.arrays import Arrays
from solver.model.shape import Shape, TableDetail
from solver.model.terms import Limits
from solver.problem import GoalName
from solver.progress import Control

LARGEST_MODEL = 150_000
"""Literals up to which a model is built: beyond, CP-SAT finds nothing that local search does not."""

LARGEST = {GoalName.BREAKS: 4_000, GoalName.IDLE: 4_000, GoalName.MOVES: 60_000}
"""The same for goals where CP-SAT is lost earlier, and local search is not."""

LARGEST_UNIFORM = 30_000
"""Admissible starts up to which exact search is hopeful where all meetings are alike and must take place."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What one run may use; ``work`` (deterministic seconds) makes it repeatable, with one worker."""

    seconds: float
    workers: int
    seed: int
    work: float | None = None

    def limits(self, control: Control) -> Limits:
        seconds = min(self.seconds, control.left())
        return Limits(seconds=seconds, workers=self.workers, seed=self.seed, work=self.work)


class StoppedError(Exception):
    """The stop came while a model was being built."""


@dataclass(slots=True)
class Shapes:
    """The shapes of one problem. ``promised``: there is a published schedule."""

    arrays: Arrays
    goals: tuple[GoalName, ...]
    promised: bool
    _counted: Shape | None = field(default=None, init=False)
    _single: Shape | None = field(default=None, init=False)

    @property
    def counted(self) -> Shape:
        """The shape with interchangeable tables counted; made when first asked for: it takes a while."""
        if self._counted is None:
            self._counted = Shape.of(self.arrays.problem)
        return self._counted

    @property
    def small(self) -> bool:
        """Whether a model can be thought of at all: it has a literal for each admissible start at least, and
        for each kind of table there where a meeting fits several (closed ones counted, so twice as many)."""
        arrays = self.arrays
        kinds = np.diff(arrays.demand_ptr)[arrays.demand]
        literals = int((np.diff(arrays.starts_ptr) * np.where(kinds > 1, kinds, 0)).sum())
        return len(arrays.starts) <= LARGEST_MODEL and literals <= 2 * LARGEST_MODEL

    def stating(self, goals: Iterable[GoalName]) -> Shape:
        """The shape that states all of ``goals`` exactly.

        Moves are of single tables. A promise of a table can be kept within interchangeable tables as long as
        meetings last one slot; longer ones may overlap two others that keep different tables.
        """
        if self._single_tables(goals):
            if self._single is None:
                self._single = Shape.of(self.arrays.problem, detail=TableDetail.SINGLE)
            return self._single
        return self.counted

    def _single_tables(self, goals: Iterable[GoalName]) -> bool:
        wanted = set(goals)
        long = any(meeting.length > 1 for meeting in self.arrays.problem.meetings)
        return GoalName.MOVES in wanted or (GoalName.PROMISES in wanted and self.promised and long)

    def _places(self) -> int:
        """Pairs of start and fitting table over all meetings (closed tables counted): what a shape of single
        tables holds at least roughly, without building it, which takes seconds on large forums."""
        arrays = self.arrays
        sizes = np.bincount(arrays.table_class, minlength=arrays.n_classes)
        edges = arrays.demand_ptr.tolist()
        fitting = [int(sizes[arrays.demand_class[a:b]].sum()) for a, b in pairwise(edges)]
        return int((np.diff(arrays.starts_ptr) * np.array(fitting, np.int64)[arrays.demand]).sum())

    def fits(self, goal: GoalName) -> bool:
        """Whether the model for ``goal`` is small enough to be built."""
        if not self.small:
            return False
        goals = self.goals[: self.goals.index(goal) + 1]
        most = LARGEST.get(goal, LARGEST_MODEL)
        if self._single_tables(goals) and self._places() > 2 * most:
            return False
        return self.stating(goals).size() <= most

    @property
    def mandatory(self) -> bool:
        """Whether breaks come first in a problem in which all meetings are alike and must take place."""
        return (
            self.goals[:1] == (GoalName.BREAKS,)
            and len(self.arrays.starts) <= LARGEST_UNIFORM
            and self.counted.uniform
        )
