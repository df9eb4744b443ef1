"""What a relaxation knows of tables, walks and musts beyond simple counts."""

from __future__ import annotations

import pytest
from hypothesis import given

from solver.arrays import Arrays
from solver.bounds.integer import Matrix, solve_here
from solver.bounds.lp import Program
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation
from solver.problem import GoalName, Problem
from tests.solver import brute_force
from tests.solver.engine_helpers import Unhurried
from tests.solver.factories import interpreter, meeting, party, person, problem, table
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY


def bound(of: Problem, grain: Grain, *, placing: bool = False) -> int:
    return program(of, grain, placing=placing).solve(control=Unhurried()).bound


def program(of: Problem, grain: Grain, *, placing: bool = False) -> Program:
    return Relaxation(Arrays.of(of), grain, GoalName.VALUE, None, placing=placing).program


def whole(of: Problem, grain: Grain, *, placing: bool = False) -> int:
    """The best whole point's value: halves of meetings hide what a row forbids."""
    matrix = Matrix.of(program(of, grain, placing=placing))
    found = solve_here(matrix, 30)
    assert found is not None
    assert int((found.point * matrix.cost).sum()) == found.bound
    return found.bound


@TINY
@given(problems())
def test_a_relaxation_for_placing_admits_every_schedule(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    if best is None or tiny.goals[0] is not GoalName.VALUE:
        return
    assert best.values[0] <= bound(tiny, Grain.SLOT, placing=True)


OVERLAPPING = (table("t0", features=("f",)), table("t1", features=("f", "g")), table("t2", features=("g",)))


@pytest.mark.parametrize("grain", list(Grain))
def test_demands_that_overlap_share_what_suits_both(grain: Grain) -> None:
    asking = [meeting(f"m{n}", f"a{n}", f"b{n}", features=("f" if n < 2 else "g",)) for n in range(4)]
    assert bound(problem(*asking, blocks=(1,), tables=(*OVERLAPPING, table("t3"))), grain) == 3
    assert bound(problem(*asking[:3], blocks=(1,), tables=(*OVERLAPPING, table("t3"))), grain) == 3


@pytest.mark.parametrize("grain", [Grain.BLOCK, Grain.SLOT])
@pytest.mark.parametrize(("keeps", "expected"), [(True, 1), (False, 2)])
def test_who_keeps_a_table_has_no_meetings_that_need_different_ones(
    grain: Grain, *, keeps: bool, expected: int
) -> None:
    asking = [meeting("m0", "ann", "bob", features=("f",)), meeting("m1", "ann", "cem", features=("g",))]
    tables = (table("t0", features=("f",)), table("t1", features=("g",)))
    people = (person("ann", fixed_table=keeps),)
    assert whole(problem(*asking, blocks=(2,), tables=tables, people=people), grain) == expected


def test_who_keeps_a_table_may_have_another_in_another_block() -> None:
    asking = [meeting("m0", "ann", "bob", features=("f",)), meeting("m1", "ann", "cem", features=("g",))]
    tables = (table("t0", features=("f",)), table("t1", features=("g",)))
    people = (person("ann", fixed_table=True),)
    assert whole(problem(*asking, blocks=(2, 2), tables=tables, people=people), Grain.BLOCK) == 2


FAR = (table("t0", "hall"), table("t1", "annex"))


@pytest.mark.parametrize(("walks", "expected"), [((("hall", "annex"),), 1), ((), 2)])
def test_a_relaxation_for_placing_keeps_walks(walks: tuple[tuple[str, str], ...], expected: int) -> None:
    asking = [meeting("m0", "ann", "bob", zone="hall"), meeting("m1", "ann", "cem", zone="annex")]
    assert whole(problem(*asking, blocks=(2,), tables=FAR, walks=walks), Grain.SLOT, placing=True) == expected


def test_a_break_between_blocks_is_time_to_walk() -> None:
    asking = [meeting("m0", "ann", "bob", zone="hall"), meeting("m1", "ann", "cem", zone="annex")]
    apart = problem(*asking, blocks=(1, 1), tables=FAR, walks=(("hall", "annex"),))
    assert whole(apart, Grain.SLOT, placing=True) == 2


@pytest.mark.parametrize(("talkers", "expected"), [(1, 1), (2, 2)])
def test_an_interpreter_who_is_the_only_one_walks_too(talkers: int, expected: int) -> None:
    asking = [
        meeting("m0", "ann", "bob", zone="hall", interpret=("en", "uk")),
        meeting("m1", "cem", "dora", zone="annex", interpret=("en", "uk")),
    ]
    who = [interpreter(f"i{n}", ("en", "uk")) for n in range(talkers)]
    far = problem(*asking, blocks=(2,), tables=FAR, walks=(("hall", "annex"),), interpreters=who)
    assert whole(far, Grain.SLOT, placing=True) == expected


def test_somebody_away_in_the_second_slot_has_no_long_meeting() -> None:
    long = meeting("m0", party("ann", "amy", company="A"), "bob", length=2)
    people = (person("ann", unavailable=("s1",)), person("amy", unavailable=("s0",)))
    assert bound(problem(long, blocks=(2,), people=people), Grain.SLOT) == 0


def test_a_must_takes_place_even_for_a_lower_value() -> None:
    asking = [meeting("m0", "ann", "bob", must=True), meeting("m1", "ann", "cem", weight=5)]
    one_slot = problem(*asking, blocks=(1,), tables=2)
    assert bound(one_slot, Grain.SLOT) == 1
    found = solve_here(Matrix.of(program(one_slot, Grain.BLOCK)), 30)
    assert found is not None
    assert found.point[:2].tolist() == [1, 0]
