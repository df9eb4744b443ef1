"""The list of offers and needs changed later: entries keep who chose them, whatever they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from forum_scheduler.companies.models import Company, CompanyCapability
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability
from forum_scheduler.forums.outline import LONGEST_NAME, MOST_DEPTH, MOST_ENTRIES, Entry
from forum_scheduler.setup.saving import Section, Touch, ask_first, key_of, saving, touch

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityRow:
    """An entry as typed; ``under``: the code of the entry that it is part of."""

    id: int | None
    code: str
    en: str
    uk: str = ""
    under: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """What a whole list would change, in names; ``agreed`` is sent back by who has seen it."""

    added: tuple[str, ...]
    renamed: tuple[str, ...]
    moved: tuple[str, ...]
    gone: tuple[str, ...]
    same: int
    reordered: bool
    touches: tuple[Touch, ...]
    agreed: str

    @property
    def any(self) -> bool:
        """Whether there is anything to save."""
        return bool(self.added or self.renamed or self.moved or self.gone or self.reordered)


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


def change_list(forum_id: int, entries: Sequence[Entry], *, seen: str, agreed: str = "") -> None:
    """Make the list what ``entries`` say; an entry is the same where its code is. Raises Overtaken, Asks."""
    stored = {row.code: row for row in capabilities_of(forum_id)}
    change_capabilities(forum_id, _rows(entries, stored), seen=seen, agreed=agreed)


def preview_list(forum_id: int, entries: Sequence[Entry]) -> ListChange:
    """What :func:`change_list` would do, and which companies it touches."""
    live = capabilities_of(forum_id)
    stored = {row.code: row for row in live}
    codes = {row.id: row.code for row in live}
    rows = _rows(entries, stored)
    wanted = {row.code for row in rows}
    added, renamed, moved, same = [], [], [], 0
    for row in rows:
        old = stored.get(row.code)
        if old is None:
            added.append(_shown({"en": row.en, "uk": row.uk}))
            continue
        names = {**old.names, **_given(row)}
        under = codes.get(old.parent_id or 0, "")
        if names != old.names:
            renamed.append(f"{_all_names(old.names)} → {_all_names(names)}")
        if row.under != under:
            moved.append(_shown(names))
        same += names == old.names and row.under == under
    gone = [row for row in live if row.code not in wanted]
    touches = tuple(_touches(db.session(), [row.id for row in gone]))
    return ListChange(
        added=tuple(added),
        renamed=tuple(renamed),
        moved=tuple(moved),
        gone=tuple(_shown(row.names) for row in gone),
        same=same,
        reordered=[row.code for row in rows if row.code in stored]
        != [row.code for row in live if row.code in wanted],
        touches=touches,
        agreed=key_of(touches) if touches else "",
    )


def _rows(entries: Sequence[Entry], stored: Mapping[str, Capability]) -> list[CapabilityRow]:
    """Each entry as it would be typed; a name that the list leaves out stays."""
    found = []
    for entry in entries:
        old = stored.get(entry.code)
        found.append(
            CapabilityRow(
                id=None if old is None else old.id,
                code=entry.code,
                en=entry.names["en"],
                uk=entry.names.get("uk") or ("" if old is None else old.names.get("uk", "")),
                under=entry.parent or "",
            )
        )
    return found


def _given(row: CapabilityRow) -> dict[str, str]:
    return {locale: name for locale, name in (("en", row.en), ("uk", row.uk)) if name}


def _shown(names: Mapping[str, str]) -> str:
    return names.get(str(get_locale() or "en")) or names["en"]


def _all_names(names: Mapping[str, str]) -> str:
    return " / ".join(name for name in (names.get("en"), names.get("uk")) if name)


def _check(rows: Sequence[CapabilityRow], live: Mapping[int, Capability]) -> None:
    if len(rows) > MOST_ENTRIES:
        raise Invalid(_("At most %(most)s entries.", most=MOST_ENTRIES), field="rows")
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
        _check_names(row, where)
        if row.under and row.under not in parents:
            raise Invalid(_("There is no entry with this code."), field=f"{where}.under")
        seen, above = {row.code}, row.under
        while above:
            if above in seen:
                raise Invalid(_("An entry can't be a part of itself."), field=f"{where}.under")
            seen.add(above)
            above = parents.get(above, "")
        if len(seen) > MOST_DEPTH:
            raise Invalid(_("more than %(most)s levels", most=MOST_DEPTH), field=f"{where}.under")


def _check_names(row: CapabilityRow, where: str) -> None:
    for name, text in (("en", row.en), ("uk", row.uk)):
        if len(text) > LONGEST_NAME:
            raise Invalid(
                _("a name has at most %(most)s characters", most=LONGEST_NAME), field=f"{where}.{name}"
            )
        if "|" in text:  # the list as text parts names with it
            raise Invalid(_("A name without | is needed."), field=f"{where}.{name}")
    if not row.en:
        raise Invalid(_("an English name (en) is needed"), field=f"{where}.en")


def _touches(session: Session, gone: Sequence[int]) -> Iterator[Touch]:
    query = (
        select(Company.name, Capability.names)
        .join(CompanyCapability, CompanyCapability.company_id == Company.id)
        .join(Capability, Capability.id == CompanyCapability.capability_id)
        .where(CompanyCapability.capability_id.in_(gone))
        .order_by(Company.name, Company.id, Capability.position)
    )
    chosen: dict[str, dict[str, None]] = {}  # company -> the names of what goes, each once
    for company, entry in session.execute(query):
        chosen.setdefault(company, {})[_shown(entry)] = None
    names = [f"{company} ({', '.join(entries)})" for company, entries in chosen.items()]
    if names:
        yield touch(
            ngettext(
                "%(num)s company offers or needs what goes: it is no longer said of it.",
                "%(num)s companies offer or need what goes: it is no longer said of them.",
                len(names),
            ),
            names,
        )
