"""Demand against room before anything is solved: per block and pair of languages, and whom everyone wants."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Slot
from forum_scheduler.requests.models import Request, RequestState, Unavailability
from solver.problem import Meeting, Need, Party, Problem

MOST_WANTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDemand:
    """Of one block: ``room``, table-slots that are open; ``demand``, those that meetings take when each is
    spread evenly over the slots in which all can come; ``only``: meetings that can be in no other block."""

    block: str
    room: int
    demand: int
    possible: int
    only: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDemand:
    """Of one pair of languages: slots of interpreting asked for, and those that interpreters have.

    ``shared``: interpreters of the pair who also do another one, so that their slots count twice.
    """

    pair: tuple[str, str]
    demand: int
    room: int
    interpreters: int
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A company, the requests to it (open and accepted), and how many meetings its people have time for."""

    company_id: int
    name: str
    requests: int
    room: int


def blocks_of(problem: Problem) -> tuple[BlockDemand, ...]:
    """In the order of time."""
    closed = Counter(slot for table in problem.tables for slot in table.closed)
    free = _free(problem)
    possible = {meeting.id: _slots(problem, meeting, free) for meeting in problem.meetings}
    in_block: dict[str, list[str]] = defaultdict(list)
    for slot in problem.slots:
        in_block[slot.block].append(slot.id)
    found = []
    for block in problem.blocks:
        own = set(in_block[block.id])
        shares = [
            (meeting.length * len(slots & own) / len(slots), slots <= own)
            for meeting in problem.meetings
            if (slots := possible[meeting.id]) & own
        ]
        found.append(
            BlockDemand(
                block=block.id,
                room=sum(len(problem.tables) - closed[slot] for slot in own),
                demand=round(sum(share for share, _only in shares)),
                possible=len(shares),
                only=sum(only for _share, only in shares),
            )
        )
    return tuple(found)


def _free(problem: Problem) -> Mapping[str, frozenset[str]]:
    slots = frozenset(slot.id for slot in problem.slots)
    return {person.id: slots - frozenset(person.unavailable) for person in problem.people}


def _slots(problem: Problem, meeting: Meeting, free: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Those in which every party can be there and the meeting may start; its length is not looked at."""
    slots = frozenset(slot.id for slot in problem.slots)
    if meeting.locked_slot is not None:
        return slots & {meeting.locked_slot}
    if meeting.starts is not None:
        slots &= frozenset(meeting.starts)
    for party in meeting.parties:
        slots &= _party_slots(party, free)
    return slots


def _party_slots(party: Party, free: Mapping[str, frozenset[str]]) -> frozenset[str]:
    each = [free[person] for person in party.people]
    return frozenset.intersection(*each) if party.need is Need.ALL else frozenset.union(*each)


def pairs_of(problem: Problem) -> tuple[PairDemand, ...]:
    """The pairs that meetings need, the scarcest first; those that nobody interprets have no room."""
    demand: dict[frozenset[str], int] = defaultdict(int)
    for meeting in problem.meetings:
        if meeting.interpret is not None:
            demand[frozenset(meeting.interpret)] += meeting.length
    found = []
    for pair, wanted in demand.items():
        able = [
            each for each in problem.interpreters if any(frozenset(spoken) == pair for spoken in each.pairs)
        ]
        first, second = sorted(pair) if len(pair) == 2 else (min(pair), min(pair))
        found.append(
            PairDemand(
                pair=(first, second),
                demand=wanted,
                room=sum(len(problem.slots) - len(each.unavailable) for each in able),
                interpreters=len(able),
                shared=sum(len({frozenset(spoken) for spoken in each.pairs}) > 1 for each in able),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.room - each.demand, each.pair)))


def wanted_of(forum: Forum) -> tuple[Wanted, ...]:
    """The companies with most requests to them, in two queries."""
    received = (
        select(Request.asked_id, func.count().label("number"))
        .where(
            Request.forum_id == forum.id,
            Request.state.in_((RequestState.PENDING, RequestState.ACCEPTED)),
        )
        .group_by(Request.asked_id)
        .subquery()
    )
    away = (
        select(func.count())
        .select_from(Unavailability)
        .join(Delegate, Delegate.id == Unavailability.delegate_id)
        .join(Slot, Slot.id == Unavailability.slot_id)
        .where(Delegate.company_id == Company.id, Slot.live())
        .scalar_subquery()
    )
    delegates = select(func.count()).where(Delegate.company_id == Company.id).scalar_subquery()
    query = (
        select(Company.id, Company.name, Company.max_meetings, received.c.number, delegates, away)
        .join(received, received.c.asked_id == Company.id)
        .where(Company.forum_id == forum.id, Company.status == CompanyStatus.APPROVED)
        .order_by(received.c.number.desc(), Company.name)
        .limit(MOST_WANTED)
    )
    slots = db.session.scalar(
        select(func.count()).select_from(Slot).where(Slot.forum_id == forum.id, Slot.live())
    )
    return tuple(
        Wanted(
            company_id=id_,
            name=name,
            requests=number,
            room=_room(people * (slots or 0) - absent, own, forum.max_meetings),
        )
        for id_, name, own, number, people, absent in db.session.execute(query)
    )


def _room(free: int, own: int | None, common: int | None) -> int:
    cap = common if own is None else own
    return free if cap is None else min(free, cap)
