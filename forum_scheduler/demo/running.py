"""`forum demo`: from an empty folder to agendas and pages; started again it goes on where it was."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import func, select, update

from forum_scheduler import commands
from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.services import sign_in_url
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Delegate, Representative
from forum_scheduler.config import Config, from_environment
from forum_scheduler.console import Working, say
from forum_scheduler.demo.load import ORGANISER_EMAIL, find_demo, make_demo
from forum_scheduler.errors import Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import Publication
from forum_scheduler.requests.models import Request, RequestState
from forum_scheduler.scheduling.models import DelegateSlot, Run, RunState, Schedule
from forum_scheduler.serving import check_free, serve, worker_beside

MakeApp = Callable[[Config], Flask]
FINISHED = ".finished"  # in the folder of agendas: the version that was written to the end
WORKER_LOG = "worker.log"
CORES = 2


def run(make_app: MakeApp, *, port: int, seconds: int, seed: int) -> None:
    """Prepare what is missing, then serve with a worker beside until stopped."""
    check_free(f"127.0.0.1:{port}")
    # In a process of its own: the solver's and the printer's libraries don't belong into web processes.
    options = ["--no-serve", f"--port={port}", f"--seconds={seconds}", f"--seed={seed}"]
    process = subprocess.Popen([sys.executable, "-m", "forum_scheduler.cli", "demo", *options])  # noqa: S603
    try:
        status = process.wait()
    except KeyboardInterrupt:
        process.wait()  # it heard Ctrl-C too
        raise
    if status != 0:
        raise click.exceptions.Exit(status)
    config = demo_config(port)
    with _opened(make_app(config)):
        links = login_links()
    beside = {"FORUM_DEMO": "1", "FORUM_BASE_URL": config.base_url}
    with worker_beside(beside, log=config.instance / WORKER_LOG):
        serve(
            lambda: make_app(config),
            bind=f"127.0.0.1:{port}",
            on_ready=lambda: _announce(config, links),
        )


def demo_config(port: int) -> Config:
    """The environment's configuration as the demo: on this machine only."""
    return replace(from_environment(), demo=True, base_url=f"http://127.0.0.1:{port}", secure_cookies=False)


def _announce(config: Config, links: dict[str, str]) -> None:
    click.echo(f"\nThe demo is served at {config.base_url} (Ctrl-C stops it; the data stay).")
    click.echo(f"Agendas as files: {config.export_dir}. Mails: {config.mail_dir}.")
    click.echo(f"What the worker does: {config.instance / WORKER_LOG}.")
    click.echo("Sign in as:")
    for who, url in links.items():
        click.echo(f"  {who:<16}{url}")


def prepare(make_app: MakeApp, *, port: int, seconds: int, seed: int) -> None:
    """Database, forum, schedule, version, files: whatever of them is not there yet."""
    config = demo_config(port)
    with _alone(config.instance / "demo.lock"), _opened(make_app(config)):
        commands.upgrade_database()
        forum = find_demo()
        if forum is None:
            with Working("Making the demo forum"):
                forum = make_demo(seed=seed)
        if not _exists(Schedule, forum):
            _solve(forum, seconds=seconds)
        if not _exists(Publication, forum):
            say(commands.publish_now(forum.slug, number=None, preliminary=False, note=""))
        _write_agendas(forum, config.export_dir)


@contextmanager
def _opened(app: Flask) -> Iterator[None]:
    """The app's context, without connections left behind for the processes that are forked later."""
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One preparation at a time; the lock ends with the process, however that ends."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is at work in this folder: waiting for it to end ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _exists(model: type[Schedule] | type[Publication], forum: Forum) -> bool:
    return db.session.scalar(select(model.id).where(model.forum_id == forum.id).limit(1)) is not None


def _solve(forum: Forum, *, seconds: int) -> None:
    """Solve, or go on with the run that a killed start left behind."""
    left = db.session.scalars(
        select(Run)
        .where(Run.forum_id == forum.id, Run.state.in_((RunState.QUEUED, RunState.RUNNING)))
        .order_by(Run.id)
    ).first()
    if left is None:
        outcome = commands.solve_now(forum.slug, seconds=seconds, workers=CORES, seed=0)
    else:
        _free(left)
        outcome = commands.go_on(forum, left.id, seconds=seconds)
    if not outcome.achieved:
        raise Refused(outcome.sentence)
    say(outcome.sentence)


def _free(run: Run) -> None:
    """Let a run go whose process on this machine is gone, without waiting for its lease to expire."""
    host, _colon, rest = (run.owner or "").partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname()[:60] or not pid.isdecimal() or _lives(int(pid)):
        return
    with transaction() as session:
        session.execute(update(Run).where(Run.id == run.id, Run.owner == run.owner).values(lease_until=now()))
    time.sleep(0.01)  # "expired" means earlier than now


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_agendas(forum: Forum, folder: Path) -> None:
    version = db.session.scalar(select(func.max(Publication.version)).where(Publication.forum_id == forum.id))
    mark = folder / FINISHED
    wanted = f"{forum.uid} {version}\n"
    if mark.exists() and mark.read_text(encoding="ascii") == wanted:
        return
    mark.unlink(missing_ok=True)
    count = commands.export_now(forum.slug, folder)
    mark.write_text(wanted, encoding="ascii")
    say(f"Wrote {count} files to {folder}.")


# Whom the links sign in


def login_links() -> dict[str, str]:
    """Links for an organiser, a representative with an inbox and a delegate with meetings."""
    forum = find_demo()
    if forum is None:
        raise Refused("There is no demo forum here.")
    home = f"/f/{forum.slug}/"
    people = {
        "organiser": db.session.scalars(select(User).where(User.email == ORGANISER_EMAIL)).one(),
        "representative": _representative(forum),
        "delegate": _delegate(forum),
    }
    return {who: sign_in_url(user, next_path=home, demo=True) for who, user in people.items()}


def _representative(forum: Forum) -> User:
    """Of the company with most to answer."""
    pending = func.count(Request.id).filter(Request.state == RequestState.PENDING)
    return db.session.scalars(
        select(User)
        .join(Representative, Representative.user_id == User.id)
        .join(Request, Request.asked_id == Representative.company_id)
        .where(Request.forum_id == forum.id)
        .group_by(User.id)
        .order_by(pending.desc(), func.count(Request.id).desc(), User.id)
        .limit(1)
    ).one()


def _delegate(forum: Forum) -> User:
    """The one with most meetings of those who represent nobody."""
    return db.session.scalars(
        select(User)
        .join(Delegate, Delegate.user_id == User.id)
        .outerjoin(DelegateSlot, DelegateSlot.delegate_id == Delegate.id)
        .outerjoin(Representative, Representative.user_id == User.id)
        .where(Delegate.forum_id == forum.id, Representative.user_id.is_(None))
        .group_by(User.id)
        .order_by(func.count(DelegateSlot.slot_id).desc(), User.id)
        .limit(1)
    ).one()
