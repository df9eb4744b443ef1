"""What the organiser's overview is made of: counts of the forum's rows, and nothing for the eye."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter, Side, Slot, Table
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.outbox.models import Mail
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication
from forum_scheduler.requests.models import Meeting, MeetingState
from forum_scheduler.requests.reading import counts_by_state
from forum_scheduler.requests.reminding import quiet_companies
from forum_scheduler.scheduling.models import Run, RunKind, Schedule
from forum_scheduler.scheduling.runs import nightly_of

TREND = 7  # runs whose results are drawn: a week of nights


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCounts:
    """Companies of a side by status."""

    side_id: int
    name: str
    approved: int
    waiting: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run could place, of all agreed meetings."""

    schedule_id: int
    at: datetime
    placed: int
    agreed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the overview tells of, counted once."""

    companies: Mapping[str, int]  # status -> number
    sides: tuple[SideCounts, ...]
    owing: int  # companies with requests to answer
    silent: int  # companies that asked nobody and have no meeting
    delegates: int
    slots: int
    tables: int
    interpreters: int
    requests: Mapping[str, int]  # state -> number
    meetings: int
    meeting_slots: int
    interpreted: int
    run: Run | None  # the newest
    nightly: Run | None
    schedule: Schedule | None  # the newest
    trend: tuple[Result, ...]
    publication: Publication | None
    mails: Mapping[str, int] = field(default_factory=dict)  # state -> number


def facts_of(forum: Forum) -> Facts:
    """In a fixed number of queries."""
    session = db.session
    companies, sides = _companies(forum)
    mails = dict(
        session.execute(
            select(Mail.state, func.count()).where(Mail.forum_id == forum.id).group_by(Mail.state)
        ).all()
    )
    delegates, slots, tables, interpreters = _sizes(forum)
    agreed = (Meeting.forum_id == forum.id, Meeting.state == MeetingState.AGREED)
    meetings = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Meeting.length_slots), 0),
        ).where(*agreed)
    ).one()
    pairs = session.scalars(select(Meeting.interpret).where(*agreed))
    schedule = select(Schedule).where(Schedule.forum_id == forum.id).order_by(Schedule.number.desc()).limit(1)
    quiet = quiet_companies(forum) if window_at(forum, now()) is Window.OPEN else ()
    return Facts(
        companies=companies,
        sides=sides,
        owing=sum(1 for each in quiet if each.unanswered),
        silent=sum(1 for each in quiet if not each.unanswered),
        delegates=delegates,
        slots=slots,
        tables=tables,
        interpreters=interpreters,
        requests=counts_by_state(forum.id),
        meetings=meetings[0],
        meeting_slots=int(meetings[1]),
        # Counted here: what an empty JSON column compares to differs between the databases.
        interpreted=sum(1 for pair in pairs if pair),
        run=_newest_run(forum),
        nightly=nightly_of(forum.id),
        schedule=session.scalars(schedule).first(),
        trend=_trend(forum),
        publication=current_publication(forum),
        mails=mails,
    )


def _sizes(forum: Forum) -> tuple[int, ...]:
    """How many delegates, slots, tables and interpreters there are."""
    conditions = (
        Delegate.forum_id == forum.id,
        (Slot.forum_id == forum.id) & Slot.live(),
        (Table.forum_id == forum.id) & Table.live(),
        (Interpreter.forum_id == forum.id) & Interpreter.live(),
    )
    counts = (select(func.count()).where(condition).scalar_subquery() for condition in conditions)
    return tuple(db.session.execute(select(*counts)).one())


def _newest_run(forum: Forum) -> Run | None:
    schedules = (Run.forum_id == forum.id, Run.kind == RunKind.SCHEDULE)
    return db.session.scalars(select(Run).where(*schedules).order_by(Run.id.desc()).limit(1)).first()


def _companies(forum: Forum) -> tuple[Mapping[str, int], tuple[SideCounts, ...]]:
    """By status, and by side and status."""
    counts: dict[str, int] = defaultdict(int)
    by_side: dict[tuple[int, str], dict[str, int]] = {}
    query = (
        select(Side.id, Side.name, Company.status, func.count(Company.id))
        .outerjoin(Company, Company.side_id == Side.id)
        .where(Side.forum_id == forum.id)
        .group_by(Side.id, Side.name, Company.status)
        .order_by(Side.id)
    )
    for side_id, name, status, number in db.session.execute(query):
        own = by_side.setdefault((side_id, name), {})
        if status is not None:
            own[status] = number
            counts[status] += number
    return counts, tuple(
        SideCounts(
            side_id=side_id,
            name=name,
            approved=own.get(CompanyStatus.APPROVED, 0),
            waiting=own.get(CompanyStatus.APPLIED, 0),
            refused=own.get(CompanyStatus.REFUSED, 0),
        )
        for (side_id, name), own in by_side.items()
    )


def _trend(forum: Forum) -> tuple[Result, ...]:
    """The newest runs' results, the newest first."""
    query = (
        select(Schedule.id, Schedule.created_at, Schedule.placed_count, Schedule.unplaced_count)
        .join(Run, Run.id == Schedule.run_id)
        .where(Run.forum_id == forum.id, Run.kind == RunKind.SCHEDULE)
        .order_by(Run.id.desc())
        .limit(TREND)
    )
    return tuple(
        Result(schedule_id=id_, at=at, placed=placed, agreed=placed + unplaced)
        for id_, at, placed, unplaced in db.session.execute(query)
    )
