"""A table has one meeting at a time: a unit of n tables at most n."""

from __future__ import annotations

from solver.model.variables import Literal, Presence, Variables, at_units


def apply(variables: Variables) -> None:
    """Exactly one unit for a meeting that takes place, and no unit above its capacity in any slot."""
    _one_unit(variables)
    for unit, presences in zip(variables.shape.units, at_units(variables), strict=True):
        for s in range(variables.shape.slots):
            _capacity(variables, unit.capacity, presences, s)


def _one_unit(variables: Variables) -> None:
    for m, meeting in enumerate(variables.shape.meetings):
        for t, start in variables.start[m].items():
            options = [variables.unit[m, k][t] for k in meeting.unit_starts if t in variables.unit[m, k]]
            if len(options) > 1:
                variables.model.add_exactly_one([*options, ~start])


def _capacity(variables: Variables, capacity: int, presences: tuple[Presence, ...], slot: int) -> None:
    covering: list[Literal] = [lit for presence in presences for lit in presence.covering(slot)]
    if capacity == 1 and len(covering) > 1:
        variables.model.add_at_most_one(covering)
    elif sum(1 for presence in presences if presence.covering(slot)) > capacity:
        variables.model.add(sum(covering) <= capacity)
