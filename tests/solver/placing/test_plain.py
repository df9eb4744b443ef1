"""Plain forums: what counts as plain, and that selection and Kempe chains reach the bound."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.arrays import Arrays
from solver.bounds.value import aggregated_bound
from solver.instances.generate import generate
from solver.placing.construct import construct
from solver.placing.plain import is_plain, place_selection
from solver.problem import GoalName, Problem
from tests.solver.engine_helpers import StopsAfter, Unhurried, broken_rules
from tests.solver.factories import meeting, party, person, problem, table


@pytest.mark.parametrize(
    "rich",
    [
        problem(meeting("m", party("ann", "amy"), "bob")),
        problem(meeting("m", "ann", "bob", length=2)),
        problem(meeting("m", "ann", "bob"), people=(person("ann", max_in_row=2),)),
        problem(meeting("m", "ann", "bob"), people=(person("ann", max_per_day=2),)),
        problem(meeting("m", "ann", "bob"), people=(person("ann", fixed_table=True),)),
        problem(meeting("m", "ann", "bob"), meeting("n", "ann", "cat", after=("m",))),
        problem(meeting("m", "ann", "bob"), tables=(table("t0"), table("t1", features=("quiet",)))),
        problem(meeting("m", "ann", "bob"), max_breaks=1),
    ],
)
def test_rules_beyond_time_and_tables_make_a_forum_rich(rich: Problem) -> None:
    assert not is_plain(Arrays.of(rich))


def test_availability_counts_and_tables_alone_are_plain() -> None:
    people = (person("ann", unavailable=("s0",), max_meetings=2),)
    assert is_plain(Arrays.of(problem(meeting("m", "ann", "bob"), people=people)))


@pytest.mark.parametrize(("companies", "requests", "slots", "tables"), [(30, 150, 8, 9), (150, 600, 16, 35)])
def test_the_selection_is_placed_and_its_value_is_the_bound(
    companies: int, requests: int, slots: int, tables: int
) -> None:
    forum = generate(companies=companies, requests=requests, slots=slots, tables=tables, seed=3)
    arrays = Arrays.of(forum)
    bound = aggregated_bound(arrays, GoalName.VALUE, control=Unhurried())
    made = construct(arrays, bound, seed=1, control=Unhurried())
    assert made.value(arrays) == bound.limit
    assert broken_rules(forum, arrays, made) == []


@settings(max_examples=40, deadline=None)
@given(
    companies=st.integers(2, 12),
    requests=st.integers(1, 40),
    slots=st.integers(1, 9),
    tables=st.integers(0, 4),
    seed=st.integers(0, 99),
)
def test_every_placed_selection_keeps_all_rules(
    companies: int, requests: int, slots: int, tables: int, seed: int
) -> None:
    forum = generate(companies=companies, requests=requests, slots=slots, tables=tables, seed=seed)
    arrays = Arrays.of(forum)
    bound = aggregated_bound(arrays, GoalName.VALUE, control=Unhurried())
    made = construct(arrays, bound, seed=seed, control=Unhurried())
    assert broken_rules(forum, arrays, made) == []
    assert made.value(arrays) <= bound.limit


def test_a_stop_leaves_what_is_placed() -> None:
    forum = generate(companies=150, requests=600, slots=16, tables=35, seed=3)
    arrays = Arrays.of(forum)
    bound = aggregated_bound(arrays, GoalName.VALUE, control=Unhurried())
    made = place_selection(arrays, bound, seed=1, control=StopsAfter(1))
    assert 0 < made.placed < 400
