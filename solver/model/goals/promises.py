"""Promises: how many people have another agenda than the published one.

A person's agenda is the set of (meeting, slot, table, interpreter) that the person comes to. It changes when
one of its published meetings is not kept as it was, or when the person comes to a published meeting in
another's place. Meetings that were not published change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from solver.model.objective import Objective
from solver.model.variables import Literal, Variables
from solver.problem import Problem
from solver.schedule import Placement, Schedule


def objective(variables: Variables, published: Schedule | None) -> Objective:
    """One literal for each person whose agenda may change; whose must change is in the constant."""
    if published is None:
        return Objective(terms=())
    problem, model = variables.shape.problem, variables.model
    person_index = {person.id: p for p, person in enumerate(problem.people)}
    kept = _kept_literals(variables, published)
    terms: list[tuple[Literal, int]] = []
    known = {placement.meeting for placement in published.placements}
    before: dict[int, set[str]] = {p: set() for p in range(len(problem.people))}
    for placement in published.placements:
        for person in placement.people:
            if person in person_index:
                before[person_index[person]].add(placement.meeting)
    for p, agenda in enumerate(variables.agenda):
        changed = model.new_bool_var("")
        possible: set[str] = set()
        for presence in agenda:
            meeting = problem.meetings[presence.meeting].id
            if meeting in before[p]:
                possible.add(meeting)
                stays = kept.get(meeting)
                literal = None if stays is None else _with(variables, stays, presence.starts)
                model.add_bool_or([changed] if literal is None else [changed, literal])
            elif meeting in known:
                for start in presence.starts.values():
                    model.add_implication(start, changed)
        if before[p] - possible:
            model.add_bool_or([changed])
        terms.append((changed, 1))
    return Objective(terms=tuple(terms))


def _kept_literals(variables: Variables, published: Schedule) -> dict[str, tuple[int, Literal]]:
    """For each published meeting that can stay: its start and a literal that implies that it does."""
    problem, model = variables.shape.problem, variables.model
    meetings = {meeting.id: m for m, meeting in enumerate(problem.meetings)}
    kept: dict[str, tuple[int, Literal]] = {}
    for placement in published.placements:
        if placement.meeting not in meetings:
            continue
        m = meetings[placement.meeting]
        needed = _needed(variables, problem, m, placement)
        if needed is not None:
            start, literals = needed
            literal = model.new_bool_var("")
            for each in literals:
                model.add_implication(literal, each)
            kept[placement.meeting] = (start, literal)
    return kept


def _needed(
    variables: Variables, problem: Problem, m: int, placement: Placement
) -> tuple[int, list[Literal]] | None:
    """The start and the literals that must all be true for ``placement`` to stay; None when it can't."""
    slots = {slot.id: index for index, slot in enumerate(problem.slots)}
    tables = {table.id: index for index, table in enumerate(problem.tables)}
    interpreters = {each.id: index for index, each in enumerate(problem.interpreters)}
    shape = variables.shape.meetings[m]
    start, table = slots.get(placement.slot), tables.get(placement.table)
    if start is None or table is None or start not in variables.start[m]:
        return None
    unit = next((k for k, each in enumerate(variables.shape.units) if table in each.tables), None)
    if unit is None or unit not in shape.unit_starts or start not in variables.unit[m, unit]:
        return None
    literals = [variables.start[m][start], variables.unit[m, unit][start]]
    if shape.interpreted != (placement.interpreter is not None):
        return None
    if placement.interpreter is not None:
        i = interpreters.get(placement.interpreter, -1)
        if i not in shape.interpreter_starts or start not in variables.interpreter[m, i]:
            return None
        literals.append(variables.interpreter[m, i][start])
    return start, literals


def _with(
    variables: Variables, stays: tuple[int, Literal], presence: Mapping[int, Literal]
) -> Literal | None:
    """A literal that implies that the meeting stays and that the person comes; None when that can't be."""
    start, literal = stays
    if start not in presence:
        return None
    both = variables.model.new_bool_var("")
    variables.model.add_implication(both, literal)
    variables.model.add_implication(both, presence[start])
    return both
