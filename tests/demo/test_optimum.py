"""The demo forum's optimum: every goal at a bound that no schedule can pass.

The schedule was found by untying (docs/decisions/0039), which takes long and some luck; that nothing is
better takes seconds to prove, and is proven here anew.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from forum_scheduler.demo.load import make_demo
from forum_scheduler.scheduling import planning
from solver.codec import decode_schedule
from solver.problem import GoalName
from solver.schedule import Status
from solver.search import solve
from solver.verify import verify

OPTIMUM = Path(__file__).parent / "data" / "optimum.json"
SEED = 7  # the default of ``forum demo``


def test_the_demo_forum_is_solved_to_the_proof_without_a_change_of_table(app: Flask) -> None:
    problem = planning.build(make_demo(seed=SEED)).problem
    found = solve(problem, start=decode_schedule(OPTIMUM.read_bytes()))
    assert found.status is Status.OPTIMAL
    values = {goal.name: goal.value for goal in found.goals}
    assert values[GoalName.IDLE] == 23, "forced of those who must rest"
    assert values[GoalName.MOVES] == 0
    assert [goal for goal in found.goals if not goal.proven] == []
    assert verify(problem, found).violations == ()
