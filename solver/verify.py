"""Judges a Schedule from the Problem alone: every hard rule checked again, every goal computed again.

Pure Python, and nothing imported but the two records (and the sums in ``measure.py``, and what ends it
early), so that one bug can't pass both this and the stages that made the schedule. Nothing is stored or
published that this refuses. 100,000 meetings take about a second.

What is judged is what the schedule *says*: its placements, its list of unplaced meetings, its goals and its
status. The order of its lists and ``problem_digest`` are not judged: placements that keep every rule of this
problem are right, whatever they were made for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from solver.abandoning import AbandonedError, never, watched
from solver.measure import Seat, Timeline, agendas, broken_promises, company_counts, goal_values
from solver.problem import GoalName, Need, Party, Person, Problem
from solver.schedule import GoalResult, Placement, Schedule, Status


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken rule. ``subjects``: the ids that it is about, the meeting or person first."""

    rule: str
    message: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``violations`` in the order of the rules below; ``goals``: the values that the placements really have.

    ``goals`` holds every goal, but promises only with a published schedule or where the problem asks for it.
    """

    violations: tuple[Violation, ...]
    goals: Mapping[GoalName, int]

    @property
    def accepted(self) -> bool:
        return not self.violations


def verify(
    problem: Problem,
    schedule: Schedule,
    *,
    published: Schedule | None = None,
    abandon: Callable[[], bool] = never,
) -> Verdict:
    """Check ``schedule`` against every hard rule of ``problem``, and its goals against what they really are.

    ``published`` is the schedule whose placements are promises. Never raises for a bad schedule: placements
    with ids that do not exist, or without a place in time, are violations and left out of all that follows.
    Raises :class:`AbandonedError` soon after ``abandon()`` is true.
    """
    judge = _Judge(problem)
    seated = judge.seat(watched(schedule.placements, abandon))
    judge.single_bookings(seated.values())
    if abandon():
        raise AbandonedError
    by_person = agendas(seated.values())
    judge.people_rules(by_person)
    judge.interpreter_rules(seated)
    by_company = company_counts(seated.values())
    judge.company_limits(by_company)
    judge.precedences(seated)
    judge.musts(seated)
    goals = goal_values(problem, judge.timeline, seated.values(), by_person=by_person, by_company=by_company)
    if published is not None or GoalName.PROMISES in problem.goals:
        goals[GoalName.PROMISES] = 0 if published is None else broken_promises(problem, schedule, published)
    judge.unplaced(schedule, seated)
    judge.claims(schedule, goals)
    return Verdict(violations=tuple(judge.violations), goals=MappingProxyType(goals))


def verify_claims(problem: Problem, schedule: Schedule, goals: Mapping[GoalName, int]) -> Verdict:
    """What ``schedule`` says about itself, where its placements have been judged: ``goals`` are their values
    by that verdict. The rest of :func:`verify`."""
    judge = _Judge(problem)
    judge.unplaced(schedule, {placement.meeting for placement in schedule.placements})
    judge.claims(schedule, goals)
    return Verdict(violations=tuple(judge.violations), goals=goals)


class _Judge:
    """The problem, looked up by id, and the violations found so far."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.violations: list[Violation] = []
        self.timeline = Timeline(problem)
        self.meetings = {meeting.id: meeting for meeting in problem.meetings}
        self.tables = {table.id: table for table in problem.tables}
        self.people = {person.id: person for person in problem.people}
        self.person_ids = frozenset(self.people)
        self.interpreters = {interpreter.id: interpreter for interpreter in problem.interpreters}
        self.walks = {(walk.a, walk.b) for walk in problem.walks} | {(w.b, w.a) for w in problem.walks}
        self.absent = {p.id: self.timeline.indices(p.unavailable) for p in problem.people if p.unavailable}
        self.away = {
            i.id: self.timeline.indices(i.unavailable) for i in problem.interpreters if i.unavailable
        }
        self.closed = {t.id: self.timeline.indices(t.closed) for t in problem.tables if t.closed}

    def add(self, rule: str, message: str, *subjects: str) -> None:
        self.violations.append(Violation(rule, message, subjects))

    # One placement alone

    def seat(self, placements: Iterable[Placement]) -> dict[str, Seat]:
        """The sound placements by meeting, in the order given; each one's own rules are checked."""
        seated: dict[str, Seat] = {}
        for placement in placements:
            if placement.meeting in seated:
                self.add("once", f"meeting {placement.meeting!r} is placed twice", placement.meeting)
                continue
            seat = self._sound(placement)
            if seat is not None:
                seated[placement.meeting] = seat
                self._start(seat)
                self._attendance(seat)
                self._place(seat)
                self._interpretation(seat)
        return seated

    def _sound(self, placement: Placement) -> Seat | None:
        id_ = placement.meeting
        meeting = self.meetings.get(id_)
        start = self.timeline.slot_at.get(placement.slot)
        table = self.tables.get(placement.table)
        interpreter = None if placement.interpreter is None else self.interpreters.get(placement.interpreter)
        named = placement.interpreter is not None
        known = (interpreter is not None or not named) and self.person_ids.issuperset(placement.people)
        if not known or meeting is None or start is None or table is None:
            self._name_unknown(placement)
            return None
        last = start + meeting.length - 1
        blocks = self.timeline.block_of
        if last >= len(blocks) or blocks[last] != blocks[start]:
            self.add("length", f"meeting {id_!r} runs past the end of its block", id_, placement.slot)
            return None
        return Seat(placement, meeting, start, last, table, interpreter)

    def _name_unknown(self, placement: Placement) -> None:
        id_ = placement.meeting
        uses: list[tuple[str, str | None, Mapping[str, object]]] = [
            ("meeting", id_, self.meetings),
            ("slot", placement.slot, self.timeline.slot_at),
            ("table", placement.table, self.tables),
            ("interpreter", placement.interpreter, self.interpreters),
            *(("person", person, self.people) for person in placement.people),
        ]
        for kind, value, known in uses:
            if value is not None and value not in known:
                self.add("unknown", f"meeting {id_!r}: there is no {kind} {value!r}", id_, value)

    def _start(self, seat: Seat) -> None:
        meeting, slot = seat.meeting, seat.placement.slot
        if meeting.starts is not None and slot not in meeting.starts:
            self.add("starts", f"meeting {meeting.id!r} may not start in slot {slot!r}", meeting.id, slot)
        if meeting.locked_slot is not None and slot != meeting.locked_slot:
            text = f"meeting {meeting.id!r} is locked to slot {meeting.locked_slot!r}, not {slot!r}"
            self.add("locked-slot", text, meeting.id, slot)

    def _attendance(self, seat: Seat) -> None:
        meeting, people = seat.meeting, seat.placement.people
        coming = set(people)
        if len(coming) != len(people):
            self.add("attendance", f"meeting {meeting.id!r} lists a person twice", meeting.id, *people)
        uninvited = coming.copy()
        for party in meeting.parties:
            uninvited.difference_update(party.people)
            if not _represented(party, coming):
                wanted = "all" if party.need is Need.ALL else "exactly one"
                text = f"meeting {meeting.id!r}: {wanted} of {', '.join(party.people)} must come"
                self.add("attendance", text, meeting.id, *party.people)
        for person in people:
            if person in uninvited:
                self.add(
                    "attendance", f"meeting {meeting.id!r}: {person!r} is not invited", meeting.id, person
                )
            absent = self.absent.get(person)
            if absent is not None:
                for slot in seat.slots():
                    if slot in absent:
                        name = self.timeline.slot_ids[slot]
                        text = f"person {person!r} is not available in slot {name!r} (meeting {meeting.id!r})"
                        self.add("available", text, meeting.id, person, name)

    def _place(self, seat: Seat) -> None:
        meeting, table, id_ = seat.meeting, seat.table, seat.meeting.id
        closed = self.closed.get(table.id)
        if closed is not None:
            for slot in seat.slots():
                if slot in closed:
                    name = self.timeline.slot_ids[slot]
                    text = f"table {table.id!r} is closed in slot {name!r} (meeting {id_!r})"
                    self.add("table-open", text, id_, table.id, name)
        if meeting.features:
            missing = [feature for feature in meeting.features if feature not in table.features]
            if missing:
                text = f"meeting {id_!r}: table {table.id!r} lacks {', '.join(missing)}"
                self.add("features", text, id_, table.id, *missing)
        if meeting.zone is not None and table.zone != meeting.zone:
            text = (
                f"meeting {id_!r} must be in zone {meeting.zone!r}, table {table.id!r} is in {table.zone!r}"
            )
            self.add("zone", text, id_, table.id)
        if meeting.locked_table is not None and table.id != meeting.locked_table:
            text = f"meeting {id_!r} is locked to table {meeting.locked_table!r}, not {table.id!r}"
            self.add("locked-table", text, id_, table.id)
        if table.host is not None and all(party.company != table.host for party in meeting.parties):
            text = f"table {table.id!r} is for meetings of company {table.host!r} only (meeting {id_!r})"
            self.add("host", text, id_, table.id, table.host)
        heads = len(seat.placement.people) + (seat.interpreter is not None)
        if table.seats is not None and heads > table.seats:
            text = f"meeting {id_!r} needs {heads} seats, table {table.id!r} has {table.seats}"
            self.add("seats", text, id_, table.id)

    def _interpretation(self, seat: Seat) -> None:
        meeting, interpreter, id_ = seat.meeting, seat.interpreter, seat.meeting.id
        if interpreter is None:
            if meeting.interpret is not None:
                self.add("interpreter", f"meeting {id_!r} needs an interpreter and has none", id_)
            return
        if meeting.interpret is None:
            text = f"meeting {id_!r} needs no interpreter and has {interpreter.id!r}"
            self.add("interpreter", text, id_, interpreter.id)
            return
        wanted = set(meeting.interpret)
        if all(set(pair) != wanted for pair in interpreter.pairs):
            text = f"interpreter {interpreter.id!r} does not cover {'-'.join(meeting.interpret)} ({id_!r})"
            self.add("interpreter", text, id_, interpreter.id)
        away = self.away.get(interpreter.id, frozenset())
        for slot in seat.slots():
            if slot in away:
                name = self.timeline.slot_ids[slot]
                text = f"interpreter {interpreter.id!r} is not available in slot {name!r} (meeting {id_!r})"
                self.add("available", text, id_, interpreter.id, name)

    # Placements together

    def single_bookings(self, seats: Collection[Seat]) -> None:
        """A person, a table, an interpreter: one meeting a slot."""
        self._single("person", ((seat, person) for seat in seats for person in seat.placement.people))
        self._single("table", ((seat, seat.table.id) for seat in seats))
        pairs = ((seat, seat.interpreter.id) for seat in seats if seat.interpreter is not None)
        self._single("interpreter", pairs)

    def _single(self, kind: str, uses: Iterable[tuple[Seat, str]]) -> None:
        """Each user's slots as bits of a number; only where two overlap are the slots looked at."""
        taken: dict[str, int] = {}
        holders: dict[str, list[Seat]] = defaultdict(list)
        for seat, who in uses:
            span = ((1 << seat.meeting.length) - 1) << seat.start
            before = taken.get(who, 0)
            if before & span:
                for slot in seat.slots():
                    other = next((each for each in holders[who] if slot in each.slots()), None)
                    if other is not None and other is not seat:
                        first, second, name = other.meeting.id, seat.meeting.id, self.timeline.slot_ids[slot]
                        text = f"{kind} {who!r} has meetings {first!r} and {second!r} in slot {name!r}"
                        self.add(f"one-{kind}", text, who, first, second, name)
            taken[who] = before | span
            holders[who].append(seat)

    def people_rules(self, by_person: Mapping[str, list[Seat]]) -> None:
        """Limits, walking, fixed tables and the hard limit of breaks, person by person."""
        for id_, seats in by_person.items():
            person = self.people[id_]
            self._person_limits(person, seats)
            if self.walks:
                self._walking("person", id_, seats)
            if person.fixed_table:
                self._fixed_table(person, seats)
            if self.problem.max_breaks is not None:
                breaks, _ = self.timeline.gaps(seats)
                if breaks > self.problem.max_breaks:
                    text = f"person {id_!r} has {breaks} breaks, at most {self.problem.max_breaks} allowed"
                    self.add("max-breaks", text, id_)

    def _person_limits(self, person: Person, seats: list[Seat]) -> None:
        if person.max_meetings is not None and len(seats) > person.max_meetings:
            self._over("person", person.id, "meetings", len(seats), person.max_meetings)
        if person.max_per_day is not None:
            for day, count in Counter(self.timeline.day_of[seat.start] for seat in seats).items():
                if count > person.max_per_day:
                    self._over("person", person.id, f"meetings on day {day!r}", count, person.max_per_day)
        if person.max_in_row is not None:
            row = self.timeline.longest_row(seats)
            if row > person.max_in_row:
                self._over("person", person.id, "slots in a row", row, person.max_in_row)

    def _over(self, kind: str, id_: str, what: str, count: int, limit: int) -> None:
        self.add("limit", f"{kind} {id_!r} has {count} {what}, at most {limit} allowed", id_)

    def _walking(self, kind: str, id_: str, seats: list[Seat]) -> None:
        for before, after in pairwise(seats):
            if (
                after.start == before.end + 1
                and self.timeline.block_of[before.end] == self.timeline.block_of[after.start]
                and (before.table.zone, after.table.zone) in self.walks
            ):
                text = (
                    f"{kind} {id_!r} can't walk from {before.table.zone!r} (meeting {before.meeting.id!r}) "
                    f"to {after.table.zone!r} (meeting {after.meeting.id!r}) in time"
                )
                self.add("walking", text, id_, before.meeting.id, after.meeting.id)

    def _fixed_table(self, person: Person, seats: list[Seat]) -> None:
        for block, within in self.timeline.by_block(seats):
            tables = {seat.table.id for seat in within}
            if len(tables) > 1:
                text = f"person {person.id!r} has tables {', '.join(sorted(tables))} in block {block!r}"
                self.add("fixed-table", text, person.id, *(seat.meeting.id for seat in within))

    def interpreter_rules(self, seated: Mapping[str, Seat]) -> None:
        """Limits and walking of interpreters; their day is counted in slots."""
        interpreted: dict[str, list[Seat]] = defaultdict(list)
        for seat in seated.values():
            if seat.interpreter is not None:
                interpreted[seat.interpreter.id].append(seat)
        for id_, seats in interpreted.items():
            seats.sort(key=lambda seat: seat.start)
            interpreter = self.interpreters[id_]
            if interpreter.max_per_day is not None:
                days = Counter(self.timeline.day_of[slot] for seat in seats for slot in seat.slots())
                for day, count in days.items():
                    if count > interpreter.max_per_day:
                        what = f"slots on day {day!r}"
                        self._over("interpreter", id_, what, count, interpreter.max_per_day)
            if interpreter.max_in_row is not None:
                row = self.timeline.longest_row(seats)
                if row > interpreter.max_in_row:
                    self._over("interpreter", id_, "slots in a row", row, interpreter.max_in_row)
            if self.walks:
                self._walking("interpreter", id_, seats)

    def company_limits(self, counts: Mapping[str, int]) -> None:
        """A company's meetings in all."""
        for company in self.problem.companies:
            count = counts.get(company.id, 0)
            if company.max_meetings is not None and count > company.max_meetings:
                self._over("company", company.id, "meetings", count, company.max_meetings)

    def precedences(self, seated: Mapping[str, Seat]) -> None:
        """Where both take place, the earlier one ends before the later one starts."""
        for seat in seated.values():
            for earlier in seat.meeting.after:
                other = seated.get(earlier)
                if other is not None and other.end >= seat.start:
                    text = f"meeting {earlier!r} must end before meeting {seat.meeting.id!r} starts"
                    self.add("after", text, seat.meeting.id, earlier)

    def musts(self, seated: Mapping[str, Seat]) -> None:
        """No schedule without the meetings that must take place."""
        for meeting in self.problem.meetings:
            if (meeting.must or self.problem.must_all) and meeting.id not in seated:
                self.add("must", f"meeting {meeting.id!r} must take place and is not placed", meeting.id)

    # What the schedule says about itself

    def unplaced(self, schedule: Schedule, seated: Container[str]) -> None:
        """The list of unplaced meetings names real meetings, each once, and none that is placed."""
        for id_, count in Counter(item.meeting for item in schedule.unplaced).items():
            if id_ not in self.meetings:
                self.add("unknown", f"unplaced: there is no meeting {id_!r}", id_)
            elif id_ in seated:
                self.add("unplaced", f"meeting {id_!r} is placed and listed as unplaced", id_)
            elif count > 1:
                self.add("unplaced", f"meeting {id_!r} is listed as unplaced {count} times", id_)

    def claims(self, schedule: Schedule, goals: Mapping[GoalName, int]) -> None:
        """Goals as stated are as computed, no value passes its bound, and *optimal* means all are met."""
        for result in schedule.goals:
            real = goals.get(result.name)
            if real is None:
                continue  # promises can't be judged without the published schedule
            if result.value != real:
                text = f"goal {result.name} is {real}, the schedule says {result.value}"
                self.add("goal", text, result.name.value)
            elif _passes(result):
                text = f"goal {result.name}: the value {result.value} passes its bound {result.bound}"
                self.add("goal", text, result.name.value)
        if schedule.status is Status.OPTIMAL:
            stated = {result.name for result in schedule.goals if result.proven}
            for name in self.problem.goals:
                if name not in stated and not (name is GoalName.PROMISES and name not in goals):
                    self.add("goal", f"the schedule is called optimal, goal {name} is not proven", name.value)


def _represented(party: Party, coming: set[str]) -> bool:
    if party.need is Need.ALL or len(party.people) == 1:
        return coming.issuperset(party.people)
    return sum(person in coming for person in party.people) == 1


def _passes(result: GoalResult) -> bool:
    return result.value > result.bound if result.name.maximised else result.value < result.bound
