"""Nobody has meetings in adjacent slots in zones too far apart to walk in between."""

from __future__ import annotations

from solver.model.rules import walking
from solver.problem import Problem
from tests.solver.factories import interpreter, meeting, party, problem, table
from tests.solver.model.exact import assert_rule, broken_rules

HALLS = (table("t0", "east"), table("t1", "west"))
EAST = meeting("m", "ann", "bob", zone="east")


def two(*blocks: int, who: str = "ann", walks: tuple[tuple[str, str], ...] = (("west", "east"),)) -> Problem:
    west = meeting("n", who, "cat", zone="west")
    return problem(EAST, west, blocks=blocks, tables=HALLS, walks=walks, must_all=True)


def test_a_person_has_time_to_walk_between_zones() -> None:
    assert_rule(walking, "walking", feasible=two(3), infeasible=two(2))


def test_there_is_time_to_walk_between_blocks_and_between_near_zones() -> None:
    assert broken_rules(two(1, 1)) == set()
    assert broken_rules(two(2, walks=())) == set()


def test_an_interpreter_has_time_to_walk_too() -> None:
    talks = (
        meeting("m", "ann", "bob", zone="east", interpret=("en", "uk")),
        meeting("n", "cat", "dan", zone="west", interpret=("en", "uk")),
    )
    one = (interpreter("ivy", ("en", "uk")),)
    walks = (("east", "west"),)
    assert_rule(
        walking,
        "walking",
        feasible=problem(*talks, blocks=(3,), tables=HALLS, walks=walks, interpreters=one, must_all=True),
        infeasible=problem(*talks, blocks=(2,), tables=HALLS, walks=walks, interpreters=one, must_all=True),
    )


def test_whoever_of_a_party_comes_walks_and_another_may_stay() -> None:
    side = party("ann", "amy", company="A")
    west = meeting("n", side, "cat", zone="west")
    choice = problem(EAST, west, blocks=(2,), tables=HALLS, walks=(("east", "west"),), must_all=True)
    assert broken_rules(choice) == set()


def test_a_long_meeting_does_not_walk_away_from_itself() -> None:
    long = meeting("m", "ann", "bob", length=2)
    walks = (("east", "west"),)
    assert broken_rules(problem(long, blocks=(2,), tables=HALLS, walks=walks, must_all=True)) == set()
