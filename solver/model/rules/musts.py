"""A meeting takes place at most once; a must, exactly once."""

from __future__ import annotations

from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """At most one start a meeting, exactly one for a must."""
    for m, meeting in enumerate(variables.shape.meetings):
        if meeting.must:
            variables.model.add_exactly_one(variables.placed(m))
        elif len(meeting.starts) > 1:
            variables.model.add_at_most_one(variables.placed(m))
