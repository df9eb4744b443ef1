"""Zones, walks, tables and closures changed later: what schedules name is retired, the rest goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.describing import tables_of, zones_of
from forum_scheduler.forums.labels import MOST_LABELS, expand_labels
from forum_scheduler.forums.localtime import LocalTimeError, parse_moment
from forum_scheduler.forums.models import Forum, Slot, Table, TableClosure, Zone, ZoneWalk
from forum_scheduler.requests.models import Meeting
from forum_scheduler.scheduling.models import Placement
from forum_scheduler.scheduling.words import Names
from forum_scheduler.setup import touched
from forum_scheduler.setup.saving import Section, Touch, ask_first, check_names, saving, touch


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """A zone as it is typed; ``id`` None: a new one. ``place``: from 1; None: where it stands."""

    id: int | None
    name: str
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesRow:
    """Equal tables: ``labels`` is a range such as ``1-40``."""

    labels: str
    zone_id: int
    seats: int = 6
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureRow:
    """Tables that can't be used from a moment to a moment of the forum's clocks."""

    labels: str
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDetails:
    """What one table is; ``host_id``: the company whose booth it is."""

    label: str
    zone_id: int
    seats: int
    features: tuple[str, ...] = ()
    host_id: int | None = None
    closed: frozenset[int] = field(default_factory=frozenset)  # slots


# Zones


def change_zones(
    forum_id: int,
    rows: Sequence[ZoneRow],
    walks: Mapping[tuple[int, int], int],
    *,
    seen: str,
    agreed: str = "",
) -> None:
    """Store the zones by their places, and minutes between pairs of them (by id). Raises Invalid, Asks ..."""
    with saving(forum_id, Section.ZONES, seen=seen) as (session, forum):
        live = {zone.id: zone for zone in zones_of(forum_id)}
        _check_zones(forum_id, rows, live)
        kept = {row.id for row in rows if row.id is not None}
        gone = [id_ for id_ in live if id_ not in kept]
        ask_first(tuple(_zone_touches(forum, gone)), agreed=agreed)
        _retire_zones(session, gone)
        for position, row in enumerate(_in_their_places(rows)):
            zone = live[row.id] if row.id is not None else _revived_zone(forum_id, row.name)
            zone.name, zone.position = row.name, position
            session.add(zone)
            session.flush()
        _store_walks(session, live, walks)


def _in_their_places(rows: Sequence[ZoneRow]) -> list[ZoneRow]:
    """Of two at one place the one that was sent there stands where it was going: up before, down after."""

    def key(stands: int, row: ZoneRow) -> tuple[int, int]:
        wanted = stands if row.place is None else row.place
        return wanted, (wanted > stands) - (wanted < stands)

    numbered = sorted(enumerate(rows, start=1), key=lambda each: key(*each))
    return [row for _stands, row in numbered]


def _check_zones(forum_id: int, rows: Sequence[ZoneRow], live: Mapping[int, Zone]) -> None:
    if not rows:
        raise Invalid(_("A forum needs a zone at least."), field="rows")
    check_names(
        [(row.id, row.name) for row in rows], live, longest=120, gone=_("This zone is no longer there.")
    )
    kept = {row.id for row in rows}
    full = {table.zone_id for table in tables_of(forum_id)}
    for id_, zone in live.items():
        if id_ not in kept and id_ in full:
            raise Invalid(_("%(zone)s has tables: move or remove them first.", zone=zone.name), field="rows")


def _zone_touches(forum: Forum, gone: Sequence[int]) -> Iterator[Touch]:
    bound = touched.agreed_meetings(forum, Meeting.zone_id.in_(gone), Names(forum)) if gone else ()
    if bound:
        yield touch(
            ngettext(
                "%(num)s agreed meeting is bound to a zone that goes: it may then be anywhere.",
                "%(num)s agreed meetings are bound to a zone that goes: they may then be anywhere.",
                len(bound),
            ),
            bound,
        )


def _retire_zones(session: Session, gone: Sequence[int]) -> None:
    session.execute(update(Meeting).where(Meeting.zone_id.in_(gone)).values(zone_id=None))
    session.execute(delete(ZoneWalk).where(ZoneWalk.low_id.in_(gone) | ZoneWalk.high_id.in_(gone)))
    with_tables = set(session.scalars(select(Table.zone_id).where(Table.zone_id.in_(gone))))
    session.execute(update(Zone).where(Zone.id.in_(with_tables)).values(retired_at=now()))
    session.execute(delete(Zone).where(Zone.id.in_([id_ for id_ in gone if id_ not in with_tables])))


def _revived_zone(forum_id: int, name: str) -> Zone:
    """A retired one of this name that comes back, or a new one."""
    query = select(Zone).where(Zone.forum_id == forum_id, Zone.name == name, ~Zone.live()).limit(1)
    zone = db.session.scalar(query) or Zone(forum_id=forum_id)
    zone.retired_at = None
    return zone


def _store_walks(session: Session, live: Mapping[int, Zone], walks: Mapping[tuple[int, int], int]) -> None:
    ids = [id_ for id_, zone in live.items() if zone.retired_at is None]
    session.execute(delete(ZoneWalk).where(ZoneWalk.low_id.in_(ids)))
    there = set(session.scalars(select(Zone.id).where(Zone.id.in_(ids), Zone.live())))
    session.add_all(
        ZoneWalk(low_id=low, high_id=high, minutes=minutes)
        for (low, high), minutes in walks.items()
        if minutes > 0 and {low, high} <= there
    )


# Tables


def change_tables(
    forum_id: int,
    rows: Sequence[TablesRow],
    closures: Sequence[ClosureRow],
    *,
    seen: str,
    agreed: str = "",
) -> None:
    """Store all tables, by label: those of a label that stays go on. Raises Invalid, Overtaken, Asks."""
    with saving(forum_id, Section.TABLES, seen=seen) as (session, forum):
        live = {table.label: table for table in tables_of(forum_id)}
        wanted = _wanted_tables(forum_id, rows)
        gone = [table.id for label, table in live.items() if label not in wanted]
        moved = [
            table.id for label, table in live.items()
            if label in wanted and wanted[label].zone_id != table.zone_id
        ]  # fmt: skip
        closed = _closed(forum, live, wanted, closures)
        before = _pairs(session, [table.id for table in live.values()])
        new = {(live[label].id, slot) for label, slot in closed if label in live} - before
        ask_first(tuple(_table_touches(forum, gone, moved, new)), agreed=agreed)
        retire_tables(session, gone)
        for position, (label, row) in enumerate(wanted.items()):
            table = live.get(label) or _revived_table(forum_id, label)
            table.position, table.zone_id = position, row.zone_id
            table.seats, table.features = row.seats, list(row.features)
            session.add(table)
        session.flush()
        _store_closures(session, forum_id, closed)


def _wanted_tables(forum_id: int, rows: Sequence[TablesRow]) -> dict[str, TablesRow]:
    zones = {zone.id for zone in zones_of(forum_id)}
    wanted: dict[str, TablesRow] = {}
    for index, row in enumerate(rows):
        where = f"rows[{index}]"
        if row.zone_id not in zones:
            raise Invalid(_("Choose a zone."), field=f"{where}.zone")
        if not 2 <= row.seats <= 100:
            raise Invalid(_("From 2 to 100 seats."), field=f"{where}.seats")
        for label in _labels(row.labels, f"{where}.labels"):
            if label in wanted:
                raise Invalid(_("table %(label)s is given twice", label=label), field=f"{where}.labels")
            wanted[label] = row
    if not wanted:
        raise Invalid(_("A forum needs a table at least."), field="rows")
    if len(wanted) > MOST_LABELS:
        raise Invalid(_("more than %(most)s tables", most=MOST_LABELS), field="rows")
    return wanted


def _labels(text: str, where: str) -> tuple[str, ...]:
    try:
        return expand_labels(text)
    except ValueError as error:
        raise Invalid(str(error), field=where) from error


def _closed(
    forum: Forum,
    live: Mapping[str, Table],
    wanted: Mapping[str, TablesRow],
    closures: Sequence[ClosureRow],
) -> set[tuple[str, int]]:
    """(label, slot) for each closed table and slot."""
    query = select(Slot).where(Slot.forum_id == forum.id, Slot.live())
    slots = db.session.scalars(query).all()
    found: set[tuple[str, int]] = set()
    for index, row in enumerate(closures):
        where = f"closures[{index}]"
        moments = []
        for name, text in (("start", row.start), ("end", row.end)):
            try:
                moments.append(parse_moment(text, forum.zone))
            except LocalTimeError as error:
                raise Invalid(str(error), field=f"{where}.{name}") from error
        hit = [slot.id for slot in slots if slot.starts_at < moments[1] and moments[0] < slot.ends_at]
        if not hit:
            raise Invalid(_("no slot of the forum lies in this time"), field=f"{where}.start")
        for label in _labels(row.labels, f"{where}.labels"):
            if label in wanted:
                found.update((label, slot) for slot in hit)
            elif label not in live:  # of a table that goes with this very change it is forgotten
                raise Invalid(_("there is no table %(label)s", label=label), field=f"{where}.labels")
    return found


def _pairs(session: Session, table_ids: Collection[int]) -> set[tuple[int, int]]:
    query = select(TableClosure.table_id, TableClosure.slot_id).where(TableClosure.table_id.in_(table_ids))
    return {(table, slot) for table, slot in session.execute(query)}


def _table_touches(
    forum: Forum, gone: Sequence[int], moved: Sequence[int], closed: Collection[tuple[int, int]]
) -> Iterator[Touch]:
    if not (gone or moved or closed):
        return
    names = Names(forum)
    yield from touched.placements(forum, Placement.table_id.in_([*gone, *moved]), names)
    locked = touched.agreed_meetings(forum, Meeting.locked_table_id.in_(gone), names)
    if locked:
        yield touch(
            ngettext(
                "%(num)s agreed meeting is locked to a table that goes: it is unlocked.",
                "%(num)s agreed meetings are locked to tables that go: they are unlocked.",
                len(locked),
            ),
            locked,
        )
    if closed:
        yield from touched.placements(forum, touched.closed(closed), names)


def retire_tables(session: Session, gone: Sequence[int]) -> None:
    """Out of use where a schedule names them, deleted otherwise; locks to them end."""
    session.execute(
        update(Meeting)
        .where(Meeting.locked_table_id.in_(gone))
        .values(locked_slot_id=None, locked_table_id=None)
    )
    used = set(session.scalars(select(Placement.table_id).where(Placement.table_id.in_(gone))))
    session.execute(update(Table).where(Table.id.in_(used)).values(retired_at=now(), host_company_id=None))
    session.execute(delete(Table).where(Table.id.in_([id_ for id_ in gone if id_ not in used])))


def _revived_table(forum_id: int, label: str) -> Table:
    query = select(Table).where(Table.forum_id == forum_id, Table.label == label, ~Table.live()).limit(1)
    table = db.session.scalar(query) or Table(forum_id=forum_id, label=label)
    table.retired_at = None
    return table


def _store_closures(session: Session, forum_id: int, closed: Collection[tuple[str, int]]) -> None:
    ids = {table.label: table.id for table in tables_of(forum_id)}
    there, wanted = _pairs(session, ids.values()), {(ids[label], slot) for label, slot in closed}
    slots = select(Slot.id).where(Slot.forum_id == forum_id, Slot.live())
    live_slots = set(session.scalars(slots))
    for table, slot in there - wanted:
        if slot in live_slots:
            session.execute(
                delete(TableClosure).where(TableClosure.table_id == table, TableClosure.slot_id == slot)
            )
    session.add_all(TableClosure(table_id=table, slot_id=slot) for table, slot in sorted(wanted - there))


# One table


def change_table(forum_id: int, table_id: int, wanted: TableDetails, *, seen: str, agreed: str = "") -> None:
    """Change one table; a new label is a new name of the same table. Raises Invalid, Overtaken, Asks."""
    with saving(forum_id, Section.TABLES, seen=seen) as (session, forum):
        table = session.get_one(Table, table_id)
        _check_table(forum_id, table, wanted)
        before = _pairs(session, [table_id])
        new = {(table_id, slot) for slot in wanted.closed} - before
        named = (table.label, table.zone_id) != (wanted.label, wanted.zone_id)
        touches = list(_table_touches(forum, (), [table_id] if named else (), new))
        ask_first(touches, agreed=agreed)
        table.label, table.zone_id, table.seats = wanted.label, wanted.zone_id, wanted.seats
        table.features, table.host_company_id = list(wanted.features), wanted.host_id
        live = set(session.scalars(select(Slot.id).where(Slot.forum_id == forum_id, Slot.live())))
        off = [slot for _table, slot in before if slot in live and slot not in wanted.closed]
        session.execute(
            delete(TableClosure).where(TableClosure.table_id == table_id, TableClosure.slot_id.in_(off))
        )
        session.add_all(TableClosure(table_id=table_id, slot_id=slot) for _table, slot in sorted(new))


def _check_table(forum_id: int, table: Table, wanted: TableDetails) -> None:
    if table.retired_at is not None:
        raise Invalid(_("This table is out of use. Add it again on the page of all tables."), field="label")
    if not 1 <= len(wanted.label) <= 40 or "," in wanted.label:
        raise Invalid(_("A label of 1 to 40 characters, without commas, is needed."), field="label")
    other = next((each for each in tables_of(forum_id) if each.label == wanted.label), table)
    if other.id != table.id:
        raise Invalid(_("table %(label)s is given twice", label=wanted.label), field="label")
    if wanted.zone_id not in {zone.id for zone in zones_of(forum_id)}:
        raise Invalid(_("Choose a zone."), field="zone_id")
    if wanted.host_id is not None:
        host = db.session.get(Company, wanted.host_id)
        if host is None or host.forum_id != forum_id:
            raise Invalid(_("Choose a company."), field="host_id")
    slots = set(db.session.scalars(select(Slot.id).where(Slot.forum_id == forum_id, Slot.live())))
    if not wanted.closed <= slots:
        raise Invalid(_("The forum's times have changed meanwhile. Look again, then save."), field="closed")
