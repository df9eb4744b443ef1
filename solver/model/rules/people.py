"""A person has one meeting at a time."""

from __future__ import annotations

from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """At most one of the meetings that could occupy a person's slot."""
    for p in range(len(variables.agenda)):
        for s in range(variables.shape.slots):
            covering = variables.covering(p, s)
            if len(covering) > 1:
                variables.model.add_at_most_one(covering)
