"""How local search shares out its time, and when the last changes of table get theirs."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from solver import kernels
from solver.arrays import Assignment
from solver.instances.generate import generate, generate_rich
from solver.problem import GoalName
from solver.progress import Control, Stage
from solver.schedule import Status
from solver.search import solve
from solver.stages import local
from solver.stages.background import Background
from solver.stages.local import LocalSearch
from solver.stages.moves import Moves
from solver.stages.shapes import Shapes
from solver.verify import verify
from tests.solver.stages.engines import TIRING, engine, knotted
from tests.solver.untying.forums import chained


def search(*, seconds: float | None) -> tuple[LocalSearch, Control]:
    """A local search on a clock that stands still."""
    control = Control.of_seconds(seconds, clock=lambda: 0.0)
    made = engine(TIRING, control=control)
    shapes = Shapes(made.arrays, made.incumbent.goals, False)
    return LocalSearch(made, Moves(made), shapes, workers=1), control


@pytest.mark.parametrize(
    ("seconds", "annealing"),
    [(89.0, 89.0), (100.0, 45.0), (200.0, 50.0), (3_600.0, 150.0), (None, math.inf)],
)
def test_annealing_gets_a_quarter_of_a_long_time_within_limits(
    seconds: float | None, annealing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, control = search(seconds=seconds)
    monkeypatch.setattr(Moves, "could_untie", lambda self: True)
    assert made.annealing(control).left() == pytest.approx(annealing)
    monkeypatch.setattr(Moves, "could_untie", lambda self: False)
    assert made.annealing(control) is control


@pytest.mark.parametrize(
    ("seconds", "near", "idle_proven", "ends"),
    [
        (18.0, 1, True, 12.0),  # two changes are left: local search does better
        (18.0, 8, True, 21.0),  # nothing else to do: what was kept back for tables, too
        (18.0, 8, False, 18.0),
        (None, 8, True, 60.0),
    ],
    ids=["far", "near", "near with idle slots open", "no limit"],
)
def test_arranging_anew_gets_two_thirds_of_the_time_and_all_of_it_where_that_comes_near(
    seconds: float | None, near: int, idle_proven: bool, ends: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, settling = [0.0], 3.0
    whole = Control.of_seconds(None if seconds is None else seconds + settling, clock=lambda: now[0])
    made = knotted(chained(), proven=False, control=whole)
    for goal, value in made.incumbent.values.items():
        if goal in made.incumbent.goals and (idle_proven or goal is not GoalName.IDLE):
            made.incumbent.bound(goal, 0 if goal is GoalName.MOVES else value, Stage.BOUND)
    search = LocalSearch(made, Moves(made), Shapes(made.arrays, made.incumbent.goals, False), workers=1)

    def follow(
        self: LocalSearch,
        control: Control,
        meanwhile: None,
        done: Callable[[], bool],
        search: Callable[..., Background[Assignment]],
    ) -> None:
        while not done() and not control.should_stop():
            now[0] += 0.5

    monkeypatch.setattr(LocalSearch, "_follow", follow)
    monkeypatch.setattr(Moves, "may_bound", lambda self, most_idle: False)
    monkeypatch.setattr(LocalSearch, "_moves_wait", lambda self: False)  # as if too large for exact search
    monkeypatch.setattr(local, "NEAR", near)
    monkeypatch.setattr(kernels, "worth_compiling", lambda seconds: True)
    search._rearrange(whole.part(math.inf if seconds is None else seconds), settling)
    assert now == [ends]


@pytest.mark.parametrize("settled", [True, False])
def test_all_is_made_anew_once_what_takes_place_is_settled_after_a_little_annealing(
    settled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = Control.of_seconds(240, clock=lambda: 0.0)
    made = knotted(chained(), proven=settled, control=control)
    search = LocalSearch(made, Moves(made), Shapes(made.arrays, made.incumbent.goals, False), workers=1)
    followed: list[tuple[str, float]] = []

    def follow(
        self: LocalSearch,
        control: Control,
        meanwhile: Callable[[Callable[[], bool]], None] | None,
        done: Callable[[], bool] | None = None,
        search: Callable[..., Background[Assignment]] | None = None,
    ) -> None:
        what = meanwhile or search
        followed.append(("anneal" if what is None else what.__name__, control.left()))
        if what is None and done is not None:
            assert not done()
            for goal, value in made.incumbent.values.items():
                if goal in (GoalName.COVERAGE, GoalName.VALUE):
                    made.incumbent.bound(goal, value, Stage.BOUND)
            assert done()

    monkeypatch.setattr(Moves, "may_bound", lambda self, most_idle: False)
    monkeypatch.setattr(kernels, "worth_compiling", lambda seconds: True)
    monkeypatch.setattr(LocalSearch, "_follow", follow)
    search._begin_anew(control, 0.0)
    first, later = [("anneal", 60.0)], [("bound_gaps", 240.0), ("anneal", 5.0), ("rearrange", 240.0)]
    assert followed == (later if settled else first + later)


@pytest.mark.parametrize(
    ("seconds", "settling"), [(4.0, 1.0), (10.0, 2.0), (60.0, 6.0), (3_600.0, 30.0), (math.inf, 0.0)]
)
def test_tables_alone_get_little_of_a_long_time_where_changes_are_untied(
    seconds: float, settling: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = search(seconds=None)
    monkeypatch.setattr(Moves, "could_untie", lambda self: True)
    assert made.settling_seconds(seconds) == pytest.approx(settling)
    monkeypatch.setattr(Moves, "could_untie", lambda self: False)
    assert made.settling_seconds(3_600.0) == pytest.approx(360.0)


def test_without_a_time_limit_changes_of_table_that_nobody_can_prove_do_not_keep_it_going(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "MOVES_LONG_SECONDS", 0.5)
    given = generate(companies=150, requests=600, slots=24, tables=40, seed=1)
    found = solve(given)
    open_goals = [goal.name for goal in found.goals if not goal.proven]
    assert (found.status, open_goals) == (Status.FEASIBLE, [GoalName.MOVES])


@pytest.mark.parametrize("unties", [True, False])
def test_what_annealing_leaves_of_a_long_time_is_for_the_last_changes_of_table_if_they_are_few(
    unties: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LEAST_UNTYING_SECONDS", 0.0), ("ANNEALING_SECONDS", 0.5)):
        monkeypatch.setattr(local, name, value)
    monkeypatch.setattr(Shapes, "fits", lambda self, goal: False)  # as where exact search can't prove moves
    monkeypatch.setattr(Moves, "could_untie", lambda self: True)
    monkeypatch.setattr(Moves, "may_untie", lambda self: unties)  # whether idle slots are proven
    begun: list[int] = []
    untie = Moves.untie

    def note(self: Moves, control: Control, *, turn: int = 0) -> Background[Assignment]:
        begun.append(turn)
        return untie(self, control, turn=turn)

    monkeypatch.setattr(Moves, "untie", note)
    given = generate_rich(companies=20, requests=110, slots=12, tables=20, seed=2, interpreters=3)
    control = Control.of_seconds(24 if unties else 4, stop=lambda: len(begun) == 2)
    found = solve(given, control=control)
    assert begun == ([0, 1] if unties else [])
    assert found.status is Status.FEASIBLE
    assert verify(given, found).violations == ()
