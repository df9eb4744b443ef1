"""The literature's instances as MaxSAT by RC2: ``python -m tests.bench.maxsat PROBLEM.json --seconds N``.

The encoding of Bofill et al. (JAIR 74, 2022) with both kinds of implied constraints: meetings of each person,
people of each slot. RC2 (python-sat) with Glucose, core exhaustion, core minimisation and AtMost1 detection.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from pysat.card import CardEnc, EncType
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF, IDPool

from solver.codec import decode_problem
from solver.problem import Problem
from tests.bench.peers import admissible


class Encoding:
    """Clauses of one problem. Hard: every rule. Soft, weight 1: no break ends here."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.pool = IDPool()
        self.formula = WCNF()
        self.places = admissible(problem)
        self.by_meeting: dict[int, list[int]] = defaultdict(list)
        self.by_slot: dict[int, list[int]] = defaultdict(list)
        self.by_person: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for (meeting, slot), people in self.places.items():
            literal = self.x(meeting, slot)
            self.by_meeting[meeting].append(literal)
            self.by_slot[slot].append(literal)
            for person in people:
                self.by_person[person][slot].append(literal)
        self._meetings()
        for person, slots in self.by_person.items():
            self._agenda(person, slots)
        self._tables()
        self._precedences()

    def x(self, meeting: int, slot: int) -> int:
        return int(self.pool.id(("x", meeting, slot)))

    def busy(self, person: str, slot: int) -> int:
        return int(self.pool.id(("busy", person, slot)))

    def hard(self, clauses: Iterable[Sequence[int]]) -> None:
        for clause in clauses:
            self.formula.append(list(clause))

    def _at_most(self, literals: Sequence[int], bound: int) -> None:
        if len(literals) > bound:
            kind = EncType.ladder if bound == 1 else EncType.totalizer
            self.hard(CardEnc.atmost(list(literals), bound, vpool=self.pool, encoding=kind).clauses)

    def _meetings(self) -> None:
        for meeting in range(len(self.problem.meetings)):
            own = self.by_meeting[meeting]
            self.hard([own])
            self._at_most(own, 1)

    def _agenda(self, person: str, slots: dict[int, list[int]]) -> None:
        count = len(self.problem.slots)
        for slot in range(count):
            own = slots.get(slot, [])
            self.hard([(-literal, self.busy(person, slot)) for literal in own])
            self.hard([(-self.busy(person, slot), *own)])
            self._at_most(own, 1)
        mine = len({meeting for (meeting, _), people in self.places.items() if person in people})
        days = [self.busy(person, slot) for slot in range(count)]
        self.hard(CardEnc.equals(days, mine, vpool=self.pool, encoding=EncType.totalizer).clauses)
        ends = [self._end(person, slot) for slot in range(1, count - 1)]
        self.formula.extend([[-end] for end in ends], weights=[1] * len(ends))
        if self.problem.max_breaks is not None:
            self._at_most(ends, self.problem.max_breaks)

    def _end(self, person: str, slot: int) -> int:
        """A break of the person ends after this slot."""
        end, begun = int(self.pool.id(("end", person, slot))), int(self.pool.id(("begun", person, slot)))
        before = self.busy(person, 0) if slot == 1 else int(self.pool.id(("begun", person, slot - 1)))
        here, after = self.busy(person, slot), self.busy(person, slot + 1)
        self.hard([(-before, begun), (-here, begun), (-begun, before, here)])
        self.hard([(-before, here, -after, end)])
        return end

    def _tables(self) -> None:
        tables = len(self.problem.tables)
        for slot in range(len(self.problem.slots)):
            self._at_most(self.by_slot[slot], tables)
            people = [self.busy(person, slot) for person in self.by_person]
            self._at_most(people, 2 * tables)

    def _precedences(self) -> None:
        numbers = {meeting.id: number for number, meeting in enumerate(self.problem.meetings)}
        for number, meeting in enumerate(self.problem.meetings):
            for other in meeting.after:
                for later in (slot for one, slot in self.places if one == number):
                    for earlier in (slot for one, slot in self.places if one == numbers[other]):
                        if earlier >= later:
                            self.hard([(-self.x(number, later), -self.x(numbers[other], earlier))])


def solve(problem: Problem, seconds: float) -> dict[str, object]:
    """The least breaks, that there is no schedule, or out of time."""
    solver = RC2(Encoding(problem).formula, solver="g4", adapt=True, exhaust=True, minz=True)
    timer = threading.Timer(seconds, solver.interrupt)
    timer.start()
    model = solver.compute(expect_interrupt=True)
    stopped = not timer.is_alive()
    timer.cancel()
    if model is None:
        return {"status": "out-of-time" if stopped else "infeasible", "goals": []}
    goal = {"name": "breaks", "value": solver.cost, "bound": solver.cost}
    return {"status": "optimal", "goals": [goal]}


def main() -> None:
    """One problem; prints one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    problem = decode_problem(options.problem.read_bytes())
    began = time.perf_counter()
    answer = solve(problem, options.seconds)
    print(json.dumps({**answer, "seconds": round(time.perf_counter() - began, 3)}))  # noqa: T201


if __name__ == "__main__":
    main()
