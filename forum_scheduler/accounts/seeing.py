"""Seeing a forum through somebody else's eyes: an organiser only looks, and the log says so.

What the session keeps is only a wish: at each request it counts only while the signed-in user organises the
forum, see ``access.load_viewer``.
"""

from __future__ import annotations

from flask import session
from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.accounts.audit import record
from forum_scheduler.accounts.models import Staff, User
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import db, transaction

KEY = "seen-as"


def see_as(user: User, *, forum_id: int) -> None:
    """From the next request on. Raises Refused for staff: nobody gets more rights, or hides, that way."""
    post = select(Staff.id).where(Staff.forum_id == forum_id, Staff.user_id == user.id)
    if db.session.scalar(post) is not None or any(role.name == "operator" for role in user.roles):
        raise Refused(_("Only people without a role as staff can be seen through."))
    user_id = user.id
    with transaction():
        record("seen-as.started", forum_id=forum_id, subject=f"user:{user_id}")
    session[KEY] = [forum_id, user_id]


def stop_seeing() -> None:
    """Back to oneself."""
    kept = session.pop(KEY, None)
    if kept:
        with transaction():
            record("seen-as.ended", forum_id=kept[0], subject=f"user:{kept[1]}")


def seen_as(forum_id: int) -> User | None:
    """Whom the session wants to see the forum through; None: nobody."""
    kept = session.get(KEY)
    if not kept or kept[0] != forum_id:
        return None
    return db.session.get(User, kept[1])
