"""Meetings and changes as rows of a page: by time, in words, filtered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.companies.models import Delegate
from forum_scheduler.companies.reading import person_name
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.changes import Appointment, Change, ChangeKind, kind_of_meeting
from forum_scheduler.publishing.records import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRow:
    """A placed meeting in words."""

    when: str
    iso: str
    table: str
    zone: str
    title: str
    people: str
    interpreter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """What happens to one meeting; ``before`` and ``after`` are times and tables in words.

    ``come`` and ``gone``: the names of those who come to it newly, or no longer, while it takes place.
    """

    kind: ChangeKind
    title: str
    before: str
    after: str
    come: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def meeting_rows(entries: Iterable[Entry], forum: Forum, *, search: str = "") -> list[MeetingRow]:
    """Those with all words of ``search`` in them, in any case."""
    rows = (
        MeetingRow(
            when=_when(entry.starts_at, forum),
            iso=entry.starts_at.isoformat(),
            table=entry.table_label,
            zone=entry.zone_name,
            title=_title(entry.title, (party.company.name for party in entry.parties)),
            people=", ".join(person_name(person.name) for person in entry.people),
            interpreter=entry.interpreter.name if entry.interpreter else "",
        )
        for entry in entries
    )
    wanted = search.casefold().split()
    return [row for row in rows if all(word in _text(row) for word in wanted)]


def _text(row: MeetingRow) -> str:
    parts = (row.when, row.table, row.zone, row.title, row.people, row.interpreter)
    return " ".join(parts).casefold()


def rows_of_changes(changes: Iterable[Change], forum: Forum) -> list[ChangeRow]:
    """One row a meeting, in the order of ``changes``."""
    found: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        found[change.newest.meeting_id].append(change)
    people = select(Delegate.id, Delegate.name).where(Delegate.forum_id == forum.id)
    names = {id_: person_name(name) for id_, name in db.session.execute(people)} if found else {}
    return [_row(own, forum, names) for own in found.values()]


def _row(changes: Sequence[Change], forum: Forum, names: Mapping[int, str]) -> ChangeRow:
    kind = kind_of_meeting({change.kind for change in changes})
    newest = next((change.after for change in changes if change.after), changes[0].newest)
    before = next((change.before for change in changes if change.before), None)
    stays = kind in (ChangeKind.MOVED, ChangeKind.PEOPLE)
    whose = {
        each: tuple(names.get(one.newest.delegate_id, "") for one in changes if stays and one.kind is each)
        for each in (ChangeKind.ADDED, ChangeKind.DROPPED)
    }
    return ChangeRow(
        kind=kind,
        title=_title(newest.title, (company.name for company in newest.companies)),
        before=_place(before, forum),
        after=_place(newest if kind is not ChangeKind.DROPPED else None, forum),
        come=whose[ChangeKind.ADDED],
        gone=whose[ChangeKind.DROPPED],
    )


def _title(title: str, companies: Iterable[str]) -> str:
    names = " × ".join(companies)
    return f"{names} ({title})" if title else names


def _place(appointment: Appointment | None, forum: Forum) -> str:
    if appointment is None:
        return ""
    when = _when(appointment.starts_at, forum)
    return str(_("%(when)s, table %(table)s", when=when, table=appointment.table_label))


def _when(moment: datetime, forum: Forum) -> str:
    local = moment.astimezone(forum.zone)
    day = format_date(local.date(), _("EEE d MMM"))
    return f"{day}, {local:%H:%M}"
