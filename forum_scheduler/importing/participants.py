"""Lists of participants, a row a person with their organisation beside them, as b2match and others have them.

Such a sheet is read as two, companies and delegates: rows and columns keep their numbers, so that a mistake
is told where it stands in the file. What is about travelling or post falls away.

The names of columns are those of b2match's own lists of participants (its knowledge base, "Importing Contacts
from Excel" and "Participants List"), with the spellings that people use beside them.
"""

from __future__ import annotations

from collections.abc import Mapping

from forum_scheduler.companies.names import name_key
from forum_scheduler.importing.reading import Row, Sheet
from forum_scheduler.spelling import fold

FIRST = frozenset({"first name", "firstname", "given name", "forename", "vorname", "prenom", "імя", "ім я"})
LAST = frozenset({"last name", "lastname", "family name", "surname", "nachname", "nom", "прізвище"})
ORGANISATION = frozenset(
    {
        *("organization name", "organisation name", "organization", "organisation", "company"),
        *("company name", "institution", "назва організації", "організація", "компанія"),
    }
)
# What else a row says: our column -> spellings. The rest of such lists is passed over.
OF_COMPANIES: Mapping[str, frozenset[str]] = {
    "Country": frozenset({"country", "organization country", "organisation country", "країна"}),
    "Side": frozenset({"side", "delegation", "сторона"}),
    "Website": frozenset({"company website", "organization website", "organisation website", "website"}),
    "Description": frozenset(
        {"organization description", "organisation description", "company description", "description"}
    ),
    "Offers": frozenset({"areas of activity", "areas of activities", "area of activity"}),
    "Status": frozenset({"validated", "activated", "activation status", "validation status"}),
}
OF_DELEGATES: Mapping[str, frozenset[str]] = {
    "E-mail": frozenset({"email", "e mail", "email address", "e mail address"}),
    "Role": frozenset({"job description", "job title", "position", "function", "посада"}),
    "Languages": frozenset({"languages", "spoken languages", "мови"}),
}
STATUSES: Mapping[str, str] = {
    **dict.fromkeys(("yes", "true", "1", "activated", "validated", "approved"), "approved"),
    **dict.fromkeys(("no", "false", "0", "not activated", "not validated"), "applied"),
}


def as_two(sheet: Sheet) -> list[Sheet]:
    """Companies and delegates of a list of participants; any other sheet as it is."""
    if not sheet.rows:
        return [sheet]
    header = {index: fold(str(value)) for index, value in sheet.rows[0].cells.items()}
    first, last, company = (_index(header, names) for names in (FIRST, LAST, ORGANISATION))
    if first is None or last is None or company is None:
        return [sheet]
    companies = {company: "Name", **_columns(header, OF_COMPANIES)}
    delegates = {company: "Company", first: "Name", **_columns(header, OF_DELEGATES)}
    status = next((index for index, title in companies.items() if title == "Status"), None)
    seen: set[str] = set()
    of_companies, of_delegates = [_header(sheet, companies)], [_header(sheet, delegates)]
    for row in sheet.rows[1:]:
        name = name_key(str(row.cells.get(company, "")))
        if name not in seen:
            seen.add(name)
            of_companies.append(_row(row, companies, {} if status is None else _status(row, status)))
        whole = " ".join(str(row.cells[each]).strip() for each in (first, last) if each in row.cells)
        of_delegates.append(_row(row, delegates, {first: whole}))
    return [
        Sheet(name="Companies", rows=tuple(of_companies), lettered=sheet.lettered),
        Sheet(name="Delegates", rows=tuple(of_delegates), lettered=sheet.lettered),
    ]


def _index(header: Mapping[int, str], names: frozenset[str]) -> int | None:
    return next((index for index, title in header.items() if title in names), None)


def _columns(header: Mapping[int, str], known: Mapping[str, frozenset[str]]) -> dict[int, str]:
    """Index -> our title, the first column of each."""
    found = {title: _index(header, names) for title, names in known.items()}
    return {index: title for title, index in found.items() if index is not None}


def _header(sheet: Sheet, columns: Mapping[int, str]) -> Row:
    return Row(number=sheet.rows[0].number, cells=dict(columns))


def _row(row: Row, columns: Mapping[int, str], changed: Mapping[int, str]) -> Row:
    cells = {index: row.cells[index] for index in columns if index in row.cells}
    return Row(number=row.number, cells={**cells, **{key: text for key, text in changed.items() if text}})


def _status(row: Row, index: int) -> dict[int, str]:
    """Yes and no of a list are our approved and applied; anything else stays, and is told."""
    if index not in row.cells:
        return {}
    return {index: STATUSES.get(fold(str(row.cells[index])), str(row.cells[index]))}
