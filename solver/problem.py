"""The Problem: everything a schedule depends on, immutable, and cross-checked when it is made.

Every later stage may rely on what :meth:`Problem.__post_init__` checks, and checks none of it again.
Ids are strings that are unique within their kind. Slots are listed in the order of time, each in one block;
the slots of a block stand together, and two neighbours of one block are *adjacent* (no scheduled break
between them). The model is that of the B2B meeting scheduling problem (Bofill et al., JAIR 74, 2022),
extended by companies, any-one-of delegates, interpreters, zones, lengths and limits.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

FORMAT_VERSION: Literal[1] = 1

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(min_length=2, max_length=35)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class GoalName(StrEnum):
    """What a schedule is judged by. ``coverage`` and ``value`` are maximised, all others minimised."""

    PROMISES = "promises"
    COVERAGE = "coverage"
    VALUE = "value"
    BREAKS = "breaks"
    IDLE = "idle"
    MOVES = "moves"
    PREFERENCES = "preferences"

    @property
    def maximised(self) -> bool:
        return self in (GoalName.COVERAGE, GoalName.VALUE)


class Need(StrEnum):
    """Which of a party's people come to the meeting."""

    ALL = "all"
    ONE = "one"


class ProblemError(ValueError):
    """The problem contradicts itself. ``path`` names the field, ``meetings[3].parties[0].people[1]``."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Frozen, keyword-only, and strict about unknown fields, so that a typing mistake is never ignored."""


class Block(_Record, frozen=True):
    """A stretch of slots without a scheduled break. ``day`` groups blocks for the limits a day."""

    id: Id
    day: Id


class Slot(_Record, frozen=True):
    """One meeting's time. ``start`` and ``end`` (RFC 3339, UTC) inform readers; the order of slots rules."""

    id: Id
    block: Id
    start: str | None = None
    end: str | None = None


class Walk(_Record, frozen=True):
    """Two zones that a person can't change between from one slot to the adjacent next one.

    Symmetric. Who builds the problem derives it from walking times and the pause between slots.
    """

    a: Id
    b: Id


class Table(_Record, frozen=True):
    """A place for one meeting a slot. With a ``host`` it is a booth: only meetings of that company."""

    id: Id
    zone: Id
    features: tuple[Id, ...] = ()
    closed: tuple[Id, ...] = ()  # slots
    host: Id | None = None
    seats: Positive | None = None


class Company(_Record, frozen=True):
    """Who asks for meetings. ``max_meetings`` limits its meetings in all."""

    id: Id
    side: Id | None = None
    max_meetings: Count | None = None


class Person(_Record, frozen=True):
    """A delegate. ``fixed_table``: all of the person's meetings of a block are at one table."""

    id: Id
    unavailable: tuple[Id, ...] = ()  # slots
    max_meetings: Count | None = None
    max_per_day: Count | None = None
    max_in_row: Positive | None = None  # adjacent slots of one block with a meeting in each
    liked: tuple[Id, ...] = ()  # slots
    disliked: tuple[Id, ...] = ()  # slots
    fixed_table: bool = False


class Interpreter(_Record, frozen=True):
    """Covers meetings that need one of ``pairs`` (unordered pairs of languages)."""

    id: Id
    pairs: tuple[tuple[Language, Language], ...]
    unavailable: tuple[Id, ...] = ()  # slots
    max_per_day: Count | None = None  # slots of interpreting
    max_in_row: Positive | None = None


class Party(_Record, frozen=True):
    """One side of a meeting: all of ``people`` come, or any one of them."""

    company: Id
    people: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1)]
    need: Need = Need.ONE


class Meeting(_Record, frozen=True):
    """A meeting that both sides agreed to, or that the organiser set."""

    id: Id
    parties: Annotated[tuple[Party, ...], msgspec.Meta(min_length=2)]
    weight: Positive = 1
    length: Positive = 1  # slots
    starts: tuple[Id, ...] | None = None  # slots it may start in; None: any
    features: tuple[Id, ...] = ()  # that its table must have
    zone: Id | None = None
    interpret: tuple[Language, Language] | None = None
    after: tuple[Id, ...] = ()  # meetings that, if they take place, end before this starts
    must: bool = False  # no schedule without it
    locked_slot: Id | None = None  # if it takes place, it starts here
    locked_table: Id | None = None


class Problem(_Record, frozen=True):
    """A forum's scheduling problem.

    ``goals`` are lexicographic, the first counts most. ``floor`` is the k of the goal coverage: the reward
    for a company's j-th meeting is k + 1 - j, and 0 past the k-th. ``max_breaks`` is a hard limit on each
    person's breaks (maximal runs of idle slots between two meetings of one block). ``must_all`` makes every
    meeting a must. Raises :class:`ProblemError` (decoded by msgspec: ``ValidationError``) when made from
    contradictions.
    """

    blocks: Annotated[tuple[Block, ...], msgspec.Meta(min_length=1)]
    slots: Annotated[tuple[Slot, ...], msgspec.Meta(min_length=1)]
    tables: tuple[Table, ...]
    companies: tuple[Company, ...]
    people: tuple[Person, ...]
    meetings: tuple[Meeting, ...]
    version: Literal[1]
    name: str = ""
    zones: tuple[Id, ...] = ()
    walks: tuple[Walk, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    goals: tuple[GoalName, ...] = (
        GoalName.COVERAGE,
        GoalName.VALUE,
        GoalName.IDLE,
        GoalName.MOVES,
        GoalName.PREFERENCES,
    )
    floor: Count = 3
    max_breaks: Count | None = None
    must_all: bool = False

    def __post_init__(self) -> None:
        _Checker(self).run()


class _Checker:
    """The cross-checks that types alone can't make. Stops at the first contradiction."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.slots = frozenset(slot.id for slot in problem.slots)
        self.zones = frozenset(problem.zones)
        self.companies = frozenset(company.id for company in problem.companies)
        self.people = frozenset(person.id for person in problem.people)
        self.tables = frozenset(table.id for table in problem.tables)
        self.meetings = frozenset(meeting.id for meeting in problem.meetings)

    def run(self) -> None:
        for kind in ("blocks", "slots", "tables", "companies", "people", "interpreters", "meetings"):
            _unique((record.id for record in getattr(self.problem, kind)), kind)
        _unique(self.problem.zones, "zones")
        _unique((goal.value for goal in self.problem.goals), "goals")
        self._blocks()
        self._places()
        self._persons()
        for index, meeting in enumerate(self.problem.meetings):
            self._meeting(f"meetings[{index}]", meeting)
        self._precedences()

    def _blocks(self) -> None:
        blocks = {block.id for block in self.problem.blocks}
        seen: set[str] = set()
        current: str | None = None
        for index, slot in enumerate(self.problem.slots):
            _known(slot.block, blocks, f"slots[{index}].block", "block")
            if slot.block != current:
                if slot.block in seen:
                    raise ProblemError(
                        f"slots[{index}].block", f"the slots of block {slot.block!r} do not stand together"
                    )
                seen.add(slot.block)
                current = slot.block

    def _places(self) -> None:
        for index, walk in enumerate(self.problem.walks):
            _known(walk.a, self.zones, f"walks[{index}].a", "zone")
            _known(walk.b, self.zones, f"walks[{index}].b", "zone")
            if walk.a == walk.b:
                raise ProblemError(f"walks[{index}]", f"a zone is not far from itself: {walk.a!r}")
        for index, table in enumerate(self.problem.tables):
            path = f"tables[{index}]"
            _known(table.zone, self.zones, f"{path}.zone", "zone")
            self._slots(table.closed, f"{path}.closed")
            if table.host is not None:
                _known(table.host, self.companies, f"{path}.host", "company")

    def _persons(self) -> None:
        for index, person in enumerate(self.problem.people):
            path = f"people[{index}]"
            self._slots(person.unavailable, f"{path}.unavailable")
            self._slots(person.liked, f"{path}.liked")
            self._slots(person.disliked, f"{path}.disliked")
        for index, interpreter in enumerate(self.problem.interpreters):
            path = f"interpreters[{index}]"
            self._slots(interpreter.unavailable, f"{path}.unavailable")
            for number, (first, second) in enumerate(interpreter.pairs):
                if first == second:
                    raise ProblemError(
                        f"{path}.pairs[{number}]", f"two different languages needed: {first!r}"
                    )

    def _meeting(self, path: str, meeting: Meeting) -> None:
        taken: set[str] = set()
        for index, party in enumerate(meeting.parties):
            _known(party.company, self.companies, f"{path}.parties[{index}].company", "company")
            for number, person in enumerate(party.people):
                where = f"{path}.parties[{index}].people[{number}]"
                _known(person, self.people, where, "person")
                if person in taken:
                    raise ProblemError(where, f"person {person!r} stands twice in one meeting")
                taken.add(person)
        if meeting.starts is not None:
            self._slots(meeting.starts, f"{path}.starts")
        if meeting.zone is not None:
            _known(meeting.zone, self.zones, f"{path}.zone", "zone")
        if meeting.locked_slot is not None:
            _known(meeting.locked_slot, self.slots, f"{path}.locked_slot", "slot")
        if meeting.locked_table is not None:
            _known(meeting.locked_table, self.tables, f"{path}.locked_table", "table")
        if meeting.interpret is not None and meeting.interpret[0] == meeting.interpret[1]:
            raise ProblemError(f"{path}.interpret", "two different languages needed")
        for index, other in enumerate(meeting.after):
            _known(other, self.meetings, f"{path}.after[{index}]", "meeting")

    def _precedences(self) -> None:
        """No cycle: a meeting can't end before its own start (depth-first, without recursion)."""
        after = {meeting.id: meeting.after for meeting in self.problem.meetings if meeting.after}
        done: set[str] = set()
        for root, first in after.items():
            stack: list[tuple[str, Iterable[str]]] = [(root, iter(first))]
            open_now = {root}
            while stack:
                node, children = stack[-1]
                for child in children:
                    if child in open_now:
                        raise ProblemError("meetings", f"precedences form a cycle through meeting {child!r}")
                    if child not in done and child in after:
                        open_now.add(child)
                        stack.append((child, iter(after[child])))
                        break
                else:
                    stack.pop()
                    open_now.discard(node)
                    done.add(node)

    def _slots(self, ids: Iterable[str], path: str) -> None:
        for index, slot in enumerate(ids):
            _known(slot, self.slots, f"{path}[{index}]", "slot")


def _unique(ids: Iterable[str], kind: str) -> None:
    seen: set[str] = set()
    for index, each in enumerate(ids):
        if each in seen:
            raise ProblemError(f"{kind}[{index}]", f"{each!r} stands twice")
        seen.add(each)


def _known(value: str, known: frozenset[str] | set[str], path: str, kind: str) -> None:
    if value not in known:
        raise ProblemError(path, f"there is no {kind} {value!r}")
