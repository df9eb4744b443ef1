"""How many people change tables between two slots, and how few could, with times and people as they are.

Of the meetings of one slot each can hand its table to one of another slot at most, and each can take over
from one at most. So those who stay put are a matching, and the heaviest one (by who goes from one meeting
straight to the other) bounds them. It says nothing of other times: of all schedules ``moves_bound`` speaks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from solver.problem import Problem
    from solver.schedule import Placement

Weights = Mapping[tuple[str, str], int]
"""(meeting, next meeting) -> how many people go from the one straight to the other."""


@dataclass(frozen=True, slots=True)
class Steps:
    """``people`` go from a meeting that starts in slot ``first`` to their next, in ``second`` of the same
    block; ``changes`` of them change tables, and no fewer than ``least`` could."""

    first: str
    second: str
    people: int
    changes: int
    least: int


def steps(problem: Problem, placements: Iterable[Placement]) -> tuple[Steps, ...]:
    """Between any two slots with somebody who goes from the one to the other, in order of time."""
    at = {each.meeting: each for each in placements}
    order = {slot.id: number for number, slot in enumerate(problem.slots)}
    between: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for before, after in _links(problem, at.values(), order):
        between[before.slot, after.slot][before.meeting, after.meeting] += 1
    return tuple(
        Steps(
            first,
            second,
            people=weights.total(),
            changes=sum(many for (one, other), many in weights.items() if at[one].table != at[other].table),
            least=weights.total() - _heaviest(weights),
        )
        for (first, second), weights in sorted(
            between.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])
        )
    )


def _links(
    problem: Problem, placements: Iterable[Placement], order: Mapping[str, int]
) -> Iterator[tuple[Placement, Placement]]:
    """Each person's meeting and next meeting within a block."""
    block = {slot.id: slot.block for slot in problem.slots}
    last: dict[str, Placement] = {}
    for placement in sorted(placements, key=lambda each: order[each.slot]):
        for person in placement.people:
            before = last.get(person)
            if before is not None and block[before.slot] == block[placement.slot]:
                yield before, placement
            last[person] = placement


def _heaviest(weights: Weights) -> int:
    """The weight of the heaviest matching, as a flow of least cost."""
    from ortools.graph.python import min_cost_flow  # noqa: PLC0415 (only here)

    flow = min_cost_flow.SimpleMinCostFlow()
    before = {one: number for number, one in enumerate(dict.fromkeys(one for one, _ in weights))}
    after = {
        other: len(before) + number
        for number, other in enumerate(dict.fromkeys(other for _, other in weights))
    }
    source, sink = len(before) + len(after), len(before) + len(after) + 1
    arcs = [
        *((source, node, 0) for node in before.values()),
        *((node, sink, 0) for node in after.values()),
        *((before[one], after[other], -many) for (one, other), many in weights.items()),
    ]
    for tail, head, cost in arcs:
        flow.add_arc_with_capacity_and_unit_cost(tail, head, 1, cost)
    flow.add_arc_with_capacity_and_unit_cost(source, sink, len(before), 0)  # who stays unmatched
    flow.set_node_supply(source, len(before))
    flow.set_node_supply(sink, -len(before))
    status = flow.solve()
    assert status == flow.OPTIMAL, "a flow with a way past everything always exists"
    return -int(flow.optimal_cost())
