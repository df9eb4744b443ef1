"""Least breaks where all meetings take place: the literature's problem, by several means side by side.

* core search: raises the bound to the optimum, but shows no schedule until its end;
* where that takes long, core search among those who are likely to have a break (``likely.py``), which mostly
  is the first to have a schedule at the bound;
* bounds by agendas (``bounds/agendas.py``): each person's own at once, and where tables are scarce all
  together in a fraction of a second; often the optimum;
* the question "is there a schedule at the bound?", while the bound is about what the agendas need by
  themselves: then it leaves little choice, is much easier than the optimisation when the bound is right, and
  raises it by one when it is wrong; beyond that it is hopeless (``SLACK``). It is asked twice, quickly, which
  is all that easy events need, and soon thoroughly beside that (docs/decisions/0046);
* the question "is there a schedule at all?", beside it, so that there soon is one to improve;
* local search, only where that takes long: it wants a second to load.

Each tells the others what it knows through the incumbent's value and bound. When they meet, all end.
"""

from __future__ import annotations

import threading

from solver import kernels
from solver.arrays import Assignment
from solver.bounds.agendas import Agendas
from solver.model.solution import Solution
from solver.model.solve import POLL_SECONDS, Outcome, Recipe, Running
from solver.model.terms import Limits, Proof
from solver.placing.gaps import has_patterns
from solver.problem import GoalName
from solver.progress import Stage
from solver.stages.background import Background
from solver.stages.engine import Engine, Watched
from solver.stages.likely import LikelyBreaks
from solver.stages.proving import Prover
from solver.stages.shapes import Effort

GOAL = GoalName.BREAKS
HEAD_START_SECONDS = 0.04
"""How long the quick question has the machine to itself: more gains easy events little and delays others."""

QUICK_SECONDS = 0.15
"""How long the quick question goes on beside the thorough one; then any schedule is sought instead of it."""

CORE_AFTER_SECONDS = 0.7
"""How long core search leaves the machine to the questions."""

BOUND_AFTER_SECONDS = 1.5
"""How long the bound by flows leaves the machine to it, where it takes its time."""

LIKELY_AFTER_SECONDS = 0.6
"""How long core search is left alone before annealing is loaded to help: easy events are over by then."""

SLACK = 1
"""Breaks above those that the agendas need by themselves up to which the question is asked. With 3 more it is
slower than core search (ticf-13crafb), with 8 more it has no answer (forum-13.fixed020-Forb)."""

SEARCH_AFTER_SECONDS = 3.0
"""When local search begins, unless there is a schedule by then; it ends with the first one."""


class Mandatory:
    """The means of one solve."""

    def __init__(self, prover: Prover, engine: Engine, effort: Effort) -> None:
        self.prover = prover
        self.engine = engine
        self.effort = effort
        self.incumbent = prover.incumbent
        self.control = prover.control
        self._news: list[Solution] = []
        self._bounds: list[int] = []
        self._search: Background[Assignment] | None = None
        self._may_search = engine.searches
        self._begin = 0.0
        self._aimed = prover.build(prover.shapes.counted, [], GOAL)
        self._asked = -1
        self._least = 0  # what the agendas need by themselves
        self._core: Running | None = None
        self._core_begin = 0.0
        self._likely: LikelyBreaks | None = None
        self._quick: Running | None = None
        self._quick_asked = -1
        self._question: Running | None = None
        self._any: Running | None = None
        self._wants_any = self.incumbent.placements is None
        self._wake = threading.Event()
        self._impossible = False
        self._breakless = self.incumbent.problem.max_breaks == 0  # any schedule has none then

    def run(self) -> Proof:
        """Until the optimum or infeasibility is proven, or the time is over."""
        if self.effort.workers < 2 or self.effort.work is not None:
            return self._in_turn()
        try:
            agendas = self._agendas()
            self._begin = self.control.elapsed()
            if not self.incumbent.proven(GOAL):
                self._quick_asked = self.incumbent.bounds[GOAL]
                self._quick = self._asking(self._quick_asked, Recipe.FIRST)
            outcome = None if self._head_start() else self._rest(agendas)
        finally:
            for running in (self._core, self._likely, self._quick, self._question, self._any):
                if running is not None:
                    running.stop()
            self._end_search()
        if outcome is None:
            return Proof.INFEASIBLE if self._impossible else Proof.FEASIBLE
        return self._close(outcome)

    def _head_start(self) -> bool:
        """The quick question alone for a moment; whether nothing is left to do."""
        while self._quick is not None and self._seconds() < HEAD_START_SECONDS:
            if self._look():
                return True
            self._wait(HEAD_START_SECONDS - self._seconds())
        return self._look()

    def _rest(self, agendas: Agendas | None) -> Outcome | None:
        """All means side by side; what core search ended with, None where they met before."""
        while self._wants_any and self._seconds() < BOUND_AFTER_SECONDS:
            self._wait()
            if self._look():
                return None
        self._bound_together(agendas)
        while self._core is None or not self._core.ended():
            if self._look():
                return None
            self._wait()
        return self._core.outcome()

    def _wait(self, most: float = POLL_SECONDS) -> None:
        """Until a search has ended, or for a moment."""
        self._wake.wait(max(0.0, min(most, POLL_SECONDS)))
        self._wake.clear()

    def _seconds(self) -> float:
        """Since the first question was asked."""
        return self.control.elapsed() - self._begin

    def _in_turn(self) -> Proof:
        """One after the other, with one worker: what depends on no clock but the limits."""
        self._bound_together(self._agendas())
        bound = self.incumbent.bounds[GOAL]
        effort = Effort(
            self.control.left() / 4,
            1,
            self.effort.seed,
            None if self.effort.work is None else self.effort.work / 4,
        )
        question = Running(
            self.prover.question(self._aimed, GOAL, bound),
            limits=effort.limits(self.control),
            recipe=Recipe.PROBED_FIRST,
        )
        self._await(question)
        self._answer(question, bound)
        if self.incumbent.proven(GOAL) or self.control.should_stop():
            return Proof.FEASIBLE
        core = self._core_search()
        self._await(core)
        outcome = core.outcome()
        return self._close(outcome)

    def _await(self, running: Running) -> None:
        try:
            while running.alive():
                if self.control.should_stop():
                    running.ask_to_stop()
        finally:
            running.stop()

    def _core_search(self) -> Running:
        return Running(
            self._aimed,
            limits=self._limits(),
            recipe=Recipe.CORE,
            on_solution=lambda solution, _, __: self._news.append(solution),
            on_bound=self._bounds.append,
            wake=self._wake,
        )

    def _limits(self) -> Limits:
        return self.effort.limits(self.control)

    def _agendas(self) -> Agendas | None:
        """All possible agendas; the bound of each person by themselves is taken up."""
        agendas = Agendas.of(self.prover.shapes.counted)
        if agendas is not None:
            self._need(agendas.apart)
        return agendas

    def _bound_together(self, agendas: Agendas | None) -> None:
        if agendas is not None:
            self._need(agendas.together(control=Watched(self.control, self._look)))

    def _need(self, least: int) -> None:
        self._least = least
        self.incumbent.bound(GOAL, least, Stage.BOUND)

    def _look(self) -> bool:
        """Take up all news, and see that the right questions are asked; whether nothing is left to do."""
        while self._bounds:
            self.incumbent.bound(GOAL, self._bounds.pop(), Stage.PROVE)
        while self._news:
            self.prover.take(self.prover.shapes.counted, self._news.pop())
        seconds = self._seconds()
        self._tend_quick(seconds)
        if seconds > HEAD_START_SECONDS or self._quick is None:
            self._ask()
        self._tend_any()
        if self._core is None and seconds > (CORE_AFTER_SECONDS if self._wants_any else HEAD_START_SECONDS):
            self._core = self._core_search()
            self._core_begin = seconds
        self._tend_likely(seconds)
        self._tend_search(seconds)
        return self._impossible or self.incumbent.proven(GOAL) or self.control.should_stop()

    def _tend_quick(self, seconds: float) -> None:
        """Take the quick question's answer; after a while it is given up for a search for any schedule."""
        if self._quick is None:
            return
        if self._quick.ended():
            self._answer(self._quick, self._quick_asked)
        elif seconds > QUICK_SECONDS or self.incumbent.bounds[GOAL] > self._quick_asked:
            self._quick.stop()
        else:
            return
        self._quick = None

    def _tend_any(self) -> None:
        """Seek any schedule once the quick question is over, until some means has found one."""
        if not self._wants_any or self._quick is not None:
            return
        if self.incumbent.placements is not None:
            if self._any is not None:
                self._any.stop()
        elif self._any is None:
            self._any = self._asking(None, Recipe.OTHER_FIRST if self._breakless else Recipe.FIRST)
            return
        elif not self._any.ended():
            return
        else:
            outcome = self._any.outcome()
            self._impossible |= outcome.proof is Proof.INFEASIBLE
            self.prover.take(self.prover.shapes.counted, outcome.solution)
        self._any = None
        self._wants_any = False

    def _tend_likely(self, seconds: float) -> None:
        if self._likely is not None:
            self._likely.look()
        elif (
            self._core is not None
            and seconds > self._core_begin + LIKELY_AFTER_SECONDS
            and self.incumbent.placements is not None
            and self._slack() > SLACK
            and has_patterns(self.engine.arrays)
            and kernels.worth_compiling(self.control.left())
        ):
            self._likely = LikelyBreaks(self.prover, self.engine, self.effort, self._aimed)

    def _slack(self) -> int:
        """By how much the bound exceeds what the agendas need by themselves."""
        return self.incumbent.bounds[GOAL] - self._least

    def _tend_search(self, seconds: float) -> None:
        if self._search is not None:
            self.engine.take(self._search.newest())
            if self.incumbent.placements is not None:
                self._end_search()
        elif self._may_search and seconds > SEARCH_AFTER_SECONDS and self.incumbent.placements is None:
            self._may_search = False
            self._search = self.engine.search(self.control)

    def _end_search(self) -> None:
        if self._search is not None:
            search, self._search = self._search, None
            self.engine.take(search.end())

    def _ask(self) -> None:
        """Keep it asked whether a schedule reaches the bound that is known now."""
        question = self._question
        if question is not None and question.ended():
            self._answer(question, self._asked)
        elif question is not None and self.incumbent.bounds[GOAL] > self._asked:
            question.stop()
        elif question is not None:
            return
        self._question = None
        bound = self.incumbent.bounds[GOAL]
        over = self._impossible or self.incumbent.proven(GOAL)
        if bound > self._asked and self._slack() <= SLACK and not over:
            self._asked = bound
            self._question = self._asking(bound, Recipe.PROBED_FIRST)

    def _asking(self, bound: int | None, recipe: Recipe) -> Running:
        """``bound`` None: for any schedule."""
        question = self.prover.question(self._aimed, GOAL, bound)
        return Running(question, limits=self._limits(), recipe=recipe, wake=self._wake)

    def _answer(self, question: Running, bound: int) -> None:
        outcome = question.outcome()
        if outcome.proof is Proof.INFEASIBLE:
            self.incumbent.bound(GOAL, bound + 1, Stage.PROVE)
            self._impossible |= self._breakless
        self.prover.take(self.prover.shapes.counted, outcome.solution)

    def _close(self, outcome: Outcome) -> Proof:
        """Take up what a core search ended with."""
        self.prover.take(self.prover.shapes.counted, outcome.solution)
        if outcome.proof is Proof.INFEASIBLE and self.incumbent.placements is None:
            return Proof.INFEASIBLE
        if outcome.bound is not None:
            self.incumbent.bound(GOAL, outcome.bound, Stage.PROVE)
        return Proof.UNKNOWN if self.incumbent.placements is None else Proof.FEASIBLE
