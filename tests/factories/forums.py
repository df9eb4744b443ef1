"""Forums, and what they consist of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    Company,
)
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import (
    AskRule,
    Block,
    Capability,
    Forum,
    Interpreter,
    ProgrammeEntry,
    Side,
    Slot,
    Table,
    Zone,
    ZoneWalk,
)
from tests.factories.storing import FIRST_DAY, next_number, store, store_all


def make_forum(
    *,
    name: str | None = None,
    slug: str | None = None,
    sides: Sequence[str] = ("eu", "ua"),
    ask: Iterable[tuple[str, str]] | None = None,
    blocks: int = 2,
    slots: int = 4,
    zones: int = 2,
    tables: int = 4,
    interpreters: int = 1,
    walk: int | None = None,
    capabilities: Sequence[str] = ("drones", "radar", "steel"),
    starts_at: datetime = FIRST_DAY,
    **fields: Any,
) -> Forum:
    """A forum with requests open.

    ``slots``: in each block; blocks are two hours apart, slots 20 minutes with 5 minutes between them unless
    ``fields`` say otherwise. ``tables``: in all, spread over the zones. ``ask``: pairs of codes (asker,
    asked); by default every side may ask every other. ``walk``: minutes between neighbouring zones.
    ``fields``: of Forum.
    """
    number = next_number()
    forum = store(
        Forum(
            **{
                "name": name or f"Forum {number}",
                "slug": slug or f"forum-{number}",
                "timezone": "Europe/Brussels",
                "contact_email": "office@example.org",
                "requests_open_at": now() - timedelta(days=10),
                "requests_close_at": now() + timedelta(days=10),
                **fields,
            }
        )
    )
    by_code = {code: Side(forum_id=forum.id, code=code, name=code.upper()) for code in sides}
    store_all(by_code.values())
    pairs = [(a, b) for a in sides for b in sides if a != b] if ask is None else list(ask)
    store_all(
        AskRule(forum_id=forum.id, asker_side_id=by_code[asker].id, asked_side_id=by_code[asked].id)
        for asker, asked in pairs
    )
    start = starts_at
    for _ in range(blocks):
        block = make_block(forum, starts_at=start, slots=slots)
        start = block.ends_at + timedelta(hours=2)
    _make_room(forum, zones=zones, tables=tables, walk=walk)
    for _ in range(interpreters):
        make_interpreter(forum)
    store_all(
        Capability(forum_id=forum.id, code=code, names={"en": code.capitalize()}, position=position)
        for position, code in enumerate(capabilities)
    )
    return forum


def make_block(forum: Forum, *, starts_at: datetime, slots: int = 4, name: str = "") -> Block:
    """A block with its slots, one after the other with the forum's length and pause."""
    length = timedelta(minutes=forum.slot_minutes)
    step = length + timedelta(minutes=forum.pause_minutes)
    block = Block(
        forum_id=forum.id,
        name=name or f"Block {next_number()}",
        starts_at=starts_at,
        ends_at=starts_at + step * (slots - 1) + length,
    )
    block.slots = [
        Slot(forum_id=forum.id, starts_at=starts_at + step * index, ends_at=starts_at + step * index + length)
        for index in range(slots)
    ]
    return store(block)


def _make_room(forum: Forum, *, zones: int, tables: int, walk: int | None) -> None:
    halls = [
        Zone(forum_id=forum.id, name=f"Hall {chr(65 + index)}", position=index) for index in range(zones)
    ]
    store_all(halls)
    store_all(
        Table(
            forum_id=forum.id,
            zone_id=halls[index * zones // tables].id,
            label=str(index + 1),
            position=index,
        )
        for index in range(tables)
    )
    if walk is not None:
        store_all(ZoneWalk(low_id=low.id, high_id=high.id, minutes=walk) for low, high in pairwise(halls))


def make_table(
    forum: Forum, *, zone: Zone | None = None, host: Company | None = None, **fields: Any
) -> Table:
    """A further table; with ``host`` a booth. ``fields``: of Table."""
    zone = zone or zones_of(forum)[0]
    number = next_number()
    values = {"label": f"T{number}", "position": number, **fields}
    return store(
        Table(forum_id=forum.id, zone_id=zone.id, host_company_id=host.id if host else None, **values)
    )


def make_interpreter(
    forum: Forum,
    *,
    name: str | None = None,
    pairs: Sequence[tuple[str, str]] = (("en", "uk"),),
    user: User | None = None,
    **fields: Any,
) -> Interpreter:
    return store(
        Interpreter(
            forum_id=forum.id,
            name=name or f"Interpreter {next_number()}",
            pairs=[list(pair) for pair in pairs],
            user_id=user.id if user else None,
            **fields,
        )
    )


def make_programme_entry(
    forum: Forum,
    title: str | None = None,
    *,
    starts_at: datetime = FIRST_DAY,
    minutes: int = 60,
    place: str = "",
) -> ProgrammeEntry:
    """By default in the first hour of the forum."""
    return store(
        ProgrammeEntry(
            forum_id=forum.id,
            titles={"en": title or f"Panel {next_number()}"},
            place=place,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=minutes),
        )
    )


def sides_of(forum: Forum) -> list[Side]:
    return list(db.session.scalars(select(Side).where(Side.forum_id == forum.id).order_by(Side.id)))


def side_of(forum: Forum, code: str) -> Side:
    return next(side for side in sides_of(forum) if side.code == code)


def slots_of(forum: Forum) -> list[Slot]:
    """In order of time."""
    return list(db.session.scalars(select(Slot).where(Slot.forum_id == forum.id).order_by(Slot.starts_at)))


def blocks_of(forum: Forum) -> list[Block]:
    return list(db.session.scalars(select(Block).where(Block.forum_id == forum.id).order_by(Block.starts_at)))


def zones_of(forum: Forum) -> list[Zone]:
    return list(db.session.scalars(select(Zone).where(Zone.forum_id == forum.id).order_by(Zone.position)))


def tables_of(forum: Forum) -> list[Table]:
    return list(db.session.scalars(select(Table).where(Table.forum_id == forum.id).order_by(Table.position)))


def interpreters_of(forum: Forum) -> list[Interpreter]:
    return list(
        db.session.scalars(
            select(Interpreter).where(Interpreter.forum_id == forum.id).order_by(Interpreter.id)
        )
    )


def capability_of(forum: Forum, code: str) -> Capability:
    return db.session.scalars(
        select(Capability).where(Capability.forum_id == forum.id, Capability.code == code)
    ).one()
