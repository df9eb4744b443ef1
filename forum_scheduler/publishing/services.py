"""Publishing: a schedule becomes version n+1, calendars learn what changed, and so do those concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext, lazy_ngettext
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum_scheduler.accounts.audit import record
from forum_scheduler.clock import now
from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing import notices, rosters
from forum_scheduler.publishing.changes import (
    Appointment,
    Change,
    Key,
    Summary,
    appointments,
    by_delegate,
    compare,
    summarise,
    told,
)
from forum_scheduler.publishing.models import CalendarEvent, EventStatus, Publication
from forum_scheduler.publishing.reading import schedule_entries
from forum_scheduler.scheduling.models import Run, Schedule
from forum_scheduler.scheduling.planning import build
from forum_scheduler.scheduling.storing import load_result
from solver import schedule as solver
from solver.codec import digest
from solver.problem import GoalName, Problem
from solver.schedule import Reason, Status
from solver.verify import Violation, verify

# The organisers' own word on runs to come: no reason why an earlier schedule could not be published again.
WISHES = frozenset({"locked-slot", "locked-table"})


class Broken(Conflict):
    """The forum changed since the schedule was made, and the schedule breaks rules now: ``violations``."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        super().__init__(
            lazy_ngettext(
                "The forum has changed since, and this schedule breaks %(num)s rule now. Solve again.",
                "The forum has changed since, and this schedule breaks %(num)s rules now. Solve again.",
                len(self.violations),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What publishing would do: what is wrong, what changes, and who would be told.

    ``unlocked``: meetings that are not where they are locked, which is said but stops nobody.
    """

    seen_version: int
    changed_since: bool  # the forum's data differ from those that were solved
    violations: tuple[Violation, ...]
    unlocked: tuple[Violation, ...]
    changes: tuple[Change, ...]
    summary: Summary
    mails: int
    interpreters: int  # among those who get a mail
    without_address: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A new version, to how many people a notice of it goes, and for whom there was no address."""

    publication: Publication
    told: int
    without_address: int


def current_version(forum_id: int) -> int:
    """The newest published version's number, 0 before the first."""
    query = select(func.max(Publication.version)).where(Publication.forum_id == forum_id)
    return db.session.scalar(query) or 0


def preview(schedule: Schedule) -> Preview:
    """All that the page before publishing shows. Raises NotReady."""
    forum = db.session.get_one(Forum, schedule.forum_id)
    problem = build(forum, goals=_goals_of(schedule)).problem
    before = told(forum)
    changes = compare(before, appointments(schedule_entries(schedule.id)))
    delegates = notices.recipients(forum, (change.newest.delegate_id for change in changes))
    interpreters = tuple(each.reader for each in rosters.due(forum, schedule.id, before))
    affected = (*delegates, *interpreters)
    found = check_again(schedule, problem)
    with_address = sum(bool(each.email) for each in affected)
    return Preview(
        seen_version=current_version(forum.id),
        changed_since=digest(problem) != schedule.problem_digest,
        violations=tuple(each for each in found if each.rule not in WISHES),
        unlocked=tuple(each for each in found if each.rule in WISHES),
        changes=changes,
        summary=summarise(changes),
        mails=with_address,
        interpreters=sum(bool(each.email) for each in interpreters),
        without_address=len(affected) - with_address,
    )


def _goals_of(schedule: Schedule) -> Sequence[str] | None:
    """The goals of the run that made it, where they were not the forum's: no change of the forum's data."""
    if schedule.run_id is None:
        return None
    return db.session.scalar(select(Run.goals).where(Run.id == schedule.run_id))


def check_again(schedule: Schedule, problem: Problem) -> tuple[Violation, ...]:
    """Judge the stored rows by the problem as it is *now*.

    Where the forum changed since, or promises to an older version count, the schedule's own claims (goals,
    what is unplaced) are about another problem: then only the rules are judged.
    """
    found = load_result(schedule, problem)
    if schedule.problem_digest != digest(problem) or GoalName.PROMISES in problem.goals:
        found = _without_claims(found, problem)
    return verify(problem, found).violations


def _without_claims(found: solver.Schedule, problem: Problem) -> solver.Schedule:
    placed = {placement.meeting for placement in found.placements}
    rest = (meeting.id for meeting in problem.meetings if meeting.id not in placed)
    return solver.Schedule(
        version=1,
        status=Status.FEASIBLE,
        problem_digest=found.problem_digest,
        solver_version=found.solver_version,
        placements=found.placements,
        unplaced=tuple(solver.Unplaced(meeting=each, reason=Reason.COSTS_MORE) for each in rest),
    )


def publish(
    schedule: Schedule,
    *,
    by: int | None,
    preliminary: bool = False,
    note: str = "",
    seen_version: int | None = None,
) -> Publication:
    """:func:`publish_and_count` for those who need not know how many were told."""
    done = publish_and_count(schedule, by=by, preliminary=preliminary, note=note, seen_version=seen_version)
    return done.publication


def publish_and_count(
    schedule: Schedule,
    *,
    by: int | None,
    preliminary: bool = False,
    note: str = "",
    seen_version: int | None = None,
) -> Published:
    """Freeze ``schedule`` as the forum's next version; any schedule, an earlier one again, too.

    In one transaction: the rows are judged once more by the forum as it is now, the version is written,
    calendar events follow, and everybody whose agenda changed (nobody else) gets one notice. ``by``: the
    user's id, None for the command line. ``seen_version``: the newest version that the organiser saw (0: none
    yet), by default the one that is newest when this is called. Raises Conflict when another version was
    published meanwhile or nothing would change, Broken, NotReady.
    """
    forum_id, schedule_id = schedule.forum_id, schedule.id
    if seen_version is None:
        seen_version = current_version(forum_id)
    try:
        with transaction() as session:
            query = select(Forum).where(Forum.id == forum_id).with_for_update()
            forum = session.scalars(query.execution_options(populate_existing=True)).one()
            return _publish(
                session,
                forum,
                session.get_one(Schedule, schedule_id),
                publication=Publication(
                    forum_id=forum_id,
                    version=seen_version + 1,
                    schedule_id=schedule_id,
                    published_at=now(),
                    published_by_id=by,
                    preliminary=preliminary,
                    note=note.strip(),
                ),
            )
    except IntegrityError as error:
        if current_version(forum_id) > seen_version:
            raise _overtaken() from error
        raise


def _overtaken() -> Conflict:
    return Conflict(
        lazy_gettext("Another version was published meanwhile: look at the changes again before publishing.")
    )


def _publish(session: Session, forum: Forum, schedule: Schedule, *, publication: Publication) -> Published:
    if current_version(forum.id) != publication.version - 1:
        raise _overtaken()
    found = check_again(schedule, build(forum, goals=_goals_of(schedule)).problem)
    violations = [each for each in found if each.rule not in WISHES]
    if violations:
        raise Broken(violations)
    before, after = told(forum), appointments(schedule_entries(schedule.id))
    changes = compare(before, after)
    if not changes and _is_current(session, publication):
        raise Conflict(lazy_gettext("This is the published version already: nothing would change."))
    duties = rosters.due(forum, schedule.id, before)
    session.add(publication)
    session.flush()
    _tell_calendars(session, publication, after)
    told_now, silent = _tell_people(forum, publication, changes, before)
    told_now += sum(rosters.send(forum, publication, each) for each in duties if each.reader.email)
    silent += sum(not each.reader.email for each in duties)
    record(
        "schedule.published",
        forum_id=forum.id,
        subject=f"schedule:{schedule.id}",
        details={
            "version": publication.version,
            "preliminary": publication.preliminary,
            "notices": told_now,
        },
    )
    return Published(publication=publication, told=told_now, without_address=silent)


def _is_current(session: Session, wanted: Publication) -> bool:
    newest = session.scalar(
        select(Publication).where(
            Publication.forum_id == wanted.forum_id, Publication.version == wanted.version - 1
        )
    )
    return newest is not None and (newest.schedule_id, newest.preliminary) == (
        wanted.schedule_id,
        wanted.preliminary,
    )


def _tell_people(
    forum: Forum, publication: Publication, changes: Sequence[Change], before: Mapping[Key, Appointment]
) -> tuple[int, int]:
    """A notice for each person with a change and an address: how many, and how many have no address."""
    changed = by_delegate(changes)
    knew = {delegate_id for delegate_id, _ in before}
    sent = silent = 0
    for person in notices.recipients(forum, changed):
        if person.email:
            first = person.delegate_id not in knew
            sent += notices.send(forum, publication, person, changed[person.delegate_id], first=first)
        else:
            silent += 1
    return sent, silent


def _tell_calendars(session: Session, publication: Publication, after: Mapping[Key, Appointment]) -> None:
    """SEQUENCE rises with each published change of an event, dropping and coming back included."""
    query = select(
        CalendarEvent.delegate_id,
        CalendarEvent.meeting_id,
        CalendarEvent.sequence,
        CalendarEvent.status,
        CalendarEvent.digest,
    ).where(CalendarEvent.forum_id == publication.forum_id)
    known: dict[Key, tuple[int, str, str]] = {
        (delegate, meeting): (sequence, status, digest_)
        for delegate, meeting, sequence, status, digest_ in session.execute(query)
    }
    added, changed = [], []
    for key, one in after.items():
        old = known.get(key)
        if old is None:
            added.append({**_values(one, publication), "sequence": 0})
        elif old[1] != EventStatus.CONFIRMED or old[2] != one.digest:
            changed.append({**_values(one, publication), "sequence": old[0] + 1})
    dropped = [
        {
            "delegate_id": delegate,
            "meeting_id": meeting,
            "sequence": sequence + 1,
            "status": EventStatus.CANCELLED,
            "changed_in_id": publication.id,
        }
        for (delegate, meeting), (sequence, status, _) in known.items()
        if status == EventStatus.CONFIRMED and (delegate, meeting) not in after
    ]
    if added:
        session.execute(insert(CalendarEvent), added)
    for rows in (changed, dropped):
        if rows:
            session.execute(update(CalendarEvent), rows)


def _values(one: Appointment, publication: Publication) -> dict[str, Any]:
    starts_at: datetime = one.starts_at
    return {
        "delegate_id": one.delegate_id,
        "meeting_id": one.meeting_id,
        "forum_id": publication.forum_id,
        "status": EventStatus.CONFIRMED,
        "starts_at": starts_at,
        "ends_at": one.ends_at,
        "table_id": one.table_id,
        "digest": one.digest,
        "changed_in_id": publication.id,
    }
