"""Running CP-SAT: in a thread, stoppable within a second, with incumbents and bounds as they come.

A model is solved once: OR-Tools 9.15 can crash when a model is grown and solved again, so that each goal
builds its own. ``repair_hint`` is never set: it aborted the process on these models.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ortools.sat.python import cp_model

from solver.model.solution import Solution, read
from solver.model.variables import Variables

POLL_SECONDS = 0.02


class Recipe(StrEnum):
    """How CP-SAT searches.

    ``PORTFOLIO``: its own choice over all workers. ``CORE``: one worker that raises the bound by
    unsatisfiable cores, without LP; for few breaks, where the portfolio is lost. ``CORES``: two workers, core
    and plain, for those that one leaves open. ``FIRST``: one worker, any solution.
    """

    PORTFOLIO = "portfolio"
    CORE = "core"
    CORES = "cores"
    FIRST = "first"


class Proof(StrEnum):
    """What a run showed."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run's end. ``value`` and ``bound`` are of the model's objective (None without one)."""

    proof: Proof
    solution: Solution | None = None
    value: int | None = None
    bound: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """``seconds`` of wall clock (infinity: none); ``work``: deterministic time, then one worker only."""

    seconds: float
    workers: int = 2
    seed: int = 0
    work: float | None = None


def run(
    variables: Variables,
    *,
    limits: Limits,
    recipe: Recipe,
    should_stop: Callable[[], bool],
    on_solution: Callable[[Solution, int, int], None] | None = None,
) -> Outcome:
    """Solve ``variables.model`` once.

    ``on_solution(solution, value, bound)`` is called from CP-SAT's thread.
    """
    model = variables.model
    solver = cp_model.CpSolver()
    _configure(solver, limits, recipe)
    listener = None if on_solution is None else _Listener(variables, on_solution)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            solver.solve(model, listener)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=work, name="cp-sat", daemon=True)
    thread.start()
    try:
        _wait(thread, solver, should_stop)
    except BaseException:
        _stop(thread, solver)
        raise
    if failures:
        raise failures[0]
    if listener is not None and listener.failure is not None:
        raise listener.failure
    return _outcome(variables, solver)


def _configure(solver: cp_model.CpSolver, limits: Limits, recipe: Recipe) -> None:
    parameters = solver.parameters
    parameters.random_seed = limits.seed % 2**31
    # CP-SAT's own handler of SIGINT ends the process (bad_function_call); the caller's handler stops us.
    parameters.catch_sigint_signal = False
    parameters.num_workers = 1 if limits.work is not None else limits.workers
    if math.isfinite(limits.seconds):
        parameters.max_time_in_seconds = max(0.01, limits.seconds)
    if limits.work is not None:
        parameters.max_deterministic_time = limits.work
    if recipe is Recipe.CORE:
        parameters.num_workers = 1
        parameters.optimize_with_core = True
        parameters.linearization_level = 0
    elif recipe is Recipe.CORES and limits.work is None:
        parameters.num_workers = 2
        parameters.subsolvers.extend(["core_or_no_lp", "no_lp"])
    elif recipe is Recipe.FIRST:
        parameters.num_workers = 1
        parameters.linearization_level = 0
        parameters.stop_after_first_solution = True


def _wait(thread: threading.Thread, solver: cp_model.CpSolver, should_stop: Callable[[], bool]) -> None:
    """Wait in short steps, so that signals reach the main thread; repeat a stop that may have come early."""
    while thread.is_alive():
        thread.join(POLL_SECONDS)
        if should_stop():
            solver.stop_search()


def _stop(thread: threading.Thread, solver: cp_model.CpSolver) -> None:
    while thread.is_alive():
        solver.stop_search()
        thread.join(POLL_SECONDS)


def _outcome(variables: Variables, solver: cp_model.CpSolver) -> Outcome:
    response = solver.response_proto
    status = response.status
    if status == cp_model.INFEASIBLE:
        return Outcome(Proof.INFEASIBLE)
    if status == cp_model.MODEL_INVALID:
        raise ValueError(f"the model is not valid: {variables.model.validate()}")
    has_objective = variables.model.has_objective()
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        # Stopped before it had any bound, CP-SAT reports 0, which may be false; a true 0 is no loss.
        known = has_objective and solver.best_objective_bound != 0
        bound = _bound(variables, solver.best_objective_bound) if known else None
        return Outcome(Proof.UNKNOWN, bound=bound)
    values = response.solution
    solution = read(variables, lambda literal: values[literal.index] == 1)
    proof = Proof.OPTIMAL if status == cp_model.OPTIMAL else Proof.FEASIBLE
    if not has_objective:
        return Outcome(proof, solution)
    return Outcome(
        proof, solution, round(solver.objective_value), _bound(variables, solver.best_objective_bound)
    )


def _bound(variables: Variables, bound: float) -> int | None:
    """The bound as an integer, rounded to the safe side's integer; None while there is none yet."""
    if not math.isfinite(bound) or abs(bound) > 2**52:
        return None
    maximised = variables.maximises
    return math.floor(bound + 1e-6) if maximised else math.ceil(bound - 1e-6)


class _Listener(cp_model.CpSolverSolutionCallback):
    """Hands each better solution on."""

    def __init__(self, variables: Variables, on_solution: Callable[[Solution, int, int], None]) -> None:
        super().__init__()
        self.variables = variables
        self.hand_on = on_solution
        self.failure: BaseException | None = None

    def on_solution_callback(self) -> None:
        try:
            solution = read(self.variables, self.boolean_value)
            bound = _bound(self.variables, self.best_objective_bound)
            value = round(self.objective_value)
            self.hand_on(solution, value, value if bound is None else bound)
        except BaseException as failure:
            self.failure = failure
            self.stop_search()
