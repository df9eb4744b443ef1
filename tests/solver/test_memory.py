"""Memory: what is in use is seen, and where it gets short a solve does without proofs and goes on."""

from __future__ import annotations

import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from solver.instances.generate import generate_rich
from solver.memory import MEGABYTE, Guard, available, used
from solver.problem import GoalName, Problem
from solver.progress import Control, Progress
from solver.schedule import Status
from solver.search import solve
from solver.verify import verify
from tests.solver.factories import meeting, problem

TIGHT = problem(
    *(meeting(f"m{n}", f"a{n % 4}", f"b{n % 3}", must=True) for n in range(12)), blocks=(4,), tables=3
)
ALIKE = problem(
    *(meeting(f"m{n}", f"a{n % 4}", f"b{n % 3}") for n in range(12)),
    blocks=(6,),
    tables=3,
    goals=(GoalName.BREAKS,),
    must_all=True,
)


def always_short() -> Guard:
    return Guard(limit=1, measure=lambda: 2)


def test_what_is_taken_is_seen() -> None:
    before = used()
    taken = bytearray(64 * MEGABYTE)
    assert used() - before > 56 * MEGABYTE
    del taken


def test_what_a_child_takes_counts() -> None:
    before = used()
    holding = f"held = bytearray({64 * MEGABYTE}); print('held', flush=True); input()"
    with subprocess.Popen(
        (sys.executable, "-c", holding), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert used() - before > 56 * MEGABYTE
        child.communicate("\n")


def test_the_machine_says_what_it_has_left() -> None:
    left = available()
    assert left is not None
    assert left > MEGABYTE


def test_a_container_leaves_what_its_limit_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solver.memory._GROUP", tmp_path)
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("900\n")
    (tmp_path / "memory.stat").write_text("anon 300\ninactive_file 600\n")
    assert available() == 700
    (tmp_path / "memory.max").write_text("max\n")
    left = available()
    assert left is not None
    assert left > MEGABYTE


def test_memory_is_short_only_beyond_its_limit() -> None:
    assert not Guard(limit=2, measure=lambda: 2).short()
    assert Guard(limit=1, measure=lambda: 2).short()
    assert not Guard(limit=None, measure=lambda: 2).short()


def test_it_is_looked_at_ten_times_a_second_at_most() -> None:
    looks, ticks = count(), count()
    guard = Guard(limit=10, measure=lambda: next(looks), clock=lambda: next(ticks) / 100)
    for _ in range(100):
        guard.short()
    assert next(looks) == 10


def test_a_heavy_stage_ends_for_good_once_memory_is_short() -> None:
    taken, ticks = iter((1, 5, 1, 1)), count()
    control = Control(memory=Guard(limit=2, measure=lambda: next(taken), clock=lambda: float(next(ticks))))
    heavy = control.heavy()
    assert [heavy.should_stop() for _ in range(3)] == [False, True, True]
    assert not control.should_stop()
    assert control.part(10).heavy().memory is control.memory


@pytest.mark.parametrize("of", [TIGHT, ALIKE], ids=["musts", "the literature's kind"])
def test_without_room_for_exact_search_musts_are_placed_by_local_search(of: Problem) -> None:
    def placed(progress: Progress) -> None:
        if progress.schedule is not None:
            control.halt()

    control = Control.of_seconds(120, on_progress=placed)
    control.memory = always_short()
    found = solve(of, control=control)
    assert verify(of, found).accepted
    assert len(found.placements) == len(of.meetings)


def test_without_room_for_proofs_a_rich_forum_has_its_schedule() -> None:
    forum = generate_rich(companies=12, requests=60, slots=6, tables=5, seed=1)
    control = Control.of_seconds(4)
    control.memory = always_short()
    found = solve(forum, control=control)
    assert found.status is Status.FEASIBLE
    assert verify(forum, found).accepted
    assert found.placements
