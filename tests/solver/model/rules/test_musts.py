"""A meeting takes place at most once; a must, exactly once."""

from __future__ import annotations

from solver.model.rules import musts
from tests.solver.factories import meeting, problem
from tests.solver.model.exact import broken_rules, outcome


def test_a_must_takes_place_and_others_give_way() -> None:
    rest = meeting("n", "ann", "cat", weight=9)
    assert broken_rules(problem(meeting("m", "ann", "bob", must=True), rest, blocks=(1,))) == set()
    both = problem(meeting("m", "ann", "bob", must=True), meeting("n", "ann", "cat", must=True), blocks=(1,))
    assert broken_rules(both) is None
    assert broken_rules(both, without=musts) == {"must"}


def test_a_meeting_takes_place_once_however_many_slots_there_are() -> None:
    variables, found = outcome(problem(meeting("m", "ann", "bob", must=True), blocks=(9,)))
    assert found.solution is not None
    assert found.solution.starts[0] in range(9)
    assert len(variables.start[0]) == 9


def test_a_must_with_no_slot_of_its_own_has_no_schedule() -> None:
    assert broken_rules(problem(meeting("m", "ann", "bob", must=True, length=5), blocks=(4, 4))) is None
