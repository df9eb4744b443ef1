"""Storing rows, and numbers that keep them apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from forum_scheduler.extensions import Base, db

FIRST_DAY = datetime(2027, 5, 12, 7, tzinfo=UTC)  # 09:00 in Brussels
_last = [0]  # the number given last
Row = TypeVar("Row", bound=Base)


def next_number() -> int:
    """A number that no earlier call gave."""
    _last[0] += 1
    return _last[0]


def skip_numbers(used: int) -> None:
    """Give none up to ``used`` any more: rows of another process have them."""
    _last[0] = max(_last[0], used)


def store(row: Row) -> Row:
    """Add and commit."""
    db.session.add(row)
    db.session.commit()
    return row


def store_all(rows: Iterable[Base]) -> None:
    db.session.add_all(rows)
    db.session.commit()
