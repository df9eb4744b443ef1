"""The audit log: who did what, written in the same transaction as the deed, read by organisers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import Select, func, or_, select

from forum_scheduler.accounts.audit_names import is_about
from forum_scheduler.accounts.audit_words import actions_named
from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.extensions import db
from forum_scheduler.paging import Paged, Paging

PER_PAGE = 50
COLUMNS = ("at", "actor", "action", "subject", "details", "request")
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

    ``search`` is part of an actor, an action (its name too) or a subject (what it is called, too).
    """
    total = db.session.scalar(_entries(forum_id, search).with_only_columns(func.count())) or 0
    paging = Paging.at(number, size=PER_PAGE, total=total)
    ordered = _entries(forum_id, search).order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    return paging.of(db.session.scalars(paging.cut(ordered)).all())


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
            is_about(search),
        )
    )
