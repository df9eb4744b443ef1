"""Clauses of numbers: constants cost nothing and mean what they say, and the fewest are found."""

from __future__ import annotations

import signal
from itertools import product

import pytest

from solver.model.clauses import FALSE, TRUE, Clauses


def fewest(clauses: Clauses, *literals: int) -> int | None:
    """How many of ``literals`` hold in what is found."""
    holds = clauses.lightest(dict.fromkeys(literals, 1), most=len(literals), seconds=10, seed=1)
    return None if holds is None else sum(holds[each] if each >= 0 else not holds[~each] for each in literals)


@pytest.mark.parametrize(("one", "other"), list(product((True, False), repeat=2)))
def test_both_and_either_are_what_they_are_called(one: bool, other: bool) -> None:
    clauses = Clauses()
    first, second = clauses.new(), clauses.new()
    both, either = clauses.both(first, second), clauses.either(first, second)
    for literal, value in ((first, one), (second, other)):
        clauses.any_of(literal if value else ~literal)
    assert fewest(clauses, both) == fewest(clauses, ~(~both)) == (one and other)
    assert fewest(clauses, either) == (one or other)


def test_constants_make_no_new_literals() -> None:
    clauses = Clauses()
    some = clauses.new()
    assert clauses.both(some, TRUE) == some
    assert clauses.both(some, FALSE) == FALSE
    assert clauses.either(FALSE, some) == some
    assert clauses.either(some, some) == some
    assert clauses.either(TRUE, some) == TRUE


def test_a_clause_with_something_true_asks_for_nothing_and_one_of_nothing_true_can_not_hold() -> None:
    clauses = Clauses()
    some = clauses.new()
    clauses.any_of(TRUE, some)
    assert fewest(clauses, some) == 0
    clauses.any_of(FALSE)
    assert fewest(clauses, some) is None


def test_one_that_stands_twice_counts_twice() -> None:
    clauses = Clauses()
    long, short = clauses.new(), clauses.new()
    clauses.at_most(2, [long, long, short, FALSE])
    clauses.any_of(long)
    assert fewest(clauses, ~short) == 1
    clauses.any_of(short)
    assert fewest(clauses, short) is None


@pytest.mark.parametrize(("row", "column"), list(product(range(3), range(2))))
def test_where_a_row_and_a_column_cross_holds_that_pair_alone(row: int, column: int) -> None:
    clauses = Clauses()
    rows, columns = ({each: clauses.new() for each in range(size)} for size in (3, 2))
    clauses.exactly_one(rows.values())
    clauses.exactly_one(columns.values())
    crossed = clauses.cross(rows, columns, lambda *_: True)
    every = {here: (r, c) for c, made in crossed.items() for r, here in made.items()}
    clauses.any_of(rows[row])
    clauses.any_of(columns[column])
    holds = clauses.lightest(dict.fromkeys(every, 1), most=6, seconds=10, seed=1)
    assert holds is not None
    assert [every[each] for each in every if holds[each]] == [(row, column)]


def test_a_row_and_a_column_that_may_not_cross_do_not() -> None:
    clauses = Clauses()
    rows, columns = ({each: clauses.new() for each in range(2)} for _ in range(2))
    clauses.exactly_one(rows.values())
    clauses.exactly_one(columns.values())
    crossed = clauses.cross(rows, columns, lambda row, column: row == column)
    assert [list(crossed[each]) for each in range(2)] == [[0], [1]]
    clauses.any_of(rows[0])
    clauses.any_of(columns[1])
    assert fewest(clauses, rows[0]) is None


def test_with_one_column_its_crossings_are_the_rows() -> None:
    clauses = Clauses()
    rows = {each: clauses.new() for each in range(2)}
    assert clauses.cross(rows, {7: TRUE}, lambda *_: True) == {7: rows}


def test_two_light_ones_rather_than_a_heavy_one_and_none_that_weigh_too_much() -> None:
    clauses = Clauses()
    heavy, light, other = clauses.new(), clauses.new(), clauses.new()
    clauses.any_of(heavy, light)
    clauses.any_of(heavy, other)
    weights = {heavy: 5, light: 2, other: 2}
    holds = clauses.lightest(weights, most=4, seconds=10, seed=1)
    assert holds is not None
    assert [holds[each] for each in (heavy, light, other)] == [False, True, True]
    assert clauses.lightest(weights, most=3, seconds=10, seed=1) is None


def test_exactly_one_and_at_most_one_know_constants() -> None:
    clauses = Clauses()
    first, second = clauses.new(), clauses.new()
    clauses.exactly_one([TRUE, first])
    clauses.at_most_one([FALSE, second])
    assert fewest(clauses, ~first, ~second) == 1
    clauses.at_most_one([TRUE, second])
    assert fewest(clauses, ~first, ~second) == 2


def test_an_interrupt_still_reaches_the_program_during_a_search() -> None:
    """CP-SAT's own handler would leave the default one behind, which ends the process without a schedule."""
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        clauses = Clauses()
        some = clauses.new()

        def interrupt() -> bool:
            signal.raise_signal(signal.SIGINT)
            return False

        while not heard:
            clauses.lightest({some: 1}, most=1, seconds=10, seed=1, should_stop=interrupt)
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(heard) >= 2
