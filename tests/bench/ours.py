"""This solver as a peer of the others: ``python -m tests.bench.ours PROBLEM.json --seconds N --goal value``.

As ``python -m solver solve``, and when ``--goal`` reached what.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from solver.__main__ import collect_seldom
from solver.codec import decode_problem, encode_schedule
from solver.problem import GoalName
from solver.progress import Control, Progress
from solver.search import solve
from tests.bench.timeline import Timeline


def main() -> None:
    """One problem; prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--goal", type=GoalName, default=GoalName.VALUE)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    collect_seldom()
    timeline = Timeline()

    def follow(progress: Progress) -> None:
        values = {progress.goal: (progress.value, progress.bound)}
        if progress.schedule is not None:
            values = {each.name: (each.value, each.bound) for each in progress.schedule.goals}
            if progress.placed:
                timeline.note(values[options.goal][0])
        value, bound = values.get(options.goal, (None, None))
        if value is not None and value == bound:
            timeline.prove()

    problem = decode_problem(options.problem.read_bytes())
    control = Control.of_seconds(options.seconds, on_progress=follow)
    found = solve(problem, seed=options.seed, control=control)
    if options.out is not None and found.placements:
        options.out.write_bytes(encode_schedule(found))
    goals = [{"name": each.name, "value": each.value, "bound": each.bound} for each in found.goals]
    bound = next((each.bound for each in found.goals if each.name is options.goal), None)
    print(json.dumps({"status": found.status, "goals": goals, **timeline.marks(bound)}))  # noqa: T201


if __name__ == "__main__":
    main()
