"""Lower bounds of the breaks where all meetings take place: who meets whom is relaxed, agendas are not.

Each person's agenda (in which slots there is a meeting) is a path through states (slot, meetings so far, busy
just before, pausing, or not begun); a step into a meeting after a pause costs one break. So each person's
least is a shortest path, and their sum a bound: some milliseconds. All that binds people together is that a
slot holds at most as many people as its tables take. That is a linear program of flows, and every schedule
is a point of it. Rows are one-sided: what flows in flows on, and more flow never costs less.

The program is solved only where it may say more. Let everybody take each of their shortest paths equally
often: where no slot overflows, that mixture is a point of the program, and its optimum is the sum.

One of the two is the true optimum on most of the literature's instances; core search alone can need minutes
for the same proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from solver.bounds.lp import Program, Stopper
from solver.model.shape import Shape

LARGEST = 150_000
"""Steps of all agendas together up to which the program is worth its time."""

FRESH, BUSY, PAUSED = range(3)
"""Where a person is within a block: no meeting yet; one in the slot before; one before that."""

State = tuple[int, int, int]  # slot that comes next, meetings so far, FRESH / BUSY / PAUSED


Step = tuple[State, State, int]
"""From a state to the next, and the breaks that it costs."""

ORIGIN: State = (0, 0, FRESH)


@dataclass(frozen=True, slots=True)
class Agendas:
    """All agendas that each person with a meeting may have; ``apart``: a bound, everybody at their own least.

    ``load``: how many people are in each slot if everybody takes each of their best agendas equally often.
    """

    shape: Shape
    steps: tuple[tuple[Step, ...], ...]
    apart: int
    load: tuple[float, ...]

    @classmethod
    def of(cls, shape: Shape) -> Agendas | None:
        """None when some person has no possible agenda at all. ``shape`` must be ``uniform``; any blocks."""
        everybody: list[tuple[Step, ...]] = []
        apart, load = 0, [0.0] * shape.slots
        for meetings in filter(None, shape.meetings_of_people()):
            startless = any(not shape.meetings[m].starts for m in meetings)
            steps = [] if startless else _Agenda(shape, meetings).steps()
            if not steps:
                return None
            apart += _mix(steps, load)
            everybody.append(tuple(steps))
        return cls(shape, tuple(everybody), apart, tuple(load))

    @property
    def seats(self) -> int:
        """The most people at once: those of the largest meetings at all tables."""
        shape = self.shape
        capacity = shape.units[next(iter(shape.meetings[0].unit_starts))].capacity
        return capacity * max(len(meeting.always) for meeting in shape.meetings)

    @property
    def crowded(self) -> bool:
        """Whether :meth:`together` may exceed ``apart``."""
        return max(self.load) > self.seats

    def together(self, *, control: Stopper) -> int:
        """The bound with seats counted; at least ``apart``, also where the time ends before."""
        worthwhile = self.crowded and sum(map(len, self.steps)) <= LARGEST
        return max(self.apart, self.by_flows(control=control)) if worthwhile else self.apart

    def by_flows(self, *, control: Stopper) -> int:
        """The linear program's bound."""
        flows = _Flows(self.shape.slots)
        for steps in self.steps:
            flows.add(steps)
        return flows.bound(self.seats, control)


def _mix(steps: Sequence[Step], load: list[float]) -> int:
    """The least breaks of one person; adds to ``load`` how often each slot is busy among the best agendas.

    ``steps`` come by slot, and each lies on some path from the first slot past the last.
    """
    best: dict[State, tuple[int, float]] = {}  # breaks from here to the end, and in how many ways
    for before, after, cost in reversed(steps):
        onward, ways = best.get(after, (0, 1.0))
        known, others = best.get(before, (onward + cost, 0.0))
        if onward + cost == known:
            best[before] = (known, others + ways)
        elif onward + cost < known:
            best[before] = (onward + cost, ways)
    share: dict[State, float] = {ORIGIN: 1.0}
    for before, after, cost in steps:
        onward, ways = best.get(after, (0, 1.0))
        least, all_ways = best[before]
        if before in share and onward + cost == least:
            part = share[before] * ways / all_ways
            share[after] = share.get(after, 0.0) + part
            load[before[0]] += part if after[2] == BUSY else 0.0
    return best[ORIGIN][0]


@dataclass(slots=True)
class _Flows:
    """The program in lists: one column a step, one row a state, then one a slot."""

    slots: int
    cost: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    sign: list[int] = field(default_factory=list)
    limits: list[int] = field(default_factory=list)
    used: list[tuple[int, int]] = field(default_factory=list)  # (slot, column) of steps into a meeting

    def add(self, steps: Sequence[Step]) -> None:
        """Add a person's flow."""
        nodes: dict[State, int] = {}
        for before, after, cost in steps:
            column = len(self.cost)
            self.cost.append(-cost)
            self._entry(nodes, before, column, -1)
            if after[0] < self.slots:
                self._entry(nodes, after, column, +1)
            if after[2] == BUSY:
                self.used.append((before[0], column))
        self.limits[nodes[ORIGIN]] = -1

    def _entry(self, nodes: dict[State, int], state: State, column: int, sign: int) -> None:
        if state not in nodes:
            nodes[state] = len(self.limits)
            self.limits.append(0)
        self.row.append(nodes[state])
        self.column.append(column)
        self.sign.append(sign)

    def bound(self, seats: int, control: Stopper) -> int:
        program = Program()
        program.add_columns(np.array(self.cost, np.int64))
        program.add_rows(np.array(self.row), np.array(self.column), self.limits, np.array(self.sign))
        slots = np.array([slot for slot, _ in self.used], np.int64)
        columns = np.array([column for _, column in self.used], np.int64)
        program.add_rows(slots, columns, [seats] * self.slots)
        return -program.solve(control=control).bound


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

    def steps(self) -> list[Step]:
        """All steps (state, next state, breaks) on some path from the first slot past the last."""
        layers: list[set[State]] = [{ORIGIN}]
        found: list[Step] = []
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

    def _that_arrive(self, steps: list[Step]) -> list[Step]:
        """Without the steps from which the last slot, with all meetings, is out of reach."""
        alive: set[State] = {(self.shape.slots, self.total, phase) for phase in (FRESH, BUSY, PAUSED)}
        kept: list[Step] = []
        for step in reversed(steps):
            if step[1] in alive:
                alive.add(step[0])
                kept.append(step)
        return kept[::-1]
