"""Reads the literature's instances: MiniZinc data (.dzn) of the B2B meeting scheduling problem.

Each participant becomes a company with one person (``p1`` ...), each meeting a must (``m1`` ...), in one
block of all slots (``s1`` ...: the noon border is not special in the literature) at ``nTables`` equal tables;
the goal is the fewest breaks. The fairness d of the literature is ``max_breaks``: every published file has a
participant with no break, so "breaks differ by at most d" and "nobody has more than d" are the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from solver.codec import FormatError
from solver.problem import (
    Block,
    Company,
    GoalName,
    Meeting,
    Party,
    Person,
    Problem,
    ProblemError,
    Slot,
    Table,
)

REDUNDANT: Final = frozenset({"meetingsxBusiness", "nMeetingsBusiness"})
NUMBERS: Final = ("nBusiness", "nMeetings", "nTables", "nTotalSlots", "nMorningSlots")
LISTS: Final = ("requested", "forbidden", "fixed", "precedences")
LARGEST: Final = 1_000_000

_COMMENT = re.compile(r"%[^\n]*")
_ASSIGNMENT = re.compile(r"\s*(\w+)\s*=\s*(.*)\s*", re.DOTALL)
_ELEMENT = re.compile(r"\s*(?:\{([^{}]*)\}|(\d+)\s*\.\.\s*(\d+))\s*(?:,|$)")


def parse_dzn(text: str, *, max_breaks: int | None = None) -> Problem:
    """The problem in ``text``; ``max_breaks`` (>= 0, None: no limit) is each participant's hard limit.

    Raises :class:`FormatError` with the field at fault (``requested[3]``, counted from 1 as in the file).
    """
    fields = _fields(text)
    sizes = {name: _number(fields, name) for name in NUMBERS}
    people, slots, count = sizes["nBusiness"], sizes["nTotalSlots"], sizes["nMeetings"]
    if sizes["nMorningSlots"] > slots:
        raise FormatError("nMorningSlots", f"{sizes['nMorningSlots']} of {slots} slots")
    requested = _rows(fields["requested"], count)
    forbidden = _sets(fields, "forbidden", people, least=0, largest=slots)
    fixed = _integers("fixed", fields["fixed"].strip("[] \n\t"), count, least=0, largest=slots)
    before = _sets(fields, "precedences", count, least=1, largest=count)
    meetings = tuple(
        _meeting(index, requested[index], fixed[index], before[index], sizes) for index in range(count)
    )
    try:
        return Problem(
            version=1,
            blocks=(Block(id="all", day="day"),),
            slots=tuple(Slot(id=f"s{slot}", block="all") for slot in range(1, slots + 1)),
            zones=("hall",),
            tables=tuple(Table(id=f"t{table}", zone="hall") for table in range(1, sizes["nTables"] + 1)),
            companies=tuple(Company(id=f"p{person}") for person in range(1, people + 1)),
            people=tuple(
                Person(id=f"p{index}", unavailable=tuple(f"s{slot}" for slot in sorted(closed) if slot))
                for index, closed in enumerate(forbidden, start=1)
            ),
            meetings=meetings,
            goals=(GoalName.BREAKS,),
            max_breaks=max_breaks,
            must_all=True,
        )
    except ProblemError as error:
        raise FormatError(error.path, error.message) from error


def _fields(text: str) -> dict[str, str]:
    """Name -> text of the value. The values hold no ``;`` and no strings, so that splitting is safe."""
    found: dict[str, str] = {}
    for part in _COMMENT.sub("", text).split(";"):
        if not part.strip():
            continue
        match = _ASSIGNMENT.fullmatch(part)
        if match is None:
            raise FormatError("", f"no assignment 'name = value;': {' '.join(part.split())[:60]!r}")
        name, value = match.groups()
        if name not in REDUNDANT and name not in NUMBERS and name not in LISTS:
            raise FormatError(name, "unknown field")
        if name in found:
            raise FormatError(name, "given twice")
        found[name] = value.strip()
    for name in (*NUMBERS, *LISTS):
        if name not in found:
            raise FormatError(name, "missing")
    return found


def _number(fields: Mapping[str, str], name: str) -> int:
    return _integer(name, fields[name], least=1 if name == "nTotalSlots" else 0, largest=LARGEST)


def _integer(path: str, text: str, *, least: int, largest: int) -> int:
    cleaned = text.strip()
    if not cleaned.isascii() or not cleaned.isdigit() or len(cleaned) > 9:
        raise FormatError(path, f"an integer was expected, not {cleaned[:40]!r}")
    value = int(cleaned)
    if not least <= value <= largest:
        raise FormatError(path, f"{value} is not within {least} to {largest}")
    return value


def _integers(path: str, text: str, count: int, *, least: int, largest: int) -> list[int]:
    parts = [part for part in text.split(",") if part.strip()]
    if len(parts) != count:
        raise FormatError(path, f"{count} values expected, {len(parts)} found")
    return [
        _integer(f"{path}[{index}]", part, least=least, largest=largest)
        for index, part in enumerate(parts, start=1)
    ]


def _rows(text: str, count: int) -> list[list[int]]:
    """``[|a,b,c, |d,e,f, |]``: one row a meeting, of two participants and a session."""
    if not (text.startswith("[|") and text.endswith("|]")):
        raise FormatError("requested", "an array [| ... |] was expected")
    rows = [row for row in text[2:-2].split("|") if row.strip()]
    if len(rows) != count:
        raise FormatError("requested", f"{count} rows expected, {len(rows)} found")
    return [
        _integers(f"requested[{index}]", row, 3, least=1, largest=LARGEST)
        for index, row in enumerate(rows, start=1)
    ]


def _sets(fields: Mapping[str, str], name: str, count: int, *, least: int, largest: int) -> list[set[int]]:
    """``[{..}, {..}]`` or ranges ``a..b``: one set an element."""
    text = fields[name]
    if not (text.startswith("[") and text.endswith("]")):
        raise FormatError(name, "an array of sets was expected")
    body, position = text[1:-1].rstrip(), 0
    found: list[set[int]] = []
    while position < len(body):
        path = f"{name}[{len(found) + 1}]"
        match = _ELEMENT.match(body, position)
        if match is None:
            raise FormatError(path, f"a set was expected, not {body[position : position + 40].strip()!r}")
        position = match.end()
        members = match[1]
        if members is not None:
            parts = [part for part in members.split(",") if part.strip()]
            found.append({_integer(path, part, least=least, largest=largest) for part in parts})
        else:
            first, last = (_integer(path, match[end], least=least, largest=largest) for end in (2, 3))
            found.append(set(range(first, last + 1)))
    if len(found) != count:
        raise FormatError(name, f"{count} sets expected, {len(found)} found")
    return found


def _meeting(index: int, row: list[int], fixed: int, before: set[int], sizes: Mapping[str, int]) -> Meeting:
    first, second, session = row
    path = f"requested[{index + 1}]"
    for person in (first, second):
        if person > sizes["nBusiness"]:
            raise FormatError(path, f"there is no participant {person}")
    if first == second:
        raise FormatError(path, f"participant {first} can't meet itself")
    return Meeting(
        id=f"m{index + 1}",
        parties=tuple(Party(company=f"p{person}", people=(f"p{person}",)) for person in (first, second)),
        starts=_session(path, session, sizes),
        locked_slot=f"s{fixed}" if fixed else None,
        after=tuple(f"m{other}" for other in sorted(before)),
    )


def _session(path: str, session: int, sizes: Mapping[str, int]) -> tuple[str, ...] | None:
    """1: the morning only, 2: the afternoon only, 3: either."""
    morning, total = sizes["nMorningSlots"], sizes["nTotalSlots"]
    match session:
        case 1:
            allowed = range(1, morning + 1)
        case 2:
            allowed = range(morning + 1, total + 1)
        case 3:
            return None
        case _:
            raise FormatError(path, f"the session is 1, 2 or 3, not {session}")
    return tuple(f"s{slot}" for slot in allowed)
