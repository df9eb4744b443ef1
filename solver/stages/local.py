"""Local search in the background of a solve: how its time is shared out, and what is computed meanwhile.

First annealing, while the strong bounds are computed and until what takes place is settled; then everything
anew, where nobody may have to change tables; annealing again; then, where few changes of table are left,
these one by one; tables last. What is found is offered to the incumbent at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from solver.abandoning import never
from solver.arrays import Assignment
from solver.problem import GoalName
from solver.progress import Control
from solver.stages.background import Background
from solver.stages.engine import SEARCHED, Engine
from solver.stages.moves import Moves
from solver.stages.shapes import Shapes

FIRST_SEARCH_SECONDS = 10.0
"""The longest that local search has before exact search where that is possible."""

LOADED_SECONDS, LEAST_LOADED_SECONDS = 3.5, 2.4
"""What it has at least, so that something is left when its compiled code is loaded; with less than the second
it is not worth that."""

MOVES_SECONDS, MOVES_LONG_SECONDS = 2.0, 30.0
"""What moves get at least, and without a time limit; at most where the last changes are untied."""

LEAST_UNTYING_SECONDS, ANNEALING_SECONDS, LONGEST_ANNEALING_SECONDS = 90.0, 45.0, 150.0
"""From so much time left on annealing gets a quarter, but this at least and at most, and the rest goes to
exact search around each change of table that is left, where that may be."""

SHARE_ANEW, ANEW_SECONDS, NEAR = 2 / 3, 60.0, 8
"""Of the time left, the most for a schedule without changes that is made anew; without a limit, seconds; and
with how many changes left it goes on."""

SHARE_BEFORE, LONGEST_BEFORE = 1 / 20, 5.0
"""Of the time left, and in seconds, what annealing has before that: so that it begins from few idle slots,
and who stops it meanwhile has a schedule with few."""

MOST_MOVES_SECONDS = 5.0
"""The longest that the bound of moves is waited for."""


class LocalSearch:
    """Local search on an engine's incumbent, ``workers`` >= 1 of them side by side where nothing is computed
    meanwhile."""

    def __init__(self, engine: Engine, moves: Moves, shapes: Shapes, *, workers: int) -> None:
        self._engine = engine
        self._moves = moves
        self._shapes = shapes
        self._workers = workers
        self._incumbent = engine.incumbent
        self._control = engine.control
        self._work_limit = engine.work_limit
        self._published = engine.published
        self._relaxed = False

    def share(self) -> float:
        """Seconds of local search before exact search, which only small problems leave something to."""
        left = self._control.left()
        if not any(self._shapes.fits(goal) for goal in self._incumbent.goals):
            return left
        loaded = min(LOADED_SECONDS, left * 0.8)
        share = max(left / 4, loaded) if loaded >= LEAST_LOADED_SECONDS else left / 4
        return min(share, FIRST_SEARCH_SECONDS)

    def run(self, seconds: float) -> None:
        """Local search in the background, while the strong bounds are computed here."""
        if self._searched() or self._control.should_stop():
            return
        settling = self.settling_seconds(seconds)
        proving = self._moves_seconds(seconds)
        searching = seconds - settling - proving
        control = self._control if self._work_limit is not None else self._control.part(searching)
        if self._work_limit is not None:
            self._engine.relax_fully(never)
        elif not self._relaxed:
            self._follow(control, self._bound_and_place)
            self._begin_anew(control, settling)
        self._relaxed = True
        if not self._searched():
            self._follow(self.annealing(control), None)
            self._rearrange(control, settling)
        if self._work_limit is not None:
            self._engine.bound_gaps(never)
        elif not self._searched() and not control.should_stop():
            self._untie(control)
        if proving:
            self._moves.bound(self._control.part(proving))
        self._moves.settle(settling if math.isfinite(seconds) else MOVES_LONG_SECONDS)

    def finish(self) -> None:
        """Local search for all that is left of the time; tables last."""
        self.run(self._control.left())
        left = self._control.left()
        if math.isinf(left):
            self.lessen_moves(MOVES_LONG_SECONDS)
        else:
            self._moves.settle(left, again=True)

    def annealing(self, control: Control) -> Control:
        """What annealing gets of a long time; then the last moves may be untied."""
        left = control.left()
        long = self._work_limit is None and LEAST_UNTYING_SECONDS <= left < math.inf
        if not long or not self._moves.could_untie():
            return control
        return control.part(min(LONGEST_ANNEALING_SECONDS, max(ANNEALING_SECONDS, left / 4)))

    def _begin_anew(self, control: Control, settling: float) -> None:
        """Anneal until what takes place is settled, then a little more, and make everything anew."""
        if not self._moves.could_rearrange(control.left()):
            return
        if not self._moves.is_settled():
            self._follow(self.annealing(control), None, lambda: self._searched() or self._moves.is_settled())
        if self._moves.may_rearrange(control.left()):
            self._follow(control, self._engine.bound_gaps)  # what takes place may have been settled after it
            self._follow(control.part(min(LONGEST_BEFORE, control.left() * SHARE_BEFORE)), None)
            self._rearrange(control, settling)

    def _rearrange(self, control: Control, settling: float) -> None:
        """Make a schedule without changes of table anew, once what takes place is settled: in a share of the
        time; where that came near in all of it, and if nothing else is open in what is kept back for
        exchanges of tables, too: few changes are left by the times, not by the tables."""
        left = control.left()
        part = control.part(ANEW_SECONDS if math.isinf(left) else left * SHARE_ANEW)
        if part.should_stop() or not self._moves.may_rearrange(part.left()):
            return

        def done() -> bool:
            far = math.isinf(left) or self._incumbent.values[GoalName.MOVES] > NEAR
            last = self._incumbent.first_open() is GoalName.MOVES
            return self._searched() or (far and part.should_stop()) or (control.should_stop() and not last)

        self._follow(self._control.part(left + settling), None, done, search=self._moves.rearrange)

    def _untie(self, control: Control) -> None:
        """Take the last changes of table away one by one; where there are many, anneal on."""
        if not self._moves.may_untie():
            self._follow(control, None)
            return
        self._follow(control, None, search=self._moves.untie)

    def _bound_and_place(self, look: Callable[[], bool]) -> None:
        self._engine.relax_fully(look)
        self._engine.relax_again(look)  # more coverage may be held by now: with its bound value may be proven
        self._engine.place_by_blocks(look)
        self._engine.relax_again(look)
        self._engine.bound_gaps(look)

    def settling_seconds(self, seconds: float) -> float:
        """What is kept back for the exchange of tables; little of a long time where changes are untied."""
        if GoalName.MOVES not in self._incumbent.goals or math.isinf(seconds) or self._published is not None:
            return 0.0
        share = max(seconds / 10, min(MOVES_SECONDS, seconds / 4))
        return min(share, MOVES_LONG_SECONDS) if self._moves.could_untie() else share

    def _moves_seconds(self, seconds: float) -> float:
        """What is kept back for the bound of moves, where there may be one."""
        if self._work_limit is not None or not self._moves.may_bound(most_idle=0):
            return 0.0
        return min(MOST_MOVES_SECONDS, seconds / 8)

    def lessen_moves(self, seconds: float) -> None:
        """Fewer changes of table, over slots and people, too, where that is not done with the other goals."""
        if (
            GoalName.MOVES in self._engine.searched_goals()
            and self._moves_wait()
            and self._work_limit is None
        ):
            self._follow(self._control.part(seconds), None, lambda: self._incumbent.proven(GoalName.MOVES))
        self._moves.settle(seconds)

    def _moves_wait(self) -> bool:
        """Whether local search need not go on for the sake of moves: exact search can prove them, or there is
        no end."""
        if GoalName.MOVES not in self._incumbent.goals:
            return False
        return math.isinf(self._control.left()) or self._shapes.fits(GoalName.MOVES)

    def _follow(
        self,
        control: Control,
        meanwhile: Callable[[Callable[[], bool]], None] | None,
        done: Callable[[], bool] | None = None,
        search: Callable[..., Background[Assignment]] | None = None,
    ) -> None:
        """Take up what local search finds until it ends, or, if given, until ``meanwhile`` has ended.

        Without ``meanwhile`` every worker searches, each from a seed of its own. ``done``: what ends it, by
        default that all it is for is proven.

        Targets of a search stand from its beginning: with better bounds a new one is begun.
        """
        reached = self._searched if done is None else done
        if control.should_stop():
            return
        alone = meanwhile is None and self._work_limit is None
        begin = self._engine.search if search is None else search
        tasks = [begin(control, turn=turn) for turn in range(self._workers if alone else 1)]

        def look() -> bool:
            for task in tasks:
                self._engine.take(task.newest() if self._work_limit is None else None)
            return reached() or control.should_stop()

        try:
            if meanwhile is not None:
                meanwhile(look)
            else:
                while any(task.alive() for task in tasks) and not look():
                    if alone:
                        self._engine.relax_again(look)
                        self._engine.bound_gaps(look)
        finally:
            if self._work_limit is not None and meanwhile is None:
                while tasks[0].alive() and not self._control.should_stop():
                    pass
            for task in tasks:
                task.halt()
            found = [task.end(self._control.grace()) for task in tasks]
        for each in found:
            self._engine.take(each)
        self._engine.relax_again(never)

    def _searched(self) -> bool:
        """Whether local search has nothing left to do, moves aside where they wait."""
        waiting = (GoalName.MOVES,) if self._moves_wait() else ()
        return all(
            self._incumbent.proven(goal)
            for goal in self._incumbent.goals
            if goal in SEARCHED and goal not in waiting
        )
