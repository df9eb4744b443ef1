"""Integer programs, solved by HiGHS in a process of its own.

HiGHS (through OR-Tools' MathOpt) does not hear a wish to stop, and holds what memory it took; a process can
be ended at once. What comes back is a point, never a bound: nothing is proven by it.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from solver.arrays import Flags, Longs

if TYPE_CHECKING:
    from solver.bounds.lp import Program, Stopper

_POLL: Final = 0.05
_LATE: Final = 2.0
"""Seconds beyond its limit after which a process is ended: looking at a node may take HiGHS that long."""

_REQUEST, _ANSWER = "program.npz", "point.npy"


class Matrix(NamedTuple):
    """A program to maximise: ``sum of coefficient * x[column] <= limit[row]``, whole x up to ``upper``."""

    cost: Longs
    upper: Longs
    limit: Longs
    row: Longs
    column: Longs
    coefficient: Longs

    @classmethod
    def of(cls, program: Program) -> Matrix:
        columns, rows = program.columns_and_rows()
        return cls(columns.cost, columns.upper, rows.limits, rows.row, rows.column, rows.coefficient)


def solve_integer(program: Program, *, control: Stopper, seconds: float) -> Longs | None:
    """The best integral point found in ``seconds`` (> 0), by column; None where there is none, or on a stop.

    None, too, where the machine has no room for the process: who asks has other ways to a schedule. With the
    same program and time enough for its optimum the point is always the same.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="forum-") as folder:
            np.savez(Path(folder, _REQUEST), **Matrix.of(program)._asdict())
            process = _begin(folder, seconds)
            if not _ended(process, control, time.monotonic() + seconds + _LATE):
                return None
            return np.load(Path(folder, _ANSWER)) if process.returncode == 0 else None
    except OSError:
        return None


def _begin(folder: str, seconds: float) -> subprocess.Popen[bytes]:
    """In a session of its own: an interrupt from the keyboard is for us alone."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 (ourselves)
        (sys.executable, "-m", "solver.placing.integer", folder, f"{seconds:.3f}", str(os.getpid())),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )


def _ended(process: subprocess.Popen[bytes], control: Stopper, deadline: float) -> bool:
    """Wait for the process; False where it was ended by a stop, or past its time."""
    try:
        while process.poll() is None:
            if control.should_stop() or time.monotonic() > deadline:
                return False
            time.sleep(_POLL)
        return True
    finally:
        process.kill()
        process.wait()


def main(folder: str, seconds: float, parent: int) -> int:
    """The process: read the program, write the point. 1 where none was found."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with np.load(Path(folder, _REQUEST)) as request:
        point = solve_here(Matrix(**{name: request[name] for name in Matrix._fields}), seconds)
    if point is None:
        return 1
    np.save(Path(folder, _ANSWER), point)
    return 0


def _end_with(parent: int) -> None:
    """End when whoever asked has died: nobody waits for the answer."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def solve_here(matrix: Matrix, seconds: float) -> Longs | None:
    """The best integral point found in ``seconds``, in this process: nothing stops it before."""
    from ortools.math_opt import model_pb2  # noqa: PLC0415 (only the process needs it)
    from ortools.math_opt.python import mathopt  # noqa: PLC0415

    model = model_pb2.ModelProto()
    columns, rows = len(matrix.cost), len(matrix.limit)
    whole: Flags = np.ones(columns, np.bool_)
    model.variables.ids.extend(range(columns))
    model.variables.lower_bounds.extend(np.zeros(columns))
    model.variables.upper_bounds.extend(matrix.upper.astype(np.float64))
    model.variables.integers.extend(whole)
    model.objective.maximize = True
    priced = np.flatnonzero(matrix.cost)
    model.objective.linear_coefficients.ids.extend(priced)
    model.objective.linear_coefficients.values.extend(matrix.cost[priced].astype(np.float64))
    model.linear_constraints.ids.extend(range(rows))
    model.linear_constraints.lower_bounds.extend(np.full(rows, -math.inf))
    model.linear_constraints.upper_bounds.extend(matrix.limit.astype(np.float64))
    model.linear_constraint_matrix.row_ids.extend(matrix.row)
    model.linear_constraint_matrix.column_ids.extend(matrix.column)
    model.linear_constraint_matrix.coefficients.extend(matrix.coefficient.astype(np.float64))
    result = mathopt.solve(
        mathopt.Model.from_model_proto(model),
        mathopt.SolverType.HIGHS,
        params=mathopt.SolveParameters(time_limit=timedelta(seconds=seconds), relative_gap_tolerance=0.0),
    )
    if not result.has_primal_feasible_solution():
        return None
    point = np.zeros(columns)
    for variable, value in result.variable_values().items():
        point[variable.id] = value
    return np.rint(point).astype(np.int64)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
