"""Idle slots of a forum whose meetings are given: ``python -m tests.bench.bench_compact``.

The meetings that the best value places, all of them musts, in a schedule that minds nobody's waiting. From
there this solver, and CP-SAT on the whole textbook model with that schedule as its hint, as long.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import msgspec

from solver.codec import decode_schedule, digest, encode_problem, encode_schedule
from solver.instances.generate import generate
from solver.problem import Block, GoalName, Problem
from solver.verify import verify
from tests.bench.measure import Run, goal, machine, publish, run, succeeds, table

SIZES = ((150, 700, 40, 6), (600, 3_500, 140, 6), (600, 3_500, 140, 12), (600, 3_500, 140, 24))
"""Companies, requests, tables, slots of a block: the longer, the more there is to wait."""
SLOTS = 24
SECONDS = 60


def main() -> int:
    """Measure and publish; 1 where a schedule is refused."""
    rows: list[tuple[object, ...]] = []
    accepted = True
    with tempfile.TemporaryDirectory() as scratch:
        for companies, requests, tables, length in SIZES:
            problem = generate(companies=companies, requests=requests, slots=SLOTS, tables=tables, seed=1)
            accepted &= measure(in_blocks(problem, length), Path(scratch), rows)
    head = ("meetings", "slots of a block", "method", "status", "idle before", "idle", "bound", "seconds")
    lines = ["## Compactness: all meetings placed, fewest idle slots", "", *machine(), *table(head, rows)]
    publish("compactness", lines)
    return 0 if accepted else 1


def in_blocks(problem: Problem, length: int) -> Problem:
    """The same slots, in blocks of this length."""
    blocks = tuple(Block(id=f"block-{n}", day=f"day-{n}") for n in range(SLOTS // length))
    slots = tuple(
        msgspec.structs.replace(slot, block=blocks[number // length].id)
        for number, slot in enumerate(problem.slots)
    )
    return msgspec.structs.replace(problem, blocks=blocks, slots=slots)


def measure(problem: Problem, scratch: Path, rows: list[tuple[object, ...]]) -> bool:
    """Both methods on one forum; whether our schedule was accepted."""
    path, start, made = scratch / "problem.json", scratch / "start.json", scratch / "made.json"
    path.write_bytes(encode_problem(msgspec.structs.replace(problem, goals=(GoalName.VALUE,))))
    run(["solver", "solve", str(path), "--seconds", str(SECONDS), "--out", str(start)], limit=SECONDS)
    first = decode_schedule(start.read_bytes())
    placed = {placement.meeting for placement in first.placements}
    given = msgspec.structs.replace(
        problem,
        meetings=tuple(each for each in problem.meetings if each.id in placed),
        goals=(GoalName.IDLE,),
        must_all=True,
    )
    path.write_bytes(encode_problem(given))
    again = msgspec.structs.replace(first, goals=(), unplaced=(), problem_digest=digest(given))
    start.write_bytes(encode_schedule(again))
    before = verify(given, again).goals[GoalName.IDLE]
    limit = ["--seconds", str(SECONDS)]
    ours = run(
        ["solver", "solve", str(path), *limit, "--start", str(start), "--out", str(made)], limit=SECONDS
    )
    theirs = run(["tests.bench.peers", "cp-sat", str(path), *limit, "--hint", str(start)], limit=SECONDS)
    for label, done in (("this solver", ours), ("textbook CP-SAT, hinted", theirs)):
        rows.append(row(given, label, before, done))
        sys.stderr.write(f"{rows[-1]}\n")
    return succeeds(["solver", "verify", str(path), str(made)])


def row(given: Problem, label: str, before: int, done: Run) -> tuple[object, ...]:
    idle, bound = goal(done.answer, "idle") or ("", "")
    length = SLOTS // len(given.blocks)
    return (
        f"{len(given.meetings):,}",
        length,
        label,
        done.status,
        before,
        idle,
        bound,
        f"{done.seconds:.1f}",
    )


if __name__ == "__main__":
    sys.exit(main())
