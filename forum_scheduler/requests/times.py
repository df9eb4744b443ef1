"""When a delegate can't meet: slots blocked by hand, sessions attended, arrival and departure.

What a delegate says is kept as they said it; the slots that follow from it are worked out and stored as
``Unavailability``, which is all that the solver reads. Where the forum moves a session, they follow.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Conflict, Invalid, NotFound
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Block, ProgrammeEntry, Slot
from forum_scheduler.forums.programme import programme_of
from forum_scheduler.forums.signals import programme_changed
from forum_scheduler.requests.models import Attendance, Stay, Unavailability


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What a delegate says. ``blocked``: slot ids; ``attends``: programme entry ids; moments are UTC."""

    blocked: frozenset[int] = frozenset()
    attends: frozenset[int] = frozenset()
    arrives_at: datetime | None = None
    leaves_at: datetime | None = None

    @property
    def digest(self) -> str:
        """Equal for equal times: by it a form finds that somebody else saved meanwhile."""
        said = [
            sorted(self.blocked),
            sorted(self.attends),
            *(moment and moment.isoformat() for moment in (self.arrives_at, self.leaves_at)),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


AT_ONCE = 400  # delegates in one query: databases take only so many parameters


class Why(StrEnum):
    """What besides a hand blocks a slot."""

    SESSION = "session"
    ARRIVAL = "arrival"
    DEPARTURE = "departure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """``entry``: the session, where it is one."""

    why: Why
    entry: ProgrammeEntry | None = None


def blocks_with_slots(forum_id: int) -> Sequence[Block]:
    """The forum's blocks in order of time, slots loaded."""
    return db.session.scalars(
        select(Block)
        .where(Block.forum_id == forum_id, Block.live())
        .options(selectinload(Block.slots))
        .order_by(Block.starts_at)
    ).all()


def times_of(delegate_id: int) -> Times:
    """What the delegate said last; nothing said: free from the start to the end."""
    return _times_of_many([delegate_id])[delegate_id]


def _times_of_many(delegate_ids: Sequence[int]) -> Mapping[int, Times]:
    """The same of many, in as many queries."""
    ids = list(delegate_ids)
    blocked: dict[int, set[int]] = defaultdict(set)
    attends: dict[int, set[int]] = defaultdict(set)
    for delegate_id, slot_id in db.session.execute(
        select(Unavailability.delegate_id, Unavailability.slot_id)
        .join(Slot, Slot.id == Unavailability.slot_id)
        .where(Unavailability.delegate_id.in_(ids), Unavailability.by_hand, Slot.live())
    ):
        blocked[delegate_id].add(slot_id)
    for delegate_id, entry_id in db.session.execute(
        select(Attendance.delegate_id, Attendance.entry_id).where(Attendance.delegate_id.in_(ids))
    ):
        attends[delegate_id].add(entry_id)
    stays = {
        stay.delegate_id: stay for stay in db.session.scalars(select(Stay).where(Stay.delegate_id.in_(ids)))
    }
    return {
        id_: Times(
            blocked=frozenset(blocked[id_]),
            attends=frozenset(attends[id_]),
            arrives_at=stays[id_].arrives_at if id_ in stays else None,
            leaves_at=stays[id_].leaves_at if id_ in stays else None,
        )
        for id_ in ids
    }


def overlaps(slot: Slot, entry: ProgrammeEntry) -> bool:
    """Whether nobody can be at both from start to end."""
    return slot.starts_at < entry.ends_at and entry.starts_at < slot.ends_at


def follows(
    times: Times, *, slots: Iterable[Slot], programme: Sequence[ProgrammeEntry]
) -> Mapping[int, Blocked]:
    """Slot id -> what blocks it besides the hand: absence before a session, the earlier session first."""
    attended = [entry for entry in programme if entry.id in times.attends]
    found: dict[int, Blocked] = {}
    for slot in slots:
        session = next((entry for entry in attended if overlaps(slot, entry)), None)
        if times.arrives_at is not None and slot.starts_at < times.arrives_at:
            found[slot.id] = Blocked(why=Why.ARRIVAL)
        elif times.leaves_at is not None and times.leaves_at < slot.ends_at:
            found[slot.id] = Blocked(why=Why.DEPARTURE)
        elif session is not None:
            found[slot.id] = Blocked(why=Why.SESSION, entry=session)
    return found


def save_times(*, delegate_id: int, times: Times, seen: str | None = None) -> None:
    """Replace what a delegate said. ``seen``: the digest of the times that the form showed.

    Raises Invalid for what is not of this forum, Conflict where others were saved since the form was shown.
    """
    with transaction() as session:
        delegate = session.scalar(select(Delegate).where(Delegate.id == delegate_id).with_for_update())
        if delegate is None:
            raise NotFound(_("This delegate was removed meanwhile."))
        before = times_of(delegate_id)
        if seen is not None and before.digest not in (seen, times.digest):
            raise Conflict(
                _(
                    "Somebody else changed these times meanwhile. Below is what you chose: save again "
                    "to keep it."
                )
            )
        slots = _slots(session, delegate.forum_id)
        programme = programme_of(delegate.forum_id)
        _check(times, slots=slots, programme=programme)
        _store(session, delegate_id, times)
        follow = follows(times, slots=slots, programme=programme)
        stored = _stored_slots(session, [delegate_id])[delegate_id]
        _store_slots(session, delegate_id, times.blocked, set(follow), stored)


def refresh(forum_id: int) -> None:
    """Work out anew what follows from sessions and stays, for all who named any; inside ``transaction()``."""
    session = db.session()
    session.flush()
    slots, programme = _slots(session, forum_id), programme_of(forum_id)
    ids = _who_named_any(session, forum_id)
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        times, stored = _times_of_many(some), _stored_slots(session, some)
        for id_ in some:
            follow = follows(times[id_], slots=slots, programme=programme)
            _store_slots(session, id_, times[id_].blocked, set(follow), stored[id_])
    session.flush()


@programme_changed.connect
def _follow_the_programme(forum_id: int) -> None:
    refresh(forum_id)


def _who_named_any(session: Session, forum_id: int) -> Sequence[int]:
    """Also those whose session is gone: the slots that followed from it are still there."""
    named = [
        select(Stay.delegate_id),
        select(Attendance.delegate_id),
        select(Unavailability.delegate_id).where(~Unavailability.by_hand),
    ]
    return session.scalars(
        select(Delegate.id)
        .where(Delegate.forum_id == forum_id, Delegate.id.in_(named[0].union(*named[1:])))
        .order_by(Delegate.id)
        .with_for_update()
    ).all()


def _slots(session: Session, forum_id: int) -> Sequence[Slot]:
    return session.scalars(
        select(Slot).where(Slot.forum_id == forum_id, Slot.live()).order_by(Slot.starts_at)
    ).all()


def _check(times: Times, *, slots: Sequence[Slot], programme: Sequence[ProgrammeEntry]) -> None:
    if not times.blocked <= {slot.id for slot in slots}:
        raise Invalid(_("The forum's times have changed meanwhile. Look again, then save."))
    if not times.attends <= {entry.id for entry in programme}:
        raise Invalid(_("The forum's programme has changed meanwhile. Look again, then save."))
    if times.arrives_at is not None and times.leaves_at is not None and times.leaves_at <= times.arrives_at:
        raise Invalid(_("The departure comes before the arrival."), field="leaves_at")
    # A slip of the year would otherwise block every slot and say nothing.
    if slots and times.arrives_at is not None and times.arrives_at >= max(each.ends_at for each in slots):
        raise Invalid(_("The last meetings are over by then: look at the date."), field="arrives_at")
    if slots and times.leaves_at is not None and times.leaves_at <= min(each.starts_at for each in slots):
        raise Invalid(_("The first meetings begin after that: look at the date."), field="leaves_at")


def _store(session: Session, delegate_id: int, times: Times) -> None:
    stay = session.get(Stay, delegate_id)
    if times.arrives_at is None and times.leaves_at is None:
        if stay is not None:
            session.delete(stay)
    else:
        stay = stay or Stay(delegate_id=delegate_id)
        stay.arrives_at, stay.leaves_at = times.arrives_at, times.leaves_at
        session.add(stay)
    stored = {
        row.entry_id: row
        for row in session.scalars(select(Attendance).where(Attendance.delegate_id == delegate_id))
    }
    for entry_id, row in stored.items():
        if entry_id not in times.attends:
            session.delete(row)
    session.add_all(
        Attendance(delegate_id=delegate_id, entry_id=entry_id)
        for entry_id in sorted(times.attends - stored.keys())
    )


def _stored_slots(session: Session, delegate_ids: Sequence[int]) -> Mapping[int, dict[int, Unavailability]]:
    """Delegate id -> slot id -> row. Those of retired slots stay as they are: old schedules lie there."""
    found: dict[int, dict[int, Unavailability]] = {id_: {} for id_ in delegate_ids}
    rows = (
        select(Unavailability)
        .join(Slot, Slot.id == Unavailability.slot_id)
        .where(Unavailability.delegate_id.in_(found), Slot.live())
    )
    for row in session.scalars(rows):
        found[row.delegate_id][row.slot_id] = row
    return found


def _store_slots(
    session: Session,
    delegate_id: int,
    by_hand: frozenset[int],
    follow: set[int],
    stored: Mapping[int, Unavailability],
) -> None:
    """Rows that stay keep their note."""
    for slot_id, row in stored.items():
        if slot_id not in by_hand and slot_id not in follow:
            session.delete(row)
        elif row.by_hand != (slot_id in by_hand):
            row.by_hand = slot_id in by_hand
            row.reason = row.reason if row.by_hand else ""
    session.add_all(
        Unavailability(delegate_id=delegate_id, slot_id=slot_id, by_hand=slot_id in by_hand)
        for slot_id in sorted((by_hand | follow) - stored.keys())
    )
    session.flush()


def unavailable_slots(delegate_ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    """Delegate id -> ids of the slots in which they can't meet, for whatever reason."""
    found: dict[int, set[int]] = defaultdict(set)
    for row in db.session.execute(
        select(Unavailability.delegate_id, Unavailability.slot_id).where(
            Unavailability.delegate_id.in_(list(delegate_ids))
        )
    ):
        found[row.delegate_id].add(row.slot_id)
    return {id_: frozenset(found[id_]) for id_ in delegate_ids}


def who_said_times(delegate_ids: Sequence[int]) -> frozenset[int]:
    """Those of the delegates who named a slot, a session, an arrival or a departure."""
    ids = list(delegate_ids)
    named = [
        select(table.delegate_id).where(table.delegate_id.in_(ids))
        for table in (Unavailability, Attendance, Stay)
    ]
    return frozenset(db.session.scalars(named[0].union(*named[1:])))
