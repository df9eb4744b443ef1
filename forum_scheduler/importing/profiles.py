"""The columns of the sheet Companies in which a company says what it is, seeks and brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask_babel import LazyString, force_locale
from flask_babel import gettext as _

from forum_scheduler.companies.models import CompanyStatus
from forum_scheduler.companies.names import name_key
from forum_scheduler.companies.services import (
    CONSORTIUM_ROLES,
    INTERESTS,
    MAX_DESCRIPTION,
    PROGRAMMES,
    SIZES,
    distinct_lines,
)
from forum_scheduler.errors import Invalid
from forum_scheduler.importing.batch import Batch
from forum_scheduler.importing.cells import Cells, words
from forum_scheduler.importing.columns import DESCRIPTION, Listed
from forum_scheduler.spelling import fold

_STATUSES = words([CompanyStatus.APPROVED, CompanyStatus.APPLIED, CompanyStatus.REFUSED])
_PROGRAMMES = words(PROGRAMMES)
ALWAYS = ("en", "uk")  # languages of a company's text in every forum, as on its page


def check_languages(batch: Batch, listed: Listed) -> None:
    """Note each column of texts in a language that the forum does not have: nobody would read them."""
    known = list(dict.fromkeys([*ALWAYS, *batch.forum.languages]))
    header = listed.sheet.rows[0].number or None  # lists in YAML have none
    for key, (index, title) in listed.columns.items():
        code = key.removeprefix(f"{DESCRIPTION}_")
        if code != key and code not in known:
            batch.mistakes.add(
                _("the forum has no language %(code)s, only: %(known)s. Add it in Set-up first, or take the "
                  "column out", code=code, known=", ".join(known)),
                sheet=listed.sheet.name, row=header, column=listed.sheet.column(index, title),
            )  # fmt: skip


def company_values(batch: Batch, cells: Cells) -> dict[str, Any]:
    """The columns of Company that the row fills in."""
    values: dict[str, Any] = {"country": cells.country("country")}
    side_id = _side(batch, cells)
    if side_id is not None:
        values["side_id"] = side_id
    found: dict[str, Any] = {
        "website": _website(cells),
        "size": cells.choice("size", words(SIZES)),
        "status": cells.choice("status", _STATUSES),
        "max_meetings": cells.number("max_meetings", least=1, most=1000),
        "programmes": _chosen(cells, "programmes", _PROGRAMMES),
        "consortium_roles": _chosen(cells, "consortium_roles", _in_words(CONSORTIUM_ROLES)),
        "interests": _chosen(cells, "interests", _in_words(INTERESTS)),
        "topics": _lines(cells, "topics"),
        "certificates": _lines(cells, "certificates"),
        "description": dict(_descriptions(cells)),
    }
    return values | {name: value for name, value in found.items() if value}


def _side(batch: Batch, cells: Cells) -> int | None:
    """The side's id; None where the company has one already or a mistake was noted."""
    known = {fold(word): side.id for side in batch.sides for word in (side.name, side.code)}
    text = cells.text("side")
    codes = ", ".join(side.code for side in batch.sides)
    if not text:
        if len(batch.sides) == 1:
            return batch.sides[0].id
        if name_key(cells.text("name")) not in batch.companies:
            cells.wrong("side", _("nothing stands here: write one of %(codes)s", codes=codes))
        return None
    if fold(text) not in known:
        cells.wrong(
            "side", _("there is no side %(text)s: write one of %(codes)s", text=repr(text), codes=codes)
        )
    return known.get(fold(text))


def _website(cells: Cells) -> str:
    website = cells.text("website", most=300)
    if website and "://" not in website:
        website = f"https://{website}"
    if website and not website.startswith(("http://", "https://")):
        cells.wrong("website", _("an address starts with https://"))
    return website


def _descriptions(cells: Cells) -> Iterator[tuple[str, str]]:
    """Locale and text, for each language that has one."""
    for key in cells.columns:
        if key == DESCRIPTION or key.startswith(f"{DESCRIPTION}_"):
            text = cells.text(key, most=MAX_DESCRIPTION)
            if text:
                yield key.removeprefix(DESCRIPTION).removeprefix("_") or "en", text


def _chosen(cells: Cells, key: str, known: Mapping[str, str]) -> list[str]:
    """The values of the words in the cell, in the order in which the product lists them."""
    found = set()
    for text in cells.listed(key):
        value = known.get(fold(text))
        if value is None:
            names = ", ".join(dict.fromkeys(known.values()))
            cells.wrong(key, _("%(text)s is none of: %(known)s", text=repr(text), known=names))
        else:
            found.add(value)
    return [value for value in dict.fromkeys(known.values()) if value in found]


def _lines(cells: Cells, key: str) -> list[str]:
    try:
        return distinct_lines(cells.listed(key), field_name=key)
    except Invalid as error:
        cells.wrong(key, str(error))
        return []


def _in_words(labels: Mapping[str, LazyString]) -> Mapping[str, str]:
    """Folded codes, and the words for them in every language of the pages, each with its code."""
    return _spelt(tuple(labels.items()))


@lru_cache(maxsize=8)
def _spelt(labels: tuple[tuple[str, LazyString], ...]) -> Mapping[str, str]:
    spellings = {fold(code): code for code, _label in labels}
    for locale in ALWAYS:
        with force_locale(locale):
            spellings |= {fold(str(label)): code for code, label in labels}
    return spellings
