"""A person has one meeting at a time."""

from __future__ import annotations

from solver.model.rules import people
from tests.solver.factories import meeting, problem
from tests.solver.model.exact import assert_rule

TWO_OF_ANN = (meeting("m", "ann", "bob"), meeting("n", "ann", "cat"))


def test_a_person_is_never_in_two_meetings_of_one_slot() -> None:
    assert_rule(
        people,
        "one-person",
        feasible=problem(*TWO_OF_ANN, blocks=(2,), tables=2, must_all=True),
        infeasible=problem(*TWO_OF_ANN, blocks=(1,), tables=2, must_all=True),
    )


def test_a_long_meeting_occupies_its_people_in_all_its_slots() -> None:
    long = (meeting("m", "ann", "bob", length=2), meeting("n", "ann", "cat", starts=("s1",)))
    assert_rule(
        people,
        "one-person",
        feasible=problem(*long, blocks=(4,), tables=2, must_all=True),
        infeasible=problem(*long, blocks=(2,), tables=2, must_all=True),
    )
