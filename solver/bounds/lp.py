"""Linear programs with a bound that does not trust the solver's floating point.

A program here maximises integer coefficients over variables between 0 and upper limits u under ``<=`` rows
with integer coefficients. Whatever multipliers y >= 0 a solver returns, ``y b + sum of u max(0, c - y A)`` is
an upper bound (weak duality); it is summed in integers after y is rounded to multiples of 2^-26. So a wrong
or unfinished answer of the solver gives a weaker bound, never a false one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from solver.arrays import Ints, Longs, Reals

if TYPE_CHECKING:
    from collections.abc import Sequence

_BITS = 26
_TERMS = 100_000  # terms handed to the solver between two looks at the clock: some 50 ms
_PATIENCE = 0.3  # seconds until a solver that was interrupted is left behind: in presolve it does not listen


class Stopper(Protocol):
    """What the stages ask for time (``solver.progress.Control`` is one)."""

    def should_stop(self) -> bool:
        """True once the stage must end."""

    def left(self) -> float:
        """Seconds left; infinity without a limit."""


@dataclass(frozen=True, slots=True, eq=False)
class LpResult:
    """``bound``: no solution of the program exceeds it. ``values``: the solver's point, empty if it has none.
    ``finished``: the solver calls its point optimal."""

    bound: int
    values: Reals
    finished: bool


class Columns(NamedTuple):
    """Each variable's coefficient in the objective, and its upper limit."""

    cost: Longs
    upper: Longs


class Rows(NamedTuple):
    """Entries sorted by row, and the rows' upper limits."""

    row: Longs
    column: Longs
    coefficient: Longs
    limits: Longs


@dataclass(slots=True, eq=False)
class Program:
    """Rows and columns of one program, gathered in pieces; variables are numbered as they are added."""

    columns: int = 0
    rows: int = 0
    _objective: list[Longs] = field(default_factory=list)
    _upper: list[Longs] = field(default_factory=list)
    _entries: list[tuple[Longs, Longs, Longs]] = field(default_factory=list)
    _limits: list[Longs] = field(default_factory=list)

    def add_columns(self, objective: Longs | Ints, *, upper: Longs | int = 1) -> int:
        """Add one variable in [0, upper] for each coefficient; returns the first one's number."""
        first = self.columns
        self._objective.append(np.asarray(objective, np.int64))
        self._upper.append(np.broadcast_to(np.asarray(upper, np.int64), np.shape(objective)))
        self.columns += len(objective)
        return first

    def add_rows(
        self,
        row: Longs | Ints,
        column: Longs | Ints,
        limit: Longs | Ints | Sequence[int],
        coefficient: Longs | Ints | int = 1,
    ) -> None:
        """Add ``len(limit)`` rows ``sum of coefficient * x[column] <= limit``; ``row`` counts from 0."""
        limits = np.asarray(limit, np.int64)
        coefficients = np.broadcast_to(np.asarray(coefficient, np.int64), np.shape(row)).astype(np.int64)
        rows = np.asarray(row, np.int64) + self.rows
        self._entries.append((rows, np.asarray(column, np.int64), coefficients))
        self._limits.append(limits)
        self.rows += len(limits)

    def solve(self, *, control: Stopper, method: str = "glop") -> LpResult:
        """Solve by ``method`` (of OR-Tools) while time is left; any end gives a valid bound."""
        columns = self._columns()
        values, trivial = np.zeros(0), int((np.maximum(columns.cost, 0) * columns.upper).sum())
        if control.should_stop():
            return LpResult(trivial, values, False)
        matrix = self._rows()
        values, duals, finished = _solve(columns, matrix, method=method, control=control)
        if len(duals) != len(matrix.limits):
            return LpResult(trivial, values, False)
        return LpResult(_safe_bound(columns, matrix, duals), values, finished)

    def copy(self) -> Program:
        """A program of its own with the same columns and rows."""
        return replace(
            self,
            _objective=list(self._objective),
            _upper=list(self._upper),
            _entries=list(self._entries),
            _limits=list(self._limits),
        )

    def columns_and_rows(self) -> tuple[Columns, Rows]:
        """The whole program. Entries are sorted by row, then column, each pair once."""
        return self._columns(), self._rows()

    def _columns(self) -> Columns:
        none = np.zeros(0, np.int64)
        return Columns(np.concatenate((none, *self._objective)), np.concatenate((none, *self._upper)))

    def _rows(self) -> Rows:
        if not self._entries:
            empty = np.zeros(0, np.int64)
            return Rows(empty, empty, empty, empty)
        row, column, coefficient = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        keys, place = np.unique(row * self.columns + column, return_inverse=True)
        summed = np.zeros(len(keys), np.int64)
        np.add.at(summed, place, coefficient)  # the solver refuses a row that names a variable twice
        limits = np.concatenate(self._limits)
        return Rows(keys // self.columns, keys % self.columns, summed, limits)


def _safe_bound(columns: Columns, matrix: Rows, duals: Reals) -> int:
    scaled = np.rint(np.clip(np.nan_to_num(duals), 0.0, float(1 << 24)) * (1 << _BITS)).astype(np.int64)
    reduced = columns.cost << _BITS
    np.subtract.at(reduced, matrix.column, scaled[matrix.row] * matrix.coefficient)
    total = _exact_sum(np.maximum(reduced, 0), columns.upper) + sum(
        int(y) * int(b) for y, b in zip(scaled.tolist(), matrix.limits.tolist(), strict=True) if y
    )
    return total >> _BITS


def _exact_sum(values: Longs, times: Longs) -> int:
    """The sum of products, without overflow, of non-negative int64 with small counts."""
    return (int(((values >> 20) * times).sum()) << 20) + int(((values & ((1 << 20) - 1)) * times).sum())


def _solve(columns: Columns, matrix: Rows, *, method: str, control: Stopper) -> tuple[Reals, Reals, bool]:
    """(point, multipliers, finished); empty arrays where the solver has none."""
    from ortools.linear_solver.python import model_builder_helper as helper  # noqa: PLC0415 (0.1 s; not always)

    model = helper.ModelBuilderHelper()
    model.set_maximize(True)
    for number, (value, upper) in enumerate(zip(columns.cost.tolist(), columns.upper.tolist(), strict=True)):
        if not number % _TERMS and control.should_stop():
            return np.zeros(0), np.zeros(0), False
        index = model.add_var()
        model.set_var_lower_bound(index, 0.0)
        model.set_var_upper_bound(index, upper)
        model.set_var_objective_coefficient(index, value)
    for limit in matrix.limits.tolist():
        model.set_constraint_upper_bound(model.add_linear_constraint(), limit)
    for first in range(0, len(matrix.row), _TERMS):
        part = slice(first, first + _TERMS)
        if control.should_stop():
            return np.zeros(0), np.zeros(0), False
        terms = matrix.row[part], matrix.column[part], matrix.coefficient[part]
        for term in zip(*(each.tolist() for each in terms), strict=True):
            model.add_term_to_constraint(*term)
    solver = helper.ModelSolverHelper(method)
    left = control.left()
    if left <= 0:
        return np.zeros(0), np.zeros(0), False
    if left != float("inf"):
        solver.set_time_limit_in_seconds(left)
    if not _run_watched(solver, model, control) or not solver.has_response():
        return np.zeros(0), np.zeros(0), False
    finished = solver.status() == helper.SolveStatus.OPTIMAL
    values = np.asarray(solver.variable_values(), np.float64) if solver.has_solution() else np.zeros(0)
    return values, np.asarray(solver.dual_values(), np.float64), finished


def _run_watched(solver: object, model: object, control: Stopper) -> bool:
    """Solve in a thread of its own, so that a stop takes effect while the solver is at work. Whether it
    ended."""
    done = threading.Event()

    def work() -> None:
        try:
            solver.solve(model)  # type: ignore[attr-defined]  # OR-Tools' helper has no type stubs
        finally:
            done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while not done.wait(0.05):
        if control.should_stop():
            solver.interrupt_solve()  # type: ignore[attr-defined]  # as above
            return done.wait(_PATIENCE)
    return True
