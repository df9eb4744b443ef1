"""What an organiser asks of the board, and the placements that come of it: pure, no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from flask_babel import lazy_gettext as _l

from forum_scheduler.errors import Invalid
from forum_scheduler.scheduling.board.position import Position
from forum_scheduler.scheduling.storing import occupied_slots
from solver.explain.reasons import free_place
from solver.problem import Meeting, Need
from solver.schedule import Placement
from solver.verify import Violation


class Action(StrEnum):
    """The kinds of steps."""

    MOVE = "move"  # or place, from the tray
    PUSH = "push"  # as move, and what stands against it loses its place
    SWAP = "swap"
    REMOVE = "remove"
    ATTEND = "attend"  # other people, another interpreter
    LOCK = "lock"
    UNLOCK = "unlock"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One step; ids are the solver's. ``other``: the meeting to change places with."""

    action: Action
    meeting: str
    slot: str = ""
    table: str = ""
    other: str = ""
    people: tuple[str, ...] = ()
    interpreter: str | None = None

    @property
    def meetings(self) -> frozenset[str]:
        return frozenset(each for each in (self.meeting, self.other) if each)


Places = Mapping[str, Placement | None]


class Breaks(Invalid):
    """The step would break rules: ``violations``. Nothing was changed."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        self.violations = violations
        super().__init__(_l("That would break a rule."))


def places_after(position: Position, command: Command) -> Places:
    """The new places of the meetings that the step moves, accepted by the judge.

    Who comes stays who comes where that is possible; else others who may come are found. Raises Invalid for
    what can't be done at all, :class:`Breaks` with the rules that stand against it.
    """
    meeting = _known(position, command.meeting)
    match command.action:
        case Action.MOVE:
            _not_locked(meeting)
            _known_place(position, command)
            return _moved(position, meeting, command.slot, command.table)
        case Action.PUSH:
            _not_locked(meeting)
            _known_place(position, command)
            return _pushed(position, meeting, command.slot, command.table)
        case Action.SWAP:
            other = _known(position, command.other)
            _not_locked(meeting)
            _not_locked(other)
            return _swapped(position, meeting, other)
        case Action.REMOVE:
            _not_locked(meeting)
            _placed(position, meeting)
            return _accepted(position, {meeting.id: None})
        case Action.ATTEND:
            changed = msgspec.structs.replace(
                _placed(position, meeting), people=command.people, interpreter=command.interpreter
            )
            return _accepted(position, {meeting.id: changed})
        case _:
            raise Invalid(_l("There is no such step."))


def _known(position: Position, meeting_id: str) -> Meeting:
    meeting = position.meeting(meeting_id)
    if meeting is None:
        raise Invalid(_l("This meeting is not on the board. Bring the board up to date."))
    return meeting


def _placed(position: Position, meeting: Meeting) -> Placement:
    placement = position.placed.get(meeting.id)
    if placement is None:
        raise Invalid(_l("This meeting has no place yet."))
    return placement


def _known_place(position: Position, command: Command) -> None:
    problem = position.problem
    if not any(slot.id == command.slot for slot in problem.slots) or not any(
        table.id == command.table for table in problem.tables
    ):
        raise Invalid(_l("This slot or table is not on the board. Bring the board up to date."))


def _not_locked(meeting: Meeting) -> None:
    if meeting.locked_slot is not None:
        raise Invalid(_l("This meeting is locked: unlock it first."))


def _accepted(position: Position, places: Places) -> Places:
    violations = position.broken(places)
    if violations:
        raise Breaks(violations)
    return places


def _moved(position: Position, meeting: Meeting, slot: str, table: str) -> Places:
    present = position.placed.get(meeting.id)
    kept = (
        _anybody(position, meeting, slot, table)
        if present is None
        else msgspec.structs.replace(present, slot=slot, table=table)
    )
    violations = position.broken({meeting.id: kept})
    if not violations:
        return {meeting.id: kept}
    found = _free(position.after({meeting.id: None}), meeting, slot, table)
    if found is None:
        raise Breaks(violations)
    return _accepted(position, {meeting.id: found})


def pushed_out(places: Places, meeting: str) -> tuple[str, ...]:
    """The meetings that lose their place when ``meeting`` is pushed in."""
    return tuple(each for each, place in places.items() if place is None and each != meeting)


def _pushed(position: Position, meeting: Meeting, slot: str, table: str) -> Places:
    """Whoever is at the table then, or needs the same people or interpreter, goes to the tray."""
    present = position.placed.get(meeting.id)
    wanted = (
        _anybody(position, meeting, slot, table)
        if present is None
        else msgspec.structs.replace(present, slot=slot, table=table)
    )
    others = [each for each in position.placed.values() if each.meeting != meeting.id]
    spans = occupied_slots(position.problem, [wanted, *others])
    own, needed = set(spans[meeting.id]), {wanted.table, *wanted.people, wanted.interpreter or wanted.table}
    out = [
        each.meeting
        for each in others
        if own & set(spans[each.meeting]) and needed & {each.table, *each.people, each.interpreter or ""}
    ]
    for each in out:
        _not_locked(_known(position, each))
    return _accepted(position, {meeting.id: wanted, **dict.fromkeys(out)})


def _free(position: Position, meeting: Meeting, slot: str, table: str) -> Placement | None:
    """Who of all that may come can come just there, beside everything else."""
    pinned = msgspec.structs.replace(meeting, locked_slot=slot, locked_table=table)
    if meeting.locked_table not in (None, table):
        return None
    return free_place(position.problem, position.placed.values(), pinned)


def _swapped(position: Position, one: Meeting, other: Meeting) -> Places:
    first, second = _placed(position, one), _placed(position, other)
    plain: Places = {
        one.id: msgspec.structs.replace(first, slot=second.slot, table=second.table),
        other.id: msgspec.structs.replace(second, slot=first.slot, table=first.table),
    }
    violations = position.broken(plain)
    if not violations:
        return plain
    empty = position.after({one.id: None, other.id: None})
    there = _free(empty, one, second.slot, second.table)
    back = there and _free(empty.after({one.id: there}), other, first.slot, first.table)
    if there is None or back is None:
        raise Breaks(violations)
    return _accepted(position, {one.id: there, other.id: back})


def _anybody(position: Position, meeting: Meeting, slot: str, table: str) -> Placement:
    """A place with the first who may come, to be judged: it tells what stands against it."""
    people = [
        person
        for party in meeting.parties
        for person in (party.people if party.need is Need.ALL else party.people[:1])
    ]
    wanted = set(meeting.interpret or ())
    able = (
        each.id
        for each in position.problem.interpreters
        if wanted and any(set(pair) == wanted for pair in each.pairs)
    )
    return Placement(
        meeting=meeting.id, slot=slot, table=table, people=tuple(people), interpreter=next(able, None)
    )


# Places as they are kept with each step


def as_json(placement: Placement | None, *, locked: bool) -> dict[str, Any] | None:
    if placement is None:
        return None
    return {
        "slot": placement.slot,
        "table": placement.table,
        "people": list(placement.people),
        "interpreter": placement.interpreter,
        "locked": locked,
    }


def from_json(meeting: str, place: Mapping[str, Any] | None) -> Placement | None:
    if place is None:
        return None
    return Placement(
        meeting=meeting,
        slot=place["slot"],
        table=place["table"],
        people=tuple(place["people"]),
        interpreter=place["interpreter"],
    )
