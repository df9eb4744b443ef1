"""Everything anew, blocks and people first: all rules kept, nobody changes tables, rows told from no rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.arrays import NONE, Arrays, Assignment
from solver.instances.generate import generate_rich
from solver.kernels import sharing as kernel
from solver.kernels.rows import NEVER
from solver.placing.tables import count_moves
from solver.problem import Company, GoalName, Person, Problem
from solver.untying import sharing
from solver.untying.rearrange import rearrange
from solver.untying.sharing import Share, least_idle, may_share
from tests.solver.engine_helpers import StopsAfter, Unhurried, broken_rules, judged
from tests.solver.factories import meeting, person, place, problem
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY
from tests.solver.untying.forums import chained, in_the_middle
from tests.solver.untying.test_untie import first_schedule

GOALS = (GoalName.VALUE, GoalName.IDLE, GoalName.MOVES)


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny forums need few steps."""
    monkeypatch.setattr(sharing, "ROUND", 2_000)
    monkeypatch.setattr(sharing, "AGAIN", 3_000)


def rows_cost(forum: Problem, *seats: tuple[str, ...], idle: int = 0) -> float:
    """What keeps a schedule's blocks from falling into rows."""
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, [place(forum, *each) for each in seats])
    rows, _, tables, _ = Share(arrays, begin, seed=1, least_idle=idle, most_idle=idle).costs()
    return float(rows + tables)


def forum_of(*names: str, slots: int = 6, people: tuple[Person, ...] = (), tables: int = 3) -> Problem:
    """Meetings of one slot, named by their two people."""
    return problem(
        *(meeting(each, *each.split("-")) for each in names),
        blocks=(slots,),
        tables=tables,
        people=people,
        goals=GOALS,
    )


def seats_of(*names: str) -> list[tuple[str, str]]:
    return [(each, f"s{slot}") for slot, each in enumerate(names)]


class TestRows:
    """A block's meetings as a row, or what keeps them from being one. Times of now don't matter."""

    @pytest.mark.parametrize(
        ("names", "cost"),
        [
            (["a-b"], 0),
            (["a-b", "a-c", "a-d"], 0),
            (["a-b", "a-c", "b-d", "b-e"], 0),  # a first, then b
            (["a-b", "b-c", "c-d", "d-e"], 0),
            (["a-b", "a-c", "b-c"], 1),  # nobody is first
            (["a-b", "a-c", "a-d", "b-B", "c-C", "d-D"], 1),  # a meets three who have more
        ],
    )
    def test_links_make_a_chain(self, names: list[str], cost: int) -> None:
        assert rows_cost(forum_of(*names), *seats_of(*names)) == cost

    def test_it_is_no_longer_than_the_block(self) -> None:
        names = ["a-b", "a-c", "a-d", "b-e"]
        assert rows_cost(forum_of(*names, slots=4), *seats_of(*names)) == 0
        over = rows_cost(
            forum_of(*names, slots=3), ("a-b", "s0"), ("a-c", "s1"), ("a-d", "s2"), ("b-e", "s1")
        )
        assert over == 1

    @pytest.mark.parametrize(("away", "cost"), [(("s0",), 0), (("s0", "s2"), 1)])
    def test_its_people_are_there_in_its_order_or_the_opposite(
        self, away: tuple[str, ...], cost: int
    ) -> None:
        made = forum_of("a-b", "a-c", "b-d", slots=3, people=(person("c", unavailable=away),))
        assert rows_cost(made, ("a-b", "s0"), ("a-c", "s1"), ("b-d", "s2")) == cost

    def test_who_pauses_may_have_a_guest(self) -> None:
        names = ["a-b", "b-B", "a-c", "a-d", "c-C", "d-D"]
        rested = forum_of(*names, people=(person("a", max_in_row=2),))
        unrested = forum_of(*names)
        seats = [("a-b", "s1"), ("b-B", "s2"), ("a-c", "s0"), ("a-d", "s3"), ("c-C", "s1"), ("d-D", "s4")]
        assert rows_cost(rested, *seats, idle=1) == 0
        assert rows_cost(unrested, *seats, idle=1) == 1

    @pytest.mark.parametrize(("locked", "cost"), [("t0", 0), ("t1", 1)])
    def test_one_table_suits_all_of_them(self, locked: str, cost: int) -> None:
        forum = problem(
            meeting("ab", "a", "b", locked_table="t0"),
            meeting("ac", "a", "c", locked_table=locked),
            tables=2,
            goals=GOALS,
        )
        assert rows_cost(forum, ("ab", "s0", "t0"), ("ac", "s1", locked)) == cost

    def test_rows_that_need_the_same_table_have_room_at_it(self) -> None:
        for slots, cost in ((4, 0), (3, 1)):
            forum = problem(
                meeting("ab", "a", "b", locked_table="t0"),
                meeting("ac", "a", "c"),
                meeting("de", "d", "e", locked_table="t0"),
                meeting("df", "d", "f"),
                blocks=(slots,),
                tables=2,
                goals=GOALS,
            )
            seats = [("ab", "s0", "t0"), ("ac", "s1", "t1"), ("de", "s1", "t0"), ("df", "s2", "t1")]
            assert rows_cost(forum, *seats) == cost * kernel.ROOM_COST


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=7), st.integers(1, 7))
def test_the_least_idle_slots_are_those_of_the_best_pattern(free: list[bool], row_max: int) -> None:
    slots = range(len(free))
    least = [NEVER] * (len(free) + 1)
    for count in range(len(free) + 1):
        for busy in combinations([each for each in slots if free[each]], count):
            rows = [len(list(group)) for is_busy, group in groupby(slots, busy.__contains__) if is_busy]
            if all(row <= row_max for row in rows):
                idle = busy[-1] - busy[0] + 1 - count if busy else 0
                least[count] = min(least[count], idle)
    assert least_idle(tuple(free), row_max) == tuple(least)


@TINY
@given(problems(), st.integers(0, 5))
def test_all_rules_are_kept_and_nobody_changes_tables_or_idles_more(tiny: Problem, seed: int) -> None:
    arrays, first = first_schedule(tiny)
    if not may_share(arrays, first):
        return
    for found in rearrange(arrays, first, seed=seed, control=StopsAfter(60), rounds=2):
        assert broken_rules(tiny, arrays, found) == []
        before, after = (judged(tiny, arrays, each).goals for each in (first, found))
        assert after[GoalName.IDLE] <= before[GoalName.IDLE]
        assert after[GoalName.VALUE] >= before[GoalName.VALUE]
        assert after[GoalName.COVERAGE] >= before[GoalName.COVERAGE]


@TINY
@given(problems(), st.integers(0, 5))
def test_what_is_noted_step_by_step_is_what_counting_anew_gives(tiny: Problem, seed: int) -> None:
    arrays, first = first_schedule(tiny)
    if not may_share(arrays, first):
        return
    share = Share(arrays, first, seed=seed, least_idle=0, most_idle=0)
    share.round(StopsAfter(3))
    made, counts = share._sharing, np.zeros_like(share._step.counts)
    many, load = np.zeros_like(made.many), np.zeros_like(made.load)
    for row, meeting_ in enumerate(share._pool.tolist()):
        if made.block[row] == NONE:
            assert (made.who[row] == NONE).all()
            continue
        counts[arrays.company[arrays.company_ptr[meeting_] : arrays.company_ptr[meeting_ + 1]]] += 1
        for who in made.who[row][made.who[row] != NONE].tolist():
            many[who, made.block[row]] += 1
            load[who, made.block[row]] += arrays.length[meeting_]
            assert row in made.meetings[who, made.block[row], : made.many[who, made.block[row]]]
    assert (made.many == many).all()
    assert (made.load == load).all()
    assert (share._step.counts == counts).all()
    assert not share._step.shift.any()


def test_a_meeting_in_the_middle_of_two_rows_goes_to_an_end_of_both() -> None:
    forum = chained()
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, in_the_middle(forum))
    *_, found = rearrange(arrays, begin, seed=1, control=Unhurried())
    assert count_moves(arrays, found) == 0
    assert broken_rules(forum, arrays, found) == []


@pytest.mark.parametrize("seed", [0, 1])
def test_a_rich_forum_keeps_its_interpreters_rules_tables_and_walks(seed: int) -> None:
    rich = generate_rich(companies=40, requests=70, slots=12, tables=30, interpreters=3, seed=seed)
    arrays, begin = first_schedule(rich)
    assert may_share(arrays, begin)
    assert count_moves(arrays, begin) > 0
    *_, found = rearrange(arrays, begin, seed=seed, control=Unhurried(), rounds=3)
    assert broken_rules(rich, arrays, found) == []
    before, after = (judged(rich, arrays, each).goals for each in (begin, found))
    assert after[GoalName.MOVES] == 0
    assert after[GoalName.IDLE] <= before[GoalName.IDLE]
    assert after[GoalName.VALUE] == before[GoalName.VALUE]


TRIANGLE = ("a-b", "b-c", "a-c")
"""Nobody can be first in it."""


def with_another(
    *, weight: int = 2, must: bool = False, others: Sequence[str] = (), most: int = 2
) -> Problem:
    """A triangle, and a meeting c-d of this weight that could take place instead of one of its."""
    names = (*TRIANGLE, *others)
    return problem(
        *(meeting(each, *each.split("-"), weight=2, must=must) for each in names),
        meeting("c-d", "c", "d", weight=weight),
        blocks=(8,),
        tables=3,
        people=(person("a", max_meetings=2), person("c", max_meetings=2)),
        companies=(Company(id="D", max_meetings=most),),
        goals=(GoalName.COVERAGE, *GOALS),
    )


@pytest.mark.parametrize(
    ("forum", "others", "takes_place"),
    [
        (with_another(), (), True),
        (with_another(weight=1), (), False),
        (with_another(must=True), (), False),
        (with_another(most=0), (), False),
        (with_another(others=("d-e", "d-f", "d-g"), most=4), ("d-e", "d-f", "d-g"), False),  # covers less
        (with_another(others=("d-e",)), ("d-e",), True),
    ],
)
def test_another_meeting_of_no_less_worth_may_take_place_instead(
    forum: Problem, others: tuple[str, ...], takes_place: bool
) -> None:
    arrays = Arrays.of(forum)
    seats = seats_of(*TRIANGLE, *others)
    begin = Assignment.from_placements(arrays, [place(forum, *each) for each in seats])
    found = list(rearrange(arrays, begin, seed=1, least_idle=0, control=Unhurried(), rounds=2))
    assert all(broken_rules(forum, arrays, each) == [] for each in found)
    without_moves = [each for each in found if count_moves(arrays, each) == 0]
    assert bool(without_moves) is takes_place
    for each in without_moves:
        assert "c-d" in {placement.meeting for placement in each.to_placements(arrays)}


def test_where_somebody_has_to_change_tables_hardly_anybody_does() -> None:
    forum = forum_of("a-b", "a-c", "a-d", "b-B", "c-C", "d-D")
    arrays = Arrays.of(forum)
    seats = [("a-b", "s1"), ("a-c", "s2"), ("a-d", "s3"), ("b-B", "s0"), ("c-C", "s3"), ("d-D", "s4")]
    begin = Assignment.from_placements(
        arrays, [place(forum, *each, f"t{number % 3}") for number, each in enumerate(seats)]
    )
    assert count_moves(arrays, begin) > 1
    found = list(rearrange(arrays, begin, seed=1, control=Unhurried(), rounds=2))
    assert [count_moves(arrays, each) for each in found] == [1], "the second round comes no nearer"


def test_where_people_have_to_idle_more_than_was_aimed_at_they_idle_as_little_as_can_be() -> None:
    forum = forum_of("a-b", "a-c", "a-d", people=(person("a", max_in_row=2),))
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(
        arrays, [place(forum, *each) for each in (("a-b", "s0"), ("a-c", "s2"), ("a-d", "s4"))]
    )
    *_, found = rearrange(arrays, begin, seed=1, least_idle=0, control=Unhurried(), rounds=6)
    assert broken_rules(forum, arrays, found) == []
    assert count_moves(arrays, found) == 0
    assert judged(forum, arrays, begin).goals[GoalName.IDLE] == 2
    assert judged(forum, arrays, found).goals[GoalName.IDLE] == 1


@pytest.mark.parametrize(("tables", "over"), [(1, 1), (2, 0)])
def test_rows_rather_leave_a_slot_of_each_table(tables: int, over: int) -> None:
    """Four meetings in four slots."""
    names = ["a-b", "a-c", "a-d", "a-e"]
    forum = forum_of(*names, slots=4, tables=tables)
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, [place(forum, *each) for each in seats_of(*names)])
    *_, full, tight = Share(arrays, begin, seed=1, least_idle=0, most_idle=0).costs()
    assert full == 0
    assert tight == over * kernel.TIGHT_COST


def test_what_comes_after_another_meeting_stays_after_it() -> None:
    forum = problem(
        *(meeting(each, *each.split("-")) for each in (*TRIANGLE[:2], "d-e")),
        meeting(TRIANGLE[2], "a", "c", after=("d-e",)),
        blocks=(3, 3),
        tables=3,
        goals=GOALS,
    )
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(
        arrays,
        [
            place(forum, each, slot)
            for each, slot in zip((*TRIANGLE, "d-e"), ("s0", "s1", "s5", "s4"), strict=True)
        ],
    )
    for seed in range(4):
        *_, found = rearrange(arrays, begin, seed=seed, control=Unhurried())
        assert broken_rules(forum, arrays, found) == []
        assert count_moves(arrays, found) == 0


def test_very_long_blocks_are_left_to_others() -> None:
    long = problem(meeting("ab", "ann", "bob"), blocks=(sharing.LONGEST_BLOCK + 1,))
    plain = problem(meeting("ab", "ann", "bob"), blocks=(3,))
    for forum, may in ((long, False), (plain, True)):
        arrays = Arrays.of(forum)
        begin = Assignment.from_placements(arrays, [place(forum, "ab", "s0")])
        assert may_share(arrays, begin) is may
