"""A message that something was done, with a button that takes it back."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash


def offer_undo(text: str, *, url: str, fields: Mapping[str, object]) -> None:
    """Show ``text`` on the next page; its button sends ``fields`` to ``url`` (templates/base.html)."""
    undo = {"text": text, "undo_url": url, "undo_fields": dict(fields)}
    flash(undo, "success")  # type: ignore[arg-type]  # Flask keeps any JSON in the session, and says str
