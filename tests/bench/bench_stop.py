"""How long a stop takes: ``python -m tests.bench.bench_stop [--quick]``.

``python -m solver solve`` gets the signal of Ctrl-C at several moments; the seconds from there to the end of
the process, and whether the judge accepts the schedule that it left. ``--quick``: fewer moments.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from solver.codec import encode_problem
from solver.instances.generate import generate, generate_rich
from tests.bench.measure import ROOT, machine, publish, succeeds, table

SEED = 1
PATIENCE = 60.0


@dataclass(frozen=True)
class Forum:
    """A forum's size, and the seconds after which its solve is stopped."""

    companies: int
    requests: int
    slots: int
    tables: int
    moments: tuple[float, ...]
    rich: bool = False

    @property
    def name(self) -> str:
        kind = "rich" if self.rich else "plain"
        return f"{self.companies:,} companies, {self.requests:,} requests, {self.slots} slots ({kind})"

    def write(self, path: Path) -> None:
        make = generate_rich if self.rich else generate
        sizes = {name: getattr(self, name) for name in ("companies", "requests", "slots", "tables")}
        path.write_bytes(encode_problem(make(**sizes, seed=SEED)))


FORUMS = (
    Forum(140, 2_000, 24, 60, (0.5, 1, 2, 4, 8, 16), rich=True),
    Forum(2_000, 18_000, 40, 600, (1, 2, 3, 4, 6, 8, 16), rich=True),
    Forum(4_000, 18_000, 24, 800, (0.5, 1, 1.5, 2, 4, 8)),
    Forum(10_000, 100_000, 60, 2_000, (1, 1.5, 2, 3, 3.5, 4, 5, 6, 8, 10, 15, 20)),
)
QUICK = slice(1, None, 3)


@dataclass(frozen=True)
class Stop:
    """``seconds`` from the signal to the end; ``placed``: meetings in what was left; whether it is sound."""

    seconds: float
    placed: int
    accepted: bool


def main() -> int:
    """Measure and publish; 1 where a schedule was refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer moments")
    options = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    accepted = True
    with tempfile.TemporaryDirectory() as scratch:
        for forum in FORUMS:
            problem, out = Path(scratch) / "problem.json", Path(scratch) / "schedule.json"
            forum.write(problem)
            moments = forum.moments[QUICK] if options.quick else forum.moments
            stops = [stop_after(moment, problem, out) for moment in moments]
            accepted &= all(each.accepted for each in stops)
            rows.append(row(forum, moments, stops))
            sys.stderr.write(f"{rows[-1]}\n")
    head = ("forum", "stopped after", "ended after", "longest", "placed", "accepted by the judge")
    publish("stop", ["## A stop", "", *machine(), *table(head, rows)])
    return 0 if accepted else 1


def stop_after(moment: float, problem: Path, out: Path) -> Stop:
    """Stop a solve ``moment`` seconds after its process began."""
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "solver", "solve", str(problem), "--quiet", "--out", str(out)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        time.sleep(moment)  # that moment is what is measured
        began = time.perf_counter()
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()  # does nothing where it has ended
        seconds = time.perf_counter() - began
    placed = json.loads(output.splitlines()[-1])["placed"] if output else 0
    accepted = not out.exists() or succeeds(["solver", "verify", str(problem), str(out)])
    return Stop(seconds, placed, accepted)


def row(forum: Forum, moments: tuple[float, ...], stops: list[Stop]) -> tuple[object, ...]:
    """One forum's line of the table."""
    return (
        forum.name,
        ", ".join(f"{each:g}" for each in moments),
        ", ".join(f"{each.seconds:.2f}" for each in stops),
        f"{max(each.seconds for each in stops):.2f}",
        ", ".join(f"{each.placed:,}" for each in stops),
        "all" if all(each.accepted for each in stops) else "NO",
    )


if __name__ == "__main__":
    sys.exit(main())
