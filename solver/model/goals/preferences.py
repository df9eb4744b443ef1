"""Preferences: slots with a meeting that a person dislikes, less those that a person likes."""

from __future__ import annotations

from solver.model.objective import Objective
from solver.model.variables import Literal, Variables


def objective(variables: Variables) -> Objective:
    """Disliked minus liked occupied slots, over all people; may be negative."""
    slot_index = {slot.id: index for index, slot in enumerate(variables.shape.problem.slots)}
    terms: list[tuple[Literal, int]] = []
    for p, person in enumerate(variables.shape.problem.people):
        factors: dict[int, int] = {}
        for slot in set(person.disliked):
            factors[slot_index[slot]] = factors.get(slot_index[slot], 0) + 1
        for slot in set(person.liked):
            factors[slot_index[slot]] = factors.get(slot_index[slot], 0) - 1
        for s, factor in sorted(factors.items()):
            if factor:
                terms.extend((literal, factor) for literal in variables.covering(p, s))
    return Objective(terms=tuple(terms))
