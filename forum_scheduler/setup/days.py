"""Days, blocks and slots changed later: slots that stay keep all that hangs on them, others are retired."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum_scheduler.clock import now
from forum_scheduler.forums.describing import describe_forum
from forum_scheduler.forums.description import BlockDescription, DayDescription, ForumDescription
from forum_scheduler.forums.frame import BlockTimes, block_times
from forum_scheduler.forums.models import Block, Forum, InterpreterAbsence, Slot, TableClosure
from forum_scheduler.requests import times as times_said
from forum_scheduler.requests.models import Meeting, MeetingStart, Unavailability
from forum_scheduler.scheduling.models import DelegateSlot, InterpreterSlot, Placement, TableSlot
from forum_scheduler.scheduling.words import Names
from forum_scheduler.setup import touched
from forum_scheduler.setup.saving import Section, Touch, ask_first, saving, touch

Times = tuple[datetime, datetime]
# What names a slot of a schedule: such a slot can't be deleted.
NAMING: tuple[InstrumentedAttribute[int], ...] = (
    Placement.slot_id,
    DelegateSlot.slot_id,
    TableSlot.slot_id,
    InterpreterSlot.slot_id,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """A block as it is typed: date, start and end in the forum's zone."""

    date: str
    start: str
    end: str
    name: str = ""


def described(
    forum: Forum, rows: Sequence[BlockRow], *, timezone: str, slot_minutes: int, pause_minutes: int
) -> ForumDescription:
    """The forum with these days; the place of a mistake is ``days[ROW].blocks[0]``."""
    days = tuple(
        DayDescription(
            date=row.date, blocks=(BlockDescription(start=row.start, end=row.end, name=row.name[:120]),)
        )
        for row in rows
    )
    return msgspec.structs.replace(
        describe_forum(forum),
        days=days,
        timezone=timezone,
        slot_minutes=slot_minutes,
        pause_minutes=pause_minutes,
    )


def change_days(forum_id: int, wanted: ForumDescription, *, seen: str, agreed: str = "") -> None:
    """Cut the days anew. Raises Invalid with the place, Overtaken, Asks."""
    blocks = block_times(wanted)
    with saving(forum_id, Section.DAYS, seen=seen) as (session, forum):
        plan = _Plan.of(session, forum, blocks)
        ask_first(tuple(_touches(session, forum, plan)), agreed=agreed)
        forum.timezone = wanted.timezone
        forum.slot_minutes, forum.pause_minutes = wanted.slot_minutes, wanted.pause_minutes
        _carry_out(session, forum, plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """``kept`` and ``back`` (retired ones that come back): times -> slot."""

    blocks: tuple[BlockTimes, ...]
    kept: Mapping[Times, Slot]
    back: Mapping[Times, Slot]
    gone: tuple[Slot, ...]

    @classmethod
    def of(cls, session: Session, forum: Forum, blocks: tuple[BlockTimes, ...]) -> _Plan:
        wanted = {(slot.starts_at, slot.ends_at) for block in blocks for slot in block.slots}
        slots = session.scalars(select(Slot).where(Slot.forum_id == forum.id).order_by(Slot.starts_at)).all()
        live = {(slot.starts_at, slot.ends_at): slot for slot in slots if slot.retired_at is None}
        retired = {(slot.starts_at, slot.ends_at): slot for slot in slots if slot.retired_at is not None}
        return cls(
            blocks=blocks,
            kept={times: slot for times, slot in live.items() if times in wanted},
            back={times: slot for times, slot in retired.items() if times in wanted and times not in live},
            gone=tuple(slot for times, slot in live.items() if times not in wanted),
        )

    def heirs(self) -> dict[int, list[Times]]:
        """Slot that goes -> the times of the new slots that overlap it, and take over its marks."""
        new = [
            (slot.starts_at, slot.ends_at)
            for block in self.blocks
            for slot in block.slots
            if (slot.starts_at, slot.ends_at) not in self.kept
        ]
        return {
            slot.id: [times for times in new if times[0] < slot.ends_at and slot.starts_at < times[1]]
            for slot in self.gone
        }


# What it touches


def _touches(session: Session, forum: Forum, plan: _Plan) -> Iterator[Touch]:
    gone = [slot.id for slot in plan.gone]
    if not gone:
        return
    names = Names(forum)
    yield from touched.placements(forum, touched.in_slots(gone), names)
    locked = touched.agreed_meetings(forum, Meeting.locked_slot_id.in_(gone), names)
    if locked:
        yield touch(
            ngettext(
                "%(num)s agreed meeting is locked to a time that goes: it is unlocked.",
                "%(num)s agreed meetings are locked to times that go: they are unlocked.",
                len(locked),
            ),
            locked,
        )
    yield from _starts(session, forum, plan, names)
    yield from _absences(session, plan)


def _starts(session: Session, forum: Forum, plan: _Plan, names: Names) -> Iterator[Touch]:
    """Meetings that may only start in certain slots."""
    heirs = plan.heirs()
    allowed: dict[int, set[int]] = defaultdict(set)
    query = (
        select(MeetingStart.meeting_id, MeetingStart.slot_id)
        .join(Meeting, Meeting.id == MeetingStart.meeting_id)
        .join(Slot, Slot.id == MeetingStart.slot_id)
        .where(Meeting.forum_id == forum.id, Slot.live())
    )
    for meeting_id, slot_id in session.execute(query):
        allowed[meeting_id].add(slot_id)
    gone = set(heirs)
    for text, hit in (
        (
            _("Meetings that may start at certain times only: of those that go, the new times nearby count."),
            [id_ for id_, slots in allowed.items() if slots & gone and _remain(slots, heirs)],
        ),
        (
            _("Meetings whose certain times all go: from then on they may start at any time."),
            [id_ for id_, slots in allowed.items() if slots & gone and not _remain(slots, heirs)],
        ),
    ):
        if hit:
            yield touch(text, [names.meeting(id_) for id_ in sorted(hit)])


def _remain(slots: Iterable[int], heirs: Mapping[int, Sequence[Times]]) -> bool:
    return any(slot not in heirs or heirs[slot] for slot in slots)


def _absences(session: Session, plan: _Plan) -> Iterator[Touch]:
    """Marks of "I can't": carried over to what overlaps them."""
    heirs = plan.heirs()
    said = (
        (
            Unavailability.delegate_id,
            Unavailability.slot_id,
            _("Delegates who can't come at times that change: %(people)s. New times that overlap are "
              "marked for them: %(carried)s marks; %(lost)s are of times that are no longer in the forum."),
        ),
        (
            InterpreterAbsence.interpreter_id,
            InterpreterAbsence.slot_id,
            _("Interpreters who are absent at times that change: %(people)s; carried over in the same way "
              "(%(carried)s marks, %(lost)s fall away)."),
        ),
        (
            TableClosure.table_id,
            TableClosure.slot_id,
            _("Tables that are closed at times that change: %(people)s; carried over in the same way "
              "(%(carried)s marks, %(lost)s fall away)."),
        ),
    )  # fmt: skip
    for owner, slot, text in said:
        rows = session.execute(select(owner, slot).where(slot.in_(list(heirs)))).all()
        if rows:
            carried = sum(1 for _owner, slot_id in rows if heirs[slot_id])
            people = len({owner_id for owner_id, _slot in rows})
            yield touch(text % {"people": people, "carried": carried, "lost": len(rows) - carried})


# Carrying it out


def _carry_out(session: Session, forum: Forum, plan: _Plan) -> None:
    heirs = plan.heirs()
    _retire(session, plan.gone)
    blocks = _blocks(session, forum, plan)
    slots = _slots(session, forum, plan, blocks)
    _inherit(session, heirs, slots)
    times_said.refresh(forum.id)
    gone = list(heirs)
    session.execute(
        update(Meeting)
        .where(Meeting.locked_slot_id.in_(gone))
        .values(locked_slot_id=None, locked_table_id=None)
    )
    used = _named(session, gone)
    unused = [id_ for id_ in gone if id_ not in used]
    session.execute(delete(Slot).where(Slot.id.in_(unused)))
    _clear_blocks(session, forum, blocks)


def _named(session: Session, slot_ids: Sequence[int]) -> set[int]:
    return {id_ for column in NAMING for id_ in session.scalars(select(column).where(column.in_(slot_ids)))}


def _retire(session: Session, gone: Sequence[Slot]) -> None:
    """Out of use, in retired blocks of their own, so that no block mixes the two."""
    moment = now()
    homes: dict[int, Block] = {}
    for slot in gone:
        if slot.block_id not in homes:
            old = session.get_one(Block, slot.block_id)
            homes[old.id] = Block(
                forum_id=old.forum_id,
                name=old.name,
                starts_at=old.starts_at,
                ends_at=old.ends_at,
                retired_at=moment,
            )
            session.add(homes[old.id])
    session.flush()
    for slot in gone:
        slot.retired_at = moment
        slot.block_id = homes[slot.block_id].id
    session.flush()


def _blocks(session: Session, forum: Forum, plan: _Plan) -> dict[datetime, Block]:
    """The blocks by start: those that start as one before go on as it."""
    live = session.scalars(select(Block).where(Block.forum_id == forum.id, Block.live())).all()
    found = {block.starts_at: block for block in live}
    blocks: dict[datetime, Block] = {}
    for times in plan.blocks:
        block = found.get(times.starts_at)
        if block is None:
            block = Block(forum_id=forum.id, starts_at=times.starts_at, ends_at=times.ends_at)
            session.add(block)
        block.name, block.ends_at = times.name, times.ends_at
        blocks[times.starts_at] = block
    session.flush()
    return blocks


def _slots(session: Session, forum: Forum, plan: _Plan, blocks: Mapping[datetime, Block]) -> dict[Times, int]:
    """Times -> id of all wanted slots: kept, come back, or new."""
    found: dict[Times, Slot] = {}
    for times in plan.blocks:
        block = blocks[times.starts_at]
        for each in times.slots:
            key = (each.starts_at, each.ends_at)
            slot = plan.kept.get(key) or plan.back.get(key)
            if slot is None:
                slot = Slot(forum_id=forum.id, starts_at=each.starts_at, ends_at=each.ends_at)
                session.add(slot)
            slot.retired_at, slot.block_id = None, block.id
            found[key] = slot
    session.flush()
    return {times: slot.id for times, slot in found.items()}


def _inherit(session: Session, heirs: Mapping[int, Sequence[Times]], slots: Mapping[Times, int]) -> None:
    """Marks on slots that go hold for the new ones that overlap them."""
    new = {slot_id: [slots[times] for times in after] for slot_id, after in heirs.items()}
    fresh = sorted({id_ for ids in new.values() for id_ in ids})
    marks: tuple[tuple[Any, str], ...] = (
        (Unavailability, "delegate_id"),
        (InterpreterAbsence, "interpreter_id"),
        (TableClosure, "table_id"),
        (MeetingStart, "meeting_id"),
    )
    for model, owner in marks:
        slot, who = model.slot_id, getattr(model, owner)
        there = {(a, b) for a, b in session.execute(select(who, slot).where(slot.in_(fresh)))}
        for row in session.scalars(select(model).where(slot.in_(list(new)))).all():
            for heir in new[row.slot_id]:
                key = (getattr(row, owner), heir)
                if key not in there:
                    there.add(key)
                    why = {}
                    if isinstance(row, Unavailability):
                        why = {"reason": row.reason, "by_hand": row.by_hand}
                    session.add(model(**{owner: key[0], "slot_id": heir}, **why))
    session.flush()


def _clear_blocks(session: Session, forum: Forum, blocks: Mapping[datetime, Block]) -> None:
    """Blocks that nothing stands in any more."""
    wanted = [block.id for block in blocks.values()]
    full = select(Slot.block_id).where(Slot.forum_id == forum.id)
    session.execute(
        delete(Block).where(Block.forum_id == forum.id, Block.id.not_in(wanted), Block.id.not_in(full))
    )
