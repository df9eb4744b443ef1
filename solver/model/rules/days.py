"""The most meetings a day of a person, and the most slots a day of an interpreter."""

from __future__ import annotations

from solver.model.variables import Presence, Variables, days, within


def apply(variables: Variables) -> None:
    """Limit each day of people (meetings) and interpreters (slots) that have a limit."""
    problem = variables.shape.problem
    for slots in days(variables).values():
        for person, agenda in zip(problem.people, variables.agenda, strict=True):
            if person.max_per_day is not None:
                _limit(variables, agenda, slots, person.max_per_day, by_slots=False)
        for interpreter, tasks in zip(problem.interpreters, variables.tasks, strict=True):
            if interpreter.max_per_day is not None:
                _limit(variables, tasks, slots, interpreter.max_per_day, by_slots=True)


def _limit(
    variables: Variables, presences: tuple[Presence, ...], slots: list[int], limit: int, *, by_slots: bool
) -> None:
    terms = [lit * (length if by_slots else 1) for lit, length in within(presences, slots)]
    if terms:
        variables.model.add(sum(terms) <= limit)
