"""Why there is no schedule: a set of wishes that can't hold together, and each of which counts."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import assume, given, settings

from solver.command_line.wording import together
from solver.explain.conflict import Conflict, Kind, NoConflictError, Wish, conflict, wishes, with_wishes
from solver.problem import Problem
from solver.schedule import Schedule
from solver.search import solve
from tests.solver import brute_force
from tests.solver.factories import meeting, person, problem
from tests.solver.strategies import problems


def solved(p: Problem) -> Schedule:
    return solve(p, seconds=20, workers=1)


def found_in(p: Problem) -> Conflict:
    return conflict(p, solve=solved, should_stop=lambda: False)


def test_two_musts_of_a_person_with_one_slot_left() -> None:
    p = problem(
        meeting("m", "ann", "bob", must=True),
        meeting("n", "ann", "cat", must=True),
        meeting("o", "dan", "eve", must=True),
        blocks=(2,),
        tables=3,
        people=(person("ann", unavailable=("s0",)), person("dan", unavailable=("s1",))),
    )

    found = found_in(p)

    assert found == Conflict(
        (Wish(Kind.MUST, "m"), Wish(Kind.MUST, "n"), Wish(Kind.AWAY, "ann")), minimal=True
    )
    assert list(together(p, found)) == [
        "These can't all hold; without any one of them the others can:",
        "  - meeting m takes place (ann with bob)",
        "  - meeting n takes place (ann with cat)",
        "  - ann is away when said",
    ]


def test_a_problem_with_a_schedule_has_no_conflict() -> None:
    with pytest.raises(NoConflictError):
        found_in(problem(meeting("m", "ann", "bob", must=True)))


def test_a_search_that_is_stopped_names_a_conflict_that_may_be_larger() -> None:
    p = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "ann", "dan"),
        blocks=(1,),
        must_all=True,
    )
    asked = iter((False, False))

    found = conflict(p, solve=solved, should_stop=lambda: next(asked, True))

    assert not found.minimal
    assert len(found.wishes) >= 2
    assert "may be fewer" in next(together(p, found))


@settings(deadline=None, max_examples=25)
@given(problems())
def test_the_conflict_is_one_and_every_wish_of_it_counts(tiny: Problem) -> None:
    """By brute force, not by the solver that found it."""
    tiny = msgspec.structs.replace(tiny, must_all=True)
    assume(brute_force.best(tiny) is None)

    found = found_in(tiny)

    assert found.minimal
    assert set(found.wishes) <= set(wishes(tiny))
    assert brute_force.best(with_wishes(tiny, frozenset(found.wishes))) is None
    for wish in found.wishes:
        assert brute_force.best(with_wishes(tiny, frozenset(found.wishes) - {wish})) is not None
