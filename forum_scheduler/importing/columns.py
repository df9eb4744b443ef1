"""Which sheets and columns there are, and the ways in which people spell their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from babel import Locale
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from forum_scheduler.importing.meeting_columns import meeting_columns
from forum_scheduler.importing.mistakes import Mistakes
from forum_scheduler.importing.participants import as_two
from forum_scheduler.importing.reading import Row, Sheet
from forum_scheduler.spelling import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``key`` is also the name in YAML; ``also``: further spellings of the header, folded."""

    key: str
    title: str
    hint: LazyString
    required: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of sheet. Sheets are read in the order of KINDS, whatever their order in the file."""

    key: str
    title: str
    columns: tuple[Column, ...]
    also: tuple[str, ...] = ()


COMPANIES: Final = Kind(
    key="companies",
    title="Companies",
    also=("company", "firms", "organisations", "organizations", "компанії", "підприємства"),
    columns=(
        Column(key="name", title="Name", required=True, hint=_l("As it stands in the directory"),
               also=("company", "company name", "organisation", "organization", "назва", "компанія")),
        Column(key="country", title="Country", required=True, hint=_l("Two letters (UA) or the English name"),
               also=("country code", "land", "країна")),
        Column(key="side", title="Side", hint=_l("Code or name; may be left out where there is only one"),
               also=("delegation", "group", "сторона")),
        Column(key="website", title="Website",
               hint=_l("https://..."), also=("web", "url", "homepage", "сайт")),
        Column(key="size", title="Size", hint=_l("1-9, 10-49, 50-249 or 250+ people"),
               also=("employees", "headcount", "staff")),
        Column(key="description", title="Description", hint=_l("In English"),
               also=("description en", "profile", "about")),
        Column(key="description_uk", title="Description (uk)", hint=_l("In Ukrainian"), also=("опис",)),
        Column(key="offers", title="Offers",
               hint=_l("Codes or names from the capability list, separated by ;"),
               also=("offer", "capabilities", "products", "пропонує")),
        Column(key="needs", title="Needs", hint=_l("Codes or names from the capability list, separated by ;"),
               also=("need", "looking for", "шукає")),
        Column(key="programmes", title="Programmes", hint=_l("Such as EDF; EDIP"),
               also=("programs", "programme", "eu programmes", "програми фінансування")),
        Column(key="topics", title="Topics", hint=_l("Topics and calls, separated by ; such as EDF-2027-DA"),
               also=("calls", "topics and calls", "call topics", "теми", "конкурси")),
        Column(key="consortium_roles", title="Consortium roles",
               hint=_l("Which they seek: coordinator; partner; subcontractor; end user"),
               also=("consortium role", "role in a consortium", "ролі в консорціумі")),
        Column(key="interests", title="Interested in",
               hint=_l("Any of: investment; joint-venture; localisation; licence"),
               also=("interest", "cooperation", "зацікавлені у", "зацікавленість")),
        Column(key="certificates", title="Certificates",
               hint=_l("Separated by ; such as ISO 9001; AQAP 2110"),
               also=("certificate", "certifications", "certification", "standards", "сертифікати")),
        Column(key="status", title="Status",
               hint=_l("approved (as it is, when left out), applied or refused"),
               also=("vetting", "state", "статус")),
        Column(key="max_meetings", title="Most meetings", hint=_l("A whole number, or empty"),
               also=("max meetings", "meetings")),
        Column(key="booth", title="Booth", hint=_l("Label of the table that is this company's own"),
               also=("stand", "table", "стенд")),
        Column(key="contact_name", title="Contact name", hint=_l("Who represents the company"),
               also=("contact", "contact person", "representative", "контактна особа")),
        Column(key="contact_email", title="Contact e-mail", hint=_l("They sign in with it"),
               also=("email", "e mail", "contact email", "representative email", "mail")),
    ),
)  # fmt: skip
DELEGATES: Final = Kind(
    key="delegates",
    title="Delegates",
    also=("delegate", "people", "participants", "persons", "attendees", "делегати", "учасники"),
    columns=(
        Column(key="company", title="Company", required=True, hint=_l("The company's name"),
               also=("company name", "organisation", "organization", "компанія")),
        Column(key="name", title="Name", required=True, hint=_l("First name and family name"),
               also=("full name", "delegate", "person", "ім'я", "імя", "піб")),
        Column(key="email", title="E-mail", hint=_l("They sign in with it and get their agenda there"),
               also=("email", "e mail", "mail", "email address", "пошта")),
        Column(key="role", title="Role", hint=_l("Such as Export manager"),
               also=("position", "job title", "function", "title", "посада")),
        Column(key="languages", title="Languages", hint=_l("Codes, the best first: uk, en"),
               also=("language", "speaks", "мови")),
        Column(key="max_per_day", title="Most a day", hint=_l("Meetings a day at most, or empty"),
               also=("max per day", "max meetings per day")),
        Column(key="fixed_table", title="Stays at one table",
               hint=_l("yes or no"), also=("fixed table", "mobility")),
    ),
)  # fmt: skip
REQUESTS: Final = Kind(
    key="requests",
    title="Requests",
    also=("request", "meetings", "meeting requests", "wishes", "запити"),
    columns=(
        Column(key="from", title="From", required=True, hint=_l("The company that asks"),
               also=("asker", "requester", "from company", "company", "від")),
        Column(key="to", title="To", required=True, hint=_l("The company that is asked"),
               also=("asked", "with", "to company", "partner", "до")),
        Column(key="priority", title="Priority", hint=_l("must, high or normal"), also=("wish", "пріоритет")),
        Column(key="state", title="State", hint=_l("pending (when left out), accepted or declined"),
               also=("status", "answer", "стан")),
        Column(key="answer_priority", title="Answer's priority",
               hint=_l("must, high or normal: how much the asked company wants it"),
               also=("answer priority", "their priority")),
        Column(key="mutual", title="Mutual", hint=_l("yes where both asked"), also=("both",)),
        Column(key="length", title="Length",
               hint=_l("In slots; 1 when left out"), also=("slots", "length slots")),
        Column(key="languages", title="Interpret", hint=_l("Such as uk-en; found out when left out"),
               also=("interpretation", "interpreter", "language need")),
        Column(key="message", title="Message", hint=_l("What the asked company reads"),
               also=("note", "reason", "comment", "повідомлення")),
    ),
)  # fmt: skip
AVAILABILITY: Final = Kind(
    key="availability",
    title="Availability",
    also=("unavailability", "absences", "blocked slots", "unavailable", "доступність"),
    columns=(
        Column(key="delegate", title="Delegate", required=True,
               hint=_l("E-mail address, or name with the company"),
               also=("email", "e mail", "name", "person", "делегат")),
        Column(key="company", title="Company", hint=_l("Needed where only the name is given"),
               also=("organisation", "organization", "компанія")),
        Column(key="date", title="Date", required=True, hint=_l("A day of the forum: 2027-05-12"),
               also=("day", "дата")),
        Column(key="from", title="From", required=True, hint=_l("When they can't meet any more: 09:00"),
               also=("start", "since", "з")),
        Column(key="to", title="To", required=True,
               hint=_l("Until when: 11:30"), also=("end", "until", "до")),
        Column(key="reason", title="Reason", hint=_l("Their own note"), also=("note", "why", "причина")),
    ),
)  # fmt: skip
DESCRIPTION: Final = "description"
_IN_LANGUAGE = re.compile(rf"{DESCRIPTION} ([a-z]{{2,3}})")
KINDS: Final[Sequence[Kind]] = (COMPANIES, DELEGATES, REQUESTS, AVAILABILITY)
# A list as another product exports it: no sheet of the template, told by its columns, see meeting_columns.
MEETINGS: Final = Kind(
    key="meetings",
    title="Meetings",
    columns=(Column(key="state", title="Status", required=True, hint=_l("accepted, pending or declined")),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A sheet whose kind and columns are known. ``columns``: key -> (index, header)."""

    kind: Kind
    sheet: Sheet
    columns: Mapping[str, tuple[int, str]]

    @property
    def rows(self) -> Sequence[Row]:
        """The rows under the header."""
        return self.sheet.rows[1:]


def recognise(sheets: Sequence[Sheet], mistakes: Mistakes) -> list[Listed]:
    """The sheets that hold something, in the order in which they are to be read."""
    found: dict[str, Listed] = {}
    for sheet in (part for each in sheets if each.rows for part in as_two(each)):
        meetings = meeting_columns(sheet)
        kind = MEETINGS if meetings else _kind_by_name(sheet.name) or _kind_by_header(sheet)
        if kind is None:
            known = ", ".join(kind.title for kind in KINDS)
            mistakes.add(
                _("a sheet of no known kind: call it one of %(known)s", known=known), sheet=sheet.name
            )
        elif kind.key in found:
            mistakes.add(_("there are two sheets of this kind: %(name)s", name=kind.title), sheet=sheet.name)
        else:
            columns = meetings or _match(kind, sheet, mistakes)
            _check_required(kind, sheet, columns, mistakes)
            found[kind.key] = Listed(kind=kind, sheet=sheet, columns=columns)
    if not found and not mistakes:
        mistakes.add(_("the file is empty"))
    return [found[kind.key] for kind in (*KINDS, MEETINGS) if kind.key in found]


def _kind_by_name(name: str) -> Kind | None:
    folded = fold(name)
    for kind in KINDS:
        if folded in (fold(kind.title), *map(fold, kind.also)):
            return kind
    return None


def _kind_by_header(sheet: Sheet) -> Kind | None:
    """The kind of which all required columns are there; a CSV file may have any name."""
    headers = {fold(str(value)) for value in sheet.rows[0].cells.values()}
    for kind in (REQUESTS, AVAILABILITY, DELEGATES, COMPANIES):
        if all(headers & set(_spellings(column)) for column in kind.columns if column.required):
            return kind
    return None


def _spellings(column: Column) -> tuple[str, ...]:
    return (fold(column.title), fold(column.key.replace("_", " ")), *map(fold, column.also))


def _match(kind: Kind, sheet: Sheet, mistakes: Mistakes) -> dict[str, tuple[int, str]]:
    header = sheet.rows[0]
    columns: dict[str, tuple[int, str]] = {}
    for index, value in header.cells.items():
        title = str(value).strip().rstrip("*").strip()
        column = _column(kind, title)
        where = sheet.column(index, title)
        if column is None:
            known = ", ".join(each.title for each in kind.columns)
            mistakes.add(
                _("unknown column; there are: %(known)s", known=known),
                sheet=sheet.name,
                row=header.number,
                column=where,
            )
        elif column.key in columns:
            mistakes.add(
                _("the column %(name)s is there twice", name=column.title),
                sheet=sheet.name,
                row=header.number,
                column=where,
            )
        else:
            columns[column.key] = (index, title)
    return columns


def _check_required(
    kind: Kind, sheet: Sheet, columns: Mapping[str, tuple[int, str]], mistakes: Mistakes
) -> None:
    for column in kind.columns:
        if column.required and column.key not in columns:
            mistakes.add(_("the column %(name)s is missing", name=column.title),
                         sheet=sheet.name, row=sheet.rows[0].number, column=column.title)  # fmt: skip


def _column(kind: Kind, title: str) -> Column | None:
    folded = fold(title)
    for column in kind.columns:
        if folded in _spellings(column)[:2]:
            return column
    found = next((column for column in kind.columns if folded in _spellings(column)), None)
    return found or further_language(kind, folded)


def further_language(kind: Kind, folded: str) -> Column | None:
    """The column of a company's text in a language besides English and Ukrainian: "description de"."""
    match = _IN_LANGUAGE.fullmatch(folded) if kind is COMPANIES else None
    code = match[1] if match else ""
    if code not in Locale("en").languages:
        return None
    return Column(
        key=f"{DESCRIPTION}_{code}",
        title=f"Description ({code})",
        hint=_l("In this language: %(code)s", code=code),
    )


def with_languages(kind: Kind, codes: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the kind, with one of company texts for each further language of the forum."""
    known = {column.key for column in kind.columns} | {f"{DESCRIPTION}_en"}
    further = [further_language(kind, f"{DESCRIPTION} {code}") for code in codes]
    new = [column for column in further if column is not None and column.key not in known]
    after = next((n for n, column in enumerate(kind.columns, 1) if column.key == f"{DESCRIPTION}_uk"), 0)
    return (*kind.columns[:after], *new, *kind.columns[after:])
