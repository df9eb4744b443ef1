"""What services raise. Each carries a sentence for the person, and becomes one HTTP status or exit code.

Services raise these and nothing of their own; views and commands show ``str(error)`` as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ForumError(Exception):
    """Base: expected trouble with a message that says what to do. ``status`` is the HTTP status."""

    status = 400

    def __init__(self, message: object) -> None:
        # Lazy translations are turned to text only when shown, in the reader's language.
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Invalid(ForumError):
    """What was typed can't be used. ``field`` names the form's field, where one is to blame."""

    status = 422

    def __init__(self, message: object, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(ForumError):
    """It does not exist, or not for this person (which they can't tell apart, on purpose)."""

    status = 404


class Refused(ForumError):
    """The person, or the state of things, does not allow it (window closed, cap reached, not approved)."""

    status = 403


class Conflict(ForumError):
    """Somebody else changed it meanwhile; nothing was overwritten."""

    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class CellError:
    """One mistake in an imported file. ``sheet`` and ``column`` may be empty for a file without them."""

    sheet: str
    row: int | None
    column: str
    message: str


class ImportRefused(ForumError):
    """A file was refused as a whole; nothing was stored. ``errors`` says why, cell by cell."""

    status = 422

    def __init__(self, errors: Sequence[CellError], *, more: int = 0) -> None:
        self.errors = tuple(errors)
        self.more = more  # mistakes found past the ones listed
        super().__init__(f"{len(self.errors) + more} mistakes; nothing was stored")
