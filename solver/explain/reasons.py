"""Why a meeting is not placed: the tightest statement that is true of the schedule at hand.

For every start that the meeting could have, the people, the table, the interpreter and the rules around it
are looked at beside the placements. What alone rules out every start is the reason, the plainest first: no
start at all; a limit or precedence; one side's slots full; both sides'; then, in the slots that all sides
could still make, tables, interpreters, walks. Where no single one does, the meeting would cost others: the
cheapest set of meetings in its way is named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import product
from operator import itemgetter
from types import MappingProxyType

import msgspec

from solver.abandoning import AbandonedError, never, watched
from solver.explain.occupancy import Limit, Occupancy, bits
from solver.problem import Interpreter, Meeting, Need, Party, Problem, Table
from solver.schedule import Placement, Reason, Schedule, Unplaced

Finding = tuple[Reason, tuple[str, ...]]

ALONE: Mapping[Limit, Reason] = MappingProxyType(
    {
        Limit.TOTAL: Reason.LIMIT,
        Limit.DAY: Reason.LIMIT_DAY,
        Limit.ROW: Reason.LIMIT_ROW,
        Limit.BREAKS: Reason.LIMIT_BREAKS,
    }
)
"""What is said where one kind of limit alone keeps people away, asked in this order."""


def reasons(
    problem: Problem,
    placements: Iterable[Placement],
    *,
    only: Collection[str] | None = None,
    should_stop: Callable[[], bool] = never,
) -> tuple[Unplaced, ...]:
    """The reason of each meeting without placement, in the problem's order.

    ``placements`` are ones that ``verify`` accepts, musts aside. ``only``: ids of the meetings to look at.
    Once ``should_stop()`` is true those that follow are left out; :func:`completed` adds them.
    ``subjects`` name who and what the reason is about: for ``SLOTS_FULL`` the people, then the meetings that
    fill their slots; for limits the person or company; for ``COSTS_MORE`` the meetings in the way, none
    where the meeting could be placed at the cost of an earlier goal, or by a longer search.
    """
    try:
        explainer = _Explainer(Occupancy(problem, watched(placements, should_stop)))
    except AbandonedError:
        return ()
    found: list[Unplaced] = []
    for meeting in problem.meetings:
        if meeting.id not in explainer.beside.placed and (only is None or meeting.id in only):
            if should_stop():
                break
            reason, subjects = explainer.reason(meeting)
            unique = tuple(dict.fromkeys(subjects))
            found.append(Unplaced(meeting=meeting.id, reason=reason, subjects=unique))
    return tuple(found)


def completed(problem: Problem, schedule: Schedule) -> Schedule:
    """``schedule`` with the reason of each meeting without placement that has none yet, as after a stop."""
    known = {each.meeting: each for each in schedule.unplaced}
    placed = {placement.meeting for placement in schedule.placements}
    missing = {meeting.id for meeting in problem.meetings} - placed - known.keys()
    if not missing:
        return schedule
    known |= {each.meeting: each for each in reasons(problem, schedule.placements, only=missing)}
    in_order = (known[meeting.id] for meeting in problem.meetings if meeting.id in known)
    return msgspec.structs.replace(schedule, unplaced=tuple(in_order))


def free_place(problem: Problem, placements: Iterable[Placement], meeting: Meeting) -> Placement | None:
    """A placement of ``meeting`` that keeps every rule and moves nothing else; the earliest, or None."""
    explainer = _Explainer(Occupancy(problem, placements))
    starts = explainer.beside.allowed_starts(meeting) & explainer.sides(meeting, busy=True, limits=True)
    starts &= explainer.beside.ordered_starts(meeting)
    counts = explainer.beside.company_count
    if any(
        company.max_meetings is not None and counts[company.id] >= company.max_meetings
        for company in problem.companies
        if any(party.company == company.id for party in meeting.parties)
    ):
        return None
    for start in bits(starts):
        found = explainer.place(meeting, start)
        if found is not None:
            return found
    return None


class _Explainer:
    """The questions, in their order, about one meeting at a time."""

    def __init__(self, beside: Occupancy) -> None:
        self.beside = beside
        self.problem = beside.problem
        self.companies = {company.id: company for company in self.problem.companies}
        self.far = {(w.a, w.b) for w in self.problem.walks} | {(w.b, w.a) for w in self.problem.walks}
        self.hosted = {table.host for table in self.problem.tables if table.host is not None}
        self._fitting: dict[object, list[Table]] = {}
        self._table_starts: dict[object, tuple[int, int]] = {}
        self._pairs: dict[frozenset[str], list[Interpreter]] = {}

    def reason(self, meeting: Meeting) -> Finding:
        """The tightest true reason of an unplaced meeting."""
        found = self._never(meeting)
        if found is not None:
            return found
        possible = self.beside.allowed_starts(meeting) & self.sides(meeting, busy=False)
        if not possible:
            return Reason.NO_COMMON_SLOT, tuple(name for p in meeting.parties for name in p.people)
        return (
            self._company_limit(meeting)
            or self._closed(meeting, possible)
            or self._precedence(meeting, possible)
            or self._full(meeting, possible)
            or self._limits(meeting, possible)
            or self._resources(meeting, possible)
            or self._joint(meeting, possible)
        )

    def sides(self, meeting: Meeting, *, busy: bool, limits: bool = False) -> int:
        """The starts that every party can make."""
        mask = self.beside.all
        for party in meeting.parties:
            mask &= self.beside.party_starts(party, meeting.length, busy=busy, limits=limits)
        return mask

    # What no schedule could mend

    def _never(self, meeting: Meeting) -> Finding | None:
        if meeting.interpret is not None and not self._interpreters(meeting):
            return Reason.NO_INTERPRETER_PAIR, ()
        if not self._tables(meeting):
            return Reason.NO_FITTING_TABLE, ()
        return None

    def _company_limit(self, meeting: Meeting) -> Finding | None:
        for party in meeting.parties:
            limit = self.companies[party.company].max_meetings
            if limit is not None and self.beside.company_count[party.company] >= limit:
                return Reason.LIMIT, (party.company,)
        return None

    def _closed(self, meeting: Meeting, possible: int) -> Finding | None:
        """Fitting tables or interpreters exist, but never when all sides are there."""
        open_, _ = self._open_tables(meeting)
        if not possible & open_:
            return Reason.NO_TABLE, tuple(table.id for table in self._tables(meeting))
        if meeting.interpret is not None and not possible & self._interpreted(meeting, busy=False):
            return Reason.NO_INTERPRETER, tuple(item.id for item in self._interpreters(meeting))
        return None

    # What the other placements take

    def _precedence(self, meeting: Meeting, possible: int) -> Finding | None:
        if possible & self.beside.ordered_starts(meeting):
            return None
        around = (*meeting.after, *self.beside.followers.get(meeting.id, ()))
        return Reason.PRECEDENCE, tuple(other for other in around if other in self.beside.placed)

    def _full(self, meeting: Meeting, possible: int) -> Finding | None:
        """One side's slots are full; else, in each slot, one side or the other has a meeting."""
        both = possible
        for party in meeting.parties:
            free = possible & self.beside.party_starts(party, meeting.length, busy=True)
            if not free:
                return Reason.SLOTS_FULL, (*party.people, *self._fillers(party, possible, meeting.length))
            both &= free
        if both:
            return None
        people = [name for party in meeting.parties for name in party.people]
        fillers = [
            other for party in meeting.parties for other in self._fillers(party, possible, meeting.length)
        ]
        return Reason.SLOTS_FULL, (*people, *fillers)

    def _fillers(self, party: Party, possible: int, length: int) -> Iterator[str]:
        """The party's meetings that lie in the slots that the starts ``possible`` would occupy."""
        spans, wanted = self.beside.spans, 0
        for shift in range(length):
            wanted |= possible << shift
        for person in party.people:
            for other in self.beside.agenda.get(person, ()):
                if spans[other] & wanted:
                    yield other

    def _limits(self, meeting: Meeting, possible: int) -> Finding | None:
        """A limit of people keeps them from every slot in which they are free."""
        both = possible & self.sides(meeting, busy=True)
        for party in meeting.parties:
            if not both & self.beside.party_starts(party, meeting.length, busy=True, limits=True):
                return self._which_limit(party, both, meeting.length), party.people
        if not both & self.sides(meeting, busy=True, limits=True):
            return Reason.LIMIT, tuple(name for party in meeting.parties for name in party.people)
        return None

    def _which_limit(self, party: Party, free: int, length: int) -> Reason:
        """The one kind of limit that alone keeps the party away, if there is one."""
        for kind, reason in ALONE.items():
            if not free & self.beside.party_starts(party, length, busy=True, limits=True, only=kind):
                return reason
        return Reason.LIMIT

    def _resources(self, meeting: Meeting, possible: int) -> Finding | None:
        """In the slots that all sides can still make: tables, then interpreters."""
        both = possible & self.sides(meeting, busy=True, limits=True)
        _, free = self._open_tables(meeting)
        if not both & free:
            return Reason.NO_TABLE, tuple(table.id for table in self._tables(meeting))
        if meeting.interpret is not None and not both & self._interpreted(meeting, busy=True):
            return Reason.NO_INTERPRETER, tuple(item.id for item in self._interpreters(meeting))
        return None

    def _joint(self, meeting: Meeting, possible: int) -> Finding:
        """No single thing: a walk, or several together, for which the cheapest meetings in the way count."""
        both = possible & self.sides(meeting, busy=True, limits=True) & self.beside.ordered_starts(meeting)
        _, free = self._open_tables(meeting)
        both &= free
        if meeting.interpret is not None:
            both &= self._interpreted(meeting, busy=True)
        if both:
            if any(self.place(meeting, start) is not None for start in bits(both)):
                return Reason.COSTS_MORE, ()
            return Reason.WALKING, tuple(name for party in meeting.parties for name in party.people)
        return Reason.COSTS_MORE, self._cheapest(meeting, possible)

    def _cheapest(self, meeting: Meeting, possible: int) -> tuple[str, ...]:
        """Over all starts, the least weight of meetings of the parties, a table and an interpreter there."""
        found = [
            (sum(self.beside.meetings[other].weight for other in others), start, others)
            for start in bits(possible)
            for others in [tuple(dict.fromkeys(self._in_the_way(meeting, start)))]
        ]
        return min(found, key=itemgetter(0, 1))[2]

    def _in_the_way(self, meeting: Meeting, start: int) -> Iterator[str]:
        span = ((1 << meeting.length) - 1) << start
        at_once = [other for other in self.beside.placed if self.beside.spans[other] & span]
        for party in meeting.parties:
            if not self.beside.party_starts(party, meeting.length, busy=True) >> start & 1:
                yield from self._fillers(party, 1 << start, meeting.length)
            elif not self.beside.party_starts(party, meeting.length, busy=True, limits=True) >> start & 1:
                own = [other for person in party.people for other in self.beside.agenda.get(person, ())]
                yield from self._lightest(own)
        if not self._open_tables(meeting)[1] >> start & 1:
            fitting = {table.id for table in self._tables(meeting)}
            holders = [other for other in at_once if self.beside.placed[other].table in fitting]
            yield from self._lightest(holders)
        if meeting.interpret is not None and not self._interpreted(meeting, busy=True) >> start & 1:
            able = {item.id for item in self._interpreters(meeting)}
            taking = [other for other in at_once if self.beside.placed[other].interpreter in able]
            yield from self._lightest(taking)
        if not self.beside.ordered_starts(meeting) >> start & 1:
            yield from (other for other in meeting.after if self._ends_after(other, start))
            later = self.beside.followers.get(meeting.id, ())
            yield from (other for other in later if self._starts_before(other, start + meeting.length))

    def _lightest(self, meetings: Collection[str]) -> list[str]:
        return sorted(meetings, key=lambda other: self.beside.meetings[other].weight)[:1]

    def _ends_after(self, other: str, start: int) -> bool:
        return other in self.beside.placed and bool(self.beside.spans[other] >> start)

    def _starts_before(self, other: str, end: int) -> bool:
        return other in self.beside.placed and self.beside.start(other) < end

    # A whole placement

    def place(self, meeting: Meeting, start: int) -> Placement | None:
        """A placement in ``start`` that keeps every rule, or None: walks and fixed tables included."""
        interpreters: list[Interpreter | None] = [None]
        if meeting.interpret is not None:
            interpreters = [
                item
                for item in self._interpreters(meeting)
                if self.beside.interpreter_starts(item, meeting.length, busy=True) >> start & 1
            ]
        for table, interpreter in product(self._tables(meeting), interpreters):
            if not self.beside.table_starts(table, meeting.length, busy=True) >> start & 1:
                continue
            if interpreter is not None and not self._walks(
                table, start, meeting.length, self.beside.interpreter_agenda.get(interpreter.id, ())
            ):
                continue
            people = self._people(meeting, start, table)
            if people is not None:
                return Placement(
                    meeting=meeting.id,
                    slot=self.problem.slots[start].id,
                    table=table.id,
                    people=people,
                    interpreter=None if interpreter is None else interpreter.id,
                )
        return None

    def _people(self, meeting: Meeting, start: int, table: Table) -> tuple[str, ...] | None:
        coming: list[str] = []
        for party in meeting.parties:
            able = [person for person in party.people if self._can_come(person, meeting, start, table)]
            if party.need is Need.ALL and len(able) < len(party.people):
                return None
            if not able:
                return None
            coming.extend(able if party.need is Need.ALL else able[:1])
        return tuple(coming)

    def _can_come(self, person: str, meeting: Meeting, start: int, table: Table) -> bool:
        beside = self.beside
        open_ = beside.present(person) & ~beside.busy.get(person, 0)
        if not beside.starts(open_, meeting.length) >> start & 1:
            return False
        if not beside.within_limits(person, start, meeting.length):
            return False
        if beside.people[person].fixed_table:
            block = beside.block_masks[self.problem.slots[start].block]
            for other in beside.agenda.get(person, ()):
                if beside.spans[other] & block and beside.placed[other].table != table.id:
                    return False
        return self._walks(table, start, meeting.length, beside.agenda.get(person, ()))

    def _walks(self, table: Table, start: int, length: int, own: Collection[str]) -> bool:
        """Whether somebody with the meetings ``own`` gets there and away in time."""
        if not self.far:
            return True
        beside = self.beside
        neighbours = 0
        if start and beside.joined >> (start - 1) & 1:
            neighbours |= 1 << (start - 1)
        if beside.joined >> (start + length - 1) & 1:
            neighbours |= 1 << (start + length)
        return not any(
            beside.spans[other] & neighbours
            and (table.zone, beside.tables[beside.placed[other].table].zone) in self.far
            for other in own
        )

    # Remembered over meetings: the placements do not change

    def _key(self, meeting: Meeting) -> object:
        hosts = frozenset(party.company for party in meeting.parties) & self.hosted
        heads = sum(len(party.people) if party.need is Need.ALL else 1 for party in meeting.parties)
        heads += meeting.interpret is not None
        return meeting.features, meeting.zone, meeting.locked_table, hosts, heads

    def _tables(self, meeting: Meeting) -> list[Table]:
        key = self._key(meeting)
        if key not in self._fitting:
            self._fitting[key] = self.beside.fitting_tables(meeting)
        return self._fitting[key]

    def _open_tables(self, meeting: Meeting) -> tuple[int, int]:
        """The starts in which a fitting table is open, and those in which one is free."""
        key = (self._key(meeting), meeting.length)
        if key not in self._table_starts:
            open_ = free = 0
            for table in self._tables(meeting):
                open_ |= self.beside.table_starts(table, meeting.length, busy=False)
                free |= self.beside.table_starts(table, meeting.length, busy=True)
            self._table_starts[key] = (open_, free)
        return self._table_starts[key]

    def _interpreters(self, meeting: Meeting) -> list[Interpreter]:
        key = frozenset(meeting.interpret or ())
        if key not in self._pairs:
            self._pairs[key] = (
                [] if meeting.interpret is None else self.beside.interpreters_for(meeting.interpret)
            )
        return self._pairs[key]

    def _interpreted(self, meeting: Meeting, *, busy: bool) -> int:
        mask = 0
        for item in self._interpreters(meeting):
            mask |= self.beside.interpreter_starts(item, meeting.length, busy=busy)
        return mask
