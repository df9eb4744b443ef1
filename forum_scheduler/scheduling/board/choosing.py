"""What the page of one meeting offers: times and tables that fit, who may come, whom to change with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from forum_scheduler.scheduling.board.fitting import Busy, Fits, fits, hindrances
from forum_scheduler.scheduling.board.position import Position
from forum_scheduler.scheduling.board.words import obstacle_sentences
from forum_scheduler.scheduling.ids import Kind, row_id, solver_id
from forum_scheduler.scheduling.words import Names
from solver.problem import Meeting, Need

MOST_PARTNERS = 200
HINDERED = {
    Busy.ABSENT: _l("not there then"),
    Busy.MEETING: _l("in another meeting then"),
    Busy.LIMIT: _l("at the limit of meetings"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """A slot: how many tables fit, or why none does."""

    slot_id: int
    label: str
    tables: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who comes for a party: several to choose one from, or those who come anyway."""

    company: str
    options: tuple[tuple[int, str], ...]
    chosen: tuple[int, ...]
    free: bool  # whether there is a choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    where: str  # present time and table in words, "" for none
    times: tuple[Time, ...]
    slot_id: int  # whose tables are offered; 0: no time fits
    tables: tuple[tuple[int, str], ...]
    seats: tuple[Seat, ...]
    interpreters: tuple[tuple[int, str], ...]
    interpreter: int | None
    partners: tuple[tuple[int, str], ...]  # meetings to change places with

    @property
    def open_times(self) -> tuple[tuple[int, str, int], ...]:
        return tuple((time.slot_id, time.label, time.tables) for time in self.times if time.tables)


def choices_of(position: Position, meeting: Meeting, names: Names, *, slot: int) -> Choices:
    """``slot``: the one whose tables are asked for (0: the present one, else the first that fits)."""
    found = fits(position, meeting)
    times = tuple(_times(position, found, names))
    placement = position.placed.get(meeting.id)
    open_ = {time.slot_id for time in times if time.tables}
    wished = slot or (row_id(placement.slot) if placement else 0)
    chosen = wished if wished in open_ else next(iter(sorted(open_)), 0)
    slot_id = solver_id(Kind.SLOT, chosen)
    hindered = hindrances(position, meeting)
    able = [each for each in position.problem.interpreters if _covers(each.pairs, meeting)]
    return Choices(
        where=f"{names.name(placement.slot)}, {names.name(placement.table)}" if placement else "",
        times=times,
        slot_id=chosen,
        tables=tuple(
            (row_id(table.id), names.name(table.id))
            for table in position.problem.tables
            if chosen and found.open_at(slot_id, table.id)
        ),
        seats=tuple(_seats(position, meeting, names, hindered)),
        interpreters=tuple((row_id(each.id), _option(each.id, names, hindered)) for each in able),
        interpreter=row_id(placement.interpreter) if placement and placement.interpreter else None,
        partners=tuple(_partners(position, meeting, names)),
    )


def _times(position: Position, found: Fits, names: Names) -> Iterator[Time]:
    sentences = obstacle_sentences(found, names)
    for slot in position.problem.slots:
        tables = 0
        if slot.id not in found.obstacles:
            tables = sum(found.open_at(slot.id, table.id) for table in position.problem.tables)
        yield Time(
            slot_id=row_id(slot.id),
            label=names.name(slot.id),
            tables=tables,
            why=sentences.get(slot.id, ""),
        )


def _covers(pairs: tuple[tuple[str, str], ...], meeting: Meeting) -> bool:
    return meeting.interpret is not None and any(set(pair) == set(meeting.interpret) for pair in pairs)


def _option(id_: str, names: Names, hindered: Mapping[str, Busy]) -> str:
    """A name, and what keeps them from coming at the present time."""
    if id_ not in hindered:
        return names.name(id_)
    return str(_("%(name)s (%(why)s)", name=names.name(id_), why=HINDERED[hindered[id_]]))


def _seats(
    position: Position, meeting: Meeting, names: Names, hindered: Mapping[str, Busy]
) -> Iterator[Seat]:
    placement = position.placed.get(meeting.id)
    coming = set(placement.people) if placement else set()
    for party in meeting.parties:
        free = party.need is Need.ONE and len(party.people) > 1
        yield Seat(
            company=names.name(party.company),
            options=tuple((row_id(person), _option(person, names, hindered)) for person in party.people),
            chosen=tuple(row_id(person) for person in party.people if person in coming or not free),
            free=free,
        )


def _partners(position: Position, meeting: Meeting, names: Names) -> Iterator[tuple[int, str]]:
    """Placed meetings of the same length that are not locked, those of the same companies first."""
    own = {party.company for party in meeting.parties}
    if meeting.id not in position.placed:
        return
    others = [
        each
        for each in position.problem.meetings
        if each.id in position.placed
        and each.id != meeting.id
        and each.length == meeting.length
        and each.locked_slot is None
    ]
    others.sort(key=lambda each: (not own & {party.company for party in each.parties}, each.id))
    for each in others[:MOST_PARTNERS]:
        slot = names.name(position.placed[each.id].slot)
        yield row_id(each.id), f"{slot} · {names.name(each.id)}"
