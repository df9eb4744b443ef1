"""The plain settings of a forum: its name and texts, the request window and caps, what schedules keep to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.accounts.users import normal_email
from forum_scheduler.errors import Invalid
from forum_scheduler.forums.frame import check_goals
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.services import check_window
from forum_scheduler.forums.signals import window_changed
from forum_scheduler.setup.saving import Section, saving


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """``description``: locale -> text; ``languages``: codes of those that meetings are held in."""

    name: str
    venue: str
    contact_email: str
    description: Mapping[str, str]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Moments are timezone-aware; None: no limit, or not set."""

    requests_open_at: datetime | None
    requests_close_at: datetime | None
    open_registration: bool
    request_days: int | None
    max_requests: int | None
    max_must_requests: int | None
    max_high_requests: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a schedule keeps to, and its goals, the first one first."""

    max_meetings: int | None
    max_per_day: int | None
    max_in_row: int | None
    max_breaks: int | None
    coverage_floor: int
    must_all: bool
    goals: tuple[str, ...]


def change_about(forum_id: int, wanted: About, *, seen: str) -> None:
    """Raises Invalid (``field`` as in About), Overtaken."""
    with saving(forum_id, Section.FORUM, seen=seen) as (session, forum):
        if not wanted.name.strip():
            raise Invalid(_("A name is needed."), field="name")
        query = select(Forum.id).where(Forum.name == wanted.name.strip(), Forum.id != forum_id)
        if session.scalar(query) is not None:
            raise Invalid(_("There is a forum of this name already."), field="name")
        if wanted.contact_email:
            normal_email(wanted.contact_email, field="contact_email")
        if not wanted.languages:
            raise Invalid(_("Choose at least one language."), field="languages")
        _apply(forum, wanted)
        forum.name = wanted.name.strip()


def change_window(forum_id: int, wanted: Window, *, seen: str) -> None:
    """Raises Invalid (``field`` as in Window), Overtaken."""
    check_window("requests_close_at", wanted.requests_open_at, wanted.requests_close_at)
    with saving(forum_id, Section.REQUESTS, seen=seen) as (_session, forum):
        before = (forum.requests_close_at, forum.request_days)
        _apply(forum, wanted)
        if (forum.requests_close_at, forum.request_days) != before:
            window_changed.send(forum_id)


def change_limits(forum_id: int, wanted: Limits, *, seen: str) -> None:
    """Raises Invalid (``field`` as in Limits), Overtaken."""
    if not wanted.goals:
        raise Invalid(_("Choose at least one goal."), field="goals")
    check_goals(wanted.goals)
    with saving(forum_id, Section.SCHEDULES, seen=seen) as (_session, forum):
        _apply(forum, wanted)


def _apply(forum: Forum, wanted: About | Window | Limits) -> None:
    for name, value in asdict(wanted).items():
        plain = list(value) if isinstance(value, tuple) else value
        if getattr(forum, name) != plain:
            setattr(forum, name, plain)
