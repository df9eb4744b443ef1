"""Between the model's literals and placements: reading a solution, giving a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from solver.model.shape import Shape
from solver.model.variables import ByStart, Literal, Variables
from solver.problem import Meeting, Need
from solver.schedule import Placement


@dataclass(frozen=True, slots=True)
class Solution:
    """By meeting: start slot (-1: not placed), unit, who comes of each choice, interpreter (-1: none)."""

    starts: tuple[int, ...]
    units: tuple[int, ...]
    chosen: tuple[tuple[int, ...], ...]
    interpreters: tuple[int, ...]


def read(variables: Variables, value: Callable[[Literal], bool]) -> Solution:
    """The solution that ``value`` gives to the literals."""
    starts: list[int] = []
    units: list[int] = []
    chosen: list[tuple[int, ...]] = []
    interpreters: list[int] = []
    for m, meeting in enumerate(variables.shape.meetings):
        t = next((t for t, literal in variables.start[m].items() if value(literal)), -1)
        starts.append(t)
        units.append(_option(variables.unit, m, meeting.unit_starts, t, value))
        chosen.append(tuple(_option(variables.person, m, choice, t, value) for choice in meeting.choices))
        interpreters.append(_option(variables.interpreter, m, meeting.interpreter_starts, t, value))
    return Solution(tuple(starts), tuple(units), tuple(chosen), tuple(interpreters))


def _option(
    literals: Mapping[tuple[int, int], ByStart],
    meeting: int,
    options: Iterable[int],
    start: int,
    value: Callable[[Literal], bool],
) -> int:
    for option in options:
        literal = literals[meeting, option].get(start)
        if literal is not None and value(literal):
            return option
    return -1


def placements(
    shape: Shape, solution: Solution, *, preferred: Mapping[int, int] | None = None
) -> tuple[Placement, ...]:
    """The solution with a table for each placed meeting.

    ``preferred``: by meeting a table to take where it is in the meeting's unit and free; served first.
    """
    problem = shape.problem
    tables = _tables(shape, solution, preferred or {})
    found: list[Placement] = []
    for m, start in enumerate(solution.starts):
        if start >= 0:
            meeting, interpreter = problem.meetings[m], solution.interpreters[m]
            found.append(
                Placement(
                    meeting=meeting.id,
                    slot=problem.slots[start].id,
                    table=problem.tables[tables[m]].id,
                    people=_people(shape, meeting, solution.chosen[m]),
                    interpreter=None if interpreter < 0 else problem.interpreters[interpreter].id,
                )
            )
    return tuple(found)


def _people(shape: Shape, meeting: Meeting, chosen: tuple[int, ...]) -> tuple[str, ...]:
    """All who come, in the order of the parties."""
    remaining = iter(chosen)
    found: list[str] = []
    for party in meeting.parties:
        if party.need is Need.ALL or len(party.people) == 1:
            found.extend(party.people)
        else:
            found.append(shape.problem.people[next(remaining)].id)
    return tuple(found)


def _tables(shape: Shape, solution: Solution, preferred: Mapping[int, int]) -> dict[int, int]:
    """A table of its unit for each placed meeting: first the preferred ones, then by start, lowest free."""
    taken: dict[int, int] = {}
    result: dict[int, int] = {}
    order = sorted(
        (m for m, start in enumerate(solution.starts) if start >= 0),
        key=lambda m: (m not in preferred, solution.starts[m], m),
    )
    for m in order:
        mask = shape.meetings[m].mask(solution.starts[m])
        options = shape.units[solution.units[m]].tables
        wish = preferred.get(m)
        if wish in options and not taken.get(wish, 0) & mask:
            table = wish
        else:
            table = next(table for table in options if not taken.get(table, 0) & mask)
        taken[table] = taken.get(table, 0) | mask
        result[m] = table
    return result


def hint(variables: Variables, known: Iterable[Placement]) -> None:
    """Hint all literals of starts, people, units and interpreters by ``known`` placements."""
    problem = variables.shape.problem
    slots = {slot.id: index for index, slot in enumerate(problem.slots)}
    people = {person.id: index for index, person in enumerate(problem.people)}
    interpreters = {each.id: index for index, each in enumerate(problem.interpreters)}
    tables = {table.id: index for index, table in enumerate(problem.tables)}
    unit_of = {table: k for k, unit in enumerate(variables.shape.units) for table in unit.tables}
    by_meeting = {placement.meeting: placement for placement in known}
    hinted: dict[int, int] = {}

    def say(literals: ByStart, start: int) -> None:
        for t, literal in literals.items():
            hinted[literal.index] = max(hinted.get(literal.index, 0), int(t == start))

    for m, meeting in enumerate(problem.meetings):
        placement = by_meeting.get(meeting.id)
        start = -1 if placement is None else slots.get(placement.slot, -1)
        present = () if placement is None else tuple(people.get(each, -1) for each in placement.people)
        unit = -1 if placement is None else unit_of.get(tables.get(placement.table, -1), -1)
        interpreter = -1
        if placement is not None and placement.interpreter is not None:
            interpreter = interpreters.get(placement.interpreter, -1)
        shape = variables.shape.meetings[m]
        say(variables.start[m], start)
        for p in (each for choice in shape.choices for each in choice):
            _say_option(say, variables, variables.person[m, p], m, start if p in present else -1)
        for k in shape.unit_starts:
            _say_option(say, variables, variables.unit[m, k], m, start if k == unit else -1)
        for i in shape.interpreter_starts:
            _say_option(say, variables, variables.interpreter[m, i], m, start if i == interpreter else -1)
    for index, value in hinted.items():
        variables.model.add_hint(variables.model.get_bool_var_from_proto_index(index), bool(value))


def hint_starts(variables: Variables, starts: Iterable[int]) -> None:
    """Hint the starts alone, a slot for each meeting (negative: none)."""
    for literals, start in zip(variables.start, starts, strict=True):
        for t, literal in literals.items():
            variables.model.add_hint(literal, t == start)


def _say_option(
    say: Callable[[ByStart, int], None], variables: Variables, literals: ByStart, meeting: int, start: int
) -> None:
    """Hint an option's own literals; those shared with the start were hinted with it."""
    shared = variables.start[meeting]
    say({t: lit for t, lit in literals.items() if lit.index != shared[t].index}, start)
