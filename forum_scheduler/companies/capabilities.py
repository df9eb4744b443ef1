"""The organiser's changes to the capability list, with what they take away from companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from forum_scheduler.accounts import audit
from forum_scheduler.companies.models import CompanyCapability
from forum_scheduler.errors import Conflict
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Capability, Forum
from forum_scheduler.forums.outline import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """An entry that would go although companies chose it."""

    name: str
    companies: int


class StillUsed(Conflict):
    """Entries that companies chose would go; nothing was stored."""

    def __init__(self, used: Sequence[Used]) -> None:
        self.used = tuple(used)
        names = ", ".join(f"{each.name} ({each.companies})" for each in used)
        super().__init__(_("Companies chose what you take out: %(names)s.", names=names))


def replace(*, forum_id: int, entries: Sequence[Entry], although_used: bool = False) -> None:
    """Make the forum's list what ``entries`` say; an entry is the same where its code is.

    Raises StillUsed, unless ``although_used``: then companies lose what goes.
    """
    with transaction() as session:
        # The forum's row is the lock: of two lists sent at once the later is whole.
        session.scalar(select(Forum.id).where(Forum.id == forum_id).with_for_update())
        stored = {
            row.code: row
            for row in session.scalars(select(Capability).where(Capability.forum_id == forum_id))
        }
        going = [row for code, row in stored.items() if code not in {entry.code for entry in entries}]
        used = _used(going)
        if used and not although_used:
            raise StillUsed(used)
        kept: dict[str, Capability] = {}
        for position, entry in enumerate(entries):
            row = stored.get(entry.code) or Capability(forum_id=forum_id, code=entry.code)
            row.names, row.position = _names(row, entry), position
            row.parent_id = kept[entry.parent].id if entry.parent is not None else None
            session.add(row)
            session.flush()  # those below name it
            kept[entry.code] = row
        # Last, as those below an entry go with it: by now they have their new places.
        session.execute(delete(Capability).where(Capability.id.in_([row.id for row in going])))
        audit.record(
            "capabilities.changed",
            forum_id=forum_id,
            subject=f"forum:{forum_id}",
            details={"entries": len(entries), "removed": sorted(row.code for row in going)},
        )


def _names(row: Capability, entry: Entry) -> dict[str, str]:
    """Names in languages that the text does not show stay."""
    others: Mapping[str, str] = {
        locale: name for locale, name in (row.names or {}).items() if locale not in ("en", "uk")
    }
    return {**entry.names, **others}


def _used(rows: Sequence[Capability]) -> list[Used]:
    counts: dict[int, int] = dict(
        db.session.execute(
            select(CompanyCapability.capability_id, func.count(CompanyCapability.company_id.distinct()))
            .where(CompanyCapability.capability_id.in_([row.id for row in rows]))
            .group_by(CompanyCapability.capability_id)
        ).all()
    )
    return [Used(name=row.name("en"), companies=counts[row.id]) for row in rows if row.id in counts]
