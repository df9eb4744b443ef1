"""What the pages of requests show, each list in a handful of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from forum_scheduler.companies.models import Company, CompanyCapability
from forum_scheduler.companies.suggestions import Dealings
from forum_scheduler.extensions import db
from forum_scheduler.paging import Paged, Paging
from forum_scheduler.requests.models import Request, RequestDelegate, RequestState

PAGE_SIZE = 50
ANSWERED = (RequestState.ACCEPTED, RequestState.DECLINED, RequestState.EXPIRED)


def _with_companies(query: Select[Request]) -> Select[Request]:
    return query.options(
        joinedload(Request.asker).joinedload(Company.side),
        joinedload(Request.asker).selectinload(Company.capabilities).joinedload(CompanyCapability.capability),
        joinedload(Request.asked).joinedload(Company.side),
        selectinload(Request.wished).joinedload(RequestDelegate.delegate),
    )


def sent_by(company_id: int) -> Sequence[Request]:
    """The company's own requests: its ranking first, then the newest."""
    return db.session.scalars(
        _with_companies(select(Request))
        .where(Request.asker_id == company_id)
        .order_by(Request.rank == 0, Request.rank, Request.created_at.desc(), Request.id.desc())
    ).all()


def received_by(company_id: int, *, answered: bool, page: int) -> Paged[Request]:
    """Requests to the company that wait for its answer, or that were answered; the newest first."""
    total = answered_count(company_id) if answered else open_count(company_id)
    paging = Paging.at(page, size=PAGE_SIZE, total=total)
    newest = Request.answered_at.desc() if answered else Request.created_at.desc()
    query = (
        _with_companies(select(Request))
        .where(
            Request.asked_id == company_id,
            Request.state.in_(ANSWERED if answered else [RequestState.PENDING]),
        )
        .order_by(newest, Request.id.desc())
    )
    return paging.of(db.session.scalars(paging.cut(query)).all())


def answered_count(company_id: int) -> int:
    """How many requests to the company are accepted, declined or expired."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Request)
            .where(Request.asked_id == company_id, Request.state.in_(ANSWERED))
        )
        or 0
    )


def between(company_ids: Sequence[int], other_id: int) -> Request | None:
    """The request between one of these companies and the other one, whoever asked."""
    return db.session.scalar(
        _with_companies(select(Request)).where(
            ((Request.asker_id.in_(list(company_ids))) & (Request.asked_id == other_id))
            | ((Request.asked_id.in_(list(company_ids))) & (Request.asker_id == other_id))
        )
    )


def partners_of(company_id: int) -> Sequence[int]:
    """Ids of the companies with which a request stands, whatever its state."""
    rows = db.session.execute(
        select(Request.asker_id, Request.asked_id).where(
            (Request.asker_id == company_id) | (Request.asked_id == company_id)
        )
    ).all()
    return [asked if asker == company_id else asker for asker, asked in rows]


def between_all(company_id: int, other_ids: Sequence[int]) -> Mapping[int, Request]:
    """Other company -> the request between the two, whoever asked; only where there is one."""
    others = list(other_ids)
    rows = db.session.scalars(
        select(Request).where(
            ((Request.asker_id == company_id) & Request.asked_id.in_(others))
            | ((Request.asked_id == company_id) & Request.asker_id.in_(others))
        )
    ).all()
    return {each.asked_id if each.asker_id == company_id else each.asker_id: each for each in rows}


def dealings_of(company_id: int) -> Dealings:
    """What the company did about others so far, for suggestions."""
    liked: list[int] = []
    disliked: list[int] = []
    met: list[int] = []
    for asker, asked, state in db.session.execute(
        select(Request.asker_id, Request.asked_id, Request.state).where(
            (Request.asker_id == company_id) | (Request.asked_id == company_id)
        )
    ):
        ours = asker == company_id
        other = asked if ours else asker
        met.append(other)
        good = state != RequestState.WITHDRAWN if ours else state == RequestState.ACCEPTED
        if good:
            liked.append(other)
        elif not ours and state == RequestState.DECLINED:
            disliked.append(other)
    return Dealings(liked=liked, disliked=disliked, met=met)


def open_count(company_id: int) -> int:
    """How many requests wait for the company's answer."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Request)
            .where(Request.asked_id == company_id, Request.state == RequestState.PENDING)
        )
        or 0
    )


def counts_by_state(forum_id: int, *, side_id: int | None = None) -> Mapping[str, int]:
    """State -> number of the forum's requests, or of those of one side; every state is there."""
    query = select(Request.state, func.count()).where(Request.forum_id == forum_id, *_of_side(side_id))
    found = dict(db.session.execute(query.group_by(Request.state)).all())
    return {state.value: found.get(state.value, 0) for state in RequestState}


def _of_side(side_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """The condition for requests to or from companies of a side; None: no condition."""
    if side_id is None:
        return ()
    own = select(Company.id).where(Company.side_id == side_id)
    return (Request.asker_id.in_(own) | Request.asked_id.in_(own),)


def of_forum(
    forum_id: int, *, state: str | None, paging: Paging, side_id: int | None = None
) -> Sequence[Request]:
    """One page of the requests of the forum, or of one side, the newest first."""
    query = _with_companies(select(Request)).where(Request.forum_id == forum_id, *_of_side(side_id))
    if state is not None:
        query = query.where(Request.state == state)
    newest = query.order_by(Request.created_at.desc(), Request.id.desc())
    return db.session.scalars(paging.cut(newest)).all()
