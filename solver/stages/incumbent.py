"""The best schedule so far and what is proven about it; nothing gets in that ``verify`` refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from solver import __version__
from solver.abandoning import AbandonedError, never
from solver.codec import digest
from solver.explain.reasons import reasons
from solver.problem import FORMAT_VERSION, GoalName, Problem
from solver.progress import Control, Stage
from solver.schedule import GoalResult, Placement, Schedule, Status, Unplaced
from solver.stages.kept import WISHES
from solver.verify import Verdict, Violation, verify, verify_claims


class RefusedError(RuntimeError):
    """A stage made something that breaks a hard rule: a fault of the solver, never of the input.

    ``kept`` is the best verified schedule from before, if there was one.
    """

    def __init__(self, problem_digest: str, violations: tuple[Violation, ...], kept: Schedule | None) -> None:
        first = "; ".join(f"{each.rule}: {each.message}" for each in violations[:3])
        super().__init__(f"internal error on problem {problem_digest}: {first}")
        self.problem_digest = problem_digest
        self.violations = violations
        self.kept = kept


@dataclass(slots=True)
class Incumbent:
    """Keeps the lexicographically best verified placements, and the bound of every goal.

    A bound holds for all schedules that are as good in the earlier goals as the one kept; it stays true when
    those get better, as fewer schedules are left then.
    """

    problem: Problem
    goals: tuple[GoalName, ...]
    control: Control
    seed: int
    published: Schedule | None = None
    placements: tuple[Placement, ...] | None = None
    values: Mapping[GoalName, int] = field(default_factory=dict)
    bounds: dict[GoalName, int] = field(default_factory=dict)
    problem_digest: str = field(init=False, default="")
    _order: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.problem_digest = digest(self.problem)
        self._order = {meeting.id: index for index, meeting in enumerate(self.problem.meetings)}

    def offer(self, placements: Iterable[Placement], stage: Stage) -> bool:
        """Keep ``placements`` if they are better. Returns whether they were kept.

        After a stop the grace that is left must do for judging them: else they are let go.
        Raises :class:`RefusedError` when they break a rule that every stage must keep.
        """
        try:
            return self._take(placements, stage, abandon=self._out_of_grace)
        except AbandonedError:
            return False

    def begin_with(self, placements: Iterable[Placement], stage: Stage) -> bool:
        """As :meth:`offer`, however long it takes: for what is known from before, which nothing may lose."""
        return self._take(placements, stage, abandon=never)

    def _take(self, placements: Iterable[Placement], stage: Stage, *, abandon: Callable[[], bool]) -> bool:
        ordered = tuple(sorted(placements, key=lambda placement: self._order[placement.meeting]))
        if self.placements is not None and ordered == self.placements:
            return False
        verdict = self._judge(ordered, abandon)
        if verdict is None:
            return False
        if self.placements is not None and self._rank(verdict.goals) >= self._rank(self.values):
            return False
        self.placements, self.values = ordered, verdict.goals
        for name in self.goals:
            self._check_bound(name)
        self._report(stage)
        return True

    def offer_foreign(self, placements: Iterable[Placement], stage: Stage) -> bool:
        """As :meth:`offer`, for what was made elsewhere or for another problem: refused without a fault."""
        known = [placement for placement in placements if placement.meeting in self._order]
        try:
            return self.offer(known, stage)
        except RefusedError:
            return False

    def _out_of_grace(self) -> bool:
        return self.control.grace() <= 0.0

    def _report(self, stage: Stage) -> None:
        """Tell of the new incumbent, by the first goal that is still open (else the last)."""
        first_open = self.first_open()
        goal = self.goals[-1] if first_open is None and self.goals else first_open
        self.control.report(
            stage,
            goal=goal,
            value=None if goal is None else self.values[goal],
            bound=None if goal is None else self.bounds.get(goal),
            placed=self.placed,
            schedule=self.plain(),
        )

    def values_of(self, placements: Iterable[Placement]) -> Mapping[GoalName, int]:
        """The value of every goal, whatever rules the placements may break."""
        ordered = tuple(sorted(placements, key=lambda placement: self._order[placement.meeting]))
        if ordered == self.placements:
            return self.values
        return verify(self.problem, self._schedule(ordered), published=self.published).goals

    def _judge(self, placements: tuple[Placement, ...], abandon: Callable[[], bool]) -> Verdict | None:
        """The verdict on sound placements; None for those that only leave wishes open."""
        made = self._schedule(placements)
        verdict = verify(self.problem, made, published=self.published, abandon=abandon)
        faults = tuple(each for each in verdict.violations if each.rule not in WISHES)
        if faults:
            kept = None if self.placements is None else self.plain()
            raise RefusedError(self.problem_digest, faults, kept)
        return None if verdict.violations else verdict

    def _rank(self, values: Mapping[GoalName, int]) -> tuple[int, ...]:
        """Less is better, goal by goal."""
        return tuple(-values[goal] if goal.maximised else values[goal] for goal in self.goals)

    def bound(self, goal: GoalName, bound: int, stage: Stage) -> None:
        """Note a proven bound of ``goal`` if it is tighter than the one known."""
        known = self.bounds.get(goal)
        if known is not None and (bound >= known if goal.maximised else bound <= known):
            return
        self.bounds[goal] = bound
        self._check_bound(goal)
        value = self.values.get(goal)
        self.control.report(stage, goal=goal, value=value, bound=bound, placed=self.placed)

    def _check_bound(self, goal: GoalName) -> None:
        """A value past a proven bound shows that one of the two is wrong: say so, don't hand it out."""
        if self.placements is None or goal not in self.bounds:
            return
        value, bound = self.values[goal], self.bounds[goal]
        if value > bound if goal.maximised else value < bound:
            text = f"goal {goal} is {value}, past its proven bound {bound}"
            raise RefusedError(
                self.problem_digest, (Violation("goal", text, (goal.value,)),), self.plain(bare=True)
            )

    @property
    def placed(self) -> int:
        return 0 if self.placements is None else len(self.placements)

    def proven(self, goal: GoalName) -> bool:
        """Whether the value of ``goal`` meets its bound."""
        return self.placements is not None and self.values[goal] == self.bounds.get(goal)

    def first_open(self) -> GoalName | None:
        """The first goal that is not proven, None when all are."""
        return next((goal for goal in self.goals if not self.proven(goal)), None)

    def plain(self, *, bare: bool = False) -> Schedule:
        """The best so far with its goals, without the reasons of what is not placed (cheap)."""
        assert self.placements is not None, "there is a schedule only once something was kept"
        results = () if bare else self.results()
        return self._schedule(self.placements, results=results)

    def results(self) -> tuple[GoalResult, ...]:
        """Value and bound of every goal that has both."""
        return tuple(
            GoalResult(name=goal, value=self.values[goal], bound=self.bounds[goal])
            for goal in self.goals
            if goal in self.bounds
        )

    def final(self) -> Schedule:
        """The schedule to hand out, with reasons, and its claims verified, too.

        After a stop with as many reasons as its grace leaves time for.
        """
        if self.placements is None:
            return self.without(Status.OUT_OF_TIME)
        status = Status.OPTIMAL if self.first_open() is None else Status.FEASIBLE
        made = self._schedule(
            self.placements,
            results=self.results(),
            status=status,
            unplaced=reasons(self.problem, self.placements, should_stop=self._out_of_grace),
        )
        verdict = verify_claims(self.problem, made, self.values)
        if verdict.violations:
            raise RefusedError(self.problem_digest, verdict.violations, None)
        return made

    def without(self, status: Status) -> Schedule:
        """The answer when there is no schedule: why is in ``status``."""
        return self._schedule((), status=status)

    def _schedule(
        self,
        placements: tuple[Placement, ...],
        *,
        results: tuple[GoalResult, ...] = (),
        status: Status = Status.FEASIBLE,
        unplaced: tuple[Unplaced, ...] = (),
    ) -> Schedule:
        return Schedule(
            version=FORMAT_VERSION,
            status=status,
            problem_digest=self.problem_digest,
            solver_version=__version__,
            placements=placements,
            unplaced=unplaced,
            goals=results,
            seed=self.seed,
        )
