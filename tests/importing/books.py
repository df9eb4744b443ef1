"""Spreadsheets for tests."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Table = Sequence[Sequence[object]]

COMPANIES: Table = (
    ("Name", "Country", "Side", "Offers", "Needs", "Description", "Contact name", "Contact e-mail"),
    ("Aerotec", "BE", "eu", "drones; Radar", "", "Sensors", "Ann Example", "ann@aerotec.example"),
    ("Nordic Steel", "Sweden", "eu", "steel", "drones", "", "", ""),
    ("Квант Динаміка", "Україна", "ua", "", "radar", "", "Олена Приклад", "olena@kvant.example"),
)
DELEGATES: Table = (
    ("Company", "Name", "E-mail", "Role", "Languages"),
    ("Aerotec", "Ann Example", "ann@aerotec.example", "CEO", "en, fr"),
    ("Nordic Steel", "Sven Example", "", "", "sv, en"),
    ("Квант Динаміка", "Олена Приклад", "olena@kvant.example", "Директорка", "uk"),
)
REQUESTS: Table = (
    ("From", "To", "Priority", "State", "Message"),
    ("Aerotec", "Квант Динаміка", "must", "accepted", "Radar for your drones"),
    ("Квант Динаміка", "Nordic Steel", "high", "", ""),
)
AVAILABILITY: Table = (
    ("Delegate", "Company", "Date", "From", "To", "Reason"),
    ("ann@aerotec.example", "", "2027-05-12", "09:00", "09:30", "Panel"),
    ("Sven Example", "Nordic Steel", "12.05.2027", "09:20", "09:30", ""),
)
WHOLE: Mapping[str, Table] = {
    "Companies": COMPANIES,
    "Delegates": DELEGATES,
    "Requests": REQUESTS,
    "Availability": AVAILABILITY,
}


def workbook(sheets: Mapping[str, Table]) -> bytes:
    """An .xlsx of these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def comma_separated(rows: Table, *, delimiter: str = ",") -> bytes:
    """A CSV file (cells without delimiters)."""
    return "\r\n".join(delimiter.join(map(str, row)) for row in rows).encode()
