"""One's data as people read it: moments by the clocks at their forum, deeds of the log in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import or_, select

from forum_scheduler.accounts.audit_words import deed
from forum_scheduler.accounts.models import Staff, User
from forum_scheduler.companies.models import Company, Delegate, Representative
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter
from forum_scheduler.privacy.collecting import own_delegates

MOMENTS = ("at", "from", "to")  # and all that end with _at


def zone_of(user: User) -> str:
    """The time zone of the newest forum that the reader has to do with; UTC for who has none."""
    companies = select(Representative.company_id).where(Representative.user_id == user.id)
    theirs = (
        select(Staff.forum_id).where(Staff.user_id == user.id),
        select(Delegate.forum_id).where(own_delegates(user)),
        select(Company.forum_id).where(Company.id.in_(companies)),
        select(Interpreter.forum_id).where(Interpreter.user_id == user.id),
    )
    newest = select(Forum.timezone).where(or_(*(Forum.id.in_(each) for each in theirs)))
    return db.session.scalar(newest.order_by(Forum.id.desc()).limit(1)) or "UTC"


def readable(data: Any, *, zone: str, name: str = "") -> Any:
    """The same tree, for the page; the file keeps moments in UTC as programs read them."""
    match data:
        case dict():
            return {key: readable(value, zone=zone, name=key) for key, value in data.items()}
        case list():
            return [readable(each, zone=zone) for each in data]
        case str() if name in MOMENTS or name.endswith("_at"):
            moment = datetime.fromisoformat(data)
            # The sign-in library keeps its moments without a zone: they are UTC all the same.
            local = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
            return str(format_datetime(local, _("EEE d MMM y, HH:mm"), rebase=False))
        case str() if name == "action":
            return deed(data)
    return data
