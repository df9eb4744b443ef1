"""The list of offers and needs changed later: entries keep who chose them, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum_scheduler.companies.models import Company, CompanyCapability
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability
from forum_scheduler.setup.saving import Section, Touch, ask_first, saving, touch

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityRow:
    """An entry as typed; ``under``: the code of the entry that it is part of."""

    id: int | None
    code: str
    en: str
    uk: str = ""
    under: str = ""


def capabilities_of(forum_id: int) -> list[Capability]:
    """All entries, each after the one that it is part of, in their order."""
    query = select(Capability).where(Capability.forum_id == forum_id)
    rows = list(db.session.scalars(query.order_by(Capability.position, Capability.id)))

    def below(parent: int | None) -> Iterator[Capability]:
        for row in rows:
            if row.parent_id == parent:
                yield row
                yield from below(row.id)

    return list(below(None))


def change_capabilities(forum_id: int, rows: Sequence[CapabilityRow], *, seen: str, agreed: str = "") -> None:
    """Store all entries. Raises Invalid (``rows[2].under``), Overtaken, Asks."""
    with saving(forum_id, Section.CAPABILITIES, seen=seen) as (session, _forum):
        live = {row.id: row for row in capabilities_of(forum_id)}
        _check(rows, live)
        kept = {row.id for row in rows}
        gone = [id_ for id_ in live if id_ not in kept]
        ask_first(tuple(_touches(session, gone)), agreed=agreed)
        for entry in live.values():
            entry.parent_id = None  # what goes takes none of its parts along
        session.flush()
        session.execute(delete(Capability).where(Capability.id.in_(gone)))
        by_code: dict[str, Capability] = {}
        for position, row in enumerate(rows):
            entry = live[row.id] if row.id is not None else Capability(forum_id=forum_id, names={})
            shown = {"en": row.en, "uk": row.uk}
            names = {**entry.names, **shown}
            entry.names = {locale: name for locale, name in names.items() if name}
            entry.code, entry.position = row.code, position
            session.add(entry)
            by_code[row.code] = entry
        session.flush()
        for row in rows:
            by_code[row.code].parent_id = by_code[row.under].id if row.under else None


def _check(rows: Sequence[CapabilityRow], live: Mapping[int, Capability]) -> None:
    codes = [row.code for row in rows]
    parents = {row.code: row.under for row in rows}
    for index, row in enumerate(rows):
        where = f"rows[{index}]"
        if row.id is not None and row.id not in live:
            raise Invalid(_("This entry is no longer there."), field=f"{where}.code")
        if not _CODE.fullmatch(row.code):
            raise Invalid(_("Letters, digits, dots and dashes, such as “radar”."), field=f"{where}.code")
        if codes.index(row.code) < index:
            raise Invalid(_("%(name)s is given twice", name=repr(row.code)), field=f"{where}.code")
        if not row.en or len(row.en) > 200 or len(row.uk) > 200:
            raise Invalid(_("an English name (en) is needed"), field=f"{where}.en")
        if row.under and row.under not in parents:
            raise Invalid(_("There is no entry with this code."), field=f"{where}.under")
        seen, above = {row.code}, row.under
        while above:
            if above in seen:
                raise Invalid(_("An entry can't be a part of itself."), field=f"{where}.under")
            seen.add(above)
            above = parents.get(above, "")


def _touches(session: Session, gone: Sequence[int]) -> Iterator[Touch]:
    query = (
        select(Company.name)
        .join(CompanyCapability, CompanyCapability.company_id == Company.id)
        .where(CompanyCapability.capability_id.in_(gone))
        .distinct()
        .order_by(Company.name)
    )
    names = list(session.scalars(query))
    if names:
        yield touch(
            ngettext(
                "%(num)s company offers or needs what goes: it is no longer said of it.",
                "%(num)s companies offer or need what goes: it is no longer said of them.",
                len(names),
            ),
            names,
        )
