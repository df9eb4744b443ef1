"""The orchestration: answers by kind, resume, stop, repeatability, and nothing handed out that is refused."""

from __future__ import annotations

import math
from itertools import count

import pytest

from solver.codec import encode_schedule
from solver.instances.generate import generate, generate_rich
from solver.problem import Company, GoalName, Problem
from solver.progress import Control, Progress, Stage
from solver.schedule import Status
from solver.search import searching_seconds, solve
from solver.stages.incumbent import Incumbent, RefusedError
from solver.verify import verify
from tests.solver.factories import meeting, person, place, problem, schedule, table

ALL_GOALS = (GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE, GoalName.MOVES, GoalName.PREFERENCES)
TIGHT = problem(
    meeting("m", "ann", "bob", weight=3),
    meeting("n", "ann", "cat", weight=2),
    meeting("o", "dan", "bob", weight=2),
    blocks=(1,),
    tables=2,
    goals=(GoalName.COVERAGE, GoalName.VALUE),
)


def forum(seed: int = 1) -> Problem:
    return generate(companies=12, requests=30, slots=6, tables=4, seed=seed)


def test_goals_are_met_in_their_order() -> None:
    found = solve(TIGHT, seconds=20)
    assert found.status is Status.OPTIMAL
    assert [placement.meeting for placement in found.placements] == ["n", "o"]
    weighty = solve(
        problem(*TIGHT.meetings, blocks=(1,), tables=1, goals=(GoalName.VALUE, GoalName.COVERAGE)), seconds=20
    )
    assert [placement.meeting for placement in weighty.placements] == ["m"]
    assert {item.meeting for item in weighty.unplaced} == {"n", "o"}


@pytest.mark.parametrize("slots", [1, 2])
def test_musts_that_do_not_fit_are_proven_infeasible(slots: int) -> None:
    both = (meeting("m", "ann", "bob", must=True), meeting("n", "ann", "cat", must=True))
    found = solve(problem(*both, blocks=(slots,), tables=2), seconds=20)
    assert found.status is (Status.INFEASIBLE if slots == 1 else Status.OPTIMAL)


def test_a_must_without_any_slot_is_infeasible_at_once() -> None:
    away = person("ann", unavailable=("s0", "s1", "s2", "s3"))
    found = solve(problem(meeting("m", "ann", "bob", must=True), people=(away,)), seconds=20)
    assert found.status is Status.INFEASIBLE


def test_no_time_for_a_must_is_out_of_time_and_no_claim() -> None:
    hard = problem(*(meeting(f"m{n}", f"a{n}", f"b{n}", must=True) for n in range(3)), tables=2)
    found = solve(hard, control=Control(stop=lambda: True))
    assert found.status is Status.OUT_OF_TIME
    assert found.placements == ()


def test_a_problem_without_meetings_is_solved() -> None:
    assert solve(problem(goals=ALL_GOALS), seconds=20).status is Status.OPTIMAL


def test_a_solve_goes_on_from_a_start_and_never_gets_worse() -> None:
    given = forum()
    first = solve(given, seconds=4)
    again = solve(given, start=first, control=Control(stop=lambda: True))
    assert _rank(again) <= _rank(first)
    assert verify(given, again).violations == ()


def _rank(found: object) -> list[int]:
    goals = getattr(found, "goals", ())
    return [-goal.value if goal.name.maximised else goal.value for goal in goals]


def test_what_a_start_can_no_longer_keep_is_dropped() -> None:
    start = schedule(place(TIGHT, "m", "s0"), place(TIGHT, "n", "s0", "t1"))
    found = solve(TIGHT, start=start, control=Control(stop=lambda: True))
    assert [placement.meeting for placement in found.placements] == ["m"]


def test_the_same_seed_and_work_give_the_same_bytes() -> None:
    given = generate_rich(companies=10, requests=24, slots=8, tables=6, seed=3)
    runs = [encode_schedule(solve(given, seed=5, work_limit=1, workers=1)) for _ in range(2)]
    assert runs[0] == runs[1]


def test_events_come_in_time_and_schedules_in_them_are_sound_and_better_each_time() -> None:
    given, events = forum(), list[Progress]()
    solve(given, control=Control.of_seconds(4, on_progress=events.append))
    assert [event.seconds for event in events] == sorted(event.seconds for event in events)
    schedules = [event.schedule for event in events if event.schedule is not None]
    assert schedules
    assert all(verify(given, each).violations == () for each in schedules)
    assert Stage.BOUND in {event.stage for event in events}


def test_a_stop_ends_the_solve_with_the_best_so_far() -> None:
    given = generate(companies=150, requests=600, slots=24, tables=40, seed=1)
    questions = count()
    found = solve(given, control=Control(stop=lambda: next(questions) > 60))
    assert found.status is Status.FEASIBLE
    assert verify(given, found).violations == ()


def test_an_interrupt_ends_the_solve_with_the_best_so_far() -> None:
    given = forum()

    def interrupt(event: Progress) -> None:
        if event.placed:
            raise KeyboardInterrupt

    found = solve(given, control=Control(on_progress=interrupt))
    assert found.placements
    assert verify(given, found).violations == ()


@pytest.fixture
def without_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found and not judged when a stop is asked for has no time left."""
    monkeypatch.setattr("solver.progress.GRACE_SECONDS", 0.0)


@pytest.mark.usefixtures("without_grace")
def test_a_stop_keeps_the_start_however_long_it_takes_to_judge() -> None:
    start = schedule(place(TIGHT, "m", "s0"))
    found = solve(TIGHT, start=start, control=Control(stop=lambda: True))
    assert found.placements == start.placements
    assert found.unplaced == (), "no time for reasons either"


@pytest.mark.usefixtures("without_grace")
def test_what_is_found_after_a_stop_is_let_go_where_there_is_no_time_to_judge_it() -> None:
    control = Control()
    incumbent = Incumbent(problem=TIGHT, goals=TIGHT.goals, control=control, seed=0)
    incumbent.begin_with((), Stage.CONSTRUCT)
    control.halt()
    assert not incumbent.offer((place(TIGHT, "m", "s0"),), Stage.IMPROVE)
    assert incumbent.placements == ()


def test_what_is_found_just_before_a_stop_is_still_judged_and_explained() -> None:
    control = Control()
    incumbent = Incumbent(problem=TIGHT, goals=TIGHT.goals, control=control, seed=0)
    incumbent.begin_with((), Stage.CONSTRUCT)
    control.halt()
    assert incumbent.offer((place(TIGHT, "m", "s0"),), Stage.IMPROVE)
    assert [each.meeting for each in incumbent.final().unplaced] == ["n", "o"]


def test_what_the_judge_refuses_never_becomes_the_incumbent() -> None:
    control = Control()
    incumbent = Incumbent(problem=TIGHT, goals=TIGHT.goals, control=control, seed=0)
    assert incumbent.offer((place(TIGHT, "m", "s0"),), Stage.CONSTRUCT)
    with pytest.raises(RefusedError) as refused:
        incumbent.offer((place(TIGHT, "m", "s0"), place(TIGHT, "n", "s0", "t1")), Stage.IMPROVE)
    assert refused.value.violations[0].rule == "one-person"
    assert refused.value.kept is not None
    assert [each.meeting for each in refused.value.kept.placements] == ["m"]
    assert incumbent.problem_digest in str(refused.value)


def test_a_value_past_a_bound_is_a_fault_not_a_result() -> None:
    incumbent = Incumbent(problem=TIGHT, goals=TIGHT.goals, control=Control(), seed=0)
    incumbent.offer((place(TIGHT, "m", "s0"),), Stage.CONSTRUCT)
    with pytest.raises(RefusedError):
        incumbent.bound(GoalName.VALUE, 2, Stage.PROVE)


def test_plain_forums_are_proven_without_exact_search() -> None:
    given = generate(companies=150, requests=600, slots=24, tables=40, seed=2)
    stages: list[Stage] = []
    found = solve(
        problem_with(given, GoalName.COVERAGE, GoalName.VALUE),
        control=Control.of_seconds(60, on_progress=lambda event: stages.append(event.stage)),
    )
    assert found.status is Status.OPTIMAL
    assert Stage.PROVE not in stages


def problem_with(given: Problem, *goals: GoalName) -> Problem:
    fields = {name: getattr(given, name) for name in given.__struct_fields__}
    return Problem(**{**fields, "goals": goals})


def test_limits_of_companies_hold_in_the_whole() -> None:
    team = tuple(meeting(f"m{n}", "ann", f"b{n}", weight=n + 1) for n in range(4))
    capped = problem(*team, companies=(Company(id="Ann", max_meetings=2),), tables=(table("t0"), table("t1")))
    found = solve(capped, seconds=20)
    assert found.status is Status.OPTIMAL
    assert [each.meeting for each in found.placements] == ["m2", "m3"]


def test_the_clock_of_a_control_is_the_one_given() -> None:
    now = [0.0]
    control = Control.of_seconds(5, clock=lambda: now[0])
    assert control.left() == 5
    now[0] = 6.0
    assert control.should_stop()
    assert control.left() == 0
    assert Control.of_seconds(None).left() == float("inf")


def test_the_time_given_holds_what_closing_takes() -> None:
    assert searching_seconds(math.inf, 100_000) == math.inf
    assert searching_seconds(60, 100_000) == pytest.approx(56)
    assert searching_seconds(60, 100) == pytest.approx(60, abs=0.01)
    assert searching_seconds(1, 100_000) == pytest.approx(0.8), (
        "most of a short time is for searching all the same"
    )
