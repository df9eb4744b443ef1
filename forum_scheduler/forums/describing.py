"""From a forum's rows back to its description: the inverse of ``frame``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from forum_scheduler.extensions import db
from forum_scheduler.forums.description import (
    BlockDescription,
    CapabilityDescription,
    ClosureDescription,
    DayDescription,
    ForumDescription,
    InterpreterDescription,
    LimitsDescription,
    ProgrammeDescription,
    SideDescription,
    SpanDescription,
    TablesDescription,
    WalkDescription,
    WindowDescription,
    WordsDescription,
)
from forum_scheduler.forums.labels import join_labels
from forum_scheduler.forums.localtime import write_clock, write_moment
from forum_scheduler.forums.models import (
    AskRule,
    Block,
    Capability,
    Forum,
    Interpreter,
    InterpreterAbsence,
    MailText,
    Side,
    Slot,
    Table,
    TableClosure,
    Zone,
    ZoneWalk,
)
from forum_scheduler.forums.programme import programme_of


def describe_forum(forum: Forum) -> ForumDescription:
    """The description from which an equal forum can be made."""
    blocks = list(
        db.session.scalars(
            select(Block)
            .where(Block.forum_id == forum.id, Block.live())
            .options(selectinload(Block.slots))
            .order_by(Block.starts_at)
        )
    )
    slots = [slot for block in blocks for slot in block.slots]
    zones = zones_of(forum.id)
    tables = tables_of(forum.id)
    return ForumDescription(
        name=forum.name,
        slug=forum.slug,
        timezone=forum.timezone,
        venue=forum.venue,
        description=dict(forum.description),
        contact_email=forum.contact_email,
        languages=tuple(forum.languages),
        slot_minutes=forum.slot_minutes,
        pause_minutes=forum.pause_minutes,
        days=_days(forum, blocks),
        zones=tuple(zone.name for zone in zones),
        walks=_walks(zones),
        tables=_tables(tables, zones),
        closures=_closures(forum, tables, slots),
        interpreters=_interpreters(forum, slots),
        sides=_sides(forum),
        open_registration=forum.open_registration,
        requests=_window(forum),
        limits=_limits(forum),
        capabilities=_capabilities(forum),
        programme=_programme(forum),
        texts=_texts(forum),
    )


def zones_of(forum_id: int) -> list[Zone]:
    """The zones in use, in their order."""
    query = select(Zone).where(Zone.forum_id == forum_id, Zone.live())
    return list(db.session.scalars(query.order_by(Zone.position, Zone.id)))


def sides_of(forum_id: int) -> list[Side]:
    """The sides, oldest first."""
    return list(db.session.scalars(select(Side).where(Side.forum_id == forum_id).order_by(Side.id)))


def tables_of(forum_id: int) -> list[Table]:
    """The tables in use, in their order."""
    query = select(Table).where(Table.forum_id == forum_id, Table.live())
    return list(db.session.scalars(query.order_by(Table.position, Table.id)))


def _days(forum: Forum, blocks: Sequence[Block]) -> tuple[DayDescription, ...]:
    zone = forum.zone
    return tuple(
        DayDescription(
            date=str(day),
            blocks=tuple(
                BlockDescription(
                    name=block.name,
                    start=write_clock(block.starts_at, zone),
                    end=write_clock(block.ends_at, zone),
                )
                for block in group
            ),
        )
        for day, group in groupby(blocks, key=lambda block: block.starts_at.astimezone(zone).date())
    )


def _walks(zones: Sequence[Zone]) -> tuple[WalkDescription, ...]:
    names = {zone.id: zone.name for zone in zones}
    rows = db.session.scalars(
        select(ZoneWalk).where(ZoneWalk.low_id.in_(names)).order_by(ZoneWalk.low_id, ZoneWalk.high_id)
    )
    return tuple(
        WalkDescription(between=(names[walk.low_id], names[walk.high_id]), minutes=walk.minutes)
        for walk in rows
    )


def _tables(tables: Sequence[Table], zones: Sequence[Zone]) -> tuple[TablesDescription, ...]:
    names = {zone.id: zone.name for zone in zones}
    groups = groupby(tables, key=lambda table: (names[table.zone_id], table.seats, tuple(table.features)))
    return tuple(
        TablesDescription(
            labels=join_labels([table.label for table in group]), zone=zone, seats=seats, features=features
        )
        for (zone, seats, features), group in groups
    )


def _closures(forum: Forum, tables: Sequence[Table], slots: Sequence[Slot]) -> tuple[ClosureDescription, ...]:
    """Tables that are closed in the same slots share an entry."""
    closed: dict[int, set[int]] = defaultdict(set)
    ids = select(Table.id).where(Table.forum_id == forum.id, Table.live())
    for closure in db.session.scalars(select(TableClosure).where(TableClosure.table_id.in_(ids))):
        closed[closure.table_id].add(closure.slot_id)
    alike: dict[frozenset[int], list[str]] = defaultdict(list)
    for table in tables:
        if table.id in closed:
            alike[frozenset(closed[table.id])].append(table.label)
    return tuple(
        ClosureDescription(tables=join_labels(labels), start=span.start, end=span.end)
        for slot_ids, labels in alike.items()
        for span in spans(forum, slots, slot_ids)
    )


def _interpreters(forum: Forum, slots: Sequence[Slot]) -> tuple[InterpreterDescription, ...]:
    rows = list(
        db.session.scalars(
            select(Interpreter)
            .where(Interpreter.forum_id == forum.id, Interpreter.live())
            .order_by(Interpreter.id)
        )
    )
    absent: dict[int, set[int]] = defaultdict(set)
    ids = select(Interpreter.id).where(Interpreter.forum_id == forum.id, Interpreter.live())
    for row in db.session.scalars(
        select(InterpreterAbsence).where(InterpreterAbsence.interpreter_id.in_(ids))
    ):
        absent[row.interpreter_id].add(row.slot_id)
    return tuple(
        InterpreterDescription(
            name=row.name,
            email=row.email,
            pairs=tuple("-".join(pair) for pair in row.pairs),
            most_in_row=row.max_in_row,
            most_per_day=row.max_per_day,
            absent=spans(forum, slots, absent[row.id]),
        )
        for row in rows
    )


def spans(forum: Forum, slots: Sequence[Slot], chosen: Iterable[int]) -> tuple[SpanDescription, ...]:
    """Neighbouring chosen slots as stretches from a moment to a moment."""
    wanted = set(chosen)
    runs: list[list[Slot]] = []
    last: Slot | None = None
    for slot in slots:
        if slot.id in wanted:
            if last is None or last.id not in wanted:
                runs.append([])
            runs[-1].append(slot)
        last = slot
    zone = forum.zone
    return tuple(
        SpanDescription(start=write_moment(run[0].starts_at, zone), end=write_moment(run[-1].ends_at, zone))
        for run in runs
    )


def _sides(forum: Forum) -> tuple[SideDescription, ...]:
    sides = list(db.session.scalars(select(Side).where(Side.forum_id == forum.id).order_by(Side.id)))
    codes = {side.id: side.code for side in sides}
    asks: dict[int, list[str]] = defaultdict(list)
    rules = select(AskRule).where(AskRule.forum_id == forum.id).order_by(AskRule.asked_side_id)
    for rule in db.session.scalars(rules):
        asks[rule.asker_side_id].append(codes[rule.asked_side_id])
    return tuple(SideDescription(code=side.code, name=side.name, asks=tuple(asks[side.id])) for side in sides)


def _window(forum: Forum) -> WindowDescription:
    opens, closes = forum.requests_open_at, forum.requests_close_at
    return WindowDescription(
        opens=None if opens is None else write_moment(opens, forum.zone),
        closes=None if closes is None else write_moment(closes, forum.zone),
        most=forum.max_requests,
        most_must=forum.max_must_requests,
        most_high=forum.max_high_requests,
        expire_after_days=forum.request_days,
    )


def _limits(forum: Forum) -> LimitsDescription:
    return LimitsDescription(
        most_per_company=forum.max_meetings,
        most_per_day=forum.max_per_day,
        most_in_row=forum.max_in_row,
        most_breaks=forum.max_breaks,
        all_must_take_place=forum.must_all,
        coverage_floor=forum.coverage_floor,
        goals=tuple(forum.goals),
    )


def _capabilities(forum: Forum) -> tuple[CapabilityDescription, ...]:
    children: dict[int | None, list[Capability]] = defaultdict(list)
    rows = select(Capability).where(Capability.forum_id == forum.id)
    for row in db.session.scalars(rows.order_by(Capability.position, Capability.id)):
        children[row.parent_id].append(row)
    return _branch(None, children)


def _programme(forum: Forum) -> tuple[ProgrammeDescription, ...]:
    return tuple(
        ProgrammeDescription(
            titles=dict(entry.titles),
            start=write_moment(entry.starts_at, forum.zone),
            end=write_moment(entry.ends_at, forum.zone),
            place=entry.place,
        )
        for entry in programme_of(forum.id)
    )


def _texts(forum: Forum) -> dict[str, dict[str, WordsDescription]]:
    found: dict[str, dict[str, WordsDescription]] = {}
    rows = select(MailText).where(MailText.forum_id == forum.id)
    for row in db.session.scalars(rows.order_by(MailText.kind, MailText.locale)):
        found.setdefault(row.kind, {})[row.locale] = WordsDescription(subject=row.subject, text=row.text)
    return found


def _branch(
    parent: int | None, children: dict[int | None, list[Capability]]
) -> tuple[CapabilityDescription, ...]:
    return tuple(
        CapabilityDescription(code=row.code, names=dict(row.names), children=_branch(row.id, children))
        for row in children.get(parent, ())
    )
