"""A lower bound of the breaks where all meetings take place: who meets whom is relaxed, agendas are not.

Each person's agenda (in which slots there is a meeting) is a path through states (slot, meetings so far, busy
just before, pausing, or not begun); a step into a meeting after a pause costs one break. All that binds
people together is that a slot holds at most as many people as its tables take. That is a linear program of
flows, and every schedule is a point of it. Rows are one-sided: what flows in flows on, and more flow never
costs less.

Where tables are scarce this is the true optimum on most of the literature's instances, in a tenth of a
second; core search alone can need minutes for the same proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from solver.lp import Program, Stopper
from solver.model.shape import Shape

LARGEST = 150_000
"""Steps of all agendas together up to which the program is worth its time."""

FRESH, BUSY, PAUSED = range(3)
"""Where a person is within a block: no meeting yet; one in the slot before; one before that."""

State = tuple[int, int, int]  # slot that comes next, meetings so far, FRESH / BUSY / PAUSED


def least_breaks(shape: Shape, *, control: Stopper) -> int | None:
    """A bound that no schedule's breaks fall below; None when some person has no possible agenda at all.

    ``shape`` must be ``uniform``; any number of blocks.
    """
    flows = _Flows(shape)
    for person, meetings in enumerate(shape.meetings_of_people()):
        if meetings and not flows.add(person, meetings):
            return None
    return flows.bound(control)


@dataclass(slots=True)
class _Flows:
    """The program in lists: one column a step, one row a state, then one a slot."""

    shape: Shape
    cost: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    sign: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    used: list[tuple[int, int]] = field(default_factory=list)  # (slot, column) of steps into a meeting
    certain: int = 0  # breaks of people left out, each at its own least

    def add(self, person: int, meetings: tuple[int, ...]) -> bool:
        """Add a person's flow. False: the person's meetings have no agenda."""
        agenda = _Agenda(self.shape, meetings)
        steps = agenda.steps()
        if not steps:
            return False
        nodes: dict[State, int] = {}
        for before, after, cost in steps:
            column = len(self.cost)
            self.cost.append(-cost)
            self._entry(nodes, before, column, -1)
            if after[0] < self.shape.slots:
                self._entry(nodes, after, column, +1)
            if after[2] == BUSY:
                self.used.append((before[0], column))
        self.limits[nodes[(0, 0, FRESH)]] = -1
        return True

    def _entry(self, nodes: dict[State, int], state: State, column: int, sign: int) -> None:
        if state not in nodes:
            nodes[state] = len(self.limits)
            self.limits.append(0)
        self.row.append(nodes[state])
        self.column.append(column)
        self.sign.append(sign)

    def bound(self, control: Stopper) -> int:
        if len(self.cost) > LARGEST:
            return 0
        program = Program()
        program.add_columns(np.array(self.cost, np.int64))
        program.add_rows(np.array(self.row), np.array(self.column), self.limits, np.array(self.sign))
        slots = np.array([slot for slot, _ in self.used], np.int64)
        columns = np.array([column for _, column in self.used], np.int64)
        program.add_rows(slots, columns, [self._seats()] * self.shape.slots)
        return max(0, -program.solve(control=control).bound)

    def _seats(self) -> int:
        """The most people at once: those of the largest meetings at all tables."""
        shape = self.shape
        capacity = shape.units[next(iter(shape.meetings[0].unit_starts))].capacity
        return capacity * max(len(meeting.always) for meeting in shape.meetings)


class _Agenda:
    """One person's possible agendas. Every meeting lasts one slot."""

    def __init__(self, shape: Shape, meetings: tuple[int, ...]) -> None:
        self.shape = shape
        self.total = len(meetings)
        starts = [shape.meetings[m].starts for m in meetings]
        self.possible = {t for each in starts for t in each}
        self.certain = {each[0] for each in starts if len(each) == 1}
        # Meetings that surely are, or can be, before each slot: between them the count must stay.
        slots = range(shape.slots + 1)
        self.least = [sum(each[-1] < t for each in starts) for t in slots]
        self.most = [sum(each[0] < t for each in starts) for t in slots]

    def steps(self) -> list[tuple[State, State, int]]:
        """All steps (state, next state, breaks) on some path from the first slot past the last."""
        layers: list[set[State]] = [{(0, 0, FRESH)}]
        found: list[tuple[State, State, int]] = []
        begins = {block.start for block in self.shape.blocks}
        for t in range(self.shape.slots):
            following: set[State] = set()
            for state in sorted(layers[-1]):
                for after, cost in self._onward(state, t in begins):
                    found.append((state, after, cost))
                    following.add(after)
            layers.append(following)
        return self._that_arrive(found)

    def _onward(self, state: State, begins: bool) -> list[tuple[State, int]]:
        t, count, phase = state
        phase = FRESH if begins else phase
        options: list[tuple[State, int]] = []
        if t not in self.certain and self._counts(t + 1, count):
            options.append(((t + 1, count, FRESH if phase == FRESH else PAUSED), 0))
        if t in self.possible and self._counts(t + 1, count + 1):
            options.append(((t + 1, count + 1, BUSY), int(phase == PAUSED)))
        return options

    def _counts(self, slot: int, count: int) -> bool:
        return self.least[slot] <= count <= min(self.most[slot], self.total)

    def _that_arrive(self, steps: list[tuple[State, State, int]]) -> list[tuple[State, State, int]]:
        """Without the steps from which the last slot, with all meetings, is out of reach."""
        alive: set[State] = {(self.shape.slots, self.total, phase) for phase in (FRESH, BUSY, PAUSED)}
        kept: list[tuple[State, State, int]] = []
        for step in reversed(steps):
            if step[1] in alive:
                alive.add(step[0])
                kept.append(step)
        return kept[::-1]
