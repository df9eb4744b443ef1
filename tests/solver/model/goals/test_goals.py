"""Each goal's sum in the model is what the judge computes from the same placements, at the optimum."""

from __future__ import annotations

import pytest

from solver.model.goals import objective
from solver.model.rules import apply_all
from solver.model.shape import Shape, TableDetail
from solver.model.solution import hint, placements
from solver.model.solve import Recipe, run
from solver.model.terms import Limits, Proof
from solver.model.variables import Variables
from solver.problem import GoalName, Problem
from solver.schedule import Placement
from solver.verify import verify
from tests.solver.factories import meeting, party, person, place, problem, schedule, table

FORUM = problem(
    meeting("m", "ann", "bob", weight=3, must=True),
    meeting("n", "ann", party("cat", "cid", company="C"), weight=2),
    meeting("o", "dan", "bob", length=2, must=True),
    meeting("p", "ann", "dan", locked_slot="s4"),
    blocks=(3, 3),
    tables=(table("t0"), table("t1"), table("t2", "yard")),
    people=(
        person("ann", liked=("s1", "s5"), disliked=("s0", "s4")),
        person("bob", unavailable=("s1", "s2")),
        person("dan", disliked=("s3",)),
    ),
    floor=2,
)
BEFORE = schedule(place(FORUM, "m", "s0"), place(FORUM, "n", "s1", "t2"))


def best(given: Problem, goal: GoalName) -> tuple[tuple[Placement, ...], int]:
    variables = Variables.of(Shape.of(given, detail=TableDetail.SINGLE))
    objective(goal, variables, published=BEFORE).aim(variables, goal)
    apply_all(variables)
    limits = Limits(seconds=30, workers=1)
    outcome = run(variables, limits=limits, recipe=Recipe.PORTFOLIO, should_stop=lambda: False)
    assert outcome.proof is Proof.OPTIMAL
    assert outcome.solution is not None
    assert outcome.value is not None
    assert outcome.bound == outcome.value
    return placements(variables.shape, outcome.solution), outcome.value


@pytest.mark.parametrize("goal", list(GoalName))
def test_the_models_value_is_the_judges(goal: GoalName) -> None:
    found, value = best(FORUM, goal)
    verdict = verify(FORUM, schedule(*found), published=BEFORE)
    assert verdict.violations == ()
    assert verdict.goals[goal] == value


@pytest.mark.parametrize("goal", list(GoalName))
def test_a_worse_value_than_the_best_is_demanded_and_a_better_one_is_not_to_be_had(goal: GoalName) -> None:
    _, value = best(FORUM, goal)
    better = value + 1 if goal.maximised else value - 1
    assert asked(goal, value) is Proof.OPTIMAL
    assert asked(goal, better) is Proof.INFEASIBLE


def asked(goal: GoalName, value: int) -> Proof:
    """Whether there is a schedule with ``goal`` at ``value`` or better."""
    variables = Variables.of(Shape.of(FORUM, detail=TableDetail.SINGLE))
    objective(goal, variables, published=BEFORE).keep(variables, goal, value)
    apply_all(variables)
    limits = Limits(seconds=30, workers=1)
    return run(variables, limits=limits, recipe=Recipe.PORTFOLIO, should_stop=lambda: False).proof


def test_a_search_begins_with_the_hinted_schedule() -> None:
    found, value = best(FORUM, GoalName.VALUE)
    variables = Variables.of(Shape.of(FORUM, detail=TableDetail.SINGLE))
    objective(GoalName.VALUE, variables).aim(variables, GoalName.VALUE)
    apply_all(variables)
    hint(variables, found)
    values: list[int] = []
    run(
        variables,
        limits=Limits(seconds=30, workers=1),
        recipe=Recipe.PORTFOLIO,
        should_stop=lambda: False,
        on_solution=lambda _, each, __: values.append(each),
    )
    assert values[0] == value
