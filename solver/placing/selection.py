"""Which meetings take place in which block, with whom: the relaxation by blocks, in whole numbers.

It knows nearly all that decides who meets at all (everybody's time, tables, interpreters, limits), so its
optimum is mostly as good as its bound, and found in seconds where the same by slots is far too large. What
was selected for a block is a problem of its own, with some slots and a few hundred meetings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from solver.bounds.integer import solve_integer
from solver.bounds.periods import Grain
from solver.bounds.relaxation import Relaxation, Use
from solver.problem import GoalName, Interpreter, Meeting, Need, Party, Person, Problem, Slot

if TYPE_CHECKING:
    from solver.arrays import Arrays, Flags, Longs, Reals
    from solver.bounds.lp import Program, Stopper


LARGE: Final = 80_000
"""Columns from which on the search for whole numbers begins with what the linear program settles: alone it
would take far longer, and this gives up little of the value."""

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Selected:
    """A meeting that takes place in a period, the people who come, and who interprets."""

    meeting: Meeting
    people: frozenset[str]
    interpreter: str | None


@dataclass(frozen=True, eq=False)
class Selection:
    """A whole point of the relaxation. ``program`` is that relaxation's, with what else was asked for."""

    relaxation: Relaxation
    program: Program
    point: Longs

    @classmethod
    def best(
        cls,
        arrays: Arrays,
        *,
        least_coverage: int | None,
        control: Stopper,
        seconds: float,
        linear: Reals | None = None,
    ) -> Selection | None:
        """The most value with at least ``least_coverage``, as far as ``seconds`` allow; None if none is.

        ``linear``: the optimum of the same relaxation, if it is known.
        """
        relaxation = Relaxation(arrays, Grain.BLOCK, GoalName.VALUE, least_coverage)
        program = relaxation.program
        if program.columns <= LARGE:
            return cls._of(relaxation, program, control, seconds)
        point = program.solve(control=control).values if linear is None else linear
        if not len(point):
            return None
        ones = np.flatnonzero(point[: len(relaxation.meeting)] > 1.0 - _ROUNDING)
        settled = program.copy()
        settled.add_rows(np.zeros(len(ones), np.int64), ones, [-len(ones)], -1)
        found = cls._of(relaxation, settled, control, seconds)
        return None if found is None else cls(relaxation, program, found.point)

    @classmethod
    def _of(
        cls, relaxation: Relaxation, program: Program, control: Stopper, seconds: float
    ) -> Selection | None:
        found = solve_integer(program, control=control, seconds=seconds)
        return None if found is None else cls(relaxation, program, found.point)

    def another(
        self, period: int, forbidden: Iterable[Longs], *, control: Stopper, seconds: float
    ) -> Selection | None:
        """The best that is the same in every other period.

        ``forbidden``: start columns of this period that are not to be taken all together.
        """
        program = self.program.copy()
        for together in forbidden:
            program.add_rows(np.zeros(len(together), np.int64), together, [len(together) - 1])
        for columns in self._elsewhere(period):
            taken = self.point[columns] > 0
            kept, left = columns[taken], columns[~taken]
            program.add_rows(np.zeros(len(kept), np.int64), kept, [-int(self.point[kept].sum())], -1)
            program.add_rows(np.zeros(len(left), np.int64), left, [0])
        found = Selection._of(self.relaxation, program, control, seconds)
        return None if found is None else Selection(self.relaxation, self.program, found.point)

    def starts(self, period: int) -> Longs:
        """The start columns that are taken in a period."""
        return np.flatnonzero(self._starts & (self.relaxation.period == period))

    def starts_of(self, period: int, meetings: Collection[str]) -> Longs:
        """Of :meth:`starts` those of some meetings."""
        relaxation, columns = self.relaxation, self.starts(period)
        ids = [relaxation.arrays.problem.meetings[each].id for each in relaxation.meeting[columns]]
        return columns[np.array([each in meetings for each in ids], np.bool_)]

    def _elsewhere(self, period: int) -> Iterable[Longs]:
        """The columns of the other periods: starts, then who comes, then who interprets."""
        relaxation = self.relaxation
        yield np.flatnonzero(relaxation.period != period)
        for column, _, base in (relaxation.person, relaxation.talker):
            yield np.unique(column[(column != base) & (relaxation.period[base] != period)])

    @cached_property
    def _starts(self) -> Flags:
        return self.point[: len(self.relaxation.meeting)] > 0

    def value(self, period: int) -> int:
        """The weight of the period's meetings."""
        relaxation = self.relaxation
        return int(relaxation.arrays.weight[relaxation.meeting[self.starts(period)]].sum())

    def problem(self, period: int) -> Problem:
        """The period as a problem of its own: its slots, its meetings with the people who were selected, and
        of each limit what the selection took here."""
        problem, of_slot = self.relaxation.arrays.problem, self.relaxation.of_slot
        slots = tuple(slot for slot, of in zip(problem.slots, of_slot, strict=True) if of == period)
        return _Block(slots, tuple(self.selected(period))).cut(problem)

    def selected(self, period: int) -> Iterable[Selected]:
        """The meetings of a period."""
        relaxation = self.relaxation
        problem = relaxation.arrays.problem
        people, talkers = who_comes(relaxation.person, self.point), who_comes(relaxation.talker, self.point)
        for column in self.starts(period).tolist():
            yield Selected(
                problem.meetings[relaxation.meeting[column]],
                frozenset(problem.people[who].id for who in people.get(column, ())),
                next((problem.interpreters[who].id for who in talkers.get(column, ())), None),
            )


def who_comes(use: Use, point: Longs) -> Mapping[int, list[int]]:
    """By start column that is 1: who was taken for it."""
    column, who, base = use
    taken = (point[column] > 0) & (point[base] > 0)
    made: dict[int, list[int]] = {}
    for start, each in zip(base[taken].tolist(), who[taken].tolist(), strict=True):
        made.setdefault(start, []).append(each)
    return made


class _Block:
    """Cuts a block out of a problem."""

    def __init__(self, slots: tuple[Slot, ...], selected: tuple[Selected, ...]) -> None:
        self.slots = slots
        self.selected = selected
        self.ids = frozenset(slot.id for slot in slots)
        self.blocks = frozenset(slot.block for slot in slots)
        self.meetings = frozenset(each.meeting.id for each in selected)
        self.interprets = Counter[str | None]()
        for each in selected:
            self.interprets[each.interpreter] += each.meeting.length

    def cut(self, problem: Problem) -> Problem:
        replace = msgspec.structs.replace
        return replace(
            problem,
            blocks=tuple(each for each in problem.blocks if each.id in self.blocks),
            slots=self.slots,
            tables=tuple(replace(each, closed=self.of(each.closed)) for each in problem.tables),
            companies=tuple(replace(each, max_meetings=None) for each in problem.companies),
            people=tuple(self.person(each) for each in problem.people),
            interpreters=tuple(self.interpreter(each) for each in problem.interpreters),
            meetings=tuple(self.meeting(each) for each in self.selected),
            goals=(GoalName.VALUE,),
            must_all=False,
            max_breaks=None,
        )

    def of(self, slots: Iterable[str]) -> tuple[str, ...]:
        return tuple(slot for slot in slots if slot in self.ids)

    def person(self, person: Person) -> Person:
        """Who comes is settled, and with it how often."""
        return msgspec.structs.replace(
            person,
            unavailable=self.of(person.unavailable),
            liked=(),
            disliked=(),
            max_meetings=None,
            max_per_day=None,
        )

    def interpreter(self, interpreter: Interpreter) -> Interpreter:
        limited = interpreter.max_per_day is not None
        return msgspec.structs.replace(
            interpreter,
            unavailable=self.of(interpreter.unavailable),
            max_per_day=self.interprets[interpreter.id] if limited else None,
        )

    def meeting(self, selected: Selected) -> Meeting:
        meeting = selected.meeting
        return msgspec.structs.replace(
            meeting,
            parties=tuple(_settled(party, selected.people) for party in meeting.parties),
            starts=None if meeting.starts is None else self.of(meeting.starts),
            after=tuple(each for each in meeting.after if each in self.meetings),
            must=False,
        )


def _settled(party: Party, people: frozenset[str]) -> Party:
    if party.need is Need.ALL or len(party.people) == 1:
        return party
    return msgspec.structs.replace(party, people=tuple(who for who in party.people if who in people)[:1])
