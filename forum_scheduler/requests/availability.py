"""Whether a company's accepted meetings still fit into the free slots of its delegates, and whose do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from forum_scheduler.companies.models import FORGOTTEN, Company, Delegate, DelegateAlsoFor
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Slot
from forum_scheduler.requests.models import Meeting, MeetingState, Party
from forum_scheduler.requests.times import unavailable_slots


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFit:
    """One delegate: ``room`` slots for meetings, ``alone`` slots of meetings that nobody else can take."""

    delegate_id: int
    name: str
    room: int
    alone: int

    @property
    def over(self) -> int:
        """By how many slots these exceed the room."""
        return max(0, self.alone - self.room)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Accepted meetings against room, both in slots.

    ``meetings`` counts the slots that the accepted meetings take, ``room`` the free slots of all delegates
    (a day never more than the limits of a delegate, in all never more than the company's limit of meetings).
    It is a bound: where ``over`` is 0 and nobody's own is, a schedule can still fail for other reasons.
    """

    meetings: int
    room: int
    people: tuple[PersonFit, ...] = ()
    cap: int | None = None  # the company's most meetings

    @property
    def over(self) -> int:
        """By how many slots the meetings exceed the room; 0 where they fit."""
        return max(0, self.meetings - self.room)

    @property
    def stretched(self) -> tuple[PersonFit, ...]:
        """Those who alone have more than fits."""
        return tuple(person for person in self.people if person.over)


def fit_of(company: Company) -> Fit:
    """How the company's accepted meetings compare with its delegates' free slots."""
    forum = db.session.get_one(Forum, company.forum_id)
    also = select(DelegateAlsoFor.delegate_id).where(DelegateAlsoFor.company_id == company.id)
    delegates = db.session.scalars(
        select(Delegate)
        .where(or_(Delegate.company_id == company.id, Delegate.id.in_(also)), Delegate.name != FORGOTTEN)
        .order_by(Delegate.id)
    ).all()
    rooms = rooms_of(forum, delegates)
    parties = db.session.execute(
        select(Party, Meeting.length_slots)
        .join(Meeting, Meeting.id == Party.meeting_id)
        .where(Party.company_id == company.id, Meeting.state == MeetingState.AGREED)
        .options(selectinload(Party.delegates))
    ).all()
    alone: Counter[int] = Counter()
    for party, length in parties:
        for delegate_id in _bound(party, rooms):
            alone[delegate_id] += length
    cap = company.max_meetings if company.max_meetings is not None else forum.max_meetings
    room = sum(rooms.values())
    return Fit(
        meetings=sum(length for _party, length in parties),
        room=room if cap is None else min(room, cap),
        people=tuple(
            PersonFit(delegate_id=each.id, name=each.name, room=rooms[each.id], alone=alone[each.id])
            for each in delegates
        ),
        cap=cap,
    )


def advice(fit: Fit) -> Iterator[str]:
    """What no longer fits, sentence by sentence, and what would help."""
    for person in fit.stretched:
        yield ngettext(
            "Only %(name)s can take %(num)s slot of meetings, and is free in %(room)s: free slots, or let "
            "a colleague take some.",
            "Only %(name)s can take %(num)s slots of meetings, and is free in %(room)s: free slots, or let "
            "a colleague take some.",
            person.alone,
            name=person.name,
            room=person.room,
        )  # fmt: skip
    if fit.over and fit.cap is not None and fit.room == fit.cap:
        yield _("The forum gives a company at most %(most)s meetings: decline or withdraw %(over)s.",
                most=fit.cap, over=fit.over)  # fmt: skip
    elif fit.over:
        yield ngettext(
            "%(num)s slot is missing: free one, add a delegate, or decline or withdraw a meeting.",
            "%(num)s slots are missing: free some, add a delegate, or decline or withdraw meetings.",
            fit.over,
        )


def most_per_day(delegate: Delegate, forum: Forum) -> int | None:
    """The tighter of the delegate's and the forum's limit of meetings a day."""
    limits = [limit for limit in (delegate.max_per_day, forum.max_per_day) if limit is not None]
    return min(limits) if limits else None


def _bound(party: Party, known: Mapping[int, int]) -> Sequence[int]:
    """The delegates who must come to a meeting: all of those named, or the only one who can."""
    candidates = [each.delegate_id for each in party.delegates if each.delegate_id in known] or list(known)
    return candidates if party.need == "all" or len(candidates) == 1 else ()


def rooms_of(forum: Forum, delegates: Sequence[Delegate]) -> dict[int, int]:
    """Delegate id -> slots in which they can meet, a day not more than they may."""
    slots = db.session.execute(
        select(Slot.id, Slot.starts_at).where(Slot.forum_id == forum.id, Slot.live())
    ).all()
    days = {id_: starts_at.astimezone(forum.zone).toordinal() for id_, starts_at in slots}
    taken = unavailable_slots([each.id for each in delegates])
    rooms = {}
    for delegate in delegates:
        free = Counter(day for id_, day in days.items() if id_ not in taken[delegate.id])
        limit = most_per_day(delegate, forum)
        rooms[delegate.id] = sum(free.values() if limit is None else (min(n, limit) for n in free.values()))
    return rooms
