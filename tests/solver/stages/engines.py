"""Engines on problems of their own, for the tests of the stages."""

from __future__ import annotations

import random
from typing import Final

from solver.arrays import Arrays
from solver.instances.generate import generate_rich
from solver.problem import GoalName, Problem
from solver.progress import Control, Stage
from solver.schedule import Schedule, Status
from solver.stages.engine import Engine
from solver.stages.incumbent import Incumbent
from tests.solver.factories import meeting, person, problem, table
from tests.solver.untying.forums import in_the_middle

RICH: Final = generate_rich(companies=16, requests=110, slots=12, tables=8, seed=1, interpreters=3)
TIRING: Final = problem(
    *(meeting(f"{who}{n}", who, f"{who}-guest-{n}") for who in ("ann", "bea") for n in range(9)),
    blocks=(8, 8),
    tables=(table("t0"), table("t1"), table("t2"), table("annex", zone="annex")),
    people=[person(who, max_in_row=4) for who in ("ann", "bea")],
    goals=(GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE, GoalName.MOVES),
)
"""Two who have nine meetings, and rest after four."""
NOTHING: Final = Schedule(
    version=1, status=Status.FEASIBLE, problem_digest="", solver_version="test", placements=()
)


def brokerage(seed: int, *, tables: int, max_breaks: int | None) -> Problem:
    """Ten people with some 20 meetings in 8 slots, with a few locks and precedences."""
    rng = random.Random(seed)
    pairs = sorted({tuple(sorted(rng.sample(range(10), 2))) for _ in range(26)})
    meetings = tuple(
        meeting(
            f"m{n}",
            f"p{a}",
            f"p{b}",
            locked_slot=f"s{rng.randrange(8)}" if rng.random() < 0.1 else None,
            after=(f"m{n - 1}",) if n and rng.random() < 0.1 else (),
        )
        for n, (a, b) in enumerate(pairs)
    )
    people = tuple(person(f"p{n}", unavailable=(f"s{rng.randrange(8)}",)) for n in range(0, 10, 3))
    return problem(
        *meetings,
        blocks=(8,),
        tables=tables,
        people=people,
        goals=(GoalName.BREAKS,),
        max_breaks=max_breaks,
        must_all=True,
    )


def engine(of: Problem, *, control: Control | None = None, published: Schedule | None = None) -> Engine:
    incumbent = Incumbent(problem=of, goals=of.goals, control=control or Control(), seed=0)
    incumbent.offer((), Stage.CONSTRUCT)
    return Engine(Arrays.of(of), incumbent, seed=0, work_limit=None, published=published)


def knotted(
    of: Problem,
    *,
    published: Schedule | None = None,
    proven: bool = True,
    control: Control | None = None,
) -> Engine:
    """With a schedule of two changes of table (``tests/solver/untying/forums.py``)."""
    made = engine(of, published=published, control=control)
    made.incumbent.offer(in_the_middle(of), Stage.CONSTRUCT)
    for goal, value in made.incumbent.values.items():
        if proven and goal in of.goals and goal is not GoalName.MOVES:
            made.incumbent.bound(goal, value, Stage.BOUND)
    return made
