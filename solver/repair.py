"""Repair of a published schedule: the fewest people whose agenda changes come first, then all other goals.

What falls away (people, tables, slots, interpreters) or comes in (meetings) stands in the new problem.
The search goes on from what can stay as published (``kept.py``), with promises as its first goal.
"""

from __future__ import annotations

from solver.problem import Problem
from solver.progress import Control
from solver.schedule import Schedule
from solver.search import solve


def repair(
    problem: Problem,
    published: Schedule,
    *,
    seconds: float | None = None,
    workers: int = 2,
    seed: int = 0,
    work_limit: int | None = None,
    control: Control | None = None,
) -> Schedule:
    """A schedule of ``problem`` that changes the agendas of as few people as found possible.

    ``published`` may have been made for another problem: what it names and is gone is dropped. Options as of
    :func:`solver.search.solve`. The goal promises in the result says how many people are affected, with a
    proven bound.
    """
    return solve(
        problem,
        seconds=seconds,
        workers=workers,
        seed=seed,
        work_limit=work_limit,
        published=published,
        control=control,
    )
