"""Changes of table: settled, tidied after a stop, and the last ones untied where that applies."""

from __future__ import annotations

import msgspec
import pytest

from solver import kernels
from solver.placing.seating import seat_anew
from solver.placing.tables import count_moves
from solver.problem import GoalName
from solver.progress import Control
from solver.stages import moves as module
from solver.stages.moves import SHORTEST_SEATING, Moves
from tests.solver.stages.engines import NOTHING, RICH, TIRING, engine, knotted
from tests.solver.untying.forums import chained


def test_after_a_stop_tables_are_looked_at_once_more() -> None:
    kernels.compile_kernels()
    control = Control()
    made = engine(TIRING, control=control)
    moves = Moves(made)
    made.place_by_blocks(lambda: False)
    before = count_moves(made.arrays, made.current())
    control.halt()
    moves.settle(60.0)
    assert made.incumbent.values[GoalName.MOVES] == before, "settling has no time left"
    moves.tidy()
    assert made.incumbent.values[GoalName.MOVES] < before


@pytest.mark.parametrize("seconds", [60.0, 0.5])
def test_tables_are_seated_by_programs_where_there_is_time(seconds: float) -> None:
    made = engine(TIRING, control=Control.of_seconds(60))
    moves = Moves(made)
    made.place_by_blocks(lambda: False)
    arrays = made.arrays
    exact = count_moves(arrays, seat_anew(arrays, made.current(), control=Control()))
    assert count_moves(arrays, made.current()) > exact
    moves.settle(seconds)
    if seconds > SHORTEST_SEATING:
        assert made.incumbent.values[GoalName.MOVES] <= exact
    else:
        assert moves._seated is None


def test_the_last_changes_of_table_are_untied_once_all_goals_before_are_proven(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Moves, "may_bound", lambda self, most_idle: False)
    made = knotted(chained())
    assert made.incumbent.values[GoalName.MOVES] == 2
    moves = Moves(made)
    assert moves.may_untie()
    task = moves.untie(Control.of_seconds(60))
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
    monkeypatch.setattr(Moves, "may_bound", lambda self, most_idle: reason == "a bound")
    assert not Moves(knotted(of, published=published, proven=reason != "not proven")).may_untie()


def test_untying_ends_soon_after_a_stop() -> None:
    made = engine(RICH)
    made.relax_fully(lambda: False)
    made.place_by_blocks(lambda: False)
    task = Moves(made).untie(Control())
    assert task.alive()
    task.end()
    assert not task.alive(), "nothing is left behind"


def test_once_what_takes_place_is_settled_all_is_arranged_anew_without_changes_of_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Moves, "may_bound", lambda self, most_idle: False)
    made = knotted(chained())
    moves = Moves(made)
    assert moves.may_rearrange(60.0)
    task = moves.rearrange(Control.of_seconds(60))
    while task.alive():
        pass
    assert made.take(task.end())
    assert made.incumbent.values[GoalName.MOVES] == 0
    assert made.incumbent.values[GoalName.IDLE] == 0


def test_before_that_nothing_is_arranged_anew_nor_for_a_published_schedule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Moves, "may_bound", lambda self, most_idle: False)
    for made in (knotted(chained(), proven=False), knotted(chained(), published=NOTHING)):
        assert not Moves(made).may_rearrange(60.0)


def test_arranging_anew_ends_soon_after_a_stop() -> None:
    loading = Moves(knotted(chained())).rearrange(Control())  # compiled code is in place after it
    while loading.alive():
        pass
    made = engine(RICH)
    made.relax_fully(lambda: False)
    made.place_by_blocks(lambda: False)
    task = Moves(made).rearrange(Control())
    assert task.alive()
    task.end()
    assert not task.alive(), "nothing is left behind"
