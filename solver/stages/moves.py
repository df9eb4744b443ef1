"""Changes of table on the search's incumbent: their bound, other tables, and the last ones untied.

Slots and people stay where only tables are given anew; untying chooses them again, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from solver import kernels
from solver.arrays import NONE, Assignment
from solver.bounds import moves
from solver.problem import GoalName
from solver.progress import Control, Stage
from solver.schedule import Placement
from solver.stages.background import Background
from solver.stages.engine import MOVES_A_WORK, TURN, Engine, Halting, Watched

if TYPE_CHECKING:
    from solver.untying.untie import Together

LARGEST_TIDIED, TIDYING_MOVES = 3_000, 300_000
"""Placed meetings up to which tables are looked at after a stop, and by how many exchanges: some tenths of a
second, of the one in which a solve has to end."""

SHORTEST_SEATING = 1.0
"""Seconds below which integer programs are not asked for tables: a process takes some tenths to begin."""

UNTOUCHED = (GoalName.COVERAGE, GoalName.VALUE, GoalName.IDLE)
"""Goals that moves may come after where they are lessened by exact search."""

LARGEST_UNTIED, MOST_UNTIED, ROOMY = 3_000, 60, 0.8
"""Placed meetings, changes of table, and the share of tables taken up to which that is tried: it looks at one
change after the other, and keeps a table free for who comes back to it."""


class Moves:
    """The stages that lessen the goal ``moves``, on an engine's incumbent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._arrays = engine.arrays
        self._incumbent = engine.incumbent
        self._control = engine.control
        self._seed = engine.seed
        self._work_limit = engine.work_limit
        self._published = engine.published
        self._together: Together | None = None
        self._settled: tuple[Placement, ...] | None = None
        self._seated: tuple[tuple[str, str, tuple[str, ...]], ...] | None = None  # seated by programs

    def may_bound(self, *, most_idle: int) -> bool:
        """Whether the earlier goals, idle slots among them, could leave a bound of moves above 0."""
        goals = self._incumbent.goals
        if GoalName.MOVES not in goals or self._published is not None:
            return False
        earlier = goals[: goals.index(GoalName.MOVES)]
        if GoalName.IDLE not in earlier or not 0 < self._incumbent.placed <= moves.LARGEST:
            return False
        return moves.may_bound(self._arrays, placed=self._incumbent.placed, most_idle=most_idle)

    def bound(self, control: Control | Watched) -> None:
        """What the earlier goals leave of moves."""
        goals, values = self._incumbent.goals, self._incumbent.values
        if not self.may_bound(most_idle=values.get(GoalName.IDLE, 0)):
            return
        index = goals.index(GoalName.MOVES)
        bound = moves.moves_bound(
            self._arrays,
            most_idle=values[GoalName.IDLE],
            least_coverage=self._engine.least_coverage(index),
            least_value=values[GoalName.VALUE] if GoalName.VALUE in goals[:index] else 0,
            control=control,
        )
        self._incumbent.bound(GoalName.MOVES, bound, Stage.BOUND)

    def could_untie(self) -> bool:
        """Whether changes of table may become few or none: tables are not all taken, no bound says that many
        are left, and the goals before are such as stay as they are."""
        goals = self._incumbent.goals
        if (
            GoalName.MOVES not in goals
            or self._published is not None
            or self._arrays.problem.max_breaks is not None
        ):
            return False
        taken = int(self._arrays.length[self._engine.current().start != NONE].sum())
        return (
            0 < self._incumbent.placed <= LARGEST_UNTIED
            and taken <= ROOMY * int(self._arrays.table_open.sum())
            and all(goal in UNTOUCHED for goal in goals[: goals.index(GoalName.MOVES)])
            and not self.may_bound(most_idle=0)
        )

    def may_untie(self) -> bool:
        """Whether it is time for that: all goals before moves are proven, and few changes are left."""
        goals = self._incumbent.goals
        return (
            self.could_untie()
            and all(self._incumbent.proven(goal) for goal in goals[: goals.index(GoalName.MOVES)])
            and 0 < self._incumbent.values[GoalName.MOVES] <= MOST_UNTIED
        )

    def could_rearrange(self, seconds: float) -> bool:
        """Whether a schedule without changes may be made anew once what takes place is settled: nothing tells
        that there is none, and so many seconds are worth it."""
        if (
            self._work_limit is not None
            or not self.could_untie()
            or self._incumbent.proven(GoalName.MOVES)
            or not kernels.worth_compiling(seconds)
        ):
            return False
        from solver.untying.sharing import may_share  # noqa: PLC0415 (only where it applies)

        return may_share(self._arrays, self._engine.current())

    def is_settled(self) -> bool:
        """Whether all goals before moves are proven, idle slots aside."""
        goals = self._incumbent.goals
        earlier = goals[: goals.index(GoalName.MOVES)] if GoalName.MOVES in goals else goals
        return all(self._incumbent.proven(goal) for goal in earlier if goal is not GoalName.IDLE)

    def may_rearrange(self, seconds: float) -> bool:
        """Whether that may be done now."""
        return self.could_rearrange(seconds) and self.is_settled()

    def rearrange(self, control: Control, *, turn: int = 0) -> Background[Assignment]:
        """As :meth:`Engine.search`: everything anew, so that hardly anybody changes tables, or nobody, and
        idle slots are at their bound, or near it."""
        from solver.untying.rearrange import rearrange  # noqa: PLC0415 (loads CP-SAT)

        begin, heavy = self._engine.current(), control.heavy()
        goals = self._incumbent.goals
        idle = GoalName.IDLE in goals[: goals.index(GoalName.MOVES)]
        least_idle = self._incumbent.bounds.get(GoalName.IDLE, 0) if idle else None

        def work(emit: Callable[[Assignment], None], halted: Callable[[], bool]) -> None:
            watched, seed = Halting(heavy, halted), self._seed + turn * TURN
            for found in rearrange(self._arrays, begin, seed=seed, control=watched, least_idle=least_idle):
                emit(found)

        return Background(work)

    def untie(self, control: Control, *, turn: int = 0) -> Background[Assignment]:
        """As :meth:`Engine.search`, by exact search around what is left of changes of table."""
        from solver.untying import untie  # noqa: PLC0415 (loads CP-SAT)

        begin, heavy = self._engine.current(), control.heavy()
        if turn == 0:
            self._together = untie.Together()
        together = self._together

        def work(emit: Callable[[Assignment], None], halted: Callable[[], bool]) -> None:
            watched = Halting(heavy, halted)
            seed = self._seed + turn * TURN
            untie.untie(self._arrays, begin, seed=seed, control=watched, on_better=emit, together=together)

        return Background(work)

    def settle(self, seconds: float, *, again: bool = False) -> None:
        """Fewer moves between tables, all else as it is; not twice for one incumbent unless ``again``."""
        if not self._may_settle(again=again) or self._control.should_stop():
            return
        most = None if self._work_limit is None else self._work_limit * MOVES_A_WORK
        control = self._control if most is not None else self._control.part(seconds)
        begin = self._engine.current()

        def work(emit: Callable[[Assignment], None], halted: Callable[[], bool]) -> None:
            emit(self._exchange(begin, Halting(control, halted), most))

        task = Background(work)
        try:
            self._seat(begin, control)
            while task.alive() and not control.should_stop():
                pass
        finally:
            found = task.end()
        if found is not None:
            self._engine.offer(found, Stage.TABLES)
            self._settled = self._incumbent.placements

    def tidy(self) -> None:
        """Fewer moves after a stop, in a moment: what was found last may have its tables from where it was
        placed, and nobody who stops a search wants to walk for that.

        Not with a work limit: what is compiled by now is chance.
        """
        if self._work_limit is not None or self._incumbent.placed > LARGEST_TIDIED or not kernels.compiled():
            return
        grace = self._control.grace()
        if self._may_settle() and grace > 0.0:
            found = self._exchange(self._engine.current(), Control().part(grace), TIDYING_MOVES)
            self._engine.offer(found, Stage.TABLES)

    def _exchange(self, begin: Assignment, control: Control | Halting, most: int | None) -> Assignment:
        """Fewer moves by exchanges of tables, ``most`` of them at the most."""
        from solver.placing.tables import fewer_moves  # noqa: PLC0415 (imports kernels)

        return fewer_moves(self._arrays, begin, seed=self._seed, control=control, most_moves=most)

    def _may_settle(self, *, again: bool = False) -> bool:
        """Whether tables are open for the incumbent, and it was not settled yet (or ``again``)."""
        placements = self._incumbent.placements
        return (
            GoalName.MOVES in self._incumbent.goals
            and bool(placements)
            and not self._incumbent.proven(GoalName.MOVES)
            and (again or placements != self._settled)
            and self._published is None
        )

    def _seat(self, begin: Assignment, control: Control) -> None:
        """The fewest moves that these slots allow, by integer programs; once for the same slots."""
        times = tuple((each.meeting, each.slot, each.people) for each in begin.to_placements(self._arrays))
        if self._work_limit is not None or times == self._seated or control.left() < SHORTEST_SEATING:
            return
        from solver.placing.seating import seat_anew  # noqa: PLC0415 (only where there is time)

        self._engine.offer(seat_anew(self._arrays, begin, control=control.heavy()), Stage.TABLES)
        self._seated = times
