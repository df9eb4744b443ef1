"""The engine's stages on an incumbent: where placing by blocks applies, and what it reaches."""

from __future__ import annotations

import msgspec
import pytest

from solver.instances.generate import generate
from solver.problem import GoalName
from solver.progress import Control
from tests.solver.stages.engines import NOTHING, RICH, TIRING, engine


def test_placing_by_blocks_proves_the_value_of_a_rich_forum() -> None:
    made = engine(RICH)
    made.relax_fully(lambda: False)
    made.place_by_blocks(lambda: False)
    assert made.incumbent.proven(GoalName.COVERAGE)
    assert made.incumbent.proven(GoalName.VALUE)


@pytest.mark.parametrize("reason", ["plain", "breaks first", "published", "no time"])
def test_placing_by_blocks_is_left_out_where_it_does_not_apply(reason: str) -> None:
    of, published, control = RICH, None, Control()
    if reason == "plain":
        of = generate(companies=16, requests=60, slots=12, tables=8, seed=1)
    elif reason == "breaks first":
        of = msgspec.structs.replace(RICH, goals=(GoalName.BREAKS, GoalName.VALUE))
    elif reason == "published":
        published = NOTHING
    else:
        control = Control.of_seconds(0.2)
    made = engine(of, control=control, published=published)
    made.place_by_blocks(lambda: False)
    assert made.incumbent.placed == 0


def test_coverage_that_is_not_reached_yet_is_asked_for() -> None:
    made = engine(RICH)
    made.relax_fully(lambda: False)
    assert made.incumbent.values[GoalName.COVERAGE] == 0
    made.place_by_blocks(lambda: False)
    assert made.incumbent.values[GoalName.COVERAGE] == made.incumbent.bounds[GoalName.COVERAGE]


def test_gaps_are_bounded_by_whole_points_once_the_earlier_goals_are_proven() -> None:
    made = engine(TIRING)
    made.bound_gaps(lambda: False)
    assert made.incumbent.bounds[GoalName.IDLE] == 0, "nothing has to take place yet"
    made.relax_fully(lambda: False)
    made.place_by_blocks(lambda: False)
    made.relax_again(lambda: False)
    assert made.incumbent.proven(GoalName.VALUE)
    made.bound_gaps(lambda: False)
    assert made.incumbent.bounds[GoalName.IDLE] == 2


def test_gaps_are_bounded_once_for_what_is_reached() -> None:
    made, looks = engine(TIRING), 0

    def count() -> bool:
        nonlocal looks
        looks += 1
        return False

    made.bound_gaps(lambda: True)  # stopped before it began: asked again
    made.bound_gaps(count)
    seen = looks
    assert seen > 0
    made.bound_gaps(count)
    assert looks == seen
