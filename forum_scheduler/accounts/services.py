"""Signing in by link, and a user's own settings.

A link holds 256 random bits; the database holds their digest. It works once, for half an hour. Whether an
address is known shows neither in the answer nor in the work done for it.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forum_scheduler.accounts import audit
from forum_scheduler.accounts.models import SignInLink, User
from forum_scheduler.accounts.users import normal_email
from forum_scheduler.clock import now
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import absolute_url, db, forum_config, transaction
from forum_scheduler.outbox.services import enqueue

LIFETIME = timedelta(minutes=30)
DEMO_LIFETIME = timedelta(days=365)
KEPT = timedelta(days=2)  # how long the rows of used and expired links stay
LOCALES = ("en", "uk")


def request_link(*, email: str, locale: str, next_path: str = "") -> None:
    """Mail a link to whoever has this address; for an unknown one do the same work and send nothing.

    ``locale`` is the language of an unknown address's never-sent mail. Raises Invalid for what is no address.
    """
    address = normal_email(email)
    token = secrets.token_urlsafe(32)
    with transaction() as session:
        # Columns, not the object: that would load more for a user who exists.
        user = session.execute(
            select(User.id, User.name, User.locale).where(User.email == address, User.active)
        ).one_or_none()
        session.add(_link(token, user_id=user.id if user else None, next_path=next_path, lifetime=LIFETIME))
        session.flush()
        attempt = session.begin_nested()
        _mail_link(
            token,
            email=address,
            name=user.name if user else address,
            locale=user.locale if user else locale,
        )
        if user is None:
            attempt.rollback()


def sign_in_url(
    user: User, *, next_path: str = "", demo: bool = False, lifetime: timedelta | None = None
) -> str:
    """A fresh link for ``user``, in full, for whoever holds the command line.

    ``demo``: works many times for a year, but only while the app runs as the demo and for a browser on the
    same machine. Raises Refused for a demo link where the app is not the demo.
    """
    if demo and not forum_config().demo:
        raise Refused(_l("Links that work many times exist in the demo only."))
    token = secrets.token_urlsafe(32)
    with transaction() as session:
        span = lifetime or (DEMO_LIFETIME if demo else LIFETIME)
        session.add(_link(token, user_id=user.id, next_path=next_path, lifetime=span, demo=demo))
    return absolute_url("accounts.sign_in_link", token=token)


def link_works(token: str, *, on_this_machine: bool) -> bool:
    """Whether :func:`use_link` would sign somebody in now; uses nothing up."""
    link = db.session.scalar(select(SignInLink).where(SignInLink.digest == _digest(token)))
    return link is not None and _works(link, on_this_machine=on_this_machine)


def use_link(token: str, *, on_this_machine: bool) -> tuple[User, str]:
    """Use a link up: its user, and the path to go on to ("" for none).

    ``on_this_machine``: the request comes from a browser beside the server, as demo links need. Raises
    Refused for a link that is unknown, used, too old, or of a user who may no longer sign in.
    """
    with transaction() as session:
        link = session.scalar(select(SignInLink).where(SignInLink.digest == _digest(token)))
        user = session.get(User, link.user_id) if link is not None and link.user_id is not None else None
        if link is None or user is None or not user.active:
            raise _refusal()
        if not _works(link, on_this_machine=on_this_machine) or not _use_up(session, link):
            raise _refusal()
        if user.confirmed_at is None:
            user.confirmed_at = now()
    return user, link.next_path


def forget_old_links() -> int:
    """Delete the rows of links that expired days ago; how many. For the worker, now and then."""
    old = SignInLink.expires_at < now() - KEPT
    if db.session.scalar(select(SignInLink.id).where(old).limit(1)) is None:
        return 0  # nearly always: then nothing is locked
    with transaction() as session:
        return len(session.execute(delete(SignInLink).where(old).returning(SignInLink.id)).all())


def save_profile(*, user_id: int, name: str, locale: str) -> None:
    """Raises Invalid."""
    words = " ".join(name.split())
    if not words or len(words) > 200:
        raise Invalid(_l("Write your name, in at most 200 characters."), field="name")
    if locale not in LOCALES:
        raise Invalid(_l("Choose one of the languages."), field="locale")
    with transaction() as session:
        user = session.get_one(User, user_id)
        user.name, user.locale = words, locale


def remember_locale(*, user_id: int, locale: str) -> None:
    """Keep the language that a signed-in user chose on a page."""
    with transaction() as session:
        session.execute(update(User).where(User.id == user_id).values(locale=locale))


def remove_password(*, user_id: int) -> None:
    """Sign in by link only, from now on."""
    with transaction() as session:
        session.get_one(User, user_id).password = None
        audit.record("account.password-removed", forum_id=None, subject=f"user:{user_id}")


def end_all_sessions(*, user_id: int) -> None:
    """Sign the user out in every browser."""
    with transaction() as session:
        session.get_one(User, user_id).fs_uniquifier = uuid.uuid4().hex


def local_path(text: str | None) -> str:
    """``text`` where it is an address within the app, such as "/f/x/inbox?page=2"; else ""."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 500:
        return ""
    if any(ord(char) < 33 or char == "\\" for char in text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return "" if parts.scheme or parts.netloc else text


def _link(
    token: str, *, user_id: int | None, next_path: str, lifetime: timedelta, demo: bool = False
) -> SignInLink:
    return SignInLink(
        digest=_digest(token),
        user_id=user_id,
        next_path=local_path(next_path),
        expires_at=now() + lifetime,
        demo=demo,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _works(link: SignInLink, *, on_this_machine: bool) -> bool:
    if link.user_id is None or link.expires_at <= now():
        return False
    return (forum_config().demo and on_this_machine) if link.demo else link.used_at is None


def _use_up(session: Session, link: SignInLink) -> bool:
    """One statement, so that of two who press the button at once only one is signed in."""
    if link.demo:
        return True
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.id == link.id, SignInLink.used_at.is_(None))
        .values(used_at=now())
        .returning(SignInLink.id)
    )
    return used.scalar() is not None


def _refusal() -> Refused:
    return Refused(_l("This link was used already or is too old: ask for a new one."))


def _mail_link(token: str, *, email: str, name: str, locale: str) -> None:
    url = absolute_url("accounts.sign_in_link", token=token)
    with force_locale(locale):
        minutes = int(LIFETIME.total_seconds() // 60)
        parts = (
            _("Hello %(name)s,", name=name or email),
            _("open this link to sign in. It works once, for %(minutes)s minutes:", minutes=minutes),
            url,
            _("You did not ask for it? Then do nothing: without the link nobody gets in."),
        )
        enqueue(
            key=f"sign-in:{_digest(token)}",
            kind="sign-in",
            to_email=email,
            to_name=name,
            subject=_("Your link to sign in"),
            text="\n\n".join(parts),
        )
