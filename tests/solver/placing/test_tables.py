"""Tables for settled slots: always valid, and fewer changes than at first."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from solver.arrays import Arrays, Assignment
from solver.bounds.value import counted_bound
from solver.instances.generate import generate_rich
from solver.placing.construct import construct, greedy
from solver.placing.tables import count_moves, fewer_moves
from solver.problem import GoalName, Problem
from tests.solver.engine_helpers import Unhurried, broken_rules, judged
from tests.solver.factories import meeting, person, place, problem, table
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY


@TINY
@given(problems())
def test_exchanging_tables_keeps_all_rules_and_counts_as_the_judge_does(tiny: Problem) -> None:
    arrays = Arrays.of(tiny)
    first = greedy(arrays, counted_bound(arrays, GoalName.VALUE), seed=1, control=Unhurried())
    last = fewer_moves(arrays, first, seed=1, control=Unhurried(), most_moves=2_000)
    assert broken_rules(tiny, arrays, last) == []
    assert np.array_equal(first.start, last.start)
    for each in (first, last):
        assert count_moves(arrays, each) == judged(tiny, arrays, each).goals[GoalName.MOVES]
    assert count_moves(arrays, last) <= count_moves(arrays, first)


def test_a_rich_forum_has_fewer_moves_after() -> None:
    rich = generate_rich(companies=20, requests=120, slots=12, tables=8, interpreters=3, seed=4)
    arrays = Arrays.of(rich)
    first = construct(arrays, counted_bound(arrays, GoalName.VALUE), seed=1, control=Unhurried())
    last = fewer_moves(arrays, first, seed=1, control=Unhurried(), most_moves=200_000)
    assert broken_rules(rich, arrays, last) == []
    assert count_moves(arrays, last) < count_moves(arrays, first)


def test_someone_with_meetings_in_a_row_stays_at_one_table() -> None:
    forum = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "dan", "eve"),
        tables=2,
    )
    arrays = Arrays.of(forum)
    seats = (
        place(forum, "m", "s0", "t0"),
        place(forum, "n", "s1", "t1"),
        place(forum, "o", "s1", "t0"),
    )
    first = Assignment.from_placements(arrays, seats)
    assert count_moves(arrays, first) == 1
    assert count_moves(arrays, fewer_moves(arrays, first, seed=1, control=Unhurried(), most_moves=5_000)) == 0


def test_a_fixed_table_and_a_lock_stay_where_they_are() -> None:
    forum = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "cat", "bob", locked_table="t1"),
        tables=(table("t0"), table("t1", zone="annex")),
        people=(person("ann", fixed_table=True),),
    )
    arrays = Arrays.of(forum)
    seats = (place(forum, "m", "s0", "t0"), place(forum, "n", "s1", "t1"))
    first = Assignment.from_placements(arrays, seats)
    last = fewer_moves(arrays, first, seed=1, control=Unhurried(), most_moves=5_000)
    assert last.table.tolist() == [0, 1]
