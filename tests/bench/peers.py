"""The textbook models to compare with: ``python -m tests.bench.peers METHOD PROBLEM.json --seconds N``.

x[m, t] is 1 where meeting m takes place in slot t; at most one a meeting (exactly one where all are musts),
at most one a person and slot, at most the number of tables a slot. ``cp-sat`` and ``highs`` solve it, with
two workers, ``lp`` is its relaxation by GLOP. Goals: value, or breaks or idle where all are musts (CP-SAT
only). ``--hint`` hands a schedule to CP-SAT.
Plain problems only: one person a party, one slot a meeting, equal tables.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from ortools.linear_solver.python import model_builder
from ortools.sat.python import cp_model

from solver.codec import decode_problem, decode_schedule
from solver.problem import GoalName, Problem
from solver.schedule import Schedule
from tests.bench.timeline import Timeline


def admissible(problem: Problem) -> dict[tuple[int, int], tuple[str, ...]]:
    """(meeting, slot) -> the people, where all are available and the meeting may start."""
    slots = [slot.id for slot in problem.slots]
    away = {person.id: set(person.unavailable) for person in problem.people}
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for number, meeting in enumerate(problem.meetings):
        people = tuple(party.people[0] for party in meeting.parties)
        allowed = set(meeting.starts or slots)
        if meeting.locked_slot is not None:
            allowed &= {meeting.locked_slot}
        for index, slot in enumerate(slots):
            if slot in allowed and not any(slot in away[person] for person in people):
                found[number, index] = people
    return found


def cp_sat(problem: Problem, seconds: float, hint: Schedule | None) -> dict[str, object]:
    """The model in CP-SAT with its default search, two workers."""
    places = admissible(problem)
    model = cp_model.CpModel()
    x = {place: model.new_bool_var("") for place in places}
    by_meeting, by_person, by_slot = _groups(places)
    for number in range(len(problem.meetings)):
        own = [x[place] for place in by_meeting[number]]
        if problem.must_all:
            model.add_exactly_one(own)
        else:
            model.add_at_most_one(own)
    for group in by_person.values():
        model.add_at_most_one(x[place] for place in group)
    for group in by_slot.values():
        model.add(sum(x[place] for place in group) <= len(problem.tables))
    _precedences(problem, model, x, by_meeting)
    if GoalName.BREAKS in problem.goals:
        model.minimize(_breaks(problem, model, x, by_person))
    elif GoalName.IDLE in problem.goals:
        model.minimize(_idle(problem, model, x, by_person))
    else:
        model.maximize(sum(problem.meetings[m].weight * literal for (m, _), literal in x.items()))
    if hint is not None:
        _hint(problem, model, x, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    solver.parameters.max_time_in_seconds = seconds
    timeline = Timeline()
    status = solver.solve(model, _Found(timeline))
    names = {
        cp_model.OPTIMAL: "optimal",
        cp_model.FEASIBLE: "feasible",
        cp_model.INFEASIBLE: "infeasible",
    }
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    value = round(solver.objective_value) if found else None
    if status in (cp_model.OPTIMAL, cp_model.INFEASIBLE):
        timeline.prove()
    bound = solver.best_objective_bound
    return {
        **_answer(names.get(status, "out-of-time"), problem, value, bound),
        **timeline.marks(bound if found else None),
    }


class _Found(cp_model.CpSolverSolutionCallback):
    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.timeline = timeline

    def on_solution_callback(self) -> None:
        self.timeline.note(self.objective_value)


def _breaks(
    problem: Problem,
    model: cp_model.CpModel,
    x: dict[tuple[int, int], cp_model.IntVar],
    by_person: dict[tuple[str, int], list[tuple[int, int]]],
) -> cp_model.LinearExprT:
    """The textbook's breaks: a meeting, then none, then one again; at most ``max_breaks`` a person."""
    ends: list[cp_model.IntVar] = []
    for person in problem.people:
        busy = []
        for index in range(len(problem.slots)):
            literal = model.new_bool_var("")
            model.add(sum(x[place] for place in by_person.get((person.id, index), ())) == literal)
            busy.append(literal)
        own: list[cp_model.IntVar] = []
        before = busy[0]
        for earlier, later in pairwise(busy[1:]):
            end, seen = model.new_bool_var(""), model.new_bool_var("")
            model.add_bool_or(end, earlier, ~before, ~later)
            model.add_max_equality(seen, [before, earlier])
            own.append(end)
            before = seen
        if problem.max_breaks is not None:
            model.add(sum(own) <= problem.max_breaks)
        ends += own
    return sum(ends)


def _idle(
    problem: Problem,
    model: cp_model.CpModel,
    x: dict[tuple[int, int], cp_model.IntVar],
    by_person: dict[tuple[str, int], list[tuple[int, int]]],
) -> cp_model.LinearExprT:
    """Slots without a meeting between the first and the last of a block: begun, not over, and not busy."""
    waiting: list[cp_model.IntVar] = []
    blocks = [slot.block for slot in problem.slots]
    for person in problem.people:
        for block in dict.fromkeys(blocks):
            busy = [
                sum(x[place] for place in by_person.get((person.id, index), ()))
                for index, of in enumerate(blocks)
                if of == block
            ]
            begun = [model.new_bool_var("") for _ in busy]
            lasts = [model.new_bool_var("") for _ in busy]
            for index, now in enumerate(busy):
                model.add(begun[index] >= now)
                model.add(lasts[index] >= now)
                if index:
                    model.add_implication(begun[index - 1], begun[index])
                    model.add_implication(lasts[index], lasts[index - 1])
                idle = model.new_bool_var("")
                model.add(idle >= begun[index] + lasts[index] - now - 1)
                waiting.append(idle)
    return sum(waiting)


def _hint(
    problem: Problem,
    model: cp_model.CpModel,
    x: dict[tuple[int, int], cp_model.IntVar],
    schedule: Schedule,
) -> None:
    slots = {slot.id: index for index, slot in enumerate(problem.slots)}
    at = {placement.meeting: slots[placement.slot] for placement in schedule.placements}
    for (number, index), literal in x.items():
        model.add_hint(literal, at.get(problem.meetings[number].id) == index)


def _precedences(
    problem: Problem,
    model: cp_model.CpModel,
    x: dict[tuple[int, int], cp_model.IntVar],
    by_meeting: dict[int, list[tuple[int, int]]],
) -> None:
    numbers = {meeting.id: number for number, meeting in enumerate(problem.meetings)}
    for number, meeting in enumerate(problem.meetings):
        for other in meeting.after:
            for place in by_meeting[number]:
                for earlier in by_meeting[numbers[other]]:
                    if earlier[1] >= place[1]:
                        model.add_bool_or(~x[place], ~x[earlier])


def linear(problem: Problem, seconds: float, *, relaxed: bool) -> dict[str, object]:
    """The model as a MIP in HiGHS, or its LP relaxation in GLOP; value only."""
    places = admissible(problem)
    model = model_builder.Model()
    x = {place: model.new_num_var(0, 1, "") if relaxed else model.new_bool_var("") for place in places}
    by_meeting, by_person, by_slot = _groups(places)
    for group in [*by_meeting.values(), *by_person.values()]:
        model.add(sum(x[place] for place in group) <= 1)
    for group in by_slot.values():
        model.add(sum(x[place] for place in group) <= len(problem.tables))
    model.maximize(sum(problem.meetings[m].weight * literal for (m, _), literal in x.items()))
    solver = model_builder.Solver("glop" if relaxed else "highs")
    solver.set_time_limit_in_seconds(seconds)
    timeline = Timeline()
    status = solver.solve(model)
    solved = status == model_builder.SolveStatus.OPTIMAL
    found = solved or status == model_builder.SolveStatus.FEASIBLE
    bound = None  # without a solution it has no bound to show
    if found:
        bound = solver.objective_value if relaxed else solver.best_objective_bound
    value = None if relaxed or not found else round(solver.objective_value)
    if solved:
        timeline.prove()
    answer = _answer("optimal" if solved else "feasible" if found else "out-of-time", problem, value, bound)
    return {**answer, "proof": timeline.proof}


Groups = tuple[
    dict[int, list[tuple[int, int]]],
    dict[tuple[str, int], list[tuple[int, int]]],
    dict[int, list[tuple[int, int]]],
]


def _groups(places: dict[tuple[int, int], tuple[str, ...]]) -> Groups:
    by_meeting: dict[int, list[tuple[int, int]]] = defaultdict(list)
    by_person: dict[tuple[str, int], list[tuple[int, int]]] = defaultdict(list)
    by_slot: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, people in places.items():
        by_meeting[place[0]].append(place)
        by_slot[place[1]].append(place)
        for person in people:
            by_person[person, place[1]].append(place)
    return by_meeting, by_person, by_slot


def _answer(status: str, problem: Problem, value: int | None, bound: float | None) -> dict[str, object]:
    gaps = (each for each in (GoalName.BREAKS, GoalName.IDLE) if each in problem.goals)
    name = next(gaps, GoalName.VALUE)
    rounded = None if bound is None or abs(bound) > 1e15 else round(bound, 3)
    return {"status": status, "goals": [{"name": name, "value": value, "bound": rounded}]}


def main() -> None:
    """One method on one problem; prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=("cp-sat", "highs", "lp"))
    parser.add_argument("problem", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--hint", type=Path)
    options = parser.parse_args()
    problem = decode_problem(options.problem.read_bytes())
    began = time.perf_counter()
    match options.method:
        case "cp-sat":
            hint = None if options.hint is None else decode_schedule(options.hint.read_bytes())
            answer = cp_sat(problem, options.seconds, hint)
        case method:
            answer = linear(problem, options.seconds, relaxed=method == "lp")
    print(json.dumps({**answer, "seconds": round(time.perf_counter() - began, 3)}))  # noqa: T201


if __name__ == "__main__":
    main()
