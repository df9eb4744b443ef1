"""Tables by integer programs: all rules kept, slots as they are, and no fewer changes possible."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given

from solver.arrays import NONE, Arrays, Assignment
from solver.bounds.value import counted_bound
from solver.instances.generate import generate, generate_rich
from solver.placing import seating
from solver.placing.construct import construct
from solver.placing.seating import seat_anew
from solver.placing.tables import count_moves, fewer_moves
from solver.problem import GoalName, Problem
from solver.schedule import Placement
from tests.solver.engine_helpers import StopsAfter, Unhurried, broken_rules, solved_here
from tests.solver.factories import meeting, person, place, problem, table
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

GOALS = (GoalName.VALUE, GoalName.MOVES)


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seating, "solve_integer", solved_here)


def first_schedule(arrays: Arrays) -> Assignment:
    return construct(arrays, counted_bound(arrays, GoalName.VALUE), seed=1, control=Unhurried())


def seated(of: Problem, *placements: Placement) -> dict[str, str]:
    """The tables that the placements' meetings get."""
    arrays = Arrays.of(of)
    found = seat_anew(arrays, Assignment.from_placements(arrays, placements), control=Unhurried())
    assert broken_rules(of, arrays, found) == []
    return {each.meeting: each.table for each in found.to_placements(arrays)}


@TINY
@given(problems())
def test_tables_are_those_that_trying_all_finds(tiny: Problem) -> None:
    """But where a table is wanted again after a pause, or kept, it may be a little more."""
    arrays = Arrays.of(tiny)
    first = first_schedule(arrays)
    found = seat_anew(arrays, first, control=Unhurried())
    assert broken_rules(tiny, arrays, found) == []
    assert (found.start == first.start).all()
    best = _fewest(tiny, arrays, first)
    assert best <= count_moves(arrays, found) <= count_moves(arrays, first)
    if not arrays.person_fixed.any() and not _pauses(arrays, first):
        assert count_moves(arrays, found) == best


def _fewest(of: Problem, arrays: Arrays, assignment: Assignment) -> int:
    """The fewest changes of all ways to give the placed meetings tables."""
    placed = [int(each) for each in (assignment.start != NONE).nonzero()[0]]
    fewest = count_moves(arrays, assignment)
    for tables in product(range(arrays.n_tables), repeat=len(placed)):
        table_of = assignment.table.copy()
        table_of[placed] = tables
        other = Assignment(assignment.start, table_of, assignment.interpreter, assignment.chosen)
        if count_moves(arrays, other) < fewest and not broken_rules(of, arrays, other):
            fewest = count_moves(arrays, other)
    return fewest


def _pauses(arrays: Arrays, assignment: Assignment) -> int:
    """How often somebody has a pause between two meetings of a block."""
    return sum(
        assignment.start[after] > assignment.start[before] + arrays.length[before]
        for before, after in seating.links_of(arrays, assignment)
    )


def test_who_has_the_more_meetings_in_a_row_stays_and_the_others_come() -> None:
    forum = problem(
        *(meeting(f"a{n}", "ann", f"g{n}") for n in range(3)),
        *(meeting(f"b{n}", "bob", f"h{n}") for n in range(3)),
        blocks=(3,),
        tables=2,
        goals=GOALS,
    )
    crossed = [
        place(forum, f"{who}{n}", f"s{n}", f"t{(n + k) % 2}") for n in range(3) for k, who in enumerate("ab")
    ]
    found = seated(forum, *crossed)
    assert len({found[f"a{n}"] for n in range(3)}) == 1
    assert len({found[f"b{n}"] for n in range(3)}) == 1


def test_of_two_changes_that_within_a_zone_is_less() -> None:
    """Ann parts from Bob, who keeps the table: hers is in the same zone, though another was given."""
    tables = (table("t0"), table("t1", zone="annex"), table("t2"))
    forum = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "bob", "dan"),
        blocks=(2,),
        tables=tables,
        goals=GOALS,
    )
    given_tables = [
        place(forum, "m", "s0", "t1"),
        place(forum, "n", "s1", "t0"),
        place(forum, "o", "s1", "t1"),
    ]
    found = seated(forum, *given_tables)
    assert "t1" not in found.values()
    assert found["m"] in (found["n"], found["o"])


def test_who_keeps_a_table_keeps_the_one_of_now() -> None:
    forum = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "cat", "dan"),
        meeting("o", "ann", "dan"),
        blocks=(3,),
        tables=2,
        people=(person("ann", fixed_table=True),),
        goals=GOALS,
    )
    found = seated(
        forum, place(forum, "m", "s0", "t1"), place(forum, "n", "s0", "t0"), place(forum, "o", "s2", "t1")
    )
    assert (found["m"], found["o"]) == ("t1", "t1")


@pytest.mark.parametrize("seed", range(3))
def test_annealing_finds_no_fewer_but_over_pauses(seed: int) -> None:
    forum = generate(companies=40, requests=160, slots=12, tables=9, seed=seed)
    arrays = Arrays.of(forum)
    first = first_schedule(arrays)
    exact = seat_anew(arrays, first, control=Unhurried())
    annealed = fewer_moves(arrays, first, seed=1, control=Unhurried(), most_moves=300_000)
    assert broken_rules(forum, arrays, exact) == []
    assert count_moves(arrays, exact) <= count_moves(arrays, annealed) + _pauses(arrays, first)


def test_all_rules_of_a_rich_forum_are_kept() -> None:
    forum = generate_rich(companies=16, requests=110, slots=12, tables=9, seed=1, interpreters=3)
    arrays = Arrays.of(forum)
    first = first_schedule(arrays)
    found = seat_anew(arrays, first, control=Unhurried())
    assert broken_rules(forum, arrays, found) == []
    assert count_moves(arrays, found) < count_moves(arrays, first)


def test_a_stop_leaves_the_tables_as_they_are() -> None:
    forum = generate(companies=20, requests=60, slots=6, tables=6, seed=1)
    arrays = Arrays.of(forum)
    first = first_schedule(arrays)
    assert seat_anew(arrays, first, control=StopsAfter(-1)) is first


def test_a_forum_too_large_for_programs_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    forum = generate(companies=20, requests=60, slots=6, tables=6, seed=1)
    arrays = Arrays.of(forum)
    first = first_schedule(arrays)
    monkeypatch.setattr(seating, "LARGEST", 10)
    assert seat_anew(arrays, first, control=Unhurried()) is first
    monkeypatch.setattr(seating, "MOST_MEETINGS", 10)
    assert seat_anew(arrays, first, control=Unhurried()) is first
