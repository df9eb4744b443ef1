"""What would place a meeting that has no place: found on demand, in words, with the page to do it on.

Each remedy was tried beside all other placements, unmoved, and the judge accepted it: ``solver/remedies.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from forum_scheduler.errors import NotFound
from forum_scheduler.scheduling.board.position import problem_of
from forum_scheduler.scheduling.ids import Kind, kind_of, row_id, solver_id
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.storing import load_result
from forum_scheduler.scheduling.words import Names, languages
from solver.remedies import Change, Remedy, remedies

MOST = 3  # of each kind

SENTENCES: Mapping[Change, Any] = {
    Change.NOTHING: _l("It fits as things are: %(where)s."),
    Change.FREE_SLOT: _l("If %(who)s comes at that time: %(where)s."),
    Change.DELEGATE: _l("If %(who)s sends one more delegate: %(where)s."),
    Change.TABLE: _l("With one more table at that time: %(where)s."),
    Change.INTERPRETER: _l("With one more interpreter (%(who)s) at that time: %(where)s."),
    Change.COMPANY_LIMIT: _l("If %(who)s may have one more meeting: %(where)s."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyRow:
    """A remedy in words. ``slot_id`` and ``table_id``: where the meeting would be; no table for a new one."""

    change: Change
    sentence: str
    slot_id: int
    table_id: int | None
    subject_id: int | None  # of the delegate or company that it is about


def remedies_of(schedule: Schedule, meeting_id: int, names: Names) -> tuple[RemedyRow, ...]:
    """Empty where no single change helps. Raises NotFound for a meeting that is placed, or was left out."""
    problem = problem_of(schedule)
    wanted = solver_id(Kind.MEETING, meeting_id)
    placements = load_result(schedule, problem).placements
    known = {meeting.id for meeting in problem.meetings} - {each.meeting for each in placements}
    if wanted not in known:
        raise NotFound(_l("This meeting does not wait for a place in this schedule."))
    return tuple(_row(each, names) for each in remedies(problem, placements, wanted, most=MOST))


def _row(remedy: Remedy, names: Names) -> RemedyRow:
    placement = remedy.placement
    new_table = kind_of(placement.table) is None
    where = names.name(placement.slot)
    if not new_table:
        where = f"{where}, {names.name(placement.table)}"
    who = (
        languages(remedy.subject.split("-"))
        if remedy.change is Change.INTERPRETER
        else names.listed([remedy.subject])
    )
    return RemedyRow(
        change=remedy.change,
        sentence=str(SENTENCES[remedy.change]) % {"who": who, "where": where},
        slot_id=row_id(placement.slot),
        table_id=None if new_table else row_id(placement.table),
        subject_id=row_id(remedy.subject) if kind_of(remedy.subject) is not None else None,
    )
