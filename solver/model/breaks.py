"""Breaks of a person: maximal runs of idle slots between two meetings of one block.

Used by the rule ``max_breaks`` and the goal ``breaks``; every break is counted where it ends.
"""

from __future__ import annotations

from solver.model.variables import Literal, Variables


def break_literals(variables: Variables, person: int) -> list[Literal]:
    """One literal for each slot after which a break of ``person`` can end; true exactly if one does."""
    found: list[Literal] = []
    for block in variables.shape.blocks:
        if not _can_break(variables, person, block):
            continue
        for s in range(block.start + 1, block.stop - 1):
            key = (person, s)
            if key not in variables.breaks:
                variables.breaks[key] = _ends(variables, person, s)
            found.append(variables.breaks[key])
    return found


def _can_break(variables: Variables, person: int, block: range) -> bool:
    """Two meetings can be in the block, with a slot between."""
    inside = sum(any(t in block for t in presence.starts) for presence in variables.agenda[person])
    return inside > 1 and len(block) > 2


def _ends(variables: Variables, person: int, slot: int) -> Literal:
    """Idle in ``slot``, a meeting before it, and one right after it."""
    model = variables.model
    idle, before, after = (
        variables.busy(person, slot),
        variables.begun(person, slot),
        variables.busy(person, slot + 1),
    )
    literal = model.new_bool_var("")
    model.add_bool_or([idle, ~before, ~after, literal])
    model.add_implication(literal, ~idle)
    model.add_implication(literal, before)
    model.add_implication(literal, after)
    return literal
