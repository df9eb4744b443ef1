"""Serving the pages: gunicorn in this process, and the demo's worker beside it."""

from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from forum_scheduler.errors import Invalid


def serve(
    make_app: Callable[[], Flask],
    *,
    bind: str,
    workers: int = 2,
    threads: int = 1,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve until stopped by a signal; ``on_ready`` is called once the port listens.

    ``bind`` is ``host:port``. Raises Invalid when it can't be had.

    Processes, not threads: CPython 3.11 crashes where threads share a process (docs/decisions/0030).
    With several workers sign-in's rate limits count for each on its own unless QUEUE_URL names Redis.
    """
    check_free(bind)
    options = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "loglevel": "warning",
        "timeout": 60,
        "graceful_timeout": 10,
        "control_socket_disable": True,
        "when_ready": lambda _server: on_ready(),
    }
    _Server(make_app, options).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn with settings from here; command line and configuration files play no part."""

    def __init__(self, make_app: Callable[[], Flask], options: Mapping[str, Any]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return warm(self._make_app())


def warm(app: Flask) -> Flask:
    """Do before the first visitor what visitors would wait for; once in each process that serves pages.

    Templates are compiled. What is there for as long as the process is put out of sight of the garbage
    collector: to look through all of it made one page in eight or so wait much longer than the others
    (``tests/bench/bench_companies.py``, the directory at 95 %).
    """
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()
    return app


def check_free(bind: str) -> None:
    """Say at once, and in one line, what gunicorn would only say after five tries."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdecimal():
        raise Invalid(f"{bind!r} is no address: write host:port, such as 127.0.0.1:8000", field="bind")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except (OSError, OverflowError) as error:
            raise Invalid(f"{bind} can't be used ({error}): choose another port", field="bind") from error


@contextmanager
def worker_beside(environment: Mapping[str, str], *, log: Path) -> Iterator[None]:
    """A worker process that lives as long as the block. ``environment`` is added to this process's own.

    Its log is added to the file ``log``: on the terminal it would push away what people are to read there.
    """
    lead_pid = os.getpid()
    with log.open("ab") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "forum_scheduler.cli", "worker"],
            env={**os.environ, **environment, "FORUM_WORKER_OF": str(lead_pid)},
            stdin=subprocess.DEVNULL,
            stderr=written,
        )
    try:
        yield
    finally:
        # gunicorn's own children leave this block too when they end: the worker is not theirs to stop.
        if os.getpid() == lead_pid:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def stop_without(lead_pid: int, stop: threading.Event) -> None:
    """In a worker: set ``stop`` once the process that started it is gone, even by SIGKILL."""

    def watch() -> None:
        while os.getppid() == lead_pid and not stop.wait(1):
            pass
        stop.set()

    threading.Thread(target=watch, name="lead", daemon=True).start()
