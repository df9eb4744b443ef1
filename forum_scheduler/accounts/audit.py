"""The audit log: who did what, written in the same transaction as the deed, read by organisers."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import g, has_request_context
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, func, or_, select

from forum_scheduler.accounts.audit_words import COMPANIES, actions_named, meetings_in
from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.extensions import db
from forum_scheduler.paging import Paged, Paging

PER_PAGE = 50
COLUMNS = ("at", "actor", "action", "subject", "details", "request")
NAMED = {"forum": "name", "company": "name", "delegate": "name", "user": "name", "schedule": "number"}
"""Tables whose rows entries are about, and the column that says what they are called."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take the cell for a formula


def record(
    action: str, *, forum_id: int | None, subject: str = "", details: Mapping[str, Any] | None = None
) -> None:
    """Note what is being done; to be called inside ``transaction()``.

    ``action`` is "thing.verb in the past" (``company.approved``), ``subject`` is "thing:id". ``details``
    holds plain JSON values that tell the organiser what changed; no personal data beyond ids.
    """
    user_id: int | None = None
    actor = "command line"
    request_id: str | None = None
    if has_request_context():
        request_id = getattr(g, "request_id", None)
        if current_user.is_authenticated:
            user_id, actor = current_user.id, current_user.name or current_user.email
        else:
            actor = "visitor"
    db.session.add(
        AuditEntry(
            forum_id=forum_id,
            user_id=user_id,
            actor=actor,
            action=action,
            subject=subject,
            details=dict(details or {}),
            request_id=request_id,
        )
    )


def page(*, forum_id: int, search: str = "", number: int = 1) -> Paged[AuditEntry]:
    """Entries of a forum, newest first.

    ``search`` is part of an actor, an action (its name too) or a subject.
    """
    total = db.session.scalar(_entries(forum_id, search).with_only_columns(func.count())) or 0
    paging = Paging.at(number, size=PER_PAGE, total=total)
    ordered = _entries(forum_id, search).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    return paging.of(db.session.scalars(paging.cut(ordered)).all())


def names_of(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """What ``entries`` are about is called now: "company:12" -> "Aerotec Industries"; their details' too.

    Those that are gone, and things without a name, are left out. By tables, not models: the rooms that hold
    them lie below this one.
    """
    wanted: dict[str, set[int]] = defaultdict(set)
    meetings: set[int] = set()
    for entry in entries:
        kind, _, number = entry.subject.partition(":")
        if kind in NAMED and number.isdecimal():
            wanted[kind].add(int(number))
        wanted["company"] |= {entry.details[name] for name in COMPANIES if name in entry.details}
        meetings |= set(meetings_in(entry.details))
    found = _pairs(meetings)
    for kind, ids in wanted.items():
        table = db.metadata.tables[kind]
        rows = db.session.execute(select(table.c.id, table.c[NAMED[kind]]).where(table.c.id.in_(ids)))
        found |= {f"{kind}:{row_id}": _called(kind, name) for row_id, name in rows if name}
    return found


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


def _called(kind: str, name: object) -> str:
    return _("Schedule %(number)s", number=name) if kind == "schedule" else str(name)


def as_csv(*, forum_id: int, search: str = "") -> str:
    """The same entries, all of them, oldest first, with a row of names; moments in UTC."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    ordered = _entries(forum_id, search).order_by(AuditEntry.at, AuditEntry.id)
    for entry in db.session.scalars(ordered.execution_options(yield_per=500)):
        writer.writerow(_cells(entry))
    return text.getvalue()


def _cells(entry: AuditEntry) -> Iterator[str]:
    values = (
        entry.at.isoformat(timespec="seconds"),
        entry.actor,
        entry.action,
        entry.subject,
        json.dumps(entry.details, ensure_ascii=False, sort_keys=True) if entry.details else "",
        entry.request_id or "",
    )
    for value in values:
        yield f"'{value}" if value.startswith(DANGEROUS) else value


def _entries(forum_id: int, search: str) -> Select[AuditEntry]:
    wanted = select(AuditEntry).where(AuditEntry.forum_id == forum_id)
    if not search:
        return wanted
    columns = (AuditEntry.actor, AuditEntry.action, AuditEntry.subject)
    return wanted.where(
        or_(
            *(column.icontains(search, autoescape=True) for column in columns),
            AuditEntry.action.in_(actions_named(search)),
        )
    )
