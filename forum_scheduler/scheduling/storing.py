"""Schedules in and out of the database: rows <-> the solver's Schedule; problems and checkpoints as bytes."""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Table as SqlTable
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.agreed import LeftOut
from forum_scheduler.scheduling.ids import Kind, optional_id, row_id, solver_id
from forum_scheduler.scheduling.models import (
    DelegateSlot,
    InterpreterSlot,
    Placement,
    PlacementDelegate,
    Schedule,
    TableSlot,
    Unplaced,
)
from solver import schedule as solver
from solver.codec import decode_problem, decode_schedule, encode_problem, encode_schedule
from solver.problem import GoalName, Problem
from solver.schedule import Reason, Status

CHUNK = 5000  # rows sent at a time
FEW = 100  # placements that are looked up by name


def pack_problem(problem: Problem) -> bytes:
    """Canonical JSON, compressed; the same problem gives the same bytes."""
    return gzip.compress(encode_problem(problem), compresslevel=6, mtime=0)


def unpack_problem(data: bytes) -> Problem:
    return decode_problem(gzip.decompress(data))


def pack_schedule(schedule: solver.Schedule) -> bytes:
    """Fast rather than small: a checkpoint is written every few seconds."""
    return gzip.compress(encode_schedule(schedule), compresslevel=1, mtime=0)


def unpack_schedule(data: bytes) -> solver.Schedule:
    return decode_schedule(gzip.decompress(data))


def store_schedule(
    forum_id: int,
    *,
    problem: Problem,
    result: solver.Schedule,
    left_out: Sequence[LeftOut] = (),
    run_id: int | None = None,
    based_on_id: int | None = None,
    note: str = "",
) -> Schedule:
    """Store a *verified* result under the forum's next number; to be called inside ``transaction()``.

    The keys of the slot rows refuse double bookings once more. Rows go in bulk: 20,000 placements take
    seconds.
    """
    session = db.session()
    session.execute(select(Forum.id).where(Forum.id == forum_id).with_for_update())
    number = session.scalar(select(func.max(Schedule.number)).where(Schedule.forum_id == forum_id)) or 0
    known = {meeting.id for meeting in problem.meetings}
    missing = [each for each in left_out if solver_id(Kind.MEETING, each.meeting_id) not in known]
    schedule = Schedule(
        forum_id=forum_id,
        number=number + 1,
        run_id=run_id,
        based_on_id=based_on_id,
        status=result.status.value,
        solver_version=result.solver_version,
        problem=pack_problem(problem),
        problem_digest=result.problem_digest,
        goals=[{"name": goal.name.value, "value": goal.value, "bound": goal.bound} for goal in result.goals],
        seed=result.seed,
        placed_count=len(result.placements),
        unplaced_count=len(result.unplaced) + len(missing),
        note=note,
    )
    session.add(schedule)
    session.flush()
    store_placements(session, schedule.id, problem, result.placements)
    rows = [
        *(_unplaced(schedule.id, row_id(each.meeting), each) for each in result.unplaced),
        *(_unplaced(schedule.id, each.meeting_id, each) for each in missing),
    ]
    _insert(session, Unplaced, rows)
    return schedule


def _unplaced(schedule_id: int, meeting_id: int, why: solver.Unplaced | LeftOut) -> dict[str, Any]:
    return {
        "schedule_id": schedule_id,
        "meeting_id": meeting_id,
        "reason": why.reason.value,
        "subjects": list(why.subjects),
    }


def store_placements(
    session: Session, schedule_id: int, problem: Problem, placements: Sequence[solver.Placement]
) -> None:
    """Add the rows of ``placements`` and of the slots that they occupy."""
    occupied = occupied_slots(problem, placements)
    _insert(
        session,
        Placement,
        [
            {
                "schedule_id": schedule_id,
                "meeting_id": row_id(each.meeting),
                "slot_id": row_id(each.slot),
                "table_id": row_id(each.table),
                "interpreter_id": None if each.interpreter is None else row_id(each.interpreter),
            }
            for each in placements
        ],
    )
    query = select(Placement.meeting_id, Placement.id).where(Placement.schedule_id == schedule_id)
    if len(placements) <= FEW:  # a step on the board: not all rows of a large schedule
        query = query.where(Placement.meeting_id.in_([row_id(each.meeting) for each in placements]))
    stored = {row.meeting_id: row.id for row in session.execute(query)}
    people: list[dict[str, Any]] = []
    rows: dict[type[Base], list[dict[str, Any]]] = {DelegateSlot: [], TableSlot: [], InterpreterSlot: []}
    for each in placements:
        id_ = stored[row_id(each.meeting)]
        people += [{"placement_id": id_, "delegate_id": row_id(person)} for person in each.people]
        for slot in occupied[each.meeting]:
            common = {"schedule_id": schedule_id, "slot_id": row_id(slot), "placement_id": id_}
            rows[TableSlot].append({**common, "table_id": row_id(each.table)})
            rows[DelegateSlot] += [{**common, "delegate_id": row_id(person)} for person in each.people]
            if each.interpreter is not None:
                rows[InterpreterSlot].append({**common, "interpreter_id": row_id(each.interpreter)})
    _insert(session, PlacementDelegate, people)
    for model, values in rows.items():
        _insert(session, model, values)


def occupied_slots(problem: Problem, placements: Iterable[solver.Placement]) -> Mapping[str, tuple[str, ...]]:
    """Meeting -> all slots that it occupies, from its start on."""
    slots = [slot.id for slot in problem.slots]
    at = {slot: index for index, slot in enumerate(slots)}
    lengths = {meeting.id: meeting.length for meeting in problem.meetings}
    return {
        each.meeting: tuple(slots[at[each.slot] : at[each.slot] + lengths[each.meeting]])
        for each in placements
    }


def _insert(session: Session, model: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    """Straight to the driver, in chunks: no objects, no returning."""
    table = model.__table__
    assert isinstance(table, SqlTable)
    source = iter(rows)
    while chunk := list(islice(source, CHUNK)):
        session.execute(insert(table), chunk)


def load_result(schedule: Schedule, problem: Problem) -> solver.Schedule:
    """The stored rows as the solver's Schedule, for verifying and comparing; three queries.

    People stand in the order of the parties of ``problem``. Meetings that were left out of the problem are
    not in ``unplaced``.
    """
    order = {meeting.id: index for index, meeting in enumerate(problem.meetings)}
    placements = _load_placements(schedule, problem)
    placements.sort(key=lambda each: order.get(each.meeting, len(order)))
    unplaced = _load_unplaced(schedule, known=order)
    unplaced.sort(key=lambda each: order[each.meeting])
    return solver.Schedule(
        version=1,
        status=Status(schedule.status),
        problem_digest=schedule.problem_digest,
        solver_version=schedule.solver_version,
        placements=tuple(placements),
        unplaced=tuple(unplaced),
        goals=tuple(
            solver.GoalResult(name=GoalName(goal["name"]), value=goal["value"], bound=goal["bound"])
            for goal in schedule.goals
        ),
        seed=schedule.seed,
    )


def _load_placements(schedule: Schedule, problem: Problem) -> list[solver.Placement]:
    session = db.session()
    coming: dict[int, list[str]] = defaultdict(list)
    people = (
        select(PlacementDelegate.placement_id, PlacementDelegate.delegate_id)
        .join(Placement, Placement.id == PlacementDelegate.placement_id)
        .where(Placement.schedule_id == schedule.id)
        .order_by(PlacementDelegate.delegate_id)
    )
    for placement_id, delegate_id in session.execute(people):
        coming[placement_id].append(solver_id(Kind.DELEGATE, delegate_id))
    parties = {meeting.id: _positions(meeting.parties) for meeting in problem.meetings}
    found = []
    for row in session.scalars(select(Placement).where(Placement.schedule_id == schedule.id)):
        meeting = solver_id(Kind.MEETING, row.meeting_id)
        position = parties.get(meeting, {})
        found.append(
            solver.Placement(
                meeting=meeting,
                slot=solver_id(Kind.SLOT, row.slot_id),
                table=solver_id(Kind.TABLE, row.table_id),
                people=tuple(sorted(coming[row.id], key=lambda id_: position.get(id_, 0))),
                interpreter=optional_id(Kind.INTERPRETER, row.interpreter_id),
            )
        )
    return found


def _load_unplaced(schedule: Schedule, *, known: Container[str]) -> list[solver.Unplaced]:
    query = select(Unplaced.meeting_id, Unplaced.reason, Unplaced.subjects).where(
        Unplaced.schedule_id == schedule.id
    )
    return [
        solver.Unplaced(meeting=id_, reason=Reason(reason), subjects=tuple(subjects))
        for meeting_id, reason, subjects in db.session.execute(query)
        if (id_ := solver_id(Kind.MEETING, meeting_id)) in known
    ]


def _positions(parties: Sequence[Any]) -> dict[str, int]:
    return {person: index for index, party in enumerate(parties) for person in party.people}
