"""Little plans of halls: tables in their order, row by row.

A large one with all names ends an agenda, its tables filled in. Beside each meeting stands a small one that
fills in a single table: where to walk next shows at a glance. Both have the same rows.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from forum_scheduler.agendas.record import Hall
from forum_scheduler.agendas.wording import clean

WIDTH = 180  # units; millimetres on paper
MOST_COLUMNS = 20
FEWEST_COLUMNS = 8
GAP = 1.2
NAMED = 80  # tables of a hall that all have their names; in larger ones, own ones and the first of each row
FITTING = 4  # letters of a name that fit; longer ones are written smaller
SPOT_WIDTH = 210  # pixels of 0.1 mm (pdf.css), at most, of the small plan
SPOT_HEIGHT = 90
SPOT_COLUMN = 26  # at most, a table and the gap after it
SPOT_MARK = 10  # at least: the one that is filled in is found even in a hall of hundreds
OTHERS, MARKED = 200, 20  # grey


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One table of a hall: ``number`` counts from 1; ``image`` is the small plan, a ``data:`` address."""

    hall: str
    number: int
    total: int
    image: str


def spots_of(halls: Collection[Hall], *, own: Collection[int]) -> dict[int, Spot]:
    """Table -> where it stands, of the tables ``own``."""
    return {
        id_: Spot(
            hall=clean(hall.name),
            number=index + 1,
            total=len(hall.tables),
            image=spot_image(index, len(hall.tables)),
        )
        for hall in halls
        for index, (id_, _label) in enumerate(hall.tables)
        if id_ in own
    }


@lru_cache(maxsize=5_000)
def spot_image(index: int, total: int) -> str:
    """Pixels, not SVG: a page has one for each meeting, and drawings take WeasyPrint ten times longer."""
    columns, rows = _grid(total)
    across = max(2, min(SPOT_COLUMN, SPOT_WIDTH // columns))
    down = max(2, min(across * 4 // 5, SPOT_HEIGHT // rows))
    image = Image.new("L", (columns * across, max(rows * down, SPOT_MARK)), 255)
    pen = ImageDraw.Draw(image)
    wide, high = across - max(1, across // 5), down - max(1, down // 5)
    for at in range(total):
        row, column = divmod(at, columns)
        left, top = column * across, row * down
        pen.rectangle((left, top, left + wide - 1, top + high - 1), fill=OTHERS)
    row, column = divmod(index, columns)
    wide, high = max(wide, SPOT_MARK), max(high, SPOT_MARK)
    left = min(column * across, image.width - wide)
    top = min(row * down, image.height - high)
    pen.rectangle((left, top, left + wide - 1, top + high - 1), fill=MARKED)
    out = io.BytesIO()
    image.save(out, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def _grid(total: int) -> tuple[int, int]:
    """Columns and rows of a hall's tables."""
    columns = min(MOST_COLUMNS, max(FEWEST_COLUMNS, round((total * 4) ** 0.5)))
    return columns, -(-total // columns)


def plan_of(hall: Hall, *, own: Collection[int]) -> Plan:
    """``own``: ids of the tables to fill in."""
    columns, rows = _grid(len(hall.tables))
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
    return Plan(
        hall=clean(hall.name),
        width=WIDTH,
        height=round(rows * (tall + GAP), 2),
        side=round(side, 2),
        tall=round(tall, 2),
        tables=tuple(tables),
    )
