"""Untying: all rules kept, what takes place stays, and changes of table that annealing leaves go away."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver.arrays import NONE, Arrays, Assignment
from solver.bounds.value import counted_bound
from solver.instances.generate import generate_rich
from solver.placing.construct import greedy
from solver.placing.tables import count_moves
from solver.problem import GoalName, Problem
from solver.untying import untie as module
from solver.untying.freed import may_be_freed
from solver.untying.knots import Times
from solver.untying.loosening import Loosening
from solver.untying.untie import untie, with_choice
from tests.solver.engine_helpers import StopsAfter, Unhurried, broken_rules, judged
from tests.solver.factories import interpreter, meeting, party, person, place, problem
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY
from tests.solver.untying.forums import IN_THE_MIDDLE, chained, in_the_middle


def first_schedule(of: Problem) -> tuple[Arrays, Assignment]:
    arrays = Arrays.of(of)
    return arrays, greedy(arrays, counted_bound(arrays, GoalName.VALUE), seed=1, control=Unhurried())


def loosened(
    arrays: Arrays, begin: Assignment, free: Iterable[int], *, seed: int = 1
) -> tuple[Assignment | None, int, int]:
    """The schedule with the fewest knots when ``free`` may move; knots counted before and by the model."""
    times = Times.of(arrays, begin)
    loosening = Loosening(arrays, begin, times, free)
    now = sum(meeting in loosening.concerned() for meeting, _ in times.knots())
    choice = loosening.solve(lambda _: 1, seconds=20, seed=seed, control=Unhurried())
    assert choice is not None, "things as they are are a choice"
    return with_choice(arrays, begin, choice), now, len(list(times.knots()))


@TINY
@given(problems(), st.integers(0, 5))
def test_what_is_set_free_keeps_all_rules_and_gets_no_more_knots_or_idle_slots(
    tiny: Problem, seed: int
) -> None:
    arrays, first = first_schedule(tiny)
    times = Times.of(arrays, first)
    placed = np.flatnonzero(first.start != NONE).tolist()
    free = [each for each in placed if may_be_freed(arrays, times, each)]
    free = random.Random(seed).sample(free, (len(free) + 1) // 2)
    if not free or _zones_of_now(arrays, first, times):
        return
    found, _, before = loosened(arrays, first, free, seed=seed)
    if found is not None:
        assert broken_rules(tiny, arrays, found) == []
        assert ((found.start != NONE) == (first.start != NONE)).all()
        assert len(list(Times.of(arrays, found).knots())) <= before
        idle = [judged(tiny, arrays, each).goals[GoalName.IDLE] for each in (first, found)]
        assert idle[1] <= idle[0]


def _zones_of_now(arrays: Arrays, assignment: Assignment, times: Times) -> bool:
    """Whether somebody changes zones in a block: that is no choice then."""
    for mine in times.at.values():
        where = {
            (arrays.slot_block[slot], arrays.table_zone[assignment.table[each]])
            for slot, each in mine.items()
        }
        if len(where) > len({block for block, _ in where}):
            return True
    return False


def untied(of: Problem, begin: Assignment, *, looks: int = 200) -> Assignment:
    arrays, found = Arrays.of(of), [begin]
    untie(arrays, begin, seed=1, control=StopsAfter(looks), on_better=found.append)
    for each in found:
        assert broken_rules(of, arrays, each) == []
    moves = [count_moves(arrays, each) for each in found]
    assert moves == sorted(set(moves), reverse=True)
    return found[-1]


@pytest.mark.parametrize("seed", range(6))
def test_who_rests_after_two_meetings_still_does(seed: int) -> None:
    forum = chained(person("ann", max_in_row=2))
    arrays = Arrays.of(forum)
    seats = [
        ("a1", "s0", "t0"),
        ("b1", "s0", "t1"),
        ("ab", "s1", "t0"),
        ("b2", "s2", "t1"),
        ("a2", "s3", "t0"),
    ]
    begin = Assignment.from_placements(arrays, [place(forum, *each) for each in seats])
    found, _, _ = loosened(arrays, begin, range(5), seed=seed)
    assert found is not None
    assert broken_rules(forum, arrays, found) == []
    assert count_moves(arrays, found) == 0


@pytest.mark.parametrize("seed", range(6))
def test_no_more_meet_at_once_than_there_are_tables(seed: int) -> None:
    forum = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), meeting("o", "eve", "fay"))
    arrays = Arrays.of(forum)
    seats = [place(forum, each, f"s{slot}") for slot, each in enumerate("mno")]
    found, _, _ = loosened(arrays, Assignment.from_placements(arrays, seats), range(3), seed=seed)
    assert found is not None
    assert broken_rules(forum, arrays, found) == []


def test_a_meeting_in_the_middle_of_two_rows_goes_to_an_end_of_both() -> None:
    forum = chained()
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, in_the_middle(forum))
    assert count_moves(arrays, begin) == 2
    found = untied(forum, begin)
    assert count_moves(arrays, found) == 0
    assert judged(forum, arrays, found).goals[GoalName.IDLE] == 0


def test_a_colleague_comes_where_that_unties() -> None:
    """Within two slots ann and bob both stay at their table if bill meets ann."""
    forum = problem(
        meeting("ab", "ann", party("bob", "bill", company="B")),
        meeting("ac", "ann", "cat", locked_slot="s1"),
        meeting("bd", party("bob", company="B"), "dan", locked_slot="s1"),
        blocks=(2,),
        tables=2,
        goals=(GoalName.VALUE, GoalName.MOVES),
    )
    arrays = Arrays.of(forum)
    seats = [place(forum, "ab", "s0", "t0"), place(forum, "ac", "s1", "t0"), place(forum, "bd", "s1", "t1")]
    found = untied(forum, Assignment.from_placements(arrays, seats))
    assert count_moves(arrays, found) == 0
    assert found.people_of(arrays, 0) == [0, 2] or "bill" in {
        forum.people[each].id for each in found.people_of(arrays, 0)
    }


@pytest.mark.parametrize(("others", "moves"), [(("late",), 1), ((), 2)])
def test_another_interpreter_comes_where_that_unties(others: tuple[str, ...], moves: int) -> None:
    """Ann and bob would meet first or last; who interprets for them has no time then."""
    uk_en = ("uk", "en")
    forum = problem(
        meeting("ab", "ann", "bob", interpret=uk_en),
        *(meeting(f"a{each}", "ann", f"guest{each}") for each in (1, 2)),
        *(meeting(f"b{each}", "bob", f"visitor{each}") for each in (1, 2)),
        blocks=(3,),
        tables=2,
        interpreters=[
            interpreter("now", uk_en, unavailable=("s0", "s2")),
            *(interpreter(each, uk_en, unavailable=("s0",)) for each in others),
        ],
        goals=(GoalName.VALUE, GoalName.MOVES),
    )
    arrays = Arrays.of(forum)
    seats = [place(forum, *each, interpreter="now" if each[0] == "ab" else None) for each in IN_THE_MIDDLE]
    begin = Assignment.from_placements(arrays, seats)
    assert count_moves(arrays, begin) == 2
    assert count_moves(arrays, untied(forum, begin, looks=200)) == moves


def test_a_knot_weighs_more_with_each_look_around_it_and_less_again_with_others() -> None:
    forum = chained()
    arrays = Arrays.of(forum)
    walk = module._Walk(arrays, Assignment.from_placements(arrays, in_the_middle(forum)))
    (knot, _), *_ = walk.knots
    weights = [walk._weight(knot)]
    for _ in range(3):
        walk.look(Unhurried(), random.Random(1))
        weights.append(walk._weight(knot))
    assert weights == sorted(set(weights))
    for _ in range(500):
        walk._grow(knot + 1)
    assert weights[0] <= walk._weight(knot) < weights[-1]


def test_searches_side_by_side_go_their_own_ways_unless_one_is_far_ahead() -> None:
    forum = chained()
    arrays = Arrays.of(forum)
    state = Assignment.from_placements(arrays, in_the_middle(forum))
    together = module.Together()
    assert together.ahead(9) is None
    together.tell(state, 3)
    together.tell(Assignment.empty(arrays), 4)
    assert together.ahead(3 + module.LEAD) is state
    assert together.ahead(3 + module.LEAD - 1) is None


@pytest.mark.parametrize("patience", [-1, 2])
def test_a_search_that_is_shaken_now_and_then_ends_with_no_changes_too(
    patience: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", patience)
    forum = chained()
    arrays = Arrays.of(forum)
    found = untied(forum, Assignment.from_placements(arrays, in_the_middle(forum)))
    assert count_moves(arrays, found) == 0


@TINY
@given(problems(), st.integers(0, 5))
def test_shaking_keeps_all_rules_and_ties_no_more_knots_than_it_may(tiny: Problem, seed: int) -> None:
    arrays, first = first_schedule(tiny)
    walk = module._Walk(arrays, first)
    if not first.placed or _zones_of_now(arrays, first, walk.times):
        return
    most = len(walk.knots) + seed
    walk.shake(Unhurried(), random.Random(seed), most=most)
    assert broken_rules(tiny, arrays, walk.state) == []
    assert len(walk.knots) <= most


@dataclass
class UntilHalved:
    """Goes on, however long it takes, until half of the changes of table are gone."""

    arrays: Arrays
    most: int
    found: list[Assignment] = field(default_factory=list)

    def should_stop(self) -> bool:
        return any(count_moves(self.arrays, each) <= self.most for each in self.found[-1:])

    def left(self) -> float:
        return float("inf")


def test_nobody_walks_too_far_and_interpreters_rest() -> None:
    rich = generate_rich(companies=20, requests=90, slots=12, tables=28, interpreters=3, seed=2)
    arrays, begin = first_schedule(rich)
    until = UntilHalved(arrays, count_moves(arrays, begin) // 2)
    untie(arrays, begin, seed=1, control=until, on_better=until.found.append)
    assert [broken_rules(rich, arrays, each) for each in until.found] == [[]] * len(until.found)
    before, after = (judged(rich, arrays, each).goals for each in (begin, until.found[-1]))
    assert after[GoalName.IDLE] <= before[GoalName.IDLE]
    assert after[GoalName.VALUE] == before[GoalName.VALUE]


def test_precedences_and_those_who_keep_a_table_stand_fast() -> None:
    forum = problem(
        meeting("ab", "ann", "bob"),
        meeting("ac", "ann", "cat", after=("ab",)),
        meeting("de", "dan", "eve"),
        meeting("fg", "fay", "gil"),
        people=[person("dan", fixed_table=True)],
        tables=2,
    )
    arrays = Arrays.of(forum)
    seats = [
        place(forum, "ab", "s0"),
        place(forum, "ac", "s1"),
        place(forum, "de", "s2"),
        place(forum, "fg", "s3"),
    ]
    times = Times.of(arrays, Assignment.from_placements(arrays, seats))
    assert [may_be_freed(arrays, times, each) for each in range(4)] == [False, False, False, True]


def test_where_nothing_may_be_moved_it_ends() -> None:
    forum = chained(person("ann", fixed_table=True), person("bob", fixed_table=True))
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, in_the_middle(forum))
    found: list[Assignment] = []
    untie(arrays, begin, seed=1, control=Unhurried(), on_better=found.append)
    assert found == []


def test_where_nothing_is_tied_nothing_is_looked_at() -> None:
    forum = problem(meeting("ab", "ann", "bob"))
    arrays = Arrays.of(forum)
    begin = Assignment.from_placements(arrays, [place(forum, "ab", "s0")])
    assert untied(forum, begin, looks=0) is begin
