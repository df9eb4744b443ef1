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

from solver.model.cpsat import cp_model
from solver.model.solution import Solution, read
from solver.model.terms import Limits, Proof
from solver.model.variables import Variables

POLL_SECONDS = 0.02


class Recipe(StrEnum):
    """How CP-SAT searches.

    ``PORTFOLIO``: its own choice over all workers. ``CORE``: one worker that raises the bound by
    unsatisfiable cores, without LP; for few breaks, where the portfolio is lost. ``HINTED_CORE``: the same,
    which keeps near the model's hint. ``FIRST``: one worker, any solution, sought at once, which
    is best for easy questions. ``OTHER_FIRST``: the same in another way, which is slower as often as quicker.
    ``PROBED_FIRST``: any solution, once all literals were probed; for hard questions, and most of all for
    those that have none (docs/decisions/0046).
    """

    PORTFOLIO = "portfolio"
    CORE = "core"
    HINTED_CORE = "hinted core"
    FIRST = "first"
    OTHER_FIRST = "other first"
    PROBED_FIRST = "probed first"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run's end. ``value`` and ``bound`` are of the model's objective (None without one)."""

    proof: Proof
    solution: Solution | None = None
    value: int | None = None
    bound: int | None = None


class Running:
    """One solve of ``variables.model`` in a thread of its own, from the moment that this is made.

    ``on_solution(solution, value, bound)`` and ``on_bound(bound)`` are called from CP-SAT's threads. ``wake``
    is set once it has ended, for who waits for several at a time.
    """

    def __init__(
        self,
        variables: Variables,
        *,
        limits: Limits,
        recipe: Recipe,
        on_solution: Callable[[Solution, int, int], None] | None = None,
        on_bound: Callable[[int], None] | None = None,
        wake: threading.Event | None = None,
    ) -> None:
        self._variables = variables
        self._wake = wake
        self._done = threading.Event()
        self._solver = cp_model.CpSolver()
        _configure(self._solver, limits, recipe)
        self._listener = None if on_solution is None else _Listener(variables, on_solution)
        if on_bound is not None:
            self._solver.best_bound_callback = _bound_listener(variables, on_bound)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="cp-sat", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._solver.solve(self._variables.model, self._listener)
        except BaseException as failure:
            self._failure = failure
        finally:
            self._done.set()
            if self._wake is not None:
                self._wake.set()

    def alive(self) -> bool:
        """Whether it still works; waits up to a moment for its end."""
        return not self._done.wait(POLL_SECONDS)

    def ended(self) -> bool:
        """Whether it has ended; does not wait."""
        return self._done.is_set()

    def ask_to_stop(self) -> None:
        """Ask once; may come too early, so ask again while :meth:`alive`."""
        self._solver.stop_search()

    def stop(self) -> None:
        """Stop and wait for the end."""
        while not self.ended():
            self._solver.stop_search()
            self._done.wait(POLL_SECONDS)

    def outcome(self) -> Outcome:
        """What it showed; call it after the end. Raises what a callback raised."""
        for failure in (self._failure, None if self._listener is None else self._listener.failure):
            if failure is not None:
                raise failure
        return _outcome(self._variables, self._solver)


def run(
    variables: Variables,
    *,
    limits: Limits,
    recipe: Recipe,
    should_stop: Callable[[], bool],
    on_solution: Callable[[Solution, int, int], None] | None = None,
) -> Outcome:
    """Solve ``variables.model`` once, waiting in short steps so that signals reach this thread."""
    running = Running(variables, limits=limits, recipe=recipe, on_solution=on_solution)
    try:
        while running.alive():
            if should_stop():
                running.ask_to_stop()
    except BaseException:
        running.stop()
        raise
    return running.outcome()


def _bound_listener(variables: Variables, on_bound: Callable[[int], None]) -> Callable[[float], None]:
    def listen(bound: float) -> None:
        known = _bound(variables, bound)
        if known is not None:
            on_bound(known)

    return listen


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
    if recipe is not Recipe.PORTFOLIO:
        _configure_single(solver, recipe)


def _configure_single(solver: cp_model.CpSolver, recipe: Recipe) -> None:
    """One worker that learns from conflicts and nothing else: how it restarts and forgets decides."""
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.linearization_level = 0
    # Presolve's dearest parts take as long as most of these searches, and the others gain nothing either.
    parameters.cp_model_probing_level = 0
    parameters.symmetry_level = 0
    # Together they matter much where it takes long, each alone little (docs/decisions/0043).
    parameters.inprocessing_dtime_ratio = 0.0
    parameters.clause_cleanup_period = 1_000
    parameters.default_restart_algorithms = "LUBY_RESTART"
    if recipe is not Recipe.HINTED_CORE:
        # One round of presolve, and no shortening of clauses before the search: longer than what they save.
        parameters.max_presolve_iterations = 1
        parameters.inprocessing_minimization_dtime = 0.0
    if recipe in (Recipe.CORE, Recipe.HINTED_CORE):
        parameters.optimize_with_core = True
        parameters.core_minimization_level = 0
        parameters.variable_activity_decay = 0.75
        parameters.use_phase_saving = recipe is Recipe.HINTED_CORE
    else:
        parameters.stop_after_first_solution = True
        parameters.cp_model_use_sat_presolve = False
        if recipe is not Recipe.PROBED_FIRST:
            parameters.inprocessing_probing_dtime = 0.0
        parameters.use_phase_saving = recipe is not Recipe.OTHER_FIRST


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
