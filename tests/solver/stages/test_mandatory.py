"""Least breaks where all meetings take place: all means side by side find the optimum, or that none is."""

from __future__ import annotations

import random

import pytest

from solver.problem import GoalName, Problem
from solver.progress import Stage
from solver.schedule import Status
from solver.search import solve
from solver.stages.mandatory import Mandatory
from solver.stages.proving import Prover
from solver.stages.shapes import Effort, Shapes
from solver.verify import verify
from tests.solver.factories import meeting, person, problem
from tests.solver.stages.engines import engine


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


@pytest.mark.parametrize("seed", range(6))
def test_one_worker_and_two_agree_on_the_optimum(seed: int) -> None:
    given = brokerage(seed, tables=4, max_breaks=2)
    one, two = (solve(given, seconds=60, workers=workers) for workers in (1, 2))
    assert one.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert one.status is two.status
    assert [goal.value for goal in one.goals] == [goal.value for goal in two.goals]
    assert verify(given, two).violations == () or two.status is Status.INFEASIBLE


@pytest.mark.parametrize(("seconds", "above", "begins"), [(0.5, 2, False), (1.0, 1, False), (1.0, 2, True)])
def test_the_likely_are_searched_once_core_search_takes_long(
    seconds: float, above: int, *, begins: bool
) -> None:
    """``above``: by how much the bound exceeds what agendas need by themselves."""
    given = brokerage(1, tables=3, max_breaks=None)
    made = engine(given)
    exact = Prover(Shapes(made.arrays, given.goals, promised=False), made.incumbent, None)
    exact.find(Effort(seconds=60, workers=2, seed=0))
    means = Mandatory(exact, made, Effort(seconds=60, workers=2, seed=0))
    means._need(0)
    made.incumbent.bound(GoalName.BREAKS, above, Stage.PROVE)
    means._core = means._core_search()
    try:
        means._tend_likely(seconds)
        assert (means._likely is not None) is begins
    finally:
        means._core.stop()
        if means._likely is not None:
            means._likely.stop()


def test_too_few_tables_are_proven_infeasible() -> None:
    found = solve(brokerage(0, tables=1, max_breaks=None), seconds=60)
    assert found.status is Status.INFEASIBLE
