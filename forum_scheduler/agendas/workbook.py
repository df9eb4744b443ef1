"""The schedule as a workbook (XLSX): meetings, those without a place and why, companies with counts."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.data import FORMULA_SIGNS
from forum_scheduler.agendas.edition import Edition
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.agendas.unplaced import UnplacedMeeting
from forum_scheduler.agendas.wording import Names, clean

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_CHARACTERS = 32_000  # of a cell; programs refuse files with more than 32,767

Value: TypeAlias = str | int | datetime | None


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: float
    format: str = "General"


def schedule_workbook(edition: Edition, unplaced: Sequence[UnplacedMeeting], *, locale: str) -> bytes:
    """The version as .xlsx. Times are those of the forum's clocks, as real dates."""
    with wording.speaking(locale):
        book = Workbook(write_only=True)
        book.properties.title = clean(edition.forum.name)
        book.properties.creator = "Forum Scheduler"
        book.properties.created = book.properties.modified = edition.published_at.replace(tzinfo=None)
        whole, companies = edition.whole_forum(), edition.companies()
        _sheet(book, _("Schedule"), _schedule_columns(whole), _schedule_rows(whole))
        _sheet(book, _("Not placed"), _unplaced_columns(), _unplaced_rows(unplaced))
        _sheet(book, _("Companies"), _company_columns(), _company_rows(companies, unplaced))
        about = [(wording.edition(whole),), (wording.time_zone(edition.forum.zone),)]
        _sheet(book, _("About"), [_Column(clean(edition.forum.name), 60)], about)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _schedule_columns(agenda: Agenda) -> list[_Column]:
    zone = wording.time_zone(agenda.forum.zone)
    return [
        _Column(_("Day"), 13, "ddd d mmm yyyy"),
        _Column(_("Start (%(zone)s)", zone=zone), 18, "hh:mm"),
        _Column(_("End"), 9, "hh:mm"),
        _Column(_("Table"), 9),
        _Column(_("Zone"), 16),
        _Column(_("Company"), 34),
        _Column(_("Country"), 9),
        _Column(_("People"), 38),
        _Column(_("Meets"), 34),
        _Column(_("Country of the other"), 9),
        _Column(_("People of the other"), 38),
        _Column(_("Interpreter"), 22),
        _Column(_("Languages"), 22),
        _Column(_("Title"), 24),
        _Column(_("Must"), 7),
    ]


def _schedule_rows(agenda: Agenda) -> Iterable[Sequence[Value]]:
    zone = agenda.forum.zone
    for entry in agenda.meetings:
        start, end = (each.astimezone(zone).replace(tzinfo=None) for each in (entry.starts_at, entry.ends_at))
        first, rest = entry.others[:1], entry.others[1:]
        yield (
            start.replace(hour=0, minute=0),
            start,
            end,
            entry.table,
            entry.zone,
            wording.companies(first, Names.EXACT),
            ", ".join(party.country for party in first),
            wording.people(first, Names.EXACT),
            wording.companies(rest, Names.EXACT),
            ", ".join(party.country for party in rest),
            wording.people(rest, Names.EXACT),
            entry.interpreter.name if entry.interpreter else "",
            wording.languages(entry),
            entry.title,
            _("yes") if entry.must else "",
        )


def _unplaced_columns() -> list[_Column]:
    return [
        _Column(_("Company"), 34),
        _Column(_("Meets"), 34),
        _Column(_("Title"), 24),
        _Column(_("Must"), 7),
        _Column(_("Why it has no place"), 80),
    ]


def _unplaced_rows(unplaced: Iterable[UnplacedMeeting]) -> Iterable[Sequence[Value]]:
    for each in unplaced:
        must = _("yes") if each.must else ""
        names = [company.name for company in each.companies]
        yield (", ".join(names[:1]), ", ".join(names[1:]), each.title, must, each.why)


def _company_columns() -> list[_Column]:
    return [
        _Column(_("Company"), 40),
        _Column(_("Country"), 9),
        _Column(_("Side"), 18),
        _Column(_("Meetings"), 10),
        _Column(_("Not placed"), 11),
        _Column(_("People who meet"), 16),
        _Column(_("First meeting"), 17, "ddd d mmm hh:mm"),
        _Column(_("Last meeting ends"), 17, "ddd d mmm hh:mm"),
    ]


def _company_rows(
    companies: Sequence[Agenda], unplaced: Sequence[UnplacedMeeting]
) -> Iterable[Sequence[Value]]:
    waiting = [company for each in unplaced for company in each.companies]
    left = Counter(company.id for company in waiting)
    met = set()
    for agenda in companies:
        met.add(agenda.subject.id)
        zone, meetings = agenda.forum.zone, agenda.meetings
        countries = {party.country for entry in agenda.entries for party in entry.own}
        people = {who.id for entry in meetings for party in entry.own for who in party.people}
        first = meetings[0].starts_at.astimezone(zone).replace(tzinfo=None) if meetings else None
        last = max(each.ends_at for each in meetings).astimezone(zone) if meetings else None
        yield (
            agenda.subject.name,
            ", ".join(sorted(countries)),
            agenda.subject.detail,
            len(meetings),
            left[agenda.subject.id],
            len(people),
            first,
            last.replace(tzinfo=None) if last else None,
        )
    # Those with nothing but unplaced meetings must not be missed.
    for company in sorted(set(waiting), key=lambda each: (each.name, each.id)):
        if company.id not in met:
            yield (company.name, "", company.side, 0, left[company.id], 0, None, None)


def _sheet(book: Workbook, title: str, columns: Sequence[_Column], rows: Iterable[Sequence[Value]]) -> None:
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for index, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = column.width
    sheet.append([_head(sheet, column.title) for column in columns])
    count = 1
    for row in rows:
        sheet.append([_cell(sheet, value, column) for value, column in zip(row, columns, strict=True)])
        count += 1
    if count > 1 and len(columns) > 1:
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{count}"


def _head(sheet: Any, title: str) -> Cell:
    cell = WriteOnlyCell(sheet, value=title)
    cell.font = Font(bold=True)
    cell.border = Border(bottom=Side(style="medium"))
    cell.alignment = Alignment(wrap_text=True, vertical="bottom")
    return cell


def _cell(sheet: Any, value: Value, column: _Column) -> Cell:
    """Text stays text: nothing that a stranger typed is ever a formula, here or after saving as CSV."""
    if not isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=value)
        cell.number_format = column.format
        return cell
    text = clean(value)[:MOST_CHARACTERS]
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # openpyxl takes a leading "=" for a formula
    if text.startswith(FORMULA_SIGNS):
        cell.quotePrefix = True  # as if typed with a leading apostrophe: stays text when edited
    return cell
