"""A rendering process as seen from outside: start, ask with a time limit, end. Loads no WeasyPrint."""

from __future__ import annotations

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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from pathlib import Path
from types import TracebackType
from typing import Any

from flask_babel import lazy_gettext as _

from forum_scheduler.agendas.render import read_message, write_message
from forum_scheduler.errors import ForumError

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 2
AHEAD = 8  # pages that wait for each process
ONE_PDF = 60.0  # seconds
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

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pdf(self, html: str, *, paper: str, seconds: float = ONE_PDF) -> bytes:
        """Lay out a page of ours. Raises RenderFailed."""
        return self._ask({"do": "pdf", "paper": paper}, [html.encode()], seconds)

    def join(
        self,
        parts: Sequence[bytes],
        *,
        title: str,
        language: str,
        marks: Sequence[str],
        seconds: float,
        nested: bool = False,
    ) -> bytes:
        """One PDF of many, with a bookmark for each part; ``nested``: and the parts' own below it.

        Raises RenderFailed.
        """
        header = {
            "do": "join",
            "title": title,
            "language": language,
            "marks": list(marks),
            "nested": nested,
        }
        return self._ask(header, parts, seconds)

    def close(self) -> None:
        self._end()
        self._errors.close()

    def _ask(self, header: Mapping[str, Any], parts: Sequence[bytes], seconds: float) -> bytes:
        if self._made >= RECYCLE:
            self._end()
        process = self._started()
        try:
            answer = _exchange(process, header, parts, deadline=time.monotonic() + seconds)
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
        self._made += 1
        reply, made = answer
        if reply["error"] is not None:
            raise RenderFailed(_("The PDF could not be made: %(why)s", why=reply["error"]))
        return made[0]

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
            self._made = 0
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


def _exchange(
    process: subprocess.Popen[bytes], header: Mapping[str, Any], parts: Sequence[bytes], *, deadline: float
) -> tuple[dict[str, Any], list[bytes]]:
    """Raises TimeoutError, OSError, EOFError."""
    assert process.stdin is not None
    assert process.stdout is not None
    sent = io.BytesIO()
    write_message(sent, header, parts)
    # A thread writes: a child that hangs stops reading, and the time limit must hold even then.
    writer = threading.Thread(target=_feed, args=(process.stdin, sent.getbuffer()), daemon=True)
    writer.start()
    answer = read_message(io.BufferedReader(_Patient(process.stdout.fileno(), deadline)))
    if answer is None:
        raise EOFError("no answer")
    return answer


def _feed(target: Any, data: memoryview) -> None:
    # What went wrong shows where the answer is awaited.
    with contextlib.suppress(OSError, ValueError):
        target.write(data)
        target.flush()


class _Patient(io.RawIOBase):
    """Reads a pipe until a moment of time.monotonic(); then raises TimeoutError."""

    def __init__(self, descriptor: int, deadline: float) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_READ)
            if not selector.select(max(0.0, self._deadline - time.monotonic())):
                raise TimeoutError
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def render_many(
    pages: Iterable[tuple[str, str]], *, processes: int = PROCESSES
) -> Iterator[tuple[int, bytes]]:
    """(HTML, paper) -> (its index, PDF), as they get ready. Raises RenderFailed for the first that fails.

    Takes from ``pages`` as it goes on, so that a generator has few of them in memory.
    """
    renderers: queue.SimpleQueue[Renderer] = queue.SimpleQueue()
    with contextlib.ExitStack() as stack:
        for _number in range(processes):
            renderers.put(stack.enter_context(Renderer()))

        def work(index: int, html: str, paper: str) -> tuple[int, bytes]:
            renderer = renderers.get()
            try:
                return index, renderer.pdf(html, paper=paper)
            finally:
                renderers.put(renderer)

        pool = stack.enter_context(ThreadPoolExecutor(processes, thread_name_prefix="render"))
        waiting: set[Future[tuple[int, bytes]]] = set()
        try:
            for index, (html, paper) in enumerate(pages):
                waiting.add(pool.submit(work, index, html, paper))
                if len(waiting) >= AHEAD * processes:
                    done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            for future in as_completed(waiting):
                yield future.result()
        finally:
            for future in waiting:
                future.cancel()
