"""What a knot is, case by case."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from solver.arrays import Arrays, Assignment
from solver.placing.tables import count_moves
from solver.problem import Problem
from solver.schedule import Placement
from solver.untying.knots import Times
from solver.untying.rows import seat_rows
from tests.solver.factories import meeting, place, problem

MEETINGS = (
    meeting("ab", "ann", "bob"),
    meeting("ac", "ann", "cat"),
    meeting("bd", "bob", "dan"),
    meeting("de", "dan", "eve"),
    meeting("AB", "ann", "bob"),
)
SEARCHED = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
FORUM = problem(*MEETINGS, blocks=(5, 5), tables=3)


def knots(**slots: str) -> set[tuple[str, str]]:
    """The knots of meetings in these slots, each at a table of its own."""
    arrays = Arrays.of(FORUM)
    seats = [place(FORUM, each, slot, f"t{number % 3}") for number, (each, slot) in enumerate(slots.items())]
    times = Times.of(arrays, Assignment.from_placements(arrays, seats))
    return {(FORUM.meetings[index].id, "end" if is_end else "begin") for index, is_end in times.knots()}


def test_one_who_stays_and_one_who_leaves_make_no_knot() -> None:
    assert knots(ab="s0", ac="s1") == set()
    assert knots(ac="s0", ab="s1", bd="s2") == set()


def test_two_who_go_on_to_different_meetings_make_one_at_the_end() -> None:
    assert knots(ab="s0", ac="s1", bd="s1") == {("ab", "end")}


def test_two_who_come_from_different_meetings_make_one_at_the_beginning() -> None:
    assert knots(ac="s0", bd="s0", ab="s1") == {("ab", "begin")}


def test_two_who_go_on_together_make_none() -> None:
    assert knots(ab="s0", AB="s1") == set()


def test_a_scheduled_break_unties() -> None:
    assert knots(ab="s4", ac="s5", bd="s5") == set()
    assert knots(ac="s4", bd="s4", ab="s5") == set()


@pytest.mark.parametrize(
    ("slots", "tied"),
    [
        ({"ab": "s0", "ac": "s2", "bd": "s2"}, {("ab", "end")}),  # both pause
        ({"ab": "s0", "bd": "s1", "ac": "s2"}, set()),  # the table is free again in time
        ({"ab": "s0", "bd": "s1", "de": "s2", "ac": "s2"}, {("ab", "end")}),  # bd hands it on
        ({"bd": "s0", "ac": "s1", "ab": "s2"}, set()),  # bob comes back to a table that was free so long
        ({"bd": "s0", "de": "s1", "ac": "s1", "ab": "s2"}, {("ab", "begin")}),  # dan stayed at it
        ({"bd": "s0", "ac": "s2", "ab": "s3"}, {("ab", "begin")}),  # a longer pause
        ({"AB": "s0", "bd": "s1", "ac": "s2", "ab": "s3"}, {("ab", "begin"), ("AB", "end")}),  # no first one
    ],
)
def test_after_a_pause_only_the_plainest_case_is_none(
    slots: dict[str, str], tied: set[tuple[str, str]]
) -> None:
    assert knots(**slots) == tied


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Problem, list[Placement]]:
    """Meetings in one block, each person in one at a time, with tables for all of them."""
    busy: set[tuple[str, int]] = set()
    meetings, seats = [], []
    for number in range(draw(st.integers(3, 9))):
        people = draw(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=3, unique=True))
        length = draw(st.integers(1, 2))
        start = draw(st.integers(0, 6 - length))
        taken = set(product(people, range(start, start + length)))
        if busy.isdisjoint(taken):
            busy |= taken
            meetings.append(meeting(f"m{number}", *people, length=length))
            seats.append((f"m{number}", f"s{start}", f"t{number}"))
    forum = problem(*meetings, blocks=(6,), tables=9)
    return forum, [place(forum, *each) for each in seats]


@SEARCHED
@given(schedules())
def test_without_knots_nobody_need_change_tables(made: tuple[Problem, list[Placement]]) -> None:
    forum, seats = made
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, seats)
    assume(not any(Times.of(arrays, begin).knots()))
    found = seat_rows(arrays, begin, blocks=[0], zones={})
    assert found is not None
    assert count_moves(arrays, found) == 0


def test_idle_slots_are_those_between_two_meetings_of_a_block() -> None:
    arrays = Arrays.of(FORUM)
    seats = [place(FORUM, each, slot) for each, slot in (("ab", "s0"), ("ac", "s3"), ("AB", "s6"))]
    times = Times.of(arrays, Assignment.from_placements(arrays, seats))
    idle = {each.id: times.idle(number, range(len(FORUM.slots))) for number, each in enumerate(FORUM.people)}
    assert idle == {"ann": 2, "bob": 0, "cat": 0, "dan": 0, "eve": 0}
