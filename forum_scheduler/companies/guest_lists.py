"""A list of companies to invite, as it comes out of a spreadsheet: rows of cells to guests."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence

from babel import Locale
from flask_babel import gettext as _

from forum_scheduler.accounts.users import normal_email
from forum_scheduler.companies.inviting import LOCALES, Guest
from forum_scheduler.companies.services import COUNTRIES
from forum_scheduler.errors import CellError, ImportRefused, Invalid
from forum_scheduler.spelling import fold

FIELDS = ("company_name", "email", "person_name", "side", "country", "locale")
HEADERS = {
    "company_name": ("company", "company name", "organisation", "organization", "компанія", "назва компанії"),
    "email": ("e mail", "email", "mail", "e mail address", "email address", "електронна пошта", "пошта"),
    "person_name": ("name", "contact", "contact person", "person", "ім я", "контакт", "контактна особа"),
    "side": ("side", "сторона"),
    "country": ("country", "країна"),
    "locale": ("language", "мова"),
}
MOST_MISTAKES = 50
MOST_BYTES, MOST_UNPACKED = 4 * 1024 * 1024, 64 * 1024 * 1024
MOST_ROWS = 5000


def split(text: str) -> list[list[str]]:
    """Rows of what was pasted: cells apart by tabs (as spreadsheets copy them), semicolons or commas."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    apart = next((mark for mark in ("\t", ";", ",") if mark in first), "\t")
    return [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=apart)]


def rows_of_file(name: str, data: bytes) -> list[list[str]]:
    """Rows of the first sheet of an .xlsx file, or of a text file. Raises Invalid for anything else."""
    if len(data) > MOST_BYTES:
        raise Invalid(_("The file is too large: at most %(most)s MB.", most=MOST_BYTES // 1024 // 1024))
    if not name.lower().endswith(".xlsx"):
        try:
            return split(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise Invalid(_("Use an .xlsx file, or text in UTF-8 (.csv).")) from error
    # Here, as openpyxl takes a second and 40 MB to load, and web processes seldom need it.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(each.file_size for each in archive.infolist()) > MOST_UNPACKED:
                raise Invalid(
                    _("The file is too large: at most %(most)s MB.", most=MOST_BYTES // 1024 // 1024)
                )
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_row=MOST_ROWS, max_col=len(FIELDS) + 20)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    except (InvalidFileException, KeyError, ValueError, TypeError, OSError, SyntaxError, EOFError,
            zipfile.BadZipFile, AttributeError, IndexError) as error:  # fmt: skip
        raise Invalid(
            _("The file is damaged: open it in your spreadsheet program and save it anew.")
        ) from error


def read(rows: Sequence[Sequence[str]], *, sides: Mapping[str, int]) -> list[Guest]:
    """The guests of the rows; the first may name the columns. ``sides``: word -> id.

    Raises ImportRefused with every mistake, or Invalid where there is nobody at all.
    """
    columns = _columns(rows[0]) if rows else None
    names = columns or {name: index for index, name in enumerate(FIELDS)}
    guests: list[Guest] = []
    mistakes: list[CellError] = []
    for number, row in enumerate(rows, start=1):
        if (columns is not None and number == 1) or not any(cell.strip() for cell in row):
            continue
        cells = {name: row[index].strip() if index < len(row) else "" for name, index in names.items()}
        found = _guest(cells, sides)
        if isinstance(found, Guest):
            guests.append(found)
        else:
            field, message = found
            mistakes.append(CellError(sheet="", row=number, column=field, message=message))
    if mistakes:
        raise ImportRefused(mistakes[:MOST_MISTAKES], more=max(0, len(mistakes) - MOST_MISTAKES))
    if not guests:
        raise Invalid(_("There is nobody on the list."), field="rows")
    return guests


def _columns(first: Sequence[str]) -> dict[str, int] | None:
    """Field -> column, where the first row is a header: it names the e-mail addresses."""
    found: dict[str, int] = {}
    for index, cell in enumerate(first):
        word = fold(cell)
        for name, words in HEADERS.items():
            if word in words:
                found.setdefault(name, index)
    return found if {"company_name", "email"} <= found.keys() else None


def _guest(cells: Mapping[str, str], sides: Mapping[str, int]) -> Guest | tuple[str, str]:
    """The guest, or the column at fault and why."""
    if not cells["company_name"] or len(cells["company_name"]) > 200:
        return _("Company"), _("A company's name is needed, of at most 200 characters.")
    try:
        email = normal_email(cells["email"])
    except Invalid as error:
        return _("E-mail address"), str(error)
    side = cells.get("side", "")
    if side and side.casefold() not in sides:
        known = ", ".join(sides)
        return _("Side"), _("There is no side %(name)s, only: %(known)s", name=side, known=known)
    country = _country(cells.get("country", ""))
    if country is None:
        return _("Country"), _("There is no country %(name)s: write it in English, or as two letters.",
                               name=cells["country"])  # fmt: skip
    locale = cells.get("locale", "").casefold()[:2]
    return Guest(
        company_name=cells["company_name"],
        email=email,
        person_name=cells.get("person_name", ""),
        side_id=sides[side.casefold()] if side else None,
        country=country,
        locale=locale if locale in LOCALES else "en",
    )


def _country(text: str) -> str | None:
    """The code of a country, given by code or name; "" for no text, None for an unknown one."""
    if not text:
        return ""
    if text.upper() in COUNTRIES:
        return text.upper()
    wanted = fold(text)
    for locale in ("en", "uk"):
        for code, name in Locale(locale).territories.items():
            if code in COUNTRIES and fold(name) == wanted:
                return str(code)
    return None
