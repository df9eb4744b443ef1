"""Print jobs: the organiser asks, the worker makes the files, the row shows how far it is.

A job is claimed by one conditional update and kept by a lease, renewed as long as the worker lives: with
thousands of people, writing the pages and joining them take minutes without a step to show. What a worker
leaves that dies, the next one goes on with: PDFs that are made already are not made again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from forum_scheduler import logs
from forum_scheduler.agendas import pack
from forum_scheduler.agendas.models import PrintJob, PrintState
from forum_scheduler.agendas.pdf import Paper
from forum_scheduler.agendas.renderer import RenderFailed
from forum_scheduler.clock import now
from forum_scheduler.extensions import db, transaction
from forum_scheduler.outbox.services import mail_queued
from forum_scheduler.publishing.models import Publication

LEASE = timedelta(minutes=3)
RENEWALS = 4  # in the time of a lease
TOLD_EVERY = 10  # documents
log = logs.get_logger("forum.print")


def ask(publication: Publication, *, locale: str, paper: Paper = Paper.A4) -> PrintJob:
    """Have the worker make the version's files; a job that failed or is done is done again."""
    wanted = {"publication_id": publication.id, "locale": locale, "paper": paper.value}
    with transaction() as session:
        job = session.scalar(select(PrintJob).filter_by(**wanted).with_for_update())
        if job is None:
            job = PrintJob(forum_id=publication.forum_id, **wanted)
            session.add(job)
        if job.state in (None, PrintState.DONE, PrintState.FAILED):
            job.state, job.done, job.total, job.error = PrintState.QUEUED, 0, 0, ""
            job.asked_at = now()
        session.flush()
    mail_queued.send()  # wakes the worker
    return job


def find(publication: Publication, *, locale: str, paper: Paper = Paper.A4) -> PrintJob | None:
    return db.session.scalar(
        select(PrintJob)
        .filter_by(publication_id=publication.id, locale=locale, paper=paper.value)
        .execution_options(populate_existing=True)
    )


def _due() -> ColumnElement[bool]:
    lost = and_(PrintJob.state == PrintState.RUNNING, PrintJob.lease_until < now())
    return or_(PrintJob.state == PrintState.QUEUED, lost)


def any_due() -> bool:
    return db.session.scalar(select(PrintJob.id).where(_due()).limit(1)) is not None


def work() -> int:
    """Do all jobs that are due, oldest first; how many. For the worker; not inside a transaction."""
    count = 0
    while (job_id := _claim()) is not None:
        _do(job_id)
        count += 1
    return count


def _claim() -> int | None:
    oldest = db.session.scalar(select(PrintJob.id).where(_due()).order_by(PrintJob.asked_at).limit(1))
    if oldest is None:
        db.session.rollback()
        return None
    with transaction() as session:
        return session.scalar(
            update(PrintJob)
            .where(PrintJob.id == oldest, _due())
            .values(state=PrintState.RUNNING, lease_until=now() + LEASE)
            .returning(PrintJob.id)
        )


def _do(job_id: int) -> None:
    job = db.session.get_one(PrintJob, job_id)
    publication = db.session.get_one(Publication, job.publication_id)

    def tell(done: int, total: int, _what: str) -> None:
        if done % TOLD_EVERY == 0 or done == total:
            _note(job_id, done=done, total=total, lease_until=now() + LEASE)

    try:
        with _kept(job_id):
            pack.render_all(publication, tell, locale=job.locale, paper=Paper(job.paper))
    except RenderFailed as trouble:
        _note(job_id, state=PrintState.FAILED, error=str(trouble)[:500], lease_until=None)
    except Exception as trouble:
        log.exception("print job failed", job=job_id)
        _note(job_id, state=PrintState.FAILED, error=type(trouble).__name__, lease_until=None)
    else:
        _note(job_id, state=PrintState.DONE, lease_until=None)


@contextmanager
def _kept(job_id: int) -> Iterator[None]:
    """The lease is renewed inside the block, by a thread with a session of its own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's own method
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(LEASE.total_seconds() / RENEWALS):
            with app.app_context():
                try:
                    _note(job_id, lease_until=now() + LEASE)
                except SQLAlchemyError:
                    log.exception("lease not renewed", job=job_id)  # there is time to try again
                finally:
                    db.session.remove()

    thread = threading.Thread(target=renew, name="print-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _note(job_id: int, **values: object) -> None:
    with transaction() as session:
        session.execute(update(PrintJob).where(PrintJob.id == job_id).values(**values))
