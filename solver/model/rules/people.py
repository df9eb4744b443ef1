"""A person has one meeting at a time."""

from __future__ import annotations

from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """At most one of the meetings that could occupy a person's slot."""
    for occupied in variables.occupied:
        for _, covering in sorted(occupied.items()):
            if len(covering) > 1:
                variables.model.add_at_most_one(covering)
