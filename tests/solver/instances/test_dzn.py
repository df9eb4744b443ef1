"""The literature's instances are read as they are meant, and mistakes in them are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from solver.codec import FormatError, decode_problem, encode_problem
from solver.instances.dzn import parse_dzn
from solver.problem import GoalName

SMALL = (Path(__file__).parents[1] / "data" / "small.dzn").read_text()


def test_participants_slots_and_tables_are_counted_as_in_the_file() -> None:
    p = parse_dzn(SMALL)

    assert (len(p.people), len(p.companies), len(p.slots), len(p.tables), len(p.meetings)) == (8, 8, 6, 3, 11)
    assert {slot.block for slot in p.slots} == {"all"}


def test_every_meeting_is_a_must_and_the_goal_is_the_fewest_breaks() -> None:
    p = parse_dzn(SMALL, max_breaks=2)

    assert (p.must_all, p.goals, p.max_breaks) == (True, (GoalName.BREAKS,), 2)
    assert parse_dzn(SMALL).max_breaks is None


def test_sessions_limit_the_starts() -> None:
    either, morning, _, _, afternoon, *_ = parse_dzn(SMALL).meetings

    assert either.starts is None
    assert morning.starts == ("s1", "s2", "s3", "s4")
    assert afternoon.starts == ("s5", "s6")


def test_forbidden_slots_are_times_away_without_the_dummy_zero() -> None:
    away = {person.id: person.unavailable for person in parse_dzn(SMALL).people}

    assert away["p1"] == ()
    assert away["p6"] == ("s2", "s3")
    assert away["p7"] == ("s1",)
    assert away["p8"] == ()


def test_fixed_slots_are_locks_and_precedences_come_before() -> None:
    meetings = {meeting.id: meeting for meeting in parse_dzn(SMALL).meetings}

    assert meetings["m3"].locked_slot == "s3"
    assert meetings["m1"].locked_slot is None
    assert meetings["m10"].after == ("m6", "m8")
    assert [party.people for party in meetings["m5"].parties] == [("p2",), ("p5",)]


def test_a_converted_instance_is_a_valid_problem() -> None:
    p = parse_dzn(SMALL, max_breaks=2)

    assert decode_problem(encode_problem(p)) == p


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("nTables = 3;", "", "nTables", "missing"),
        ("nTables = 3;", "nTables = three;", "nTables", "an integer was expected, not 'three'"),
        ("nTables = 3;", "nTables = 3; nTables = 3;", "nTables", "given twice"),
        ("nTables = 3;", "nTables = 3; colour = 7;", "colour", "unknown field"),
        ("nTables = 3;", "tables!", "", "no assignment 'name = value;': 'tables! nTotalSlots = 6'"),
        ("nTotalSlots = 6;", "nTotalSlots = 0;", "nTotalSlots", "0 is not within 1 to 1000000"),
        ("nMorningSlots = 4;", "nMorningSlots = 7;", "nMorningSlots", "7 of 6 slots"),
        ("|1, 2, 3,", "|1, 9, 3,", "requested[1]", "there is no participant 9"),
        ("|1, 2, 3,", "|1, 1, 3,", "requested[1]", "participant 1 can't meet itself"),
        ("|1, 2, 3,", "|1, 2, 4,", "requested[1]", "the session is 1, 2 or 3, not 4"),
        ("|1, 2, 3,", "|1, 2,", "requested[1]", "3 values expected, 2 found"),
        ("|1, 7, 3,\n", "", "requested", "11 rows expected, 10 found"),
        ("{0,6}", "{0,7}", "forbidden[4]", "7 is not within 0 to 6"),
        ("{0,6}", "six", "forbidden[4]", "a set was expected, not 'six, {0}, {0,2,3}, 0..1, {}'"),
        ("0..1, {}]", "0..1]", "forbidden", "8 sets expected, 7 found"),
        ("[0,0,3,", "[0,0,9,", "fixed[3]", "9 is not within 0 to 6"),
        ("[0,0,3,", "[0,0,", "fixed", "11 values expected, 10 found"),
        ("{6,8}", "{6,10}", "meetings", "precedences form a cycle through meeting 'm10'"),
    ],
)
def test_a_mistake_in_the_file_is_named(old: str, new: str, path: str, message: str) -> None:
    assert old in SMALL
    with pytest.raises(FormatError) as caught:
        parse_dzn(SMALL.replace(old, new, 1))

    assert (caught.value.path, caught.value.message) == (path, message)
