"""No person has more breaks than the problem's ``max_breaks``, over all blocks."""

from __future__ import annotations

from solver.model.breaks import break_literals
from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """Limit every person's breaks."""
    limit = variables.shape.problem.max_breaks
    if limit is None:
        return
    for p in range(len(variables.agenda)):
        breaks = break_literals(variables, p)
        if len(breaks) > limit:
            variables.model.add(sum(breaks) <= limit)
