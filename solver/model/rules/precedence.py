"""``after``: if both take place, the other ends before this one starts."""

from __future__ import annotations

from solver.model.variables import Variables


def apply(variables: Variables) -> None:
    """For every slot t: not both this one started by t and the other still on in t or later."""
    shape = variables.shape
    for m, meeting in enumerate(shape.meetings):
        for other in meeting.after:
            length = shape.meetings[other].length
            for t in meeting.starts:
                begun = [lit for s, lit in variables.start[m].items() if s <= t]
                lasting = [lit for s, lit in variables.start[other].items() if s + length > t]
                if lasting:
                    variables.model.add_at_most_one([*begun, *lasting])
