"""Finding, suggestions and answers in a full forum: ``python -m tests.bench.bench_companies [--quick]``.

4,000 companies and 18,000 requests, made by the services that the pages call, on SQLite and on PostgreSQL;
each page beside an empty page of the same app. ``--quick``: a tenth of that; ``--db``: one database only.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

from tests.bench.measure import Run, machine, publish, run, table

SIZE = (4000, 18_000)
LIMIT = 3600.0  # seconds
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--db", choices=sorted(NAMES))
    options = parser.parse_args()
    companies, requests = (number // 10 for number in SIZE) if options.quick else SIZE
    kinds = [options.db] if options.db else list(NAMES)
    found = _measured(kinds, companies, requests)
    lines = [
        f"## Finding and answering: {companies:,} companies, {requests:,} requests",
        "",
        *machine(),
        "Milliseconds of a whole page in the app, without a network; times: as long as the empty page.",
        "",
        *table(["page", "KB", *(head for kind in kinds for head in _head(kind))], _rows(found)),
    ]
    lines += [
        f"{NAMES[kind]}: filled in {each.answer['filled']:.0f} s."
        for kind, each in found.items()
        if "filled" in each.answer
    ]
    publish("companies", [*lines, ""])
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all("pages" in each.answer for each in found.values()) else 1


def _measured(kinds: Sequence[str], companies: int, requests: int) -> dict[str, Run]:
    """Filled side by side, as that takes minutes and is not measured here; then measured in turn."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(len(kinds)) as pool:
        running = {
            kind: pool.submit(
                run,
                ["tests.bench.companies", kind, str(companies), str(requests), folder, *kinds],
                limit=LIMIT,
            )
            for kind in kinds
        }
        return {kind: each.result() for kind, each in running.items()}


def _head(kind: str) -> tuple[str, str, str]:
    return f"{NAMES[kind]}, median", "95 %", "times"


def _rows(found: dict[str, Run]) -> list[list[object]]:
    pages = {kind: each.answer.get("pages", {}) for kind, each in found.items()}
    names = list(next(iter(pages.values())))
    rows: list[list[object]] = []
    for name in names:
        cells: list[object] = [name, f"{next(iter(pages.values()))[name]['size'] / 1024:.0f}"]
        for some in pages.values():
            one, empty = some.get(name), some.get("empty")
            if one is None or empty is None:
                cells += ["failed", "", ""]
                continue
            cells += [f"{one['p50']:.1f}", f"{one['p95']:.1f}", f"{one['p50'] / empty['p50']:.1f}"]
        rows.append(cells)
    return rows


if __name__ == "__main__":
    sys.exit(main())
