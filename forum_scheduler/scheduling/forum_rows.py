"""One forum's rows for the making of a problem: one query a table, whatever the size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum_scheduler.extensions import Base
from forum_scheduler.forums.models import Forum, Retirable, Slot
from forum_scheduler.scheduling.ids import Kind, solver_ids

_Row = TypeVar("_Row", bound=Base)


@dataclass(frozen=True, slots=True)
class ForumRows:
    """The rows that belong to ``forum``, and are in use."""

    session: Session
    forum: Forum

    def of(self, model: type[_Row], *order: Any) -> list[_Row]:
        """All rows of the table, but those out of use."""
        owner: Any = model
        query = select(model).where(owner.forum_id == self.forum.id).order_by(*order)
        if issubclass(owner, Retirable):
            query = query.where(owner.live())
        return list(self.session.scalars(query))

    def pairs(self, query: Select[int, int]) -> dict[int, list[int]]:
        """The second column's values by those of the first."""
        found: dict[int, list[int]] = defaultdict(list)
        for key, value in self.session.execute(query):
            found[key].append(value)
        return found

    def slots_of(
        self, key: InstrumentedAttribute[int], slot: InstrumentedAttribute[int]
    ) -> Callable[[int], tuple[str, ...]]:
        """Slots by owner, in the order of time, of a table of (owner, slot) rows."""
        found = self.pairs(
            select(key, slot)
            .join(Slot, Slot.id == slot)
            .where(Slot.forum_id == self.forum.id, Slot.live())
            .order_by(Slot.starts_at)
        )
        return lambda owner: solver_ids(Kind.SLOT, found.get(owner, ()))
