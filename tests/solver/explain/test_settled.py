"""Changes of table with times settled: counted right, never fewer than the bound, which two slots meet."""

from __future__ import annotations

from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.explain.settled import Steps, steps
from tests.solver.factories import meeting, place, problem

WHO = ("ann", "bob", "cem", "dan", "eve", "fay")


def test_who_stays_and_who_changes_is_told_for_each_pair_of_slots() -> None:
    forum = problem(
        meeting("m0", "ann", "bob"),
        meeting("m1", "cem", "dan"),
        meeting("m2", "ann", "cem"),
        meeting("m3", "bob", "dan"),
        meeting("m4", "ann", "dan"),
        blocks=(3,),
        tables=2,
    )
    at = (("m0", "s0", "t0"), ("m1", "s0", "t1"), ("m2", "s1", "t1"), ("m3", "s1", "t0"), ("m4", "s2", "t0"))
    found = steps(forum, [place(forum, *each) for each in at])
    assert found == (Steps("s0", "s1", 4, 2, 2), Steps("s1", "s2", 2, 1, 1))


def test_a_block_ends_all_stays() -> None:
    forum = problem(meeting("m0", "ann", "bob"), meeting("m1", "ann", "cem"), blocks=(1, 1), tables=2)
    assert steps(forum, [place(forum, "m0", "s0", "t0"), place(forum, "m1", "s1", "t1")]) == ()


def test_nobody_placed_nobody_changes() -> None:
    assert steps(problem(meeting("m0", "ann", "bob")), []) == ()


@settings(max_examples=60, deadline=None)
@given(st.permutations(WHO), st.permutations(WHO))
def test_of_two_slots_the_bound_is_what_the_best_tables_reach(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    pairs = [first[:2], first[2:4], first[4:], second[:2], second[2:4], second[4:]]
    forum = problem(*(meeting(f"m{n}", *pair) for n, pair in enumerate(pairs)), blocks=(2,), tables=3)
    tables = list(permutations(("t0", "t1", "t2")))
    found = [
        steps(forum, [place(forum, f"m{n}", f"s{n // 3}", name) for n, name in enumerate((*one, *other))])
        for one, other in product(tables, tables)
    ]
    assert {each.least for (each,) in found} == {min(each.changes for (each,) in found)}
