"""Verbs of the room requests: ask, edit, withdraw, answer. One request a pair, whoever asks."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.companies.models import BlockedPair, Company, CompanyStatus
from forum_scheduler.errors import Conflict, ForumError, Invalid, NotFound, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import AskRule, Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.requests import caps, meetings, notices, wishes
from forum_scheduler.requests.caps import LIVE
from forum_scheduler.requests.expiry import expiry
from forum_scheduler.requests.models import DeclineReason, Priority, Request, RequestState
from forum_scheduler.requests.wishes import Wish

ANSWERS = (RequestState.ACCEPTED, RequestState.DECLINED)
MAX_REASON = 500


def ask(*, asker_id: int, asked_id: int, wish: Wish) -> Request:
    """Send a request, or agree where the other company has asked already (then both wished for it).

    What the second one wishes is added to what the first one did, and its message goes to the other.
    The same request again (a second click, a colleague) changes nothing and returns the first one. Raises
    Refused with the rule that stands against it, Invalid for a field that can't be used.
    """
    wishes.check_wish(wish)
    try:
        with transaction() as session:
            return _ask(session, asker_id, asked_id, wish)
    except IntegrityError:
        # Both companies, or two colleagues, asked in the same moment: now the other's row is there to see.
        with transaction() as session:
            return _ask(session, asker_id, asked_id, wish)


def _ask(session: Session, asker_id: int, asked_id: int, wish: Wish) -> Request:
    hold_company(session, asker_id)
    asker, asked = _pair(session, asker_id, asked_id)
    forum = session.get_one(Forum, asker.forum_id)
    check_window(forum)
    _may_ask(session, asker, asked)
    low, high = sorted((asker_id, asked_id))
    request = session.scalar(
        select(Request).where(Request.low_id == low, Request.high_id == high).with_for_update()
    )
    if request is not None and request.state in LIVE and request.asker_id == asker_id:
        return request
    if request is not None and request.state == RequestState.PENDING:
        caps.check_one_more(forum, asker.id, wish.priority, besides=request.id)
        wishes.add_wish(session, request, wish)
        return agree(session, request, answer=wish.priority, mutual=True, words=wish.message.strip())
    if request is not None and request.state == RequestState.ACCEPTED:
        return request
    _not_declined(request, asker_id, asked)
    caps.check_one_more(forum, asker_id, wish.priority)
    if request is None:
        request = Request(forum_id=forum.id, low_id=low, high_id=high)
        session.add(request)
    else:
        request.revision += 1
    request.asker_id, request.asked_id = asker_id, asked_id
    request.state, request.mutual = RequestState.PENDING, False
    request.answer_priority, request.answered_at, request.reminded_at = None, None, None
    request.decline_reason = request.decline_code = request.answer_message = ""
    request.created_at = now()
    request.expires_at = expiry(forum)
    wishes.apply(session, request, wish)
    notices.request_received(request, asker=asker, asked=asked, forum=forum)
    return request


def obstacle(*, asker_id: int, asked_id: int) -> str:
    """Why the one company can't ask the other now, in a sentence; "" where it can. Changes nothing."""
    session = db.session()
    try:
        asker, asked = _pair(session, asker_id, asked_id)
        forum = session.get_one(Forum, asker.forum_id)
        check_window(forum)
        _may_ask(session, asker, asked)
        low, high = sorted((asker_id, asked_id))
        found = session.scalar(select(Request).where(Request.low_id == low, Request.high_id == high))
        if found is not None and found.state in LIVE:
            return ""
        _not_declined(found, asker_id, asked)
        caps.check_total(forum, asker_id)
    except ForumError as error:
        return str(error)
    return ""


def edit(*, request_id: int, revision: int, wish: Wish) -> Request:
    """Change a pending or accepted request while the window is open. Conflict when it changed since."""
    wishes.check_wish(wish)
    with transaction() as session:
        asker_id = session.scalar(select(Request.asker_id).where(Request.id == request_id)) or 0
        hold_company(session, asker_id)
        request = _held(session, request_id)
        forum = session.get_one(Forum, request.forum_id)
        check_window(forum)
        if request.state not in LIVE:
            raise Refused(_("This request is closed: it can't be changed any more."))
        if wishes.says_already(session, request, wish):
            return request  # the second click, whatever the other company did between the two
        if request.revision != revision:
            raise Conflict(_("Somebody changed this request meanwhile. Look at it again, then change it."))
        asker = session.get_one(Company, request.asker_id)
        caps.check_one_more(forum, asker.id, wish.priority, besides=request.id)
        request.revision += 1
        if request.state == RequestState.PENDING:
            wishes.apply(session, request, wish)
            return request
        before = wishes.seen_by_both(session, request)
        wishes.apply(session, request, wishes.of_own_people(session, request, wish))
        meetings.agree(session, request)
        if before != wishes.seen_by_both(session, request):
            notices.meeting_changed(session, request, by_company_id=asker.id, forum=forum)
    return request


def withdraw(*, request_id: int, company_id: int, seen: str | None = None) -> Request:
    """Take a request, or an agreed meeting, back while the window is open. Twice is the same as once.

    ``seen``: the state that the person saw; Conflict where the other company has agreed since.
    """
    with transaction() as session:
        request = _held(session, request_id)
        forum = session.get_one(Forum, request.forum_id)
        if company_id not in (request.asker_id, request.asked_id):
            raise NotFound(_("There is no such request."))
        if request.state == RequestState.WITHDRAWN:
            return request
        check_window(forum)
        if request.state not in LIVE:
            raise Refused(_("This request is closed: it can't be withdrawn any more."))
        if request.state == RequestState.PENDING and company_id != request.asker_id:
            raise Refused(_("Decline this request instead: the other company asked."))
        agreed = request.state == RequestState.ACCEPTED
        if agreed and seen == RequestState.PENDING:
            raise Conflict(_("They have accepted meanwhile. Withdraw once more to take the meeting back."))
        request.state = RequestState.WITHDRAWN
        request.revision += 1
        notices.nothing_to_answer(request)
        if agreed:
            meetings.cancel(session, request)
            notices.meeting_withdrawn(session, request, by_company_id=company_id, forum=forum)
    return request


def ask_again(*, request_id: int) -> Request:
    """Send a withdrawn request once more, as it was; one that lives already is returned. As ``ask``."""
    with transaction() as session:
        request = session.get_one(Request, request_id)
        wished = sorted(wishes.wished_people(session, request))
        wish = Wish(
            priority=Priority(request.priority),
            message=request.message,
            delegate_ids=wished,
            length_slots=request.length_slots,
            interpret=request.interpret,
        )
        return _ask(session, request.asker_id, request.asked_id, wish)


def accept(
    *, request_id: int, company_id: int, priority: Priority = Priority.NORMAL, seen: str | None = None
) -> Request:
    """Agree to a request. Accepting again returns it; a declined one can still be accepted in the window.

    ``seen``: the state that the person saw; Conflict where a colleague has answered otherwise since.
    """
    with transaction() as session:
        request = asked_of(session, request_id, company_id)
        if request.state == RequestState.ACCEPTED:
            return request
        _not_answered_since(session, request, seen)
        check_answerable(session, request)
        if request.state not in (RequestState.PENDING, RequestState.DECLINED):
            raise Refused(_("This request was withdrawn or has expired: ask them yourself."))
        return agree(session, request, answer=priority, mutual=request.mutual)


def decline(
    *,
    request_id: int,
    company_id: int,
    reason: str = "",
    code: DeclineReason | None = None,
    seen: str | None = None,
) -> Request:
    """Say no, with ready words (``code``) and own ones if one likes.

    Declining an agreed meeting cancels it, in the window. ``seen``: as for ``accept``.
    """
    if len(reason) > MAX_REASON:
        raise Invalid(_("At most %(number)s characters.", number=MAX_REASON), field="reason")
    with transaction() as session:
        request = asked_of(session, request_id, company_id)
        if request.state == RequestState.DECLINED:
            return request
        _not_answered_since(session, request, seen)
        forum = session.get_one(Forum, request.forum_id)
        check_window(forum)
        if request.state not in LIVE or _overdue(request):
            raise Refused(_("This request was withdrawn or has expired: nothing is left to decline."))
        if request.state == RequestState.ACCEPTED:
            meetings.cancel(session, request)
        request.state = RequestState.DECLINED
        request.decline_reason = reason.strip()
        request.decline_code = code.value if code else ""
        request.answer_message = ""
        request.answered_at = now()
        request.revision += 1
        notices.request_answered(session, request, forum=forum)
    return request


def _not_answered_since(session: Session, request: Request, seen: str | None) -> None:
    """Two who answer for one company at once: the second one reads what the first one said."""
    if seen is None or request.state == seen or request.state not in ANSWERS:
        return
    names = {"company": session.get_one(Company, request.asker_id).name}
    if request.state == RequestState.ACCEPTED:
        raise Conflict(
            _("A colleague has accepted the request of %(company)s meanwhile: look at it again.", **names)
        )
    raise Conflict(
        _("A colleague has declined the request of %(company)s meanwhile: look at it again.", **names)
    )


def take_back_answer(*, request_id: int, company_id: int, revision: int) -> Request:
    """A yes or no that was a slip: the request waits for an answer again, and who asked is told so.

    ``revision``: of the request with that answer; Conflict where it changed since. Twice is the same as once.
    """
    with transaction() as session:
        request = asked_of(session, request_id, company_id)
        if request.state == RequestState.PENDING and request.revision == revision + 1:
            return request
        forum = session.get_one(Forum, request.forum_id)
        check_window(forum)
        if request.revision != revision or request.state not in ANSWERS:
            raise Conflict(_("This request has changed meanwhile: look at it again."))
        if request.state == RequestState.ACCEPTED:
            meetings.cancel(session, request)
        request.state = RequestState.PENDING
        request.answer_priority, request.answered_at = None, None
        request.decline_reason = request.decline_code = request.answer_message = ""
        request.revision += 1
        notices.request_answered(session, request, forum=forum)
    return request


def answer_obstacle(request: Request) -> str:
    """Why the asked company can't accept the request now, in a sentence; "" where it can."""
    try:
        check_answerable(db.session(), request)
    except ForumError as error:
        return str(error)
    return ""


def check_answerable(session: Session, request: Request) -> None:
    """Raises Refused or NotFound with what stands against accepting it."""
    if request.state == RequestState.WITHDRAWN:
        raise Refused(_("They have withdrawn this request. You can ask them yourself."))
    if request.state == RequestState.EXPIRED or _overdue(request):
        raise Refused(_("This request has expired. You can ask them yourself while requests are open."))
    check_window(session.get_one(Forum, request.forum_id))
    asked, asker = _pair(session, request.asked_id, request.asker_id)
    _not_blocked(session, asker, asked)


def _overdue(request: Request) -> bool:
    """Past its day, though no worker has come by to close it yet."""
    return (
        request.state == RequestState.PENDING
        and request.expires_at is not None
        and request.expires_at <= now()
    )


def agree(session: Session, request: Request, *, answer: Priority, mutual: bool, words: str = "") -> Request:
    """``words``: what the one who agrees writes to the other."""
    request.state = RequestState.ACCEPTED
    request.answer_priority = answer
    request.mutual = mutual
    request.answered_at = now()
    request.decline_reason = request.decline_code = ""
    request.answer_message = words
    request.revision += 1
    session.flush()
    meetings.agree(session, request)
    forum = session.get_one(Forum, request.forum_id)
    notices.request_answered(session, request, forum=forum)
    return request


def _pair(session: Session, asker_id: int, asked_id: int) -> tuple[Company, Company]:
    if asker_id == asked_id:
        raise Refused(_("A company can't ask itself."))
    asker = session.get_one(Company, asker_id)
    asked = session.get(Company, asked_id)
    if asker.status != CompanyStatus.APPROVED:
        raise Refused(_("Your company is not approved yet. The organiser writes to you when it is."))
    if asked is None or asked.forum_id != asker.forum_id or asked.status != CompanyStatus.APPROVED:
        raise NotFound(_("This company does not take part any more."))
    return asker, asked


def _may_ask(session: Session, asker: Company, asked: Company) -> None:
    _not_blocked(session, asker, asked)
    if session.get(AskRule, (asker.side_id, asked.side_id)) is None:
        raise Refused(_("In this forum your side does not ask companies of theirs."))


def _not_declined(request: Request | None, asker_id: int, asked: Company) -> None:
    if request is not None and request.state == RequestState.DECLINED and request.asker_id == asker_id:
        raise Refused(_("%(company)s has declined already. Only they can ask you now.", company=asked.name))


def _not_blocked(session: Session, one: Company, other: Company) -> None:
    low, high = sorted((one.id, other.id))
    if session.get(BlockedPair, (low, high)) is not None:
        raise NotFound(_("This company does not take part any more."))


def check_window(forum: Forum) -> None:
    """Raises Refused while requests are not open."""
    state = window_at(forum, now())
    if state is Window.BEFORE:
        raise Refused(_("Requests have not opened yet."))
    if state is Window.CLOSED:
        raise Refused(_("The request window has closed. Write to the organiser."))


def hold_company(session: Session, company_id: int) -> None:
    """Let nobody else ask or rank for this company until the transaction ends: its caps are counted in it.

    Companies are held before requests, everywhere. SQLite holds everything already.
    """
    session.execute(select(Company.id).where(Company.id == company_id).with_for_update(key_share=True))


def _held(session: Session, request_id: int) -> Request:
    """The request as it is now, held until the transaction ends."""
    return session.get_one(Request, request_id, with_for_update=True)


def asked_of(session: Session, request_id: int, company_id: int) -> Request:
    """The request, held, for the company that it was sent to; NotFound for any other."""
    request = _held(session, request_id)
    if request.asked_id != company_id:
        raise NotFound(_("There is no such request."))
    return request
