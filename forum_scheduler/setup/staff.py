"""Who runs the forum, and in which role; and whose eyes an organiser may look through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import joinedload

from forum_scheduler.accounts.audit import record
from forum_scheduler.accounts.models import Staff, StaffRole, User
from forum_scheduler.accounts.users import ensure_user, normal_email
from forum_scheduler.companies.models import Company, Delegate, Representative
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum, Interpreter, Side
from forum_scheduler.setup.roles import tell_role

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """Somebody with an account in the forum, and what they are in it."""

    user_id: int
    name: str
    email: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A role that somebody had: all that is needed to give it back."""

    email: str
    name: str
    role: StaffRole
    side_id: int | None


def staff_of(forum_id: int) -> Sequence[Staff]:
    """All posts of the forum with their people, by role and name."""
    query = (
        select(Staff)
        .join(User, User.id == Staff.user_id)
        .where(Staff.forum_id == forum_id)
        .options(joinedload(Staff.user))
        .order_by(case({role.value: place for place, role in enumerate(StaffRole)}, value=Staff.role))
        .order_by(User.name, User.email)
    )
    return db.session.scalars(query).all()


def add_staff(
    forum_id: int, *, email: str, name: str, role: StaffRole, side_id: int | None = None, by: str = ""
) -> User:
    """Give somebody a role and tell them; they sign in with this address. Once more with another side: that.

    ``by``: the name of who gives it. Raises Invalid (``email``, ``name``, ``side_id``).
    """
    address = normal_email(email)
    with transaction() as session:
        if role is StaffRole.CO_ORGANISER:
            side = session.get(Side, side_id or 0)
            if side is None or side.forum_id != forum_id:
                raise Invalid(_("Of which side is the delegation?"), field="side_id")
        else:
            side_id = None
        user = ensure_user(email=address, name=" ".join(name.split())[:200])
        query = select(Staff).where(Staff.forum_id == forum_id, Staff.user_id == user.id, Staff.role == role)
        post = session.scalar(query)
        if post is not None and post.side_id == side_id:
            return user
        if post is None:
            post = Staff(forum_id=forum_id, user_id=user.id, role=role)
            session.add(post)
        post.side_id = side_id
        details = {"role": role.value, "side": side_id}
        record("staff.added", forum_id=forum_id, subject=f"user:{user.id}", details=details)
        tell_role(user, post, forum=session.get_one(Forum, forum_id), by=by)
    return user


def remove_staff(forum_id: int, staff_id: int) -> Post | None:
    """Take a role away, and say which; None: it is gone already.

    Raises Refused for the last organiser: nobody could come back in.
    """
    with transaction() as session:
        session.execute(select(Forum.id).where(Forum.id == forum_id).with_for_update())
        post = session.get(Staff, staff_id)
        if post is None or post.forum_id != forum_id:
            return None  # the second click
        organisers = session.scalar(
            select(func.count()).where(Staff.forum_id == forum_id, Staff.role == StaffRole.ORGANISER)
        )
        if post.role == StaffRole.ORGANISER and organisers == 1:
            raise Refused(_("The last organiser stays: add another one first."))
        details = {"role": post.role, "side": post.side_id}
        record("staff.removed", forum_id=forum_id, subject=f"user:{post.user_id}", details=details)
        user = session.get_one(User, post.user_id)
        gone = Post(email=user.email, name=user.name, role=StaffRole(post.role), side_id=post.side_id)
        session.delete(post)
    return gone


def eyes_in(forum_id: int, *, search: str = "", company_id: int | None = None) -> tuple[Eyes, ...]:
    """People of companies and interpreters with accounts, without staff, by name; the first hundred."""
    staff = select(Staff.user_id).where(Staff.forum_id == forum_id)
    found: list[Eyes] = []
    wanted = or_(User.name.icontains(search, autoescape=True), User.email.icontains(search, autoescape=True))
    named = or_(wanted, Company.name.icontains(search, autoescape=True))
    acting = (
        select(User, Company.name)
        .join(Representative, Representative.user_id == User.id)
        .join(Company, Company.id == Representative.company_id)
    )
    coming = (
        select(User, Company.name)
        .join(Delegate, Delegate.user_id == User.id)
        .join(Company, Company.id == Delegate.company_id)
    )
    for query, words in ((acting, _("acts for %(company)s")), (coming, _("comes for %(company)s"))):
        here = query.where(Company.forum_id == forum_id, User.id.not_in(staff), named)
        if company_id is not None:
            here = here.where(Company.id == company_id)
        rows = db.session.execute(here.order_by(Company.name, User.name).limit(MOST_SHOWN))
        found.extend(_eyes(user, words % {"company": company}) for user, company in rows)
    if company_id is None:
        interpreting = (
            select(User)
            .join(Interpreter, Interpreter.user_id == User.id)
            .where(Interpreter.forum_id == forum_id, User.id.not_in(staff), wanted)
        )
        found.extend(_eyes(user, _("interprets")) for user in db.session.scalars(interpreting))
    parts: dict[int, Eyes] = {}
    for each in found:
        before = parts.get(each.user_id)
        part = each.part if before is None else f"{before.part}; {each.part}"
        parts[each.user_id] = Eyes(user_id=each.user_id, name=each.name, email=each.email, part=part)
    return tuple(parts.values())[:MOST_SHOWN]


def _eyes(user: User, part: str) -> Eyes:
    return Eyes(user_id=user.id, name=user.name, email=user.email, part=part)
