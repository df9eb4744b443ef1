"""Tiny problems, built in one line each, for all tests of the solver.

Ids that stay readable: slots ``s0, s1 ...`` in blocks ``b0, b1 ...``, tables ``t0, t1 ...`` in zone ``hall``.
A party given as a name is one person of a company of the same name with a capital letter: ``"ann"`` of
``"Ann"``. Companies and people that meetings mention are made unless they are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from solver.problem import (
    Block,
    Company,
    GoalName,
    Interpreter,
    Meeting,
    Need,
    Party,
    Person,
    Problem,
    Slot,
    Table,
    Walk,
)
from solver.schedule import GoalResult, Placement, Schedule, Status, Unplaced

HALL = "hall"


def party(*people: str, company: str | None = None, need: Need = Need.ONE) -> Party:
    """One side; its company is the first person's name with a capital letter unless given."""
    return Party(company=company or people[0].capitalize(), people=people, need=need)


def meeting(id_: str, *sides: str | Party, **fields: Any) -> Meeting:
    """A meeting of ``sides``; ``fields`` are those of :class:`Meeting`."""
    parties = tuple(party(side) if isinstance(side, str) else side for side in sides)
    return Meeting(id=id_, parties=parties, **fields)


def table(id_: str, zone: str = HALL, **fields: Any) -> Table:
    return Table(id=id_, zone=zone, **fields)


def person(id_: str, **fields: Any) -> Person:
    return Person(id=id_, **fields)


def interpreter(id_: str, *pairs: tuple[str, str], **fields: Any) -> Interpreter:
    return Interpreter(id=id_, pairs=pairs, **fields)


def problem(
    *meetings: Meeting,
    blocks: Sequence[int] = (4,),
    days: Sequence[str] | None = None,
    tables: int | Iterable[Table] = 1,
    people: Iterable[Person] = (),
    companies: Iterable[Company] = (),
    interpreters: Iterable[Interpreter] = (),
    walks: Iterable[tuple[str, str]] = (),
    zones: Iterable[str] = (),
    goals: Sequence[GoalName] = (GoalName.VALUE,),
    floor: int = 3,
    max_breaks: int | None = None,
    must_all: bool = False,
) -> Problem:
    """A problem with ``blocks`` of so many slots each (all on one day unless ``days`` says), and ``tables``.

    Zones are those of the tables and walks, and ``zones``.
    """
    names = tuple(days or ("day",) * len(blocks))
    owner = [f"b{index}" for index, size in enumerate(blocks) for _ in range(size)]
    places = _tables(tables)
    hops = tuple(Walk(a=a, b=b) for a, b in walks)
    listed = {item.id: item for item in people}
    firms = {item.id: item for item in companies}
    for side in (side for item in meetings for side in item.parties):
        firms.setdefault(side.company, Company(id=side.company))
        for name in side.people:
            listed.setdefault(name, Person(id=name))
    used = [*zones, *(item.zone for item in places), *(zone for hop in hops for zone in (hop.a, hop.b))]
    return Problem(
        version=1,
        blocks=tuple(Block(id=f"b{index}", day=names[index]) for index in range(len(blocks))),
        slots=tuple(Slot(id=f"s{index}", block=block) for index, block in enumerate(owner)),
        tables=places,
        companies=tuple(firms.values()),
        people=tuple(listed.values()),
        meetings=meetings,
        zones=tuple(dict.fromkeys(used)),
        walks=hops,
        interpreters=tuple(interpreters),
        goals=tuple(goals),
        floor=floor,
        max_breaks=max_breaks,
        must_all=must_all,
    )


def _tables(tables: int | Iterable[Table]) -> tuple[Table, ...]:
    if isinstance(tables, int):
        return tuple(table(f"t{index}") for index in range(tables))
    return tuple(tables)


def place(
    problem: Problem,
    meeting: str,
    slot: str,
    table: str = "t0",
    *,
    people: Sequence[str] | None = None,
    interpreter: str | None = None,
) -> Placement:
    """A placement; ``people`` are by default all of each ALL party and the first of each ONE party."""
    if people is None:
        found = next(item for item in problem.meetings if item.id == meeting)
        people = [
            name
            for side in found.parties
            for name in (side.people if side.need is Need.ALL else side.people[:1])
        ]
    return Placement(meeting=meeting, slot=slot, table=table, people=tuple(people), interpreter=interpreter)


def schedule(
    *placements: Placement,
    status: Status = Status.FEASIBLE,
    goals: Mapping[GoalName, tuple[int, int]] | None = None,
    unplaced: Iterable[Unplaced] = (),
) -> Schedule:
    """A schedule that claims ``goals`` as (value, bound)."""
    claims = tuple(
        GoalResult(name=name, value=value, bound=bound) for name, (value, bound) in (goals or {}).items()
    )
    return Schedule(
        version=1,
        status=status,
        problem_digest="",
        solver_version="test",
        placements=placements,
        unplaced=tuple(unplaced),
        goals=claims,
    )
