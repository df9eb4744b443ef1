"""People: users and staff."""

from __future__ import annotations

import uuid

from flask_security.utils import hash_password
from sqlalchemy import select

from forum_scheduler.accounts.models import Role, Staff, StaffRole, User
from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import (
    Forum,
    Side,
)
from tests.factories.forums import sides_of
from tests.factories.storing import next_number, store


def make_user(
    name: str | None = None,
    *,
    email: str | None = None,
    password: str | None = None,
    operator: bool = False,
    locale: str = "en",
    active: bool = True,
) -> User:
    """Somebody who can sign in; ``operator``: may create forums."""
    number = next_number()
    user = User(
        name=name if name is not None else f"Person {number}",
        email=email or f"person{number}@example.org",
        locale=locale,
        active=active,
        fs_uniquifier=uuid.uuid4().hex,
        password=hash_password(password) if password is not None else None,
        confirmed_at=now(),
    )
    if operator:
        role = db.session.scalar(select(Role).where(Role.name == "operator")) or Role(name="operator")
        user.roles.append(role)
    return store(user)


def make_staff(
    forum: Forum,
    role: StaffRole = StaffRole.ORGANISER,
    *,
    user: User | None = None,
    side: Side | None = None,
) -> User:
    """A user with a role in the forum. Returns the user. A co-organiser gets the forum's first side."""
    user = user or make_user()
    if role == StaffRole.CO_ORGANISER and side is None:
        side = sides_of(forum)[0]
    store(Staff(forum_id=forum.id, user_id=user.id, role=role, side_id=side.id if side else None))
    return user
