"""The goals, one a file: each says its value as a linear sum over literals of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from solver.model.goals import breaks, coverage, idle, moves, preferences, promises, value
from solver.model.objective import Objective
from solver.model.variables import Variables
from solver.problem import GoalName
from solver.schedule import Schedule


def objective(name: GoalName, variables: Variables, *, published: Schedule | None = None) -> Objective:
    """The goal's value in terms of the model; adds the literals that it needs.

    ``published`` is what the goal promises refers to; without it nothing was promised.
    """
    if name is GoalName.PROMISES:
        return promises.objective(variables, published)
    return _PLAIN[name](variables)


_PLAIN: Mapping[GoalName, Callable[[Variables], Objective]] = {
    GoalName.COVERAGE: coverage.objective,
    GoalName.VALUE: value.objective,
    GoalName.BREAKS: breaks.objective,
    GoalName.IDLE: idle.objective,
    GoalName.MOVES: moves.objective,
    GoalName.PREFERENCES: preferences.objective,
}
