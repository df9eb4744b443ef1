"""Coverage: as many companies as possible have one meeting, then two, up to the floor k.

A company's j-th meeting is worth k + 1 - j: concave, so that the steps of one company fill in order by
themselves.
"""

from __future__ import annotations

from solver.model.objective import Objective
from solver.model.variables import Literal, Variables


def objective(variables: Variables) -> Objective:
    """The reward over all companies, by one literal for each step that is not certain."""
    shape, model = variables.shape, variables.model
    floor = shape.problem.floor
    terms: list[tuple[Literal, int]] = []
    constant = 0
    for c in range(len(shape.problem.companies)):
        own = [m for m, meeting in enumerate(shape.meetings) if c in meeting.companies]
        certain = sum(1 for m in own if shape.meetings[m].must)
        open_meetings = [m for m in own if not shape.meetings[m].must and shape.meetings[m].starts]
        last = min(floor, certain + len(open_meetings))
        constant += sum(floor + 1 - j for j in range(1, min(certain, floor) + 1))
        steps = [(model.new_bool_var(""), floor + 1 - j) for j in range(certain + 1, last + 1)]
        if steps:
            placed = [lit for m in open_meetings for lit in variables.placed(m)]
            model.add(sum(step for step, _ in steps) <= sum(placed))
            terms.extend(steps)
    return Objective(terms=tuple(terms), constant=constant)
