"""What the pages of runs and schedules show, loaded whole by a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.companies.reading import person_name
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Block, Forum, Side, Slot, Table, Zone
from forum_scheduler.requests.models import Party
from forum_scheduler.scheduling.ids import row_id
from forum_scheduler.scheduling.models import (
    DelegateSlot,
    Placement,
    Run,
    RunKind,
    RunState,
    Schedule,
    TableSlot,
    Unplaced,
)
from forum_scheduler.scheduling.words import (
    Names,
    reason_sentence,
)
from forum_scheduler.spelling import alphabetical

MOST_WORST = 10


def ahead_of(run: Run) -> Run | None:
    """The run of the same forum that is at work, for whose end a queued one waits."""
    return db.session.scalar(
        select(Run)
        .where(
            Run.forum_id == run.forum_id,
            Run.id != run.id,
            Run.state == RunState.RUNNING,
            Run.kind == run.kind,
        )
        .order_by(Run.id)
        .limit(1)
    )


def runs_of(forum: Forum, *, limit: int = 50) -> tuple[tuple[Run, Schedule | None], ...]:
    """The newest runs, each with its schedule where it has one."""
    query = (
        select(Run, Schedule)
        .outerjoin(Schedule, Schedule.run_id == Run.id)
        .where(Run.forum_id == forum.id, Run.kind == RunKind.SCHEDULE)
        .order_by(Run.id.desc())
        .limit(limit)
    )
    return tuple((run, schedule) for run, schedule in db.session.execute(query))


def schedules_of(forum: Forum) -> tuple[Schedule, ...]:
    """All schedules, newest first."""
    query = select(Schedule).where(Schedule.forum_id == forum.id).order_by(Schedule.number.desc())
    return tuple(db.session.scalars(query))


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCoverage:
    """A side's approved companies, and what they got. ``served``: companies with at least the floor."""

    name: str
    companies: int
    served: int
    without: int
    placed: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyCount:
    """A company that got fewer meetings than the floor though it has more agreed."""

    company_id: int
    name: str
    placed: int
    wanted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    sides: tuple[SideCoverage, ...]
    countries: tuple[SideCoverage, ...]  # in the order of the reader's alphabet
    sizes: tuple[SideCoverage, ...]  # named as companies say it; "" for those that do not
    short: tuple[CompanyCount, ...]
    worst: tuple[CompanyCount, ...]  # the smallest share of what was agreed, the worst first


def coverage_of(schedule: Schedule, forum: Forum) -> Coverage:
    """Meetings by company and side; a company's agreed meetings are those placed and those not."""
    placed = _by_company(Placement, schedule)
    missing = _by_company(Unplaced, schedule)
    query = (
        select(Company.id, Company.name, Side.name, Company.country, Company.size)
        .join(Side, Side.id == Company.side_id)
        .where(Company.forum_id == forum.id, Company.status == CompanyStatus.APPROVED)
        .order_by(Side.id, Company.name)
    )
    counts: dict[str, list[CompanyCount]] = defaultdict(list)
    countries: dict[str, list[CompanyCount]] = defaultdict(list)
    sizes: dict[str, list[CompanyCount]] = defaultdict(list)
    for id_, name, side, country, size in db.session.execute(query):
        got = placed.get(id_, 0)
        one = CompanyCount(company_id=id_, name=name, placed=got, wanted=got + missing.get(id_, 0))
        for groups, key in ((counts, side), (countries, country), (sizes, size)):
            groups[key].append(one)
    floor = forum.coverage_floor
    short = [one for own in counts.values() for one in own if one.placed < min(floor, one.wanted)]
    missed = [one for own in counts.values() for one in own if one.placed < one.wanted]
    return Coverage(
        sides=tuple(_side(name, own, floor) for name, own in counts.items()),
        countries=tuple(
            sorted(
                (_side(_country(code), own, floor) for code, own in countries.items()),
                key=lambda each: alphabetical(each.name),
            )
        ),
        sizes=tuple(_side(name, own, floor) for name, own in sorted(sizes.items())),
        short=tuple(sorted(short, key=lambda one: (one.placed, one.name))),
        worst=tuple(
            sorted(missed, key=lambda one: (one.placed / one.wanted, -one.wanted, one.name))[:MOST_WORST]
        ),
    )


def _side(name: str, companies: Sequence[CompanyCount], floor: int) -> SideCoverage:
    return SideCoverage(
        name=name,
        companies=len(companies),
        served=sum(one.placed >= floor for one in companies),
        without=sum(one.placed == 0 for one in companies),
        placed=sum(one.placed for one in companies),
        wanted=sum(one.wanted for one in companies),
    )


def _country(code: str) -> str:
    """The name in the reader's language; "" for a company that does not say where it is."""
    locale = get_locale()
    return str(locale.territories.get(code, code)) if locale else code


def _by_company(model: type[Placement] | type[Unplaced], schedule: Schedule) -> dict[int, int]:
    query = (
        select(Party.company_id, func.count().label("meetings"))
        .select_from(Party)
        .join(model, model.meeting_id == Party.meeting_id)
        .where(model.schedule_id == schedule.id)
        .group_by(Party.company_id)
    )
    return {row.company_id: row.meetings for row in db.session.execute(query)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaks:
    """A delegate and how often they wait: runs of free slots between two meetings of a block."""

    delegate_id: int
    name: str
    company: str
    breaks: int
    meetings: int


def most_breaks(schedule: Schedule, forum: Forum, *, most: int = 10) -> tuple[Breaks, ...]:
    """Who has most breaks, those with none left out."""
    slots = db.session.execute(
        select(Slot.id, Slot.block_id).where(Slot.forum_id == forum.id).order_by(Slot.starts_at)
    ).all()
    at = {slot: index for index, (slot, _block) in enumerate(slots)}
    block_of = dict(slots)
    busy: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    meetings: dict[int, set[int]] = defaultdict(set)
    query = select(DelegateSlot.delegate_id, DelegateSlot.slot_id, DelegateSlot.placement_id).where(
        DelegateSlot.schedule_id == schedule.id
    )
    for delegate, slot, placement in db.session.execute(query):
        busy[delegate][block_of[slot]].append(at[slot])
        meetings[delegate].add(placement)
    counts = {delegate: sum(map(_gaps, own.values())) for delegate, own in busy.items()}
    worst = sorted((each for each in counts if counts[each]), key=lambda each: (-counts[each], each))[:most]
    people = select(Delegate.id, Delegate.name, Company.name).join(Company, Company.id == Delegate.company_id)
    names = {
        id_: (name, company)
        for id_, name, company in db.session.execute(people.where(Delegate.id.in_(worst)))
    }
    return tuple(
        Breaks(
            delegate_id=each,
            name=person_name(names[each][0]),
            company=names[each][1],
            breaks=counts[each],
            meetings=len(meetings[each]),
        )
        for each in worst
    )


def _gaps(indices: list[int]) -> int:
    ordered = sorted(indices)
    return sum(after - before > 1 for before, after in pairwise(ordered))


def block_label(forum: Forum, block: str) -> str:
    """``Wed 12 May, Morning``, or its hours where it has no name, of a block by its solver id."""
    row = db.session.get(Block, row_id(block))
    if row is None:
        return block
    starts, ends = (each.astimezone(forum.zone) for each in (row.starts_at, row.ends_at))
    day = format_date(starts.date(), _("EEE d MMM"))
    return f"{day}, {row.name or f'{starts:%H:%M}–{ends:%H:%M}'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLoad:
    """Tables in use: ``rows`` are zones with a number for each of ``times``; ``maximum``: of one zone."""

    label: str  # the day in words
    times: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    maximum: int


def _used(column: InstrumentedAttribute[int], schedule: Schedule) -> Select[int]:
    """What the schedule's placements name, also where it was retired since."""
    return select(column).where(TableSlot.schedule_id == schedule.id)


def load_of(schedule: Schedule, forum: Forum) -> tuple[DayLoad, ...]:
    """How many tables are taken in each slot and zone, a day at a time."""
    taken: dict[tuple[int, int], int] = {
        (slot, zone): count
        for slot, zone, count in db.session.execute(
            select(TableSlot.slot_id, Table.zone_id, func.count())
            .join(Table, Table.id == TableSlot.table_id)
            .where(TableSlot.schedule_id == schedule.id)
            .group_by(TableSlot.slot_id, Table.zone_id)
        )
    }
    zones = db.session.execute(
        select(Zone.id, Zone.name, func.count(Table.id))
        .join(Table, Table.zone_id == Zone.id)
        .where(Zone.forum_id == forum.id, Table.live() | Table.id.in_(_used(TableSlot.table_id, schedule)))
        .group_by(Zone.id, Zone.name, Zone.position)
        .order_by(Zone.position, Zone.id)
    ).all()
    days: dict[date, list[tuple[int, str]]] = defaultdict(list)
    query = (
        select(Slot.id, Slot.starts_at)
        .where(Slot.forum_id == forum.id, Slot.live() | Slot.id.in_(_used(TableSlot.slot_id, schedule)))
        .order_by(Slot.starts_at, Slot.id)
    )
    for id_, starts_at in db.session.execute(query):
        local = starts_at.astimezone(forum.zone)
        days[local.date()].append((id_, f"{local:%H:%M}"))
    return tuple(
        DayLoad(
            label=str(format_date(day, _("EEEE d MMMM"))),
            times=tuple(time for _slot, time in slots),
            rows=tuple(
                (
                    str(ngettext("%(zone)s (%(num)s table)", "%(zone)s (%(num)s tables)", tables, zone=name)),
                    tuple(taken.get((slot, zone), 0) for slot, _time in slots),
                )
                for zone, name, tables in zones
            ),
            maximum=max((tables for _id, _name, tables in zones), default=0),
        )
        for day, slots in days.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedRow:
    """A meeting without a place, in words."""

    meeting_id: int
    title: str
    reason: str
    sentence: str


def unplaced_of(schedule: Schedule, names: Names) -> tuple[UnplacedRow, ...]:
    """Every meeting that is not placed and why, by name."""
    query = select(Unplaced).where(Unplaced.schedule_id == schedule.id)
    rows = [
        UnplacedRow(
            meeting_id=row.meeting_id,
            title=names.meeting(row.meeting_id),
            reason=row.reason,
            sentence=reason_sentence(names, row.meeting_id, row.reason, row.subjects),
        )
        for row in db.session.scalars(query)
    ]
    return tuple(sorted(rows, key=lambda row: (row.title, row.meeting_id)))
