"""Least breaks where all meetings take place: all means side by side find the optimum, or that none is."""

from __future__ import annotations

import pytest

from solver.problem import GoalName
from solver.progress import Stage
from solver.schedule import Status
from solver.search import solve
from solver.stages import mandatory
from solver.stages.mandatory import Mandatory
from solver.stages.proving import Prover
from solver.stages.shapes import Effort, Shapes
from solver.verify import verify
from tests.solver.stages.engines import brokerage, engine


@pytest.mark.parametrize("seed", range(6))
def test_one_worker_and_two_agree_on_the_optimum(seed: int) -> None:
    given = brokerage(seed, tables=4, max_breaks=2)
    one, two = (solve(given, seconds=60, workers=workers) for workers in (1, 2))
    assert one.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert one.status is two.status
    assert [goal.value for goal in one.goals] == [goal.value for goal in two.goals]
    assert verify(given, two).violations == () or two.status is Status.INFEASIBLE


@pytest.mark.parametrize("waits", [0.0, 30.0], ids=["all at once", "one after the other"])
@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_does_not_depend_on_when_each_means_begins(
    waits: float, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = brokerage(seed, tables=4, max_breaks=2)
    usual = solve(given, seconds=60)
    for name in ("HEAD_START_SECONDS", "QUICK_SECONDS", "CORE_AFTER_SECONDS"):
        monkeypatch.setattr(mandatory, name, waits)
    other = solve(given, seconds=60)
    assert usual.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert (other.status, other.goals) == (usual.status, usual.goals)


@pytest.mark.parametrize(("tables", "status"), [(3, Status.INFEASIBLE), (4, Status.OPTIMAL)])
def test_an_event_where_nobody_may_have_a_break_is_decided(tables: int, status: Status) -> None:
    assert solve(brokerage(2, tables=tables, max_breaks=0), seconds=60).status is status


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
