"""The bound of idle slots and breaks: what free times, limits and earlier goals force, and never more."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import msgspec
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from solver.arrays import Arrays
from solver.bounds.gaps import ForcedGaps, Held, gaps_bound, least_gaps, shared_out, whole_gaps_bound
from solver.problem import GoalName, Problem
from solver.schedule import Status
from solver.search import solve
from tests.solver import brute_force
from tests.solver.engine_helpers import StopsAfter, Unhurried, solved_here
from tests.solver.factories import meeting, person, problem
from tests.solver.strategies import problems
from tests.solver.test_against_brute_force import TINY

GAPS = (GoalName.IDLE, GoalName.BREAKS)
GOALS = (GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE)


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.bounds.gaps.solve_integer", solved_here)


def table(free: str, *, in_row: int, goal: GoalName = GoalName.IDLE) -> tuple[int, ...]:
    """The table of a block written as ``"x.xx"``: free, not free, free, free."""
    return least_gaps(bytes(each == "x" for each in free), in_row, goal)


def bounds(of: Problem, *, value: int, goal: GoalName = GoalName.IDLE) -> tuple[int, int]:
    """The bound by the linear program, and by whole points."""
    forced = ForcedGaps(Arrays.of(of), goal, Held(value=value), control=Unhurried())
    whole = whole_gaps_bound(forced, control=Unhurried(), seconds=60.0)
    return gaps_bound(forced, control=Unhurried()), whole


def busy(many: int, *, blocks: Sequence[int], days: Sequence[str] | None = None, **limits: int) -> Problem:
    """Ann, with so many meetings and these limits, and somebody else in each."""
    meetings = [meeting(f"m{n}", "ann", f"p{n}") for n in range(many)]
    return problem(
        *meetings, blocks=blocks, days=days, people=(person("ann", **limits),), tables=2, goals=GOALS
    )


# One person's block


def test_who_is_always_free_and_has_no_limit_has_no_gaps() -> None:
    assert table("xxxx", in_row=9) == (0, 0, 0, 0, 0)


def test_a_limit_in_a_row_forces_a_gap() -> None:
    assert table("xxxxxxxx", in_row=4) == (0, 0, 0, 0, 0, 1, 1, 1)
    assert table("xxxxxxx", in_row=2) == (0, 0, 0, 1, 1, 2)


def test_who_is_away_in_the_middle_waits() -> None:
    assert table("x..x", in_row=9) == (0, 0, 2)
    assert table("x..x", in_row=9, goal=GoalName.BREAKS) == (0, 0, 1)


def test_more_meetings_never_have_less_gaps() -> None:
    """Two meetings leave two gaps at best; three leave none between the last two."""
    assert table("x.xx", in_row=9) == (0, 0, 0, 1)
    assert table("x.x..xx", in_row=9) == (0, 0, 0, 2, 3)


@given(
    st.text("x.", min_size=1, max_size=8),
    st.integers(1, 4),
    st.sampled_from((GoalName.IDLE, GoalName.BREAKS)),
)
def test_a_table_is_what_trying_all_sets_of_slots_finds(free: str, in_row: int, goal: GoalName) -> None:
    slots = [index for index, each in enumerate(free) if each == "x"]
    found: dict[int, int] = {0: 0}
    for many in range(1, len(slots) + 1):
        for chosen in combinations(slots, many):
            if _longest(chosen) <= in_row:
                pauses = [then - now - 1 for now, then in pairwise(chosen) if then > now + 1]
                gaps = sum(pauses) if goal is GoalName.IDLE else len(pauses)
                found[many] = min(found.get(many, gaps), gaps)
    most = max(found)
    expected = tuple(min(gaps for n, gaps in found.items() if n >= many) for many in range(most + 1))
    assert table(free, in_row=in_row, goal=goal) == expected


def _longest(chosen: Sequence[int]) -> int:
    row = longest = 1
    for now, then in pairwise(chosen):
        row = row + 1 if then == now + 1 else 1
        longest = max(longest, row)
    return longest


def test_meetings_are_shared_out_to_where_they_cost_least() -> None:
    short, long = (0, 0, 1), (0, 0, 0, 0, 2)
    assert shared_out((short, long), most=99) == (0, 0, 0, 0, 0, 1, 3)
    assert shared_out((short, long), most=5) == (0, 0, 0, 0, 0, 1)


# All people together


def test_five_meetings_in_a_block_with_four_in_a_row_cost_a_slot() -> None:
    assert bounds(busy(5, blocks=(6,), max_in_row=4), value=5) == (1, 1)
    assert bounds(busy(4, blocks=(6,), max_in_row=4), value=4) == (0, 0)


def test_nothing_is_forced_by_meetings_that_need_not_take_place() -> None:
    assert bounds(busy(5, blocks=(6,), max_in_row=4), value=4) == (0, 0)


def test_another_block_saves_the_gap_and_another_day_too() -> None:
    assert bounds(busy(5, blocks=(6, 2), max_in_row=4), value=5) == (0, 0)
    assert bounds(busy(5, blocks=(6, 2), days=("mon", "tue"), max_in_row=4), value=5) == (0, 0)


def test_a_limit_a_day_leaves_less_to_the_other_blocks() -> None:
    """Nine meetings, at most six a day: three or more on the second day, whose block has no room without a
    gap."""
    forum = busy(9, blocks=(3, 3, 5), days=("mon", "mon", "tue"), max_in_row=2, max_per_day=6)
    best = solve(forum, workers=1)
    assert best.status is Status.OPTIMAL
    assert {each.name: each.value for each in best.goals}[GoalName.IDLE] == bounds(forum, value=8)[1]


def test_whole_points_bound_more_than_fractions_of_them() -> None:
    """Nine meetings cost a gap, and so do eleven: a third of one each, for fractions."""
    meetings = [meeting(f"{who}{n}", who, f"{who}-{n}") for who in ("ann", "bea") for n in range(9)]
    limited = [person(who, max_in_row=4) for who in ("ann", "bea")]
    forum = problem(*meetings, blocks=(8, 8), people=limited, tables=2, goals=GOALS)
    assert bounds(forum, value=18) == (1, 2)


@TINY
@given(problems(), st.sampled_from(GAPS))
def test_no_schedule_is_below_the_bound(tiny: Problem, goal: GoalName) -> None:
    forum = msgspec.structs.replace(tiny, goals=(GoalName.COVERAGE, GoalName.VALUE, goal))
    best = brute_force.best(forum)
    if best is None:
        return
    coverage, value, gaps = best.values
    forced = ForcedGaps(Arrays.of(forum), goal, Held(coverage, value), control=Unhurried())
    fractions = gaps_bound(forced, control=Unhurried())
    whole = whole_gaps_bound(forced, control=Unhurried(), seconds=60.0)
    note(f"{best.values}, bounds {fractions} and {whole}")
    assert fractions <= gaps
    assert whole <= gaps


@pytest.mark.parametrize("looks", range(4))
def test_a_stop_at_any_time_leaves_a_lower_bound(looks: int) -> None:
    arrays, control = Arrays.of(busy(5, blocks=(6,), max_in_row=4)), StopsAfter(looks)
    forced = ForcedGaps(arrays, GoalName.IDLE, Held(value=5), control=control)
    assert gaps_bound(forced, control=control) <= 1
    assert whole_gaps_bound(forced, control=control, seconds=60.0) <= 1


def test_a_goal_without_gaps_is_refused() -> None:
    with pytest.raises(ValueError, match="no gaps"):
        ForcedGaps(Arrays.of(busy(1, blocks=(2,))), GoalName.MOVES, Held(), control=Unhurried())
