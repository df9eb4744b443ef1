"""Why a problem has no schedule: a smallest set of its wishes and rules that can't hold together.

Smallest in the sense that each one counts: without any single one of them the others can be met (an
irreducible set; another may have fewer). Found by QuickXplain (Junker 2004): halves of the wishes are dropped
and the rest solved again, about k log(n / k) times for k of n wishes. What can't be a wish (single bookings,
the tables and slots that there are) always holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from solver.problem import Company, Interpreter, Meeting, Person, Problem, Table
from solver.schedule import Schedule, Status


class Kind(StrEnum):
    """What a wish or rule asks for; its subject is an id: of a meeting, person, company ..."""

    MUST = "must"  # the meeting takes place
    LOCK = "lock"  # in its slot, at its table, or in its starts
    ORDER = "order"  # after the meetings that come before it
    ROOM = "room"  # in its zone, with its features
    AWAY = "away"  # the person is not available in some slots
    LIMIT = "limit"  # a person's limits
    FIXED_TABLE = "fixed-table"  # the person stays at one table
    COMPANY_LIMIT = "company-limit"
    INTERPRETER = "interpreter"  # the interpreter's absences and limits
    CLOSED = "closed"  # the table is closed in some slots
    BREAKS = "breaks"  # nobody has more than the most breaks; no subject
    WALKS = "walks"  # the walking times; no subject


@dataclass(frozen=True, slots=True, order=True)
class Wish:
    """One wish or rule of the problem that could be given up."""

    kind: Kind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """``wishes`` can't hold together. ``minimal``: without any one the rest can; else time ran out."""

    wishes: tuple[Wish, ...]
    minimal: bool


class NoConflictError(ValueError):
    """The problem has a schedule, or none was proven impossible in the time given."""


Oracle = Callable[[Problem], Schedule]


def conflict(problem: Problem, *, solve: Oracle, should_stop: Callable[[], bool]) -> Conflict:
    """A smallest set of wishes of ``problem`` that can't hold together.

    ``solve`` is asked for any schedule of the problem with some wishes dropped. What it can't decide counts
    as possible, and so does everything after ``should_stop``: then the set is a conflict still, but may have
    more wishes than needed. Raises :class:`NoConflictError` where ``solve`` does not prove the whole problem
    infeasible.
    """
    search = _Search(problem, solve, should_stop)
    every = tuple(wishes(problem))
    if not search.impossible(every):
        raise NoConflictError("the problem was not proven to have no schedule")
    if search.impossible(()):
        return Conflict((), minimal=True)
    found = search.explain((), (), every)
    order = {wish: index for index, wish in enumerate(every)}
    return Conflict(tuple(sorted(found, key=order.__getitem__)), minimal=search.sure)


class _Search:
    def __init__(self, problem: Problem, solve: Oracle, should_stop: Callable[[], bool]) -> None:
        self.problem = problem
        self.solve = solve
        self.should_stop = should_stop
        self.sure = True

    def impossible(self, kept: Sequence[Wish]) -> bool:
        """Whether it is proven that no schedule meets ``kept``."""
        if self.should_stop():
            self.sure = False
            return False
        status = self.solve(with_wishes(self.problem, frozenset(kept))).status
        if status is Status.OUT_OF_TIME:
            self.sure = False
        return status is Status.INFEASIBLE

    def explain(
        self, background: tuple[Wish, ...], added: tuple[Wish, ...], open_: tuple[Wish, ...]
    ) -> tuple[Wish, ...]:
        """The wishes of ``open_`` that a conflict with ``background`` needs; ``added`` came to it last."""
        if added and self.impossible(background):
            return ()
        if len(open_) == 1:
            return open_
        middle = len(open_) // 2
        first, second = open_[:middle], open_[middle:]
        from_second = self.explain(background + first, first, second)
        from_first = self.explain(background + from_second, from_second, first)
        return from_first + from_second


def wishes(problem: Problem) -> Iterator[Wish]:
    """Everything that the problem asks for and that could be given up."""
    for meeting in problem.meetings:
        if meeting.must or problem.must_all:
            yield Wish(Kind.MUST, meeting.id)
    for meeting in problem.meetings:
        yield from _wishes_of_meeting(meeting)
    for person in problem.people:
        yield from _wishes_of_person(person)
    yield from (Wish(Kind.COMPANY_LIMIT, c.id) for c in problem.companies if c.max_meetings is not None)
    for item in problem.interpreters:
        if item.unavailable or item.max_per_day is not None or item.max_in_row is not None:
            yield Wish(Kind.INTERPRETER, item.id)
    yield from (Wish(Kind.CLOSED, table.id) for table in problem.tables if table.closed)
    if problem.max_breaks is not None:
        yield Wish(Kind.BREAKS)
    if problem.walks:
        yield Wish(Kind.WALKS)


def _wishes_of_meeting(meeting: Meeting) -> Iterator[Wish]:
    if meeting.locked_slot or meeting.locked_table or meeting.starts is not None:
        yield Wish(Kind.LOCK, meeting.id)
    if meeting.after:
        yield Wish(Kind.ORDER, meeting.id)
    if meeting.zone or meeting.features:
        yield Wish(Kind.ROOM, meeting.id)


def _wishes_of_person(person: Person) -> Iterator[Wish]:
    if person.unavailable:
        yield Wish(Kind.AWAY, person.id)
    if (person.max_meetings, person.max_per_day, person.max_in_row) != (None, None, None):
        yield Wish(Kind.LIMIT, person.id)
    if person.fixed_table:
        yield Wish(Kind.FIXED_TABLE, person.id)


def with_wishes(problem: Problem, kept: frozenset[Wish]) -> Problem:
    """The problem with only the wishes ``kept``, and no goals: any schedule of it will do.

    Meetings that are no must any more are left out, and named in no precedence.
    """
    names = {meeting.id for meeting in problem.meetings if Wish(Kind.MUST, meeting.id) in kept}
    return msgspec.structs.replace(
        problem,
        goals=(),
        must_all=False,
        max_breaks=problem.max_breaks if Wish(Kind.BREAKS) in kept else None,
        walks=problem.walks if Wish(Kind.WALKS) in kept else (),
        meetings=tuple(_meeting(each, names, kept) for each in problem.meetings if each.id in names),
        people=tuple(_person(each, kept) for each in problem.people),
        companies=tuple(_company(each, kept) for each in problem.companies),
        interpreters=tuple(_interpreter(each, kept) for each in problem.interpreters),
        tables=tuple(_table(each, kept) for each in problem.tables),
    )


def _meeting(meeting: Meeting, names: set[str], kept: frozenset[Wish]) -> Meeting:
    locked, ordered = Wish(Kind.LOCK, meeting.id) in kept, Wish(Kind.ORDER, meeting.id) in kept
    placed = Wish(Kind.ROOM, meeting.id) in kept
    return msgspec.structs.replace(
        meeting,
        must=True,
        starts=meeting.starts if locked else None,
        locked_slot=meeting.locked_slot if locked else None,
        locked_table=meeting.locked_table if locked else None,
        after=tuple(other for other in meeting.after if other in names) if ordered else (),
        zone=meeting.zone if placed else None,
        features=meeting.features if placed else (),
    )


def _person(person: Person, kept: frozenset[Wish]) -> Person:
    limited = Wish(Kind.LIMIT, person.id) in kept
    return msgspec.structs.replace(
        person,
        unavailable=person.unavailable if Wish(Kind.AWAY, person.id) in kept else (),
        max_meetings=person.max_meetings if limited else None,
        max_per_day=person.max_per_day if limited else None,
        max_in_row=person.max_in_row if limited else None,
        fixed_table=person.fixed_table and Wish(Kind.FIXED_TABLE, person.id) in kept,
    )


def _company(company: Company, kept: frozenset[Wish]) -> Company:
    if Wish(Kind.COMPANY_LIMIT, company.id) in kept:
        return company
    return msgspec.structs.replace(company, max_meetings=None)


def _interpreter(interpreter: Interpreter, kept: frozenset[Wish]) -> Interpreter:
    if Wish(Kind.INTERPRETER, interpreter.id) in kept:
        return interpreter
    return Interpreter(id=interpreter.id, pairs=interpreter.pairs)


def _table(table: Table, kept: frozenset[Wish]) -> Table:
    if Wish(Kind.CLOSED, table.id) in kept:
        return table
    return msgspec.structs.replace(table, closed=())
