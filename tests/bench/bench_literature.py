"""The literature's instances: ``python -m tests.bench.bench_literature [FOLDER] [--seconds N] [--peer N]``.

Every .dzn of FOLDER with d = 2 (and the originals with d = 0, 1, 3 by ``--all``), to the optimum or the proof
that there is none, against the published values beside them. FOLDER's files are not part of this project;
without them nothing is measured. The peers, on the originals: the textbook model by CP-SAT's default search,
and the literature's MaxSAT encoding by RC2.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from solver.codec import encode_problem
from solver.instances.dzn import parse_dzn
from tests.bench.measure import ROOT, Run, goal, machine, publish, run, table
from tests.bench.timeline import cell

PEERS = {"textbook CP-SAT": ["tests.bench.peers", "cp-sat"], "MaxSAT (RC2)": ["tests.bench.maxsat"]}
LONG_SECONDS = 3.0
"""What takes longer is solved with other seeds, too: how long such a search takes is chance."""

FOLDER = ROOT.parent / "shared" / "instances" / "girona"


@dataclass(frozen=True)
class Case:
    """An instance with a fairness, and the published optimum (a number, ``UNSAT``, or None: open)."""

    name: str
    breaks: int
    published: str | None

    @property
    def original(self) -> bool:
        return self.name.endswith(".original")


def cases(folder: Path, *, every: bool) -> list[Case]:
    known: dict[str, object] = json.loads((folder / "published_optima.json").read_text())
    found: list[Case] = []
    for path in sorted(folder.glob("*.dzn")):
        original = path.stem.endswith(".original")
        for breaks in (0, 1, 2, 3) if original and every else (2,):
            published = known.get(f"{path.stem}|d={breaks}")
            found.append(Case(path.stem, breaks, None if published is None else str(published)))
    return found


def outcome(done: Run) -> str | None:
    """The proven optimum as text, ``UNSAT``, or None where nothing was proven."""
    if done.status == "infeasible":
        return "UNSAT"
    breaks = goal(done.answer, "breaks")
    return str(breaks[0]) if done.status == "optimal" and breaks is not None else None


def main() -> int:
    """Measure, publish; 1 where a proof contradicts a published value."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--seconds", type=float, default=20, help="limit of each solve (default 20)")
    parser.add_argument(
        "--peer", type=float, default=3, help="limit of each run of a peer (default 3, 0: none)"
    )
    parser.add_argument("--again", type=int, default=2, help="more seeds for what took long (default 2)")
    parser.add_argument("--few", action="store_true", help="the originals with d = 2 only, not with 0, 1, 3")
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.stderr.write(f"{options.folder} is not there: nothing measured\n")
        return 0
    ours: dict[Case, list[Run]] = {}
    peers: dict[Case, list[Run]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "problem.json"
        for case in cases(options.folder, every=not options.few):
            text = (options.folder / f"{case.name}.dzn").read_text()
            path.write_bytes(encode_problem(parse_dzn(text, max_breaks=case.breaks)))
            seconds = str(options.seconds)
            command = ["tests.bench.ours", str(path), "--seconds", seconds, "--goal", "breaks"]
            ours[case] = [run(command, limit=options.seconds)]
            for seed in range(1, options.again + 1):
                if ours[case][0].seconds > LONG_SECONDS:
                    ours[case].append(run([*command, "--seed", str(seed)], limit=options.seconds))
            if options.peer and case.original and case.breaks == 2:
                limit = ["--seconds", str(options.peer)]
                peers[case] = [
                    run([*command, str(path), *limit], limit=options.peer) for command in PEERS.values()
                ]
            sys.stderr.write(f"{case.name} d={case.breaks}: {outcome(ours[case][0])} ({case.published}) ")
            sys.stderr.write(f"{' '.join(f'{done.seconds:.2f}' for done in ours[case])} s\n")
    wrong = [case for case, runs in ours.items() if any(contradicts(case, done) for done in runs)]
    publish("literature", report(ours, peers, options.seconds, options.peer, wrong))
    return 1 if wrong else 0


def contradicts(case: Case, done: Run) -> bool:
    proven = outcome(done)
    return proven is not None and case.published is not None and proven != case.published


def report(
    ours: dict[Case, list[Run]],
    peers: dict[Case, list[Run]],
    limit: float,
    peer_limit: float,
    wrong: list[Case],
) -> list[str]:
    decided = [case for case, runs in ours.items() if all(outcome(done) is not None for done in runs)]
    seconds = sorted(runs[0].seconds for runs in ours.values())
    lines = ["## The literature's instances (least breaks, all meetings musts)", "", *machine()]
    summary = (
        f"{len(decided)} of {len(ours)} decided within {limit:g} s each, {len(wrong)} against a published "
        f"value. Process start to end: median {statistics.median(seconds):.2f} s, worst {seconds[-1]:.2f} s, "
        f"{sum(seconds):.0f} s in total. Two workers, seed 0."
    )
    again = [done.seconds for runs in ours.values() for done in runs[1:]]
    if again:
        summary += (
            f" What took more than {LONG_SECONDS:g} s was solved again with other seeds: {len(again)} runs, "
            f"worst {max(again):.2f} s."
        )
    others = (
        f"Peers, {peer_limit:g} s each, originals only: the textbook model by CP-SAT's default search with 2 "
        "workers; the literature's MaxSAT encoding by RC2 of python-sat."
    )
    lines += [summary, "", others, ""]
    rows = [
        (
            case.name,
            case.breaks,
            case.published or "open",
            outcome(first) or f"{first.status} {goal(first.answer, 'breaks') or ''}".strip(),
            cell(first.answer, "first"),
            f"{first.seconds:.2f}",
            ", ".join(f"{done.seconds:.2f}" for done in rest),
            *peer_cells(peers.get(case)),
        )
        for case, (first, *rest) in ours.items()
    ]
    head = (
        "instance",
        "d",
        "published",
        "this solver",
        "first schedule",
        "seconds",
        "again",
        *(cell for name in PEERS for cell in (name, "seconds")),
    )
    return lines + table(head, rows)


def peer_cells(runs: list[Run] | None) -> list[str]:
    if runs is None:
        return [""] * (2 * len(PEERS))
    return [cell for done in runs for cell in (_reached(done), f"{done.seconds:.2f}")]


def _reached(done: Run) -> str:
    breaks = goal(done.answer, "breaks")
    value = "no schedule" if breaks is None or breaks[0] is None else f"{breaks[0]} (bound {breaks[1]:g})"
    return outcome(done) or value


if __name__ == "__main__":
    sys.exit(main())
