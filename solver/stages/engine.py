"""The engine's stages on the search's incumbent: bounds by relaxation, construction, local search.

Everything here is quick or runs in the background; what it finds is offered from the calling thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from solver.arrays import Arrays, Assignment, Ints, Reals
from solver.bounds.gaps import LARGEST as LARGEST_FOR_GAPS
from solver.bounds.gaps import ForcedGaps, Held, gaps_bound, whole_gaps_bound
from solver.bounds.periods import Grain
from solver.bounds.value import Bound, aggregated_bound, block_bound, counted_bound, time_indexed_bound
from solver.placing.construct import greedy
from solver.placing.plain import is_plain, of_starts, place_selection
from solver.problem import GoalName
from solver.progress import Control, Stage
from solver.schedule import Placement, Schedule
from solver.stages.background import Background
from solver.stages.incumbent import Incumbent
from solver.stages.kept import still_sound

RELAXED = (GoalName.COVERAGE, GoalName.VALUE)
SEARCHED = tuple(goal for goal in GoalName if goal is not GoalName.PROMISES)
"""Goals that local search knows."""

GAPS = (GoalName.IDLE, GoalName.BREAKS)
TURN = 1_000_003
"""Between the seeds of searches side by side: rounds of one search take the numbers after its seed."""

SLOW_STARTS, SLOW_SECONDS = 20_000, 300.0
"""With more admissible starts the time-indexed relaxation takes minutes: with less time it is left out, and
its core searches."""

STARTS_A_SECOND = 2_000
"""Admissible starts for each second left, up to which placing by blocks is worth its time."""

GAPS_SHARE, LONGEST_FOR_GAPS = 0.1, 600.0
"""Of the time left, and in seconds, the most that whole numbers may take for the bound of gaps."""

MOVES_A_WORK = 500_000
"""Moves of local search in one unit of work: about a second of an ordinary machine on rich problems."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A control that does something at every look at the clock, and may end before the control does."""

    control: Control
    look: Callable[[], bool]

    def should_stop(self) -> bool:
        return self.look() or self.control.should_stop()

    def left(self) -> float:
        return self.control.left()


@dataclass(frozen=True, slots=True)
class Halting:
    """The background's view of a control."""

    control: Control
    halted: Callable[[], bool]

    def should_stop(self) -> bool:
        return self.halted() or self.control.should_stop()

    def left(self) -> float:
        return 0.0 if self.halted() else self.control.left()


class Engine:
    """The engine's stages for one problem. Local search knows no promises: it serves goals before them."""

    def __init__(
        self,
        arrays: Arrays,
        incumbent: Incumbent,
        *,
        seed: int,
        work_limit: int | None,
        published: Schedule | None,
    ) -> None:
        self.problem = arrays.problem
        self.incumbent = incumbent
        self.control = incumbent.control
        self.heavy = self.control.heavy()
        self.seed = seed
        self.work_limit = work_limit
        self.published = published
        self.arrays = arrays
        self._relaxed_above: int | None = None
        self._by_blocks: dict[int | None, Reals] = {}  # by least coverage: the relaxation's best point
        self._held: tuple[Held, bool] | None = None  # what gaps were bounded for; whether all that is proven
        self.start = Assignment.empty(self.arrays)
        self._current: tuple[tuple[Placement, ...], Assignment] | None = None

    @property
    def searches(self) -> bool:
        """Whether local search knows the first goal."""
        return bool(self.searched_goals())

    def load(self, start: Schedule | None) -> tuple[Placement, ...]:
        """Take up earlier schedules; returns what of them is sound, musts and breaks aside."""
        sound: tuple[Placement, ...] = ()
        for schedule in (self.published, start):
            if schedule is not None:
                sound = still_sound(self.problem, schedule.placements)
                self.incumbent.begin_with(sound, Stage.CONSTRUCT)
        if sound:
            self.start = Assignment.from_placements(self.arrays, sound)
        return sound

    def construct(self) -> None:
        """Quick bounds of coverage and value, and a first schedule: on plain forums one that often meets
        them, else a greedy one that the relaxation guides."""
        if self._fresh() and is_plain(self.arrays):
            self._construct_plain()
        guide = self._relax(aggregated_bound, self.control)
        if self._fresh() and not self.control.should_stop():
            made = greedy(self.arrays, guide, seed=self.seed, control=self.control)
            self.start = made
            self.offer(made, Stage.CONSTRUCT)

    def _fresh(self) -> bool:
        """Whether there is nothing yet to go on from."""
        return self.published is None and not self.start.placed

    def _construct_plain(self) -> None:
        """Select as if the best coverage were within reach, and place the selection."""
        goals = [goal for goal in self.incumbent.goals if goal in RELAXED]
        best: Bound | None = None
        for goal in goals or [GoalName.VALUE]:
            least = best.limit if best is not None and best.goal is GoalName.COVERAGE else None
            best = aggregated_bound(self.arrays, goal, control=self.control, least_coverage=least)
        if best is not None and not self.control.should_stop():
            made = place_selection(self.arrays, best, seed=self.seed, control=self.control)
            self.start = self._with_tables(made)
            self.offer(self.start, Stage.CONSTRUCT)

    def _with_tables(self, assignment: Assignment) -> Assignment:
        from solver.placing.tables import give_tables  # noqa: PLC0415 (only where there is something to seat)

        classes = self.arrays.table_class[:1].repeat(self.arrays.n_meetings)
        return give_tables(self.arrays, assignment, classes)

    def offer_starts(self, starts: Ints) -> bool:
        """Offer the starts of a problem with one class of tables; refused without a fault where they break
        rules that whoever found them does not know."""
        made = self._with_tables(of_starts(self.arrays, starts))
        return self.incumbent.offer_foreign(made.to_placements(self.arrays), Stage.IMPROVE)

    def _relax(self, method: Callable[..., Bound], control: Control | Watched) -> Bound:
        """Bound coverage and value, as far as they are not proven.

        Value after coverage is bounded over schedules with the coverage reached: so its bound is defined.
        Returns the last relaxation, a guide for the greedy.
        """
        bound = counted_bound(self.arrays, GoalName.VALUE)
        for index, goal in enumerate(self.incumbent.goals):
            if goal in RELAXED and not self.incumbent.proven(goal):
                least = self.least_coverage(index)
                bound = method(self.arrays, goal, control=control, least_coverage=least)
                self.incumbent.bound(goal, bound.limit, Stage.BOUND)
                if goal is GoalName.VALUE:
                    self._relaxed_above = least
                    if bound.method == Grain.BLOCK and bound.finished:
                        self._by_blocks[least] = bound.point
        return bound

    def least_coverage(self, index: int) -> int | None:
        """The coverage that schedules must have to count for the goal at ``index``."""
        if GoalName.COVERAGE not in self.incumbent.goals[:index]:
            return None
        return self.incumbent.values.get(GoalName.COVERAGE)

    def relax_fully(self, look: Callable[[], bool]) -> None:
        """The time-indexed bounds of coverage and value, unless they are proven."""
        if any(goal in self.incumbent.goals and not self.incumbent.proven(goal) for goal in RELAXED):
            watched = Watched(self.heavy, look)
            self._relax(block_bound, watched)
            if len(self.arrays.starts) <= SLOW_STARTS or self.control.left() > SLOW_SECONDS:
                self._relax(time_indexed_bound, watched)

    def place_by_blocks(self, look: Callable[[], bool]) -> None:
        """The value that integer programs reach, block by block, if it is open and comes first or after
        coverage alone."""
        goals = self.incumbent.goals
        index = goals.index(GoalName.VALUE) if GoalName.VALUE in goals else len(goals)
        if (
            any(goal is not GoalName.COVERAGE for goal in goals[:index])
            or GoalName.VALUE not in goals
            or self.published is not None
            or is_plain(self.arrays)
            or len(self.arrays.starts) > STARTS_A_SECOND * self.heavy.left()
        ):
            return
        from solver.placing.by_blocks import place_by_blocks  # noqa: PLC0415 (only where it applies)

        control = Watched(self.heavy, lambda: look() or self.incumbent.proven(GoalName.VALUE))
        best = self.incumbent.bounds.get(GoalName.COVERAGE) if index else None
        # Local search may still be on its way to the best coverage: with less, a selection is of no use then.
        for least in dict.fromkeys((best, self.least_coverage(index))):
            placed = 0
            linear = self._by_blocks.get(least)
            for found in place_by_blocks(
                self.arrays, least_coverage=least, seed=self.seed, control=control, linear=linear
            ):
                placed = len(found)
                self.incumbent.offer(still_sound(self.problem, found), Stage.IMPROVE)
            if placed:
                return

    def relax_again(self, look: Callable[[], bool]) -> None:
        """The bound of value once more, if more coverage is held by now than it was computed for: more
        coverage leaves less value."""
        if GoalName.VALUE not in self.incumbent.goals or self.incumbent.proven(GoalName.VALUE):
            return
        least = self.least_coverage(self.incumbent.goals.index(GoalName.VALUE))
        if least is not None and (self._relaxed_above is None or least > self._relaxed_above):
            self._relax(block_bound, Watched(self.heavy, look))

    def bound_gaps(self, look: Callable[[], bool]) -> None:
        """The bound of idle slots (or breaks) that the earlier goals leave.

        Once these are proven; before that once only, as each step in one of them may change it.
        """
        goal = next((goal for goal in self.incumbent.goals if goal in GAPS), None)
        if (
            goal is None
            or self.incumbent.placements is None
            or self.incumbent.proven(goal)
            or self.arrays.n_meetings > LARGEST_FOR_GAPS
        ):
            return
        index = self.incumbent.goals.index(goal)
        settled = all(self.incumbent.proven(each) for each in self.incumbent.goals[:index])
        held = Held(self.least_coverage(index), self._least_value(index))
        if (held, settled) == self._held or not (settled or self._held is None):
            return
        control = Watched(self.heavy, lambda: look() or self.incumbent.proven(goal))
        if control.should_stop():
            return
        self._held = held, settled
        forced = ForcedGaps(self.arrays, goal, held, control=control)
        self.incumbent.bound(goal, gaps_bound(forced, control=control), Stage.BOUND)
        if settled and self.work_limit is None and not control.should_stop():
            seconds = min(LONGEST_FOR_GAPS, control.left() * GAPS_SHARE)
            bound = whole_gaps_bound(forced, control=control, seconds=seconds)
            self.incumbent.bound(goal, bound, Stage.BOUND)

    def _least_value(self, index: int) -> int | None:
        """The value that schedules must have to count for the goal at ``index``."""
        if GoalName.VALUE not in self.incumbent.goals[:index]:
            return None
        return self.incumbent.values.get(GoalName.VALUE)

    # Local search

    def searched_goals(self) -> tuple[GoalName, ...]:
        """The goals in order that local search knows; only those before promises."""
        goals = self.incumbent.goals
        if self.published is not None and GoalName.PROMISES in goals:
            goals = goals[: goals.index(GoalName.PROMISES)]
        return tuple(goal for goal in goals if goal in SEARCHED)

    def search(self, control: Control, *, turn: int = 0) -> Background[Assignment]:
        """Local search in the background from the best so far; hand what it finds to :meth:`take`.

        ``turn`` counts the searches side by side: each takes another way, every other one without refilling.
        """
        from solver.placing.improve import improve  # noqa: PLC0415 (imports numba)

        begin = self.current()
        goals, targets = self.searched_goals(), self._targets()
        most = None if self.work_limit is None else self.work_limit * MOVES_A_WORK

        def work(emit: Callable[[Assignment], None], halted: Callable[[], bool]) -> None:
            found = improve(
                self.arrays,
                begin,
                goals,
                targets=targets,
                seed=self.seed + turn * TURN,
                refills=turn % 2 == 0,
                control=Halting(control, halted),
                most_moves=most,
                on_better=emit if most is None else lambda _: None,
            )
            emit(found)

        return Background(work)

    def _targets(self) -> Mapping[GoalName, int]:
        return {goal: self.incumbent.bounds[goal] for goal in self.incumbent.goals}

    def current(self) -> Assignment:
        """The incumbent in integers, or what there is of a start."""
        if self.incumbent.placements is None:
            return self.start
        if not self.incumbent.placements and self.start.placed:
            return self.start
        known = self._current
        if known is None or known[0] is not self.incumbent.placements:
            made = Assignment.from_placements(self.arrays, self.incumbent.placements)
            known = self._current = self.incumbent.placements, made
        return known[1]

    def take(self, found: Assignment | None) -> bool:
        """Offer what local search found."""
        return found is not None and self.offer(found, Stage.IMPROVE)

    def offer(self, assignment: Assignment, stage: Stage) -> bool:
        """Offer an assignment to the incumbent, unless it could not be judged any more after a stop."""
        if self.control.grace() <= 0.0:
            return False
        return self.incumbent.offer(assignment.to_placements(self.arrays), stage)
