"""A run from rows to rows: solved, judged again, stored; and what is told when it can't be."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from flask import Flask
from sqlalchemy import func, select, update

from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling import leases, runs
from forum_scheduler.scheduling.agreed import LeftOutReason
from forum_scheduler.scheduling.attempt import Attempt, Outcome
from forum_scheduler.scheduling.leases import MAX_ATTEMPTS, Trouble
from forum_scheduler.scheduling.models import (
    DelegateSlot,
    InterpreterSlot,
    Placement,
    Run,
    RunEvent,
    RunState,
    Schedule,
    TableSlot,
    Unplaced,
)
from forum_scheduler.scheduling.planning import build
from forum_scheduler.scheduling.solving import execute, result_of, run_now, worker_name
from forum_scheduler.scheduling.storing import load_result, pack_schedule, unpack_problem
from solver.codec import digest
from solver.progress import Progress
from solver.schedule import Reason
from solver.verify import verify
from tests.factories import (
    delegates_of,
    make_company,
    make_forum,
    make_meeting,
    make_publication,
    make_run,
    make_unavailable,
    slots_of,
)
from tests.scheduling.large import make_large_forum


def _competition(meetings: int = 6, **fields: object) -> Forum:
    """One Ukrainian company with one delegate and 4 slots, whom all want to meet."""
    forum = make_forum(blocks=1, slots=4, tables=2, **fields)
    wanted = make_company(forum, side="ua")
    for _ in range(meetings):
        make_meeting(between=[make_company(forum), wanted], interpret=["uk", "en"])
    return forum


def _count(model: type, schedule: Schedule) -> int:
    query = select(func.count()).select_from(model).where(model.schedule_id == schedule.id)
    return db.session.scalar(query) or 0


def test_solving_stores_a_verified_schedule_with_its_slots_and_reasons(app: Flask) -> None:
    forum = _competition()
    seen: list[Progress] = []
    run = run_now(forum, seconds=60, workers=1, on_progress=seen.append)
    assert (run.state, run.status, run.message) == (RunState.FINISHED, "optimal", "")
    assert seen
    schedule = result_of(run)
    assert schedule is not None
    assert (schedule.number, schedule.placed_count, schedule.unplaced_count) == (1, 4, 2)
    assert (_count(TableSlot, schedule), _count(DelegateSlot, schedule)) == (4, 8)
    assert _count(InterpreterSlot, schedule) == 4
    problem = build(forum).problem
    assert run.problem_digest == schedule.problem_digest == digest(problem)
    assert unpack_problem(schedule.problem) == problem
    assert verify(problem, load_result(schedule, problem)).accepted
    assert {goal["name"] for goal in schedule.goals} == set(forum.goals)
    assert db.session.scalars(
        select(RunEvent.stage).where(RunEvent.run_id == run.id, RunEvent.message == "")
    ).first()


def test_a_meeting_agreed_after_the_publication_finds_a_place_beside_what_is_published(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=4, tables=2)
    ours = make_company(forum, side="ua")
    for _ in range(3):
        make_meeting(between=[make_company(forum), ours])
    first = result_of(run_now(forum, seconds=60, workers=1))
    assert first is not None
    make_publication(first)
    late = [make_meeting(between=[make_company(forum), ours], weight=99) for _ in range(2)]
    run = make_run(forum, goals=["promises", *forum.goals])
    assert leases.claim("w") == run.id
    execute(run.id, "w")
    second = db.session.scalars(select(Schedule).where(Schedule.run_id == run.id)).one()
    published, now = _places(first), _places(second)
    assert published.items() <= now.items()
    assert len({meeting.id for meeting in late} & now.keys()) == 1, "one slot of the company's was free"
    assert second.goals[0] == {"name": "promises", "value": 0, "bound": 0}


def _places(schedule: Schedule) -> dict[int, tuple[int, int, int | None]]:
    query = select(Placement).where(Placement.schedule_id == schedule.id)
    return {
        row.meeting_id: (row.slot_id, row.table_id, row.interpreter_id) for row in db.session.scalars(query)
    }


def test_a_meeting_of_two_slots_occupies_both(app: Flask) -> None:
    forum = make_forum(blocks=1, slots=2, tables=1, zones=1)
    make_meeting(between=[make_company(forum), make_company(forum)], length_slots=2)
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    rows = db.session.scalars(select(TableSlot.slot_id).where(TableSlot.schedule_id == schedule.id)).all()
    assert set(rows) == {slot.id for slot in slots_of(forum)}


def test_meetings_that_were_left_out_are_among_the_unplaced(app: Flask) -> None:
    forum = make_forum()
    one, nobody = make_company(forum), make_company(forum, delegates=0)
    make_meeting(between=[one, make_company(forum)])
    left_out = make_meeting(between=[one, nobody])
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    row = db.session.scalars(select(Unplaced).where(Unplaced.schedule_id == schedule.id)).one()
    assert (row.meeting_id, row.reason) == (left_out.id, LeftOutReason.NO_DELEGATE)
    assert row.subjects == [f"c{nobody.id}"]
    assert schedule.unplaced_count == 1


def test_schedules_are_numbered_in_their_forum(app: Flask) -> None:
    first, second = _competition(1), _competition(1)
    numbers = []
    for forum in (first, second, first):
        schedule = result_of(run_now(forum, seconds=60, workers=1))
        assert schedule is not None
        numbers.append(schedule.number)
    assert numbers == [1, 1, 2]


def test_a_must_that_no_schedule_can_keep_is_told_as_infeasible(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go_on(_: object) -> None:
        pytest.fail("a proof ends the run: there is nothing to solve again in the time left")

    monkeypatch.setattr(Attempt, "_go_on", go_on)
    forum = make_forum()
    one = make_company(forum)
    make_unavailable(delegates_of(one)[0], *slots_of(forum))
    make_meeting(between=[one, make_company(forum)], must=True)
    run = run_now(forum, seconds=60, workers=1)
    assert (run.state, run.status) == (RunState.FAILED, "infeasible")
    assert run.message.startswith(Trouble.INFEASIBLE)
    assert result_of(run) is None


def test_a_forum_that_is_not_ready_ends_its_run_with_what_is_missing(app: Flask) -> None:
    run = run_now(make_forum(), seconds=5, workers=1)
    assert run.state == RunState.FAILED
    assert run.message.startswith(f"{Trouble.NOT_READY}: There is no agreed meeting")


def test_solving_here_and_now_does_not_disturb_a_run_under_way(app: Flask) -> None:
    forum = _competition(1)
    runs.request_run(forum)
    with pytest.raises(Conflict):
        run_now(forum, seconds=60)


def _claimed_with_checkpoint(forum: Forum, **values: object) -> int:
    """A claimed run with the checkpoint that an earlier attempt left; checkpoints have no reasons."""
    schedule = result_of(run_now(forum, seconds=60, workers=1))
    assert schedule is not None
    best = msgspec.structs.replace(load_result(schedule, build(forum).problem), unplaced=())
    run = make_run(forum, checkpoint=pack_schedule(best), attempt=1)
    leases.claim("w")
    if values:
        db.session.execute(update(Run).where(Run.id == run.id).values(**values))
        db.session.commit()
    return run.id


def test_after_the_last_attempt_the_best_that_was_found_is_stored(app: Flask) -> None:
    run_id = _claimed_with_checkpoint(_competition(), attempt=MAX_ATTEMPTS + 1)
    assert execute(run_id, "w") is Outcome.STORED
    run = db.session.get_one(Run, run_id, populate_existing=True)
    assert (run.state, run.message) == (RunState.FINISHED, Trouble.RESUMED)
    schedule = result_of(run)
    assert schedule is not None
    assert (schedule.placed_count, schedule.unplaced_count) == (4, 2)
    query = select(Unplaced.reason).where(Unplaced.schedule_id == schedule.id)
    assert set(db.session.scalars(query)) == {Reason.SLOTS_FULL}


def test_a_run_whose_time_was_used_up_ends_with_its_checkpoint(app: Flask) -> None:
    run_id = _claimed_with_checkpoint(_competition(), seconds=2, seconds_used=2.5)
    assert execute(run_id, "w") is Outcome.STORED
    progress = select(RunEvent).where(RunEvent.run_id == run_id, RunEvent.message == "")
    assert not db.session.scalars(progress).all(), "nothing was solved"


def test_a_checkpoint_of_an_older_problem_is_not_stored(app: Flask) -> None:
    forum = _competition()
    run_id = _claimed_with_checkpoint(forum, attempt=MAX_ATTEMPTS + 1)
    db.session.execute(update(Meeting).where(Meeting.forum_id == forum.id).values(weight=5))
    db.session.commit()
    assert execute(run_id, "w") is Outcome.FAILED
    assert db.session.get_one(Run, run_id, populate_existing=True).message == Trouble.GAVE_UP


def test_a_worker_that_lost_its_lease_stores_nothing(app: Flask) -> None:
    forum = _competition()
    run = make_run(forum)
    leases.claim("w", lease=timedelta(seconds=-1))
    leases.reap()
    leases.claim("v")
    assert execute(run.id, "w") is Outcome.LOST
    assert db.session.scalars(select(Schedule)).all() == []
    assert db.session.get_one(Run, run.id, populate_existing=True).owner == "v"


def test_a_worker_that_shuts_down_gives_the_run_back_with_its_checkpoint(app: Flask) -> None:
    run = make_run(make_large_forum(), seconds=60)
    leases.claim("w")
    seen: list[Progress] = []
    outcome = execute(
        run.id,
        "w",
        on_progress=seen.append,
        shut_down=lambda: any(each.schedule is not None for each in seen),
    )
    row = db.session.get_one(Run, run.id, populate_existing=True)
    assert (outcome, row.state, row.attempt) == (Outcome.RELEASED, RunState.QUEUED, 0)
    assert row.checkpoint is not None
    assert db.session.scalars(select(Schedule)).all() == []


def test_names_of_workers_differ() -> None:
    assert worker_name() != worker_name()
