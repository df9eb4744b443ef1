"""Who meets in which block: the best, and others in place of one that had no room."""

from __future__ import annotations

import pytest

from solver.arrays import Arrays
from solver.placing import selection
from solver.placing.selection import Selection
from tests.solver.engine_helpers import Unhurried, solved_here
from tests.solver.factories import meeting, problem

FORUM = problem(
    *(meeting(f"m{number}", f"a{number}", f"b{number}", weight=number + 1) for number in range(4)),
    blocks=(1, 1),
    tables=1,
)
"""Four meetings that share nobody, for two places: one in each block."""


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "solve_integer", solved_here)


def best() -> Selection:
    found = Selection.best(Arrays.of(FORUM), least_coverage=None, control=Unhurried(), seconds=10.0)
    assert found is not None
    return found


def names(of: Selection, period: int) -> set[str]:
    return {each.meeting.id for each in of.selected(period)}


def test_the_heaviest_meetings_are_selected() -> None:
    found = best()
    assert names(found, 0) | names(found, 1) == {"m2", "m3"}
    assert found.value(0) + found.value(1) == 7


def test_another_selection_leaves_the_other_blocks_as_they_are() -> None:
    found = best()
    other = found.another(0, [found.starts(0)], control=Unhurried(), seconds=10.0)
    assert other is not None
    assert names(other, 1) == names(found, 1)
    assert names(other, 0) == {"m1"}


def test_what_is_forbidden_once_stays_out_together_with_what_is_forbidden_next() -> None:
    found = best()
    forbidden = [found.starts(0)]
    for expected in ({"m1"}, {"m0"}, set[str]()):
        other = found.another(0, forbidden, control=Unhurried(), seconds=10.0)
        assert other is not None
        assert names(other, 0) == expected
        forbidden.append(other.starts(0))


def test_starts_of_some_meetings_are_those_of_them_that_are_selected() -> None:
    found = best()
    (name,) = names(found, 0)
    assert found.starts_of(0, {name}).tolist() == found.starts(0).tolist()
    assert found.starts_of(0, {"m0", "m1"}).tolist() == []
