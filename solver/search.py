"""The orchestration of a solve: bound, construct, improve, prove, goal by goal; the best is kept at any time.

Stages hand on an incumbent and bounds. A goal whose value meets its bound is done at once; where the engine
(bounds, construction, local search) does not get there, CP-SAT takes over as far as its model fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from solver.engine import Engine
from solver.incumbent import Incumbent
from solver.model.solve import Proof
from solver.problem import GoalName, Problem
from solver.progress import Control, Stage
from solver.proving import Effort, Prover, StoppedError
from solver.schedule import Placement, Schedule, Status
from solver.trivial import trivial_bound

FIRST_ROUND_SECONDS = 20.0
"""Without a time limit every open goal gets this long, and twice as long in each further round."""


def solve(
    problem: Problem,
    *,
    seconds: float | None = None,
    workers: int = 2,
    seed: int = 0,
    work_limit: int | None = None,
    start: Schedule | None = None,
    published: Schedule | None = None,
    control: Control | None = None,
) -> Schedule:
    """The best schedule of ``problem`` found within the limits, with a proven bound for every goal.

    ``seconds`` (>= 0) of wall clock, None for as long as it takes. ``workers`` >= 1 threads. ``work_limit``:
    the same seed and work limit give the same schedule byte for byte, with one worker; about so many seconds
    of an ordinary machine. ``start``: a schedule to go on from; the result is never worse. ``published``: the
    schedule whose placements are promises, which then come first among the goals unless the problem puts
    them elsewhere. ``control`` carries a stop wish and a listener. On KeyboardInterrupt or a stop: the best
    so far.

    Raises :class:`solver.incumbent.RefusedError` when a stage made what ``verify`` refuses.
    """
    governed = Control.of_seconds(seconds) if control is None else control
    if control is not None and seconds is not None:
        governed = control.part(seconds)
    search = _Search(
        problem,
        control=governed,
        workers=max(1, workers),
        seed=seed,
        work_limit=work_limit,
        published=published,
    )
    return search.run(start)


class _Search:
    def __init__(
        self,
        problem: Problem,
        *,
        control: Control,
        workers: int,
        seed: int,
        work_limit: int | None,
        published: Schedule | None,
    ) -> None:
        self.problem = problem
        self.control = control
        self.workers = workers
        self.seed = seed
        self.work_limit = work_limit
        self.incumbent = Incumbent(
            problem=problem,
            goals=_goals(problem, published),
            control=control,
            seed=seed,
            published=published,
        )
        self.prover = Prover(problem, self.incumbent, published)
        self.engine = Engine(problem, self.incumbent, seed=seed, work_limit=work_limit, published=published)

    def run(self, start: Schedule | None) -> Schedule:
        try:
            if self._stages(start) is Proof.INFEASIBLE:
                return self.incumbent.without(Status.INFEASIBLE)
        except KeyboardInterrupt:
            self.control.halt()
        except StoppedError:
            pass
        return self.incumbent.final()

    def _stages(self, start: Schedule | None) -> Proof:
        for goal in self.incumbent.goals:
            self.incumbent.bound(goal, trivial_bound(goal, self.prover.counted), Stage.BOUND)
        if self.prover.impossible():
            return Proof.INFEASIBLE
        if not self._has_musts():
            self.incumbent.offer((), Stage.CONSTRUCT)
        known = self.engine.run(start)
        if self.incumbent.placements is None:
            proof = self._find(known)
            if proof is not Proof.FEASIBLE:
                return proof
        self._prove()
        return Proof.FEASIBLE

    def _has_musts(self) -> bool:
        return any(meeting.must for meeting in self.prover.counted.meetings)

    def _find(self, known: Iterable[Placement]) -> Proof:
        """A first schedule by CP-SAT where the engine left a must or a limit of breaks open."""
        work = None if self.work_limit is None else float(self.work_limit)
        proof = self.prover.find(Effort(self.control.left(), self.workers, self.seed, work), known)
        return Proof.FEASIBLE if self.incumbent.placements is not None else proof

    def _prove(self) -> None:
        """Rounds over the open goals, each with more time, until all are proven or no model fits.

        An early goal that takes long leaves time to the later ones: those that wait get half of what is left.
        """
        round_seconds = FIRST_ROUND_SECONDS
        while not self.control.should_stop():
            open_goals = [
                goal
                for goal in self.incumbent.goals
                if not self.incumbent.proven(goal) and self.prover.fits(goal)
            ]
            if not open_goals:
                return
            for index, goal in enumerate(open_goals):
                if self.control.should_stop():
                    return
                if not self.incumbent.proven(goal):
                    self._improve(goal, self._share(len(open_goals) - index, round_seconds))
                    self.engine.follow()
            if self.work_limit is not None:
                return
            round_seconds *= 2

    def _improve(self, goal: GoalName, seconds: float) -> None:
        work = None if self.work_limit is None else self.work_limit / len(self.incumbent.goals)
        self.prover.improve(goal, Effort(seconds, self.workers, self.seed, work))

    def _share(self, waiting: int, round_seconds: float) -> float:
        left = self.control.left()
        if math.isinf(left):
            return round_seconds
        return left if waiting == 1 else left / 2


def _goals(problem: Problem, published: Schedule | None) -> tuple[GoalName, ...]:
    """The goals in order; promises first where there are any and the problem does not say where."""
    if published is None or GoalName.PROMISES in problem.goals:
        return problem.goals
    return (GoalName.PROMISES, *problem.goals)
