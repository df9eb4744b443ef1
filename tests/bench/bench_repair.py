"""Repairs of a published schedule, file to file: ``python -m tests.bench.bench_repair [--quick]``.

A generated forum is solved and taken as published; then one of a hundred people falls away (and, in the rich
forum, a table). How many others get another agenda, beside the number that no schedule can be below.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from solver.codec import decode_schedule, encode_problem
from solver.instances.generate import generate, generate_rich
from solver.problem import Problem
from solver.schedule import Schedule
from tests.bench.measure import goal, machine, publish, run, succeeds, table

SEED = 1
FALLEN = 0.01


@dataclass(frozen=True)
class Forum:
    """A forum's size; ``seconds`` for the first schedule and for the repair."""

    companies: int
    requests: int
    tables: int
    seconds: tuple[int, int]
    rich: bool = False

    @property
    def name(self) -> str:
        kind = "rich" if self.rich else "plain"
        return f"{self.companies:,} companies, {self.requests:,} requests ({kind})"

    def problem(self) -> Problem:
        make = generate_rich if self.rich else generate
        return make(companies=self.companies, requests=self.requests, slots=24, tables=self.tables, seed=SEED)


FORUMS = (
    Forum(140, 2_000, 60, (30, 10), rich=True),
    Forum(600, 3_000, 140, (10, 10)),
    Forum(4_000, 18_000, 800, (20, 9)),  # and what the process takes to start: 10 s in all
)


def without_some(problem: Problem, *, table: bool) -> Problem:
    """``problem`` without one of a hundred of its people, and with its first table closed if ``table``."""
    every = tuple(slot.id for slot in problem.slots)
    rng = random.Random(SEED)
    names = [person.id for person in problem.people]
    gone = set(rng.sample(names, max(1, round(FALLEN * len(names)))))
    people = tuple(
        msgspec.structs.replace(person, unavailable=every) if person.id in gone else person
        for person in problem.people
    )
    first, *others = problem.tables
    closed = msgspec.structs.replace(first, closed=every) if table else first
    return msgspec.structs.replace(problem, people=people, tables=(closed, *others))


def main() -> int:
    """Measure and publish; 1 where a repair is refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the smallest plain forum only")
    options = parser.parse_args()
    rows: list[tuple[object, ...]] = []
    accepted = True
    with tempfile.TemporaryDirectory() as scratch:
        for forum in FORUMS[1:2] if options.quick else FORUMS:
            accepted &= measure(forum, Path(scratch), rows)
            sys.stderr.write(f"{rows[-1]}\n")
    head = (
        "forum",
        "people gone",
        "agendas changed",
        "at least",
        "meetings before",
        "after",
        "value",
        "bound",
        "seconds",
        "MB",
    )
    publish("repair", ["## Repair of a published schedule", "", *machine(), *table(head, rows)])
    return 0 if accepted else 1


def measure(forum: Forum, scratch: Path, rows: list[tuple[object, ...]]) -> bool:
    """One forum; whether the repaired schedule was accepted."""
    before, now = scratch / "before.json", scratch / "now.json"
    published, repaired = scratch / "published.json", scratch / "repaired.json"
    problem = forum.problem()
    changed = without_some(problem, table=forum.rich)
    before.write_bytes(encode_problem(problem))
    now.write_bytes(encode_problem(changed))
    first, limit = forum.seconds
    run(["solver", "solve", str(before), "--seconds", str(first), "--out", str(published)], limit=first)
    done = run(
        [
            "solver",
            "repair",
            str(now),
            str(published),
            "--seconds",
            str(limit),
            "--out",
            str(repaired),
        ],
        limit=limit,
    )
    people = sum(old != new for old, new in zip(problem.people, changed.people, strict=True))
    promises, value = goal(done.answer, "promises"), goal(done.answer, "value")
    rows.append(
        (
            forum.name,
            people,
            *(("", "") if promises is None else promises),
            f"{_placed(published):,}",
            f"{_placed(repaired):,}",
            *(("", "") if value is None else (f"{value[0]:,}", f"{value[1]:,}")),
            f"{done.seconds:.1f}",
            f"{done.memory:.0f}",
        )
    )
    return succeeds(["solver", "verify", str(now), str(repaired), "--published", str(published)])


def _placed(path: Path) -> int:
    found: Schedule = decode_schedule(path.read_bytes())
    return len(found.placements)


if __name__ == "__main__":
    sys.exit(main())
