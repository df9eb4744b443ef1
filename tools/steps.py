"""Steps of the set-up: a command with its progress, and one set-up at a time. Python's own library only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"

Command = Sequence[str | Path]


class Failed(Exception):
    """A step that did not work: one line that says what happened and what to do."""


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Progress:
    """One line that lives on a terminal; elsewhere a line at the start, each ten seconds, and at the end."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = self.spoken = time.monotonic()
        self.live = sys.stderr.isatty()
        if not self.live:
            say(f"{title} ...")

    def show(self, detail: str) -> None:
        now = time.monotonic()
        text = f"{now - self.started:3.0f} s  {detail}".rstrip()
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write("\r\033[K" + f"{self.title} ... {text}"[:width])
            sys.stderr.flush()
        elif now - self.spoken >= 10:
            self.spoken = now
            say(f"  {text[:100]}")

    def end(self, outcome: str) -> None:
        clear = "\r\033[K" if self.live else ""
        say(f"{clear}{self.title}: {outcome} ({time.monotonic() - self.started:.1f} s)")


def readable(line: str) -> str:
    """What to show of a command's last line; apt's machine-readable ones become words and a percentage."""
    status = re.match(r"(?:dl|pm)status:.*?:(\d+)(?:\.\d+)?:(.*)", line)
    return f"{status[1]} %  {status[2]}" if status else line.strip()


def run(
    title: str,
    command: Command,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    inherit: Sequence[int] = (),
) -> None:
    """Run a command: output to .tools/log.txt, its last line as progress; raises Failed with the error."""
    progress = Progress(title)
    last: deque[str] = deque(maxlen=12)
    words = [str(part) for part in command]
    with (TOOLS / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"\n$ {shlex.join(words)}\n")
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                cwd=cwd,
                env={**os.environ, **(env or {})},
                pass_fds=inherit,
            )
        except FileNotFoundError:
            progress.end("failed")
            raise Failed(f"there is no {words[0]}") from None
        reader = threading.Thread(target=_drain, args=(process, last, log), daemon=True)
        reader.start()
        try:
            while process.poll() is None:
                progress.show(readable(last[-1]) if last else "")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        # A service that apt started may hold the pipe open for ever: what it still says is of no interest.
        reader.join(1)
        if process.stdout and not reader.is_alive():
            process.stdout.close()
    if process.returncode != 0:
        progress.end("failed")
        reasons = [line for line in last if "rror" in line or line.startswith("E:")] or list(last)
        raise Failed(reasons[-1].strip() if reasons else f"exit status {process.returncode}")
    progress.end("done")


def _drain(process: subprocess.Popen[str], last: deque[str], log: TextIOWrapper) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip():
            last.append(line)
        with contextlib.suppress(ValueError):  # the log is closed once the command has ended
            log.write(line)


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Hold the lock of this checkout; yields its descriptor, which the commands inherit.

    A set-up killed by SIGKILL leaves its uv running: the next one then waits until that has ended too.
    """
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder: waiting for it to end ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
