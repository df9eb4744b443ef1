"""Breaks: how many maximal runs of idle slots lie between meetings of one block, over all people."""

from __future__ import annotations

from solver.model.breaks import break_literals
from solver.model.objective import Objective
from solver.model.variables import Variables


def objective(variables: Variables) -> Objective:
    """The number of breaks."""
    return Objective(
        terms=tuple(
            (literal, 1) for p in range(len(variables.agenda)) for literal in break_literals(variables, p)
        )
    )
