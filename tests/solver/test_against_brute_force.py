"""The whole solver, and the judge, against trying every schedule of tiny problems with all rules mixed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import msgspec
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from solver.codec import encode_schedule
from solver.problem import GoalName, Problem
from solver.progress import GRACE_SECONDS, Control
from solver.schedule import Schedule, Status
from solver.search import solve
from solver.verify import verify
from tests.solver import brute_force
from tests.solver.factories import meeting, party, person, problem, schedule, table
from tests.solver.strategies import changed_problems, mandatory_problems, problems

TINY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def assert_optimal(found: Schedule, expected: brute_force.Best | None, given_problem: Problem) -> None:
    """``found`` reaches and proves the optimum, or proves that there is none."""
    note(f"solver: {found.status} {found.goals}; brute force: {expected}")
    if expected is None:
        assert found.status is Status.INFEASIBLE
        assert found.placements == ()
        return
    assert found.status is Status.OPTIMAL
    assert tuple(goal.name for goal in found.goals) == given_problem.goals
    assert tuple(goal.value for goal in found.goals) == expected.values
    assert tuple(goal.bound for goal in found.goals) == expected.values
    assert verify(given_problem, found).violations == ()


@TINY
@given(problems())
def test_the_solver_proves_the_optimum_of_every_tiny_problem_with_all_rules(tiny: Problem) -> None:
    assert_optimal(solve(tiny, seconds=20, workers=1), brute_force.best(tiny), tiny)


@TINY
@given(problems(plain=True))
def test_the_solver_proves_the_optimum_of_every_tiny_plain_problem(tiny: Problem) -> None:
    assert_optimal(solve(tiny, seconds=20, workers=1), brute_force.best(tiny), tiny)


@settings(TINY, max_examples=100)
@given(mandatory_problems())
def test_the_solver_proves_the_least_breaks_where_all_meetings_are_musts(tiny: Problem) -> None:
    assert_optimal(solve(tiny, seconds=20, workers=2), brute_force.best(tiny), tiny)


@TINY
@given(changed_problems())
def test_a_repair_changes_as_few_agendas_as_brute_force(change: tuple[Problem, Problem]) -> None:
    before, now = change
    first = brute_force.best(before)
    kept = () if first is None else first.placements
    goals = (GoalName.PROMISES, *now.goals)

    found = solve(now, seconds=20, workers=1, published=schedule(*kept))

    expected = brute_force.best(msgspec.structs.replace(now, goals=goals), published=kept)
    note(f"solver: {found.status} {found.goals}; brute force: {expected}; published: {kept}")
    if expected is None:
        assert found.status is Status.INFEASIBLE
        return
    assert found.status is Status.OPTIMAL
    assert tuple((goal.name, goal.value, goal.bound) for goal in found.goals) == tuple(
        (name, value, value) for name, value in zip(goals, expected.values, strict=True)
    )
    assert verify(now, found, published=schedule(*kept)).violations == ()


def assert_nothing_false(found: Schedule, expected: brute_force.Best | None, given_problem: Problem) -> None:
    """What ``found`` claims is so, however far it came."""
    note(f"solver: {found.status} {found.goals}; brute force: {expected}")
    if found.status in (Status.INFEASIBLE, Status.OUT_OF_TIME):
        assert found.status is Status.OUT_OF_TIME or expected is None
        return
    assert expected is not None
    assert verify(given_problem, found).violations == ()
    for goal, best in zip(found.goals, expected.values, strict=False):
        assert goal.bound >= best if goal.name.maximised else goal.bound <= best
        if goal.value != best:
            break  # later bounds are for schedules that are only as good as this one
        assert found.status is not Status.OPTIMAL or goal.bound == best


@settings(TINY, max_examples=80)
@given(problems(), st.integers(0, 40), st.sampled_from((0.0, GRACE_SECONDS)))
def test_a_solve_that_is_stopped_at_any_moment_claims_nothing_false(
    tiny: Problem, questions: int, grace: float
) -> None:
    """The stop comes at the n-th time that the solver asks for it; without grace all that was found then and
    not judged yet is let go."""
    asked = count()
    control = Control(stop=lambda: next(asked) >= questions)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("solver.progress.GRACE_SECONDS", grace)
        found = solve(tiny, workers=1, control=control)

    assert_nothing_false(found, brute_force.best(tiny), tiny)


@pytest.fixture(scope="class")
def _local_search_on_every_size() -> Iterator[None]:
    """Tiny problems are otherwise left to exact search alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("solver.search.SMALL_MODEL", -1)
        patch.setattr("solver.stages.engine.MOVES_A_WORK", 10_000)
        yield


@pytest.mark.usefixtures("_local_search_on_every_size")
class TestLocalSearch:
    @settings(TINY, max_examples=30)
    @given(problems())
    def test_with_all_rules_it_claims_nothing_false_and_repeats(self, tiny: Problem) -> None:
        found = solve(tiny, workers=1, work_limit=1, seed=3)

        assert_nothing_false(found, brute_force.best(tiny), tiny)
        assert encode_schedule(solve(tiny, workers=1, work_limit=1, seed=3)) == encode_schedule(found)

    @settings(TINY, max_examples=20)
    @given(problems(plain=True))
    def test_on_plain_problems_it_claims_nothing_false_and_repeats(self, tiny: Problem) -> None:
        found = solve(tiny, workers=1, work_limit=1, seed=3)

        assert_nothing_false(found, brute_force.best(tiny), tiny)
        assert encode_schedule(solve(tiny, workers=1, work_limit=1, seed=3)) == encode_schedule(found)


@settings(TINY, max_examples=100)
@given(problems())
def test_the_judge_and_brute_force_agree_on_rules_and_goals(tiny: Problem) -> None:
    combinations = brute_force._combinations(tiny, 0, {}, ())
    for placements in islice(combinations, 0, 400, 7):
        verdict = verify(tiny, schedule(*placements))

        assert verdict.accepted == brute_force._keeps_all_rules(tiny, placements), verdict.violations
        for goal, value in verdict.goals.items():
            assert value == brute_force.value_of(tiny, goal, placements)


@pytest.mark.parametrize(
    "impossible",
    [
        problem(meeting("m", "ann", "bob", must=True), tables=0),
        problem(meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), blocks=(1,), tables=2, must_all=True),
        problem(
            meeting("m", "ann", "bob", must=True, locked_slot="s0"),
            people=(person("ann", unavailable=("s0",)),),
        ),
        problem(
            meeting("m", "ann", "bob", must=True, after=("n",), starts=("s0",)),
            meeting("n", "cat", "dan", must=True),
        ),
        problem(
            meeting("m", party("ann"), "bob", must=True, zone="annex"),
            tables=(table("t0"),),
            zones=("annex",),
        ),
    ],
    ids=[
        "no table",
        "one slot for two",
        "locked where away",
        "nothing before the first slot",
        "no such zone",
    ],
)
def test_a_problem_that_has_no_schedule_is_proven_infeasible(impossible: Problem) -> None:
    assert brute_force.best(impossible) is None
    assert solve(impossible, seconds=20, workers=1).status is Status.INFEASIBLE
