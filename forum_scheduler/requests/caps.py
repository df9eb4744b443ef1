"""How many requests a company may send, in all and of each priority: what is left, and the refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select

from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests.models import Priority, Request, RequestState

LIVE = (RequestState.PENDING, RequestState.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The forum's limits; None: no limit."""

    requests: int | None
    by_priority: Mapping[Priority, int]

    @classmethod
    def of(cls, forum: Forum) -> Caps:
        limits = {Priority.MUST: forum.max_must_requests, Priority.HIGH: forum.max_high_requests}
        return cls(
            requests=forum.max_requests,
            by_priority={priority: cap for priority, cap in limits.items() if cap is not None},
        )


def sent(company_id: int, *, besides: int | None = None) -> Mapping[Priority, int]:
    """Priority -> number of the company's open and accepted requests, one of them left out."""
    rows: dict[str, int] = dict(
        db.session.execute(
            select(Request.priority, func.count())
            .where(
                Request.asker_id == company_id,
                Request.state.in_(LIVE),
                Request.id != (besides or 0),
            )
            .group_by(Request.priority)
        ).all()
    )
    return {priority: rows.get(priority.value, 0) for priority in Priority}


def check_one_more(forum: Forum, company_id: int, priority: Priority, *, besides: int | None = None) -> None:
    """Raise Refused or Invalid where one more request of this priority is one too many."""
    counts = sent(company_id, besides=besides)
    _check_total(forum, counts)
    cap = Caps.of(forum).by_priority.get(priority)
    if cap is not None and counts[priority] >= cap:
        raise _too_many(priority, cap)


def check_total(forum: Forum, company_id: int) -> None:
    """Raise Refused where the company has no request left, of whatever priority."""
    _check_total(forum, sent(company_id))


def _check_total(forum: Forum, counts: Mapping[Priority, int]) -> None:
    cap = forum.max_requests
    if cap is not None and sum(counts.values()) >= cap:
        raise Refused(_("You have sent all your %(number)s requests. Withdraw one first.", number=cap))


def check_all(forum: Forum, counts: Mapping[Priority, int]) -> None:
    """Raise Invalid where requests counted by priority are more of one than the forum allows."""
    for priority, cap in Caps.of(forum).by_priority.items():
        if counts.get(priority, 0) > cap:
            raise _too_many(priority, cap)


def _too_many(priority: Priority, cap: int) -> Invalid:
    return Invalid(
        _(
            "You have used all %(number)s of “%(priority)s”. Lower another request first.",
            number=cap,
            priority=_("must") if priority is Priority.MUST else _("high"),
        ),
        field="priority",
    )
