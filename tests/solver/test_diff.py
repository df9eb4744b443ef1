"""Who is affected by a change of the schedule, and how."""

from __future__ import annotations

from solver.command_line.wording import changes
from solver.diff import diff
from tests.solver.factories import meeting, party, place, problem, schedule

TEAM = party("ann", "amy", company="A")
P = problem(meeting("m", TEAM, "bob"), meeting("n", "cat", "dan"), meeting("o", "eve", "fay"), tables=2)
BEFORE = schedule(place(P, "m", "s0"), place(P, "n", "s1"))


def test_the_same_schedule_affects_nobody() -> None:
    found = diff(BEFORE, BEFORE)

    assert found.unchanged
    assert found.same == 2
    assert list(changes(found)) == ["No agenda changes."]


def test_an_added_and_a_dropped_meeting_affect_their_people() -> None:
    after = schedule(place(P, "m", "s0"), place(P, "o", "s1"))

    found = diff(BEFORE, after)

    assert (found.added, found.dropped, found.moved, found.same) == (("o",), ("n",), (), 1)
    assert [person.person for person in found.people] == ["cat", "dan", "eve", "fay"]
    assert [item.meeting for item in found.people[0].dropped] == ["n"]
    assert [item.meeting for item in found.people[2].added] == ["o"]


def test_a_meeting_at_another_time_or_table_is_moved() -> None:
    after = schedule(place(P, "m", "s0", "t1"), place(P, "n", "s1"))

    found = diff(BEFORE, after)

    assert found.moved == ("m",)
    assert [person.person for person in found.people] == ["ann", "bob"]
    assert found.people[0].moved[0].after.table == "t1"
    assert list(changes(found)) == [
        "2 people are affected: 0 meetings added, 0 dropped, 1 changed, 1 as before.",
        "ann",
        "  > m: s0, t0 -> s0, t1",
        "bob",
        "  > m: s0, t0 -> s0, t1",
    ]


def test_another_delegate_affects_both_delegates_and_not_the_other_side() -> None:
    after = schedule(place(P, "m", "s0", people=("amy", "bob")), place(P, "n", "s1"))

    found = diff(BEFORE, after)

    assert found.moved == ("m",)
    assert [(person.person, len(person.added), len(person.dropped)) for person in found.people] == [
        ("amy", 1, 0),
        ("ann", 0, 1),
    ]
