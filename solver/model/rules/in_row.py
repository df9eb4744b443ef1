"""The most adjacent slots of one block with work in each, of a person and of an interpreter."""

from __future__ import annotations

from collections.abc import Callable

from solver.model.variables import Literal, Variables


def apply(variables: Variables) -> None:
    """Leave a pause in every window of one slot more than the limit."""
    problem = variables.shape.problem
    for p, person in enumerate(problem.people):
        if person.max_in_row is not None and variables.agenda[p]:
            _windows(variables, variables.busy, p, person.max_in_row)
    for i, interpreter in enumerate(problem.interpreters):
        if interpreter.max_in_row is not None and variables.tasks[i]:
            _windows(variables, variables.interpreting, i, interpreter.max_in_row)


def _windows(variables: Variables, occupied: Callable[[int, int], Literal], who: int, limit: int) -> None:
    for block in variables.shape.blocks:
        for first in range(block.start, block.stop - limit):
            window = [occupied(who, s) for s in range(first, first + limit + 1)]
            variables.model.add_bool_or([~literal for literal in window])
