"""The smallest forum with a knot, for the tests of untying and of its stage."""

from __future__ import annotations

from typing import Final

from solver.problem import GoalName, Person, Problem
from solver.schedule import Placement
from tests.solver.factories import meeting, place, problem

IN_THE_MIDDLE: Final = (
    ("a1", "s0", "t0"),
    ("b1", "s0", "t1"),
    ("ab", "s1", "t0"),
    ("a2", "s2", "t0"),
    ("b2", "s2", "t1"),
)
"""Meeting, slot and table of all its meetings: bob changes tables twice."""


def chained(*people: Person) -> Problem:
    """Two hosts who meet each other and two guests each: nobody need change tables."""
    return problem(
        meeting("ab", "ann", "bob"),
        *(meeting(f"a{each}", "ann", f"guest{each}") for each in (1, 2)),
        *(meeting(f"b{each}", "bob", f"visitor{each}") for each in (1, 2)),
        blocks=(6,),
        tables=3,
        people=people,
        goals=(GoalName.VALUE, GoalName.IDLE, GoalName.MOVES),
    )


def in_the_middle(forum: Problem) -> list[Placement]:
    """Its placements :data:`IN_THE_MIDDLE`."""
    return [place(forum, *each) for each in IN_THE_MIDDLE]
