"""Files to sheets of plain cells. Hostile and broken files end in one clear error, not in a full memory."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from flask_babel import gettext as _

from forum_scheduler.errors import Invalid
from forum_scheduler.importing.mistakes import Mistakes, refuse_file

MEGABYTE = 1024 * 1024
MOST_BYTES = 16 * MEGABYTE
MOST_UNPACKED = 128 * MEGABYTE
MOST_ROWS = 20_000  # filled in, of one sheet
MOST_COLUMNS = 60
MOST_CELL = 10_000  # characters
EXCEL_ROWS = 1_048_576

Value = str | int | float | bool | datetime | date | time


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row with something in it; ``number`` counts from 1 as spreadsheets do. ``cells``: column -> value."""

    number: int
    cells: Mapping[int, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet's filled rows, the header the first of them. ``lettered``: columns have letters (A, B, ...)."""

    name: str
    rows: tuple[Row, ...]
    lettered: bool = True

    def column(self, index: int, header: str) -> str:
        """How a column is named to people: "C (E-mail)", or just its header where there are no letters."""
        return f"{column_letter(index)} ({header})" if self.lettered else header


def column_letter(index: int) -> str:
    """A for 0, Z for 25, AA for 26 ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_bytes(path: Path) -> bytes:
    """The file. Raises ImportRefused when it is too large."""
    if path.stat().st_size > MOST_BYTES:
        raise refuse_file(_too_large())
    return path.read_bytes()


def read_text(path: Path) -> str:
    """The file as UTF-8 text. Raises Invalid with the line at fault."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Invalid(_("%(name)s: line %(line)s is not UTF-8 text", name=path.name, line=line)) from error


def read_sheets(name: str, data: bytes, mistakes: Mistakes) -> list[Sheet]:
    """The sheets of an .xlsx or .csv file; bad cells become mistakes. Raises ImportRefused, Invalid."""
    if len(data) > MOST_BYTES:
        raise refuse_file(_too_large())
    suffix = Path(name).suffix.lower()
    if suffix == ".xlsx":
        return _read_workbook(data, mistakes)
    if suffix == ".csv":
        return [_read_csv(Path(name).stem, data, mistakes)]
    raise Invalid(_("%(name)s: only .xlsx, .csv, .yaml and .dzn files can be imported", name=name))


def _too_large() -> str:
    return str(_("the file is larger than %(most)s MB: split it", most=MOST_BYTES // MEGABYTE))


# Workbooks


def _read_workbook(data: bytes, mistakes: Mistakes) -> list[Sheet]:
    # Here, as openpyxl takes a second and 40 MB to load, and web processes seldom need it.
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    _check_archive(data)
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            return [_read_worksheet(sheet, mistakes) for sheet in workbook.worksheets]
        finally:
            workbook.close()
    except _Stop as stop:
        raise refuse_file(str(stop), sheet=stop.sheet, row=stop.row) from stop
    except (InvalidFileException, KeyError, ValueError, TypeError, OSError, SyntaxError, EOFError,
            zipfile.BadZipFile, AttributeError, IndexError, OverflowError) as error:  # fmt: skip
        # openpyxl has no error of its own for most damage; those of XML parsers are SyntaxErrors.
        raise refuse_file(_broken()) from error


def _broken() -> str:
    return str(
        _("the file is damaged or no .xlsx workbook: open it in your spreadsheet program and save it anew")
    )


def _check_archive(data: bytes) -> None:
    """What unpacks to far more than any spreadsheet holds, or defines XML entities, is not opened at all."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED or len(entries) > 2000:
                most = MOST_UNPACKED // MEGABYTE
                raise refuse_file(_("the file unpacks to more than %(most)s MB: split it", most=most))
            for entry in entries:
                if entry.flag_bits & 1:
                    raise refuse_file(_("the file is encrypted: save it without a password"))
                # The sizes above are claims; reading stops at the claimed size, so they bind.
                if entry.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(entry)[:4096]:
                    raise refuse_file(_broken())
    except (
        zipfile.BadZipFile,
        OSError,
        EOFError,
        NotImplementedError,
        ValueError,
        zlib.error,
    ) as error:
        raise refuse_file(_broken()) from error


class _Stop(Exception):
    """A sheet that can't be read to its end."""

    def __init__(self, message: str, *, sheet: str, row: int | None) -> None:
        super().__init__(message)
        self.sheet = sheet
        self.row = row


def _read_worksheet(worksheet: object, mistakes: Mistakes) -> Sheet:
    name: str = getattr(worksheet, "title", "")
    rows: list[Row] = []
    header: Mapping[int, Value] = {}
    iterate: Iterable[Sequence[object]] = worksheet.iter_rows(max_col=MOST_COLUMNS)  # type: ignore[attr-defined]
    for number, cells in enumerate(iterate, start=1):
        if number > EXCEL_ROWS:
            raise _Stop(_broken(), sheet=name, row=number)
        values: dict[int, Value] = {}
        for index, cell in enumerate(cells):
            value = getattr(cell, "value", None)
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            kind = getattr(cell, "data_type", "")
            wrong = _wrong_value(value, formula=kind == "f", error=kind == "e")
            if wrong is not None:
                title = str(header.get(index, ""))
                column = column_letter(index) + (f" ({title})" if title else "")
                mistakes.add(wrong, sheet=name, row=number, column=column)
                continue
            values[index] = value
        if values:
            header = header or values
            rows.append(Row(number=number, cells=values))
            _check_rows(len(rows), sheet=name, row=number)
    return Sheet(name=name, rows=tuple(rows))


def _check_rows(count: int, *, sheet: str, row: int) -> None:
    if count > MOST_ROWS + 1:
        message = _("more than %(most)s rows in one sheet: split the file", most=MOST_ROWS)
        raise _Stop(message, sheet=sheet, row=row)


def _wrong_value(value: object, *, formula: bool, error: bool) -> str | None:
    if formula or (isinstance(value, str) and value.startswith("=")):
        return str(_("a formula: copy the column and paste its values"))
    if error:
        return str(_("the cell holds the error %(value)s: write its value", value=str(value)))
    if not isinstance(value, (str, int, float, bool, datetime, date, time)):
        return str(_("a value of a kind that can't be read: write it as text"))
    if isinstance(value, str) and len(value) > MOST_CELL:
        return str(_("longer than %(most)s characters", most=MOST_CELL))
    if isinstance(value, str) and any(ord(char) < 32 and char not in "\t\r\n" for char in value):
        return str(_("holds a control character: type it again"))
    return None


# CSV


def _read_csv(name: str, data: bytes, mistakes: Mistakes) -> Sheet:
    text = _decode(name, data)
    rows: list[Row] = []
    header: Sequence[str] = ()
    try:
        for number, cells in _records(text):
            values: dict[int, Value] = {}
            for index, cell in enumerate(cells[:MOST_COLUMNS]):
                if not cell.strip():
                    continue
                wrong = _wrong_value(cell, formula=False, error=False)
                if wrong is None:
                    values[index] = cell.strip()
                else:
                    title = header[index] if index < len(header) else ""
                    column = column_letter(index) + (f" ({title})" if title else "")
                    mistakes.add(wrong, sheet=name, row=number, column=column)
            if values:
                header = header or cells
                rows.append(Row(number=number, cells=values))
                _check_rows(len(rows), sheet=name, row=number)
    except csv.Error as error:
        raise refuse_file(_("this is no CSV file: %(why)s", why=str(error)), sheet=name) from error
    except _Stop as stop:
        raise refuse_file(str(stop), sheet=stop.sheet, row=stop.row) from stop
    return Sheet(name=name, rows=tuple(rows))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with their number. Cells with line breaks in them are one row, as in a spreadsheet."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), start=1)


def _decode(name: str, data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        message = _("not UTF-8 text: save the file as “CSV UTF-8”, or send the .xlsx workbook")
        raise refuse_file(message, sheet=name, row=row) from error
