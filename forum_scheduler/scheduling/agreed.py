"""Agreed meetings -> the solver's, or the reason why one can't even be given to it.

A meeting that can't be expressed (a party without delegates, a company that is no longer approved) is left
out *with its reason*, and ends up among the unplaced ones: nothing is dropped in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from forum_scheduler.companies.models import BlockedPair, Company, Delegate, DelegateAlsoFor
from forum_scheduler.requests.models import (
    Meeting,
    MeetingStart,
    MeetingState,
    Party,
    PartyDelegate,
    Precedence,
)
from forum_scheduler.scheduling.forum_rows import ForumRows
from forum_scheduler.scheduling.ids import Kind, optional_id, solver_id, solver_ids
from solver import problem as solver
from solver.problem import Need


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


class AgreedMeetings:
    """``approved``: ids of companies. ``delegates``: all of the forum's."""

    def __init__(self, rows: ForumRows, *, approved: Collection[int], delegates: Iterable[Delegate]) -> None:
        self.rows = rows
        self.forum_id = rows.forum.id
        self.approved = approved
        self.of_company: dict[int, list[int]] = defaultdict(list)
        for delegate in delegates:
            self.of_company[delegate.company_id].append(delegate.id)

    def split(self) -> tuple[tuple[solver.Meeting, ...], tuple[LeftOut, ...]]:
        """Those that the solver is given, and those that it can't be."""
        parties = self._parties()
        blocked = self._blocked()
        starts = self.rows.slots_of(MeetingStart.meeting_id, MeetingStart.slot_id)
        people = _Attendance(self._explicit(), self.of_company, self._also_for())
        kept: dict[int, tuple[Meeting, tuple[solver.Party, ...]]] = {}
        left_out: list[LeftOut] = []
        for meeting in self.rows.of(Meeting, Meeting.id):
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
            .where(Meeting.forum_id == self.forum_id, Meeting.state == MeetingState.AGREED)
            .order_by(Party.meeting_id, Party.position, Party.id)
        )
        found: dict[int, list[Party]] = defaultdict(list)
        for party in self.rows.session.scalars(query):
            found[party.meeting_id].append(party)
        return found

    def _explicit(self) -> Mapping[int, list[int]]:
        return self.rows.pairs(
            select(PartyDelegate.party_id, PartyDelegate.delegate_id)
            .join(Party, Party.id == PartyDelegate.party_id)
            .join(Meeting, Meeting.id == Party.meeting_id)
            .where(Meeting.forum_id == self.forum_id)
            .order_by(PartyDelegate.party_id, PartyDelegate.delegate_id)
        )

    def _also_for(self) -> Mapping[int, list[int]]:
        return self.rows.pairs(
            select(DelegateAlsoFor.company_id, DelegateAlsoFor.delegate_id)
            .join(Company, Company.id == DelegateAlsoFor.company_id)
            .where(Company.forum_id == self.forum_id)
            .order_by(DelegateAlsoFor.delegate_id)
        )

    def _blocked(self) -> frozenset[tuple[int, int]]:
        query = select(BlockedPair.low_id, BlockedPair.high_id).where(BlockedPair.forum_id == self.forum_id)
        return frozenset((low, high) for low, high in self.rows.session.execute(query))

    def _precedences(self, kept: Mapping[int, object]) -> dict[int, tuple[str, ...]]:
        pairs = self.rows.pairs(
            select(Precedence.after_id, Precedence.before_id)
            .join(Meeting, Meeting.id == Precedence.after_id)
            .where(Meeting.forum_id == self.forum_id)
            .order_by(Precedence.before_id)
        )
        return {
            after: solver_ids(Kind.MEETING, (each for each in before if each in kept))
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
            return LeftOut(meeting.id, LeftOutReason.NOT_APPROVED, solver_ids(Kind.COMPANY, refused))
        if any((low, high) in blocked for low in companies for high in companies):
            return LeftOut(meeting.id, LeftOutReason.BLOCKED, solver_ids(Kind.COMPANY, companies))
        coming = people.of(parties)
        empty = [party.company_id for party in parties if not coming[party.id]]
        if empty:
            return LeftOut(meeting.id, LeftOutReason.NO_DELEGATE, solver_ids(Kind.COMPANY, empty))
        return tuple(
            solver.Party(
                company=solver_id(Kind.COMPANY, party.company_id),
                people=solver_ids(Kind.DELEGATE, coming[party.id]),
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
        zone=optional_id(Kind.ZONE, row.zone_id),
        interpret=(row.interpret[0], row.interpret[1]) if row.interpret else None,
        after=after,
        must=row.must,
        locked_slot=optional_id(Kind.SLOT, row.locked_slot_id),
        locked_table=optional_id(Kind.TABLE, row.locked_table_id),
    )
