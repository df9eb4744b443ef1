"""What the board's page shows: a day, a zone, the cards in their cells, and the tray."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Block, Forum, Slot, Table, Zone, places_in_order
from forum_scheduler.scheduling.board.position import Position
from forum_scheduler.scheduling.board.words import Card, Places, card_of
from forum_scheduler.scheduling.ids import Kind, row_id, solver_id
from forum_scheduler.scheduling.models import Placement, Schedule, Unplaced
from forum_scheduler.scheduling.storing import occupied_slots
from forum_scheduler.scheduling.words import Names, reason_sentence

AT_ONCE = 60  # tables up to which all zones are shown at first
ALL = 0  # as a zone: all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    table_id: int
    label: str
    features: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A zone and its tables."""

    zone_id: int
    name: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One table in one slot: a card, the rest of a longer meeting (``holds``), closed, or free."""

    card: Card | None = None
    holds: int | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    slot_id: int
    time: str
    day: str  # where several days are shown, at a day's first slot
    block: str  # at a block's first slot
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    days: tuple[tuple[str, str], ...]  # (value, label)
    day: str
    zones: tuple[tuple[int, str], ...]
    zone: int
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    tray: tuple[Card, ...]


def grid_of(
    schedule: Schedule, forum: Forum, position: Position, names: Names, *, day: str, zone: int | None
) -> Grid:
    """``day``: ISO date, "all", or "" for the first; ``zone``: its id, 0 for all, None to choose by size."""
    slots = _slots(forum, position)
    local_days = [slot.starts_at.astimezone(forum.zone).date() for slot, _block in slots]
    days = {each.isoformat(): each for each in local_days}
    chosen = day if day in (*days, "all") else next(iter(days), "all")
    groups = _groups(forum, position)
    many = sum(len(group.columns) for group in groups) > AT_ONCE
    first = groups[0].zone_id if groups and many else ALL
    wanted = zone if zone is not None and zone in (ALL, *(g.zone_id for g in groups)) else first
    shown = tuple(group for group in groups if wanted in (ALL, group.zone_id))
    before = source_places(schedule)
    cards = _cards(position, names, before)
    return Grid(
        days=(*((key, _day(value)) for key, value in days.items()), ("all", str(_("All days")))),
        day=chosen,
        zones=(*((g.zone_id, g.name) for g in groups), (ALL, str(_("All zones")))),
        zone=wanted,
        groups=shown,
        rows=_rows(forum, position, slots, shown, cards, day=chosen),
        tray=tray_of(schedule, position, names, before),
    )


def _day(value: date) -> str:
    return str(format_date(value, _("EEE d MMM")))


def _slots(forum: Forum, position: Position) -> list[tuple[Slot, str]]:
    """Those of the draft's problem, also where the forum has retired some since."""
    known = {row_id(slot.id) for slot in position.problem.slots}
    query = (
        select(Slot, Block.name)
        .join(Block, Block.id == Slot.block_id)
        .where(Slot.forum_id == forum.id)
        .order_by(Slot.starts_at)
    )
    return [(slot, name) for slot, name in db.session.execute(query) if slot.id in known]


def _groups(forum: Forum, position: Position) -> tuple[Group, ...]:
    known = {row_id(table.id) for table in position.problem.tables}
    query = (
        select(Zone.id, Zone.name, Table.id, Table.label, Table.features)
        .join(Table, Table.zone_id == Zone.id)
        .where(Zone.forum_id == forum.id)
        .order_by(*places_in_order())
    )
    found: dict[tuple[int, str], list[Column]] = {}
    for zone_id, zone, table_id, label, features in db.session.execute(query):
        if table_id not in known:
            continue
        column = Column(table_id=table_id, label=label, features=", ".join(features))
        found.setdefault((zone_id, zone), []).append(column)
    return tuple(Group(zone_id=id_, name=name, columns=tuple(own)) for (id_, name), own in found.items())


def source_places(schedule: Schedule) -> Places:
    """Where meetings are in the schedule that this one was made from."""
    query = select(Placement.meeting_id, Placement.slot_id, Placement.table_id).where(
        Placement.schedule_id == (schedule.based_on_id or schedule.id)
    )
    return {meeting: (slot, table) for meeting, slot, table in db.session.execute(query)}


def _cards(position: Position, names: Names, before: Places) -> Mapping[tuple[int, int], Cell]:
    """(slot, table) -> what is there."""
    found: dict[tuple[int, int], Cell] = {}
    occupied = occupied_slots(position.problem, position.placed.values())
    for meeting in position.problem.meetings:
        placement = position.placed.get(meeting.id)
        if placement is None:
            continue
        card, table = card_of(position, meeting, names, before=before), row_id(placement.table)
        first, *rest = occupied[meeting.id]
        found[row_id(first), table] = Cell(card=card)
        for slot in rest:
            found[row_id(slot), table] = Cell(holds=card.meeting_id)
    return found


def _rows(
    forum: Forum,
    position: Position,
    slots: list[tuple[Slot, str]],
    groups: tuple[Group, ...],
    cards: Mapping[tuple[int, int], Cell],
    *,
    day: str,
) -> tuple[Row, ...]:
    shut = {(row_id(slot), row_id(table.id)) for table in position.problem.tables for slot in table.closed}
    tables = [column.table_id for group in groups for column in group.columns]
    free, closed = Cell(), Cell(closed=True)
    rows: list[Row] = []
    last_block, last_day = 0, ""
    for slot, block in slots:
        local = slot.starts_at.astimezone(forum.zone)
        iso = local.date().isoformat()
        if day not in (iso, "all"):
            continue
        rows.append(
            Row(
                slot_id=slot.id,
                time=f"{local:%H:%M}",
                day=_day(local.date()) if day == "all" and iso != last_day else "",
                block=(block or f"{local:%H:%M}") if slot.block_id != last_block else "",
                cells=tuple(
                    cards.get((slot.id, table)) or (closed if (slot.id, table) in shut else free)
                    for table in tables
                ),
            )
        )
        last_block, last_day = slot.block_id, iso
    return tuple(rows)


def tray_of(schedule: Schedule, position: Position, names: Names, before: Places) -> tuple[Card, ...]:
    """The meetings without a place and why, musts first, then by name."""
    query = select(Unplaced).where(Unplaced.schedule_id == schedule.id)
    why = {
        solver_id(Kind.MEETING, row.meeting_id): reason_sentence(
            names, row.meeting_id, row.reason, row.subjects
        )
        for row in db.session.scalars(query)
    }
    cards = (
        card_of(position, meeting, names, before=before, why=why.get(meeting.id, ""))
        for meeting in position.waiting()
    )
    return tuple(sorted(cards, key=lambda card: (not card.must, card.title)))
