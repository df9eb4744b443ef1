"""Compiles the kernels once, by running every stage that uses them on small forums.

Compiled code is kept on disk (see ``solver.kernels``): afterwards the first solve is as quick as all others.
"""

from __future__ import annotations

from solver import kernels
from solver.arrays import Arrays
from solver.bounds.value import counted_bound
from solver.instances.generate import generate, generate_rich
from solver.placing.annealer import KERNEL_GOALS
from solver.placing.construct import construct
from solver.placing.improve import improve
from solver.placing.tables import fewer_moves
from solver.problem import GoalName
from solver.progress import Control
from solver.untying.sharing import Share

MOVES = 60_000  # a short round
A_MOMENT = 0.1  # seconds: what is begun is ended, and nothing else begun


def warm() -> None:
    """Compile all kernels (half a minute) or find them compiled (a second)."""
    kernels.compile_kernels()
    sizes = {"companies": 30, "requests": 120, "slots": 12, "tables": 12, "seed": 0}
    for problem in (generate(**sizes), generate_rich(**sizes, interpreters=3, far=False)):
        arrays, control = Arrays.of(problem), Control()
        made = construct(arrays, counted_bound(arrays, GoalName.VALUE), seed=0, control=control)
        for goals in (tuple(KERNEL_GOALS), *((goal,) for goal in KERNEL_GOALS)):
            made = improve(arrays, made, goals, targets={}, seed=0, control=control, most_moves=MOVES)
        fewer_moves(arrays, made, seed=0, control=control, most_moves=MOVES)
        Share(arrays, made, seed=0, least_idle=0, most_idle=0).round(Control.of_seconds(A_MOMENT))
