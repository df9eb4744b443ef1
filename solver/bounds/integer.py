"""Integer programs, solved by HiGHS in a process of its own.

HiGHS (through OR-Tools' MathOpt) does not hear a wish to stop, and holds what memory it took; a process can
be ended at once. What comes back is a point, and a bound that rests on HiGHS's branch and bound: coefficients
here are small whole numbers, and it is rounded with a margin wide beyond HiGHS's tolerances.
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

_MARGIN: Final = 1e-3
"""How far below a whole number a bound must be to be taken for the next lower one."""

_REQUEST, _ANSWER = "program.npz", "answer.npz"


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


class Whole(NamedTuple):
    """``point``: the best integral point found, by column. ``bound``: no integral point is worth more."""

    point: Longs
    bound: int


def solve_integer(program: Program, *, control: Stopper, seconds: float) -> Whole | None:
    """The best that is found in ``seconds`` (> 0); None where there is nothing, or on a stop.

    None, too, where the machine has no room for the process: who asks has other ways to a schedule. With the
    same program and time enough for its optimum the point is always the same.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="forum-") as folder:
            np.savez(Path(folder, _REQUEST), **Matrix.of(program)._asdict())
            process = _begin(folder, seconds)
            if not _ended(process, control, time.monotonic() + seconds + _LATE):
                return None
            if process.returncode:
                return None
            with np.load(Path(folder, _ANSWER)) as answer:
                return Whole(answer["point"], int(answer["bound"]))
    except OSError:
        return None


def _begin(folder: str, seconds: float) -> subprocess.Popen[bytes]:
    """In a session of its own: an interrupt from the keyboard is for us alone."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 (ourselves)
        (sys.executable, "-m", "solver.bounds.integer", folder, f"{seconds:.3f}", str(os.getpid())),
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
    """The process: read the program, write the answer. 1 where there is none."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    with np.load(Path(folder, _REQUEST)) as request:
        found = solve_here(Matrix(**{name: request[name] for name in Matrix._fields}), seconds)
    if found is None:
        return 1
    np.savez(Path(folder, _ANSWER), point=found.point, bound=np.int64(found.bound))
    return 0


def _end_with(parent: int) -> None:
    """End when whoever asked has died: nobody waits for the answer."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def solve_here(matrix: Matrix, seconds: float) -> Whole | None:
    """As :func:`solve_integer`, in this process: nothing stops it before."""
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
    return Whole(np.rint(point).astype(np.int64), _bound(matrix, result.dual_bound()))


def _bound(matrix: Matrix, reached: float) -> int:
    """What branch and bound has ``reached``, as a whole number; at worst what the columns alone allow."""
    most = int((np.maximum(matrix.cost, 0) * matrix.upper).sum())
    return min(most, math.floor(reached + _MARGIN)) if math.isfinite(reached) else most


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
