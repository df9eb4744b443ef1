"""Problems of the scheduling literature (.dzn) as forums: participants become companies, slots get times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.companies.names import name_key
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.description import (
    BlockDescription,
    DayDescription,
    ForumDescription,
    LimitsDescription,
    SideDescription,
    TablesDescription,
    WindowDescription,
)
from forum_scheduler.forums.models import Forum, Side, Slot, Table
from forum_scheduler.forums.services import create_forum, find_forum
from forum_scheduler.importing.batch import Count, Report
from forum_scheduler.importing.mistakes import refuse_file
from forum_scheduler.requests.models import (
    Meeting,
    MeetingStart,
    Party,
    Precedence,
    Unavailability,
)
from solver import problem as solver
from solver.codec import FormatError
from solver.instances.dzn import parse_dzn

FIRST_MINUTE = 8 * 60  # the made-up day begins at 08:00 UTC
LAST_MINUTE = 23 * 60
DAYS_AHEAD = 60
UNKNOWN_COUNTRY = "ZZ"


def create_from_dzn(name: str, text: str, *, max_breaks: int | None, dry_run: bool) -> Report:
    """A new forum of this name from the problem in ``text``; one of that name stays as it is.

    The slots are one block of one made-up day (the literature knows no times, and its noon is no break), all
    meetings are musts, the goal is the fewest breaks with at most ``max_breaks`` of anybody. Raises
    ImportRefused with the field of the file, Invalid.
    """
    try:
        problem = parse_dzn(text, max_breaks=max_breaks)
    except FormatError as error:
        raise refuse_file(error.message, column=error.path) from error
    with transaction():
        stored = find_forum(name)
        if stored is not None:
            return _compare(stored, problem, dry_run=dry_run)
        forum = create_forum(_description(name, problem))
        ids = _add_companies(forum, problem)
        meetings = _add_meetings(forum, problem, ids)
    counts = {
        "companies": Count(made=len(problem.companies)),
        "meetings": Count(made=len(meetings)),
    }
    return Report(forum=forum.name, forum_made=True, dry_run=dry_run, counts=counts)


def _compare(forum: Forum, problem: solver.Problem, *, dry_run: bool) -> Report:
    """The same file again changes nothing; another one has no place in a forum that is there."""
    query = select(func.count()).select_from(Company).where(Company.forum_id == forum.id)
    companies = db.session.scalar(query) or 0
    query = select(func.count()).select_from(Meeting).where(Meeting.forum_id == forum.id)
    meetings = db.session.scalar(query) or 0
    if (companies, meetings) != (len(problem.companies), len(problem.meetings)):
        message = _(
            "there is a forum %(name)s already: import the .dzn file under another name",
            name=repr(forum.name),
        )
        raise Invalid(message, field="name")
    counts = {"companies": Count(same=companies), "meetings": Count(same=meetings)}
    return Report(forum=forum.name, dry_run=dry_run, counts=counts)


def _description(name: str, problem: solver.Problem) -> ForumDescription:
    """Slots of 20 minutes, or shorter where the day would not hold them."""
    count = len(problem.slots)
    minutes = min(20, (LAST_MINUTE - FIRST_MINUTE) // count)
    if minutes < 1:
        raise refuse_file(
            _("more than %(most)s slots", most=LAST_MINUTE - FIRST_MINUTE), column="nTotalSlots"
        )
    if not problem.tables:
        raise refuse_file(_("at least one table is needed"), column="nTables")
    if len(problem.tables) > 5000:
        raise refuse_file(_("more than %(most)s tables", most=5000), column="nTables")
    start, end = FIRST_MINUTE, FIRST_MINUTE + count * minutes
    day = (now() + timedelta(days=DAYS_AHEAD)).astimezone(UTC)
    return ForumDescription(
        name=name,
        timezone="UTC",
        days=(
            DayDescription(
                date=f"{day:%Y-%m-%d}",
                blocks=(BlockDescription(start=_clock(start), end=_clock(end)),),
            ),
        ),
        slot_minutes=minutes,
        pause_minutes=0,
        zones=("Hall",),
        tables=(TablesDescription(labels=f"1-{len(problem.tables)}", zone="Hall", seats=2),),
        sides=(SideDescription(code="all", name=_("Participants"), asks=("all",)),),
        open_registration=False,
        requests=WindowDescription(),
        limits=LimitsDescription(
            goals=tuple(goal.value for goal in problem.goals),
            most_breaks=problem.max_breaks,
            all_must_take_place=problem.must_all,
        ),
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


class _Ids(NamedTuple):
    """Ids of the problem -> rows."""

    slots: Mapping[str, int]
    tables: Mapping[str, int]
    companies: Mapping[str, int]


def _add_companies(forum: Forum, problem: solver.Problem) -> _Ids:
    session = db.session
    side_id = session.scalars(select(Side.id).where(Side.forum_id == forum.id)).one()
    slots = session.scalars(select(Slot.id).where(Slot.forum_id == forum.id).order_by(Slot.starts_at)).all()
    tables = session.scalars(
        select(Table.id).where(Table.forum_id == forum.id).order_by(Table.position)
    ).all()
    slot_ids = dict(zip((slot.id for slot in problem.slots), slots, strict=True))
    companies: dict[str, Company] = {}
    delegates: dict[str, Delegate] = {}
    for number, company in enumerate(problem.companies, start=1):
        name = _("Participant %(number)s", number=number)
        row = Company(
            forum_id=forum.id,
            side_id=side_id,
            name=name,
            name_key=name_key(name),
            country=UNKNOWN_COUNTRY,
            status=CompanyStatus.APPROVED,
            max_meetings=company.max_meetings,
        )
        row.delegates = [Delegate(forum_id=forum.id, name=_("Delegate %(number)s", number=number))]
        companies[company.id], delegates[company.id] = row, row.delegates[0]
    session.add_all(companies.values())
    session.flush()
    # In these problems a participant is one person: company and person have the same id.
    session.add_all(
        Unavailability(delegate_id=delegates[person.id].id, slot_id=slot_ids[slot])
        for person in problem.people
        for slot in person.unavailable
    )
    return _Ids(
        slots=slot_ids,
        tables=dict(zip((table.id for table in problem.tables), tables, strict=True)),
        companies={key: row.id for key, row in companies.items()},
    )


def _add_meetings(forum: Forum, problem: solver.Problem, ids: _Ids) -> list[Meeting]:
    rows: dict[str, Meeting] = {}
    for number, meeting in enumerate(problem.meetings, start=1):
        row = Meeting(
            forum_id=forum.id,
            title=_("Meeting %(number)s", number=number),
            weight=meeting.weight,
            length_slots=meeting.length,
            must=True,
            locked_slot_id=ids.slots[meeting.locked_slot] if meeting.locked_slot else None,
        )
        row.parties = [
            Party(company_id=ids.companies[party.company], position=position)
            for position, party in enumerate(meeting.parties)
        ]
        rows[meeting.id] = row
    db.session.add_all(rows.values())
    db.session.flush()
    for meeting in problem.meetings:
        row_id = rows[meeting.id].id
        db.session.add_all(
            MeetingStart(meeting_id=row_id, slot_id=ids.slots[slot]) for slot in meeting.starts or ()
        )
        db.session.add_all(Precedence(before_id=rows[before].id, after_id=row_id) for before in meeting.after)
    db.session.flush()
    return list(rows.values())
