"""When delegates can meet, and whether a company's accepted meetings still fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import selectinload

from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Block, Forum, Slot
from forum_scheduler.requests.models import Meeting, MeetingState, Party, Unavailability


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Accepted meetings against room: slots in which at least one delegate is free, summed over delegates.

    ``meetings`` counts slots that the accepted meetings take, ``room`` the free slots of all delegates (never
    more than the company's limit of meetings).
    """

    meetings: int
    room: int

    @property
    def over(self) -> int:
        """By how many slots the meetings exceed the room; 0 where they fit."""
        return max(0, self.meetings - self.room)


def set_unavailable(*, delegate_id: int, slot_ids: Iterable[int], reason: str = "") -> None:
    """Replace the slots in which a delegate can't meet. Raises Invalid for a slot of another forum."""
    wanted = set(slot_ids)
    with transaction() as session:
        delegate = session.get_one(Delegate, delegate_id)
        known = set(
            session.scalars(
                select(Slot.id).where(Slot.forum_id == delegate.forum_id, Slot.live(), Slot.id.in_(wanted))
            ).all()
        )
        if known != wanted:
            raise Invalid(
                _("The forum's times have changed meanwhile. Look again, then save."), field="slots"
            )
        session.execute(
            delete(Unavailability).where(
                Unavailability.delegate_id == delegate_id, Unavailability.slot_id.not_in(wanted)
            )
        )
        kept = set(
            session.scalars(
                select(Unavailability.slot_id).where(Unavailability.delegate_id == delegate_id)
            ).all()
        )
        session.add_all(
            Unavailability(delegate_id=delegate_id, slot_id=slot_id, reason=reason[:120])
            for slot_id in sorted(wanted - kept)
        )


def blocks_with_slots(forum_id: int) -> Sequence[Block]:
    """The forum's blocks in order of time, slots loaded."""
    return db.session.scalars(
        select(Block)
        .where(Block.forum_id == forum_id, Block.live())
        .options(selectinload(Block.slots))
        .order_by(Block.starts_at)
    ).all()


def unavailable_slots(delegate_ids: Sequence[int]) -> Mapping[int, frozenset[int]]:
    """Delegate id -> ids of the slots in which they can't meet."""
    found: dict[int, set[int]] = {id_: set() for id_ in delegate_ids}
    for row in db.session.execute(
        select(Unavailability.delegate_id, Unavailability.slot_id).where(
            Unavailability.delegate_id.in_(list(delegate_ids))
        )
    ):
        found[row.delegate_id].add(row.slot_id)
    return {id_: frozenset(slots) for id_, slots in found.items()}


def fit_of(company: Company) -> Fit:
    """How the company's accepted meetings compare with its delegates' free slots."""
    slots = db.session.scalar(
        select(func.count()).select_from(Slot).where(Slot.forum_id == company.forum_id, Slot.live())
    )
    delegates = db.session.scalars(select(Delegate.id).where(Delegate.company_id == company.id)).all()
    blocked = db.session.scalar(
        select(func.count())
        .select_from(Unavailability)
        .join(Slot, Slot.id == Unavailability.slot_id)
        .where(Unavailability.delegate_id.in_(delegates), Slot.live())
    )
    taken = db.session.scalar(
        select(func.coalesce(func.sum(Meeting.length_slots), 0))
        .join(Party, Party.meeting_id == Meeting.id)
        .where(Party.company_id == company.id, Meeting.state == MeetingState.AGREED)
    )
    room = len(delegates) * (slots or 0) - (blocked or 0)
    cap = company.max_meetings
    if cap is None:
        cap = db.session.scalar(select(Forum.max_meetings).where(Forum.id == company.forum_id))
    if cap is not None:
        room = min(room, cap)
    return Fit(meetings=int(taken or 0), room=room)
