"""Deleting a person: first what it would do, then all of it in one transaction.

Published versions are never changed, so a delegate who stands in a schedule stays as a row without a name.
What a member of staff did stays in the audit log, as the organisers' record of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.models import AuditEntry, Staff, StaffRole, User
from forum_scheduler.agendas.models import CalendarChoice, Invitation, MadeFile, PrintJob
from forum_scheduler.clock import now
from forum_scheduler.companies.models import (
    FORGOTTEN,
    Company,
    CompanyInvitation,
    CompanyStatus,
    Delegate,
    DelegateAlsoFor,
    Representative,
)
from forum_scheduler.companies.signals import delegates_changed
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum, Interpreter, Slot
from forum_scheduler.notices.models import MailChoice, NoticeKind
from forum_scheduler.notices.services import Message, Reader, tell
from forum_scheduler.outbox.models import Mail
from forum_scheduler.privacy.collecting import own_delegates
from forum_scheduler.publishing.models import FeedToken
from forum_scheduler.requests import notices as request_notices
from forum_scheduler.requests.caps import LIVE
from forum_scheduler.requests.models import (
    Attendance,
    Meeting,
    MeetingState,
    Party,
    PartyDelegate,
    Request,
    RequestDelegate,
    RequestState,
    Stay,
    Unavailability,
)
from forum_scheduler.scheduling.models import PlacementDelegate

WITHDRAWN = _l("Nobody acts for the company any more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyEffect:
    """What deleting a person does to one of their companies.

    ``leaves``: nobody else could act for it, so it takes part no longer. ``heir``: the account of a
    colleague who acts for it from then on. ``cancelled``: other companies of meetings that end;
    ``taken_over``: meetings that a colleague can take.
    """

    company_id: int
    company: str
    forum_id: int
    forum: str
    leaves: bool
    heir_id: int | None
    heir: str
    meeting_ids: tuple[int, ...]
    cancelled: tuple[str, ...]
    taken_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """All of it. ``only_organiser_of``: forums left without an organiser, for which it is refused.

    ``logged``: the audit log, which nobody changes, names them.
    """

    effects: tuple[CompanyEffect, ...]
    only_organiser_of: tuple[str, ...]
    interprets: tuple[str, ...]
    logged: bool


def preview(user_id: int) -> Erasure:
    """What :func:`erase` would do now."""
    session = db.session()
    user = session.get_one(User, user_id)
    mine = session.scalars(select(Delegate).where(own_delegates(user)).order_by(Delegate.id)).all()
    acts_for = set(
        session.scalars(select(Representative.company_id).where(Representative.user_id == user_id))
    )
    gone = frozenset(delegate.id for delegate in mine)
    also = select(DelegateAlsoFor.company_id).where(DelegateAlsoFor.delegate_id.in_(gone))
    ids = acts_for | {delegate.company_id for delegate in mine} | set(session.scalars(also))
    companies = session.scalars(select(Company).where(Company.id.in_(ids)).order_by(Company.id)).all()
    interprets = session.scalars(
        select(Forum.name)
        .join(Interpreter, Interpreter.forum_id == Forum.id)
        .where(Interpreter.user_id == user_id)
    )
    return Erasure(
        effects=tuple(
            _effect(session, each, user=user, gone=gone, acts=each.id in acts_for) for each in companies
        ),
        only_organiser_of=tuple(_left_without_organiser(session, user_id)),
        interprets=tuple(interprets),
        logged=bool(session.scalar(select(exists().where(AuditEntry.user_id == user_id)))),
    )


def erase(user_id: int, *, typed: str) -> None:
    """Delete the person. ``typed``: their address, as a sign that they mean it.

    Raises Invalid for another address, Refused for the only organiser of a forum.
    """
    with transaction() as session:
        user = session.scalar(select(User).where(User.id == user_id).with_for_update())
        if user is None:
            return  # the second click
        if typed.strip().casefold() != user.email:
            raise Invalid(_("Type your own e-mail address, as it stands above."), field="email")
        plan = preview(user_id)
        if plan.only_organiser_of:
            raise Refused(
                _("You are the only organiser of %(forum)s: let somebody else organise it first.",
                  forum=", ".join(plan.only_organiser_of))
            )  # fmt: skip
        for effect in plan.effects:
            _change_company(session, effect, user_id=user_id)
        for delegate in session.scalars(
            select(Delegate).where(own_delegates(user)).order_by(Delegate.id)
        ).all():
            _remove_delegate(session, delegate)
        for effect in plan.effects:
            _tell(session, effect, user_id=user_id)
        _remove_account(session, user)


def _effect(
    session: Session, company: Company, *, user: User, gone: frozenset[int], acts: bool
) -> CompanyEffect:
    others = session.scalar(
        select(func.count())
        .select_from(Representative)
        .where(Representative.company_id == company.id, Representative.user_id != user.id)
    )
    heir = None
    if acts and not others:
        heir = session.scalar(
            select(User)
            .join(Delegate, Delegate.user_id == User.id)
            .where(Delegate.company_id == company.id, User.id != user.id, User.active)
            .order_by(Delegate.id)
            .limit(1)
        )
    leaves = acts and not others and heir is None
    cancelled, kept = _meetings(session, company, gone=gone, all_end=leaves)
    return CompanyEffect(
        company_id=company.id,
        company=company.name,
        forum_id=company.forum_id,
        forum=session.get_one(Forum, company.forum_id).name,
        leaves=leaves,
        heir_id=heir.id if heir is not None else None,
        heir=heir.name if heir is not None else "",
        meeting_ids=tuple(meeting.id for meeting in cancelled),
        cancelled=tuple(
            party.company.name
            for meeting in cancelled
            for party in meeting.parties
            if party.company_id != company.id
        ),
        taken_over=kept,
    )


def _meetings(
    session: Session, company: Company, *, gone: frozenset[int], all_end: bool
) -> tuple[list[Meeting], int]:
    """Agreed meetings to which nobody else of the company could come; how many others take over."""
    also = select(DelegateAlsoFor.delegate_id).where(DelegateAlsoFor.company_id == company.id)
    people = set(
        session.scalars(
            select(Delegate.id).where((Delegate.company_id == company.id) | Delegate.id.in_(also))
        )
    )
    parties = session.scalars(
        select(Party)
        .join(Meeting, Meeting.id == Party.meeting_id)
        .where(Party.company_id == company.id, Meeting.state == MeetingState.AGREED)
        .options(
            selectinload(Party.delegates),
            joinedload(Party.meeting).selectinload(Meeting.parties).joinedload(Party.company),
            joinedload(Party.meeting).joinedload(Meeting.request),
        )
        .order_by(Party.meeting_id)
    ).all()
    cancelled, kept = [], 0
    for party in parties:
        candidates = {each.delegate_id for each in party.delegates} or people
        if all_end or not candidates - gone:
            cancelled.append(party.meeting)
        elif candidates & gone:
            kept += 1
    return cancelled, kept


def _left_without_organiser(session: Session, user_id: int) -> Sequence[str]:
    organisers = select(Staff.forum_id, Staff.user_id).where(Staff.role == StaffRole.ORGANISER)
    others = organisers.where(Staff.user_id != user_id).subquery()
    mine = organisers.where(Staff.user_id == user_id).subquery()
    return session.scalars(
        select(Forum.name)
        .where(Forum.id.in_(select(mine.c.forum_id)), Forum.id.not_in(select(others.c.forum_id)))
        .order_by(Forum.name)
    ).all()


def _change_company(session: Session, effect: CompanyEffect, *, user_id: int) -> None:
    """Meetings end, the heir acts, or the company leaves."""
    forum = session.get_one(Forum, effect.forum_id)
    for meeting_id in effect.meeting_ids:
        meeting = session.get_one(Meeting, meeting_id)
        meeting.state = MeetingState.CANCELLED
        request = session.get(Request, meeting.request_id) if meeting.request_id is not None else None
        if request is not None:
            request.state = RequestState.WITHDRAWN
            request.revision += 1
            request_notices.meeting_withdrawn(session, request, by_company_id=effect.company_id, forum=forum)
    if effect.heir_id is not None:
        session.add(Representative(company_id=effect.company_id, user_id=effect.heir_id))
    if effect.leaves:
        company = session.get_one(Company, effect.company_id)
        company.status, company.status_reason = CompanyStatus.WITHDRAWN, str(WITHDRAWN)
        session.execute(
            update(Request)
            .where(
                (Request.asker_id == company.id) | (Request.asked_id == company.id), Request.state.in_(LIVE)
            )
            .values(state=RequestState.WITHDRAWN, revision=Request.revision + 1)
        )
        audit.record("company.withdrawn", forum_id=effect.forum_id, subject=f"company:{company.id}")
    session.flush()


def _remove_delegate(session: Session, delegate: Delegate) -> None:
    company_id, forum_id = delegate.company_id, delegate.forum_id
    scheduled = session.scalar(select(exists().where(PlacementDelegate.delegate_id == delegate.id)))
    for table in (PartyDelegate, RequestDelegate):
        session.execute(delete(table).where(table.delegate_id == delegate.id))
    if scheduled:
        _forget(session, delegate)
        # Printed files hold the name; they are made anew when they are wanted.
        session.execute(delete(MadeFile).where(MadeFile.forum_id == forum_id))
        session.execute(delete(PrintJob).where(PrintJob.forum_id == forum_id))
    else:
        session.execute(delete(Delegate).where(Delegate.id == delegate.id))
        session.expunge(delegate)
    session.flush()
    delegates_changed.send(company_id)


def _forget(session: Session, delegate: Delegate) -> None:
    """The row stays for the schedules that name it: without anything personal, and never free again."""
    delegate.name, delegate.email, delegate.user_id, delegate.role = FORGOTTEN, None, None, ""
    delegate.photo, delegate.has_photo = None, False
    delegate.max_per_day = 0  # holds for slots that the forum adds later, too
    for table in (Attendance, Stay, CalendarChoice, Invitation, FeedToken, Unavailability, DelegateAlsoFor):
        session.execute(delete(table).where(table.delegate_id == delegate.id))
    session.add_all(
        Unavailability(delegate_id=delegate.id, slot_id=slot_id)
        for slot_id in session.scalars(select(Slot.id).where(Slot.forum_id == delegate.forum_id))
    )


def _tell(session: Session, effect: CompanyEffect, *, user_id: int) -> None:
    """Colleagues and organisers learn what it means for them; the name is not repeated."""
    forum = session.get_one(Forum, effect.forum_id)
    colleagues = select(Representative.user_id).where(Representative.company_id == effect.company_id)
    organisers = select(Staff.user_id).where(
        Staff.forum_id == effect.forum_id, Staff.role == StaffRole.ORGANISER
    )
    people = session.scalars(
        select(User).where(User.id.in_(colleagues.union(organisers)), User.id != user_id).order_by(User.id)
    ).all()
    moment = now().isoformat()
    for person in people:
        with force_locale(person.locale):
            message = Message(
                kind=NoticeKind.COMPANY,
                subject=_("Somebody of %(company)s has deleted their data", company=effect.company),
                text="\n\n".join(sentences(effect)),
                path=f"/f/{forum.slug}/",
            )
            key = f"erased:{effect.company_id}:{person.id}:{moment}"
            tell(Reader.of(person), message, key=key, forum=forum)


def sentences(effect: CompanyEffect) -> list[str]:
    """What happens to a company, for the page before and the notice after."""
    said = []
    if effect.leaves:
        said.append(_("Nobody else acts for %(company)s: it takes part no longer.", company=effect.company))
    if effect.heir:
        said.append(_("%(name)s acts for %(company)s from now on.", name=effect.heir, company=effect.company))
    if effect.cancelled:
        said.append(
            _("Meetings that end, since nobody else can come: %(list)s.", list=", ".join(effect.cancelled))
        )
    if effect.taken_over:
        said.append(_("Meetings that a colleague takes over: %(number)s.", number=effect.taken_over))
    return said or [_("No meeting is affected.")]


def _remove_account(session: Session, user: User) -> None:
    email = user.email
    session.execute(delete(Mail).where(Mail.to_email == email))
    session.execute(delete(MailChoice).where(MailChoice.email == email))
    session.execute(delete(CompanyInvitation).where(CompanyInvitation.email == email))
    session.execute(update(Interpreter).where(Interpreter.user_id == user.id).values(email="", user_id=None))
    # The log notes the deed under no name: whoever asked for it is gone.
    user.name, user.email = FORGOTTEN, f"deleted-{user.id}@invalid"
    session.flush()
    audit.record("account.deleted", forum_id=None, subject=f"user:{user.id}")
    session.flush()
    session.execute(delete(User).where(User.id == user.id))
    session.expunge(user)
