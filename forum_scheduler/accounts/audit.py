"""Writing the audit log: who did what, in the same transaction as the deed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, has_request_context
from flask_login import current_user

from forum_scheduler.accounts.models import AuditEntry
from forum_scheduler.extensions import db


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
