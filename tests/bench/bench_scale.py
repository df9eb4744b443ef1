"""Generated forums, and the demo, file to file: ``python -m tests.bench.bench_scale [--quick]``.

Each forum: this solver with the goal value alone, to the proof (plain forums); then with all default goals in
a fixed time.
Beside it the textbook model by CP-SAT and HiGHS, and its LP relaxation by GLOP, where they are not too large.
Every schedule is verified by ``python -m solver verify``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from forum_scheduler.demo.load import make_demo
from forum_scheduler.scheduling import planning
from solver.codec import encode_problem
from solver.instances.generate import generate, generate_rich
from solver.problem import GoalName, Problem
from tests.bench.crowds import database
from tests.bench.measure import Run, goal, machine, publish, run, succeeds, table
from tests.bench.timeline import cell

SEED = 1
AFTER = 15  # percent of the meetings, where many follow another


@dataclass(frozen=True)
class Measured:
    """A forum, the seconds for all its goals, and which peers are worth their time."""

    name: str
    problem: Callable[[], Problem]
    seconds: int
    peers: tuple[str, ...] = ()
    plain: bool = True


def generated(
    companies: int,
    requests: int,
    *,
    slots: int,
    tables: int,
    seconds: int,
    peers: tuple[str, ...] = (),
    rich: int | None = None,
    far: bool = False,
) -> Measured:
    """``rich``: the number of interpreters. ``far``: no two zones can be walked between, and many meetings
    follow another."""
    kind = "plain" if rich is None else f"rich, {rich} interpreters"
    kind += f", all zones far, {AFTER} % after another" if far else ""
    sizes = {"companies": companies, "requests": requests, "slots": slots, "tables": tables, "seed": SEED}
    wishes = {"interpreters": rich, "far": far, "after": AFTER if far else 1}
    return Measured(
        f"{companies:,} companies, {requests:,} requests, {slots} slots ({kind})",
        partial(generate, **sizes) if rich is None else partial(generate_rich, **sizes, **wishes),
        seconds,
        peers,
        rich is None,
    )


def demo() -> Problem:
    """What the worker solves for the forum of ``forum demo``."""
    with database():
        return planning.build(make_demo(seed=DEMO_SEED)).problem


DEMO_SEED = 7  # the default of ``forum demo``
FORUMS = (
    generated(150, 600, slots=24, tables=40, seconds=5, peers=("cp-sat", "highs", "lp")),
    generated(600, 3_000, slots=24, tables=140, seconds=10, peers=("cp-sat", "highs", "lp")),
    generated(4_000, 18_000, slots=24, tables=800, seconds=20, peers=("lp",)),
    generated(10_000, 100_000, slots=60, tables=2_000, seconds=20),
    Measured("the demo forum", demo, 90, plain=False),
    generated(140, 2_000, slots=24, tables=60, seconds=60, rich=8),
    generated(140, 2_000, slots=24, tables=60, seconds=60, rich=40),
    generated(140, 2_000, slots=24, tables=60, seconds=60, rich=8, far=True),
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
        for forum in FORUMS[:2] if options.quick else FORUMS:
            accepted &= measure(forum, Path(scratch), rows)
    head = (
        *("forum", "method", "status", "value", "bound", "gap", "first", "1 %", "proof"),
        *("idle", "bound", "moves", "bound", "seconds", "MB"),
    )
    lines = [
        "## Scale: generated forums, and the demo",
        "",
        *machine(),
        TOLD,
        "",
    ]
    publish("scale", lines + table(head, rows))
    return 0 if accepted else 1


def measure(forum: Measured, scratch: Path, rows: list[tuple[object, ...]]) -> bool:
    """All methods on one forum; whether every schedule was accepted."""
    problem, path, made = forum.problem(), scratch / "problem.json", scratch / "schedule.json"
    accepted = True
    ways = {f"all goals, {forum.seconds} s": problem.goals}
    if forum.plain:  # where the proof takes all the time there is, one way is enough
        ways = {"value to the proof": (GoalName.VALUE,), **ways}
    for label, goals in ways.items():
        path.write_bytes(encode_problem(msgspec.structs.replace(problem, goals=goals)))
        made.unlink(missing_ok=True)
        limit = float(forum.seconds if len(goals) > 1 else 60)
        command = ["tests.bench.ours", str(path), "--seconds", str(limit), "--out", str(made)]
        done = run(command, limit=limit)
        rows.append(row(forum, f"this solver: {label}", done))
        accepted &= succeeds(["solver", "verify", str(path), str(made)])
        sys.stderr.write(f"{rows[-1]}\n")
    path.write_bytes(encode_problem(msgspec.structs.replace(problem, goals=(GoalName.VALUE,))))
    for peer in forum.peers:
        done = run(["tests.bench.peers", peer, str(path), "--seconds", str(PEER_SECONDS)], limit=PEER_SECONDS)
        rows.append(row(forum, f"textbook {peer}, at most {PEER_SECONDS} s", done))
        sys.stderr.write(f"{rows[-1]}\n")
    return accepted


def row(forum: Measured, method: str, done: Run) -> tuple[object, ...]:
    value, bound = goal(done.answer, "value") or (None, None)
    later = [number for name in ("idle", "moves") for number in goal(done.answer, name) or ("", "")]
    gap = f"{100 * (bound - value) / bound:.2f} %" if value is not None and bound else ""
    return (
        forum.name,
        method,
        done.status,
        "" if value is None else f"{value:,}",
        "" if bound is None else f"{bound:,}",
        gap,
        *(cell(done.answer, mark) for mark in ("first", "near", "proof")),
        *(f"{number:,}" if number != "" else "" for number in later),
        f"{done.seconds:.1f}",
        f"{done.memory:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
