"""The integer view of a problem: a meeting's own starts, and incumbents that survive the trip."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from solver.arrays import NONE, Arrays, Assignment
from solver.problem import Need, Problem
from solver.schedule import Status
from tests.solver import brute_force
from tests.solver.factories import interpreter, meeting, party, person, place, problem, table
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

TALK = ("en", "uk")


@pytest.mark.parametrize(
    ("given_problem", "starts"),
    [
        (problem(meeting("m", "ann", "bob")), [0, 1, 2, 3]),
        (problem(meeting("m", "ann", "bob", length=2), blocks=(3, 2)), [0, 1, 3]),
        (problem(meeting("m", "ann", "bob", length=9)), []),
        (problem(meeting("m", "ann", "bob", starts=("s2", "s0"))), [0, 2]),
        (problem(meeting("m", "ann", "bob", locked_slot="s3")), [3]),
        (problem(meeting("m", "ann", "bob"), people=(person("ann", unavailable=("s1",)),)), [0, 2, 3]),
        (problem(meeting("m", "ann", "bob"), people=(person("ann", max_meetings=0),)), []),
        (problem(meeting("m", "ann", "bob", length=2), people=(person("ann", max_in_row=1),)), []),
        (problem(meeting("m", "ann", "bob"), tables=(table("t0", closed=("s0", "s3")),)), [1, 2]),
        (problem(meeting("m", "ann", "bob"), tables=(table("t0", seats=1),)), []),
        (problem(meeting("m", "ann", "bob", features=("quiet",))), []),
        (problem(meeting("m", "ann", "bob", interpret=TALK)), []),
        (
            problem(
                meeting("m", "ann", "bob", interpret=("uk", "en")),
                interpreters=(interpreter("i", TALK, unavailable=("s0",)),),
            ),
            [1, 2, 3],
        ),
        (
            problem(
                meeting("m", party("ann", "amy"), "bob"),
                people=(person("ann", unavailable=("s0", "s1")), person("amy", unavailable=("s1", "s2"))),
            ),
            [0, 2, 3],
        ),
        (
            problem(
                meeting("m", party("ann", "amy", need=Need.ALL), "bob"),
                people=(person("ann", unavailable=("s0", "s1")), person("amy", unavailable=("s1", "s2"))),
            ),
            [3],
        ),
    ],
)
def test_admissible_starts_are_those_that_the_meeting_alone_allows(
    given_problem: Problem, starts: list[int]
) -> None:
    arrays = Arrays.of(given_problem)
    assert arrays.starts_of(0).tolist() == starts
    assert np.flatnonzero(arrays.admissible[0]).tolist() == starts


def test_tables_that_no_rule_tells_apart_are_one_class() -> None:
    tables = (table("t0"), table("t1"), table("t2", closed=("s0",)), table("t3", zone="annex"), table("t4"))
    arrays = Arrays.of(problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), tables=tables))
    assert arrays.table_class.tolist() == [0, 0, 1, 2, 0]
    assert arrays.class_capacity[:, 0].tolist() == [3, 0, 1]


def test_tables_apart_are_classes_that_suit_and_open_as_before() -> None:
    tables = (
        table("t0"),
        table("t1"),
        table("t2", closed=("s0",)),
        table("t3", zone="annex", features=("quiet",)),
    )
    given_problem = problem(
        meeting("m", "ann", "bob"), meeting("n", "cat", "dan", features=("quiet",)), tables=tables
    )
    apart = Arrays.of(given_problem).tables_apart()
    assert apart.table_class.tolist() == [0, 1, 2, 3]
    assert apart.class_capacity[:, 0].tolist() == [1, 1, 0, 1]
    assert apart.class_zone.tolist() == apart.table_zone.tolist()
    assert [apart.classes_of(each).tolist() for each in range(2)] == [[0, 1, 2, 3], [3]]
    assert apart.tables_apart() is apart


def test_a_locked_table_is_a_class_of_its_own() -> None:
    arrays = Arrays.of(problem(meeting("m", "ann", "bob", locked_table="t1"), tables=3))
    assert len(set(arrays.table_class.tolist())) == 2
    assert arrays.classes_of(0).tolist() == [arrays.table_class[1]]


def test_people_as_bits_are_the_slots_in_which_they_are_free() -> None:
    long = problem(
        meeting("m", "ann", "bob"), blocks=(70,), people=(person("ann", unavailable=("s0", "s65")),)
    )
    words = Arrays.of(long).person_words()
    bits = [(int(words[0, slot // 64]) >> (slot % 64)) & 1 for slot in range(70)]
    assert [slot for slot in range(70) if not bits[slot]] == [0, 65]


@TINY
@given(problems())
def test_a_best_schedule_survives_the_trip_through_integers(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    if best is None:
        return
    arrays = Arrays.of(tiny)
    read = Assignment.from_placements(arrays, best.placements)
    assert read.to_placements(arrays) == best.placements
    assert read.placed == len(best.placements)
    for goal, value in zip(tiny.goals, best.values, strict=True):
        if goal.value in ("value", "coverage"):
            assert getattr(read, goal.value)(arrays) == value


def test_placements_that_no_longer_fit_are_left_out() -> None:
    before = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), tables=2)
    now = problem(meeting("m", "ann", "bob"), tables=2, people=(person("ann", unavailable=("s0",)),))
    placements = (place(before, "m", "s0"), place(before, "n", "s1"))
    read = Assignment.from_placements(Arrays.of(now), placements)
    assert read.start.tolist() == [NONE]


def test_a_schedule_carries_the_assignment() -> None:
    given_problem = problem(meeting("m", "ann", "bob"))
    arrays = Arrays.of(given_problem)
    assignment = Assignment.from_placements(arrays, (place(given_problem, "m", "s2"),))
    made = assignment.to_schedule(
        arrays, status=Status.FEASIBLE, problem_digest="d", solver_version="v", seed=3
    )
    assert made.placements == (place(given_problem, "m", "s2"),)
    assert Assignment.from_schedule(arrays, made).start.tolist() == [2]
