"""Whose agenda must change: what each published placement says alone, and how small the rest becomes."""

from __future__ import annotations

import msgspec
import pytest

from solver.bounds.promises import Promised, promised
from solver.instances.generate import generate
from solver.problem import GoalName, Interpreter, Meeting, Need, Person, Problem, Table
from solver.repair import repair
from solver.schedule import Schedule
from solver.search import solve
from solver.stages.narrow import narrow
from solver.verify import verify
from tests.solver.factories import interpreter, meeting, party, person, place, problem, schedule, table

TALK = meeting("m", party("ann", "amy", company="A"), "bob", interpret=("en", "uk"))
IVY = interpreter("ivy", ("en", "uk"))


def forum(
    *meetings: Meeting,
    people: tuple[Person, ...] = (),
    tables: tuple[Table, ...] = (table("t0"), table("t1")),
    staff: tuple[Interpreter, ...] = (IVY,),
) -> Problem:
    return problem(*meetings, blocks=(3,), people=people, tables=tables, interpreters=staff)


def published() -> Schedule:
    return schedule(place(forum(TALK), "m", "s1", "t0", people=("ann", "bob"), interpreter="ivy"))


def test_what_can_stay_changes_nobody() -> None:
    known = promised(forum(TALK), published())
    assert known == Promised(frozenset(), (), published().placements, (), frozenset({"m"}))


@pytest.mark.parametrize(
    "changed",
    [
        forum(),
        forum(TALK, tables=(table("t1"),)),
        forum(TALK, tables=(table("t0", closed=("s1",)),)),
        forum(TALK, staff=(interpreter("ivy", ("en", "uk"), unavailable=("s1",)),)),
        forum(TALK, staff=(interpreter("ivy", ("en", "fr")),)),
        forum(TALK, people=(person("bob", unavailable=("s1",)),)),
        forum(msgspec.structs.replace(TALK, locked_slot="s0")),
        forum(msgspec.structs.replace(TALK, features=("screen",))),
    ],
    ids=["no meeting", "no table", "closed", "interpreter away", "no pair", "side away", "locked", "feature"],
)
def test_everybody_of_a_meeting_that_loses_its_place_is_affected(changed: Problem) -> None:
    changed = msgspec.structs.replace(
        changed, people=(*changed.people, *(person(who) for who in ("ann", "bob") if _lacks(changed, who)))
    )
    known = promised(changed, published())
    assert known.forced == {"ann", "bob"}
    assert known.least == 2


def _lacks(changed: Problem, who: str) -> bool:
    return all(each.id != who for each in changed.people)


def test_a_colleague_may_stand_in_so_only_one_more_is_sure_to_change() -> None:
    changed = forum(TALK, people=(person("ann", unavailable=("s1",)),))
    known = promised(changed, published())
    assert known.forced == {"ann"}
    assert known.groups == (frozenset({"amy", "bob"}),)


def test_people_who_left_the_forum_are_not_counted() -> None:
    gone = msgspec.structs.replace(TALK, parties=(party("amy", company="A"), party("bob")))
    assert promised(forum(gone), published()).forced == frozenset()
    assert promised(forum(gone), published()).least == 1


def test_a_meeting_that_was_not_published_changes_nobodys_agenda() -> None:
    fresh = meeting("n", "cat", party("dan", "don", company="D", need=Need.ONE), must=True)
    known = promised(forum(TALK, fresh), published())
    assert known.forced == frozenset()
    assert known.groups == ()


def test_meetings_that_were_not_published_are_open_beside_what_stands_fast() -> None:
    late = meeting("n", "ann", "cat")
    grown = forum(TALK, late)
    narrowed = narrow(grown, promised(grown, published()))
    assert narrowed is not None
    assert narrowed.exact
    assert narrowed.problem.meetings[1] == late
    assert narrowed.problem.meetings[0].locked_slot == published().placements[0].slot


def cancelled() -> tuple[Problem, Schedule, Problem]:
    """A plain forum, its schedule, and the forum without two of its people."""
    made = generate(companies=40, requests=150, slots=12, tables=12, seed=2)
    whole = msgspec.structs.replace(made, goals=(GoalName.COVERAGE, GoalName.VALUE))
    plan = solve(whole, seconds=5)
    away = tuple(slot.id for slot in whole.slots)
    gone = {placement.people[0] for placement in plan.placements[:2]}
    people = tuple(
        msgspec.structs.replace(each, unavailable=away) if each.id in gone else each for each in whole.people
    )
    return whole, plan, msgspec.structs.replace(whole, people=people)


def test_the_small_problem_holds_only_what_is_open() -> None:
    _whole, plan, changed = cancelled()
    narrowed = narrow(changed, promised(changed, plan))
    assert narrowed is not None
    assert narrowed.exact
    assert len(narrowed.problem.meetings) < len(changed.meetings)
    whole = narrowed.whole(narrowed.start)
    assert {each.meeting for each in whole} <= {each.meeting for each in plan.placements}
    assert all(each in plan.placements for each in whole)
    assert verify(changed, schedule(*whole)).violations == ()


def test_a_repair_of_a_plain_forum_is_proven_to_affect_no_more_than_it_must() -> None:
    _whole, plan, changed = cancelled()
    found = repair(changed, plan, seconds=5)
    by_name = {goal.name: goal for goal in found.goals}
    assert by_name[GoalName.PROMISES].value == promised(changed, plan).least
    assert by_name[GoalName.PROMISES].proven
    assert by_name[GoalName.VALUE].proven
    assert verify(changed, found, published=plan).violations == ()


def test_promises_that_can_not_be_kept_together_are_left_to_the_search() -> None:
    meetings = (meeting("m", "ann", "bob"), meeting("n", "ann", "cat"))
    before = problem(*meetings, tables=2)
    plan = schedule(place(before, "m", "s0"), place(before, "n", "s1"))
    limited = problem(*meetings, tables=2, people=(person("ann", max_meetings=1),))
    assert narrow(limited, promised(limited, plan)) is None
    found = repair(limited, plan, seconds=20)
    assert next(goal for goal in found.goals if goal.name is GoalName.PROMISES).value == 2
