"""Of a party with a choice exactly one person comes; of all others everybody."""

from __future__ import annotations

from solver.model.rules import attendance
from solver.model.terms import Proof
from solver.problem import Need, Problem
from tests.solver.factories import meeting, party, person, problem
from tests.solver.model.exact import broken_rules, outcome


def team(need: Need, slots: int) -> Problem:
    side = party("ann", "amy", company="A", need=need)
    return problem(
        meeting("m", side, "bob"),
        meeting("n", side, "cat"),
        blocks=(slots,),
        tables=2,
        must_all=True,
    )


def test_any_one_of_two_people_lets_two_meetings_run_at_once() -> None:
    assert broken_rules(team(Need.ONE, 1)) == set()
    assert broken_rules(team(Need.ALL, 1)) is None
    assert broken_rules(team(Need.ALL, 2)) == set()


def test_three_meetings_are_too_many_for_any_one_of_two() -> None:
    crowded = tuple(meeting(f"m{n}", party("ann", "amy", company="A"), f"b{n}") for n in range(3))
    assert broken_rules(problem(*crowded, blocks=(1,), tables=3, must_all=True)) is None
    _, loose = outcome(problem(*crowded, blocks=(1,), tables=3, must_all=True), without=attendance)
    assert loose.proof is Proof.OPTIMAL


def test_only_someone_who_is_free_comes() -> None:
    side = party("ann", "amy", company="A")
    away = person("ann", unavailable=("s0",))
    one = problem(meeting("m", side, "bob"), blocks=(1,), people=(away,), must_all=True)
    none = problem(
        meeting("m", side, "bob"),
        blocks=(1,),
        people=(away, person("amy", unavailable=("s0",))),
        must_all=True,
    )
    assert broken_rules(one) == set()
    assert broken_rules(none) is None
