"""Rows -> the solver's immutable Problem, by a fixed number of queries whatever the size.

A meeting that can't be expressed (a party without delegates, a company that is no longer approved) is left
out *with its reason*, and ends up among the unplaced ones: nothing is dropped in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask_babel import lazy_gettext
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from forum_scheduler.companies.models import (
    BlockedPair,
    Company,
    CompanyStatus,
    Delegate,
    DelegateAlsoFor,
)
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import Base, db
from forum_scheduler.forums.models import (
    Block,
    Forum,
    Interpreter,
    InterpreterAbsence,
    Retirable,
    Slot,
    Table,
    TableClosure,
    Zone,
    ZoneWalk,
)
from forum_scheduler.requests.availability import most_per_day
from forum_scheduler.requests.models import (
    Meeting,
    MeetingStart,
    MeetingState,
    Party,
    PartyDelegate,
    Precedence,
    Unavailability,
)
from forum_scheduler.scheduling.ids import Kind, solver_id
from solver import problem as solver
from solver.problem import GoalName, Need, Problem, ProblemError

_Row = TypeVar("_Row", bound=Base)


class LeftOutReason(StrEnum):
    """Why a meeting can't even be given to the solver. Stored beside the solver's own reasons."""

    NO_DELEGATE = "no-delegate"  # a party has nobody who could come (subject: its company)
    NOT_APPROVED = "not-approved"  # a party's company is not approved, or no longer (subject: it)
    BLOCKED = "blocked"  # the companies are never to meet each other
    TOO_FEW = "too-few"  # fewer than two companies


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An agreed meeting that is not in the problem. ``subjects``: solver ids that the reason names."""

    meeting_id: int
    reason: LeftOutReason
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run works on: the problem, and the agreed meetings that could not be put into it."""

    problem: Problem
    left_out: tuple[LeftOut, ...]


class NotReady(Invalid):
    """The forum can't be scheduled yet; the message says what is missing."""


def build(forum: Forum, *, goals: Sequence[str] | None = None) -> Plan:
    """The forum's problem as the rows stand now; ``goals`` instead of its own. Raises :class:`NotReady`.

    Days are those of the forum's time zone. Order: blocks and slots by time, all else by position and id,
    so that the same rows always give the same bytes.
    """
    return _Planner(db.session(), forum).plan(goals or forum.goals)


class _Planner:
    """Loads everything once; each table of the forum is one query."""

    def __init__(self, session: Session, forum: Forum) -> None:
        self.session = session
        self.forum = forum
        self.companies = self._rows(Company, Company.id)
        self.approved = {row.id for row in self.companies if row.status == CompanyStatus.APPROVED}
        self.delegates = self._rows(Delegate, Delegate.id)
        self.also_for = self._pairs(
            select(DelegateAlsoFor.company_id, DelegateAlsoFor.delegate_id)
            .join(Company, Company.id == DelegateAlsoFor.company_id)
            .where(Company.forum_id == forum.id)
            .order_by(DelegateAlsoFor.delegate_id)
        )
        self.of_company: dict[int, list[int]] = defaultdict(list)
        for delegate in self.delegates:
            self.of_company[delegate.company_id].append(delegate.id)

    def plan(self, goals: Sequence[str]) -> Plan:
        blocks = self._rows(Block, Block.starts_at)
        slots = self._slots(blocks)
        if not slots:
            raise NotReady(lazy_gettext("The forum has no slots yet: add days and blocks in the settings."))
        meetings, left_out = self._meetings()
        if not meetings:
            raise NotReady(lazy_gettext("There is no agreed meeting yet that could be given a place."))
        zones = self._rows(Zone, Zone.position, Zone.id)
        forum = self.forum
        try:
            problem = Problem(
                version=1,
                name=forum.name,
                blocks=self._blocks(blocks),
                slots=slots,
                zones=tuple(solver_id(Kind.ZONE, zone.id) for zone in zones),
                walks=self._walks(),
                tables=self._tables(),
                companies=self._companies(),
                people=self._people(),
                interpreters=self._interpreters(),
                meetings=meetings,
                goals=tuple(GoalName(name) for name in goals),
                floor=forum.coverage_floor,
                max_breaks=forum.max_breaks,
                must_all=forum.must_all,
            )
        except ProblemError as error:
            raise NotReady(
                lazy_gettext("The forum's data contradict each other: %(error)s", error=str(error))
            ) from error
        return Plan(problem=problem, left_out=left_out)

    # Queries

    def _rows(self, model: type[_Row], *order: Any) -> list[_Row]:
        owner: Any = model
        query = select(model).where(owner.forum_id == self.forum.id).order_by(*order)
        if issubclass(owner, Retirable):
            query = query.where(owner.live())
        return list(self.session.scalars(query))

    def _pairs(self, query: Select[int, int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for key, value in self.session.execute(query):
            found[key].append(value)
        return found

    def _slots_of(
        self, key: InstrumentedAttribute[int], slot: InstrumentedAttribute[int]
    ) -> Callable[[int], tuple[str, ...]]:
        """Slots by owner, in the order of time, of a table of (owner, slot) rows."""
        found = self._pairs(
            select(key, slot)
            .join(Slot, Slot.id == slot)
            .where(Slot.forum_id == self.forum.id, Slot.live())
            .order_by(Slot.starts_at)
        )
        return lambda owner: _ids(Kind.SLOT, found.get(owner, ()))

    # The frame

    def _blocks(self, blocks: list[Block]) -> tuple[solver.Block, ...]:
        zone = self.forum.zone
        return tuple(
            solver.Block(
                id=solver_id(Kind.BLOCK, block.id), day=block.starts_at.astimezone(zone).date().isoformat()
            )
            for block in blocks
        )

    def _slots(self, blocks: list[Block]) -> tuple[solver.Slot, ...]:
        found: dict[int, list[Slot]] = defaultdict(list)
        for slot in self._rows(Slot, Slot.starts_at):
            found[slot.block_id].append(slot)
        return tuple(
            solver.Slot(
                id=solver_id(Kind.SLOT, slot.id),
                block=solver_id(Kind.BLOCK, block.id),
                start=slot.starts_at.isoformat(),
                end=slot.ends_at.isoformat(),
            )
            for block in blocks
            for slot in found[block.id]
        )

    def _walks(self) -> tuple[solver.Walk, ...]:
        """Zones that are further apart than the pause between two slots lasts."""
        query = (
            select(ZoneWalk.low_id, ZoneWalk.high_id)
            .join(Zone, Zone.id == ZoneWalk.low_id)
            .where(Zone.forum_id == self.forum.id, Zone.live(), ZoneWalk.minutes > self.forum.pause_minutes)
            .order_by(ZoneWalk.low_id, ZoneWalk.high_id)
        )
        return tuple(
            solver.Walk(a=solver_id(Kind.ZONE, low), b=solver_id(Kind.ZONE, high))
            for low, high in self.session.execute(query)
        )

    def _tables(self) -> tuple[solver.Table, ...]:
        closed = self._slots_of(TableClosure.table_id, TableClosure.slot_id)
        return tuple(
            solver.Table(
                id=solver_id(Kind.TABLE, table.id),
                zone=solver_id(Kind.ZONE, table.zone_id),
                features=tuple(table.features),
                closed=closed(table.id),
                host=_optional(Kind.COMPANY, table.host_company_id),
                seats=table.seats,
            )
            for table in self._rows(Table, Table.position, Table.id)
        )

    # Who comes

    def _companies(self) -> tuple[solver.Company, ...]:
        """All, since a booth's host may be one that is not approved (yet)."""
        return tuple(
            solver.Company(
                id=solver_id(Kind.COMPANY, company.id),
                side=solver_id(Kind.SIDE, company.side_id),
                max_meetings=_first(company.max_meetings, self.forum.max_meetings),
            )
            for company in self.companies
        )

    def _people(self) -> tuple[solver.Person, ...]:
        absent = self._slots_of(Unavailability.delegate_id, Unavailability.slot_id)
        return tuple(
            solver.Person(
                id=solver_id(Kind.DELEGATE, delegate.id),
                unavailable=absent(delegate.id),
                max_per_day=most_per_day(delegate, self.forum),
                max_in_row=_first(delegate.max_in_row, self.forum.max_in_row),
                fixed_table=delegate.fixed_table,
            )
            for delegate in self.delegates
        )

    def _interpreters(self) -> tuple[solver.Interpreter, ...]:
        absent = self._slots_of(InterpreterAbsence.interpreter_id, InterpreterAbsence.slot_id)
        return tuple(
            solver.Interpreter(
                id=solver_id(Kind.INTERPRETER, interpreter.id),
                pairs=tuple((first, second) for first, second in interpreter.pairs),
                unavailable=absent(interpreter.id),
                max_per_day=interpreter.max_per_day,
                max_in_row=interpreter.max_in_row,
            )
            for interpreter in self._rows(Interpreter, Interpreter.id)
        )

    # Meetings

    def _meetings(self) -> tuple[tuple[solver.Meeting, ...], tuple[LeftOut, ...]]:
        parties = self._parties()
        blocked = self._blocked()
        starts = self._slots_of(MeetingStart.meeting_id, MeetingStart.slot_id)
        people = _Attendance(self._explicit(), self.of_company, self.also_for)
        kept: dict[int, tuple[Meeting, tuple[solver.Party, ...]]] = {}
        left_out: list[LeftOut] = []
        for meeting in self._rows(Meeting, Meeting.id):
            if meeting.state != MeetingState.AGREED:
                continue
            found = self._expressed(meeting, parties.get(meeting.id, []), blocked, people)
            if isinstance(found, LeftOut):
                left_out.append(found)
            else:
                kept[meeting.id] = (meeting, found)
        after = self._precedences(kept)
        made = tuple(
            _meeting(meeting, parties_of, starts(meeting.id), after.get(meeting.id, ()))
            for meeting, parties_of in kept.values()
        )
        return made, tuple(left_out)

    def _parties(self) -> Mapping[int, list[Party]]:
        query = (
            select(Party)
            .join(Meeting, Meeting.id == Party.meeting_id)
            .where(Meeting.forum_id == self.forum.id, Meeting.state == MeetingState.AGREED)
            .order_by(Party.meeting_id, Party.position, Party.id)
        )
        found: dict[int, list[Party]] = defaultdict(list)
        for party in self.session.scalars(query):
            found[party.meeting_id].append(party)
        return found

    def _explicit(self) -> Mapping[int, list[int]]:
        return self._pairs(
            select(PartyDelegate.party_id, PartyDelegate.delegate_id)
            .join(Party, Party.id == PartyDelegate.party_id)
            .join(Meeting, Meeting.id == Party.meeting_id)
            .where(Meeting.forum_id == self.forum.id)
            .order_by(PartyDelegate.party_id, PartyDelegate.delegate_id)
        )

    def _blocked(self) -> frozenset[tuple[int, int]]:
        query = select(BlockedPair.low_id, BlockedPair.high_id).where(BlockedPair.forum_id == self.forum.id)
        return frozenset((low, high) for low, high in self.session.execute(query))

    def _precedences(self, kept: Mapping[int, object]) -> dict[int, tuple[str, ...]]:
        pairs = self._pairs(
            select(Precedence.after_id, Precedence.before_id)
            .join(Meeting, Meeting.id == Precedence.after_id)
            .where(Meeting.forum_id == self.forum.id)
            .order_by(Precedence.before_id)
        )
        return {
            after: _ids(Kind.MEETING, (each for each in before if each in kept))
            for after, before in pairs.items()
        }

    def _expressed(
        self,
        meeting: Meeting,
        parties: list[Party],
        blocked: frozenset[tuple[int, int]],
        people: _Attendance,
    ) -> tuple[solver.Party, ...] | LeftOut:
        if len(parties) < 2:
            return LeftOut(meeting.id, LeftOutReason.TOO_FEW)
        companies = [party.company_id for party in parties]
        refused = [company for company in companies if company not in self.approved]
        if refused:
            return LeftOut(meeting.id, LeftOutReason.NOT_APPROVED, _ids(Kind.COMPANY, refused))
        if any((low, high) in blocked for low in companies for high in companies):
            return LeftOut(meeting.id, LeftOutReason.BLOCKED, _ids(Kind.COMPANY, companies))
        coming = people.of(parties)
        empty = [party.company_id for party in parties if not coming[party.id]]
        if empty:
            return LeftOut(meeting.id, LeftOutReason.NO_DELEGATE, _ids(Kind.COMPANY, empty))
        return tuple(
            solver.Party(
                company=solver_id(Kind.COMPANY, party.company_id),
                people=_ids(Kind.DELEGATE, coming[party.id]),
                need=Need(party.need),
            )
            for party in parties
        )


@dataclass(frozen=True, slots=True)
class _Attendance:
    """Who may come for which party: those named for it, else all of its company and who is also for it."""

    explicit: Mapping[int, list[int]]
    of_company: Mapping[int, list[int]]
    also_for: Mapping[int, list[int]]

    def of(self, parties: Iterable[Party]) -> dict[int, list[int]]:
        """Party id -> candidates; nobody for two parties of one meeting: named, then own company, first."""
        taken: set[int] = set()
        found: dict[int, list[int]] = {party.id: [] for party in parties}
        for party_id, delegate in self._claims(tuple(parties)):
            if delegate not in taken:
                taken.add(delegate)
                found[party_id].append(delegate)
        return {party_id: sorted(delegates) for party_id, delegates in found.items()}

    def _claims(self, parties: tuple[Party, ...]) -> Iterator[tuple[int, int]]:
        for party in parties:
            yield from ((party.id, each) for each in self.explicit.get(party.id, ()))
        open_to_all = [party for party in parties if not self.explicit.get(party.id)]
        for source in (self.of_company, self.also_for):
            for party in open_to_all:
                yield from ((party.id, each) for each in source.get(party.company_id, ()))


def _meeting(
    row: Meeting, parties: tuple[solver.Party, ...], starts: tuple[str, ...], after: tuple[str, ...]
) -> solver.Meeting:
    return solver.Meeting(
        id=solver_id(Kind.MEETING, row.id),
        parties=parties,
        weight=row.weight,
        length=row.length_slots,
        starts=starts or None,
        features=tuple(row.features),
        zone=_optional(Kind.ZONE, row.zone_id),
        interpret=(row.interpret[0], row.interpret[1]) if row.interpret else None,
        after=after,
        must=row.must,
        locked_slot=_optional(Kind.SLOT, row.locked_slot_id),
        locked_table=_optional(Kind.TABLE, row.locked_table_id),
    )


def _ids(kind: Kind, row_ids: Iterable[int]) -> tuple[str, ...]:
    return tuple(solver_id(kind, each) for each in row_ids)


def _optional(kind: Kind, row_id: int | None) -> str | None:
    return None if row_id is None else solver_id(kind, row_id)


def _first(own: int | None, common: int | None) -> int | None:
    return common if own is None else own
