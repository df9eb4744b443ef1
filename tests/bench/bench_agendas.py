"""Calendars and print, on forums made as rows: ``python -m tests.bench.bench_agendas [--quick]``.

Beside bare icalendar, which writes the same properties from ready texts, and bare WeasyPrint, which lays out
the same HTML in two processes. ``--quick`` leaves the packs of 500 and 4,000 people out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from tests.bench.measure import Run, machine, publish, run, table

PACKS = (500, 4000)
LIMIT = 7200.0  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    calendars = run(["tests.bench.agendas", "ics", "400"], limit=LIMIT)
    pages = run(["tests.bench.agendas", "pdf", "120"], limit=LIMIT)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("icalendar", "weasyprint", "pikepdf"))
    publish(
        "agendas",
        [
            *("## Agendas: calendars and print", ""),
            *machine(),
            *(f"{libraries}. Everybody has six meetings, a photo and a logo; a page an agenda.", ""),
            *table(
                ["what", "files", "ours, a second", "bare library, a second", "ratio"],
                [
                    _ratio("calendar files beside icalendar", calendars),
                    _ratio("PDF beside WeasyPrint", pages),
                ],
            ),
        ],
    )
    if not quick:
        _publish_packs([run(["tests.bench.agendas", "pack", str(size)], limit=LIMIT) for size in PACKS])


def _publish_packs(packs: Sequence[Run]) -> None:
    head = [
        *("the whole pack", "documents", "pages", "MB", "seconds", "again after moving 1 %"),
        *("of these agendas", "seconds", "MB of memory, main", "MB, largest child"),
    ]
    rows = [_pack(each) for each in packs]
    publish("packs", ["## Agendas: the whole pack of a forum", "", *machine(), *table(head, rows)])


def _ratio(name: str, found: Run) -> list[object]:
    answer = found.answer
    if "ratio" not in answer:
        return [name, found.status, "", "", ""]
    files = answer["files"]
    speeds = (f"{files / answer[key]:,.1f}" for key in ("seconds", "bare"))
    return [name, files, *speeds, f"{answer['ratio']:.2f}"]


def _pack(found: Run) -> list[object]:
    answer = found.answer
    if "people" not in answer:
        return [found.status, *[""] * 9]
    return [
        f"{answer['people']:,} people",
        *(f"{answer[key]:,}" for key in ("documents", "pages")),
        *(f"{answer[key]:,.0f}" for key in ("size", "seconds")),
        *(f"{answer[key]:,}" for key in ("again", "agendas_again")),
        *(f"{answer[key]:,.0f}" for key in ("seconds_again", "memory", "child")),
    ]


if __name__ == "__main__":
    main()
