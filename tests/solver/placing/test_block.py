"""One block of a selection: rules kept, all placed where it can be, no time lost where it can't."""

from __future__ import annotations

from typing import NoReturn

import msgspec
import pytest
from hypothesis import given

from solver.arrays import Arrays
from solver.instances.generate import generate_rich
from solver.placing import block, selection
from solver.placing.block import place_quickly, place_thoroughly, weight_of
from solver.placing.selection import Selection
from solver.problem import Problem, Walk
from solver.schedule import Placement, Schedule, Status
from solver.stages.kept import WISHES
from solver.verify import verify
from tests.solver.engine_helpers import StopsAfter, Unhurried, solved_here
from tests.solver.factories import meeting, party, problem, table
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

TRIANGLE = (
    meeting("ab", "ann", "bob", weight=3),
    meeting("bc", "bob", "cem", weight=5),
    meeting("ca", "cem", "ann", weight=4),
)
"""Three who all meet each other need three slots."""

FAR = {
    "tables": (table("t0", "hall"), table("t1", "annex"), table("t2", "yard")),
    "walks": (("hall", "annex"), ("hall", "yard"), ("annex", "yard")),
}
"""Each table a zone of its own, all too far apart."""


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "solve_integer", solved_here)
    monkeypatch.setattr(selection, "solve_integer", solved_here)


def thoroughly(of: Problem, placed: tuple[Placement, ...] = ()) -> tuple[Placement, ...]:
    return place_thoroughly(of, placed, seed=0, control=Unhurried(), seconds=10.0)


def quickly(of: Problem) -> tuple[Placement, ...]:
    return place_quickly(of, seed=0, control=Unhurried())


def is_whole(of: Problem, placements: tuple[Placement, ...]) -> bool:
    return len(placements) == len(of.meetings)


def broken(of: Problem, placements: tuple[Placement, ...]) -> list[str]:
    """Rules broken, but for those that a block by itself may leave open."""
    made = Schedule(
        version=1, status=Status.FEASIBLE, problem_digest="", solver_version="test", placements=placements
    )
    return [each.message for each in verify(of, made).violations if each.rule not in WISHES]


def unused(name: str) -> object:
    def fail(*_: object, **__: object) -> NoReturn:
        pytest.fail(f"{name} was asked in vain")

    return fail


@TINY
@given(problems())
def test_what_is_placed_keeps_the_rules_and_is_never_less_than_before(tiny: Problem) -> None:
    quick = quickly(tiny)
    thorough = thoroughly(tiny, quick)
    assert broken(tiny, quick) == []
    assert weight_of(tiny, thorough) >= weight_of(tiny, quick)


@pytest.mark.parametrize("seed", range(2))
def test_blocks_of_a_forum_are_whole_where_all_zones_are_too_far_apart(seed: int) -> None:
    forum = generate_rich(companies=16, requests=110, slots=12, tables=8, seed=seed, interpreters=3)
    zones = forum.zones
    walks = tuple(Walk(a=one, b=other) for index, one in enumerate(zones) for other in zones[:index])
    forum = msgspec.structs.replace(forum, walks=walks)
    selected = Selection.best(Arrays.of(forum), least_coverage=None, control=Unhurried(), seconds=60.0)
    assert selected is not None
    for period in range(selected.relaxation.n_periods):
        one = selected.problem(period)
        placed = thoroughly(one, quickly(one))
        assert is_whole(one, placed)
        assert broken(one, placed) == []


def test_long_meetings_are_not_driven_out_by_short_ones_of_more_weight() -> None:
    long = meeting("long", "ann", "bob", length=2, weight=1)
    short = [meeting(f"m{n}", f"c{n}", f"d{n}", weight=9) for n in range(2)]
    forum = problem(long, *short, blocks=(2,), tables=2)
    assert is_whole(forum, quickly(forum))


def test_nothing_else_is_tried_where_no_more_is_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    forum = problem(*TRIANGLE, blocks=(2,), tables=1)
    best = thoroughly(forum)
    assert weight_of(forum, best) == 9
    monkeypatch.setattr(block, "_place_slowly", unused("annealing"))
    assert thoroughly(forum, best) == best


def test_programs_find_what_annealing_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "_place_slowly", unused("annealing"))
    forum = problem(*TRIANGLE, blocks=(3,), tables=(table("t0", "hall"), table("t1", "hall")))
    assert is_whole(forum, thoroughly(forum))


def test_programs_that_know_no_walks_are_left_out_where_most_zones_are_far(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block, "_by_programs", unused("a program"))
    forum = problem(*TRIANGLE, blocks=(3,), **FAR)
    placed = thoroughly(forum)
    assert is_whole(forum, placed)
    assert broken(forum, placed) == []


def test_programs_are_asked_where_few_zones_are_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block, "_place_slowly", unused("annealing"))
    forum = problem(*TRIANGLE, blocks=(3,), tables=FAR["tables"], walks=(("hall", "annex"),))
    placed = thoroughly(forum)
    assert is_whole(forum, placed)
    assert broken(forum, placed) == []


def test_where_not_all_can_be_placed_the_heaviest_are() -> None:
    forum = problem(*TRIANGLE, blocks=(2,), **FAR)
    assert weight_of(forum, thoroughly(forum, quickly(forum))) == 9


def test_a_stop_leaves_what_was_placed() -> None:
    forum = problem(meeting("m0", party("ann", "amy", company="A"), "bob"), blocks=(1,), tables=1)
    placed = quickly(forum)
    assert is_whole(forum, placed)
    assert place_thoroughly(forum, placed, seed=0, control=StopsAfter(0), seconds=1.0) == placed
