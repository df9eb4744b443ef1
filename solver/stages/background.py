"""Work in another thread, watched from the main thread, so that signals and stops take effect at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

POLL_SECONDS = 0.02
PATIENCE_SECONDS = 0.5

Item = TypeVar("Item")


class Background(Generic[Item]):
    """Runs ``work(emit, should_stop)``; :meth:`newest` hands over the latest item that it emitted.

    ``work`` must end soon after ``should_stop()`` is true. What it raises is raised by :meth:`newest` or
    :meth:`end`, in the thread that calls them.
    """

    def __init__(self, work: Callable[[Callable[[Item], None], Callable[[], bool]], None]) -> None:
        self._lock = threading.Lock()
        self._halt = threading.Event()
        self._items: list[Item] = []
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), name="search", daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[Callable[[Item], None], Callable[[], bool]], None]) -> None:
        try:
            work(self._emit, self._halt.is_set)
        except BaseException as failure:
            self._failure = failure

    def _emit(self, item: Item) -> None:
        with self._lock:
            self._items = [item]

    def newest(self) -> Item | None:
        """The latest item since the last call, if any."""
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        with self._lock:
            return self._items.pop() if self._items else None

    def alive(self) -> bool:
        """Whether it still works; waits up to a moment for its end."""
        self._thread.join(POLL_SECONDS)
        return self._thread.is_alive()

    def halt(self) -> None:
        """Ask it to stop; :meth:`end` waits for that."""
        self._halt.set()

    def end(self, patience: float = PATIENCE_SECONDS) -> Item | None:
        """Stop it and return what :meth:`newest` would. Work that does not end in ``patience`` seconds is
        left behind.

        That happens only while kernels are being compiled, which nothing can stop, and on the largest forums.
        """
        self.halt()
        self._thread.join(min(patience, PATIENCE_SECONDS))
        return self.newest()
