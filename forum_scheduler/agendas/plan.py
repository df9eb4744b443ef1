"""A little plan of a hall: its tables in their order, row by row, those of an agenda filled in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from forum_scheduler.agendas.record import Hall
from forum_scheduler.agendas.wording import clean

WIDTH = 180  # units; millimetres on paper
MOST_COLUMNS = 20
FEWEST_COLUMNS = 8
GAP = 1.2
NAMED = 80  # tables of a hall that all have their names; in larger ones, own ones and the first of each row
FITTING = 4  # letters of a name that fit; longer ones are written smaller


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTable:
    """A table as a rectangle: its left upper corner; its name, "" where left out; whether it is one's own."""

    x: float
    y: float
    name: str
    size: float  # of the letters
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All in the same units; each table is ``side`` wide and ``height`` high."""

    hall: str
    width: float
    height: float
    side: float
    tall: float
    tables: tuple[PlanTable, ...]


def plan_of(hall: Hall, *, own: Collection[int]) -> Plan:
    """``own``: ids of the tables to fill in."""
    columns = min(MOST_COLUMNS, max(FEWEST_COLUMNS, round((len(hall.tables) * 4) ** 0.5)))
    side = WIDTH / columns - GAP
    tall = min(side * 0.6, 8.0)
    tables = []
    for index, (id_, label) in enumerate(hall.tables):
        row, column = divmod(index, columns)
        named = id_ in own or column == 0 or len(hall.tables) <= NAMED
        name = clean(label) if named else ""
        size = min(tall * 0.62, side * 1.5 / max(len(name), FITTING))
        tables.append(
            PlanTable(
                x=round(column * (side + GAP), 2),
                y=round(row * (tall + GAP), 2),
                name=name if size >= 1.2 else f"{name[:8]}…",
                size=round(max(size, 1.6), 2),
                own=id_ in own,
            )
        )
    rows = -(-len(hall.tables) // columns)
    return Plan(
        hall=clean(hall.name),
        width=WIDTH,
        height=round(rows * (tall + GAP), 2),
        side=round(side, 2),
        tall=round(tall, 2),
        tables=tuple(tables),
    )
