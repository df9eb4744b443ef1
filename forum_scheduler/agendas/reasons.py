"""Why a meeting has no place, in a sentence for the organiser's spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.agendas.wording import clean
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Side
from forum_scheduler.requests.models import Meeting, Party
from forum_scheduler.scheduling.ids import Kind, kind_of, row_id
from forum_scheduler.scheduling.models import Unplaced
from forum_scheduler.scheduling.planning import LeftOutReason
from solver.schedule import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedMeeting:
    """A meeting that a schedule has no place for. ``why`` is a sentence in the active language."""

    meeting_id: int
    title: str
    must: bool
    companies: tuple[str, ...]
    company_ids: tuple[int, ...]
    sides: tuple[str, ...]
    why: str


def unplaced_meetings(schedule_id: int) -> tuple[UnplacedMeeting, ...]:
    """All of a schedule, by names; four queries."""
    rows = db.session.execute(
        select(Unplaced.meeting_id, Unplaced.reason, Unplaced.subjects, Meeting.title, Meeting.must)
        .join(Meeting, Meeting.id == Unplaced.meeting_id)
        .where(Unplaced.schedule_id == schedule_id)
    ).all()
    if not rows:
        return ()
    companies: dict[int, list[tuple[int, str, str]]] = {}
    parties = (
        select(Party.meeting_id, Company.id, Company.name, Side.name)
        .join(Company, Company.id == Party.company_id)
        .join(Side, Side.id == Company.side_id)
        .join(Unplaced, Unplaced.meeting_id == Party.meeting_id)
        .where(Unplaced.schedule_id == schedule_id)
        .order_by(Party.meeting_id, Party.position, Party.id)
    )
    for meeting_id, company_id, name, side in db.session.execute(parties):
        companies.setdefault(meeting_id, []).append((company_id, clean(name), side))
    names = _names(subject for row in rows for subject in row.subjects)
    found = [
        UnplacedMeeting(
            meeting_id=row.meeting_id,
            title=clean(row.title),
            must=row.must,
            companies=tuple(name for _id, name, _side in companies.get(row.meeting_id, ())),
            company_ids=tuple(id_ for id_, _name, _side in companies.get(row.meeting_id, ())),
            sides=tuple(side for _id, _name, side in companies.get(row.meeting_id, ())),
            why=reason_words(row.reason, tuple(names[each] for each in row.subjects if each in names)),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda each: (each.companies, each.meeting_id)))


def _names(subjects: Iterable[str]) -> Mapping[str, str]:
    """Solver ids of companies and people -> their names."""
    by_kind: dict[Kind, set[int]] = {Kind.COMPANY: set(), Kind.DELEGATE: set()}
    for subject in subjects:
        kind = kind_of(subject)
        if kind in by_kind:
            by_kind[kind].add(row_id(subject))
    names = {}
    for kind, query in (
        (Kind.COMPANY, select(Company.id, Company.name).where(Company.id.in_(by_kind[Kind.COMPANY]))),
        (Kind.DELEGATE, select(Delegate.id, Delegate.name).where(Delegate.id.in_(by_kind[Kind.DELEGATE]))),
    ):
        for id_, name in db.session.execute(query):
            names[f"{kind}{id_}"] = clean(name)
    return names


def reason_words(reason: str, names: Sequence[str]) -> str:
    """The reason as a sentence; ``names`` are those of whom it is about."""
    words = _SENTENCES.get(reason)
    who = ", ".join(names)
    if words is None:
        return reason
    general, about = words
    return about(who) if who and about is not None else general()


_Words = tuple[Callable[[], str], Callable[[str], str] | None]

# Functions, so that each is put into words in the language of the moment it is shown.
_SENTENCES: Mapping[str, _Words] = {
    Reason.NO_COMMON_SLOT: (lambda: _("There is no time at which all who must come are free."), None),
    Reason.SLOTS_FULL: (
        lambda: _("All times that both sides can make are full of other meetings."),
        lambda who: _("All times are full of other meetings: %(who)s.", who=who),
    ),
    Reason.NO_TABLE: (lambda: _("No fitting table is free at the times that both sides can make."), None),
    Reason.NO_FITTING_TABLE: (lambda: _("No table has what the meeting needs."), None),
    Reason.NO_INTERPRETER: (
        lambda: _("No interpreter is free at the times that both sides can make."),
        None,
    ),
    Reason.NO_INTERPRETER_PAIR: (lambda: _("No interpreter knows this pair of languages."), None),
    Reason.LIMIT: (
        lambda: _("A limit of meetings is reached."),
        lambda who: _("A limit of meetings is reached: %(who)s.", who=who),
    ),
    Reason.PRECEDENCE: (lambda: _("A meeting that comes before or after it leaves no time."), None),
    Reason.WALKING: (lambda: _("The walk from or to the next meeting is too long."), None),
    Reason.COSTS_MORE: (
        lambda: _("Placing it would cost meetings that are worth at least as much."),
        None,
    ),
    LeftOutReason.NO_DELEGATE: (
        lambda: _("A company has nobody who could come."),
        lambda who: _("Nobody could come: %(who)s.", who=who),
    ),
    LeftOutReason.NOT_APPROVED: (
        lambda: _("A company is not approved."),
        lambda who: _("Not approved: %(who)s.", who=who),
    ),
    LeftOutReason.BLOCKED: (lambda: _("These companies are never to meet each other."), None),
    LeftOutReason.TOO_FEW: (lambda: _("Fewer than two companies take part."), None),
}
