"""Plain and rich forums from a seed, file to file: ``python -m tests.bench.bench_scale [--quick]``.

Each size: this solver with the goal value alone, to the proof (plain forums); then with all default goals in
a fixed time.
Beside it the textbook model by CP-SAT and HiGHS, and its LP relaxation by GLOP, where they are not too large.
Every schedule is verified by ``python -m solver verify``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from solver.codec import encode_problem
from solver.instances.generate import generate, generate_rich
from solver.problem import GoalName, Problem
from tests.bench.measure import Run, goal, machine, publish, run, succeeds, table
from tests.bench.timeline import cell

SEED = 1


@dataclass(frozen=True)
class Size:
    """A forum's size, the seconds for all goals, and which peers are worth their time."""

    companies: int
    requests: int
    slots: int
    tables: int
    seconds: int
    peers: tuple[str, ...] = ()
    rich: int | None = None  # interpreters

    @property
    def name(self) -> str:
        kind = "plain" if self.rich is None else f"rich, {self.rich} interpreters"
        return f"{self.companies:,} companies, {self.requests:,} requests, {self.slots} slots ({kind})"

    def problem(self) -> Problem:
        sizes = {
            "companies": self.companies,
            "requests": self.requests,
            "slots": self.slots,
            "tables": self.tables,
            "seed": SEED,
        }
        return generate(**sizes) if self.rich is None else generate_rich(**sizes, interpreters=self.rich)


SIZES = (
    Size(150, 600, 24, 40, 5, ("cp-sat", "highs", "lp")),
    Size(600, 3_000, 24, 140, 10, ("cp-sat", "highs", "lp")),
    Size(4_000, 18_000, 24, 800, 20, ("lp",)),
    Size(10_000, 100_000, 60, 2_000, 40),
    Size(140, 2_000, 24, 60, 60, (), rich=8),
    Size(140, 2_000, 24, 60, 60, (), rich=40),
)
PEER_SECONDS = 20
TOLD = (
    f"Seed {SEED}, 2 workers. Seconds from process start: to the first schedule, to one whose value is within"
    " 1 % of the bound proven at the end, to the proof of the value, and to the end. HiGHS shows no schedules"
    " before its end."
)


def main() -> int:
    """Measure and publish; 1 where a schedule is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the two smallest plain sizes only")
    options = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    accepted = True
    with tempfile.TemporaryDirectory() as scratch:
        for size in SIZES[:2] if options.quick else SIZES:
            accepted &= measure(size, Path(scratch), rows)
    head = (
        *("forum", "method", "status", "value", "bound", "gap", "first", "1 %", "proof"),
        *("idle", "seconds", "MB"),
    )
    lines = [
        "## Scale: generated forums",
        "",
        *machine(),
        TOLD,
        "",
    ]
    publish("scale", lines + table(head, rows))
    return 0 if accepted else 1


def measure(size: Size, scratch: Path, rows: list[tuple[object, ...]]) -> bool:
    """All methods on one size; whether every schedule was accepted."""
    problem, path, made = size.problem(), scratch / "problem.json", scratch / "schedule.json"
    accepted = True
    ways = {f"all goals, {size.seconds} s": problem.goals}
    if size.rich is None:  # where the proof takes all the time there is, one way is enough
        ways = {"value to the proof": (GoalName.VALUE,), **ways}
    for label, goals in ways.items():
        path.write_bytes(encode_problem(msgspec.structs.replace(problem, goals=goals)))
        made.unlink(missing_ok=True)
        limit = float(size.seconds if len(goals) > 1 else 60)
        command = ["tests.bench.ours", str(path), "--seconds", str(limit), "--out", str(made)]
        done = run(command, limit=limit)
        rows.append(row(size, f"this solver: {label}", done))
        accepted &= succeeds(["solver", "verify", str(path), str(made)])
        sys.stderr.write(f"{rows[-1]}\n")
    path.write_bytes(encode_problem(msgspec.structs.replace(problem, goals=(GoalName.VALUE,))))
    for peer in size.peers:
        done = run(["tests.bench.peers", peer, str(path), "--seconds", str(PEER_SECONDS)], limit=PEER_SECONDS)
        rows.append(row(size, f"textbook {peer}, at most {PEER_SECONDS} s", done))
        sys.stderr.write(f"{rows[-1]}\n")
    return accepted


def row(size: Size, method: str, done: Run) -> tuple[object, ...]:
    found, idle = goal(done.answer, "value"), goal(done.answer, "idle")
    value, bound = found if found is not None else (None, None)
    gap = f"{100 * (bound - value) / bound:.2f} %" if value is not None and bound else ""
    return (
        size.name,
        method,
        done.status,
        "" if value is None else f"{value:,}",
        "" if bound is None else f"{bound:,}",
        gap,
        *(cell(done.answer, mark) for mark in ("first", "near", "proof")),
        "" if idle is None else f"{idle[0]:,}",
        f"{done.seconds:.1f}",
        f"{done.memory:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
