"""Finding, suggestions and answers in a full forum: ``python -m tests.bench.bench_companies [--quick]``.

4,000 companies and 18,000 requests, made by the services that the pages call, in SQLite and in PostgreSQL;
each page beside an empty page of the same app. ``--quick``: a tenth of that; ``--db``: one database only.
"""

from __future__ import annotations

import argparse
import sys

from tests.bench.measure import machine, publish, run, table

SIZE = (4000, 18_000)
LIMIT = 3600.0  # seconds
Pages = dict[str, dict[str, float]]  # by page: p50, p95 (milliseconds), size (bytes)
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--db", choices=sorted(NAMES))
    options = parser.parse_args()
    companies, requests = (number // 10 for number in SIZE) if options.quick else SIZE
    kinds = [options.db] if options.db else list(NAMES)
    answer = run(["tests.bench.companies", str(companies), str(requests), *kinds], limit=LIMIT).answer
    found: dict[str, Pages] = answer.get("databases", {})
    lines = [
        f"## Finding and answering: {companies:,} companies, {requests:,} requests",
        "",
        *machine(),
        "Milliseconds of a whole page in the app, without a network; times: as long as the empty page.",
        "",
        *table(["page", "KB", *(head for kind in kinds for head in _head(kind))], _rows(found)),
    ]
    if found:
        copied = "".join(f"; its rows were copied to {NAMES[kind]}" for kind in kinds[1:])
        lines.append(
            f"{NAMES[kinds[0]]} was filled through the services in {answer['filled']:.0f} s{copied}."
        )
    publish("companies", [*lines, ""])
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if found else 1


def _head(kind: str) -> tuple[str, str, str]:
    return f"{NAMES[kind]}, median", "95 %", "times"


def _rows(found: dict[str, Pages]) -> list[list[object]]:
    rows: list[list[object]] = []
    for name, page in next(iter(found.values()), {}).items():
        cells: list[object] = [name, f"{page['size'] / 1024:.0f}"]
        for pages in found.values():
            one, empty = pages[name], pages["empty"]
            cells += [f"{one['p50']:.1f}", f"{one['p95']:.1f}", f"{one['p50'] / empty['p50']:.1f}"]
        rows.append(cells)
    return rows


if __name__ == "__main__":
    sys.exit(main())
