"""The orchestration of a solve: bound, construct, improve, prove, goal by goal; the best is kept at any time.

Stages hand on an incumbent and bounds. A goal whose value meets its bound is done at once; where the engine
(bounds, construction, local search) does not get there, CP-SAT takes over as far as its model fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from solver.arrays import Arrays
from solver.bounds.counts import trivial_bound
from solver.bounds.promises import promised
from solver.bounds.value import counted_bound
from solver.model.terms import Proof
from solver.problem import GoalName, Problem
from solver.progress import Control, Progress, Stage
from solver.schedule import Placement, Schedule, Status
from solver.stages.engine import Engine
from solver.stages.incumbent import Incumbent
from solver.stages.local import MOVES_SECONDS, LocalSearch
from solver.stages.moves import Moves
from solver.stages.narrow import Narrowed, narrow
from solver.stages.shapes import Effort, Shapes, StoppedError

if TYPE_CHECKING:
    from solver.stages.proving import Prover

FIRST_ROUND_SECONDS = 20.0
"""Without a time limit every open goal gets this long, and twice as long in each further round."""

CLOSING_SECONDS = 40e-6
"""What the reasons, the last check and the file take for each meeting: 4 s for 100,000 of them."""

SMALL_MODEL = 4_000
"""Literals up to which exact search comes first: it ends before local search would be compiled."""


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

    Raises :class:`solver.stages.incumbent.RefusedError` when a stage made what ``verify`` refuses.
    """
    governed = Control.of_seconds(seconds) if control is None else control
    if control is not None and seconds is not None:
        governed = control.part(seconds)
    governed = governed.part(searching_seconds(governed.left(), len(problem.meetings)))
    search = _Search(
        problem,
        control=governed,
        workers=max(1, workers),
        seed=seed,
        work_limit=work_limit,
        published=published,
    )
    return search.run(start)


def searching_seconds(left: float, meetings: int) -> float:
    """What is left of the time for searching: who gives N seconds has the schedule after N seconds."""
    if math.isinf(left):
        return left
    return left - min(CLOSING_SECONDS * meetings, left / 5)


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
        self._exact: Prover | None = None
        self.incumbent = Incumbent(
            problem=problem,
            goals=_goals(problem, published),
            control=control,
            seed=seed,
            published=published,
        )
        self.arrays = Arrays.of(problem)
        self.shapes = Shapes(self.arrays, self.incumbent.goals, published is not None)
        self.published = published
        self.engine = Engine(
            self.arrays, self.incumbent, seed=seed, work_limit=work_limit, published=published
        )
        self.moves = Moves(self.engine)
        self.local = LocalSearch(self.engine, self.moves, self.shapes, workers=workers)

    def run(self, start: Schedule | None) -> Schedule:
        try:
            if self._stages(start) is Proof.INFEASIBLE:
                return self.incumbent.without(Status.INFEASIBLE)
        except KeyboardInterrupt:
            self.control.halt()
        except StoppedError:
            pass
        with suppress(KeyboardInterrupt):
            self.moves.tidy()
        return self.incumbent.final()

    def _stages(self, start: Schedule | None) -> Proof:
        for goal in self.incumbent.goals:
            self.incumbent.bound(goal, self._trivial(goal), Stage.BOUND)
        if bool((self.arrays.must & ~self.arrays.admissible.any(axis=1)).any()):
            return Proof.INFEASIBLE
        known = self.engine.load(start)
        if not self.arrays.must.any():
            self.incumbent.begin_with((), Stage.CONSTRUCT)
        self.engine.construct()
        if self.published is not None:
            self._keep_promises(self.published)
        if self.shapes.mandatory:
            from solver.stages.mandatory import Mandatory  # noqa: PLC0415 (loads CP-SAT)

            proof = Proof.UNKNOWN
            with self._light_when_short():
                proof = Mandatory(self._prover(), self.engine, self._whole_effort()).run()
            if proof is Proof.INFEASIBLE or (proof is Proof.UNKNOWN and not self.engine.heavy.should_stop()):
                return proof
        elif self.engine.searches and not self._tiny():
            self.local.run(self.local.share())
        if self.incumbent.placements is None and not self.control.should_stop():
            proof = self._find(known)
            if proof is not Proof.FEASIBLE:
                return proof
        with self._light_when_short():
            self._prove()
        if self.engine.searches and self.work_limit is None:
            self.local.finish()
        return Proof.FEASIBLE

    # Repair

    def _keep_promises(self, published: Schedule) -> None:
        """Bound promises, and solve what is left where only those change who must."""
        known = promised(self.problem, published)
        self.incumbent.bound(GoalName.PROMISES, known.least, Stage.BOUND)
        if self.control.should_stop():
            return
        narrowed = narrow(self.problem, known)
        if narrowed is None or self._solve_small(narrowed) is not Status.INFEASIBLE:
            return
        wider = narrow(self.problem, known, admit=True)
        if wider is not None and wider.problem != narrowed.problem and not self.control.should_stop():
            self._solve_small(wider)

    def _solve_small(self, narrowed: Narrowed) -> Status:
        def hand_on(progress: Progress) -> None:
            if progress.schedule is not None:
                self.incumbent.offer(narrowed.whole(progress.schedule.placements), progress.stage)

        found = solve(
            narrowed.problem,
            workers=self.workers,
            seed=self.seed,
            work_limit=self.work_limit,
            start=narrowed.begin(),
            control=self.control.part(self._small_seconds(narrowed), on_progress=hand_on),
        )
        settles = narrowed.exact and self._promises_first
        if found.status is Status.INFEASIBLE and settles:
            least = self.incumbent.bounds[GoalName.PROMISES]
            self.incumbent.bound(GoalName.PROMISES, least + 1, Stage.PROVE)
        if found.status in (Status.OPTIMAL, Status.FEASIBLE):
            whole = narrowed.whole(found.placements)
            self.incumbent.offer(whole, Stage.IMPROVE)
            if settles:
                self._take_bounds(found, whole)
        return found.status

    def _small_seconds(self, narrowed: Narrowed) -> float:
        """All that is left where the small problem settles the whole, or nothing else could be tried."""
        left = self.control.left()
        if not self._promises_first:
            return min(left / 4, FIRST_ROUND_SECONDS)  # a start to go on from
        if narrowed.exact or not self.shapes.fits(GoalName.PROMISES):
            return left
        return min(left / 2, FIRST_ROUND_SECONDS)

    @property
    def _promises_first(self) -> bool:
        return self.incumbent.goals[0] is GoalName.PROMISES

    def _take_bounds(self, found: Schedule, whole: tuple[Placement, ...]) -> None:
        """What is proven of the small problem holds for the whole: both differ by what stands fast."""
        values = self.incumbent.values_of(whole)
        for result in found.goals:
            beyond = values[result.name] - result.value
            self.incumbent.bound(result.name, result.bound + beyond, Stage.PROVE)

    def _trivial(self, goal: GoalName) -> int:
        """What each meeting and person alone allow; looked at more closely where the problem is small."""
        if goal is GoalName.PROMISES:
            return 0
        if self.shapes.small:
            return trivial_bound(goal, self.shapes.counted)
        return counted_bound(self.arrays, goal).limit

    def _tiny(self) -> bool:
        return self.shapes.small and self.shapes.counted.size() <= SMALL_MODEL

    # Exact search

    def _find(self, known: Iterable[Placement]) -> Proof:
        """A first schedule by CP-SAT where the engine left a must or a limit of breaks open."""
        proof = Proof.UNKNOWN
        with self._light_when_short():
            proof = self._prover().find(self._whole_effort(), known)
        if self.incumbent.placements is None and proof is Proof.UNKNOWN and self.engine.heavy.should_stop():
            self.local.run(self.control.left())
        return Proof.FEASIBLE if self.incumbent.placements is not None else proof

    def _prover(self) -> Prover:
        """Exact search; made when first needed, as it takes half a second to load CP-SAT."""
        if self._exact is None:
            from solver.stages.proving import Prover  # noqa: PLC0415 (see above)

            self._exact = Prover(self.shapes, self.incumbent, self.published)
        return self._exact

    def _whole_effort(self) -> Effort:
        work = None if self.work_limit is None else float(self.work_limit)
        return Effort(self.control.left(), self.workers, self.seed, work)

    @contextmanager
    def _light_when_short(self) -> Iterator[None]:
        """Exact search ends where memory gets short, and local search goes on."""
        try:
            yield
        except StoppedError:
            if self.control.should_stop():
                raise

    def _prove(self) -> None:
        """Rounds over the open goals, each with more time, until all are proven or no model fits.

        An early goal that takes long leaves time to the later ones: those that wait get half of what is left.
        """
        round_seconds = FIRST_ROUND_SECONDS
        while not self.engine.heavy.should_stop():
            open_goals = [
                goal
                for goal in self.incumbent.goals
                if not self.incumbent.proven(goal) and self.shapes.fits(goal)
            ]
            if not open_goals:
                return
            for index, goal in enumerate(open_goals):
                if self.engine.heavy.should_stop():
                    return
                if goal is GoalName.MOVES:
                    self.local.lessen_moves(min(MOVES_SECONDS, self.control.left() / 4))
                if not self.incumbent.proven(goal):
                    self._improve(goal, self._share(len(open_goals) - index, round_seconds))
            if self.work_limit is not None:
                return
            round_seconds *= 2

    def _improve(self, goal: GoalName, seconds: float) -> None:
        work = None if self.work_limit is None else self.work_limit / len(self.incumbent.goals)
        self._prover().improve(goal, Effort(seconds, self.workers, self.seed, work))

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
