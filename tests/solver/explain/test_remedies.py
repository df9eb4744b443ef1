"""A remedy is only named when the meeting then has a place beside all others that the judge accepts."""

from __future__ import annotations

from hypothesis import given, settings

from solver.command_line.wording import remedy_sentence
from solver.explain.remedies import Change, remedies, trials
from solver.problem import Company, Problem
from tests.solver import brute_force
from tests.solver.explain.test_reasons import verify_musts_aside
from tests.solver.factories import interpreter, meeting, party, person, place, problem, table
from tests.solver.strategies import problems


def changes(p: Problem, id_: str, *placed: object) -> set[tuple[Change, str]]:
    found = remedies(p, placed, id_)  # type: ignore[arg-type]
    assert all(remedy_sentence(remedy).endswith(".") for remedy in found)
    return {(remedy.change, remedy.subject) for remedy in found}


def test_a_person_who_were_free_in_one_more_slot() -> None:
    p = problem(meeting("m", "ann", "bob"), blocks=(1,), people=(person("ann", unavailable=("s0",)),))

    assert changes(p, "m") == {(Change.FREE_SLOT, "ann"), (Change.DELEGATE, "Ann")}


def test_one_more_table_where_all_are_taken() -> None:
    p = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), blocks=(1,))

    (remedy,) = remedies(p, [place(p, "n", "s0")], "m")
    assert (remedy.change, remedy.placement.slot) == (Change.TABLE, "s0")
    assert remedy_sentence(remedy) == "With one more table then: s0, at one-more-table."


def test_one_more_interpreter_for_the_pair() -> None:
    p = problem(meeting("m", "ann", "bob", interpret=("uk", "en")), blocks=(1,))

    assert changes(p, "m") == {(Change.INTERPRETER, "uk-en")}


def test_one_more_delegate_of_the_side_that_is_full() -> None:
    team = party("ann", "amy", company="A")
    p = problem(
        meeting("m", team, "bob"),
        meeting("n", "ann", "cat"),
        meeting("o", "amy", "dan"),
        blocks=(1,),
        tables=3,
    )

    found = changes(p, "m", place(p, "n", "s0", "t0"), place(p, "o", "s0", "t1"))

    assert found == {(Change.DELEGATE, "A")}


def test_one_more_delegate_comes_for_all_the_meetings_of_the_company() -> None:
    busy = person("ann", max_per_day=1)
    p = problem(meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), meeting("o", "ann", "dan"),
                blocks=(3,), people=(busy,))  # fmt: skip

    tried = {remedy.change: changed for remedy, changed in trials(p, [place(p, "o", "s0")], "m")}

    changed = tried[Change.DELEGATE]
    (extra,) = [each for each in changed.people if each.id not in {one.id for one in p.people}]
    assert (extra.max_per_day, extra.unavailable) == (1, ())
    assert all(extra.id in each.parties[0].people for each in changed.meetings)


def test_a_higher_limit_of_the_company() -> None:
    p = problem(meeting("m", "ann", "bob"), companies=(Company(id="Ann", max_meetings=0),))

    assert (Change.COMPANY_LIMIT, "Ann") in changes(p, "m")


def test_a_meeting_that_fits_as_things_are_needs_nothing() -> None:
    assert changes(problem(meeting("m", "ann", "bob")), "m") == {(Change.NOTHING, "")}


def test_what_no_single_change_helps_has_no_remedy() -> None:
    p = problem(
        meeting("m", "ann", "bob", zone="annex", interpret=("uk", "fr")),
        tables=(table("t0"),),
        zones=("annex",),
        interpreters=(interpreter("ivan", ("uk", "en")),),
    )

    assert changes(p, "m") == set()


@settings(deadline=None, max_examples=40)
@given(problems())
def test_a_remedy_that_changes_nothing_is_a_place_that_brute_force_finds_too(tiny: Problem) -> None:
    for item in tiny.meetings:
        found = remedies(tiny, (), item.id)
        alone = [choice for choice in brute_force._choices(tiny, item) if verify_musts_aside(tiny, (choice,))]
        assert any(remedy.change is Change.NOTHING for remedy in found) == bool(alone)
