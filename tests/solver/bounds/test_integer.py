"""Integer programs in a process of their own: the best point, nothing without one, and an end at any time."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from solver.bounds.integer import Matrix, solve_here, solve_integer
from solver.bounds.lp import Program
from tests.solver.engine_helpers import StopsAfter, Unhurried


def odd_cycle() -> Program:
    """Three of which any two exclude each other: half of each is better than a whole one."""
    program = Program()
    program.add_columns(np.array([2, 3, 2]))
    program.add_rows(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 2, 2, 0]), [1, 1, 1])
    return program


def market_split() -> Program:
    """Halves of equal sums in several ways at once: small, and far beyond any solver's seconds."""
    drawn = random.Random(1)
    program = Program()
    program.add_columns(np.ones(50, np.int64))
    for _ in range(6):
        sizes = np.array([drawn.randrange(100) for _ in range(50)])
        half = int(sizes.sum()) // 2
        for sign in (1, -1):
            program.add_rows(np.zeros(50, np.int64), np.arange(50), [sign * half], sign * sizes)
    return program


def test_the_point_is_whole_where_the_relaxation_is_not() -> None:
    assert odd_cycle().solve(control=Unhurried()).values.tolist() == pytest.approx([0.5, 0.5, 0.5])
    found = solve_integer(odd_cycle(), control=Unhurried(), seconds=30)
    assert found is not None
    assert found.point.tolist() == [0, 1, 0]
    assert found.bound == 3


def test_a_column_takes_values_up_to_its_own_limit() -> None:
    program = Program()
    program.add_columns(np.array([1, 1]), upper=np.array([5, 2]))
    program.add_rows(np.array([0, 0]), np.array([0, 1]), [6], np.array([1, 1]))
    found = solve_here(Matrix.of(program), 30)
    assert found is not None
    assert found.point.sum() == 6
    assert (found.point <= [5, 2]).all()


def test_where_no_point_exists_there_is_none() -> None:
    program = odd_cycle()
    program.add_rows(np.array([0, 0, 0]), np.array([0, 1, 2]), [-2], -1)
    assert solve_integer(program, control=Unhurried(), seconds=30) is None


def test_a_copy_of_a_program_keeps_its_rows_to_itself() -> None:
    program = odd_cycle()
    program.copy().add_rows(np.array([0]), np.array([1]), [0])
    found = solve_here(Matrix.of(program), 30)
    assert found is not None
    assert found.point.tolist() == [0, 1, 0]


def test_a_wish_to_stop_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def begin(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        begun.append(real(*args, **options))
        return begun[-1]

    monkeypatch.setattr(subprocess, "Popen", begin)
    assert solve_integer(market_split(), control=StopsAfter(5), seconds=600) is None
    assert [process.returncode for process in begun] == [-signal.SIGKILL]


def test_a_point_that_is_not_the_best_has_a_bound_beyond_it() -> None:
    """Stopped at the first node: a hundred rows of which any three exclude each other pairwise."""
    drawn = random.Random(2)
    program = Program()
    program.add_columns(np.array([drawn.randrange(1, 50) for _ in range(300)]))
    for _ in range(1_500):
        program.add_rows(np.zeros(3, np.int64), np.array(drawn.sample(range(300), 3)), [1])
    found = solve_integer(program, control=Unhurried(), seconds=1.0)
    assert found is not None
    worth = int(program.columns_and_rows()[0].cost @ found.point)
    assert worth <= found.bound <= program.solve(control=Unhurried()).bound


def test_without_time_for_a_point_there_is_none() -> None:
    assert solve_integer(market_split(), control=Unhurried(), seconds=0.5) is None


def test_without_room_for_the_program_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    assert solve_integer(odd_cycle(), control=Unhurried(), seconds=30) is None


ASKING = """
import os, subprocess, sys
working = subprocess.Popen([*sys.argv[1:], str(os.getpid())])
print(working.pid, flush=True)
working.wait()
"""


def test_the_process_ends_when_whoever_asked_is_killed(tmp_path: Path) -> None:
    np.savez(tmp_path / "program.npz", **Matrix.of(market_split())._asdict())
    work = (sys.executable, "-m", "solver.bounds.integer", str(tmp_path), "600")
    with subprocess.Popen((sys.executable, "-c", ASKING, *work), stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        working = int(asking.stdout.readline())
        asking.kill()
    deadline = time.monotonic() + 60
    while _runs(working):
        if time.monotonic() > deadline:
            os.kill(working, signal.SIGKILL)
            pytest.fail("it goes on although nobody waits for its answer")
        time.sleep(0.1)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
