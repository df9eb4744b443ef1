"""Counting the statements that reach the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event

from forum_scheduler.extensions import db


@dataclass
class Statements:
    """The statements of a ``with count_queries()`` block, without BEGIN, COMMIT and savepoints."""

    texts: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.texts)


@contextmanager
def count_queries() -> Iterator[Statements]:
    """Collects what the app of the active context sends to its database, in requests too."""
    statements = Statements()

    def note(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        if not text.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")):
            statements.texts.append(text)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
