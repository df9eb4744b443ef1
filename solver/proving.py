"""Exact search, goal by goal: CP-SAT improves the incumbent and raises the bound, until both meet.

For one goal the model holds all hard rules, demands at least the incumbent's values in the earlier goals, and
starts from the incumbent as a hint. What it finds is taken up, verified, while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from solver.arrays import Arrays
from solver.incumbent import Incumbent
from solver.model.goals import objective
from solver.model.objective import Objective
from solver.model.rules import RULES
from solver.model.shape import Shape, TableDetail
from solver.model.solution import Solution, hint, placements
from solver.model.solve import Limits, Outcome, Proof, Recipe, run
from solver.model.strengthen import applies, strengthen
from solver.model.variables import Variables
from solver.problem import GoalName, Problem
from solver.progress import Control, Stage
from solver.schedule import Placement, Schedule

LARGEST_MODEL = 150_000
"""Literals up to which a model is built: beyond, CP-SAT finds nothing that local search does not."""

LARGEST = {GoalName.BREAKS: 4_000, GoalName.IDLE: 4_000, GoalName.MOVES: 60_000}
"""The same for goals where CP-SAT is lost earlier, and local search is not."""


class StoppedError(Exception):
    """The stop came while a model was being built."""


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


class Prover:
    """Builds and runs the models of one problem."""

    def __init__(
        self, problem: Problem, arrays: Arrays, incumbent: Incumbent, published: Schedule | None
    ) -> None:
        self.problem = problem
        self.arrays = arrays
        self.incumbent = incumbent
        self.control = incumbent.control
        self.published = published
        self._counted: Shape | None = None
        self._single: Shape | None = None
        self._published_tables = _published_tables(problem, published)

    @property
    def counted(self) -> Shape:
        """The shape with interchangeable tables counted; made when first asked for: it takes a while."""
        if self._counted is None:
            self._counted = Shape.of(self.problem)
        return self._counted

    @property
    def small(self) -> bool:
        """Whether a model can be thought of at all: it has a literal for each admissible start at least."""
        return len(self.arrays.starts) <= LARGEST_MODEL

    def shape_for(self, goals: Iterable[GoalName]) -> Shape:
        """The shape that states all of ``goals`` exactly.

        Moves are of single tables. A promise of a table can be kept within interchangeable tables as long as
        meetings last one slot; longer ones may overlap two others that keep different tables.
        """
        wanted = set(goals)
        long = any(meeting.length > 1 for meeting in self.problem.meetings)
        if GoalName.MOVES in wanted or (GoalName.PROMISES in wanted and self.published is not None and long):
            if self._single is None:
                self._single = Shape.of(self.problem, detail=TableDetail.SINGLE)
            return self._single
        return self.counted

    def fits(self, goal: GoalName | None) -> bool:
        """Whether the model for ``goal`` (None: any schedule) is small enough to be built."""
        if not self.small:
            return False
        goals = [] if goal is None else self._until(goal)
        most = LARGEST_MODEL if goal is None else LARGEST.get(goal, LARGEST_MODEL)
        return self.shape_for(goals).size() <= most

    def find(self, effort: Effort, known: Iterable[Placement] = ()) -> Proof:
        """Look for any schedule; offers it. ``known``: placements of a start that may be incomplete."""
        variables = self.build(self.counted, [], None)
        hint(variables, known)
        outcome = run(
            variables,
            limits=effort.limits(self.control),
            recipe=Recipe.PORTFOLIO,
            should_stop=self.control.should_stop,
        )
        self.take(variables.shape, outcome.solution)
        return outcome.proof

    def improve(self, goal: GoalName, effort: Effort) -> Proof:
        """Improve ``goal`` and its bound, keeping the earlier goals; offers what it finds."""
        earlier = self._until(goal)[:-1]
        shape = self.shape_for([*earlier, goal])
        variables = self.build(shape, earlier, goal)
        if self.incumbent.placements is not None:
            hint(variables, self.incumbent.placements)
        outcome = self._run(variables, goal, effort)
        self.take(shape, outcome.solution)
        if outcome.bound is not None:
            self.incumbent.bound(goal, outcome.bound, Stage.PROVE)
        return outcome.proof

    def _run(self, variables: Variables, goal: GoalName, effort: Effort) -> Outcome:
        latest: list[tuple[Solution, int]] = []

        def poll() -> bool:
            """In the waiting thread: take up the newest solution, and say whether to stop."""
            if latest:
                solution, bound = latest[-1]
                latest.clear()
                self.take(variables.shape, solution)
                self.incumbent.bound(goal, bound, Stage.PROVE)
            return self.control.should_stop()

        def listen(solution: Solution, _: int, bound: int) -> None:
            latest.append((solution, bound))

        return run(
            variables,
            limits=effort.limits(self.control),
            recipe=self.recipe(goal),
            should_stop=poll,
            # What is taken up half-way depends on the clock, so a repeatable run takes the end only.
            on_solution=listen if effort.work is None else None,
        )

    def recipe(self, goal: GoalName) -> Recipe:
        """Cores for breaks where all meetings are musts: there the bound is near 0 and the portfolio lost."""
        literature = goal is GoalName.BREAKS and applies(self.counted)
        return Recipe.CORE if literature else Recipe.PORTFOLIO

    def _until(self, goal: GoalName) -> list[GoalName]:
        goals = list(self.incumbent.goals)
        return goals[: goals.index(goal) + 1]

    def build(self, shape: Shape, earlier: list[GoalName], goal: GoalName | None) -> Variables:
        """The model of ``goal``, the incumbent's ``earlier`` values kept. Raises :class:`StoppedError`."""
        variables = Variables.of(shape)
        for name in earlier:
            self._objective(name, variables).keep(variables, name, self.incumbent.values[name])
        if goal is not None:
            self._objective(goal, variables).aim(variables, goal)
        for rule in RULES:
            if self.control.should_stop():
                raise StoppedError
            rule.apply(variables)
        if applies(shape):
            strengthen(variables)
        return variables

    def _objective(self, goal: GoalName, variables: Variables) -> Objective:
        return objective(goal, variables, published=self.published)

    def least(self, goal: GoalName, value: int) -> Variables:
        """A model without objective: all rules, and ``goal`` at ``value`` or better."""
        variables = self.build(self.counted, [], None)
        self._objective(goal, variables).keep(variables, goal, value)
        return variables

    def take(self, shape: Shape, solution: Solution | None) -> None:
        if solution is None:
            return
        preferred = {
            m: table for m, (start, table) in self._published_tables.items() if solution.starts[m] == start
        }
        self.incumbent.offer(placements(shape, solution, preferred=preferred), Stage.PROVE)


def _published_tables(problem: Problem, published: Schedule | None) -> dict[int, tuple[int, int]]:
    """By meeting: the published start and table, for those that still exist."""
    if published is None:
        return {}
    meetings = {meeting.id: index for index, meeting in enumerate(problem.meetings)}
    slots = {slot.id: index for index, slot in enumerate(problem.slots)}
    tables = {table.id: index for index, table in enumerate(problem.tables)}
    return {
        meetings[each.meeting]: (slots[each.slot], tables[each.table])
        for each in published.placements
        if each.meeting in meetings and each.slot in slots and each.table in tables
    }
