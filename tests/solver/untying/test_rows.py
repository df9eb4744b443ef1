"""Tables by rows: who hands over stays, and what finds no table is said."""

from __future__ import annotations

from solver.arrays import Arrays, Assignment
from solver.placing.tables import count_moves
from solver.problem import Problem
from solver.schedule import Placement
from solver.untying.rows import seat_rows
from tests.solver.engine_helpers import broken_rules
from tests.solver.factories import meeting, person, place, problem, table


def seated(of: Problem, *placements: Placement, zones: dict[str, int] | None = None) -> Assignment | None:
    arrays = Arrays.of(of)
    index = {each.id: number for number, each in enumerate(of.meetings)}
    begin = Assignment.from_placements(arrays, placements)
    chosen = {index[each]: zone for each, zone in (zones or {}).items()}
    found = seat_rows(arrays, begin, blocks=[0], zones=chosen)
    if found is not None:
        assert broken_rules(of, arrays, found) == []
        assert (found.start == begin.start).all()
    return found


def test_a_row_has_one_table_over_a_pause_too() -> None:
    forum = problem(
        meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), meeting("o", "dan", "eve"), tables=2
    )
    found = seated(
        forum, place(forum, "m", "s0", "t0"), place(forum, "o", "s1", "t0"), place(forum, "n", "s2", "t1")
    )
    assert found is not None
    assert count_moves(Arrays.of(forum), found) == 0
    assert found.table[0] == found.table[1] != found.table[2]


def test_where_a_row_finds_no_table_there_are_none() -> None:
    forum = problem(
        meeting("m", "ann", "bob"), meeting("n", "ann", "cat"), meeting("o", "dan", "eve"), tables=1
    )
    placements = place(forum, "m", "s0"), place(forum, "o", "s1"), place(forum, "n", "s2")
    assert seated(forum, *placements) is None


def test_what_needs_a_room_gets_it_before_others_do() -> None:
    forum = problem(
        meeting("m", "ann", "bob"),
        meeting("n", "cat", "dan", features=("room",)),
        tables=[table("t0", features=("room",)), table("t1")],
    )
    found = seated(forum, place(forum, "m", "s0", "t0"), place(forum, "n", "s0", "t1"))
    assert found is None or found.table.tolist() == [1, 0]
    found = seated(forum, place(forum, "m", "s0", "t0"), place(forum, "n", "s1", "t0"))
    assert found is not None
    assert found.table.tolist() == [1, 0]


def test_who_comes_first_does_not_take_the_only_table_that_another_row_can_have() -> None:
    """Of two tables alike one is closed in the second slot, and ann has two meetings."""
    forum = problem(
        meeting("o", "dan", "eve"),
        meeting("m", "ann", "bob"),
        meeting("n", "ann", "cat"),
        tables=[table("t0"), table("t1", closed=("s1",))],
    )
    placements = (place(forum, "o", "s0", "t0"), place(forum, "m", "s0", "t1"), place(forum, "n", "s1", "t0"))
    found = seated(forum, *placements)
    assert found is not None
    assert found.table.tolist() == [1, 0, 0]


def test_a_meeting_goes_to_the_zone_chosen_for_it() -> None:
    forum = problem(meeting("m", "ann", "bob"), tables=[table("t0", "hall"), table("t1", "loft")])
    found = seated(forum, place(forum, "m", "s0", "t0"), zones={"m": 1})
    assert found is not None
    assert found.table.tolist() == [1]


def test_who_keeps_one_table_and_would_lose_it_in_a_pause_leaves_none() -> None:
    """Only t0 suits the room; ann comes back to it after eve had it, who goes on there."""
    forum = problem(
        meeting("m", "ann", "bob", features=("room",)),
        meeting("n", "ann", "cat"),
        meeting("o", "bob", "eve", features=("room",)),
        meeting("p", "eve", "fay"),
        people=[person("ann", fixed_table=True)],
        tables=[table("t0", features=("room",)), table("t1")],
    )
    placements = (
        place(forum, "m", "s0", "t0"),
        place(forum, "o", "s1", "t0"),
        place(forum, "p", "s2", "t0"),
        place(forum, "n", "s2", "t1"),
    )
    assert seated(forum, *placements) is None


def test_who_keeps_one_table_gets_it_back_after_a_pause_and_the_others_go_elsewhere() -> None:
    """Straight on from the first meeting goes bob, to two more; ann comes back during the second."""
    forum = problem(
        meeting("m", "ann", "bob"),
        meeting("o", "bob", "eve"),
        meeting("p", "bob", "fay"),
        meeting("n", "ann", "cat"),
        people=[person("ann", fixed_table=True)],
        tables=2,
    )
    seats = (("m", "s0", "t0"), ("o", "s1", "t1"), ("p", "s2", "t1"), ("n", "s2", "t0"))
    found = seated(forum, *(place(forum, *each) for each in seats))
    assert found is not None
    assert found.table[0] == found.table[3]
