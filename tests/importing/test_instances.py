"""Problems of the literature as forums; the small one here is made by this project."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import ImportRefused, Invalid
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.services import get_forum
from forum_scheduler.importing.services import import_data
from forum_scheduler.requests.models import Meeting, MeetingStart, Precedence, Unavailability
from forum_scheduler.scheduling import planning
from solver.problem import GoalName
from tests.factories import blocks_of, slots_of

SMALL = (Path(__file__).parent.parent / "instances" / "small.dzn").read_text(encoding="ascii")


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_dzn_file_becomes_a_forum_of_musts(app: Flask) -> None:
    report = import_data("Small", "small.dzn", SMALL.encode())
    forum = get_forum("Small")
    assert report.forum_made
    assert (count(Company), count(Delegate), count(Meeting)) == (5, 5, 6)
    assert (forum.must_all, forum.goals, forum.max_breaks) == (True, ["breaks"], 2)
    assert len(blocks_of(forum)) == 1  # noon is no border
    starts = [slot.starts_at for slot in slots_of(forum)]
    assert {after - before for before, after in pairwise(starts)} == {timedelta(minutes=20)}


def test_sessions_absences_fixed_slots_and_precedences_are_kept(app: Flask) -> None:
    import_data("Small", "small.dzn", SMALL.encode())
    slots = [slot.id for slot in slots_of(get_forum("Small"))]
    meetings = list(db.session.scalars(select(Meeting).order_by(Meeting.id)))
    starts = select(MeetingStart.slot_id).where(MeetingStart.meeting_id == meetings[1].id)
    assert set(db.session.scalars(starts)) == set(slots[:3])  # a morning session
    assert meetings[2].locked_slot_id == slots[4]
    assert set(db.session.scalars(select(Unavailability.slot_id))) == {slots[0], slots[5]}
    precedence = db.session.scalars(select(Precedence)).one()
    assert (precedence.before_id, precedence.after_id) == (meetings[0].id, meetings[5].id)


def test_the_forum_gives_the_problem_of_the_file_back(app: Flask) -> None:
    import_data("Small", "small.dzn", SMALL.encode(), max_breaks=1)
    problem = planning.build(get_forum("Small")).problem
    assert (len(problem.slots), len(problem.tables), len(problem.meetings)) == (6, 2, 6)
    assert (problem.goals, problem.max_breaks, problem.must_all) == ((GoalName.BREAKS,), 1, True)
    assert sum(meeting.locked_slot is not None for meeting in problem.meetings) == 1


def test_the_same_dzn_twice_changes_nothing_and_another_one_is_refused(app: Flask) -> None:
    import_data("Small", "small.dzn", SMALL.encode())
    assert import_data("Small", "small.dzn", SMALL.encode()).changes == 0
    other = SMALL.replace("nBusiness = 5", "nBusiness = 6").replace(
        "{1}, {}, {}, {}, {6}", "{1}, {}, {}, {}, {}, {6}"
    )
    with pytest.raises(Invalid, match="another name"):
        import_data("Small", "other.dzn", other.encode())
    assert count(Forum) == 1


def test_a_dry_run_of_a_dzn_stores_nothing(app: Flask) -> None:
    assert import_data("Small", "small.dzn", SMALL.encode(), dry_run=True).forum_made
    assert count(Forum) == 0


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("nTables = 2", "nTables = two"), "nTables"),
        (("nTables = 2", "nTables = 0"), "nTables"),
        (("nTotalSlots = 6", "nTotalSlots = 2000"), "nTotalSlots"),
        (("|1, 2, 3,", "|1, 9, 3,"), "requested[1]"),
        (("fixed = [0, 0, 5", "fixed = [0, 0, 7"), "fixed[3]"),
    ],
)
def test_a_mistake_in_a_dzn_is_named_by_its_field(app: Flask, change: tuple[str, str], field: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        import_data("Small", "small.dzn", SMALL.replace(*change).encode())
    assert caught.value.errors[0].column == field
    assert count(Forum) == 0
