"""Meetings of many accepted requests at once, by the same rules as one (``meetings.agree``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum_scheduler.companies.models import Company, Delegate, DelegateAlsoFor
from forum_scheduler.forums.models import Interpreter
from forum_scheduler.requests.agreement import common_ground, interpreted, meeting_weight
from forum_scheduler.requests.models import (
    Meeting,
    Party,
    PartyDelegate,
    Priority,
    Request,
    RequestDelegate,
)

Languages = Mapping[int, Sequence[str]]  # delegate id -> languages, the best first


def agree_all(session: Session, *, forum_id: int, requests: Collection[Request]) -> list[Meeting]:
    """Make the meetings of accepted requests that have none yet; inside ``transaction()``, all flushed."""
    people = _languages(session, forum_id)
    wished = _wished(session, [request.id for request in requests])
    offered = [
        (pair[0], pair[1])
        for pairs in session.scalars(
            select(Interpreter.pairs).where(Interpreter.forum_id == forum_id, Interpreter.live())
        )
        for pair in pairs
    ]
    meetings: list[Meeting] = []
    for request in requests:
        sides = [
            _candidates(people[company_id], wished[request.id])
            for company_id in (request.asker_id, request.asked_id)
        ]
        ground = common_ground(asker=sides[0][0], asked=sides[1][0], offered=offered)
        meeting = Meeting(
            forum_id=forum_id,
            request_id=request.id,
            weight=meeting_weight(
                asker=Priority(request.priority),
                answer=Priority(request.answer_priority) if request.answer_priority else None,
                mutual=request.mutual,
            ),
            length_slots=request.length_slots,
            interpret=interpreted(request.interpret, ground),
        )
        ids = (request.asker_id, request.asked_id)
        chosen = (ground.asker_delegates, ground.asked_delegates)
        meeting.parties = [
            _party(company_id, position, *side, able)
            for position, (company_id, side, able) in enumerate(zip(ids, sides, chosen, strict=True))
        ]
        meetings.append(meeting)
    session.add_all(meetings)
    session.flush()
    return meetings


def _party(
    company_id: int, position: int, languages: Languages, named: Collection[int], able: Collection[int]
) -> Party:
    """Named delegates all come; else any one of those who share the language."""
    party = Party(company_id=company_id, position=position, need="all" if named else "one")
    if named or len(able) < len(languages):
        party.delegates = [PartyDelegate(delegate_id=id_) for id_ in sorted(named or able)]
    return party


def _candidates(everyone: Languages, wished: Collection[int]) -> tuple[Languages, Collection[int]]:
    named = {id_: languages for id_, languages in everyone.items() if id_ in wished}
    return named or everyone, named.keys()


def _languages(session: Session, forum_id: int) -> Mapping[int, Languages]:
    """Company -> its delegates' languages, in the order of their ids."""
    found: dict[int, dict[int, Sequence[str]]] = defaultdict(dict)
    own = select(Delegate.company_id, Delegate.id, Delegate.languages).where(Delegate.forum_id == forum_id)
    also = (
        select(DelegateAlsoFor.company_id, Delegate.id, Delegate.languages)
        .join(Delegate, Delegate.id == DelegateAlsoFor.delegate_id)
        .join(Company, Company.id == DelegateAlsoFor.company_id)
        .where(Company.forum_id == forum_id)
    )
    rows = [*session.execute(own), *session.execute(also)]
    for company_id, id_, languages in sorted(rows, key=lambda row: row[1]):
        found[company_id][id_] = languages
    return found


def _wished(session: Session, request_ids: Sequence[int]) -> Mapping[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    ids = iter(request_ids)
    while chunk := list(islice(ids, 500)):  # databases take only so many parameters
        rows = session.execute(
            select(RequestDelegate.request_id, RequestDelegate.delegate_id).where(
                RequestDelegate.request_id.in_(chunk)
            )
        )
        for request_id, delegate_id in rows:
            found[request_id].add(delegate_id)
    return found
