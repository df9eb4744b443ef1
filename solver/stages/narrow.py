"""What is left to decide in a repair once it is clear whose agendas change: a small problem of its own.

Everybody outside that circle keeps the published meetings, so these stand fast: they take up tables and
people's time, and nothing else of them is open. Meetings that were not published are open to everybody. The
small problem is solved like any other; where the circle is the only one with the fewest people, what it
proves holds for the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from solver.bounds.promises import Promised, everybody
from solver.measure import Timeline
from solver.problem import FORMAT_VERSION, GoalName, Interpreter, Meeting, Need, Party, Person, Problem, Table
from solver.schedule import Placement, Schedule, Status
from solver.verify import Violation, verify

STANDS_FAST = "stands-fast-"
"""Begins the ids of people and languages that exist in the small problem only."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """``problem``: the small one. ``exact``: every schedule with the fewest changed agendas is one of its.
    ``start``: what of the published schedule may stay, in its terms. ``fast``: placements left out of it."""

    problem: Problem
    exact: bool
    start: tuple[Placement, ...]
    fast: tuple[Placement, ...]
    names: Mapping[str, str]

    def whole(self, placements: Iterable[Placement]) -> tuple[Placement, ...]:
        """The placements of the whole problem that those of the small one amount to."""
        return (*self.fast, *(_renamed(placement, self.names) for placement in placements))

    def begin(self) -> Schedule:
        """``start`` as a schedule to go on from."""
        return _schedule(self.start)


def narrow(problem: Problem, known: Promised, *, admit: bool = False) -> Narrowed | None:
    """The problem that is left when nobody outside the circle gets another agenda.

    The circle is ``known.forced``; where somebody else must come in (a stand-in, a must's delegate), one
    is chosen and the problem is not ``exact``. ``admit``: the people of musts that were not published are
    in the circle, too, for where there is no room beside what is published. None where the promises can't be
    kept together, so that it would have to be searched whose agendas change. The small problem may have no
    schedule.
    """
    circle = _Circle(problem, known, admit=admit)
    held = circle.held()
    return None if held is None else _Small(problem, frozenset(circle.people), held, circle).build()


class _Circle:
    """Whose agendas may change, and which published placements stand fast for the others.

    ``fresh``: ids of meetings that were not published.
    """

    def __init__(self, problem: Problem, known: Promised, *, admit: bool) -> None:
        self.problem = problem
        self.known = known
        self.admit = admit
        self.people = set(known.forced)
        self.fresh = {each.id for each in problem.meetings} - known.published
        self.meetings = {each.id: each for each in problem.meetings}
        self.timeline = Timeline(problem)
        self.away = {each.id: frozenset(each.unavailable) for each in problem.people if each.unavailable}
        self._busy: set[tuple[str, str]] = set()
        for placement in known.kept:
            self._occupy(placement.people, placement)

    def held(self) -> list[Placement] | None:
        """Placements with somebody outside the circle; None where they break a rule together."""
        staffed = [each for each in self.known.open if self._staff(each)]
        held = {each.meeting for each in self._with_others([*self.known.kept, *staffed])}
        for meeting in self.problem.meetings:
            if (meeting.must or self.problem.must_all) and meeting.id not in held:
                self._let_in(meeting)
        kept = self._with_others(self.known.kept)
        if any(self._matters(each) for each in verify(self.problem, _schedule(kept)).violations):
            return None
        return [*kept, *self._with_others(staffed)]

    def _matters(self, violation: Violation) -> bool:
        """Musts, and breaks of people whose agendas are open, are the small problem's affair."""
        if violation.rule == "max-breaks":
            return violation.subjects[0] not in self.people
        return violation.rule != "must"

    def _with_others(self, placements: Iterable[Placement]) -> list[Placement]:
        return [each for each in placements if not self.people.issuperset(each.people)]

    def _staff(self, placement: Placement) -> bool:
        """Find who comes in the place of those who fell away; else let the others' agendas change."""
        if self.people.issuperset(placement.people):
            return False
        coming: list[str] = []
        for party in self.meetings[placement.meeting].parties:
            missing = self._missing(party, placement)
            if missing is None:
                self.people.update(placement.people)
                return False
            coming += missing
        self.people.update(coming)
        self._occupy(coming, placement)
        return True

    def _missing(self, party: Party, placement: Placement) -> list[str] | None:
        """Who has to come beside those who come already; None where nobody can."""
        own = [who for who in party.people if who in placement.people]
        wanted = [who for who in party.people if who not in own]
        if everybody(party):
            return wanted if all(self._free(who, placement) for who in wanted) else None
        if len(own) == 1:
            return []
        able = [who for who in wanted if self._free(who, placement)]
        if own or not able:
            return None
        return [min(able, key=lambda who: who not in self.people)]

    def _let_in(self, meeting: Meeting) -> None:
        """Let in whom a must needs: of several whom a party may send, the one with most time."""
        fresh = meeting.id in self.fresh
        if fresh and not self.admit:
            return
        for party in meeting.parties:
            if everybody(party):
                self.people.update(party.people if fresh else ())
            elif self.people.isdisjoint(party.people):
                self.people.add(min(party.people, key=lambda who: len(self.away.get(who, ()))))

    def slots(self, placement: Placement) -> tuple[str, ...]:
        start = self.timeline.slot_at[placement.slot]
        return tuple(self.timeline.slot_ids[start : start + self.meetings[placement.meeting].length])

    def _free(self, who: str, placement: Placement) -> bool:
        away = self.away.get(who, frozenset())
        return all((who, slot) not in self._busy and slot not in away for slot in self.slots(placement))

    def _occupy(self, people: Iterable[str], placement: Placement) -> None:
        self._busy.update((who, slot) for who in people for slot in self.slots(placement))


@dataclass(slots=True)
class _Small:
    """Builds the small problem."""

    problem: Problem
    circle: frozenset[str]
    held: list[Placement]
    around: _Circle
    names: dict[str, str] = field(init=False, default_factory=dict)
    present: set[str] = field(init=False)
    _given: dict[tuple[str, str], str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        fresh = [meeting for meeting in self.problem.meetings if meeting.id in self.around.fresh]
        guests = (who for meeting in fresh for party in meeting.parties for who in party.people)
        self.present = {*self.circle, *guests}

    def build(self) -> Narrowed | None:
        held = {placement.meeting: placement for placement in self.held}
        free = {meeting.id: meeting for meeting in self._free(held)}
        if self._leaves_out_a_must(held, free):
            return None
        beside = self._beside(held, free)
        fast = [each for each in self.held if each.meeting not in beside]
        small = self._problem(free, {id_: held[id_] for id_ in beside}, fast)
        start = [each for each in self.around.known.kept if each.meeting in free or each.meeting in beside]
        return Narrowed(
            problem=small,
            exact=self.circle == self.around.known.forced,
            start=tuple(each if each.meeting in free else self._seen(each) for each in start),
            fast=tuple(fast),
            names=self.names,
        )

    def _free(self, held: Mapping[str, Placement]) -> Iterator[Meeting]:
        """The meetings that were not published, and those that people of the circle alone can have."""
        for meeting in self.problem.meetings:
            if meeting.id in held:
                continue
            if meeting.id in self.around.fresh:
                yield meeting
                continue
            parties: list[Party] = []
            for party in meeting.parties:
                inside = tuple(who for who in party.people if who in self.circle)
                if not inside or (everybody(party) and len(inside) < len(party.people)):
                    break
                parties.append(msgspec.structs.replace(party, people=inside))
            else:
                yield msgspec.structs.replace(meeting, parties=tuple(parties))

    def _leaves_out_a_must(self, held: Mapping[str, Placement], free: Mapping[str, Meeting]) -> bool:
        every = self.problem.must_all
        return any(
            (meeting.must or every) and meeting.id not in held and meeting.id not in free
            for meeting in self.problem.meetings
        )

    def _beside(self, held: Mapping[str, Placement], free: Mapping[str, Meeting]) -> set[str]:
        """Held meetings that free ones have to do with: by a person, company, interpreter or precedence."""
        companies = self._counted_companies(free.values())
        interpreted = any(meeting.interpret is not None for meeting in free.values())
        ordered = {other for meeting in free.values() for other in meeting.after}
        found: set[str] = set()
        for id_, placement in held.items():
            meeting = self.around.meetings[id_]
            if (
                not self.present.isdisjoint(placement.people)
                or placement in self.around.known.open
                or (interpreted and placement.interpreter is not None)
                or id_ in ordered
                or any(other in free for other in meeting.after)
                or any(party.company in companies for party in meeting.parties)
            ):
                found.add(id_)
        return found

    def _counted_companies(self, free: Iterable[Meeting]) -> set[str]:
        """Companies of free meetings for which it counts how many meetings they have."""
        limited = {each.id for each in self.problem.companies if each.max_meetings is not None}
        every = GoalName.COVERAGE in self.problem.goals
        own = {party.company for meeting in free for party in meeting.parties}
        return own if every else own & limited

    def _problem(
        self, free: Mapping[str, Meeting], beside: Mapping[str, Placement], fast: Iterable[Placement]
    ) -> Problem:
        inside = free.keys() | beside.keys()
        meetings = [
            self._held(meeting, beside[meeting.id], inside)
            if meeting.id in beside
            else _ordered(free[meeting.id], inside)
            for meeting in self.problem.meetings
            if meeting.id in inside
        ]
        people = [person for person in self.problem.people if person.id in self.present]
        return msgspec.structs.replace(
            self.problem,
            meetings=tuple(meetings),
            people=(*people, *(Person(id=name) for name in self.names)),
            tables=tuple(self._tables(fast)),
            interpreters=tuple(self._interpreters(beside.values())),
            goals=tuple(goal for goal in self.problem.goals if goal is not GoalName.PROMISES),
        )

    def _held(self, meeting: Meeting, placement: Placement, inside: Iterable[str]) -> Meeting:
        """A meeting that stands fast: locked, with just its people, and the circle for who fell away."""
        parties: list[Party] = []
        for party in meeting.parties:
            own = [who for who in party.people if who in placement.people or everybody(party)]
            if len(own) == 1 or everybody(party):
                known = tuple(self._name(placement.meeting, who) for who in own)
                parties.append(msgspec.structs.replace(party, people=known, need=Need.ALL))
            else:
                able = tuple(who for who in party.people if who in self.circle)
                parties.append(msgspec.structs.replace(party, people=able, need=Need.ONE))
        locked = msgspec.structs.replace(
            meeting,
            parties=tuple(parties),
            must=True,
            starts=None,
            locked_slot=placement.slot,
            locked_table=placement.table,
            interpret=None if placement.interpreter is None else self._language(placement.interpreter),
        )
        return _ordered(locked, inside)

    def _name(self, meeting: str, who: str) -> str:
        """Who has no other meeting to get or lose comes as somebody with this one meeting and no limits."""
        if who in self.present:
            return who
        if (meeting, who) not in self._given:
            name = f"{STANDS_FAST}{len(self._given)}"
            self._given[meeting, who], self.names[name] = name, who
        return self._given[meeting, who]

    def _seen(self, placement: Placement) -> Placement:
        people = tuple(self._name(placement.meeting, who) for who in placement.people)
        return msgspec.structs.replace(placement, people=people)

    def _language(self, interpreter: str) -> tuple[str, str]:
        """A pair that only this interpreter speaks."""
        number = next(n for n, each in enumerate(self.problem.interpreters) if each.id == interpreter)
        return f"{STANDS_FAST}{number}", "=="

    def _interpreters(self, beside: Iterable[Placement]) -> Iterator[Interpreter]:
        taken = {placement.interpreter for placement in beside}
        for each in self.problem.interpreters:
            pairs = (*each.pairs, self._language(each.id)) if each.id in taken else each.pairs
            yield msgspec.structs.replace(each, pairs=pairs)

    def _tables(self, fast: Iterable[Placement]) -> Iterator[Table]:
        """Tables are closed while meetings that stand fast, and are left out, take them."""
        taken: dict[str, set[str]] = {}
        for placement in fast:
            taken.setdefault(placement.table, set()).update(self.around.slots(placement))
        for table in self.problem.tables:
            closed = taken.get(table.id)
            if closed is not None:
                order = self.around.timeline.slot_at
                both = tuple(sorted(closed.union(table.closed), key=order.__getitem__))
                yield msgspec.structs.replace(table, closed=both)
            else:
                yield table


def _ordered(meeting: Meeting, inside: Iterable[str]) -> Meeting:
    return msgspec.structs.replace(meeting, after=tuple(each for each in meeting.after if each in inside))


def _renamed(placement: Placement, names: Mapping[str, str]) -> Placement:
    return msgspec.structs.replace(placement, people=tuple(names.get(who, who) for who in placement.people))


def _schedule(placements: Iterable[Placement]) -> Schedule:
    return Schedule(
        version=FORMAT_VERSION,
        status=Status.FEASIBLE,
        problem_digest="",
        solver_version="",
        placements=tuple(placements),
    )
