"""The capability list as text that people edit: a line an entry, those below it indented.

    uas | Unmanned aircraft | Безпілотні літальні апарати
      fpv | FPV drones | FPV-дрони

Code, English name, Ukrainian name; a line with a name alone gets a code of its own. Tabs do as well as bars,
so that columns of a spreadsheet can be put in as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from forum_scheduler.errors import Invalid
from forum_scheduler.forums.models import Capability
from forum_scheduler.spelling import transliterate

MOST_ENTRIES, MOST_DEPTH, LONGEST_NAME = 1000, 4, 200
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_NOT_CODE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: ``parent`` is the code of the entry above it in the tree."""

    code: str
    parent: str | None
    names: dict[str, str] = field(default_factory=dict)


def write(capabilities: Sequence[Capability]) -> str:
    """The text of a list, from which :func:`read` makes the same list."""
    below: dict[int | None, list[Capability]] = {}
    for each in sorted(capabilities, key=lambda one: (one.position, one.id)):
        below.setdefault(each.parent_id, []).append(each)

    def lines(parent: int | None, depth: int) -> Iterator[str]:
        for each in below.get(parent, ()):
            cells = [each.code, each.names.get("en", ""), each.names.get("uk", "")]
            yield "  " * depth + " | ".join(cells).rstrip(" |")
            yield from lines(each.id, depth + 1)

    return "\n".join(lines(None, 0))


def read(text: str) -> list[Entry]:
    """The entries, those above before those below. Raises Invalid with the line at fault."""
    entries: list[Entry] = []
    above: list[tuple[int, str]] = []  # indent and code of the entries that the next line may belong to
    codes: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        # What a spreadsheet copied starts with its first cell: a tab in front of it is an indent.
        indent = len(line.expandtabs(2)) - len(line.expandtabs(2).lstrip())
        while above and above[-1][0] >= indent:
            above.pop()
        if len(above) >= MOST_DEPTH:
            raise _wrong(number, _("more than %(most)s levels", most=MOST_DEPTH))
        entry = _entry(number, line.strip(), parent=above[-1][1] if above else None, codes=codes)
        codes.add(entry.code)
        above.append((indent, entry.code))
        entries.append(entry)
    if len(entries) > MOST_ENTRIES:
        raise Invalid(_("At most %(most)s entries.", most=MOST_ENTRIES), field="text")
    return entries


def _entry(number: int, line: str, *, parent: str | None, codes: set[str]) -> Entry:
    cells = [" ".join(cell.split()) for cell in re.split(r"[|\t]", line)]
    if len(cells) == 1:
        cells = [_free_code(cells[0], codes), cells[0]]
    code, english, ukrainian = (*cells, "", "")[:3]
    if len(cells) > 3:
        raise _wrong(number, _("more than three parts: code | English | Ukrainian"))
    if not _CODE.fullmatch(code):
        raise _wrong(number, _("%(code)s is no code: use Latin letters, digits, . _ -", code=repr(code[:60])))
    if code in codes:
        raise _wrong(number, _("the code %(code)s stands there twice", code=code))
    if not english:
        raise _wrong(number, _("an English name is needed: code | English | Ukrainian"))
    if max(len(english), len(ukrainian)) > LONGEST_NAME:
        raise _wrong(number, _("a name has at most %(most)s characters", most=LONGEST_NAME))
    names = {"en": english, **({"uk": ukrainian} if ukrainian else {})}
    return Entry(code=code, parent=parent, names=names)


def _free_code(name: str, codes: set[str]) -> str:
    base = _NOT_CODE.sub("-", transliterate(name)).strip("-")[:50] or "entry"
    code, number = base, 2
    while code in codes:
        code, number = f"{base}-{number}", number + 1
    return code


def _wrong(number: int, message: str) -> Invalid:
    return Invalid(_("Line %(number)s: %(message)s", number=number, message=message), field="text")
