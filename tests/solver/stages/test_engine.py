"""The engine's stages on an incumbent: where placing by blocks applies, and what it reaches."""

from __future__ import annotations

import msgspec
import pytest

from solver import kernels
from solver.arrays import Arrays
from solver.instances.generate import generate, generate_rich
from solver.placing.seating import seat_anew
from solver.placing.tables import count_moves
from solver.problem import GoalName, Problem
from solver.progress import Control, Stage
from solver.schedule import Schedule, Status
from solver.stages import engine as module
from solver.stages.engine import SHORTEST_SEATING, Engine
from solver.stages.incumbent import Incumbent
from tests.solver.factories import meeting, person, problem, table
from tests.solver.untying.forums import chained, in_the_middle

RICH = generate_rich(companies=16, requests=110, slots=12, tables=8, seed=1, interpreters=3)
TIRING = problem(
    *(meeting(f"{who}{n}", who, f"{who}-guest-{n}") for who in ("ann", "bea") for n in range(9)),
    blocks=(8, 8),
    tables=(table("t0"), table("t1"), table("t2"), table("annex", zone="annex")),
    people=[person(who, max_in_row=4) for who in ("ann", "bea")],
    goals=(GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE, GoalName.MOVES),
)
"""Two who have nine meetings, and rest after four."""
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

    made.bound_gaps(count)
    seen = looks
    assert seen > 0
    made.bound_gaps(count)
    assert looks == seen


def test_after_a_stop_tables_are_looked_at_once_more() -> None:
    kernels.compile_kernels()
    control = Control()
    made = engine(TIRING, control=control)
    made.place_by_blocks(lambda: False)
    before = count_moves(made.arrays, made.current())
    control.halt()
    made.settle(60.0)
    assert made.incumbent.values[GoalName.MOVES] == before, "settling has no time left"
    made.tidy()
    assert made.incumbent.values[GoalName.MOVES] < before


@pytest.mark.parametrize("seconds", [60.0, 0.5])
def test_tables_are_seated_by_programs_where_there_is_time(seconds: float) -> None:
    made = engine(TIRING, control=Control.of_seconds(60))
    made.place_by_blocks(lambda: False)
    arrays = made.arrays
    exact = count_moves(arrays, seat_anew(arrays, made.current(), control=Control()))
    assert count_moves(arrays, made.current()) > exact
    made.settle(seconds)
    if seconds > SHORTEST_SEATING:
        assert made.incumbent.values[GoalName.MOVES] <= exact
    else:
        assert made._seated is None


def knotted(of: Problem, *, published: Schedule | None = None, proven: bool = True) -> Engine:
    """With a schedule of two changes of table."""
    made = engine(of, published=published)
    made.incumbent.offer(in_the_middle(of), Stage.CONSTRUCT)
    for goal, value in made.incumbent.values.items():
        if proven and goal in of.goals and goal is not GoalName.MOVES:
            made.incumbent.bound(goal, value, Stage.BOUND)
    return made


def test_the_last_changes_of_table_are_untied_once_all_goals_before_are_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Engine, "may_bound_moves", lambda self, most_idle: False)
    made = knotted(chained())
    assert made.incumbent.values[GoalName.MOVES] == 2
    assert made.may_untie()
    task = made.untie(Control.of_seconds(60))
    while task.alive():
        pass
    assert made.take(task.end())
    assert made.incumbent.values[GoalName.MOVES] == 0


@pytest.mark.parametrize(
    "reason",
    ["published", "limit of breaks", "other goals", "not proven", "no moves", "full", "many", "a bound"],
)
def test_they_are_not_untied_where_it_does_not_apply(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    goals = {
        "other goals": (GoalName.VALUE, GoalName.BREAKS, GoalName.MOVES),
        "no moves": (GoalName.VALUE, GoalName.IDLE),
    }.get(reason, chained().goals)
    breaks = 1 if reason == "limit of breaks" else None
    of = msgspec.structs.replace(chained(), goals=goals, max_breaks=breaks)
    published = NOTHING if reason == "published" else None
    if reason in ("full", "many"):
        monkeypatch.setattr(*((module, "ROOMY", 0.1) if reason == "full" else (module, "MOST_UNTIED", 1)))
    monkeypatch.setattr(Engine, "may_bound_moves", lambda self, most_idle: reason == "a bound")
    assert not knotted(of, published=published, proven=reason != "not proven").may_untie()


def test_untying_ends_soon_after_a_stop() -> None:
    made = engine(RICH)
    made.relax_fully(lambda: False)
    made.place_by_blocks(lambda: False)
    task = made.untie(Control())
    assert task.alive()
    task.end()
    assert not task.alive(), "nothing is left behind"
