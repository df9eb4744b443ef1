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
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from types import FrameType

from flask import Flask
from sqlalchemy import select

from forum_scheduler.accounts.services import forget_old_links
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from forum_scheduler.notices.digests import send_due
from forum_scheduler.outbox.delivery import deliver_due
from forum_scheduler.requests.closing import announce_due
from forum_scheduler.requests.expiring import expire_due, remind_expiring
from forum_scheduler.requests.telling import tell_searches
from forum_scheduler.scheduling import bell, leases, solving
from forum_scheduler.scheduling.leases import LEASE, START_LEASE, Lane, LeaseLost
from forum_scheduler.scheduling.models import Run
from forum_scheduler.scheduling.signals import looking_around

log = logging.getLogger(__name__)

MakeApp = Callable[[Config], Flask]
MAILS_AT_ONCE = 50
RENEW_SECONDS = START_LEASE.total_seconds() / 3  # while a child starts, which takes long on a busy machine
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


@dataclass(slots=True, eq=False)
class _Child:
    """A run in a process of its own. ``begun``: it keeps its lease itself from here on."""

    run_id: int
    lane: Lane
    process: SpawnProcess
    begun: Event
    renew_at: float


class _Worker:
    def __init__(self, make_app: MakeApp, config: Config, pace: Pace, stop: threading.Event) -> None:
        self.make_app = make_app
        self.config = config
        self.pace = pace
        self.stop = stop
        self.name = solving.worker_name()
        self.chores_at = 0.0
        self.patient = False
        self.children: list[_Child] = []  # at most one a lane: a question is answered beside a run
        self.kill_at: float | None = None

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
            self._take_up()
        except Exception:
            # The database restarts, say. A worker outlives that.
            log.exception("could not look for runs")
            return False
        finally:
            db.session.remove()
        if not self.children:
            return False
        while self.children:
            self._watch()
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

    def _take_up(self) -> None:
        """A run of a lane in which nothing is under way here, where one is due."""
        free = frozenset(Lane) - {child.lane for child in self.children}
        if self.stop.is_set() or not free:
            return
        run_id = leases.claim(self.name, lease=max(self.pace.lease, START_LEASE), lanes=free)
        if run_id is not None:
            kind = db.session.scalars(select(Run.kind).where(Run.id == run_id)).one()
            self.children.append(self._start(run_id, leases.lane_of(kind)))

    def _start(self, run_id: int, lane: Lane) -> _Child:
        context = multiprocessing.get_context("spawn")
        begun = context.Event()
        process = context.Process(
            target=_child,
            args=(self.make_app, self.config, begun),
            kwargs={
                "run_id": run_id,
                "owner": self.name,
                "lease": self.pace.lease,
                "parent": os.getpid(),
            },
            name=f"run-{run_id}",
        )
        process.start()
        log.info("run %s: started in process %s", run_id, process.pid)
        return _Child(run_id, lane, process, begun, time.monotonic() + RENEW_SECONDS)

    def _renew(self, child: _Child) -> None:
        """Keep the lease of a child that is alive, but still loads what it needs."""
        if child.begun.is_set() or time.monotonic() < child.renew_at:
            return
        child.renew_at = time.monotonic() + RENEW_SECONDS
        with suppress(LeaseLost):  # the child learns that, too, and ends
            leases.renew(child.run_id, self.name, lease=START_LEASE)

    def _ended(self, child: _Child) -> None:
        log.info("run %s: the process ended with %s", child.run_id, child.process.exitcode)
        # Ended by a crash, it is not finished: free it for the next attempt at once.
        try:
            leases.release(child.run_id, self.name, counts=True)
        except Exception:
            log.exception("run %s: could not be released; its lease will expire", child.run_id)
        finally:
            db.session.remove()
        child.process.close()

    def _watch(self) -> None:
        """Look after the runs under way for a moment, and take up what is due beside them."""
        self.children[0].process.join(TICK)
        ended = [child for child in self.children if not child.process.is_alive()]
        self.children = [child for child in self.children if child not in ended]
        for child in ended:
            self._ended(child)
        if self.stop.is_set():
            self._stop_children()
            return
        try:
            for child in self.children:
                self._renew(child)
            if self._chores() or ended:
                self._take_up()
        except Exception:
            log.exception("chores failed")
        finally:
            db.session.remove()

    def _stop_children(self) -> None:
        """Ask them once to stop, and wait no longer than ``STOP_SECONDS``."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + STOP_SECONDS
            for child in self.children:
                child.process.terminate()
        elif time.monotonic() > self.kill_at:
            for child in self.children:
                child.process.kill()


def _child(
    make_app: MakeApp,
    config: Config,
    begun: Event,
    *,
    run_id: int,
    owner: str,
    lease: timedelta,
    parent: int,
) -> None:
    """One run in a process of its own. Shuts down on SIGTERM, and when its worker is gone."""
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: asked.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker tells us
    app = make_app(config)
    with app.app_context():
        outcome = solving.execute(
            run_id,
            owner,
            lease=lease,
            on_begun=begun.set,
            shut_down=lambda: asked.is_set() or os.getppid() != parent,
        )
        db.session.remove()
        db.engine.dispose()
    log.info("run %s: %s", run_id, outcome)
    os._exit(0)  # a thread of the solver that still winds down must not hold the process
