"""The empty spreadsheet that people fill in for an import."""

from __future__ import annotations

import io
from collections.abc import Sequence

from flask_babel import gettext as _
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import select

from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.companies.services import PROGRAMMES, SIZES
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Capability, Forum, Side, Slot
from forum_scheduler.importing.columns import KINDS, Column, with_languages
from forum_scheduler.importing.reading import MOST_ROWS
from forum_scheduler.requests.models import Priority, RequestState

_GREY = PatternFill("solid", fgColor="FFE8EAED")
_CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("companies", "size"): SIZES,
    ("companies", "status"): (CompanyStatus.APPROVED, CompanyStatus.APPLIED, CompanyStatus.REFUSED),
    ("delegates", "fixed_table"): ("yes", "no"),
    ("requests", "priority"): tuple(Priority),
    ("requests", "answer_priority"): tuple(Priority),
    ("requests", "mutual"): ("yes", "no"),
    ("requests", "state"): (RequestState.PENDING, RequestState.ACCEPTED, RequestState.DECLINED),
}


def make_template(forum: Forum | None = None) -> bytes:
    """An .xlsx with a sheet a kind; every header explains itself in a comment.

    With ``forum`` the sides and days are offered in lists, and every comment on offers and needs names the
    capability list.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    choices = {**_CHOICES, **(_choices(forum) if forum is not None else {})}
    capabilities = _capabilities(forum) if forum is not None else ""
    for kind in KINDS:
        sheet = book.create_sheet(kind.title)
        columns = with_languages(kind, forum.languages if forum is not None else ())
        _add_header(sheet, columns, capabilities)
        for index, column in enumerate(columns, start=1):
            values = choices.get((kind.key, column.key))
            if values:
                _offer(sheet, index, values)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _add_header(sheet: Worksheet, columns: Sequence[Column], capabilities: str) -> None:
    for index, column in enumerate(columns, start=1):
        cell = sheet.cell(row=1, column=index, value=column.title + ("*" if column.required else ""))
        cell.font = Font(bold=True)
        cell.fill = _GREY
        text = str(column.hint)
        if column.key in ("offers", "needs") and capabilities:
            text = f"{text}\n{capabilities}"
        if column.key == "programmes":
            text = f"{text}\n{'; '.join(PROGRAMMES)}"
        note = _("must be filled in") if column.required else _("may be left out")
        cell.comment = Comment(f"{text} ({note})", "Forum Scheduler", height=160, width=320)
        sheet.column_dimensions[get_column_letter(index)].width = max(14, len(column.title) + 4)
    sheet.freeze_panes = "A2"


def _offer(sheet: Worksheet, index: int, values: tuple[str, ...]) -> None:
    text = ",".join(values)
    if len(text) > 250 or any("," in value for value in values):
        return  # Excel takes no longer list
    offered = DataValidation(type="list", formula1=f'"{text}"', allow_blank=True)
    letter = get_column_letter(index)
    offered.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
    sheet.add_data_validation(offered)


def _choices(forum: Forum) -> dict[tuple[str, str], tuple[str, ...]]:
    sides = db.session.scalars(select(Side.code).where(Side.forum_id == forum.id).order_by(Side.id))
    starts = db.session.scalars(select(Slot.starts_at).where(Slot.forum_id == forum.id, Slot.live()))
    days = sorted({str(start.astimezone(forum.zone).date()) for start in starts})
    return {("companies", "side"): tuple(sides), ("availability", "date"): tuple(days)}


def _capabilities(forum: Forum) -> str:
    rows = select(Capability).where(Capability.forum_id == forum.id)
    return "\n".join(
        f"{row.code}: {row.name('en')}"
        for row in db.session.scalars(rows.order_by(Capability.position, Capability.id))
    )[:6000]
