"""Steps on the board: judged, stored, taken back, and never over what somebody else did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Conflict, Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Slot
from forum_scheduler.publishing.services import publish
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.board import services
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.board.position import judge, position_of
from forum_scheduler.scheduling.board.steps import Action, Breaks, Command
from forum_scheduler.scheduling.ids import Kind, row_id, solver_id
from forum_scheduler.scheduling.models import Placement, Schedule, TableSlot, Unplaced
from forum_scheduler.scheduling.planning import build
from forum_scheduler.scheduling.solving import result_of, run_now
from forum_scheduler.scheduling.storing import load_result, unpack_problem
from solver.codec import digest
from solver.verify import verify
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_unavailable,
    make_user,
    slots_of,
    tables_of,
)


@dataclass(frozen=True)
class Scene:
    """A draft of three placed meetings of one Ukrainian company, with a slot and tables to spare."""

    schedule: Schedule
    meetings: tuple[str, ...]
    slots: tuple[str, ...]
    tables: tuple[str, ...]

    def place(self, meeting: str) -> tuple[str, str] | None:
        query = select(Placement.slot_id, Placement.table_id).where(
            Placement.schedule_id == self.schedule.id, Placement.meeting_id == row_id(meeting)
        )
        row = db.session.execute(query).one_or_none()
        return (f"s{row.slot_id}", f"t{row.table_id}") if row else None

    def free_slot(self) -> str:
        taken = {found[0] for each in self.meetings if (found := self.place(each))}
        return next(slot for slot in self.slots if slot not in taken)

    def revision(self) -> int:
        board = services.board_of(self.schedule.id)
        assert board is not None
        return board.revision


def _scene(*, slots: int = 4, meetings: int = 3, **fields: object) -> Scene:
    forum = make_forum(blocks=1, slots=slots, tables=2, **fields)
    wanted = make_company(forum, "Kvant", side="ua")
    made = [make_meeting(between=[wanted, make_company(forum, f"Aerotec {n}")]) for n in range(meetings)]
    source = result_of(run_now(forum, seconds=60, workers=1))
    assert source is not None
    copy = start(source, by=None)
    assert copy.taken_out == ()
    return Scene(
        schedule=copy.schedule,
        meetings=tuple(solver_id(Kind.MEETING, each.id) for each in made),
        slots=tuple(solver_id(Kind.SLOT, each.id) for each in slots_of(forum)),
        tables=tuple(solver_id(Kind.TABLE, each.id) for each in tables_of(forum)),
    )


def _assert_sound(scene: Scene) -> None:
    """What is stored is a schedule that the judge accepts, goals and all, of the problem that is stored."""
    db.session.expire_all()
    problem = unpack_problem(scene.schedule.problem)
    assert digest(problem) == scene.schedule.problem_digest
    assert verify(problem, load_result(scene.schedule, problem)).violations == ()
    count = select(func.count()).select_from(TableSlot).where(TableSlot.schedule_id == scene.schedule.id)
    assert db.session.scalar(count) == scene.schedule.placed_count


def _move(scene: Scene, meeting: str, slot: str, table: str, **given: int | None) -> services.Step:
    command = Command(action=Action.MOVE, meeting=meeting, slot=slot, table=table)
    return services.apply(
        scene.schedule, command, seen=given.get("seen") or scene.revision(), by=given.get("by")
    )


def test_a_draft_is_a_copy_and_the_original_stays(app: Flask) -> None:
    scene = _scene()
    source = db.session.get_one(Schedule, scene.schedule.based_on_id)
    before = load_result(source, unpack_problem(source.problem)).placements
    _move(scene, scene.meetings[0], scene.free_slot(), scene.tables[1])
    db.session.expire_all()
    assert load_result(source, unpack_problem(source.problem)).placements == before
    assert scene.schedule.number == source.number + 1
    assert scene.schedule.run_id is None
    _assert_sound(scene)


def test_a_meeting_moves_to_where_it_fits(app: Flask) -> None:
    scene = _scene()
    slot = scene.free_slot()
    step = _move(scene, scene.meetings[0], slot, scene.tables[1])
    assert (step.revision, scene.place(scene.meetings[0])) == (1, (slot, scene.tables[1]))
    _assert_sound(scene)


def test_a_move_that_breaks_a_rule_changes_nothing_and_says_which(app: Flask) -> None:
    scene = _scene()
    one, other = scene.meetings[:2]
    before = scene.place(one)
    there = scene.place(other)
    assert there is not None
    free = next(table for table in scene.tables if table != there[1])
    with pytest.raises(Breaks) as broken:
        _move(scene, one, there[0], free)
    assert {violation.rule for violation in broken.value.violations} == {"one-person"}
    assert (scene.place(one), scene.revision()) == (before, 0)


def test_two_meetings_change_places(app: Flask) -> None:
    scene = _scene()
    one, other = scene.meetings[:2]
    before = scene.place(one), scene.place(other)
    command = Command(action=Action.SWAP, meeting=one, other=other)
    services.apply(scene.schedule, command, seen=0, by=None)
    assert (scene.place(other), scene.place(one)) == before
    _assert_sound(scene)


def test_what_is_taken_out_waits_with_its_reason_and_can_be_put_back(app: Flask) -> None:
    scene = _scene()
    meeting = scene.meetings[0]
    place = scene.place(meeting)
    assert place is not None
    services.apply(scene.schedule, Command(action=Action.REMOVE, meeting=meeting), seen=0, by=None)
    assert scene.place(meeting) is None
    query = select(Unplaced.reason).where(Unplaced.schedule_id == scene.schedule.id)
    assert db.session.scalars(query).all() == ["costs-more"]
    assert (scene.schedule.placed_count, scene.schedule.unplaced_count) == (2, 1)
    value = next(goal for goal in scene.schedule.goals if goal["name"] == "value")
    assert value["value"] < value["bound"]
    _assert_sound(scene)
    _move(scene, meeting, *place)
    assert db.session.scalars(query).all() == []
    _assert_sound(scene)


def test_somebody_else_of_the_company_can_come(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=2, tables=1)
    one, two = make_company(forum, delegates=2), make_company(forum, side="ua")
    meeting = make_meeting(between=[one, two])
    source = result_of(run_now(forum, seconds=60, workers=1))
    assert source is not None
    draft = start(source, by=None).schedule
    id_ = solver_id(Kind.MEETING, meeting.id)
    present = set(position_of(draft, 0).placed[id_].people)
    people = [solver_id(Kind.DELEGATE, each.id) for each in (*delegates_of(one), *delegates_of(two))]
    wanted = (*(each for each in people[:2] if each not in present), people[2])
    command = Command(action=Action.ATTEND, meeting=id_, people=wanted)
    services.apply(draft, command, seen=0, by=None)
    assert position_of(db.session.get_one(Schedule, draft.id), 1).placed[id_].people == wanted
    nobody = Command(action=Action.ATTEND, meeting=id_, people=(people[2],))
    with pytest.raises(Breaks):
        services.apply(draft, nobody, seen=1, by=None)


def test_a_locked_meeting_stays_and_the_next_run_keeps_it(app: Flask) -> None:
    scene = _scene()
    meeting = scene.meetings[0]
    _move(scene, meeting, scene.free_slot(), scene.tables[1])
    services.apply(scene.schedule, Command(action=Action.LOCK, meeting=meeting), seen=1, by=None)
    _assert_sound(scene)
    with pytest.raises(Invalid, match="unlock it first"):
        _move(scene, meeting, scene.free_slot(), scene.tables[0])
    with pytest.raises(Invalid, match="unlock it first"):
        services.apply(scene.schedule, Command(action=Action.REMOVE, meeting=meeting), seen=2, by=None)
    forum_id = scene.schedule.forum_id
    forum = db.session.get_one(Forum, forum_id)
    assert digest(build(forum).problem) == scene.schedule.problem_digest  # the run sees the same locks
    again = result_of(run_now(forum, seconds=60, workers=1))
    assert again is not None
    placed = {
        each.meeting: (each.slot, each.table) for each in load_result(again, build(forum).problem).placements
    }
    assert placed[meeting] == scene.place(meeting)
    services.apply(scene.schedule, Command(action=Action.UNLOCK, meeting=meeting), seen=2, by=None)
    assert db.session.get_one(Meeting, row_id(meeting)).locked_slot_id is None
    _assert_sound(scene)


def test_steps_are_taken_back_and_done_again_in_their_order(app: Flask) -> None:
    scene = _scene()
    one, other = scene.meetings[:2]
    start_, free = scene.place(one), scene.free_slot()
    assert start_ is not None
    _move(scene, one, free, scene.tables[0])
    _move(scene, one, start_[0], scene.tables[1])
    services.apply(scene.schedule, Command(action=Action.REMOVE, meeting=other), seen=2, by=None)
    services.undo(scene.schedule, by=None)
    services.undo(scene.schedule, by=None)
    assert scene.place(one) == (free, scene.tables[0])
    services.undo(scene.schedule, by=None)
    assert scene.place(one) == start_
    with pytest.raises(Conflict, match="take back"):
        services.undo(scene.schedule, by=None)
    services.redo(scene.schedule, by=None)
    assert scene.place(one) == (free, scene.tables[0])
    services.redo(scene.schedule, by=None)
    services.redo(scene.schedule, by=None)
    assert scene.place(other) is None
    with pytest.raises(Conflict, match="do again"):
        services.redo(scene.schedule, by=None)
    _assert_sound(scene)


def test_a_new_step_forgets_what_was_taken_back(app: Flask) -> None:
    scene = _scene()
    _move(scene, scene.meetings[0], scene.free_slot(), scene.tables[0])
    services.undo(scene.schedule, by=None)
    services.apply(scene.schedule, Command(action=Action.REMOVE, meeting=scene.meetings[1]), seen=2, by=None)
    assert not services.can_redo(scene.schedule.id, None)


def test_two_organisers_never_overwrite_each_other(app: Flask) -> None:
    scene = _scene()
    ann, ben = make_user(), make_user()
    one, other = scene.meetings[:2]
    first = scene.free_slot()
    _move(scene, one, first, scene.tables[0], by=ann.id)
    with pytest.raises(Conflict, match="changed this meeting meanwhile"):
        services.apply(
            scene.schedule,
            Command(action=Action.REMOVE, meeting=one),
            seen=0,
            by=ben.id,
        )
    # What Ann did not touch can be changed by one who has not seen her step.
    services.apply(scene.schedule, Command(action=Action.REMOVE, meeting=other), seen=0, by=ben.id)
    told = services.steps_since(scene.schedule.id, 0)
    assert [(step.by_id, step.action) for step in told] == [(ann.id, "move"), (ben.id, "remove")]
    # Each takes back what is theirs; not what somebody has changed since.
    services.undo(scene.schedule, by=ann.id)
    _move(scene, one, scene.free_slot(), scene.tables[1], by=ben.id)
    with pytest.raises(Conflict, match="since"):
        services.redo(scene.schedule, by=ann.id)
    _assert_sound(scene)


def test_a_cell_that_somebody_took_is_not_taken_again(app: Flask) -> None:
    scene = _scene()
    slot = scene.free_slot()
    _move(scene, scene.meetings[0], slot, scene.tables[0])
    command = Command(action=Action.MOVE, meeting=scene.meetings[1], slot=slot, table=scene.tables[0])
    with pytest.raises(Breaks):
        services.apply(scene.schedule, command, seen=0, by=None)


def test_results_of_runs_and_published_schedules_are_not_adjusted(app: Flask) -> None:
    scene = _scene()
    source = db.session.get_one(Schedule, scene.schedule.based_on_id)
    command = Command(action=Action.REMOVE, meeting=scene.meetings[0])
    with pytest.raises(Conflict, match="Only drafts"):
        services.apply(source, command, seen=0, by=None)
    publish(scene.schedule, by=None)
    with pytest.raises(Conflict, match="Only drafts"):
        services.apply(scene.schedule, command, seen=0, by=None)


def test_what_no_longer_fits_the_forum_waits_in_the_tray(app: Flask) -> None:
    scene = _scene()
    place = scene.place(scene.meetings[0])
    assert place is not None
    position = position_of(scene.schedule, 0)
    person = position.placed[scene.meetings[0]].people[1]
    make_unavailable(db.session.get_one(Delegate, row_id(person)), db.session.get_one(Slot, row_id(place[0])))
    copy = start(scene.schedule, by=None)
    assert copy.taken_out == (scene.meetings[0],)
    problem = unpack_problem(copy.schedule.problem)
    assert verify(problem, load_result(copy.schedule, problem)).violations == ()
    assert copy.schedule.unplaced_count == 1


def test_the_position_in_memory_is_the_one_in_the_database(app: Flask) -> None:
    scene = _scene()
    _move(scene, scene.meetings[0], scene.free_slot(), scene.tables[1])
    remembered = position_of(scene.schedule, 1)
    problem = unpack_problem(scene.schedule.problem)
    found = {each.meeting: each for each in load_result(scene.schedule, problem).placements}
    assert remembered.placed == found
    assert judge(problem, found.values()).accepted


def test_every_step_is_in_the_audit_log(app: Flask) -> None:
    scene = _scene()
    services.apply(scene.schedule, Command(action=Action.REMOVE, meeting=scene.meetings[0]), seen=0, by=None)
    query = select(AuditEntry.action).where(AuditEntry.forum_id == scene.schedule.forum_id)
    assert [a for a in db.session.scalars(query) if a.startswith("board")] == [
        "board.started",
        "board.remove",
    ]


def test_what_stands_against_a_place_is_pushed_out_and_comes_back_by_undo(app: Flask) -> None:
    scene = _scene(slots=3)
    first, second, _third = scene.meetings
    before = {meeting: scene.place(meeting) for meeting in scene.meetings}
    there = before[second]
    assert there is not None
    with pytest.raises(Breaks):
        _move(scene, first, there[0], scene.tables[0] if there[1] == scene.tables[1] else scene.tables[1])
    command = Command(action=Action.PUSH, meeting=first, slot=there[0], table=there[1])
    step = services.apply(scene.schedule, command, seen=scene.revision(), by=None)
    assert {each["meeting"] for each in step.changes} == {first, second}
    assert (scene.place(first), scene.place(second)) == (there, None)
    assert db.session.scalars(select(Unplaced.meeting_id)).all() == [row_id(second)]
    _assert_sound(scene)
    services.undo(scene.schedule, by=None)
    assert {meeting: scene.place(meeting) for meeting in scene.meetings} == before
    _assert_sound(scene)


def test_a_locked_meeting_is_not_pushed_out(app: Flask) -> None:
    scene = _scene(slots=3)
    first, second, _third = scene.meetings
    there = scene.place(second)
    assert there is not None
    lock = Command(action=Action.LOCK, meeting=second)
    services.apply(scene.schedule, lock, seen=scene.revision(), by=None)
    push = Command(action=Action.PUSH, meeting=first, slot=there[0], table=there[1])
    with pytest.raises(Invalid, match="locked"):
        services.apply(scene.schedule, push, seen=scene.revision(), by=None)
    assert scene.place(second) == there


def test_nobody_pushes_out_what_somebody_else_has_just_moved(app: Flask) -> None:
    scene = _scene(slots=4)
    first, second, _third = scene.meetings
    seen = scene.revision()
    free = scene.free_slot()
    _move(scene, second, free, scene.tables[0])
    push = Command(action=Action.PUSH, meeting=first, slot=free, table=scene.tables[0])
    with pytest.raises(Conflict):
        services.apply(scene.schedule, push, seen=seen, by=None)
