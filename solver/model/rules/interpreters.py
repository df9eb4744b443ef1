"""A meeting that needs an interpreter has exactly one; an interpreter has one meeting at a time."""

from __future__ import annotations

from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """Exactly one interpreter for a meeting that needs one; one meeting a slot for each interpreter."""
    shape = variables.shape
    for m, meeting in enumerate(shape.meetings):
        if not meeting.interpreted:
            continue
        for t, start in variables.start[m].items():
            options = [
                variables.interpreter[m, i][t]
                for i in meeting.interpreter_starts
                if t in variables.interpreter[m, i]
            ]
            if len(options) > 1:
                variables.model.add_exactly_one([*options, ~start])
    for engaged in variables.engaged:
        for _, covering in sorted(engaged.items()):
            if len(covering) > 1:
                variables.model.add_at_most_one(covering)
