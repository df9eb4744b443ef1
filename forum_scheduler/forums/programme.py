"""The forum's own programme (opening, panels, dinner): what it holds, and the organiser's changes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from forum_scheduler.accounts import audit
from forum_scheduler.errors import Invalid, NotFound, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.localtime import write_moment
from forum_scheduler.forums.models import Forum, ProgrammeEntry
from forum_scheduler.forums.signals import programme_changed

MOST_ENTRIES = 300
MOST_HOURS = 24
_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDetails:
    """What an entry says. ``titles`` by locale, English among them; moments are timezone-aware."""

    titles: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    starts_at: datetime
    ends_at: datetime


def programme_of(forum_id: int) -> Sequence[ProgrammeEntry]:
    """The forum's programme in the order of time."""
    return db.session.scalars(
        select(ProgrammeEntry)
        .where(ProgrammeEntry.forum_id == forum_id)
        .order_by(ProgrammeEntry.starts_at, ProgrammeEntry.ends_at, ProgrammeEntry.id)
    ).all()


def add_entry(*, forum_id: int, details: EntryDetails) -> ProgrammeEntry:
    """Add an entry. Raises Invalid for a title or time that can't be used."""
    with transaction() as session:
        number = session.scalar(
            select(func.count()).select_from(ProgrammeEntry).where(ProgrammeEntry.forum_id == forum_id)
        )
        if (number or 0) >= MOST_ENTRIES:
            raise Refused(_("The programme is full: at most %(most)s entries.", most=MOST_ENTRIES))
        entry = ProgrammeEntry(forum_id=forum_id)
        apply_details(entry, details)
        session.add(entry)
        session.flush()
        _note(session.get_one(Forum, forum_id), entry, "added")
    return entry


def edit_entry(*, entry_id: int, details: EntryDetails) -> ProgrammeEntry:
    """Change an entry; who attends it is blocked at its new time. Raises Invalid, NotFound."""
    with transaction() as session:
        entry = session.get(ProgrammeEntry, entry_id)
        if entry is None:
            raise NotFound(_("This entry of the programme was removed meanwhile."))
        apply_details(entry, details)
        session.flush()
        _note(session.get_one(Forum, entry.forum_id), entry, "changed")
    return entry


def remove_entry(*, entry_id: int) -> None:
    """Take an entry out; who attended it is free again then."""
    with transaction() as session:
        entry = session.get(ProgrammeEntry, entry_id)
        if entry is None:
            return  # the second click
        session.delete(entry)
        session.flush()
        _note(session.get_one(Forum, entry.forum_id), entry, "removed")


def apply_details(entry: ProgrammeEntry, details: EntryDetails) -> None:
    """Check and put ``details`` into the row. Raises Invalid with the field of EntryDetails."""
    titles = {locale: " ".join(text.split()) for locale, text in details.titles.items() if text.strip()}
    if not titles.get("en"):
        raise Invalid(_("An English title is needed."), field="title_en")
    for locale, text in titles.items():
        if len(text) > _TITLE:
            raise Invalid(_("At most %(number)s characters.", number=_TITLE), field=f"title_{locale}")
    if details.ends_at <= details.starts_at:
        raise Invalid(_("It ends before it starts."), field="ends_at")
    if (details.ends_at - details.starts_at).total_seconds() > MOST_HOURS * 3600:
        raise Invalid(_("It lasts longer than a day: make an entry for each day."), field="ends_at")
    entry.titles = titles
    entry.place = " ".join(details.place.split())[:120]
    entry.starts_at, entry.ends_at = details.starts_at, details.ends_at


def _note(forum: Forum, entry: ProgrammeEntry, verb: str) -> None:
    audit.record(
        f"programme.{verb}",
        forum_id=forum.id,
        subject=f"programme:{entry.id}",
        details={"title": entry.title("en"), "at": write_moment(entry.starts_at, forum.zone)},
    )
    programme_changed.send(forum.id)
