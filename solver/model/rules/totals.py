"""The most meetings in all of a person and of a company."""

from __future__ import annotations

from solver.model.variables import Literal, Variables


def apply(variables: Variables) -> None:
    """Limit the meetings of people and companies that have a limit."""
    problem = variables.shape.problem
    for person, agenda in zip(problem.people, variables.agenda, strict=True):
        if person.max_meetings is not None and len(agenda) > person.max_meetings:
            taken: list[Literal] = [lit for presence in agenda for lit in presence.starts.values()]
            variables.model.add(sum(taken) <= person.max_meetings)
    for c, company in enumerate(problem.companies):
        if company.max_meetings is None:
            continue
        meetings = [m for m, meeting in enumerate(variables.shape.meetings) if c in meeting.companies]
        if len(meetings) > company.max_meetings:
            placed: list[Literal] = [lit for m in meetings for lit in variables.placed(m)]
            variables.model.add(sum(placed) <= company.max_meetings)
