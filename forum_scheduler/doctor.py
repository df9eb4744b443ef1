"""``forum doctor``: rules that must hold over the whole database, checked from the rows themselves.

The database refuses most of this already; the doctor finds what a restored dump, an edited row or a bug of
ours left behind. It changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, undefer

from forum_scheduler.forums.models import Forum, Slot, Table
from forum_scheduler.publishing.models import CalendarEvent, EventStatus, Publication
from forum_scheduler.requests.models import Meeting, MeetingState, Request
from forum_scheduler.scheduling.models import (
    DelegateSlot,
    InterpreterSlot,
    Placement,
    PlacementDelegate,
    Schedule,
    TableSlot,
    Unplaced,
)
from forum_scheduler.scheduling.planning import NotReady, build
from forum_scheduler.scheduling.storing import load_result, unpack_problem
from solver.codec import FormatError, digest
from solver.problem import GoalName, Problem
from solver.verify import verify

MOST = 20  # findings of one check in one schedule or forum


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A broken rule. ``where`` is "thing:id"; ``message`` says what is wrong, in English, with ids."""

    check: str
    where: str
    message: str


Check = Callable[[Session], Iterator[Finding]]


def check(session: Session) -> tuple[Finding, ...]:
    """All findings, in the order of the checks; empty when all is well. Reads only."""
    return tuple(finding for each in CHECKS for finding in each(session))


def _one_request_a_pair(session: Session) -> Iterator[Finding]:
    """One request per pair of companies and forum, whoever asks."""
    low = case((Request.asker_id < Request.asked_id, Request.asker_id), else_=Request.asked_id)
    high = case((Request.asker_id < Request.asked_id, Request.asked_id), else_=Request.asker_id)
    query = (
        select(Request.forum_id, low, high, func.count())
        .group_by(Request.forum_id, low, high)
        .having(func.count() > 1)
    )
    for forum_id, one, two, count in session.execute(query):
        yield Finding(
            check="one-request-a-pair",
            where=f"forum:{forum_id}",
            message=f"companies {one} and {two} have {count} requests",
        )


def _rows_of_forum(session: Session) -> Iterator[Finding]:
    """Slots and tables of placements belong to the schedule's forum, as do the meetings."""
    query = (
        select(Placement.id, Placement.schedule_id)
        .join(Schedule, Schedule.id == Placement.schedule_id)
        .join(Meeting, Meeting.id == Placement.meeting_id)
        .join(Slot, Slot.id == Placement.slot_id)
        .join(Table, Table.id == Placement.table_id)
        .where(
            (Meeting.forum_id != Schedule.forum_id)
            | (Slot.forum_id != Schedule.forum_id)
            | (Table.forum_id != Schedule.forum_id)
        )
        .limit(MOST)
    )
    for placement_id, schedule_id in session.execute(query):
        yield Finding(
            check="one-forum",
            where=f"schedule:{schedule_id}",
            message=f"placement {placement_id} mixes rows of several forums",
        )


def _double_bookings(session: Session) -> Iterator[Finding]:
    """Nobody, no table and no interpreter is in two placements of a schedule at once, from the placements.

    Counted over the placements and the lengths of their meetings, not over the *_slot rows: see below.
    """
    for schedule in _schedules(session):
        taken: dict[tuple[str, int, int], int] = {}
        for placement, slots, people in _occupied(session, schedule):
            users = [("table", placement.table_id), *(("delegate", person) for person in people)]
            if placement.interpreter_id is not None:
                users.append(("interpreter", placement.interpreter_id))
            for kind, id_ in users:
                for slot in slots:
                    other = taken.setdefault((kind, id_, slot), placement.id)
                    if other != placement.id:
                        yield Finding(
                            check="double-booking",
                            where=f"schedule:{schedule.id}",
                            message=f"{kind} {id_}: placements {other} and {placement.id} in slot {slot}",
                        )


def _slot_rows_agree(session: Session) -> Iterator[Finding]:
    """The *_slot rows, by which the database refuses double bookings, say the same as the placements."""
    for schedule in _schedules(session):
        wanted: dict[str, set[tuple[int, int, int]]] = defaultdict(set)
        for placement, slots, people in _occupied(session, schedule):
            for slot in slots:
                wanted["table_slot"].add((slot, placement.table_id, placement.id))
                wanted["delegate_slot"] |= {(slot, person, placement.id) for person in people}
                if placement.interpreter_id is not None:
                    wanted["interpreter_slot"].add((slot, placement.interpreter_id, placement.id))
        stored: dict[str, Select[int, int, int]] = {
            "table_slot": select(TableSlot.slot_id, TableSlot.table_id, TableSlot.placement_id).where(
                TableSlot.schedule_id == schedule.id
            ),
            "delegate_slot": select(
                DelegateSlot.slot_id, DelegateSlot.delegate_id, DelegateSlot.placement_id
            ).where(DelegateSlot.schedule_id == schedule.id),
            "interpreter_slot": select(
                InterpreterSlot.slot_id, InterpreterSlot.interpreter_id, InterpreterSlot.placement_id
            ).where(InterpreterSlot.schedule_id == schedule.id),
        }
        for name, query in stored.items():
            found = {(slot, user, placement) for slot, user, placement in session.execute(query)}
            missing, extra = wanted[name] - found, found - wanted[name]
            if missing or extra:
                yield Finding(
                    check="slot-rows",
                    where=f"schedule:{schedule.id}",
                    message=f"{name}: {len(missing)} rows missing, {len(extra)} too many",
                )


def _counts_agree(session: Session) -> Iterator[Finding]:
    """A schedule's counts are those of its rows, and no meeting is both placed and unplaced."""
    for schedule in _schedules(session):
        counts = [
            session.scalar(select(func.count()).select_from(model).where(model.schedule_id == schedule.id))
            for model in (Placement, Unplaced)
        ]
        if counts != [schedule.placed_count, schedule.unplaced_count]:
            yield Finding(
                check="counts",
                where=f"schedule:{schedule.id}",
                message=f"says {schedule.placed_count} placed and {schedule.unplaced_count} unplaced, "
                f"the rows {counts[0]} and {counts[1]}",
            )
        both = (
            select(Unplaced.meeting_id)
            .join(Placement, Placement.meeting_id == Unplaced.meeting_id)
            .where(Unplaced.schedule_id == schedule.id, Placement.schedule_id == schedule.id)
        )
        for meeting_id in session.scalars(both):
            yield Finding(
                check="counts",
                where=f"schedule:{schedule.id}",
                message=f"meeting {meeting_id} is placed and unplaced",
            )


def _published_schedules_hold(session: Session) -> Iterator[Finding]:
    """Each published schedule keeps every rule, availability too, of the problem that is stored with it."""
    published = select(Publication.schedule_id)
    query = select(Schedule).where(Schedule.id.in_(published)).options(undefer(Schedule.problem))
    for schedule in session.scalars(query.order_by(Schedule.id)):
        try:
            problem = unpack_problem(schedule.problem)
        except (FormatError, OSError, EOFError) as error:
            yield Finding(
                check="published",
                where=f"schedule:{schedule.id}",
                message=f"its problem can't be read: {error}",
            )
            continue
        if digest(problem) != schedule.problem_digest:
            yield Finding(
                check="published",
                where=f"schedule:{schedule.id}",
                message="its problem is not the one that it was made for",
            )
        yield from _violations(schedule, problem)


def _violations(schedule: Schedule, problem: Problem) -> Iterator[Finding]:
    found = [
        violation
        for violation in verify(problem, load_result(schedule, problem)).violations
        # Promises were made to the version before; they can't be judged from the problem alone.
        if violation.subjects != (GoalName.PROMISES.value,)
    ]
    for violation in found[:MOST]:
        yield Finding(
            check="published",
            where=f"schedule:{schedule.id}",
            message=f"{violation.rule}: {violation.message}",
        )


def _placements_are_possible(session: Session) -> Iterator[Finding]:
    """The current version, by the forum as it is *now*: who became absent, what was closed or cancelled."""
    for publication in _current(session):
        forum = session.get_one(Forum, publication.forum_id)
        schedule = session.get_one(Schedule, publication.schedule_id)
        cancelled = (
            select(Placement.meeting_id)
            .join(Meeting, Meeting.id == Placement.meeting_id)
            .where(Placement.schedule_id == schedule.id, Meeting.state == MeetingState.CANCELLED)
        )
        gone = {f"m{meeting_id}" for meeting_id in session.scalars(cancelled)}
        for meeting in sorted(gone)[:MOST]:
            yield Finding(
                check="current-version",
                where=f"forum:{forum.id}",
                message=f"{meeting} was cancelled after version {publication.version}: publish again",
            )
        try:
            problem = build(forum).problem
        except NotReady:
            continue
        rules = ("available", "table-open", "one-person", "one-table", "one-interpreter")
        for violation in verify(problem, load_result(schedule, problem)).violations:
            if violation.rule in rules and not gone.intersection(violation.subjects):
                yield Finding(
                    check="current-version",
                    where=f"forum:{forum.id}",
                    message=f"version {publication.version} no longer holds: {violation.message}",
                )


def _versions_have_no_gap(session: Session) -> Iterator[Finding]:
    """Versions of a forum are 1, 2, 3, ..."""
    query = (
        select(Publication.forum_id, func.count(), func.max(Publication.version))
        .group_by(Publication.forum_id)
        .having(func.count() != func.max(Publication.version))
    )
    for forum_id, count, newest in session.execute(query):
        yield Finding(
            check="versions",
            where=f"forum:{forum_id}",
            message=f"{count} versions, the newest is {newest}",
        )


def _calendars_agree(session: Session) -> Iterator[Finding]:
    """Confirmed calendar events are exactly the newest version's placements, at the same table."""
    for publication in _current(session):
        rows = session.execute(
            select(PlacementDelegate.delegate_id, Placement.meeting_id, Placement.table_id)
            .join(Placement, Placement.id == PlacementDelegate.placement_id)
            .where(Placement.schedule_id == publication.schedule_id)
        )
        wanted = {(delegate, meeting): table for delegate, meeting, table in rows}
        events = session.execute(
            select(CalendarEvent.delegate_id, CalendarEvent.meeting_id, CalendarEvent.table_id).where(
                CalendarEvent.forum_id == publication.forum_id,
                CalendarEvent.status == EventStatus.CONFIRMED,
            )
        )
        told = {(delegate, meeting): table for delegate, meeting, table in events}
        wrong = sorted(key for key in wanted.keys() | told.keys() if wanted.get(key) != told.get(key))
        for delegate, meeting in wrong[:MOST]:
            yield Finding(
                check="calendars",
                where=f"forum:{publication.forum_id}",
                message=f"delegate {delegate}, meeting {meeting}: the calendar does not agree with "
                f"version {publication.version}",
            )


def _schedules(session: Session) -> list[Schedule]:
    return list(session.scalars(select(Schedule).order_by(Schedule.id)))


def _current(session: Session) -> list[Publication]:
    """Each forum's newest version."""
    newest = (
        select(Publication.forum_id, func.max(Publication.version).label("version"))
        .group_by(Publication.forum_id)
        .subquery()
    )
    query = select(Publication).join(
        newest, (newest.c.forum_id == Publication.forum_id) & (newest.c.version == Publication.version)
    )
    return list(session.scalars(query.order_by(Publication.forum_id)))


def _occupied(
    session: Session, schedule: Schedule
) -> Iterator[tuple[Placement, tuple[int, ...], tuple[int, ...]]]:
    """Each placement with the slots that it occupies and the delegates who come."""
    following: dict[int, list[int]] = defaultdict(list)
    block_of: dict[int, int] = {}
    slots = select(Slot.id, Slot.block_id).where(Slot.forum_id == schedule.forum_id).order_by(Slot.starts_at)
    for slot_id, block_id in session.execute(slots):
        following[block_id].append(slot_id)
        block_of[slot_id] = block_id
    retired = set(session.scalars(select(Slot.id).where(Slot.forum_id == schedule.forum_id, ~Slot.live())))
    as_placed: dict[int, tuple[int, ...]] = {}
    if retired:
        rows_of = (
            select(TableSlot.placement_id, TableSlot.slot_id)
            .join(Slot, Slot.id == TableSlot.slot_id)
            .where(TableSlot.schedule_id == schedule.id)
            .order_by(Slot.starts_at)
        )
        for placement_id, slot_id in session.execute(rows_of):
            as_placed[placement_id] = (*as_placed.get(placement_id, ()), slot_id)
    people: dict[int, list[int]] = defaultdict(list)
    coming = (
        select(PlacementDelegate.placement_id, PlacementDelegate.delegate_id)
        .join(Placement, Placement.id == PlacementDelegate.placement_id)
        .where(Placement.schedule_id == schedule.id)
    )
    for placement_id, delegate_id in session.execute(coming):
        people[placement_id].append(delegate_id)
    placements = (
        select(Placement, Meeting.length_slots)
        .join(Meeting, Meeting.id == Placement.meeting_id)
        .where(Placement.schedule_id == schedule.id)
        .order_by(Placement.id)
    )
    for placement, length in session.execute(placements):
        block = following[block_of[placement.slot_id]] if placement.slot_id in block_of else []
        first = block.index(placement.slot_id) if block else 0
        taken = tuple(block[first : first + length]) or (placement.slot_id,)
        rows = as_placed.get(placement.id, ())
        if retired & set(rows):  # cut anew since: what follows the start now is not what followed it then
            taken = rows
        yield placement, taken, tuple(people[placement.id])


CHECKS: tuple[Check, ...] = (
    _one_request_a_pair,
    _rows_of_forum,
    _double_bookings,
    _slot_rows_agree,
    _counts_agree,
    _published_schedules_hold,
    _placements_are_possible,
    _versions_have_no_gap,
    _calendars_agree,
)
