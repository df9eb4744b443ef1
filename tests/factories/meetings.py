"""Requests, the meetings that they become, and times of absence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    Company,
    Delegate,
)
from forum_scheduler.forums.models import (
    Slot,
)
from forum_scheduler.requests.models import (
    Meeting,
    MeetingState,
    Party,
    PartyDelegate,
    Priority,
    Request,
    RequestDelegate,
    RequestState,
    Unavailability,
)
from tests.factories.storing import store, store_all


def make_request(
    asker: Company,
    asked: Company,
    *,
    state: RequestState = RequestState.PENDING,
    priority: Priority = Priority.NORMAL,
    wished: Sequence[Delegate] = (),
    **fields: Any,
) -> Request:
    """``asker`` asks ``asked``. An answered state gets its time. ``fields``: of Request."""
    low, high = sorted((asker.id, asked.id))
    values: dict[str, Any] = {"state": state, "priority": priority, **fields}
    if state in (RequestState.ACCEPTED, RequestState.DECLINED):
        values.setdefault("answered_at", now())
    request = Request(
        forum_id=asker.forum_id, asker_id=asker.id, asked_id=asked.id, low_id=low, high_id=high, **values
    )
    request.wished = [RequestDelegate(delegate_id=delegate.id) for delegate in wished]
    return store(request)


def make_meeting(
    request: Request | None = None,
    *,
    between: Sequence[Company] = (),
    delegates: Mapping[Company, Sequence[Delegate]] | None = None,
    whole: Collection[Company] = (),
    state: MeetingState = MeetingState.AGREED,
    **fields: Any,
) -> Meeting:
    """The meeting of an accepted request, or one of the companies ``between`` that the organiser set.

    ``delegates``: candidates by company where not all of its delegates are. ``whole``: companies of which
    all candidates come, not one of them. ``fields``: of Meeting.
    """
    if request is not None:
        forum_id, company_ids = request.forum_id, [request.asker_id, request.asked_id]
    else:
        forum_id, company_ids = between[0].forum_id, [company.id for company in between]
    chosen = {company.id: people for company, people in (delegates or {}).items()}
    meeting = Meeting(forum_id=forum_id, request_id=request.id if request else None, state=state, **fields)
    for position, company_id in enumerate(company_ids):
        need = "all" if any(each.id == company_id for each in whole) else "one"
        party = Party(company_id=company_id, position=position, need=need)
        party.delegates = [PartyDelegate(delegate_id=one.id) for one in chosen.get(company_id, ())]
        meeting.parties.append(party)
    return store(meeting)


def make_unavailable(delegate: Delegate, *slots: Slot, reason: str = "") -> None:
    store_all(Unavailability(delegate_id=delegate.id, slot_id=slot.id, reason=reason) for slot in slots)
