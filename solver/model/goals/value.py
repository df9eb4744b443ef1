"""Value: the total weight of the meetings that take place."""

from __future__ import annotations

from solver.model.objective import Objective
from solver.model.variables import Variables


def objective(variables: Variables) -> Objective:
    """Weights over starts; what must take place is a constant."""
    meetings = variables.shape.meetings
    return Objective(
        terms=tuple(
            (literal, meeting.weight)
            for m, meeting in enumerate(meetings)
            if not meeting.must
            for literal in variables.placed(m)
        ),
        constant=sum(meeting.weight for meeting in meetings if meeting.must),
    )
