"""The worker: takes due runs, one child process each, delivers mails, and clears up after lost workers.

A crash in native code ends the child, not the worker. Any number of workers on any number of machines may
run; what keeps them apart are the leases in the database.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import SpawnProcess
from types import FrameType

from flask import Flask

from forum_scheduler.accounts.services import forget_old_links
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from forum_scheduler.notices.digests import send_due
from forum_scheduler.outbox.delivery import deliver_due
from forum_scheduler.requests.closing import announce_due
from forum_scheduler.requests.expiring import expire_due, remind_expiring
from forum_scheduler.requests.telling import tell_searches
from forum_scheduler.scheduling import bell, leases, solving
from forum_scheduler.scheduling.leases import LEASE
from forum_scheduler.scheduling.signals import looking_around

log = logging.getLogger(__name__)

MakeApp = Callable[[Config], Flask]
MAILS_AT_ONCE = 50
STOP_SECONDS = 8.0  # a child that does not stop in this time is killed; its checkpoint is in the database
TICK = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a worker looks around. ``lease``: how long a lost worker's run stays untouched."""

    lease: timedelta = LEASE
    poll: float = 3.0  # seconds between two looks when no bell rings


def serve(
    make_app: MakeApp,
    config: Config,
    *,
    pace: Pace | None = None,
    stop: threading.Event | None = None,
    until_idle: bool = False,
) -> None:
    """Work until SIGTERM, SIGINT or ``stop``; with ``until_idle`` until nothing is due.

    ``make_app`` is called in each child: it must be importable by name (``forum_scheduler.app.create_app``).
    Signals are only handled when called from the main thread.
    """
    worker = _Worker(make_app, config, pace or Pace(), stop or threading.Event())
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, worker.asked_to_stop)
    worker.work(until_idle=until_idle)


class _Worker:
    def __init__(self, make_app: MakeApp, config: Config, pace: Pace, stop: threading.Event) -> None:
        self.make_app = make_app
        self.config = config
        self.pace = pace
        self.stop = stop
        self.name = solving.worker_name()
        self.chores_at = 0.0
        self.patient = False
        self.beside: tuple[int, SpawnProcess] | None = None  # a question that is answered beside a run

    def asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop.set()

    def work(self, *, until_idle: bool) -> None:
        self.patient = until_idle
        listener = bell.Listener(self.config)
        app = self.make_app(self.config)
        log.info("worker %s is ready", self.name)
        try:
            with app.app_context():
                while not self.stop.is_set():
                    if self._look():
                        continue
                    if until_idle:
                        break
                    listener.wait(self.pace.poll, stop=self.stop)
                    self.chores_at = 0.0
                db.session.remove()
        finally:
            listener.close()

    def _look(self) -> bool:
        """Do what is due. True when there was a run."""
        try:
            self._chores()
            run_id = leases.claim(self.name, lease=max(self.pace.lease, leases.START_LEASE))
        except Exception:
            # The database restarts, say. A worker outlives that.
            log.exception("could not look for runs")
            db.session.remove()
            return False
        finally:
            db.session.remove()
        if run_id is None:
            return False
        self._run(run_id)
        return True

    def _chores(self) -> bool:
        """Reaping, mails and requests that nobody answered in time, every few seconds. False: not yet."""
        if time.monotonic() < self.chores_at:
            return False
        self.chores_at = time.monotonic() + self.pace.poll
        leases.reap()
        expire_due()
        announce_due()
        tell_searches()
        send_due()
        remind_expiring()
        looking_around.send(self.name, patient=self.patient)
        deliver_due(limit=MAILS_AT_ONCE)
        forget_old_links()
        return True

    def _start(self, run_id: int) -> SpawnProcess:
        child = multiprocessing.get_context("spawn").Process(
            target=_child,
            args=(self.make_app, self.config),
            kwargs={
                "run_id": run_id,
                "owner": self.name,
                "lease": self.pace.lease,
                "parent": os.getpid(),
            },
            name=f"run-{run_id}",
        )
        child.start()
        log.info("run %s: started in process %s", run_id, child.pid)
        return child

    def _run(self, run_id: int) -> None:
        child = self._start(run_id)
        self._watch(child)
        self._ended(run_id, child)
        while self.beside is not None:  # nobody else would clear up after it
            self.beside[1].join(TICK)
            if self.stop.is_set():
                self.beside[1].terminate()
            if not self.beside[1].is_alive():
                self._answer()

    def _answer(self) -> None:
        """Somebody waits for an answer: it is found beside the run that is under way."""
        if self.beside is not None:
            run_id, child = self.beside
            if not child.is_alive():
                self.beside = None
                self._ended(run_id, child)
            return
        if not self.stop.is_set():
            lease = max(self.pace.lease, leases.START_LEASE)
            claimed = leases.claim(self.name, lease=lease, asking_only=True)
            if claimed is not None:
                self.beside = (claimed, self._start(claimed))

    def _ended(self, run_id: int, child: SpawnProcess) -> None:
        log.info("run %s: the process ended with %s", run_id, child.exitcode)
        # Ended by a crash, it is not finished: free it for the next attempt at once.
        try:
            leases.release(run_id, self.name, counts=True)
        except Exception:
            log.exception("run %s: could not be released; its lease will expire", run_id)
        finally:
            db.session.remove()
        child.close()

    def _watch(self, child: SpawnProcess) -> None:
        deadline: float | None = None
        while child.is_alive():
            child.join(TICK)
            if self.stop.is_set():
                if deadline is None:
                    deadline = time.monotonic() + STOP_SECONDS
                    child.terminate()
                    if self.beside is not None:
                        self.beside[1].terminate()
                elif time.monotonic() > deadline:
                    child.kill()
                continue
            try:
                if self._chores():
                    self._answer()
            except Exception:
                log.exception("chores failed")
            finally:
                db.session.remove()


def _child(
    make_app: MakeApp, config: Config, *, run_id: int, owner: str, lease: timedelta, parent: int
) -> None:
    """One run in a process of its own. Shuts down on SIGTERM, and when its worker is gone."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: asked.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker tells us
    app = make_app(config)
    with app.app_context():
        outcome = solving.execute(
            run_id, owner, lease=lease, shut_down=lambda: asked.is_set() or os.getppid() != parent
        )
        db.session.remove()
        db.engine.dispose()
    log.info("run %s: %s", run_id, outcome)
    os._exit(0)  # a thread of the solver that still winds down must not hold the process
