"""YAML files: lists of companies, delegates, requests and availability, beside a forum's description."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from flask_babel import gettext as _

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.description import ForumDescription, convert, load_yaml
from forum_scheduler.importing.columns import KINDS, Kind, Listed, further_language
from forum_scheduler.importing.mistakes import Mistakes
from forum_scheduler.importing.reading import MOST_ROWS, Row, Sheet, Value


def read_document(text: str, mistakes: Mistakes) -> tuple[ForumDescription | None, list[Listed]]:
    """The forum's description, where there is one, and the lists. Raises Invalid for what is no YAML."""
    data = load_yaml(text)
    if not isinstance(data, dict) or not data:
        raise Invalid(_("the file holds neither a forum nor lists of companies, delegates or requests"))
    lists: list[Listed] = []
    for kind in KINDS:
        entries: object = data.get(kind.key)
        if isinstance(entries, list):
            lists.append(_list(kind, entries, mistakes))
            del data[kind.key]
    # "requests" of a forum's description is a mapping (the window), a list of requests is a list.
    return (convert(data) if len(data) > 0 else None), lists


def _list(kind: Kind, entries: list[object], mistakes: Mistakes) -> Listed:
    known = [column.key for column in kind.columns]
    named = [str(name) for entry in entries if isinstance(entry, dict) for name in entry]
    further = (further_language(kind, name.replace("_", " ")) for name in dict.fromkeys(named))
    keys = [*known, *(each.key for each in further if each is not None and each.key not in known)]
    if len(entries) > MOST_ROWS:
        mistakes.add(_("more than %(most)s entries: split the file", most=MOST_ROWS), sheet=kind.key)
    rows = [Row(number=0, cells=dict(enumerate(keys)))]
    for number, entry in enumerate(entries[:MOST_ROWS], start=1):
        if not isinstance(entry, dict):
            mistakes.add(_("names with values were expected, such as name: ..."), sheet=kind.key, row=number)
            continue
        rows.append(Row(number=number, cells=_cells(kind, keys, entry, number, mistakes)))
    sheet = Sheet(name=kind.key, rows=tuple(rows), lettered=False)
    return Listed(kind=kind, sheet=sheet, columns={key: (index, key) for index, key in enumerate(keys)})


def _cells(
    kind: Kind, keys: list[str], entry: Mapping[object, object], number: int, mistakes: Mistakes
) -> dict[int, Value]:
    cells: dict[int, Value] = {}
    for name, given in entry.items():
        if name not in keys:
            known = ", ".join(keys)
            mistakes.add(_("unknown name; there are: %(known)s", known=known),
                         sheet=kind.key, row=number, column=str(name))  # fmt: skip
            continue
        value = "; ".join(map(str, given)) if isinstance(given, list) else given
        if isinstance(value, (str, int, float, bool, datetime, date, time)) and value != "":
            cells[keys.index(str(name))] = value
        elif value is not None and value != "":
            mistakes.add(_("a plain value was expected"), sheet=kind.key, row=number, column=str(name))
    return cells
