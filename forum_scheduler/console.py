"""What commands show: progress on standard error, mistakes in one line, exit statuses.

On a terminal a live bar; elsewhere plain lines: one at the start, one every ten seconds, one at the end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from forum_scheduler.config import ConfigError
from forum_scheduler.errors import ForumError, ImportRefused, Invalid, NotFound

OK, NOT_ACHIEVED, BAD_INPUT = 0, 1, 2
PLAIN_EVERY = 10.0  # seconds between two plain lines
SHOWN_MISTAKES = 200


def say(text: str) -> None:
    """One line on standard error."""
    click.echo(text, err=True)


class Working:
    """Progress of one piece of work; use as a context manager and call :meth:`show` as often as you like."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._console = Console(stderr=True)
        self._started = self._spoken = 0.0
        self._detail = ""
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Working:
        self._started = self._spoken = time.monotonic()
        if self._console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                TextColumn("{task.fields[detail]}"),
                console=self._console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=None, detail="")
        else:
            say(f"{self._title} ...")
        return self

    def show(self, detail: str = "", *, share: float | None = None) -> None:
        """What is being done, and how much of it (0 to 1) is behind us, where that is known."""
        self._detail = detail
        if self._bar is not None and self._task is not None:
            done = None if share is None else max(0.0, min(1.0, share))
            self._bar.update(
                self._task, total=None if done is None else 1.0, completed=done or 0.0, detail=detail
            )
        elif time.monotonic() - self._spoken >= PLAIN_EVERY:
            self._spoken = time.monotonic()
            part = "" if share is None else f"{share:.0%}, "
            say(f"  {part}{self._spoken - self._started:.0f} s  {detail}".rstrip())

    def count(self, done: int, total: int, what: str = "") -> None:
        """Progress as so many of so many; fits the callbacks ``on_progress(done, total, what)``."""
        self.show(f"{done}/{total} {what}".rstrip(), share=done / total if total else None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        outcome = "done" if kind is None else "failed"
        say(f"{self._title}: {outcome} ({time.monotonic() - self._started:.1f} s)")


def show_mistakes(refused: ImportRefused) -> None:
    """The mistakes of a file as a table by sheet, row and column."""
    table = Table("Sheet", "Row", "Column", "What to do", show_lines=False)
    for each in refused.errors[:SHOWN_MISTAKES]:
        table.add_row(each.sheet, "" if each.row is None else str(each.row), each.column, each.message)
    Console(stderr=True, width=None if sys.stderr.isatty() else 160).print(table)
    left = len(refused.errors) + refused.more - SHOWN_MISTAKES
    if left > 0:
        say(f"... and {left} more")


@contextmanager
def exit_statuses() -> Iterator[None]:
    """Turn expected trouble into one line and an exit status; never a traceback for it."""
    try:
        yield
    except ImportRefused as refused:
        show_mistakes(refused)
        say(f"Error: {refused}")
        raise click.exceptions.Exit(BAD_INPUT) from refused
    except (ForumError, ConfigError) as error:
        say(f"Error: {error}")
        bad = isinstance(error, (Invalid, NotFound, ConfigError))
        raise click.exceptions.Exit(BAD_INPUT if bad else NOT_ACHIEVED) from error
    except (OperationalError, ProgrammingError) as error:
        say(f"Error: {_database_trouble(error)}")
        raise click.exceptions.Exit(BAD_INPUT) from error
    except OSError as error:
        name = f" ({error.filename})" if error.filename else ""
        say(f"Error: {error.strerror or error}{name}")
        raise click.exceptions.Exit(BAD_INPUT) from error


def _database_trouble(error: DBAPIError) -> str:
    text = " ".join(str(error.orig).split())
    if "no such table" in text or "no such column" in text or "does not exist" in text:
        return "the database is not up to date: run `forum db upgrade` first"
    return f"the database can't be used: {text[:200]} (see DATABASE_URL)"
