"""Hypothesis: tiny problems with all rules mixed, small enough for brute force."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import msgspec
from hypothesis import strategies as st

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
from tests.solver.brute_force import count_choices

MOST_COMBINATIONS = 15_000
ZONES = ("hall", "annex")
PAIRS = (("en", "uk"), ("uk", "fr"))
FEATURE = "quiet"
# Each company has two delegates; the same name never stands in two companies.
TEAMS = {"A": ("ann", "amy"), "B": ("bob", "ben"), "C": ("cat", "col")}


@st.composite
def problems(draw: st.DrawFn, *, plain: bool = False) -> Problem:
    """A problem of 1 to 4 meetings, 1 to 5 slots, 0 to 2 tables; every rule may occur unless ``plain``."""
    sizes = draw(st.sampled_from(((3,), (4,), (2, 2), (1, 2), (5,), (3, 2))))
    slots = [f"s{index}" for index in range(sum(sizes))]
    companies = list(TEAMS)
    count = draw(st.integers(1, 4))
    meetings = tuple(draw(_meetings(index, slots, companies, plain=plain)) for index in range(count))
    blocks = tuple(
        Block(id=f"b{index}", day=draw(st.sampled_from(("mon", "tue")))) for index in range(len(sizes))
    )
    owner = [block.id for block, size in zip(blocks, sizes, strict=True) for _ in range(size)]
    found = Problem(
        version=1,
        blocks=blocks,
        slots=tuple(Slot(id=slot, block=block) for slot, block in zip(slots, owner, strict=True)),
        zones=ZONES,
        walks=() if plain else draw(st.sampled_from(((), (Walk(a="annex", b="hall"),)))),
        tables=tuple(
            draw(_tables(index, slots, plain=plain))
            for index in range(draw(st.sampled_from((1, 1, 2, 2, 0))))
        ),
        companies=tuple(
            Company(id=name, max_meetings=None if plain else draw(_rarely(st.integers(0, 2))))
            for name in companies
        ),
        people=tuple(draw(_people(name, slots, plain=plain)) for team in TEAMS.values() for name in team),
        interpreters=() if plain else tuple(draw(_interpreters(slots))),
        meetings=meetings,
        goals=draw(_goals()),
        floor=draw(st.integers(0, 3)),
        max_breaks=None if plain else draw(_rarely(st.integers(0, 1))),
        must_all=draw(st.sampled_from((False, False, False, True))),
    )
    return _shrunk(_locked_to_tables(draw, found))


def _locked_to_tables(draw: st.DrawFn, problem: Problem) -> Problem:
    """Now and then the first meeting is locked to the last table."""
    if not problem.tables or draw(st.integers(0, 4)):
        return problem
    first, *rest = problem.meetings
    locked = msgspec.structs.replace(first, locked_table=problem.tables[-1].id)
    return msgspec.structs.replace(problem, meetings=(locked, *rest))


@st.composite
def mandatory_problems(draw: st.DrawFn) -> Problem:
    """The literature's setting: all meetings are musts of two people, equal tables, least breaks first."""
    sizes = draw(st.sampled_from(((4,), (5,), (6,), (3, 2), (2, 3))))
    slots = [f"s{index}" for index in range(sum(sizes))]
    owner = [f"b{index}" for index, size in enumerate(sizes) for _ in range(size)]
    names = ("ann", "bob", "cat", "dan", "eve")
    pairs = draw(st.lists(st.sampled_from(list(combinations(names, 2))), min_size=1, max_size=5, unique=True))
    found = Problem(
        version=1,
        blocks=tuple(Block(id=block, day="mon") for block in dict.fromkeys(owner)),
        slots=tuple(Slot(id=slot, block=block) for slot, block in zip(slots, owner, strict=True)),
        zones=ZONES,
        tables=tuple(Table(id=f"t{index}", zone=ZONES[0]) for index in range(draw(st.integers(1, 2)))),
        companies=tuple(Company(id=name.capitalize()) for name in names),
        people=tuple(Person(id=name, unavailable=draw(_rarely(_some(slots))) or ()) for name in names),
        meetings=tuple(
            Meeting(
                id=f"m{index}",
                parties=tuple(Party(company=name.capitalize(), people=(name,)) for name in pair),
                starts=draw(_rarely(_some(slots, most=4))),
                locked_slot=draw(_rarely(st.sampled_from(slots))) if draw(st.booleans()) else None,
                after=draw(st.sampled_from(((), (), (), (f"m{index - 1}",)))) if index else (),
            )
            for index, pair in enumerate(pairs)
        ),
        goals=draw(st.sampled_from(((GoalName.BREAKS,), (GoalName.BREAKS, GoalName.IDLE), (GoalName.IDLE,)))),
        max_breaks=draw(st.sampled_from((None, 0, 1, 2))),
        must_all=True,
    )
    return _shrunk(found)


@st.composite
def changed_problems(draw: st.DrawFn) -> tuple[Problem, Problem]:
    """A problem as it was published and as it is now: one or two things fell away or came in."""
    before = now = draw(problems())
    for change in draw(st.lists(st.sampled_from(_CHANGES), min_size=1, max_size=2, unique=True)):
        now = change(draw, now)
    if draw(st.integers(0, 3)) == 0:  # the last meeting came in after publishing
        before = msgspec.structs.replace(before, meetings=before.meetings[:-1])
    return before, now


def _somebody_away(draw: st.DrawFn, now: Problem) -> Problem:
    who, slot = draw(st.sampled_from(now.people)), draw(st.sampled_from(now.slots)).id
    away = msgspec.structs.replace(who, unavailable=tuple(sorted({*who.unavailable, slot})))
    return msgspec.structs.replace(now, people=_with(now.people, away))


def _a_table_closed(draw: st.DrawFn, now: Problem) -> Problem:
    if not now.tables:
        return now
    table, slot = draw(st.sampled_from(now.tables)), draw(st.sampled_from(now.slots)).id
    closed = msgspec.structs.replace(table, closed=tuple(sorted({*table.closed, slot})))
    return msgspec.structs.replace(now, tables=_with(now.tables, closed))


def _an_interpreter_away(draw: st.DrawFn, now: Problem) -> Problem:
    if not now.interpreters:
        return now
    who, slot = draw(st.sampled_from(now.interpreters)), draw(st.sampled_from(now.slots)).id
    away = msgspec.structs.replace(who, unavailable=tuple(sorted({*who.unavailable, slot})))
    return msgspec.structs.replace(now, interpreters=_with(now.interpreters, away))


def _a_delegate_gone(draw: st.DrawFn, now: Problem) -> Problem:
    """Out of every party that has somebody else; away for the others."""
    who = draw(st.sampled_from(now.people))
    meetings = tuple(
        msgspec.structs.replace(
            each,
            parties=tuple(
                msgspec.structs.replace(party, people=tuple(p for p in party.people if p != who.id))
                if len(party.people) > 1
                else party
                for party in each.parties
            ),
        )
        for each in now.meetings
    )
    away = msgspec.structs.replace(who, unavailable=tuple(slot.id for slot in now.slots))
    return msgspec.structs.replace(now, meetings=meetings, people=_with(now.people, away))


def _a_must(draw: st.DrawFn, now: Problem) -> Problem:
    must = msgspec.structs.replace(draw(st.sampled_from(now.meetings)), must=True)
    return msgspec.structs.replace(now, meetings=_with(now.meetings, must))


def _a_lower_limit(draw: st.DrawFn, now: Problem) -> Problem:
    limited = msgspec.structs.replace(draw(st.sampled_from(now.people)), max_meetings=1)
    return msgspec.structs.replace(now, people=_with(now.people, limited))


_CHANGES = (
    _somebody_away,
    _a_table_closed,
    _an_interpreter_away,
    _a_delegate_gone,
    _a_must,
    _a_lower_limit,
)


def _with(records: tuple[Any, ...], changed: Any) -> tuple[Any, ...]:
    """``records`` with ``changed`` in the place of the one with its id."""
    return tuple(changed if each.id == changed.id else each for each in records)


def _shrunk(problem: Problem) -> Problem:
    """Fewer meetings until brute force is quick (each of the rest keeps its rules)."""
    while count_choices(problem) > MOST_COMBINATIONS:
        kept = problem.meetings[:-1]
        names = {meeting.id for meeting in kept}
        kept = tuple(
            msgspec.structs.replace(item, after=tuple(o for o in item.after if o in names)) for item in kept
        )
        problem = msgspec.structs.replace(problem, meetings=kept)
    return problem


def _rarely(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """None three times of four."""
    return st.one_of(st.none(), st.none(), st.none(), strategy)


def _some(items: list[str], *, most: int = 2) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(items), max_size=most, unique=True).map(
        lambda found: tuple(sorted(found))
    )


def _goals() -> st.SearchStrategy[tuple[GoalName, ...]]:
    usual = (GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE, GoalName.MOVES, GoalName.PREFERENCES)
    others = [goal for goal in GoalName if goal is not GoalName.PROMISES]
    return st.one_of(
        st.just(usual),
        st.lists(st.sampled_from(others), min_size=1, max_size=4, unique=True).map(tuple),
    )


@st.composite
def _meetings(draw: st.DrawFn, index: int, slots: list[str], companies: list[str], *, plain: bool) -> Meeting:
    sides = draw(st.permutations(companies).map(lambda found: found[:2]))
    if plain:
        parties = tuple(draw(_parties(company, plain=True)) for company in sides)
        return Meeting(id=f"m{index}", parties=parties, weight=draw(st.integers(1, 3)))
    return Meeting(
        id=f"m{index}",
        parties=draw(_sides(sides, companies)),
        weight=draw(st.integers(1, 3)),
        length=draw(st.sampled_from((1, 1, 1, 2))),
        starts=draw(_rarely(_some(slots))),
        features=draw(st.sampled_from(((), (), (), (FEATURE,)))),
        zone=draw(_rarely(st.sampled_from(ZONES))),
        interpret=draw(_rarely(st.sampled_from(PAIRS))),
        after=draw(st.sampled_from(((), (), (), (f"m{index - 1}",)))) if index else (),
        must=draw(st.sampled_from((False, False, False, True))),
        locked_slot=draw(_rarely(st.sampled_from(slots))),
    )


@st.composite
def _sides(draw: st.DrawFn, sides: list[str], companies: list[str]) -> tuple[Party, ...]:
    """Two companies; at times all three, or two people of one company among themselves."""
    match draw(st.integers(0, 9)):
        case 0:
            return tuple(draw(_parties(company, plain=False)) for company in companies)
        case 1:
            return tuple(Party(company=sides[0], people=(name,)) for name in TEAMS[sides[0]])
        case _:
            return tuple(draw(_parties(company, plain=False)) for company in sides)


@st.composite
def _parties(draw: st.DrawFn, company: str, *, plain: bool) -> Party:
    team = TEAMS[company]
    if plain:
        return Party(company=company, people=team[:1])
    people = draw(st.sampled_from((team[:1], team[:1], team)))
    return Party(company=company, people=people, need=draw(st.sampled_from(Need)))


@st.composite
def _tables(draw: st.DrawFn, index: int, slots: list[str], *, plain: bool) -> Table:
    if plain:
        return Table(id=f"t{index}", zone=ZONES[0])
    return Table(
        id=f"t{index}",
        zone=draw(st.sampled_from(ZONES)),
        features=draw(st.sampled_from(((), (FEATURE,)))),
        closed=draw(_some(slots, most=1)),
        host=draw(_rarely(st.sampled_from(list(TEAMS)))),
        seats=draw(_rarely(st.integers(1, 4))),
    )


@st.composite
def _people(draw: st.DrawFn, name: str, slots: list[str], *, plain: bool) -> Person:
    unavailable = draw(_some(slots))
    if plain:
        return Person(id=name, unavailable=unavailable)
    return Person(
        id=name,
        unavailable=unavailable,
        max_meetings=draw(_rarely(st.integers(0, 2))),
        max_per_day=draw(_rarely(st.integers(0, 2))),
        max_in_row=draw(_rarely(st.integers(1, 2))),
        liked=draw(_some(slots, most=1)),
        disliked=draw(_some(slots, most=1)),
        fixed_table=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def _interpreters(draw: st.DrawFn, slots: list[str]) -> list[Interpreter]:
    return [
        Interpreter(
            id=f"i{index}",
            pairs=draw(st.sampled_from((PAIRS[:1], (("uk", "en"),), PAIRS))),
            unavailable=draw(_some(slots, most=1)),
            max_per_day=draw(_rarely(st.integers(0, 2))),
            max_in_row=draw(_rarely(st.integers(1, 2))),
        )
        for index in range(draw(st.sampled_from((1, 1, 2, 0))))
    ]
