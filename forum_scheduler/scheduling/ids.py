"""The solver's ids of rows, in one place: ``m12`` is the meeting with id 12."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Kind(StrEnum):
    """The letter that an id starts with."""

    MEETING = "m"
    DELEGATE = "d"
    COMPANY = "c"
    SLOT = "s"
    TABLE = "t"
    ZONE = "z"
    BLOCK = "b"
    INTERPRETER = "i"
    SIDE = "e"


def solver_id(kind: Kind, row_id: int) -> str:
    return f"{kind}{row_id}"


def solver_ids(kind: Kind, row_ids: Iterable[int]) -> tuple[str, ...]:
    return tuple(solver_id(kind, each) for each in row_ids)


def optional_id(kind: Kind, row_id: int | None) -> str | None:
    return None if row_id is None else solver_id(kind, row_id)


def row_id(solver_id: str) -> int:
    """The id of the row that ``solver_id`` stands for."""
    return int(solver_id[1:])


def kind_of(solver_id: str) -> Kind | None:
    """What ``solver_id`` stands for; None for anything that is no such id."""
    letter, number = solver_id[:1], solver_id[1:]
    if not number.isdecimal() or letter not in {kind.value for kind in Kind}:
        return None
    return Kind(letter)
