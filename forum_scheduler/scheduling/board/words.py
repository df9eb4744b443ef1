"""The board in words: cards, obstacles, and what a step would break."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from forum_scheduler.clock import now
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling.board.fitting import Fits, Obstacle
from forum_scheduler.scheduling.board.position import Position, kept
from forum_scheduler.scheduling.ids import row_id
from forum_scheduler.scheduling.words import Names, violation_sentence
from solver.problem import Meeting
from solver.verify import Violation

OBSTACLES = {
    Obstacle.LOCKED: _l("The meeting is locked."),
    Obstacle.TIME: _l("The meeting may not start then, or would not end in time."),
    Obstacle.ORDER: _l("A meeting that must come before or after it: %(names)s."),
    Obstacle.ABSENT: _l("Not there: %(names)s."),
    Obstacle.BUSY: _l("In another meeting then: %(names)s."),
    Obstacle.LIMIT: _l("A limit of meetings is reached: %(names)s."),
    Obstacle.INTERPRETER: _l("No interpreter is free."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A meeting on the board; ``slot_id`` None: it waits in the tray. ``why``: the reason that it waits."""

    meeting_id: int
    title: str
    people: str = ""
    slot_id: int | None = None
    table_id: int | None = None
    length: int = 1
    locked: bool = False
    changed: bool = False
    must: bool = False
    why: str = ""


Places = Mapping[int, tuple[int, int]]  # meeting -> slot, table


def names_lately(forum: Forum) -> Names:
    """The names as they were within the last minute: for answers that must come while a card is dragged."""
    key = ("names", forum.uid, str(get_locale()), int(now().timestamp()) // 60)
    return kept.get(key, lambda: Names(forum))


def card_of(position: Position, meeting: Meeting, names: Names, *, before: Places, why: str = "") -> Card:
    """``before``: the places in the schedule that the board was made from."""
    placement = position.placed.get(meeting.id)
    id_ = row_id(meeting.id)
    slot, table = (row_id(placement.slot), row_id(placement.table)) if placement else (None, None)
    return Card(
        meeting_id=id_,
        title=names.name(meeting.id),
        people=", ".join(map(names.name, _coming(position, meeting))),
        slot_id=slot,
        table_id=table,
        length=meeting.length,
        locked=meeting.locked_slot is not None,
        changed=placement is not None and before.get(id_) != (slot, table),
        must=meeting.must or position.problem.must_all,
        why=why,
    )


def _coming(position: Position, meeting: Meeting) -> tuple[str, ...]:
    placement = position.placed.get(meeting.id)
    if placement is None:
        return ()
    return (*placement.people, *((placement.interpreter,) if placement.interpreter else ()))


def obstacle_sentences(fits: Fits, names: Names) -> dict[str, str]:
    """Slot -> why the meeting can't be there."""
    return {
        slot: str(OBSTACLES[obstacle]) % {"names": names.listed(subjects)}
        for slot, (obstacle, subjects) in fits.obstacles.items()
    }


def broken_sentences(violations: Iterable[Violation], names: Names) -> list[str]:
    """Each said once."""
    return list(dict.fromkeys(violation_sentence(names, each) for each in violations))


def own_step_sentence(action: str, meetings: Collection[str], names: Names) -> str:
    """What one has done oneself, for the page that follows it."""
    said = {
        "swap": _l("Changed places: %(what)s"),
        "remove": _l("Taken out: %(what)s"),
        "lock": _l("Locked: %(what)s"),
        "unlock": _l("Unlocked: %(what)s"),
        "attend": _l("Changed who comes: %(what)s"),
        "undo": _l("Undone: %(what)s"),
        "redo": _l("Done again: %(what)s"),
    }.get(action, _l("Moved: %(what)s"))
    return str(said) % {"what": names.listed(meetings)}


def step_sentence(action: str, meetings: Collection[str], who: str, names: Names) -> str:
    """What somebody else has done, for those who look at the same board."""
    what = names.listed(meetings)
    said = {
        "remove": _l("%(who)s has taken out: %(what)s"),
        "lock": _l("%(who)s has locked: %(what)s"),
        "unlock": _l("%(who)s has unlocked: %(what)s"),
        "attend": _l("%(who)s has changed who comes: %(what)s"),
    }.get(action, _l("%(who)s has moved: %(what)s"))
    return str(said) % {"who": who or _("Somebody"), "what": what}
