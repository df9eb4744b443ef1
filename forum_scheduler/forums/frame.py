"""From a forum's description to its rows: blocks and slots, zones and tables, interpreters, sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TypeVar, cast

from flask_babel import gettext as _
from sqlalchemy import null

from forum_scheduler.accounts.users import ensure_user
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.description import (
    GOALS,
    BlockDescription,
    CapabilityDescription,
    ForumDescription,
    InterpreterDescription,
    wrong,
)
from forum_scheduler.forums.labels import MOST_LABELS, expand_labels
from forum_scheduler.forums.localtime import LocalTimeError, parse_clock, parse_day, parse_moment
from forum_scheduler.forums.models import (
    AskRule,
    Block,
    Capability,
    Forum,
    Interpreter,
    InterpreterAbsence,
    MailText,
    ProgrammeEntry,
    Side,
    Slot,
    Table,
    TableClosure,
    Zone,
    ZoneWalk,
)
from forum_scheduler.forums.programme import MOST_ENTRIES, EntryDetails, apply_details
from forum_scheduler.forums.texts import Words, check, text_of

MOST_SLOTS = 2000
_Row = TypeVar("_Row")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTimes:
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTimes:
    """A block with the slots that fit into it, all in UTC."""

    name: str
    starts_at: datetime
    ends_at: datetime
    slots: tuple[SlotTimes, ...]


def cut_slots(start: datetime, end: datetime, *, minutes: int, pause: int) -> tuple[SlotTimes, ...]:
    """The slots of ``minutes`` that fit between two moments, with ``pause`` minutes between them."""
    length, step = timedelta(minutes=minutes), timedelta(minutes=minutes + pause)
    slots: list[SlotTimes] = []
    # In UTC, so that a block over a change of the clocks has slots of equal, true length.
    at = start.astimezone(UTC)
    while at + length <= end:
        slots.append(SlotTimes(starts_at=at, ends_at=at + length))
        at += step
    return tuple(slots)


def block_times(description: ForumDescription) -> tuple[BlockTimes, ...]:
    """All blocks in the order of time. Raises Invalid with the place in the file."""
    found: list[tuple[str, BlockTimes]] = []
    for number, day in enumerate(description.days):
        path = f"days[{number}]"
        try:
            date = parse_day(day.date)
        except LocalTimeError as error:
            raise wrong(f"{path}.date", str(error)) from error
        for index, block in enumerate(day.blocks):
            where = f"{path}.blocks[{index}]"
            moments = []
            for field in ("start", "end"):
                try:
                    moments.append(parse_clock(date, getattr(block, field), description.zone))
                except LocalTimeError as error:
                    raise wrong(f"{where}.{field}", str(error)) from error
            found.append((where, _block(where, block, moments, description)))
    found.sort(key=lambda each: each[1].starts_at)
    for (_first, before), (where, after) in pairwise(found):
        if after.starts_at < before.ends_at:
            raise wrong(where, _("the block overlaps another one"))
    if sum(len(block.slots) for _where, block in found) > MOST_SLOTS:
        raise wrong("days", _("more than %(most)s slots", most=MOST_SLOTS))
    return tuple(block for _where, block in found)


def _block(
    where: str, block: BlockDescription, moments: Sequence[datetime], description: ForumDescription
) -> BlockTimes:
    start, end = moments
    if end <= start:
        raise wrong(f"{where}.end", _("the block ends before it starts"))
    minutes = description.slot_minutes
    slots = cut_slots(start, end, minutes=minutes, pause=description.pause_minutes)
    if not slots:
        raise wrong(where, _("no slot of %(minutes)s minutes fits into the block", minutes=minutes))
    return BlockTimes(name=block.name, starts_at=start, ends_at=end, slots=slots)


class FrameBuilder:
    """Adds all rows of a described forum to the session. Raises Invalid at the first contradiction."""

    def __init__(self, forum: Forum, description: ForumDescription) -> None:
        self._forum = forum
        self._described = description
        self._slots: list[Slot] = []
        self._tables: dict[str, Table] = {}
        self._capabilities: dict[str, Capability] = {}

    def build(self) -> None:
        check_goals(self._described.limits.goals)
        self._add_blocks()
        self._add_places()
        self._add_closures()
        for index, described in enumerate(self._described.interpreters):
            self._add_interpreter(f"interpreters[{index}]", described)
        self._add_sides()
        self._add_capabilities()
        self._add_programme()
        self._add_texts()

    def _add_blocks(self) -> None:
        for times in block_times(self._described):
            block = Block(
                forum_id=self._forum.id,
                name=times.name,
                starts_at=times.starts_at,
                ends_at=times.ends_at,
                slots=[
                    Slot(forum_id=self._forum.id, starts_at=slot.starts_at, ends_at=slot.ends_at)
                    for slot in times.slots
                ],
            )
            db.session.add(block)
            self._slots.extend(block.slots)
        db.session.flush()

    def _add_places(self) -> None:
        zones: dict[str, Zone] = {}
        for index, name in enumerate(self._described.zones):
            if name in zones:
                raise wrong(f"zones[{index}]", _("%(name)s is given twice", name=repr(name)))
            zones[name] = Zone(forum_id=self._forum.id, name=name, position=index)
        db.session.add_all(zones.values())
        db.session.flush()
        self._add_walks(zones)
        for index, described in enumerate(self._described.tables):
            path = f"tables[{index}]"
            zone = _known(f"{path}.zone", described.zone, zones, _("zone"))
            for label in _labels(f"{path}.labels", described.labels):
                if label in self._tables:
                    raise wrong(f"{path}.labels", _("table %(label)s is given twice", label=label))
                self._tables[label] = Table(
                    forum_id=self._forum.id,
                    zone_id=zone.id,
                    label=label,
                    position=len(self._tables),
                    seats=described.seats,
                    features=list(described.features),
                )
        if len(self._tables) > MOST_LABELS:
            raise wrong("tables", _("more than %(most)s tables", most=MOST_LABELS))
        db.session.add_all(self._tables.values())
        db.session.flush()

    def _add_walks(self, zones: Mapping[str, Zone]) -> None:
        seen: set[frozenset[int]] = set()
        for index, walk in enumerate(self._described.walks):
            path = f"walks[{index}]"
            ids = frozenset(_known(f"{path}.between", name, zones, _("zone")).id for name in walk.between)
            if len(ids) != 2 or ids in seen:
                raise wrong(f"{path}.between", _("two different zones are needed, each pair once"))
            seen.add(ids)
            db.session.add(ZoneWalk(low_id=min(ids), high_id=max(ids), minutes=walk.minutes))

    def _add_closures(self) -> None:
        closed: set[tuple[int, int]] = set()
        for index, closure in enumerate(self._described.closures):
            path = f"closures[{index}]"
            slots = self._touched(path, closure.start, closure.end)
            for label in _labels(f"{path}.tables", closure.tables):
                table = _known(f"{path}.tables", label, self._tables, _("table"))
                closed.update((table.id, slot.id) for slot in slots)
        db.session.add_all(TableClosure(table_id=table, slot_id=slot) for table, slot in sorted(closed))

    def _add_interpreter(self, path: str, described: InterpreterDescription) -> None:
        names = [each.name for each in self._described.interpreters]
        if names.count(described.name) > 1:
            raise wrong(f"{path}.name", _("%(name)s is given twice", name=repr(described.name)))
        if described.email and not _EMAIL.fullmatch(described.email):
            raise wrong(f"{path}.email", _("this is no e-mail address"))
        pairs = [pair.split("-") for pair in described.pairs]
        if any(first == second for first, second in pairs):
            raise wrong(f"{path}.pairs", _("two different languages are needed, such as uk-en"))
        email = described.email.lower()
        interpreter = Interpreter(
            forum_id=self._forum.id,
            name=described.name,
            email=email,
            # With an address they sign in with it, and read their roster.
            user_id=ensure_user(email=email, name=described.name).id if email else None,
            pairs=pairs,
            max_in_row=given(described.most_in_row),
            max_per_day=described.most_per_day,
        )
        db.session.add(interpreter)
        db.session.flush()
        absent = {
            slot.id
            for index, span in enumerate(described.absent)
            for slot in self._touched(f"{path}.absent[{index}]", span.start, span.end)
        }
        db.session.add_all(
            InterpreterAbsence(interpreter_id=interpreter.id, slot_id=slot) for slot in sorted(absent)
        )

    def _touched(self, path: str, start: str, end: str) -> list[Slot]:
        """The slots that the span overlaps; none at all is a mistake of the file."""
        first, last = self._moments(path, start, end)
        touched = [slot for slot in self._slots if slot.starts_at < last and first < slot.ends_at]
        if not touched:
            raise wrong(path, _("no slot of the forum lies in this time"))
        return touched

    def _moments(self, path: str, start: str, end: str) -> tuple[datetime, datetime]:
        moments = []
        for name, text in (("from", start), ("to", end)):
            try:
                moments.append(parse_moment(text, self._described.zone))
            except LocalTimeError as error:
                raise wrong(f"{path}.{name}", str(error)) from error
        return moments[0], moments[1]

    def _add_sides(self) -> None:
        sides: dict[str, Side] = {}
        for index, described in enumerate(self._described.sides):
            if described.code in sides:
                raise wrong(f"sides[{index}].code", _("%(name)s is given twice", name=repr(described.code)))
            sides[described.code] = Side(forum_id=self._forum.id, code=described.code, name=described.name)
        db.session.add_all(sides.values())
        db.session.flush()
        for index, described in enumerate(self._described.sides):
            others = tuple(code for code in sides if code != described.code or len(sides) == 1)
            for code in dict.fromkeys(others if described.asks is None else described.asks):
                asked = _known(f"sides[{index}].asks", code, sides, _("side"))
                asker = sides[described.code]
                db.session.add(
                    AskRule(asker_side_id=asker.id, asked_side_id=asked.id, forum_id=self._forum.id)
                )

    def _add_capabilities(self) -> None:
        for path, parent, described, position in _walk(self._described.capabilities, "capabilities", None):
            if described.code in self._capabilities:
                raise wrong(f"{path}.code", _("%(name)s is given twice", name=repr(described.code)))
            if not described.names.get("en"):
                raise wrong(f"{path}.names", _("an English name (en) is needed"))
            row = Capability(
                forum_id=self._forum.id,
                parent_id=None if parent is None else self._capabilities[parent].id,
                code=described.code,
                names=dict(described.names),
                position=position,
            )
            db.session.add(row)
            if described.children:
                db.session.flush()  # its children name it
            self._capabilities[described.code] = row

    def _add_programme(self) -> None:
        if len(self._described.programme) > MOST_ENTRIES:
            raise wrong("programme", _("more than %(most)s entries", most=MOST_ENTRIES))
        for index, described in enumerate(self._described.programme):
            path = f"programme[{index}]"
            starts_at, ends_at = self._moments(path, described.start, described.end)
            details = EntryDetails(
                titles=described.titles, place=described.place, starts_at=starts_at, ends_at=ends_at
            )
            entry = ProgrammeEntry(forum_id=self._forum.id)
            try:
                apply_details(entry, details)
            except Invalid as error:
                raise wrong(path, str(error)) from error
            db.session.add(entry)

    def _add_texts(self) -> None:
        for kind, by_locale in self._described.texts.items():
            for locale, described in by_locale.items():
                path = f"texts.{kind}.{locale}"
                text = text_of(kind, locale)
                try:
                    words = check(text, Words(subject=described.subject, text=described.text))
                except Invalid as error:
                    raise wrong(f"{path}.{error.field}", str(error)) from error
                if words == Words():
                    raise wrong(path, _("nothing stands here: write a subject or a text, or leave it out"))
                db.session.add(
                    MailText(
                        forum_id=self._forum.id,
                        kind=kind,
                        locale=locale,
                        subject=words.subject,
                        text=words.text,
                    )
                )


def given(value: int | None) -> int | None:
    """The value for a column with a default: SQLAlchemy takes a plain None for "not given"."""
    return cast("int | None", null()) if value is None else value


def check_goals(goals: Sequence[str]) -> None:
    """Known goals, each once. Raises Invalid."""
    for goal in goals:
        if goal not in GOALS:
            known = ", ".join(GOALS)
            raise wrong(
                "limits.goals", _("there is no goal %(goal)s, only: %(known)s", goal=goal, known=known)
            )
    if len(set(goals)) < len(goals):
        raise wrong("limits.goals", _("a goal is given twice"))


def _walk(
    children: Sequence[CapabilityDescription], path: str, parent: str | None
) -> Iterator[tuple[str, str | None, CapabilityDescription, int]]:
    """Every entry with its path, its parent's code and its position, parents first."""
    for index, child in enumerate(children):
        where = f"{path}[{index}]"
        yield where, parent, child, index
        yield from _walk(child.children, f"{where}.children", child.code)


def _known(path: str, name: str, rows: Mapping[str, _Row], kind: str) -> _Row:
    row = rows.get(name)
    if row is None:
        raise wrong(path, _("there is no %(kind)s %(name)s", kind=kind, name=repr(name)))
    return row


def _labels(path: str, text: str | int) -> tuple[str, ...]:
    try:
        return expand_labels(str(text))
    except ValueError as error:
        raise wrong(path, str(error)) from error
