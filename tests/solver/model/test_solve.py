"""How CP-SAT is run: every recipe for a question answers both kinds, and says when it is done."""

from __future__ import annotations

import threading

import pytest

from solver.model.solve import Recipe, Running
from solver.model.terms import Limits, Proof
from solver.problem import GoalName
from solver.stages.proving import Prover
from solver.stages.shapes import Shapes
from tests.solver.stages.engines import brokerage, engine

BREAKS = GoalName.BREAKS
OPTIMUM = 1
LIMITS = Limits(seconds=60)


@pytest.fixture(scope="module")
def prover() -> Prover:
    made = engine(brokerage(2, tables=3, max_breaks=None))
    return Prover(Shapes(made.arrays, made.incumbent.goals, promised=False), made.incumbent, None)


@pytest.mark.parametrize("recipe", [Recipe.FIRST, Recipe.OTHER_FIRST, Recipe.PROBED_FIRST, Recipe.CORE])
@pytest.mark.parametrize(
    ("breaks", "proof"), [(OPTIMUM, Proof.OPTIMAL), (OPTIMUM - 1, Proof.INFEASIBLE), (None, Proof.OPTIMAL)]
)
def test_a_question_is_answered_in_every_way(
    prover: Prover, recipe: Recipe, breaks: int | None, proof: Proof
) -> None:
    aimed = prover.build(prover.shapes.counted, [], BREAKS)
    running = Running(prover.question(aimed, BREAKS, breaks), limits=LIMITS, recipe=recipe)
    while running.alive():
        pass
    assert running.outcome().proof is proof
    assert (running.outcome().solution is None) is (proof is Proof.INFEASIBLE)


@pytest.mark.parametrize("recipe", [Recipe.CORE, Recipe.HINTED_CORE])
def test_core_search_ends_with_the_optimum(prover: Prover, recipe: Recipe) -> None:
    running = Running(prover.build(prover.shapes.counted, [], BREAKS), limits=LIMITS, recipe=recipe)
    while running.alive():
        pass
    assert (running.outcome().value, running.outcome().bound) == (OPTIMUM, OPTIMUM)


def test_who_waits_for_several_is_woken_by_the_first_end(prover: Prover) -> None:
    wake = threading.Event()
    aimed = prover.build(prover.shapes.counted, [], BREAKS)
    running = Running(prover.question(aimed, BREAKS, None), limits=LIMITS, recipe=Recipe.FIRST, wake=wake)
    assert wake.wait(60)
    assert running.ended()
