"""Meetings and changes as rows of a page: by time, in words, filtered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import format_date
from flask_babel import gettext as _

from forum_scheduler.companies.reading import person_name
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.changes import Appointment, Change, ChangeKind
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
    """What happens to one meeting; ``before`` and ``after`` are times and tables in words."""

    kind: ChangeKind
    title: str
    before: str
    after: str


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
    """One row a meeting and kind: what happens to several people of it is said once."""
    found: dict[tuple[int, ChangeKind], ChangeRow] = {}
    for change in changes:
        key = (change.newest.meeting_id, change.kind)
        if key not in found:
            newest = change.newest
            found[key] = ChangeRow(
                kind=change.kind,
                title=_title(newest.title, (company.name for company in newest.companies)),
                before=_place(change.before, forum),
                after=_place(change.after, forum),
            )
    return list(found.values())


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
    return f"{format_date(local.date(), 'EEE d MMM')}, {local:%H:%M}"
