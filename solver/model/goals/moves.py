"""Moves: changes of table between consecutive meetings of a person in one block, twice when of zone too.

Each person *is* at exactly one table in every slot of a block in which it has meetings, at the meeting's own
while it has one, anywhere else otherwise. Changing costs 1, and 1 more from zone to zone: a metric, so that
wandering in idle slots never costs less than going straight, and the sum is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from solver.model.objective import Objective
from solver.model.variables import Literal, Variables

K = TypeVar("K", int, str)


def objective(variables: Variables) -> Objective:
    """The number of changes; exact only if every unit is one table (``TableDetail.SINGLE``)."""
    terms: list[tuple[Literal, int]] = []
    for p in range(len(variables.agenda)):
        for block in variables.shape.blocks:
            terms.extend((literal, 1) for literal in _changes(variables, p, block))
    return Objective(terms=tuple(terms))


def _changes(variables: Variables, person: int, block: range) -> list[Literal]:
    shape, model = variables.shape, variables.model
    inside = [presence for presence in variables.agenda[person] if any(t in block for t in presence.starts)]
    units = sorted({k for presence in inside for k in shape.meetings[presence.meeting].unit_starts})
    if len(inside) < 2 or len(units) < 2:
        return []
    place = {(s, k): model.new_bool_var("") for s in block for k in units}
    for s in block:
        model.add_exactly_one(place[s, k] for k in units)
    for presence in inside:
        for k in shape.meetings[presence.meeting].unit_starts:
            for t, located in variables.unit[presence.meeting, k].items():
                if t in block and t in presence.starts:
                    for s in range(t, t + presence.length):
                        model.add_bool_or([~presence.starts[t], ~located, place[s, k]])
    zones = {k: shape.units[k].zone for k in units}
    found = [_step(variables, place, units, s) for s in block[1:]]
    if len(set(zones.values())) > 1:
        zone_place = _zone_place(variables, place, zones, block)
        found += [_step(variables, zone_place, sorted(set(zones.values())), s) for s in block[1:]]
    return found


def _zone_place(
    variables: Variables, place: Mapping[tuple[int, int], Literal], zones: Mapping[int, str], block: range
) -> dict[tuple[int, str], Literal]:
    result: dict[tuple[int, str], Literal] = {}
    for s in block:
        for zone in sorted(set(zones.values())):
            literal = variables.model.new_bool_var("")
            members = [place[s, k] for k, its_zone in zones.items() if its_zone == zone]
            variables.model.add_exactly_one([*members, ~literal])
            result[s, zone] = literal
    return result


def _step(
    variables: Variables, place: Mapping[tuple[int, K], Literal], options: list[K], slot: int
) -> Literal:
    """Implied when the place in ``slot`` is another than in the slot before."""
    literal = variables.model.new_bool_var("")
    for option in options:
        variables.model.add_bool_or([~place[slot, option], place[slot - 1, option], literal])
    return literal
