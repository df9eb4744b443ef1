"""Collects what is wrong with a file, cell by cell, so that people can put it right in one go."""

from __future__ import annotations

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
