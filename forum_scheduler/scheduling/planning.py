"""Rows -> the solver's immutable Problem, by a fixed number of queries whatever the size.

Which agreed meetings are in it, and why one is not, is decided in ``agreed.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext
from sqlalchemy import select

from forum_scheduler.companies.models import Company, CompanyStatus, Delegate
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import (
    Block,
    Forum,
    Interpreter,
    InterpreterAbsence,
    Slot,
    Table,
    TableClosure,
    Zone,
    ZoneWalk,
)
from forum_scheduler.requests.availability import most_per_day
from forum_scheduler.requests.models import Unavailability
from forum_scheduler.scheduling.agreed import AgreedMeetings, LeftOut
from forum_scheduler.scheduling.forum_rows import ForumRows
from forum_scheduler.scheduling.ids import Kind, optional_id, solver_id
from solver import problem as solver
from solver.problem import GoalName, Problem, ProblemError


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
    return _Planner(ForumRows(db.session(), forum)).plan(goals or forum.goals)


class _Planner:
    """Loads everything once; each table of the forum is one query."""

    def __init__(self, rows: ForumRows) -> None:
        self.rows = rows
        self.forum = rows.forum
        self.companies = rows.of(Company, Company.id)
        self.delegates = rows.of(Delegate, Delegate.id)

    def plan(self, goals: Sequence[str]) -> Plan:
        blocks = self.rows.of(Block, Block.starts_at)
        slots = self._slots(blocks)
        if not slots:
            raise NotReady(lazy_gettext("The forum has no slots yet: add days and blocks in the settings."))
        meetings, left_out = self._meetings()
        if not meetings:
            raise NotReady(lazy_gettext("There is no agreed meeting yet that could be given a place."))
        zones = self.rows.of(Zone, Zone.position, Zone.id)
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
        for slot in self.rows.of(Slot, Slot.starts_at):
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
            for low, high in self.rows.session.execute(query)
        )

    def _tables(self) -> tuple[solver.Table, ...]:
        closed = self.rows.slots_of(TableClosure.table_id, TableClosure.slot_id)
        return tuple(
            solver.Table(
                id=solver_id(Kind.TABLE, table.id),
                zone=solver_id(Kind.ZONE, table.zone_id),
                features=tuple(table.features),
                closed=closed(table.id),
                host=optional_id(Kind.COMPANY, table.host_company_id),
                seats=table.seats,
            )
            for table in self.rows.of(Table, Table.position, Table.id)
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
        absent = self.rows.slots_of(Unavailability.delegate_id, Unavailability.slot_id)
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
        absent = self.rows.slots_of(InterpreterAbsence.interpreter_id, InterpreterAbsence.slot_id)
        return tuple(
            solver.Interpreter(
                id=solver_id(Kind.INTERPRETER, interpreter.id),
                pairs=tuple((first, second) for first, second in interpreter.pairs),
                unavailable=absent(interpreter.id),
                max_per_day=interpreter.max_per_day,
                max_in_row=interpreter.max_in_row,
            )
            for interpreter in self.rows.of(Interpreter, Interpreter.id)
        )

    def _meetings(self) -> tuple[tuple[solver.Meeting, ...], tuple[LeftOut, ...]]:
        approved = {row.id for row in self.companies if row.status == CompanyStatus.APPROVED}
        return AgreedMeetings(self.rows, approved=approved, delegates=self.delegates).split()


def _first(own: int | None, common: int | None) -> int | None:
    return common if own is None else own
