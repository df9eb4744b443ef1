"""Which way somebody's meetings come into their calendar: one of them, since two give every meeting twice."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.models import User
from forum_scheduler.agendas import feeds
from forum_scheduler.agendas.models import CalendarChoice, Way
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Delegate
from forum_scheduler.errors import Invalid, NotFound
from forum_scheduler.extensions import db, transaction


def chosen_way(delegate_id: int) -> Way:
    """What a person chose; who made a feed before there was a choice, chose it by that."""
    choice = db.session.get(CalendarChoice, delegate_id)
    if choice is not None:
        return Way(choice.way)
    return Way.NONE if feeds.current_feed(delegate_id=delegate_id) is None else Way.FEED


def choose(*, delegate_id: int, way: Way) -> None:
    """Take this way and leave the other: a feed is revoked, invitations are taken back by the worker.

    Raises NotFound, and Invalid for mails to somebody without an address.
    """
    with transaction() as session:
        who = _locked(session, delegate_id)
        if way is Way.MAIL and not address_of(who):
            raise Invalid(_("There is no e-mail address to send invitations to: add one first."))
        if way is Way.FEED:
            feeds.create_feed(delegate_id=delegate_id)
        elif feeds.current_feed(delegate_id=delegate_id) is not None:
            feeds.revoke_feed(delegate_id=delegate_id)
        _note(session, who, way)


def restore_feed(*, delegate_id: int) -> None:
    """Take back that the calendar's address was stopped. Raises NotFound."""
    with transaction() as session:
        who = _locked(session, delegate_id)
        if feeds.restore_feed(delegate_id=delegate_id) is not None:
            _note(session, who, Way.FEED)


def wants_programme(delegate_id: int) -> bool:
    """Whether what the person attends of the programme stands in their agenda, too."""
    choice = db.session.get(CalendarChoice, delegate_id)
    return choice is not None and choice.programme


def choose_programme(*, delegate_id: int, wanted: bool) -> None:
    """Take it into page, calendar and print, or leave it out. Raises NotFound."""
    with transaction() as session:
        who = _locked(session, delegate_id)
        way = chosen_way(delegate_id)
        choice = session.get(CalendarChoice, delegate_id)
        if choice is None:
            choice = CalendarChoice(delegate_id=who.id, forum_id=who.forum_id, way=way, changed_at=now())
            session.add(choice)
        choice.programme = wanted


def _locked(session: Session, delegate_id: int) -> Delegate:
    """The delegate, so that two choices at once follow one another. Raises NotFound."""
    who = session.scalar(select(Delegate).where(Delegate.id == delegate_id).with_for_update())
    if who is None:
        raise NotFound(_("There is no such agenda."))
    return who


def stop_mails(secret: str) -> bool:
    """End the invitations of the person with this secret; False for an unknown one."""
    with transaction() as session:
        choice = session.scalar(select(CalendarChoice).where(CalendarChoice.secret == secret))
        if choice is None:
            return False
        if choice.way == Way.MAIL:
            _note(session, session.get_one(Delegate, choice.delegate_id), Way.NONE)
        return True


def address_of(who: Delegate) -> str:
    """As in the notices: their own address, else that of their account."""
    if who.email:
        return who.email
    email = db.session.scalar(select(User.email).where(User.id == who.user_id)) if who.user_id else None
    return email or ""


def _note(session: Session, who: Delegate, way: Way) -> None:
    choice = session.get(CalendarChoice, who.id)
    if choice is None:
        choice = CalendarChoice(delegate_id=who.id, forum_id=who.forum_id)
        session.add(choice)
    choice.way, choice.changed_at = way, now()
    audit.record(
        "calendar_way.chosen", forum_id=who.forum_id, subject=f"delegate:{who.id}", details={"way": way.value}
    )


def known_secret(secret: str) -> bool:
    """Whether it is somebody's."""
    return db.session.scalar(select(CalendarChoice.secret).where(CalendarChoice.secret == secret)) is not None
