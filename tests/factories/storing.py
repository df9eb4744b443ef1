"""Storing rows, and numbers that keep them apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from forum_scheduler.extensions import Base, db

FIRST_DAY = datetime(2027, 5, 12, 7, tzinfo=UTC)  # 09:00 in Brussels
_numbers = count(1)
Row = TypeVar("Row", bound=Base)


def next_number() -> int:
    """A number that no earlier call gave."""
    return next(_numbers)


def store(row: Row) -> Row:
    """Add and commit."""
    db.session.add(row)
    db.session.commit()
    return row


def store_all(rows: Iterable[Base]) -> None:
    db.session.add_all(rows)
    db.session.commit()
