"""How a section of the settings is saved: nothing unseen is overwritten, what is touched is said first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum_scheduler.accounts.audit import record
from forum_scheduler.errors import Conflict, ForumError, Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.describing import describe_forum
from forum_scheduler.forums.models import Forum, Table

MOST_LISTED = 30


class Section(StrEnum):
    """The sections of the settings, each saved on its own."""

    FORUM = "forum"
    DAYS = "days"
    ZONES = "zones"
    TABLES = "tables"
    INTERPRETERS = "interpreters"
    SIDES = "sides"
    REQUESTS = "requests"
    SCHEDULES = "schedules"
    CAPABILITIES = "capabilities"
    TEXTS = "texts"


# What of the forum's description belongs to a section.
FIELDS: Mapping[Section, tuple[str, ...]] = {
    Section.FORUM: ("name", "venue", "contact_email", "description", "languages"),
    Section.DAYS: ("timezone", "slot_minutes", "pause_minutes", "days"),
    Section.ZONES: ("zones", "walks"),
    Section.TABLES: ("tables", "closures"),
    Section.INTERPRETERS: ("interpreters",),
    Section.SIDES: ("sides",),
    Section.REQUESTS: ("requests", "open_registration"),
    Section.SCHEDULES: ("limits",),
    Section.CAPABILITIES: ("capabilities",),
    Section.TEXTS: ("texts",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """Something that a change touches, and what becomes of it; ``items``: the first of the rows behind it."""

    text: str
    items: tuple[str, ...] = ()
    more: int = 0


def touch(text: str, items: Sequence[str] = ()) -> Touch:
    """With the first few of ``items``."""
    return Touch(text=text, items=tuple(items[:MOST_LISTED]), more=max(0, len(items) - MOST_LISTED))


class Asks(ForumError):
    """Nothing was changed yet: the change touches something. Sent again with ``agreed`` it is made."""

    status = 200

    def __init__(self, touches: Sequence[Touch], agreed: str) -> None:
        self.touches = tuple(touches)
        self.agreed = agreed
        super().__init__(lazy_gettext("Look first at what this touches."))


class Overtaken(Conflict):
    """Somebody else saved the section since it was opened."""

    def __init__(self) -> None:
        super().__init__(
            lazy_gettext(
                "Somebody else has saved this page since you opened it; nothing of theirs was overwritten. "
                "Yours is still in the fields: look at theirs in another tab, then save again to replace it."
            )
        )


def state_of(forum: Forum, section: Section) -> str:
    """A digest of what the section holds now: sent along with a form, it tells whether that was seen."""
    described = msgspec.to_builtins(describe_forum(forum))
    found: Any = [described.get(name) for name in FIELDS.get(section, ())]
    if section is Section.TABLES:
        query = select(Table.label, Table.host_company_id).where(Table.forum_id == forum.id, Table.live())
        found.append(sorted((label, host) for label, host in db.session.execute(query) if host))
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:24]


@contextmanager
def saving(forum_id: int, section: Section, *, seen: str) -> Iterator[tuple[Session, Forum]]:
    """A transaction in which the section is the writer's alone. Raises Overtaken if it is not as ``seen``."""
    with transaction() as session:
        query = select(Forum).where(Forum.id == forum_id).with_for_update()
        forum = session.scalars(query.execution_options(populate_existing=True)).one()
        if state_of(forum, section) != seen:
            raise Overtaken
        try:
            yield session, forum
            session.flush()
        except IntegrityError as error:
            raise Invalid(
                lazy_gettext("Two names were exchanged, or one is taken: change one first, then the other.")
            ) from error
        if state_of(forum, section) != seen:
            record(f"settings.{section}-changed", forum_id=forum_id, subject=f"forum:{forum_id}")


def ask_first(touches: Sequence[Touch], *, agreed: str) -> None:
    """Raise Asks unless there is nothing to ask, or just these touches were agreed to."""
    key = key_of(touches)
    if touches and key != agreed:
        raise Asks(touches, key)


def key_of(touches: Sequence[Touch]) -> str:
    """What is sent back as ``agreed`` by who has seen just these."""
    plain = json.dumps([[each.text, each.items, each.more] for each in touches])
    return hashlib.sha256(plain.encode()).hexdigest()[:24]


def check_names(
    rows: Sequence[tuple[int | None, str]], live: Collection[int], *, longest: int, gone: str
) -> None:
    """(id or None, name) of each row: known where it has an id, of a length that is stored, none twice.

    Raises Invalid at the row; ``gone`` says that what has the id is no longer there.
    """
    names = [name for _id, name in rows]
    for index, (id_, name) in enumerate(rows):
        where = f"rows[{index}].name"
        if id_ is not None and id_ not in live:
            raise Invalid(gone, field=where)
        if not 1 <= len(name) <= longest:
            raise Invalid(_("A name of 1 to %(longest)s characters is needed.", longest=longest), field=where)
        if names.index(name) < index:
            raise Invalid(_("%(name)s is given twice", name=repr(name)), field=where)
