"""Steps on the board: judged, stored in one transaction, taken back, and never over unseen ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from flask_babel import lazy_gettext
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from forum_scheduler.accounts.audit import record
from forum_scheduler.accounts.models import User
from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import db, transaction
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.board.goals import goals_after
from forum_scheduler.scheduling.board.models import Board, BoardEdit
from forum_scheduler.scheduling.board.position import Position, judge, position_of, remember
from forum_scheduler.scheduling.board.steps import (
    Action,
    Breaks,
    Command,
    Places,
    as_json,
    from_json,
    places_after,
)
from forum_scheduler.scheduling.ids import row_id
from forum_scheduler.scheduling.models import Placement, Schedule, Unplaced
from forum_scheduler.scheduling.promises import was_published
from forum_scheduler.scheduling.storing import pack_problem, store_placements
from solver import schedule as solver
from solver.codec import digest
from solver.explain.reasons import reasons
from solver.problem import Problem

NOTHING = {
    Action.UNDO: lazy_gettext("There is nothing of yours to take back."),
    Action.REDO: lazy_gettext("There is nothing of yours to do again."),
}
ALL_REASONS = 150  # waiting meetings up to which each step finds all their reasons anew


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: the board's new revision, and the places before and after (see ``as_json``)."""

    revision: int
    action: str
    by_id: int | None
    changes: Sequence[Mapping[str, Any]]


def board_of(schedule_id: int) -> Board | None:
    """The board of a draft; None for the result of a run, which is only copied."""
    return db.session.scalar(select(Board).where(Board.schedule_id == schedule_id))


def is_open(schedule: Schedule, board: Board | None) -> bool:
    """Whether the schedule may be adjusted: a draft of the board that was never published."""
    return board is not None and not was_published(schedule.id)


def apply(schedule: Schedule, command: Command, *, seen: int, by: int | None) -> Step:
    """Do one step. ``seen``: the revision that the organiser sees.

    Raises Invalid, Breaks; Conflict when somebody else has changed the same meetings since ``seen``.
    """
    schedule_id, uid = schedule.id, schedule.uid
    with transaction() as session:
        draft, board = _locked(session, schedule_id)
        _untouched(session, board, command.meetings, since=seen)
        position = position_of(draft, board.revision)
        if command.action in (Action.LOCK, Action.UNLOCK):
            changes = _relocked(position, command)
        else:
            places = places_after(position, command)
            _untouched(session, board, places, since=seen)
            changes = _changes(position, places)
        step, after = _store(session, draft, board, position, action=command.action, changes=changes, by=by)
    remember(uid, step.revision, after)
    return step


def undo(schedule: Schedule, *, by: int | None) -> Step:
    """Take back the newest step of ``by`` that still stands. Raises Conflict, Breaks."""
    return _again(schedule, by=by, action=Action.UNDO)


def redo(schedule: Schedule, *, by: int | None) -> Step:
    """Do again what ``by`` took back last. Raises Conflict, Breaks."""
    return _again(schedule, by=by, action=Action.REDO)


def steps_since(schedule_id: int, revision: int) -> tuple[Step, ...]:
    """The steps after ``revision``, oldest first."""
    query = (
        select(BoardEdit)
        .where(BoardEdit.schedule_id == schedule_id, BoardEdit.revision > revision)
        .order_by(BoardEdit.revision)
    )
    return tuple(
        Step(edit.revision, edit.action, edit.by_id, tuple(edit.changes))
        for edit in db.session.scalars(query)
    )


def can_undo(schedule_id: int, by: int | None) -> bool:
    return _standing(db.session(), schedule_id, by) is not None


def can_redo(schedule_id: int, by: int | None) -> bool:
    return _taken_back(db.session(), schedule_id, by) is not None


# One step


def _locked(session: Session, schedule_id: int) -> tuple[Schedule, Board]:
    query = select(Board).where(Board.schedule_id == schedule_id).with_for_update()
    board = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if board is None or was_published(schedule_id):
        raise Conflict(lazy_gettext("Only drafts can be adjusted: make a draft of this schedule first."))
    return session.get_one(Schedule, schedule_id, populate_existing=True), board


def _untouched(session: Session, board: Board, meetings: Iterable[str], *, since: int) -> None:
    """Refuse to move what somebody has moved since the organiser looked."""
    if since >= board.revision:
        return
    query = (
        select(BoardEdit.changes, User.name, User.email)
        .outerjoin(User, User.id == BoardEdit.by_id)
        .where(BoardEdit.schedule_id == board.schedule_id, BoardEdit.revision > since)
        .order_by(BoardEdit.revision.desc())
    )
    wanted = set(meetings)
    for changes, name, email in session.execute(query):
        if wanted & {change["meeting"] for change in changes}:
            who = name or email or lazy_gettext("Somebody")
            raise Conflict(
                lazy_gettext("%(who)s has changed this meeting meanwhile. Look again, then decide.", who=who)
            )


def _changes(position: Position, places: Places) -> list[dict[str, Any]]:
    return [
        {
            "meeting": meeting,
            "before": as_json(position.placed.get(meeting), locked=_is_locked(position, meeting)),
            "after": as_json(after, locked=_is_locked(position, meeting)),
        }
        for meeting, after in places.items()
        if position.placed.get(meeting) != after
    ]


def _is_locked(position: Position, meeting_id: str) -> bool:
    meeting = position.meeting(meeting_id)
    return meeting is not None and meeting.locked_slot is not None


def _relocked(position: Position, command: Command) -> list[dict[str, Any]]:
    meeting = position.meeting(command.meeting)
    placement = position.placed.get(command.meeting)
    if meeting is None or placement is None:
        raise Conflict(lazy_gettext("Only a meeting with a place can be locked."))
    wanted = command.action is Action.LOCK
    if wanted == (meeting.locked_slot is not None):
        return []
    return [
        {
            "meeting": meeting.id,
            "before": as_json(placement, locked=not wanted),
            "after": as_json(placement, locked=wanted),
        }
    ]


def _store(
    session: Session,
    draft: Schedule,
    board: Board,
    position: Position,
    *,
    action: Action,
    changes: list[dict[str, Any]],
    by: int | None,
    undoes: int | None = None,
) -> tuple[Step, Position]:
    """Write what changes, after the judge has seen it as a whole."""
    if not changes:
        return Step(board.revision, action, by, ()), position
    problem = _with_locks(session, position.problem, changes)
    places = {each["meeting"]: from_json(each["meeting"], each["after"]) for each in changes}
    changed = Position(problem, position.after(places).placed)
    verdict = judge(problem, changed.placed.values())
    broken = [e for e in verdict.violations if e.rule != "must" or e.subjects[0] in position.placed]
    if broken:
        raise Breaks(tuple(broken))
    source = None if any(_loosens(each) for each in changes) else draft
    goals = goals_after(problem, verdict.goals, source)
    draft.goals = [{"name": each.name.value, "value": each.value, "bound": each.bound} for each in goals]
    _write(session, draft, changed, places)
    board.revision += 1
    session.add(
        BoardEdit(
            schedule_id=draft.id,
            revision=board.revision,
            by_id=by,
            action=action.value,
            changes=changes,
            undoes=undoes,
        )
    )
    record(
        f"board.{action.value}",
        forum_id=draft.forum_id,
        subject=f"schedule:{draft.id}",
        details={"meetings": [row_id(each["meeting"]) for each in changes], "revision": board.revision},
    )
    return Step(board.revision, action.value, by, tuple(changes)), changed


def _loosens(change: Mapping[str, Any]) -> bool:
    before, after = change["before"], change["after"]
    return bool(before and before["locked"] and not (after and after["locked"]))


def _with_locks(session: Session, problem: Problem, changes: Sequence[Mapping[str, Any]]) -> Problem:
    """Locks are the meeting's own, so that runs keep them too: the problem and the rows change together."""
    locks: dict[str, Mapping[str, Any] | None] = {}
    for change in changes:
        before, after = change["before"], change["after"]
        if bool(before and before["locked"]) != bool(after and after["locked"]):
            locks[change["meeting"]] = after if after and after["locked"] else None
    if not locks:
        return problem
    for meeting, place in locks.items():
        session.execute(
            update(Meeting)
            .where(Meeting.id == row_id(meeting))
            .values(
                locked_slot_id=row_id(place["slot"]) if place else None,
                locked_table_id=row_id(place["table"]) if place else None,
            )
        )
    meetings = tuple(
        msgspec.structs.replace(
            each,
            locked_slot=place["slot"] if (place := locks[each.id]) else None,
            locked_table=place["table"] if place else None,
        )
        if each.id in locks
        else each
        for each in problem.meetings
    )
    return msgspec.structs.replace(problem, meetings=meetings)


def _write(session: Session, draft: Schedule, changed: Position, places: Places) -> None:
    """Only the rows of what changed; the slots' own keys refuse double bookings once more."""
    problem, rows = changed.problem, [row_id(meeting) for meeting in places]
    session.execute(
        delete(Placement).where(Placement.schedule_id == draft.id, Placement.meeting_id.in_(rows))
    )
    store_placements(session, draft.id, problem, [each for each in places.values() if each is not None])
    waiting = changed.waiting()
    _write_reasons(session, draft.id, changed, places)
    left_out = draft.placed_count + draft.unplaced_count - len(problem.meetings)
    draft.placed_count = len(changed.placed)
    draft.unplaced_count = len(waiting) + max(left_out, 0)
    key = digest(problem)
    if key != draft.problem_digest:
        draft.problem, draft.problem_digest = pack_problem(problem), key


def _write_reasons(session: Session, schedule_id: int, changed: Position, places: Places) -> None:
    waiting = {each.id for each in changed.waiting()}
    wanted = waiting if len(waiting) <= ALL_REASONS else waiting & set(places)
    found: tuple[solver.Unplaced, ...] = reasons(changed.problem, changed.placed.values(), only=wanted)
    gone = [row_id(each) for each in wanted | set(places)]
    session.execute(
        delete(Unplaced).where(Unplaced.schedule_id == schedule_id, Unplaced.meeting_id.in_(gone))
    )
    if found:
        session.execute(
            insert(Unplaced),
            [
                {
                    "schedule_id": schedule_id,
                    "meeting_id": row_id(each.meeting),
                    "reason": each.reason.value,
                    "subjects": list(each.subjects),
                }
                for each in found
            ],
        )


# Back and forth


def _own(session: Session, schedule_id: int, by: int | None) -> Iterable[BoardEdit]:
    """The steps of ``by`` that are no going back or forth, newest first."""
    query = (
        select(BoardEdit)
        .where(
            BoardEdit.schedule_id == schedule_id,
            BoardEdit.by_id == by,
            BoardEdit.action.not_in((Action.UNDO, Action.REDO)),
        )
        .order_by(BoardEdit.revision.desc())
    )
    return session.scalars(query)


def _standing(session: Session, schedule_id: int, by: int | None) -> BoardEdit | None:
    """The newest step that was not taken back."""
    return next((edit for edit in _own(session, schedule_id, by) if not edit.undone), None)


def _taken_back(session: Session, schedule_id: int, by: int | None) -> BoardEdit | None:
    """The oldest of the newest steps that were all taken back: the one to do again first."""
    found = None
    for edit in _own(session, schedule_id, by):
        if not edit.undone:
            break
        found = edit
    return found


def _again(schedule: Schedule, *, by: int | None, action: Action) -> Step:
    back = action is Action.UNDO
    schedule_id, uid = schedule.id, schedule.uid
    with transaction() as session:
        draft, board = _locked(session, schedule_id)
        edit = (_standing if back else _taken_back)(session, schedule_id, by)
        if edit is None:
            raise Conflict(NOTHING[action])
        position = position_of(draft, board.revision)
        changes = [
            {"meeting": each["meeting"], "before": before, "after": after}
            for each in edit.changes
            for before, after in [
                (each["after"], each["before"]) if back else (each["before"], each["after"])
            ]
        ]
        if any(_now(position, each["meeting"]) != each["before"] for each in changes):
            raise Conflict(lazy_gettext("Somebody has changed this meeting since: it can't be taken back."))
        edit.undone = back
        step, after = _store(
            session, draft, board, position, action=action, changes=changes, by=by, undoes=edit.revision
        )
    remember(uid, step.revision, after)
    return step


def _now(position: Position, meeting: str) -> dict[str, Any] | None:
    return as_json(position.placed.get(meeting), locked=_is_locked(position, meeting))
