"""A rendering process as seen from outside: start, ask with a time limit, end. Loads no WeasyPrint.

A process needs longer to start than to lay out a page: :func:`ready_renderer` keeps those that did well for
a while.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import queue
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from flask_babel import lazy_gettext as _

from forum_scheduler.agendas.render import read_message, write_message
from forum_scheduler.errors import ForumError

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 2
AHEAD = 2  # pages that a process has: one in work, one at hand
ONE_PDF = 60.0  # seconds
IDLE_SECONDS = 60.0  # what a process without work is kept for
RECYCLE = 400  # PDFs of one process, before a fresh one takes over and its memory is given back


class RenderFailed(ForumError):
    """No PDF came back: it took too long, or the rendering process failed."""

    status = 503


class Renderer:
    """One rendering process; a context manager. Not for two threads at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by close()
        self._made = 0
        self._owed = 0  # answers that have not been read
        self._answers: _Patient | None = None
        self._reader: Any = None  # buffers what the process answered
        self._writer: threading.Thread | None = None

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pdf(self, html: str, *, paper: str, seconds: float = ONE_PDF) -> bytes:
        """Lay out a page of ours. Raises RenderFailed."""
        self._ask({"do": "pdf", "paper": paper}, [html.encode()])
        return self._receive(seconds)[0]

    def join(
        self,
        parts: Sequence[Path],
        target: Path,
        *,
        title: str,
        language: str,
        marks: Sequence[str],
        seconds: float,
        groups: Sequence[tuple[str, int]] = (),
    ) -> None:
        """One PDF of many files, with a bookmark for each part; ``groups``: above them, title and parts.

        Raises RenderFailed.
        """
        header = {
            "do": "join",
            "parts": [str(part) for part in parts],
            "target": str(target),
            "title": title,
            "language": language,
            "marks": list(marks),
            "groups": [list(group) for group in groups],
        }
        self._ask(header, [])
        self._receive(seconds)

    @property
    def at_rest(self) -> bool:
        """Whether everything that was asked is answered: whoever asks next gets the answer to that."""
        return self._owed == 0

    def close(self) -> None:
        self._end()
        self._errors.close()

    def many(self, pages: Iterator[tuple[int, tuple[str, str]]]) -> Iterator[tuple[int, bytes]]:
        """(index, (HTML, paper)) -> (index, PDF). The next page is sent before the answer to the last one is
        read: on a busy machine the process never waits for us. Raises RenderFailed."""
        ahead: deque[int] = deque()
        more = True
        while more or ahead:
            while more and len(ahead) < AHEAD:
                if self._made >= RECYCLE:
                    if ahead:
                        break  # the old process answers first what it was asked
                    self._end()
                page = next(pages, None)
                if page is None:
                    more = False
                    break
                index, (html, paper) = page
                self._send({"do": "pdf", "paper": paper}, [html.encode()])
                ahead.append(index)
            if ahead:
                yield ahead.popleft(), self._receive(ONE_PDF)[0]

    def _ask(self, header: Mapping[str, Any], parts: Sequence[bytes]) -> None:
        if self._made >= RECYCLE:
            self._end()
        self._send(header, parts)

    def _send(self, header: Mapping[str, Any], parts: Sequence[bytes]) -> None:
        process = self._started()
        assert process.stdin is not None
        sent = io.BytesIO()
        write_message(sent, header, parts)
        # A thread writes: a child that hangs stops reading, and the time limit must hold even then.
        arguments = (process.stdin, sent.getbuffer(), self._writer)
        self._writer = threading.Thread(target=_feed, args=arguments, daemon=True)
        self._writer.start()
        self._made += 1
        self._owed += 1

    def _receive(self, seconds: float) -> list[bytes]:
        process = self._process
        assert process is not None
        assert self._answers is not None
        try:
            self._answers.deadline = time.monotonic() + seconds
            answer = read_message(self._reader)
            if answer is None:
                raise EOFError("no answer")
        except TimeoutError:
            self._end()
            raise RenderFailed(
                _(
                    "Making the PDF took longer than %(seconds)s seconds and was stopped. Try again later.",
                    seconds=round(seconds),
                )
            ) from None
        except (OSError, EOFError) as error:
            tail = self._tail()
            self._end()
            raise RenderFailed(
                _("The process that makes PDFs ended unexpectedly (%(why)s). Try again.", why=tail or error)
            ) from error
        self._owed -= 1
        reply, made = answer
        if reply["error"] is not None:
            raise RenderFailed(_("The PDF could not be made: %(why)s", why=reply["error"]))
        return made

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "forum_scheduler.agendas.render"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": path},
            )
            assert self._process.stdout is not None
            self._answers = _Patient(self._process.stdout.fileno())
            self._reader = io.BufferedReader(self._answers)
            self._writer, self._made, self._owed = None, 0, 0
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it holds nothing that would need an orderly end
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        process.wait()

    def _tail(self) -> str:
        """The last line that the process complained with."""
        size = self._errors.seek(0, io.SEEK_END)
        self._errors.seek(max(0, size - 2000))
        lines = self._errors.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]


def _feed(target: Any, data: memoryview, before: threading.Thread | None) -> None:
    if before is not None:
        before.join()  # messages must not mix
    # What went wrong shows where the answer is awaited.
    with contextlib.suppress(OSError, ValueError):
        target.write(data)
        target.flush()


class _Patient(io.RawIOBase):
    """Reads a pipe until ``deadline``, a moment of time.monotonic(); then raises TimeoutError."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            if not selector.select(max(0.0, self.deadline - time.monotonic())):
                raise TimeoutError
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Idle:
    """Rendering processes without work, each for a while; whoever wants one takes the newest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[float, Renderer]] = []  # oldest first
        self._owner = os.getpid()

    def take(self) -> Renderer:
        with self._lock:
            if self._owner != os.getpid():  # a fork: these are the other process's
                self._owner, self._waiting = os.getpid(), []
            return self._waiting.pop()[1] if self._waiting else Renderer()

    def give(self, renderer: Renderer) -> None:
        with self._lock:
            wanted = renderer.at_rest and len(self._waiting) < PROCESSES
            if wanted:
                self._waiting.append((time.monotonic(), renderer))
        if not wanted:
            renderer.close()
            return
        later = threading.Timer(IDLE_SECONDS, self.close_old)
        later.daemon = True
        later.start()

    def close_old(self, *, age: float = IDLE_SECONDS) -> None:
        """End those that had nothing to do for ``age`` seconds."""
        with self._lock:
            before = time.monotonic() - age
            old = [each for since, each in self._waiting if since <= before]
            self._waiting = [(since, each) for since, each in self._waiting if since > before]
        for each in old:
            each.close()


_idle = _Idle()
atexit.register(_idle.close_old, age=0.0)


@contextlib.contextmanager
def ready_renderer() -> Iterator[Renderer]:
    """A rendering process, running already where one is idle. One that failed is not used again."""
    renderer = _idle.take()
    try:
        yield renderer
    except BaseException:
        renderer.close()
        raise
    _idle.give(renderer)


def render_many(
    pages: Iterable[tuple[str, str]], *, processes: int = PROCESSES
) -> Iterator[tuple[int, bytes]]:
    """(HTML, paper) -> (its index, PDF), as they get ready. Raises RenderFailed for the first that fails.

    Takes from ``pages`` as it goes on, so that a generator has few of them in memory.
    """
    source = _Shared(enumerate(pages))
    results: queue.SimpleQueue[tuple[int, bytes] | BaseException | None] = queue.SimpleQueue()

    def work(renderer: Renderer) -> None:
        try:
            for made in renderer.many(source):
                results.put(made)
        except BaseException as error:
            results.put(error)
        finally:
            results.put(None)

    with contextlib.ExitStack() as stack:
        working = [stack.enter_context(ready_renderer()) for _number in range(processes)]
        threads = [threading.Thread(target=work, args=(each,), daemon=True) for each in working]
        stack.callback(_end_all, source, threads)
        for thread in threads:
            thread.start()
        left = processes
        while left:
            found = results.get()
            if found is None:
                left -= 1
            elif isinstance(found, BaseException):
                raise found
            else:
                yield found


def _end_all(source: _Shared, threads: Iterable[threading.Thread]) -> None:
    """No further pages; each thread ends with those that its process has."""
    source.stop()
    for thread in threads:
        thread.join()


class _Shared:
    """Gives each thread that asks another page."""

    def __init__(self, pages: Iterator[tuple[int, tuple[str, str]]]) -> None:
        self._pages = pages
        self._lock = threading.Lock()
        self._stopped = False

    def __iter__(self) -> _Shared:
        return self

    def __next__(self) -> tuple[int, tuple[str, str]]:
        with self._lock:
            if self._stopped:
                raise StopIteration
            return next(self._pages)

    def stop(self) -> None:
        self._stopped = True
