"""Least breaks among the likely: found for the whole problem, by more people where the first are too few."""

from __future__ import annotations

import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

from solver.model.solve import Recipe, run
from solver.model.terms import Limits, Proof
from solver.model.variables import Variables
from solver.problem import GoalName, Problem
from solver.progress import Stage
from solver.schedule import Schedule
from solver.search import solve
from solver.stages.engine import Engine
from solver.stages.likely import Guess, LikelyBreaks
from solver.stages.proving import Prover
from solver.stages.shapes import Effort, Shapes
from solver.verify import verify
from tests.solver.factories import meeting, problem
from tests.solver.stages.engines import brokerage, engine

GOAL = GoalName.BREAKS
BUSY = brokerage(1, tables=3, max_breaks=None)
"""Breaks can't be avoided, and the first schedule has more than need be."""


@pytest.fixture(scope="module")
def optimum() -> Schedule:
    found = solve(BUSY, seconds=60)
    assert found.goals[0].value > 0
    return found


def prover(made: Engine) -> Prover:
    return Prover(Shapes(made.arrays, made.incumbent.goals, promised=False), made.incumbent, None)


def aimed_at_least_breaks(prover: Prover) -> Variables:
    return prover.build(prover.shapes.counted, [], GOAL)


def with_any_schedule(of: Problem) -> tuple[Engine, Prover]:
    made = engine(of)
    exact = prover(made)
    assert exact.find(Effort(seconds=60, workers=1, seed=0)) is not Proof.INFEASIBLE
    return made, exact


def people_with_breaks(of: Problem, schedule: Schedule) -> set[int]:
    slots = {slot.id: index for index, slot in enumerate(of.slots)}
    found = set()
    for index, person in enumerate(of.people):
        busy = sorted(slots[each.slot] for each in schedule.placements if person.id in each.people)
        if any(later - earlier > 1 for earlier, later in pairwise(busy)):
            found.add(index)
    return found


def look_until(search: LikelyBreaks, *, value: int) -> None:
    end = time.monotonic() + 60
    while search.prover.incumbent.values[GOAL] > value:
        assert time.monotonic() < end, "no schedule at the optimum"
        search.look()
        time.sleep(0.01)  # its threads work meanwhile; nothing wakes who looks


def test_the_optimum_is_found_from_any_schedule(optimum: Schedule) -> None:
    made, exact = with_any_schedule(BUSY)
    best = optimum.goals[0].value
    assert made.incumbent.values[GOAL] > best
    exact.incumbent.bound(GOAL, best, Stage.PROVE)
    search = LikelyBreaks(exact, made, Effort(60, 2, 0), aimed_at_least_breaks(exact))
    try:
        look_until(search, value=best)
    finally:
        search.stop()
    assert verify(BUSY, made.incumbent.plain()).violations == ()


def test_more_people_are_let_in_where_the_guess_was_wrong(
    optimum: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, exact = with_any_schedule(BUSY)
    guesses = []

    def first_nobody(search: LikelyBreaks, guess: Guess) -> None:
        guesses.append(guess)
        wrong = len(guesses) == 1
        _search(search, Guess(frozenset(), guess.starts) if wrong else guess)

    _search = LikelyBreaks._search
    monkeypatch.setattr(LikelyBreaks, "_search", first_nobody)
    best = optimum.goals[0].value
    assert made.incumbent.values[GOAL] > best
    exact.incumbent.bound(GOAL, best, Stage.PROVE)
    # What annealing found must not be the optimum already, or nothing is shown.
    monkeypatch.setattr(Engine, "offer_starts", lambda *_: False)
    search = LikelyBreaks(exact, made, Effort(60, 2, 0), aimed_at_least_breaks(exact))
    try:
        look_until(search, value=best)
    finally:
        search.stop()
    assert len(guesses) > 1


@pytest.mark.parametrize("let_in", [True, False])
def test_only_the_people_let_in_have_breaks(optimum: Schedule, *, let_in: bool) -> None:
    exact = prover(engine(BUSY))
    broken = people_with_breaks(BUSY, optimum)
    restricted = exact.with_breaks_of(
        aimed_at_least_breaks(exact), broken if let_in else frozenset(), [-1] * len(BUSY.meetings)
    )
    found = run(
        restricted,
        limits=Limits(seconds=60, workers=1, seed=0, work=None),
        recipe=Recipe.HINTED_CORE,
        should_stop=lambda: False,
    )
    if let_in:
        assert (found.proof, found.value) == (Proof.OPTIMAL, optimum.goals[0].value)
    else:
        assert found.proof is Proof.INFEASIBLE


@pytest.mark.parametrize(("above", "seconds", "hopeful"), [(0, 99.0, True), (1, 4.9, True), (1, 5.1, False)])
def test_a_search_above_the_bound_of_the_whole_has_as_long_again_and_a_second(
    above: int, seconds: float, *, hopeful: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``above``: by how much its bound exceeds the other after 2 s; ``seconds``: when it is asked again."""
    made, exact = with_any_schedule(BUSY)
    search = LikelyBreaks(exact, made, Effort(60, 2, 0), aimed_at_least_breaks(exact))
    times = iter((2.0, seconds))
    clock = SimpleNamespace(elapsed=lambda: next(times))
    exact.incumbent.bound(GOAL, 1, Stage.PROVE)
    search._bounds.append(1 + above)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(search, "control", clock)
            assert search._hopeful()
            assert search._hopeful() is hopeful
    finally:
        search.stop()


def test_starts_that_break_other_rules_are_refused_without_a_fault() -> None:
    late = problem(
        meeting("first", "ann", "bob"),
        meeting("second", "cat", "dan", after=("first",)),
        goals=(GOAL,),
        blocks=(2,),
        must_all=True,
    )
    made = engine(late)
    wrong, right = made.start.start.copy(), made.start.start.copy()
    wrong[:], right[:] = (1, 0), (0, 1)
    assert not made.offer_starts(wrong)
    assert made.offer_starts(right)
