"""Repair: what is published stays unless it must change, and as few people as possible are affected."""

from __future__ import annotations

import msgspec
import pytest

from solver.diff import diff
from solver.problem import GoalName, Meeting, Need, Person, Problem, Table
from solver.repair import repair
from solver.schedule import Schedule, Status
from solver.stages import shapes
from solver.stages.kept import still_sound
from solver.verify import verify
from tests.solver.factories import interpreter, meeting, party, person, place, problem, schedule, table

MEETINGS = (
    meeting("m", "ann", "bob"),
    meeting("n", "cat", "dan"),
    meeting("o", "ann", "dan"),
)


def forum(*extra: Meeting, people: tuple[Person, ...] = (), tables: tuple[Table, ...] = ()) -> Problem:
    return problem(
        *MEETINGS,
        *extra,
        blocks=(3,),
        tables=tables or (table("t0"), table("t1")),
        people=people,
        goals=(GoalName.VALUE,),
    )


def published() -> Schedule:
    whole = forum()
    return schedule(
        place(whole, "m", "s0", "t0"), place(whole, "n", "s0", "t1"), place(whole, "o", "s2", "t1")
    )


def broken(found: Schedule) -> tuple[int, int]:
    return next((goal.value, goal.bound) for goal in found.goals if goal.name is GoalName.PROMISES)


def test_nothing_moves_without_need() -> None:
    found = repair(forum(), published(), seconds=20)
    assert found.status is Status.OPTIMAL
    assert broken(found) == (0, 0)
    assert found.placements == published().placements


def test_a_late_meeting_finds_its_place_beside_what_is_published() -> None:
    grown = forum(meeting("p", "ann", "fay"), meeting("q", "eve", "fay", must=True))
    found = repair(grown, published(), seconds=20)
    assert found.status is Status.OPTIMAL
    assert broken(found) == (0, 0)
    assert {each.meeting for each in found.placements} == {"m", "n", "o", "p", "q"}
    assert set(published().placements) <= set(found.placements)
    assert verify(grown, found, published=published()).violations == ()


def test_no_published_meeting_moves_for_a_late_one_that_may_be_left_out() -> None:
    busy = forum(
        meeting("p", "ann", "dan", weight=9), people=(person("fay"), person("ann", unavailable=("s1",)))
    )
    found = repair(busy, published(), seconds=20)
    assert broken(found) == (0, 0)
    assert found.placements == published().placements


def test_where_value_comes_before_promises_it_is_searched_for_without_exact_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapes, "LARGEST_MODEL", 0)
    heavier = msgspec.structs.replace(
        forum(meeting("p", "ann", "dan", weight=9), people=(person("ann", unavailable=("s1",)),)),
        goals=(GoalName.VALUE, GoalName.PROMISES),
    )
    found = repair(heavier, published(), seconds=4)
    # Ann has two slots: the heavy meeting takes the place of one that is published.
    assert found.goals[0].value == 9 + 1 + 1
    assert broken(found)[0] > 0


def test_for_a_late_must_without_room_the_fewest_agendas_change() -> None:
    late = meeting("p", "bob", "cat", must=True, locked_slot="s0", locked_table="t1")
    found = repair(forum(late), published(), seconds=20)
    # Bob and Cat are both on in that slot, Ann and Dan with them.
    assert broken(found) == (4, 4)
    assert verify(forum(late), found, published=published()).violations == ()


def test_a_person_who_falls_away_in_a_slot_moves_as_few_as_possible() -> None:
    changed = forum(people=(person("bob", unavailable=("s0",)),))
    found = repair(changed, published(), seconds=20)
    assert broken(found) == (2, 2)
    assert {each.meeting for each in found.placements} == {"m", "n", "o"}
    moved = diff(published(), found)
    assert moved is not None
    assert [each for each in found.placements if each.meeting in "no"] == list(published().placements[1:])


def test_a_table_that_falls_away_moves_only_its_meetings() -> None:
    changed = forum(tables=(table("t0"), table("t2")))
    found = repair(changed, published(), seconds=20)
    # Both meetings of t1 must move: Cat and Dan, and Ann and Dan.
    assert broken(found) == (3, 3)
    assert found.placements[0] == published().placements[0]


def test_any_one_of_a_party_may_stand_in_at_the_price_of_those_who_change() -> None:
    side = party("ann", "amy", company="A", need=Need.ONE)
    sick = problem(
        meeting("m", side, "bob"),
        blocks=(1,),
        people=(person("ann", unavailable=("s0",)),),
        goals=(GoalName.VALUE,),
    )
    found = repair(sick, schedule(place(sick, "m", "s0")), seconds=20)
    # Ann loses the meeting; with Amy in her place Bob's agenda stays as it was, without it Bob's changes.
    assert broken(found) == (2, 2)
    assert found.status is Status.OPTIMAL


def test_long_meetings_keep_their_own_tables() -> None:
    long = problem(
        meeting("m", "ann", "bob", length=2),
        meeting("n", "cat", "dan", length=2),
        meeting("o", "eve", "fay", length=2, must=True),
        blocks=(4,),
        tables=2,
        goals=(GoalName.VALUE,),
    )
    kept = schedule(place(long, "m", "s0", "t0"), place(long, "n", "s2", "t1"))
    found = repair(long, kept, seconds=20)
    assert broken(found) == (0, 0)
    assert {each.meeting for each in found.placements} == {"m", "n", "o"}


def test_of_each_conflict_the_lightest_meeting_goes() -> None:
    heavy = problem(
        meeting("m", "ann", "bob", weight=5),
        meeting("n", "ann", "cat", weight=2),
        meeting("o", "dan", "eve"),
        people=(person("dan", max_meetings=0),),
        tables=2,
    )
    old = (
        place(heavy, "m", "s0"),
        place(heavy, "n", "s0", "t1"),
        place(heavy, "o", "s1"),
    )
    assert still_sound(heavy, old) == old[:1]


def test_an_interpreter_who_falls_away_leaves_the_meeting_to_another() -> None:
    talk = meeting("m", "ann", "bob", interpret=("en", "uk"))
    staff = (interpreter("ivy", ("en", "uk"), unavailable=("s0",)), interpreter("jon", ("uk", "en")))
    changed = problem(talk, blocks=(1,), interpreters=staff, goals=(GoalName.VALUE,))
    found = repair(changed, schedule(place(changed, "m", "s0", interpreter="ivy")), seconds=20)
    assert [each.interpreter for each in found.placements] == ["jon"]
    assert broken(found) == (2, 2)
