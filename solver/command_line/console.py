"""Progress of a run on standard error: one line that renews itself on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
from typing import TextIO

from solver.progress import Progress

PLAIN_INTERVAL = 2.0
TERMINAL_INTERVAL = 0.1
ERASE_LINE = "\r\x1b[K"


class Console:
    """Listens to a solve. On a terminal at most 10 updates a second; elsewhere a line at each new stage
    or value, at most one in 2 s."""

    def __init__(self, stream: TextIO, *, terminal: bool) -> None:
        self._stream = stream
        self._terminal = terminal
        self._lock = threading.Lock()
        self._shown_at: float | None = None
        self._shown = ""
        self._pending: Progress | None = None

    def show(self, progress: Progress) -> None:
        """Show ``progress``, unless one was shown a moment ago."""
        with self._lock:
            interval = TERMINAL_INTERVAL if self._terminal else PLAIN_INTERVAL
            if self._shown_at is not None and progress.seconds - self._shown_at < interval:
                self._pending = progress
                return
            self._pending = None
            self._write(progress)

    def close(self) -> None:
        """Show what was held back, and end the line."""
        with self._lock:
            if self._pending is not None:
                self._write(self._pending)
                self._pending = None
            if self._terminal and self._shown:
                self._stream.write("\n")
                self._stream.flush()

    def _write(self, progress: Progress) -> None:
        self._shown_at = progress.seconds
        text = sentence(progress)
        if text[8:] == self._shown[8:] and not self._terminal:
            return
        self._shown = text
        self._stream.write(f"{ERASE_LINE}{text}" if self._terminal else f"{text}\n")
        self._stream.flush()


def sentence(progress: Progress) -> str:
    """``   3.2 s  improve: 820 meetings placed, value 2,310 of at most 2,315 (99.8 %)``."""
    parts: list[str] = []
    if progress.placed:
        parts.append(f"{progress.placed:,} meetings placed")
    if progress.goal is not None and progress.value is not None:
        parts.append(f"{progress.goal} {_gap(progress)}")
    elif progress.goal is not None and progress.bound is not None:
        limit = "at most" if progress.goal.maximised else "at least"
        parts.append(f"{progress.goal} {limit} {progress.bound:,}")
    said = ": " + ", ".join(parts) if parts else ""
    return f"{progress.seconds:6.1f} s  {progress.stage}{said}"


def _gap(progress: Progress) -> str:
    value, bound = progress.value, progress.bound
    if value is None or bound is None or progress.goal is None:
        return f"{value:,}"
    if value == bound:
        return f"{value:,} (proven optimal)"
    if not progress.goal.maximised:
        return f"{value:,}, no less than {bound:,} possible"
    share = f" ({100 * value / bound:.1f} %)" if bound > 0 else ""
    return f"{value:,} of at most {bound:,}{share}"
