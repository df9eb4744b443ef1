"""A small model of yes-or-no literals for CP-SAT, built by hand where building takes as long as solving.

A literal is a number: ``~literal`` is its opposite; :data:`TRUE` and :data:`FALSE` are constants, left out of
clauses. So what stands fast and what is free are written alike, and what stands fast costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from solver.model.cpsat import cp_model

TRUE: Final = 0
FALSE: Final = ~TRUE

POLL_SECONDS: Final = 0.02


class Clauses:
    """Literals, what must hold of them, and the search for those that weigh least."""

    def __init__(self) -> None:
        self._model = cp_model.CpModel()
        self._variables: list[cp_model.IntVar] = []
        self._literals: dict[int, cp_model.LiteralT] = {}
        self._add(self._model.new_constant(1))

    def new(self) -> int:
        """A new literal."""
        return self._add(self._model.new_bool_var(""))

    def _add(self, variable: cp_model.IntVar) -> int:
        number = len(self._variables)
        self._variables.append(variable)
        self._literals[number] = variable
        self._literals[~number] = ~variable
        return number

    def any_of(self, *literals: int) -> None:
        """At least one holds."""
        if TRUE not in literals:
            known = self._literals
            self._model.add_bool_or([known[each] for each in literals if each != FALSE])

    def exactly_one(self, literals: Iterable[int]) -> None:
        """One holds and no other."""
        self._model.add_exactly_one(self._of(literals))

    def at_most_one(self, literals: Iterable[int]) -> None:
        """None or one holds."""
        self._model.add_at_most_one(self._of(literals))

    def at_most(self, most: int, literals: Iterable[int]) -> None:
        """No more than ``most`` hold; one that stands several times counts as often."""
        some = [each for each in literals if each != FALSE]
        if len(some) > most:
            self._model.add(sum(self._of(some)) <= most)

    def either(self, one: int, other: int) -> int:
        """A literal that holds where one of two does, and only there."""
        if TRUE in (one, other):
            return TRUE
        if one in (FALSE, other):
            return other
        if other == FALSE:
            return one
        made = self.new()
        self.any_of(~one, made)
        self.any_of(~other, made)
        self.any_of(one, other, ~made)
        return made

    def both(self, one: int, other: int) -> int:
        """A literal that holds where two do, and only there."""
        return ~self.either(~one, ~other)

    def cross(
        self, rows: Mapping[int, int], columns: Mapping[int, int], may: Callable[[int, int], bool]
    ) -> dict[int, dict[int, int]]:
        """column -> row -> a literal that holds where both do; only of those that ``may`` hold together.

        One of the rows holds, and one of the columns: literals by the keys that name them.
        """
        made = {
            column: {
                row: here if chosen == TRUE else self.new() for row, here in rows.items() if may(row, column)
            }
            for column, chosen in columns.items()
        }
        if TRUE not in columns.values():
            for column, chosen in columns.items():
                self.exactly_one([~chosen, *made[column].values()])
            for row, here in rows.items():
                self.exactly_one([~here, *(each[row] for each in made.values() if row in each)])
        return made

    def lightest(
        self,
        weights: Mapping[int, int],
        *,
        most: int,
        seconds: float,
        seed: int,
        first: bool = False,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Sequence[bool] | None:
        """Which variables hold in the solution found whose literals weigh least; None without one in time.

        ``weights``: of some literals, each above 0; those that hold may weigh ``most`` together. Of many such
        solutions it is any: no hint is given, and ``seed`` decides. ``first``: the first one found will do.

        One worker. Neither linear relaxation nor probing nor symmetries: on models of this size they take
        longer than the search.
        """
        weight = cp_model.LinearExpr.weighted_sum(self._of(weights), list(weights.values()))
        self._model.add(weight <= most)
        if not first:
            self._model.minimize(weight)
        solver = cp_model.CpSolver()
        solver.parameters.catch_sigint_signal = False  # it would leave the default handler behind
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.linearization_level = 0
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        search = threading.Thread(target=solver.solve, args=(self._model,), name="cp-sat", daemon=True)
        search.start()
        while search.is_alive():
            search.join(POLL_SECONDS)
            if should_stop():
                solver.stop_search()  # may come too early, so until it ends
        if not solver.response_proto.solution:
            return None
        return [solver.boolean_value(each) for each in self._variables]

    def _of(self, literals: Iterable[int]) -> list[cp_model.LiteralT]:
        known = self._literals
        return [known[each] for each in literals]
