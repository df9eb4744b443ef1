"""Least breaks where only those may have one who are likely to: a schedule at the bound, sought there first.

Core search soon has the bound, and then looks long for a schedule at it, among all who might have a break.
Annealing on Kempe chains comes within some breaks of it in a moment, and whom it leaves one mostly are those
who must have one. With breaks of these few alone, and with what annealing found as a hint, the search is far
quicker; where it fails, more people are let in. (A search on a promising part of the variables that grows is
*kernel search*: Angelelli, Mansini, Speranza, Computers & Operations Research 37, 2010.)

What it finds counts for the whole problem; its bounds don't.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver import kernels
from solver.arrays import Ints
from solver.model.solve import Recipe, Running
from solver.model.variables import Variables
from solver.placing.gaps import GapCloser
from solver.problem import GoalName
from solver.stages.background import Background
from solver.stages.engine import Engine, Halting
from solver.stages.proving import Prover
from solver.stages.shapes import Effort

ROUNDS = 3
"""Rounds of annealing whose people are put together: one alone often leaves out somebody."""

MOVES_A_MEETING = 10_000
"""Exchanges in a round for each meeting: with more, a round names fewer people, and takes longer."""

PATIENCE_SECONDS = 1.0
"""Beside as long again as it took, how long a search whose bound is above that of the whole may go on."""


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Who is likely to have a break, and the starts with the fewest seen."""

    people: frozenset[int]
    starts: Ints


class LikelyBreaks:
    """Guesses and searches in turn, each with more people; :meth:`look` keeps it going.

    ``aimed``: the model that aims at least breaks. There must be a schedule, of meetings that
    :class:`GapCloser` knows; rules that it does not look at make guesses worse, and nothing else.
    """

    def __init__(self, prover: Prover, engine: Engine, effort: Effort, aimed: Variables) -> None:
        self.prover = prover
        self.engine = engine
        self.effort = effort
        self.control = prover.control
        self._aimed = aimed
        self._people: frozenset[int] = frozenset()
        self._turn = 0
        self._guessing: Background[Guess] | None = self._guess()
        self._running: Running | None = None
        self._bounds: list[int] = []
        self._begin = 0.0
        self._deadline: float | None = None

    def look(self) -> None:
        """Take up what was found, and go on."""
        if self._guessing is not None:
            guess = self._guessing.newest()
            if guess is not None:
                self._guessing = None
                self._search(guess)
        elif self._running is not None:
            if self._running.ended():
                self.prover.take(self.prover.shapes.counted, self._running.outcome().solution)
            elif self._hopeful():
                return
            self._running.stop()
            self._running = None
            self._guessing = self._guess()

    def stop(self) -> None:
        """End all threads."""
        if self._running is not None:
            self._running.stop()
        if self._guessing is not None:
            self._guessing.end()

    def _guess(self) -> Background[Guess]:
        arrays, begin = self.engine.arrays, self.engine.current().start
        self._turn += 1
        seed = self.effort.seed + self._turn
        control = self.control

        def work(emit: Callable[[Guess], None], halted: Callable[[], bool]) -> None:
            kernels.compile_kernels()
            closer = GapCloser(arrays, GoalName.BREAKS, seed=seed, preferences=False)
            moves = MOVES_A_MEETING * arrays.n_meetings
            found = [closer.round(begin, moves, control=Halting(control, halted)) for _ in range(ROUNDS)]
            broken = [closer.people_with_gaps(starts) for starts in found]
            best = min(range(ROUNDS), key=lambda index: len(broken[index]))
            emit(Guess(frozenset().union(*broken), found[best]))

        return Background(work)

    def _search(self, guess: Guess) -> None:
        self.engine.offer_starts(guess.starts)
        self._people |= guess.people
        self._bounds.clear()
        self._begin, self._deadline = self.control.elapsed(), None
        self._running = Running(
            self.prover.with_breaks_of(self._aimed, self._people, guess.starts.tolist()),
            limits=self.effort.limits(self.control),
            recipe=Recipe.HINTED_CORE,
            on_bound=self._bounds.append,
        )

    def _hopeful(self) -> bool:
        """Whether the search may still meet the bound of the whole, as far as it can be told."""
        known = self.prover.incumbent.bounds[GoalName.BREAKS]
        if max(self._bounds, default=known) <= known:
            self._deadline = None
            return True
        now = self.control.elapsed()
        if self._deadline is None:
            self._deadline = now + (now - self._begin) + PATIENCE_SECONDS
        return now < self._deadline
