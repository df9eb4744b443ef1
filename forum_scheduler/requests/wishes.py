"""What a company wants of a meeting besides the meeting: kept with the request, in its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Invalid
from forum_scheduler.requests.models import Priority, Request, RequestDelegate, RequestState

MAX_MESSAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the asking company wants. ``delegate_ids`` (of either company): whom it wishes to be there.

    ``interpret``: a pair of languages, () for no interpreter, None for what the delegates' languages say.
    """

    priority: Priority = Priority.NORMAL
    message: str = ""
    delegate_ids: Sequence[int] = ()
    length_slots: int = 1
    interpret: Sequence[str] | None = None


def check_wish(wish: Wish) -> None:
    """Raises Invalid for a field that can't be used."""
    if len(wish.message) > MAX_MESSAGE:
        raise Invalid(_("At most %(number)s characters.", number=MAX_MESSAGE), field="message")
    check_length(wish.length_slots)
    check_interpret(wish.interpret)


def check_length(slots: int) -> None:
    """Raises Invalid where nobody may wish for so many slots."""
    if not 1 <= slots <= 4:
        raise Invalid(_("A meeting takes 1 to 4 slots."), field="length_slots")


def check_interpret(pair: Sequence[str] | None) -> None:
    """A pair of two languages, or none."""
    if pair and len(set(pair)) != 2:
        raise Invalid(_("An interpreter works between two languages."), field="interpret")


def add_wish(session: Session, request: Request, wish: Wish) -> None:
    """What the second of two who ask each other wants besides: more people, more time, an interpreter."""
    stored = wished_people(session, request)
    session.add_all(
        RequestDelegate(request_id=request.id, delegate_id=id_)
        for id_ in sorted(_known_delegates(session, request, wish) - stored)
    )
    request.length_slots = max(request.length_slots, wish.length_slots)
    if wish.interpret is not None:
        request.interpret = list(wish.interpret)


def _known_delegates(session: Session, request: Request, wish: Wish) -> set[int]:
    """Those of the wished people who are delegates of one of the two companies."""
    return set(
        session.scalars(
            select(Delegate.id).where(
                Delegate.id.in_(list(wish.delegate_ids)),
                Delegate.company_id.in_([request.asker_id, request.asked_id]),
            )
        )
    )


def apply(session: Session, request: Request, wish: Wish) -> None:
    """Store the wish in place of the one before."""
    known = _known_delegates(session, request, wish)
    request.priority = wish.priority
    request.message = wish.message.strip()
    request.length_slots = wish.length_slots
    request.interpret = list(wish.interpret) if wish.interpret is not None else None
    session.flush()
    for old in session.scalars(select(RequestDelegate).where(RequestDelegate.request_id == request.id)):
        session.delete(old)
    session.flush()
    session.add_all(RequestDelegate(request_id=request.id, delegate_id=id_) for id_ in sorted(known))


def wished_people(session: Session, request: Request) -> set[int]:
    """Delegates of both companies that were named."""
    return set(
        session.scalars(select(RequestDelegate.delegate_id).where(RequestDelegate.request_id == request.id))
    )


def of_own_people(session: Session, request: Request, wish: Wish) -> Wish:
    """Once a meeting is agreed, each company says for itself who comes: the other's people stay."""
    own = set(session.scalars(select(Delegate.id).where(Delegate.company_id == request.asker_id)))
    others = wished_people(session, request) - own
    return replace(wish, delegate_ids=sorted((set(wish.delegate_ids) & own) | others))


def seen_by_both(session: Session, request: Request) -> tuple[object, ...]:
    """What of an agreed meeting is told to the other company when it changes: not how much it is wanted."""
    people = frozenset(wished_people(session, request))
    return request.message, request.length_slots, request.interpret, people


def says_already(session: Session, request: Request, wish: Wish) -> bool:
    """Whether the request says what the wish wants."""
    if request.state == RequestState.ACCEPTED:
        wish = of_own_people(session, request, wish)
    wished = wished_people(session, request)
    interpret = list(wish.interpret) if wish.interpret is not None else None
    stored = (request.priority, request.message, request.length_slots, request.interpret, wished)
    return stored == (
        wish.priority,
        wish.message.strip(),
        wish.length_slots,
        interpret,
        set(wish.delegate_ids),
    )
