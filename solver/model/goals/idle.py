"""Idle: slots without a meeting between two meetings of one person in one block."""

from __future__ import annotations

from solver.model.objective import Objective
from solver.model.variables import Literal, Variables


def objective(variables: Variables) -> Objective:
    """The number of idle slots over all people."""
    return Objective(
        terms=tuple(
            (literal, 1)
            for p in range(len(variables.agenda))
            for block in variables.shape.blocks
            for literal in _idle(variables, p, block)
        )
    )


def _idle(variables: Variables, person: int, block: range) -> list[Literal]:
    inside = sum(any(t in block for t in presence.starts) for presence in variables.agenda[person])
    if inside < 2:
        return []
    return [_between(variables, person, s) for s in range(block.start + 1, block.stop - 1)]


def _between(variables: Variables, person: int, slot: int) -> Literal:
    """Implied when ``person`` is idle in ``slot``, with a meeting before and one after it in the block."""
    literal = variables.model.new_bool_var("")
    variables.model.add_bool_or(
        [
            variables.busy(person, slot),
            ~variables.begun(person, slot - 1),
            ~variables.more(person, slot + 1),
            literal,
        ]
    )
    return literal
