"""Runs commands in processes of their own, keeps seconds and memory, and writes docs/benchmarks.md."""

from __future__ import annotations

import json
import os
import platform
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench.timeline import BEGAN

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
LIBRARIES = ("ortools", "numpy", "numba", "msgspec")
GRACE = 60.0
LOOK_SECONDS = 0.02
HEADER = "# Benchmarks\n\nMade by `make bench`. What is compared and how: docs/solver.md.\n"


@dataclass(frozen=True)
class Run:
    """``seconds`` from process start to end; ``memory``: MB at the peak, of the process and the largest of
    those it began; ``answer``: the last line, JSON."""

    seconds: float
    memory: float
    answer: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.answer.get("status", "failed"))


def run(arguments: Sequence[str], *, limit: float) -> Run:
    """``python -m ARGUMENTS`` in the checkout; killed a minute after ``limit`` seconds."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            BEGAN: str(time.time()),
            "OPENBLAS_NUM_THREADS": "1",
        },  # as solver.__main__ sets it
        text=True,
    ) as process:
        memory = _follow(process, began + limit + GRACE)
        output = process.stdout.read() if process.stdout is not None else ""
    seconds = time.perf_counter() - began
    try:
        answer = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        answer = {"status": f"failed ({process.returncode})"}
    return Run(seconds, memory, answer)


def _follow(process: subprocess.Popen[str], deadline: float) -> float:
    """Wait for the end, looking at the peak memory that Linux keeps for the process and for its children."""
    own = child = 0.0
    ended = os.pidfd_open(process.pid)
    while process.poll() is None:
        own = max(own, _peak(process.pid))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        child = max((child, *(_peak(int(each)) for each in _text(children).split())))
        if time.perf_counter() > deadline:
            process.kill()
        select.select([ended], [], [], LOOK_SECONDS)  # to the moment of its end: sleeping would overlook it
    os.close(ended)
    return own + child


def _peak(process: int) -> float:
    """MB; 0 where the process has ended."""
    for line in _text(Path(f"/proc/{process}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def succeeds(arguments: Sequence[str]) -> bool:
    """Whether ``python -m ARGUMENTS`` ends with status 0."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def goal(answer: dict[str, Any], name: str) -> tuple[int, int] | None:
    """Value and bound of one goal."""
    for each in answer.get("goals", ()):
        if each["name"] == name:
            return each["value"], each["bound"]
    return None


def machine() -> list[str]:
    """Where this was measured."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    system = f"{os.cpu_count()} cores seen, {platform.system()}, Python {platform.python_version()}"
    load = f"load average at the end {os.getloadavg()[0]:.1f}"
    return [f"{model}, {system}, {libraries}; {time.strftime('%Y-%m-%d')}, {_code()}, {load}.", ""]


def _code() -> str:
    """The commit that was measured, where there is one; "-dirty" where more than the figures changed."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        page = PAGE.relative_to(ROOT).as_posix()
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", f":(exclude){page}")
    except (OSError, subprocess.CalledProcessError):
        return "no commit known"
    return f"commit {commit}{'-dirty' if changed else ''}"


def _git(*arguments: str) -> str:
    found = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return [*lines, ""]


def publish(section: str, lines: Iterable[str]) -> None:
    """Replace the section ``section`` of docs/benchmarks.md, the others stay."""
    text = PAGE.read_text() if PAGE.exists() else HEADER
    begin, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    body = "\n".join([begin, "", *lines, end])
    if begin in text and end in text:
        before, rest = text.split(begin, 1)
        text = before + body + rest.split(end, 1)[1]
    else:
        text = text.rstrip("\n") + "\n\n" + body + "\n"
    PAGE.write_text(text)
