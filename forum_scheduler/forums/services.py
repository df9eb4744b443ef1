"""Making forums, and finding them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.accounts.audit import record
from forum_scheduler.errors import Invalid, NotFound
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.description import ForumDescription, wrong
from forum_scheduler.forums.frame import FrameBuilder, given
from forum_scheduler.forums.localtime import LocalTimeError, parse_moment
from forum_scheduler.forums.models import Forum
from forum_scheduler.spelling import transliterate

_NOT_SLUG = re.compile(r"[^a-z0-9]+")


def list_forums() -> list[Forum]:
    """All forums, by name."""
    return list(db.session.scalars(select(Forum).order_by(Forum.name)))


def find_forum(name: str) -> Forum | None:
    """The forum of this name or slug."""
    return db.session.scalar(select(Forum).where((Forum.name == name) | (Forum.slug == name)))


def get_forum(name: str) -> Forum:
    """The same; raises NotFound with the names that there are."""
    forum = find_forum(name)
    if forum is None:
        names = ", ".join(repr(each.name) for each in list_forums()[:5]) or _("none yet")
        raise NotFound(_("There is no forum %(name)s. Forums: %(names)s.", name=repr(name), names=names))
    return forum


def create_forum(description: ForumDescription, *, demo: bool = False) -> Forum:
    """Store a new forum with all of its frame.

    Raises Invalid, with the place in the description, for a contradiction or a name that is taken.
    """
    zone = description.zone
    with transaction() as session:
        if find_forum(description.name) is not None:
            raise wrong("name", _("there is a forum of this name already"))
        if description.slug is not None and find_forum(description.slug) is not None:
            raise wrong("slug", _("there is a forum with this slug already"))
        window, limits = description.requests, description.limits
        forum = Forum(
            slug=description.slug or free_slug(description.name),
            name=description.name,
            venue=description.venue,
            description=dict(description.description),
            timezone=description.timezone,
            contact_email=description.contact_email,
            slot_minutes=description.slot_minutes,
            pause_minutes=description.pause_minutes,
            requests_open_at=_moment("requests.opens", window.opens, zone),
            requests_close_at=_moment("requests.closes", window.closes, zone),
            open_registration=description.open_registration,
            max_requests=window.most,
            max_must_requests=given(window.most_must),
            max_high_requests=given(window.most_high),
            request_days=window.expire_after_days,
            max_meetings=limits.most_per_company,
            max_in_row=limits.most_in_row,
            max_per_day=limits.most_per_day,
            max_breaks=limits.most_breaks,
            coverage_floor=limits.coverage_floor,
            goals=list(limits.goals),
            must_all=limits.all_must_take_place,
            languages=list(description.languages),
            demo=demo,
        )
        check_window("requests.closes", forum.requests_open_at, forum.requests_close_at)
        session.add(forum)
        session.flush()
        FrameBuilder(forum, description).build()
        record("forum.created", forum_id=forum.id, subject=f"forum:{forum.id}")
    return forum


def free_slug(name: str) -> str:
    """A slug for the name, in Latin letters, that no forum has."""
    base = _NOT_SLUG.sub("-", transliterate(name)).strip("-")[:70].strip("-") or "forum"
    taken = set(db.session.scalars(select(Forum.slug).where(Forum.slug.startswith(base))))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _moment(path: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_moment(text, zone)
    except LocalTimeError as error:
        raise wrong(path, str(error)) from error


def check_window(field: str, opens: datetime | None, closes: datetime | None) -> None:
    """Raises Invalid, at ``field``, for a window that ends first."""
    if closes is None:
        return
    if opens is None:
        raise Invalid(_("A window that closes also needs a moment at which it opens."), field=field)
    if closes < opens:
        raise Invalid(_("The window closes before it opens."), field=field)
