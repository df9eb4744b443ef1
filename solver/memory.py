"""How much memory the process takes, and whether that is too much: asked by the stages that take most.

What they do without is proofs and better schedules; the schedule at hand stays, and light stages go on.
Read from Linux' ``/proc``; elsewhere nothing is known, and nothing is ever too much.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1024 * 1024
SHARE: Final = 0.8
"""Of what the machine has left when a solve begins, what it may take unless it is told otherwise."""

_PROC: Final = Path("/proc")
_GROUP: Final = Path("/sys/fs/cgroup")
_EVERY: Final = 0.1  # seconds between two looks


def used() -> int:
    """Bytes in memory: this process and those it began."""
    tasks = _listed(_PROC / "self" / "task")
    children = (child for task in tasks for child in _text(task / "children").split())
    return sum(_resident(each) for each in ("self", *children))


def available() -> int | None:
    """Bytes that could still be taken, by the machine and by the limit of a container; None where unknown."""
    machine = _named(_PROC / "meminfo", "MemAvailable:")
    most, now = _text(_GROUP / "memory.max").strip(), _text(_GROUP / "memory.current").strip()
    found = [] if machine is None else [machine * 1024]
    if most.isdecimal() and now.isdecimal():
        cached = _named(_GROUP / "memory.stat", "inactive_file") or 0  # files that make room when asked to
        found.append(max(0, int(most) - int(now) + cached))
    return min(found, default=None)


@dataclass(slots=True)
class Guard:
    """Says whether more than ``limit`` bytes are in use; None: never. Looks ten times a second at most."""

    limit: int | None
    measure: Callable[[], int] = used
    clock: Callable[[], float] = time.monotonic
    _seen: float = field(init=False, default=-1.0)
    _short: bool = field(init=False, default=False)

    @classmethod
    def of_machine(cls) -> Guard:
        """Leaves a fifth of what the machine has left to others."""
        left = available()
        return cls(None if left is None else used() + int(SHARE * left))

    def short(self) -> bool:
        """Whether memory is short now."""
        if self.limit is None:
            return False
        now = self.clock()
        if self._seen < 0.0 or now - self._seen >= _EVERY:
            self._seen, self._short = now, self.measure() > self.limit
        return self._short


def _resident(process: str) -> int:
    fields = _text(_PROC / process / "statm").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if len(fields) > 1 else 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _named(path: Path, name: str) -> int | None:
    """The number behind a name, in a file with one on each line."""
    for line in _text(path).splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
