"""What one more of something would be worth, found by solving again."""

from __future__ import annotations

from solver.command_line.wording import worth_sentence
from solver.explain.worth import Resource, Worth, worth
from solver.problem import GoalName, Problem
from solver.schedule import Schedule
from solver.search import solve
from tests.solver.factories import meeting, problem


def again(p: Problem, start: Schedule | None = None) -> Schedule:
    return solve(p, seconds=20, workers=1, start=start)


def found_in(p: Problem) -> dict[tuple[Resource, str], Worth]:
    return {(each.resource, each.subject): each for each in worth(p, again(p), solve=again)}


def test_a_table_a_slot_and_an_interpreter_are_worth_what_they_let_take_place() -> None:
    p = problem(
        meeting("m", "ann", "bob", weight=3),
        meeting("n", "cat", "dan", weight=2),
        meeting("o", "eve", "fay", weight=7, interpret=("uk", "en")),
        blocks=(1,),
        goals=(GoalName.VALUE,),
    )

    found = found_in(p)

    table, slot = found[Resource.TABLE, "b0"], found[Resource.SLOT, "b0"]
    assert (table.least, table.most) == (2, 2)
    assert (slot.least, slot.most) == (2, 2)
    assert (found[Resource.INTERPRETER, "en-uk"].least) == 4
    assert worth_sentence(table) == "One more table in block b0: +2 value."


def test_a_delegate_is_worth_the_meetings_that_one_person_could_not_make() -> None:
    p = problem(
        meeting("m", "ann", "bob", weight=3), meeting("n", "ann", "cat", weight=2), blocks=(1,), tables=2
    )

    found = found_in(p)

    assert (found[Resource.DELEGATE, "Ann"].least, found[Resource.DELEGATE, "Ann"].most) == (2, 2)
    assert found[Resource.TABLE, "b0"].most == 0


def test_what_is_not_proven_is_said_as_a_range() -> None:
    text = worth_sentence(Worth(Resource.DELEGATE, "Ann", 0, 1200))

    assert text == "One more delegate of Ann: between +0 and +1,200 value."
