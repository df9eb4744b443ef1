"""What entries of the audit log are about, by the names that people know, and the page of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import format_datetime
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, String, cast, func, literal, or_, select

from forum_scheduler.accounts.audit_words import COMPANIES, SIDES, meetings_in
from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.extensions import db

# Tables whose rows entries are about: their name in the log -> the table, and the column that names the row.
# By tables, not models: the rooms that hold them lie below this one.
NAMED: Mapping[str, tuple[str, str]] = {
    "forum": ("forum", "name"),
    "company": ("company", "name"),
    "delegate": ("delegate", "name"),
    "user": ("user", "name"),
    "interpreter": ("interpreter", "name"),
    "table": ("table", "label"),
    "invitation": ("company_invitation", "company_name"),
    "schedule": ("schedule", "number"),
    "run": ("run", "run_at"),
    "side": ("side", "name"),
}
FOUND_BY_NAME = ("company", "delegate", "user", "interpreter", "invitation")
PAGES: Mapping[str, tuple[str, str]] = {
    "forum": ("forums.settings", ""),
    "company": ("companies.show", "company_id"),
    "delegate": ("companies.edit_delegate", "delegate_id"),
    "interpreter": ("forums.roster", "interpreter_id"),
    "table": ("forums.table", "table_id"),
    "schedule": ("scheduling.schedule", "schedule_id"),
    "run": ("scheduling.run", "run_id"),
}
"""Where a thing has a page: its endpoint, and what the id is called there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Of "company:12" and its like: ``texts`` what it is called now, ``pages`` endpoint and values."""

    texts: Mapping[str, str]
    pages: Mapping[str, tuple[str, Mapping[str, int]]]


def names_of(entries: Iterable[AuditEntry]) -> Named:
    """What ``entries``, and their details, are about. Those that are gone are left out."""
    wanted: dict[str, set[int]] = defaultdict(set)
    meetings: set[int] = set()
    for entry in entries:
        kind, _colon, number = entry.subject.partition(":")
        if kind in NAMED and number.isdecimal():
            wanted[kind].add(int(number))
        for kind, names in (("company", COMPANIES), ("side", SIDES)):
            wanted[kind] |= {
                entry.details[name] for name in names if isinstance(entry.details.get(name), int)
            }
        meetings |= set(meetings_in(entry.details))
    texts = _pairs(meetings)
    pages: dict[str, tuple[str, Mapping[str, int]]] = {}
    for kind, ids in wanted.items():
        for row_id, text in _rows(kind, ids) if ids else ():
            texts[f"{kind}:{row_id}"] = text
            if kind in PAGES:
                endpoint, value = PAGES[kind]
                pages[f"{kind}:{row_id}"] = (endpoint, {value: row_id} if value else {})
    return Named(texts=texts, pages=pages)


def _rows(kind: str, ids: set[int]) -> Iterator[tuple[int, str]]:
    name, column = NAMED[kind]
    table = db.metadata.tables[name]
    columns: list[ColumnElement[Any]] = [table.c.id, table.c[column]]
    if kind == "run":
        columns = [table.c.id, func.coalesce(table.c.started_at, table.c.run_at, type_=table.c.run_at.type)]
    for row_id, value in db.session.execute(select(*columns).where(table.c.id.in_(ids))):
        if value:
            yield row_id, _called(kind, value)


def _called(kind: str, value: Any) -> str:
    match kind:
        case "schedule":
            return str(_("Schedule %(number)s", number=value))
        case "run":
            return str(_("Run of %(time)s", time=format_datetime(value, _("EEE d MMM, HH:mm"))))
        case "table":
            return str(_("Table %(name)s", name=value))
    return str(value)


def _pairs(meetings: set[int]) -> dict[str, str]:
    """The companies of each meeting: "meeting:7" -> "Aerotec × Kvant"."""
    if not meetings:
        return {}
    party, company = db.metadata.tables["party"], db.metadata.tables["company"]
    rows = db.session.execute(
        select(party.c.meeting_id, company.c.name)
        .join(company, company.c.id == party.c.company_id)
        .where(party.c.meeting_id.in_(meetings))
        .order_by(party.c.meeting_id, party.c.position)
    )
    who: dict[str, list[str]] = defaultdict(list)
    for meeting_id, name in rows:
        who[f"meeting:{meeting_id}"].append(name)
    return {meeting: " × ".join(names) for meeting, names in who.items()}


def is_about(words: str) -> ColumnElement[bool]:
    """The condition for entries about something with ``words`` in its name."""
    conditions = []
    for kind in FOUND_BY_NAME:
        name, column = NAMED[kind]
        table = db.metadata.tables[name]
        subjects = select(literal(f"{kind}:") + cast(table.c.id, String)).where(
            table.c[column].icontains(words, autoescape=True)
        )
        conditions.append(AuditEntry.subject.in_(subjects))
    return or_(*conditions)
