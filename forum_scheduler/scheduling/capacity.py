"""Demand against room before anything is solved: per block and pair of languages, and whom everyone wants."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from forum_scheduler.companies.models import Company, CompanyStatus, Delegate, DelegateAlsoFor
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.availability import rooms_of
from forum_scheduler.requests.models import Meeting as MeetingRow
from forum_scheduler.requests.models import MeetingState, Request, RequestState
from forum_scheduler.requests.models import Party as PartyRow
from forum_scheduler.scheduling.planning import NotReady, build
from solver.problem import Meeting, Need, Party, Problem

MOST_WANTED = 12
MOST_AT_A_GLANCE = 5_000  # meetings, of which a problem is built in about half a second
LIVE = (RequestState.PENDING, RequestState.ACCEPTED)


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
    """A company and the requests to it, open and accepted. In slots: ``demand``, of all its meetings that are
    agreed or could still be, whoever asked; ``room``, that its people have, a day not more than they may."""

    company_id: int
    name: str
    requests: int
    demand: int
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


def tightest_of(forum: Forum, *, meetings: int) -> BlockDemand | None:
    """The block that is asked for most of its room, where there are several to choose from.

    None where nothing can be said yet, and for so many ``meetings`` that a page can't wait for it.
    """
    if not 0 < meetings <= MOST_AT_A_GLANCE:
        return None
    try:
        blocks = blocks_of(build(forum).problem)
    except NotReady:
        return None
    asked = [block for block in blocks if block.demand]
    return max(asked, key=_share, default=None) if len(blocks) > 1 else None


def _share(block: BlockDemand) -> float:
    """Of its room; a block without any is the tightest."""
    return block.demand / block.room if block.room else math.inf


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
    """The companies with most requests to them, in a fixed number of queries."""
    received = (
        select(Request.asked_id, func.count().label("number"))
        .where(Request.forum_id == forum.id, Request.state.in_(LIVE))
        .group_by(Request.asked_id)
        .subquery()
    )
    query = (
        select(Company.id, Company.name, Company.max_meetings, received.c.number)
        .join(received, received.c.asked_id == Company.id)
        .where(Company.forum_id == forum.id, Company.status == CompanyStatus.APPROVED)
        .order_by(received.c.number.desc(), Company.name)
        .limit(MOST_WANTED)
    )
    found = db.session.execute(query).all()
    ids = [id_ for id_, _name, _own, _number in found]
    demand, free = _demand(ids), _room(forum, ids)
    return tuple(
        Wanted(
            company_id=id_,
            name=name,
            requests=number,
            demand=demand[id_],
            room=_capped(free[id_], own, forum.max_meetings),
        )
        for id_, name, own, number in found
    )


def _demand(ids: Sequence[int]) -> Mapping[int, int]:
    """Company id -> slots of its agreed meetings and of the requests, from it and to it, that are open."""
    slots: Counter[int] = Counter()
    agreed = (
        select(PartyRow.company_id, func.sum(MeetingRow.length_slots))
        .join(MeetingRow, MeetingRow.id == PartyRow.meeting_id)
        .where(PartyRow.company_id.in_(ids), MeetingRow.state == MeetingState.AGREED)
        .group_by(PartyRow.company_id)
    )
    opens = [
        select(side, func.sum(Request.length_slots))
        .where(side.in_(ids), Request.state == RequestState.PENDING)
        .group_by(side)
        for side in (Request.asked_id, Request.asker_id)
    ]
    for query in (agreed, *opens):
        for id_, number in db.session.execute(query):
            slots[id_] += number
    return slots


def _room(forum: Forum, ids: Sequence[int]) -> Mapping[int, int]:
    """Company id -> slots in which its people can meet, those counted who also come for another company."""
    own = db.session.scalars(select(Delegate).where(Delegate.company_id.in_(ids))).all()
    also = db.session.execute(
        select(DelegateAlsoFor.company_id, Delegate)
        .join(Delegate, Delegate.id == DelegateAlsoFor.delegate_id)
        .where(DelegateAlsoFor.company_id.in_(ids))
    ).all()
    pairs = {(each.company_id, each.id): each for each in own}
    pairs.update({(company_id, each.id): each for company_id, each in also})
    people = {each.id: each for each in pairs.values()}
    rooms = rooms_of(forum, tuple(people.values()))
    free: Counter[int] = Counter()
    for company_id, delegate_id in pairs:
        free[company_id] += rooms[delegate_id]
    return free


def _capped(free: int, own: int | None, common: int | None) -> int:
    cap = common if own is None else own
    return free if cap is None else min(free, cap)
