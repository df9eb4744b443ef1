"""Lists of a whole forum in parts, each a document of its own that names the version that changed it last.

Where a part ends does not depend on how many meet in it now: one meeting less must not shift all that stands
after it, and those who lost their last meeting still count, since their part is another one without them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from forum_scheduler.agendas.record import Agenda, AgendaEntry, Stamp, Vacancy, last_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePart:
    """Meetings of one block by time and table, at least one."""

    block_id: int
    entries: tuple[AgendaEntry, ...]
    changed: Stamp | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Agendas with meetings, at least one. ``changed``: also by whom lost all of theirs."""

    agendas: tuple[Agenda, ...]
    changed: Stamp | None


def time_parts(forum: Agenda, *, rows: int) -> tuple[TimePart, ...]:
    """Each block whole, or between slots as often as its tables need; a slot with more tables by tables."""
    grid = _Grid(forum, rows=rows)
    entries: dict[_Cell, list[AgendaEntry]] = defaultdict(list)
    vacancies: dict[_Cell, list[Vacancy]] = defaultdict(list)
    for entry in forum.meetings:
        entries[grid.cell(entry)].append(entry)
    for vacancy in forum.vacancies:
        vacancies[grid.cell(vacancy)].append(vacancy)
    return tuple(
        TimePart(
            block_id=cell[0],
            entries=tuple(found),
            changed=last_stamp((*found, *vacancies[cell])),
        )
        for cell, found in sorted(entries.items(), key=lambda each: (each[1][0].starts_at, each[0]))
    )


_Cell = tuple[int, int, int]  # block, which of its slots, which of the tables


class _Grid:
    """Into which part a meeting belongs, by its start and table alone."""

    def __init__(self, forum: Agenda, *, rows: int) -> None:
        tables = [id_ for hall in forum.halls for id_, _name in hall.tables]
        self._table = {id_: place // rows for place, id_ in enumerate(tables)}
        slots = max(1, rows // max(1, len(tables)))
        starts: dict[int, set[datetime]] = defaultdict(set)
        placed: tuple[AgendaEntry | Vacancy, ...] = (*forum.meetings, *forum.vacancies)
        for each in placed:
            starts[each.block_id or 0].add(each.starts_at)
        self._slot = {
            (block, start): place // slots
            for block, found in starts.items()
            for place, start in enumerate(sorted(found))
        }

    def cell(self, each: AgendaEntry | Vacancy) -> _Cell:
        block = each.block_id or 0
        return (block, self._slot[block, each.starts_at], self._table.get(each.table_id or 0, 0))


def company_parts(companies: Iterable[Agenda], *, most: int, rows: int) -> Iterator[Part]:
    """Some companies each, not more than ``most`` and with not more than ``rows`` meetings together."""
    part: list[Agenda] = []
    count = 0
    for agenda in companies:
        if part and (len(part) == most or count + len(agenda.meetings) > rows):
            yield from _part(part)
            part, count = [], 0
        part.append(agenda)
        count += len(agenda.meetings)
    yield from _part(part)


def people_parts(people: Sequence[Agenda], *, most: int) -> Iterator[Part]:
    """``most`` people each, or fewer."""
    for at in range(0, len(people), most):
        yield from _part(people[at : at + most])


def _part(agendas: Sequence[Agenda]) -> Iterator[Part]:
    shown = tuple(agenda for agenda in agendas if agenda.meetings)
    if shown:
        stamps = (agenda.changed for agenda in agendas)
        yield Part(agendas=shown, changed=max((each for each in stamps if each is not None), default=None))
