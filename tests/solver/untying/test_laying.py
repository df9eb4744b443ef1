"""Times for blocks in rows: what they leave for tables, and what is said where there are none."""

from __future__ import annotations

import pytest

from solver.arrays import NONE, Arrays, Assignment
from solver.placing.tables import count_moves
from solver.problem import GoalName, Problem
from solver.untying.laying import Unlaid, lay
from solver.untying.sharing import Shared
from tests.solver.engine_helpers import Unhurried, broken_rules
from tests.solver.factories import meeting, person, problem

SLOTS = ("s0", "s1", "s2", "s3")


def rested(*others: tuple[str, str], slots: int = 4) -> Problem:
    """Somebody with a pause after two meetings, who keeps one of two tables, and other meetings in one slot
    each."""
    names = ("a-b", "a-c", "a-d", *(name for name, _ in others))
    return problem(
        *(meeting(each, *each.split("-")) for each in names),
        blocks=(slots,),
        tables=2,
        people=(
            person("a", max_in_row=2),
            *(person(name[0], unavailable=tuple(set(SLOTS) - {slot})) for name, slot in others),
        ),
        goals=(GoalName.VALUE, GoalName.IDLE, GoalName.MOVES),
    )


def laid(forum: Problem) -> Assignment | Unlaid:
    """All meetings in the first block."""
    arrays = Arrays.of(forum)
    everyone = {
        number: tuple(
            int(who) for party in arrays.parties_of(number) for who in arrays.members_of(party).tolist()
        )
        for number in range(arrays.n_meetings)
    }
    nobody = dict.fromkeys(everyone, NONE)
    shared = Shared(dict.fromkeys(everyone, 0), everyone, nobody, frozenset())
    return lay(arrays, shared, seed=0, control=Unhurried())


@pytest.mark.parametrize("slots", [("s0", "s1", "s2", "s3"), ("s1",), ("s2", "s1")])
def test_beside_a_table_that_is_kept_over_a_pause_there_is_room_for_one(slots: tuple[str, ...]) -> None:
    others = zip(("p-q", "r-s", "t-u", "v-w"), slots, strict=False)
    forum = rested(*others)
    found = laid(forum)
    assert not isinstance(found, Unlaid)
    arrays = Arrays.of(forum)
    assert broken_rules(forum, arrays, found) == []
    assert count_moves(arrays, found) == 0


@pytest.mark.parametrize("slot", SLOTS)
def test_there_is_none_for_two_in_the_pause_either(slot: str) -> None:
    assert laid(rested(("p-q", slot), ("r-s", slot))) == Unlaid(0)


def test_who_rests_has_no_times_in_as_many_slots_as_meetings() -> None:
    assert laid(rested(slots=3)) == Unlaid(0)
