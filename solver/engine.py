"""The engine's stages on the search's incumbent."""

from __future__ import annotations

from solver.incumbent import Incumbent
from solver.problem import Problem
from solver.progress import Stage
from solver.schedule import Placement, Schedule


class Engine:
    """Runs bounds, construction and local search as far as they apply."""

    def __init__(
        self,
        problem: Problem,
        incumbent: Incumbent,
        *,
        seed: int,
        work_limit: int | None,
        published: Schedule | None,
    ) -> None:
        self.problem = problem
        self.incumbent = incumbent
        self.seed = seed
        self.work_limit = work_limit
        self.published = published

    def run(self, start: Schedule | None) -> tuple[Placement, ...]:
        """Offer what can be had; returns the placements of a start that may be incomplete."""
        known: tuple[Placement, ...] = ()
        for schedule in (self.published, start):
            if schedule is not None:
                known = schedule.placements
                self.incumbent.offer_foreign(schedule.placements, Stage.CONSTRUCT)
        return known

    def follow(self) -> None:
        """After an improvement by exact search."""
