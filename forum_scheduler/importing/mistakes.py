"""Collects what is wrong with a file, cell by cell, so that people can put it right in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from forum_scheduler.errors import CellError, ImportRefused

MOST_LISTED = 500


class Mistakes:
    """The mistakes found so far; past MOST_LISTED they are only counted."""

    def __init__(self) -> None:
        self._errors: list[CellError] = []
        self._more = 0

    def add(self, message: str, *, sheet: str = "", row: int | None = None, column: str = "") -> None:
        """Note one mistake; ``message`` says what is wrong and what to do."""
        if len(self._errors) < MOST_LISTED:
            self._errors.append(CellError(sheet=sheet, row=row, column=column, message=message))
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._errors)

    def refuse(self) -> None:
        """Raises ImportRefused if there is any mistake."""
        if self._errors:
            raise ImportRefused(self._errors, more=self._more)


def refuse_file(message: str, *, sheet: str = "", row: int | None = None, column: str = "") -> ImportRefused:
    """The error for a file of which nothing could be read."""
    return ImportRefused([CellError(sheet=sheet, row=row, column=column, message=message)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Mistakes of one column with one message; ``rows`` in words ("4–8, 11"), empty where a file has none."""

    sheet: str
    rows: str
    column: str
    message: str


def gather(errors: Iterable[CellError]) -> list[Alike]:
    """One line for what is wrong in the same way: fifty equal ones would hide the last, different one."""
    rows: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for error in errors:
        found = rows[error.sheet, error.column, error.message]
        if error.row is not None:
            found.append(error.row)
    return [
        Alike(sheet=sheet, column=column, message=message, rows=_spans(sorted(set(numbers))))
        for (sheet, column, message), numbers in rows.items()
    ]


def _spans(numbers: list[int]) -> str:
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)
