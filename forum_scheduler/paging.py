"""Long lists, page by page: which page is meant, what it holds, and whether others stand beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy.sql.selectable import GenerativeSelect

Item = TypeVar("Item")
Statement = TypeVar("Statement", bound=GenerativeSelect)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """A page of a list of ``total`` items, ``size`` of them a page; what the macro ``pagination`` wants.

    ``page`` counts from 1; a list without items has one page.
    """

    page: int
    size: int
    total: int

    @classmethod
    def at(cls, wanted: int, *, size: int, total: int) -> Paging:
        """The page that was asked for; of a number that there is not, the nearest one."""
        last = cls(page=1, size=size, total=total).pages
        return cls(page=min(max(1, wanted), last), size=size, total=total)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def start(self) -> int:
        """How many items stand on the pages before."""
        return (self.page - 1) * self.size

    def cut(self, statement: Statement) -> Statement:
        """The rows of this page; ``statement`` has them in order."""
        return statement.limit(self.size).offset(self.start)

    def of(self, items: Sequence[Item]) -> Paged[Item]:
        """The page with what stands on it."""
        return Paged(page=self.page, size=self.size, total=self.total, items=items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged(Paging, Generic[Item]):
    """A page and its items."""

    items: Sequence[Item]
