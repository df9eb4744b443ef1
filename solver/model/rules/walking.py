"""Nobody has meetings in adjacent slots in zones too far apart to walk in between.

For each person or interpreter and slot one literal a zone that is part of a too long walk: "in a meeting
there". One meeting is in one zone all the time, so that a long meeting never contradicts itself.
"""

from __future__ import annotations

from solver.model.variables import ByStart, Literal, Presence, Variables


def apply(variables: Variables) -> None:
    """Forbid each too long walk between adjacent slots of one block."""
    far = variables.shape.far
    used = {unit.zone for unit in variables.shape.units}
    far = frozenset(pair for pair in far if pair[0] in used and pair[1] in used)
    if not far:
        return
    zones = sorted({zone for pair in far for zone in pair})
    located = _zone_literals(variables, zones)
    for agenda in (*variables.agenda, *variables.tasks):
        if len(agenda) > 1:
            _Walker(variables, agenda, located).apply(zones, far)


def _zone_literals(variables: Variables, zones: list[str]) -> dict[tuple[int, str], ByStart]:
    """For each meeting, zone and start: literals under which it takes place there (an implied upper one)."""
    model, shape = variables.model, variables.shape
    located: dict[tuple[int, str], ByStart] = {}
    for m, meeting in enumerate(shape.meetings):
        for zone in zones:
            units = [k for k in meeting.unit_starts if shape.units[k].zone == zone]
            literals: dict[int, Literal] = {}
            for t in meeting.starts:
                options = [variables.unit[m, k][t] for k in units if t in variables.unit[m, k]]
                if len(options) == 1:
                    literals[t] = options[0]
                elif options:
                    literals[t] = model.new_bool_var("")
                    model.add_exactly_one([*options, ~literals[t]])
            located[m, zone] = literals
    return located


class _Walker:
    """One person's or interpreter's walks."""

    def __init__(
        self,
        variables: Variables,
        agenda: tuple[Presence, ...],
        located: dict[tuple[int, str], ByStart],
    ) -> None:
        self.variables = variables
        self.agenda = agenda
        self.located = located
        self.known: dict[tuple[int, str], Literal | None] = {}

    def apply(self, zones: list[str], far: frozenset[tuple[str, str]]) -> None:
        model = self.variables.model
        for block in self.variables.shape.blocks:
            for s in range(block.start, block.stop - 1):
                for here, there in far:
                    now, then = self._there(s, here), self._there(s + 1, there)
                    if now is not None and then is not None:
                        model.add_bool_or([~now, ~then])

    def _there(self, slot: int, zone: str) -> Literal | None:
        """Implied when the walker is in a meeting in ``zone`` in ``slot``; None where that can't be."""
        key = (slot, zone)
        if key in self.known:
            return self.known[key]
        model = self.variables.model
        literal: Literal | None = None
        for presence in self.agenda:
            located = self.located[presence.meeting, zone]
            for t in range(slot - presence.length + 1, slot + 1):
                if t in presence.starts and t in located:
                    literal = model.new_bool_var("") if literal is None else literal
                    model.add_bool_or([~presence.starts[t], ~located[t], literal])
        self.known[key] = literal
        return literal
