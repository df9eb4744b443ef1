"""Exact search, goal by goal: CP-SAT improves the incumbent and raises the bound, until both meet.

For one goal the model holds all hard rules, demands at least the incumbent's values in the earlier goals, and
starts from the incumbent as a hint. What it finds is taken up, verified, while it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from solver.model.goals import objective
from solver.model.objective import Objective
from solver.model.rules import RULES
from solver.model.shape import Shape
from solver.model.solution import Solution, hint, hint_starts, placements
from solver.model.solve import Outcome, Recipe, run
from solver.model.strengthen import strengthen
from solver.model.terms import Proof
from solver.model.variables import Variables
from solver.problem import GoalName, Problem
from solver.progress import Stage
from solver.schedule import Placement, Schedule
from solver.stages.incumbent import Incumbent
from solver.stages.shapes import Effort, Shapes, StoppedError


class Prover:
    """Builds and runs the models of one problem."""

    def __init__(self, shapes: Shapes, incumbent: Incumbent, published: Schedule | None) -> None:
        self.shapes = shapes
        self.incumbent = incumbent
        self.control = incumbent.control.heavy()
        self.published = published
        self._published_tables = _published_tables(incumbent.problem, published)

    def find(self, effort: Effort, known: Iterable[Placement] = ()) -> Proof:
        """Look for any schedule; offers it. ``known``: placements of a start that may be incomplete."""
        variables = self.build(self.shapes.counted, [], None)
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
        shape = self.shapes.stating([*earlier, goal])
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
        literature = goal is GoalName.BREAKS and self.shapes.counted.uniform
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
        if shape.uniform:
            strengthen(variables)
        return variables

    def _objective(self, goal: GoalName, variables: Variables) -> Objective:
        return objective(goal, variables, published=self.published)

    def question(self, aimed: Variables, goal: GoalName, value: int | None) -> Variables:
        """A copy of a model that aims at ``goal``, which only asks for a schedule at ``value`` or better.

        None: any schedule. The literals of the goal come first in ``aimed``: most questions
        are answered sooner in that order, and core search wants it, too.
        """
        variables = aimed.copy()
        variables.model.proto.clear_objective()
        if value is not None:
            self._objective(goal, variables).keep(variables, goal, value)
        return variables

    def with_breaks_of(self, aimed: Variables, people: Set[int], starts: Iterable[int]) -> Variables:
        """A copy of a model that aims at least breaks, in which only ``people`` may have any; with ``starts``
        as its hint."""
        restricted = aimed.copy()
        for (person, _), literal in restricted.breaks.items():
            if person not in people:
                restricted.model.add(literal == 0)
        hint_starts(restricted, starts)
        return restricted

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
