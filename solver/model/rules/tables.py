"""A table has one meeting at a time: a unit of n tables at most n."""

from __future__ import annotations

from solver.model.cpsat import cp_model
from solver.model.variables import BySlot, Variables, at_units, by_slot


def apply(variables: Variables) -> None:
    """Exactly one unit for a meeting that takes place, and no unit above its capacity in any slot."""
    _one_unit(variables)
    for unit, presences in zip(variables.shape.units, at_units(variables), strict=True):
        _capacity(variables, unit.capacity, by_slot(presences))


def _one_unit(variables: Variables) -> None:
    for m, meeting in enumerate(variables.shape.meetings):
        for t, start in variables.start[m].items():
            options = [variables.unit[m, k][t] for k in meeting.unit_starts if t in variables.unit[m, k]]
            if len(options) > 1:
                variables.model.add_exactly_one([*options, ~start])


def _capacity(variables: Variables, capacity: int, occupied: BySlot) -> None:
    for _, covering in sorted(occupied.items()):
        if len(covering) > capacity == 1:
            variables.model.add_at_most_one(covering)
        elif len(covering) > capacity:
            variables.model.add(cp_model.LinearExpr.sum(covering) <= capacity)
