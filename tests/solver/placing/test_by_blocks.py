"""Placing by blocks: all rules kept, no optimum passed, the bound met where annealing stays below it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

from solver.arrays import Arrays
from solver.bounds.value import block_bound
from solver.instances.generate import generate_rich
from solver.placing import block, by_blocks, selection
from solver.placing.by_blocks import place_by_blocks
from solver.problem import GoalName, Problem
from solver.schedule import Placement, Schedule, Status
from solver.stages.kept import still_sound
from solver.verify import Verdict, verify
from tests.solver import brute_force
from tests.solver.engine_helpers import StopsAfter, Unhurried, solved_here
from tests.solver.factories import interpreter, meeting, party, person, problem, table
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY


@pytest.fixture(autouse=True, scope="module")
def _in_this_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block, "solve_integer", solved_here)
        patch.setattr(selection, "solve_integer", solved_here)
        yield


def placed(of: Problem, *, least_coverage: int | None = None) -> list[tuple[Placement, ...]]:
    arrays = Arrays.of(of)
    return list(place_by_blocks(arrays, least_coverage=least_coverage, seed=0, control=Unhurried()))


def judged(of: Problem, placements: tuple[Placement, ...]) -> Verdict:
    made = Schedule(
        version=1, status=Status.FEASIBLE, problem_digest="", solver_version="test", placements=placements
    )
    return verify(of, made)


def value(of: Problem, placements: tuple[Placement, ...]) -> int:
    return judged(of, placements).goals[GoalName.VALUE]


@TINY
@given(problems())
def test_what_is_placed_of_a_tiny_problem_is_sound_and_passes_no_optimum(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    for found in placed(tiny):
        assert len({each.meeting for each in found}) == len(found)
        verdict = judged(tiny, still_sound(tiny, found))
        if not verdict.violations and best is not None and tiny.goals[0] is GoalName.VALUE:
            assert verdict.goals[GoalName.VALUE] <= best.values[0]


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_of_a_forum_with_every_kind_of_rule_is_met(seed: int) -> None:
    forum = generate_rich(companies=16, requests=110, slots=12, tables=8, seed=seed, interpreters=3)
    arrays = Arrays.of(forum)
    found = placed(forum)[-1]
    assert judged(forum, found).violations == ()
    assert value(forum, found) == block_bound(arrays, GoalName.VALUE, control=Unhurried()).limit


def test_a_large_forum_begins_with_what_the_linear_program_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    forum = generate_rich(companies=16, requests=110, slots=12, tables=8, seed=1, interpreters=3)
    best = value(forum, placed(forum)[-1])
    monkeypatch.setattr(selection, "LARGE", 0)
    found = placed(forum)[-1]
    assert judged(forum, found).violations == ()
    assert 0.98 * best <= value(forum, found) <= best


def test_each_result_is_better_than_the_one_before() -> None:
    """Three who all meet each other need three slots, though two are enough for each of them."""
    triangle = [
        meeting("ab", "ann", "bob", weight=3),
        meeting("bc", "bob", "cem", weight=3),
        meeting("ca", "cem", "ann", weight=3),
    ]
    forum = problem(
        *triangle,
        meeting("de", "dora", "eve", weight=2),
        blocks=(2,),
        tables=(table("t0"), table("t1", closed=("s1",))),
    )
    assert [value(forum, each) for each in placed(forum)] == [6, 8]


def test_without_one_that_found_no_place_another_takes_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three who all meet each other in two slots: without one of these a lighter meeting has room."""
    monkeypatch.setattr(by_blocks, "TRIES", 0)
    pairs = [("ann", "bob"), ("bob", "cem"), ("cem", "ann"), ("dora", "eve"), ("eve", "finn")]
    weights = [4, 4, 4, 1, 3]
    forum = problem(
        *(meeting("-".join(each), *each, weight=weight) for each, weight in zip(pairs, weights, strict=True)),
        blocks=(2,),
        tables=2,
    )
    assert [value(forum, each) for each in placed(forum)] == [11, 12]


def test_people_interpreters_and_tables_are_those_that_suit() -> None:
    forum = problem(
        meeting("m0", party("ann", "amy", company="A"), "bob", interpret=("en", "uk"), features=("f",)),
        meeting("m1", party("ann", "amy", company="A"), "cem"),
        blocks=(1,),
        tables=(table("t0"), table("t1", features=("f",))),
        people=(person("amy", max_meetings=0),),
        interpreters=(interpreter("ivan", ("en", "uk")), interpreter("ines", ("fr", "uk"))),
    )
    (one,) = placed(forum)[-1]
    assert one == Placement(meeting="m0", slot="s0", table="t1", people=("ann", "bob"), interpreter="ivan")


def test_who_keeps_a_table_keeps_it() -> None:
    forum = problem(
        *(meeting(f"m{n}", "ann", f"b{n}") for n in range(3)),
        *(meeting(f"n{n}", f"c{n}", f"d{n}") for n in range(3)),
        blocks=(3,),
        tables=2,
        people=(person("ann", fixed_table=True),),
    )
    found = placed(forum)[-1]
    assert len(found) == 6
    assert len({each.table for each in found if "ann" in each.people}) == 1


def test_nobody_walks_too_far() -> None:
    forum = problem(
        *(meeting(f"m{n}", "ann", f"b{n}") for n in range(3)),
        *(meeting(f"n{n}", f"c{n}", f"d{n}") for n in range(3)),
        blocks=(3,),
        tables=(table("t0", "hall"), table("t1", "annex")),
        walks=(("hall", "annex"),),
    )
    found = placed(forum)[-1]
    assert len(found) == 6
    assert judged(forum, found).violations == ()


def test_coverage_is_kept_at_the_cost_of_value() -> None:
    forum = problem(
        meeting("m0", "ann", "bob", weight=5),
        meeting("m1", party("abe", company="Ann"), party("ben", company="Bob"), weight=5),
        meeting("m2", "cem", "dora", weight=1),
        blocks=(1,),
        tables=2,
        goals=(GoalName.COVERAGE, GoalName.VALUE),
        floor=1,
    )
    assert value(forum, placed(forum)[-1]) == 10
    assert value(forum, placed(forum, least_coverage=4)[-1]) == 6


def test_a_stop_before_the_selection_gives_nothing() -> None:
    forum = problem(meeting("m0", "ann", "bob"))
    assert list(place_by_blocks(Arrays.of(forum), least_coverage=None, seed=0, control=StopsAfter(0))) == []


def test_what_comes_after_a_meeting_without_a_place_is_placed() -> None:
    forum = problem(
        meeting("m0", "ann", "bob", weight=1, starts=("s1",)),
        meeting("m1", "ann", "cem", weight=3, starts=("s1",), after=("m0",)),
        meeting("m2", "dora", "eve"),
        blocks=(2,),
        tables=(table("t0", "hall"), table("t1", "annex")),
        walks=(("hall", "annex"),),
    )
    assert {each.meeting for each in placed(forum)[-1]} == {"m1", "m2"}


def test_a_block_without_meetings_is_left_empty() -> None:
    forum = problem(
        meeting("m0", "ann", "bob", starts=("s0",)),
        meeting("m1", "ann", "cem", starts=("s0", "s1")),
        blocks=(2, 2, 1),
        tables=2,
        people=(person("dora"),),
    )
    assert [(each.meeting, each.slot) for each in placed(forum)[-1]] == [("m0", "s0"), ("m1", "s1")]
    empty = problem(meeting("m0", "ann", "bob"), tables=0)
    assert [each for found in placed(empty) for each in found] == []
