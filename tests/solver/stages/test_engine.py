"""The engine's stages on an incumbent: where placing by blocks applies, and what it reaches."""

from __future__ import annotations

import msgspec
import pytest

from solver.arrays import Arrays
from solver.instances.generate import generate, generate_rich
from solver.problem import GoalName, Problem
from solver.progress import Control, Stage
from solver.schedule import Schedule, Status
from solver.stages.engine import Engine
from solver.stages.incumbent import Incumbent

RICH = generate_rich(companies=16, requests=110, slots=12, tables=8, seed=1, interpreters=3)
NOTHING = Schedule(version=1, status=Status.FEASIBLE, problem_digest="", solver_version="test", placements=())


def engine(of: Problem, *, control: Control | None = None, published: Schedule | None = None) -> Engine:
    incumbent = Incumbent(problem=of, goals=of.goals, control=control or Control(), seed=0)
    incumbent.offer((), Stage.CONSTRUCT)
    return Engine(Arrays.of(of), incumbent, seed=0, work_limit=None, published=published)


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
