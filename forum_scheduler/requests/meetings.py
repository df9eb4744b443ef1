"""Meetings that come of requests: made, brought up to date and cancelled with them.

Called inside a transaction. What a meeting needs is derived here from the request and the delegates'
languages, so it can be derived again when delegates change.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, selectinload

from forum_scheduler.companies.models import FORGOTTEN, Company, Delegate, DelegateAlsoFor
from forum_scheduler.companies.signals import delegates_changed
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Interpreter
from forum_scheduler.requests.agreement import common_ground, interpreted, meeting_weight
from forum_scheduler.requests.models import (
    Meeting,
    MeetingState,
    Party,
    PartyDelegate,
    Priority,
    Request,
    RequestDelegate,
    RequestState,
)


def agree(session: Session, request: Request) -> Meeting:
    """Make the meeting of an accepted request, or bring it up to date."""
    meeting = session.scalar(
        select(Meeting).where(Meeting.request_id == request.id).options(selectinload(Meeting.parties))
    )
    if meeting is None:
        meeting = Meeting(forum_id=request.forum_id, request_id=request.id)
        session.add(meeting)
        meeting.parties = [
            Party(company_id=request.asker_id, position=0),
            Party(company_id=request.asked_id, position=1),
        ]
    meeting.state = MeetingState.AGREED
    meeting.weight = meeting_weight(
        asker=Priority(request.priority),
        answer=Priority(request.answer_priority) if request.answer_priority else None,
        mutual=request.mutual,
    )
    meeting.length_slots = request.length_slots
    session.flush()
    _derive(session, meeting, request)
    return meeting


def cancel(session: Session, request: Request) -> None:
    """Cancel the request's meeting; published agendas learn of it with the next version."""
    meeting = session.scalar(select(Meeting).where(Meeting.request_id == request.id))
    if meeting is not None:
        meeting.state = MeetingState.CANCELLED


def refresh(session: Session, *, forum_id: int, company_ids: Sequence[int]) -> None:
    """Derive again who may come to the agreed meetings of these companies, after delegates changed."""
    rows = session.execute(
        select(Meeting, Request)
        .join(Request, Meeting.request_id == Request.id)
        .where(
            Meeting.forum_id == forum_id,
            Request.state == RequestState.ACCEPTED,
            Request.asker_id.in_(list(company_ids)) | Request.asked_id.in_(list(company_ids)),
        )
        .options(selectinload(Meeting.parties))
    ).all()
    for meeting, request in rows:
        _derive(session, meeting, request)


@delegates_changed.connect
def _delegates_changed(company_id: int) -> None:
    company = db.session.get_one(Company, company_id)
    refresh(db.session(), forum_id=company.forum_id, company_ids=[company_id])


def _derive(session: Session, meeting: Meeting, request: Request) -> None:
    """Candidates and interpretation. Wished delegates of a company come alone into question, and all come."""
    wished = set(
        session.scalars(
            select(RequestDelegate.delegate_id).where(RequestDelegate.request_id == request.id)
        ).all()
    )
    sides = [_languages(session, party.company_id, wished) for party in meeting.parties]
    offered = [
        (pair[0], pair[1])
        for pairs in session.scalars(
            select(Interpreter.pairs).where(Interpreter.forum_id == request.forum_id, Interpreter.live())
        )
        for pair in pairs
    ]
    ground = common_ground(asker=sides[0], asked=sides[1], offered=offered)
    meeting.interpret = interpreted(request.interpret, ground)
    chosen = (ground.asker_delegates, ground.asked_delegates)
    for party, side, candidates in zip(meeting.parties, sides, chosen, strict=True):
        session.execute(delete(PartyDelegate).where(PartyDelegate.party_id == party.id))
        named = wished & side.keys()
        party.need = "all" if named else "one"
        if named or len(candidates) < len(side):
            rows = sorted(named) if named else sorted(candidates)
            session.add_all(PartyDelegate(party_id=party.id, delegate_id=id_) for id_ in rows)
    session.flush()


def _languages(session: Session, company_id: int, wished: set[int]) -> dict[int, Sequence[str]]:
    """Languages of the delegates who may come for the company: the wished ones if there are any, else all."""
    also = select(DelegateAlsoFor.delegate_id).where(DelegateAlsoFor.company_id == company_id)
    rows = session.execute(
        select(Delegate.id, Delegate.languages)
        .where((Delegate.company_id == company_id) | Delegate.id.in_(also), Delegate.name != FORGOTTEN)
        .order_by(Delegate.id)
    ).all()
    everyone: dict[int, Sequence[str]] = dict(rows)
    named = {id_: languages for id_, languages in everyone.items() if id_ in wished}
    return named or everyone
