"""Finding and making users: one e-mail address, one user, however it was typed."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Mapping

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from forum_scheduler.accounts.models import User
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db


def normal_email(text: str, *, field: str | None = "email") -> str:
    """The address in lower case, checked for its form.

    Raises Invalid for what is no address, and for one that mixes alphabets or shapes of letters: a Cyrillic
    "а" in a Latin address looks right and reaches nobody.
    """
    stripped = text.strip()
    if _mixes_alphabets(stripped) or unicodedata.normalize("NFKC", stripped) != stripped:
        raise Invalid(
            _("%(email)s mixes letters of different alphabets: type it again.", email=stripped), field=field
        )
    try:
        checked = validate_email(stripped, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(_("%(email)s is no e-mail address.", email=stripped[:100]), field=field) from error
    return checked.normalized.lower()


def ensure_user(*, email: str, name: str, locale: str = "en") -> User:
    """The user of this (normal) address, made where there is none; inside ``transaction()``."""
    user = db.session.scalar(select(User).where(User.email == email))
    if user is None:
        user = User(email=email, name=name, locale=locale, active=True, fs_uniquifier=uuid.uuid4().hex)
        attempt = db.session.begin_nested()
        try:
            db.session.add(user)
            db.session.flush()
        except IntegrityError:
            # Made by somebody else in the same moment: now their row is there to see.
            attempt.rollback()
            return db.session.scalars(select(User).where(User.email == email)).one()
        attempt.commit()
    return user


def ensure_users(people: Mapping[str, str]) -> dict[str, int]:
    """Many at once: normal address -> name in, address -> user's id out; inside ``transaction()``."""
    addresses = list(people)
    ids: dict[str, int] = {}
    for start in range(0, len(addresses), 500):  # databases take only so many parameters
        chunk = addresses[start : start + 500]
        found = db.session.execute(select(User.email, User.id).where(User.email.in_(chunk)))
        ids.update((email, id_) for email, id_ in found)
    made = [
        User(email=email, name=name, locale="en", active=True, fs_uniquifier=uuid.uuid4().hex)
        for email, name in people.items()
        if email not in ids
    ]
    db.session.add_all(made)
    db.session.flush()
    return ids | {user.email: user.id for user in made}


def _mixes_alphabets(text: str) -> bool:
    scripts = {unicodedata.name(char, "").split(" ")[0] for char in text if char.isalpha()}
    return len(scripts) > 1
