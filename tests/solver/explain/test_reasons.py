"""Each reason is given where it is true, and the tightest one of those that are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given, settings

from solver.command_line.wording import why
from solver.explain.reasons import completed, free_place, reasons
from solver.problem import Company, Need, Problem
from solver.schedule import Placement, Reason, Unplaced
from solver.verify import verify
from tests.solver import brute_force
from tests.solver.factories import interpreter, meeting, party, person, place, problem, schedule, table
from tests.solver.strategies import problems

UKRAINIAN = interpreter("ivan", ("uk", "en"))


def reason_of(p: Problem, id_: str, placements: Sequence[Placement] = ()) -> tuple[Reason, tuple[str, ...]]:
    found = {item.meeting: item for item in reasons(p, placements)}
    assert why(p, found[id_]).endswith(".")
    return found[id_].reason, found[id_].subjects


def test_nobody_covers_the_pair() -> None:
    p = problem(meeting("m", "ann", "bob", interpret=("en", "fr")), interpreters=(UKRAINIAN,))

    assert reason_of(p, "m") == (Reason.NO_INTERPRETER_PAIR, ())


@pytest.mark.parametrize(
    "fields",
    [{"features": ("quiet",)}, {"zone": "annex"}],
    ids=["feature", "zone"],
)
def test_no_table_fits(fields: dict[str, object]) -> None:
    p = problem(meeting("m", "ann", "bob", **fields), zones=("annex",))

    assert reason_of(p, "m") == (Reason.NO_FITTING_TABLE, ())


def test_the_only_table_is_somebody_elses_booth_or_too_small() -> None:
    booth = problem(
        meeting("m", "ann", "bob"), tables=(table("t0", host="Eve"),), companies=(Company(id="Eve"),)
    )
    small = problem(meeting("m", "ann", "bob"), tables=(table("t0", seats=1),))

    assert reason_of(booth, "m")[0] is Reason.NO_FITTING_TABLE
    assert reason_of(small, "m")[0] is Reason.NO_FITTING_TABLE


def test_there_is_no_slot_that_both_can_make() -> None:
    p = problem(
        meeting("m", "ann", "bob"),
        blocks=(2,),
        people=(person("ann", unavailable=("s0",)), person("bob", unavailable=("s1",))),
    )

    assert reason_of(p, "m") == (Reason.NO_COMMON_SLOT, ("ann", "bob"))


def test_a_lock_where_somebody_is_away_leaves_no_slot() -> None:
    p = problem(meeting("m", "ann", "bob", locked_slot="s1"), people=(person("bob", unavailable=("s1",)),))

    assert reason_of(p, "m")[0] is Reason.NO_COMMON_SLOT


def test_one_sides_slots_are_full_of_named_meetings() -> None:
    p = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "ann", "dan"),
        blocks=(2,),
        tables=3,
    )
    placed = [place(p, "n", "s0"), place(p, "o", "s1")]

    assert reason_of(p, "m", placed) == (Reason.SLOTS_FULL, ("ann", "n", "o"))


def test_both_sides_slots_are_full_in_turn() -> None:
    p = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "bob", "dan"),
        blocks=(2,),
        tables=3,
    )
    placed = [place(p, "n", "s0"), place(p, "o", "s1")]

    assert reason_of(p, "m", placed) == (Reason.SLOTS_FULL, ("ann", "bob", "n", "o"))


def test_a_team_is_full_only_when_all_of_it_is() -> None:
    team = party("ann", "amy", company="A")
    p = problem(
        meeting("m", team, "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "amy", "dan"),
        blocks=(1,),
        tables=2,
    )

    full = [place(p, "n", "s0", "t0"), place(p, "o", "s0", "t1")]
    assert reason_of(p, "m", full) == (Reason.SLOTS_FULL, ("ann", "amy", "n", "o"))
    assert reason_of(p, "m", full[:1]) == (Reason.COSTS_MORE, ())


def test_tables_are_taken_in_the_slots_that_both_can_make() -> None:
    p = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), blocks=(1,))

    assert reason_of(p, "m", [place(p, "n", "s0")]) == (Reason.NO_TABLE, ("t0",))


def test_the_table_is_closed_when_both_are_there() -> None:
    p = problem(meeting("m", "ann", "bob"), blocks=(1,), tables=(table("t0", closed=("s0",)),))

    assert reason_of(p, "m") == (Reason.NO_TABLE, ("t0",))


def test_interpreters_are_busy_in_the_slots_that_both_can_make() -> None:
    p = problem(
        meeting("m", "ann", "bob", interpret=("uk", "en")),
        meeting("n", "cat", "dan", interpret=("en", "uk")),
        blocks=(1,),
        tables=2,
        interpreters=(UKRAINIAN,),
    )

    assert reason_of(p, "m", [place(p, "n", "s0", interpreter="ivan")]) == (Reason.NO_INTERPRETER, ("ivan",))


def test_an_interpreter_who_needs_a_rest_is_not_free() -> None:
    p = problem(
        meeting("m", "ann", "bob", interpret=("uk", "en"), locked_slot="s1"),
        meeting("n", "cat", "dan", interpret=("en", "uk")),
        interpreters=(interpreter("ivan", ("uk", "en"), max_in_row=1),),
    )

    assert reason_of(p, "m", [place(p, "n", "s0", interpreter="ivan")])[0] is Reason.NO_INTERPRETER


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_meetings": 1}, Reason.LIMIT),
        ({"max_per_day": 1}, Reason.LIMIT_DAY),
        ({"max_in_row": 1}, Reason.LIMIT_ROW),
    ],
    ids=["in all", "a day", "in a row"],
)
def test_a_persons_limit_is_reached(limits: dict[str, int], reason: Reason) -> None:
    p = problem(
        meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), blocks=(2,), people=(person("ann", **limits),)
    )

    assert reason_of(p, "m", [place(p, "n", "s0")]) == (reason, ("ann",))


def test_limits_that_only_together_leave_no_slot_are_not_blamed_alone() -> None:
    """On the first day one more is too many a day, on the second too many in a row."""
    p = problem(
        *(
            meeting(name, "ann", other)
            for name, other in zip("mnop", ("bob", "cat", "dan", "eve"), strict=True)
        ),
        blocks=(5, 2),
        days=("mon", "tue"),
        people=(person("ann", max_per_day=2, max_in_row=1), person("bob", unavailable=("s1", "s3"))),
    )
    monday = [place(p, "n", "s0"), place(p, "o", "s4")]

    assert reason_of(p, "m", [*monday, place(p, "p", "s5")]) == (Reason.LIMIT, ("ann",))


def test_a_companys_limit_is_reached() -> None:
    p = problem(
        meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), companies=(Company(id="Ann", max_meetings=1),)
    )

    assert reason_of(p, "m", [place(p, "n", "s0")]) == (Reason.LIMIT, ("Ann",))


def test_the_hard_limit_of_breaks_is_a_limit() -> None:
    p = problem(meeting("m", "ann", "bob", locked_slot="s2"), meeting("n", "ann", "cat"), max_breaks=0)

    assert reason_of(p, "m", [place(p, "n", "s0")]) == (Reason.LIMIT_BREAKS, ("ann",))


def test_a_meeting_that_must_come_first_leaves_no_slot() -> None:
    p = problem(meeting("m", "ann", "bob", after=("n",)), meeting("n", "cat", "dan"), blocks=(2,))

    assert reason_of(p, "m", [place(p, "n", "s1")]) == (Reason.PRECEDENCE, ("n",))


def test_a_meeting_that_must_come_later_leaves_no_slot() -> None:
    p = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan", after=("m",)), blocks=(2,))

    assert reason_of(p, "m", [place(p, "n", "s0")]) == (Reason.PRECEDENCE, ("n",))


def test_the_walk_from_the_adjacent_meeting_is_too_long() -> None:
    p = problem(
        meeting("m", "ann", "bob", zone="annex"),
        meeting("n", "ann", "cat"),
        blocks=(2,),
        tables=(table("t0"), table("t1", "annex")),
        walks=(("hall", "annex"),),
    )

    assert reason_of(p, "m", [place(p, "n", "s0")]) == (Reason.WALKING, ("ann", "bob"))


def test_placing_it_costs_the_lightest_meetings_in_its_way() -> None:
    """No table in one slot, no interpreter in the other: neither alone is the reason."""
    p = problem(
        meeting("m", "ann", "bob", interpret=("uk", "en")),
        meeting("n", "cat", "dan", interpret=("uk", "en"), weight=5),
        meeting("o", "eve", "fay", weight=2),
        blocks=(2,),
        tables=(table("t0"), table("t1", closed=("s0",))),
        interpreters=(UKRAINIAN,),
    )
    placed = [place(p, "o", "s0", "t0"), place(p, "n", "s1", "t1", interpreter="ivan")]

    assert reason_of(p, "m", placed) == (Reason.COSTS_MORE, ("o",))


def test_reasons_come_in_the_problems_order_and_only_for_what_is_asked() -> None:
    p = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), meeting("o", "eve", "fay"), tables=0)

    assert [item.meeting for item in reasons(p, ())] == ["m", "n", "o"]
    assert [item.meeting for item in reasons(p, (), only={"n"})] == ["n"]


def test_all_of_a_party_must_be_free() -> None:
    pair = party("ann", "amy", company="A", need=Need.ALL)
    p = problem(meeting("m", pair, "bob"), meeting("n", "amy", "cat"), blocks=(1,), tables=2)

    assert reason_of(p, "m", [place(p, "n", "s0")])[0] is Reason.SLOTS_FULL


@settings(deadline=None, max_examples=80)
@given(problems())
def test_free_place_finds_a_place_exactly_where_there_is_one(tiny: Problem) -> None:
    """Checked by brute force: for a maximal schedule and each meeting beside it."""
    free = brute_force.best(tiny)
    placed = () if free is None else free.placements[:1]
    if not verify_musts_aside(tiny, placed):
        return
    for item in tiny.meetings:
        if any(placement.meeting == item.id for placement in placed):
            continue
        possible = [
            choice
            for choice in brute_force._choices(tiny, item)
            if verify_musts_aside(tiny, (*placed, choice))
        ]
        found = free_place(tiny, placed, item)
        assert (found is not None) == bool(possible)
        if found is not None:
            assert verify_musts_aside(tiny, (*placed, found))


@settings(deadline=None, max_examples=80)
@given(problems())
def test_a_reason_other_than_cost_is_never_given_to_a_meeting_that_fits(tiny: Problem) -> None:
    best = brute_force.best(tiny)
    placed = () if best is None else best.placements[:2]
    if not verify_musts_aside(tiny, placed):
        return
    for unplaced in reasons(tiny, placed):
        item = next(each for each in tiny.meetings if each.id == unplaced.meeting)
        fits = free_place(tiny, placed, item) is not None
        assert fits == (unplaced.reason is Reason.COSTS_MORE and not unplaced.subjects)


def verify_musts_aside(p: Problem, placements: Sequence[Placement]) -> bool:
    return all(item.rule == "must" for item in verify(p, schedule(*placements)).violations)


def test_a_stop_leaves_out_the_reasons_that_follow_and_they_are_added_later() -> None:
    p = problem(*(meeting(id_, "ann", "bob") for id_ in "klmn"), blocks=(1,))
    placed = (place(p, "l", "s0"),)
    asked = count()
    all_reasons = reasons(p, placed)

    cut_short = reasons(p, placed, should_stop=lambda: next(asked) > 2)

    assert [each.meeting for each in cut_short] == ["k", "m"]
    assert cut_short == all_reasons[:2]
    assert completed(p, schedule(*placed, unplaced=cut_short)).unplaced == all_reasons
    assert reasons(p, placed, should_stop=lambda: True) == ()
    assert completed(p, schedule(*placed)).unplaced == all_reasons


def test_what_has_all_its_reasons_stays_as_it_is() -> None:
    p = problem(meeting("m", "ann", "bob"), meeting("n", "ann", "bob"), blocks=(1,))
    said = (Unplaced(meeting="n", reason=Reason.COSTS_MORE),)
    made = schedule(place(p, "m", "s0"), unplaced=said)

    assert completed(p, made) is made
