"""A yes with all that can be said with it: who comes, how long, an interpreter or none, a message.

Said anew later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Conflict, Invalid, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.requests import meetings, notices, services
from forum_scheduler.requests.models import Priority, Request, RequestDelegate, RequestState
from forum_scheduler.requests.wishes import MAX_MESSAGE, check_interpret, check_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the asked company says. ``delegate_ids``: its own people who come, none for any one of them.

    ``interpret``: a pair of languages, () for no interpreter, None for what the delegates' languages say.
    ``length_slots``: None for as long as was asked for.
    """

    priority: Priority = Priority.NORMAL
    message: str = ""
    delegate_ids: Sequence[int] = ()
    interpret: Sequence[str] | None = None
    length_slots: int | None = None

    @property
    def digest(self) -> str:
        """Equal for equal replies: by it a form finds that somebody else changed it meanwhile."""
        pair = None if self.interpret is None else sorted(self.interpret)
        said = [self.priority, self.message, sorted(self.delegate_ids), pair, self.length_slots]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def reply_to(request: Request) -> Reply:
    """What the asked company says so far; before it answers, what the other wants: whom, how long, ..."""
    own = db.session.scalars(
        select(RequestDelegate.delegate_id)
        .join(Delegate, Delegate.id == RequestDelegate.delegate_id)
        .where(RequestDelegate.request_id == request.id, Delegate.company_id == request.asked_id)
        .order_by(RequestDelegate.delegate_id)
    ).all()
    return Reply(
        priority=Priority(request.answer_priority or Priority.NORMAL),
        message=request.answer_message,
        delegate_ids=tuple(own),
        interpret=None if request.interpret is None else tuple(request.interpret),
        length_slots=request.length_slots,
    )


def reply(*, request_id: int, company_id: int, reply: Reply, seen: str | None = None) -> Request:
    """Accept a request with these words and people, or change them for an agreed meeting.

    The same twice changes nothing. ``seen``: the digest of the reply that the form showed. Raises Conflict
    where another one was stored since, Refused where it can't be accepted, Invalid for what can't be used.
    """
    if len(reply.message) > MAX_MESSAGE:
        raise Invalid(_("At most %(number)s characters.", number=MAX_MESSAGE), field="message")
    check_interpret(reply.interpret)
    with transaction() as session:
        request = services.asked_of(session, request_id, company_id)
        before, agreed = reply_to(request), request.state == RequestState.ACCEPTED
        after = _cleaned(session, reply, request)
        if agreed and before.digest == after.digest:
            return request
        if seen is not None and seen != before.digest:
            raise Conflict(_("Somebody changed this meanwhile. Look at it again, then change it."))
        forum = session.get_one(Forum, request.forum_id)
        if agreed:
            services.check_window(forum)
        else:
            services.check_answerable(session, request)
            if request.state not in (RequestState.PENDING, RequestState.DECLINED):
                raise Refused(_("This request was withdrawn or has expired: ask them yourself."))
        _store_people(session, request, before.delegate_ids, after.delegate_ids)
        request.length_slots = _length(request, after)
        request.interpret = None if after.interpret is None else list(after.interpret)
        if not agreed:
            return services.agree(
                session, request, answer=after.priority, mutual=request.mutual, words=after.message
            )
        request.answer_priority, request.answer_message = after.priority, after.message
        request.revision += 1
        meetings.agree(session, request)
        if replace(before, priority=after.priority).digest != after.digest:  # how much is nobody's business
            notices.meeting_changed(session, request, by_company_id=company_id, forum=forum)
    return request


def _cleaned(session: Session, reply: Reply, request: Request) -> Reply:
    """Without spaces around the words, without people of other companies, and with a length."""
    own = session.scalars(
        select(Delegate.id).where(
            Delegate.id.in_(list(reply.delegate_ids)), Delegate.company_id == request.asked_id
        )
    ).all()
    return replace(
        reply,
        message=reply.message.strip(),
        delegate_ids=tuple(sorted(own)),
        length_slots=_length(request, reply),
    )


def _length(request: Request, reply: Reply) -> int:
    """In slots. Raises Invalid; what an organiser's import set may stay, however long."""
    if reply.length_slots is None or reply.length_slots == request.length_slots:
        return request.length_slots
    check_length(reply.length_slots)
    return reply.length_slots


def _store_people(session: Session, request: Request, before: Iterable[int], after: Iterable[int]) -> None:
    gone, come = set(before) - set(after), set(after) - set(before)
    session.execute(
        delete(RequestDelegate).where(
            RequestDelegate.request_id == request.id, RequestDelegate.delegate_id.in_(gone)
        )
    )
    session.add_all(RequestDelegate(request_id=request.id, delegate_id=id_) for id_ in sorted(come))
    session.flush()
