"""/healthz: whether the app can work, for the machine that watches it."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, jsonify
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from forum_scheduler.clock import now
from forum_scheduler.extensions import db
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.revisions import Tables, tables_of
from forum_scheduler.scheduling.models import Run, RunState

PATIENCE = timedelta(minutes=3)  # what a worker that lives never lets anything wait


def init_app(app: Flask) -> None:
    app.add_url_rule("/healthz", "healthz", healthz)


def healthz() -> tuple[Response, int]:
    """200 when all is well, else 503; JSON with one word for each check, and seconds that work waits."""
    try:
        body: dict[str, object] = {"database": "ok", "migrations": _migrations(), **_waiting()}
    except SQLAlchemyError:
        db.session.rollback()
        body = {"database": "unreachable"}
    healthy = all(value == "ok" for name, value in body.items() if not name.endswith("_seconds"))
    return jsonify({"status": "ok" if healthy else "failing", **body}), 200 if healthy else 503


def _migrations() -> str:
    return "ok" if tables_of(db.session.connection()) is Tables.CURRENT else "not at head"


def _waiting() -> dict[str, object]:
    """Work that waits although it is due means that no worker lives."""
    moment = now()
    run = db.session.scalar(
        select(func.min(Run.run_at)).where(
            or_(Run.state == RunState.QUEUED, (Run.state == RunState.RUNNING) & (Run.lease_until < moment))
        )
    )
    mail = db.session.scalar(select(func.min(Mail.next_try_at)).where(Mail.state == MailState.QUEUED))
    busy = db.session.scalar(
        select(Run.id).where(Run.state == RunState.RUNNING, Run.lease_until >= moment).limit(1)
    )
    ages = {
        name: max(0.0, (moment - since).total_seconds()) if since is not None else 0.0
        for name, since in (("run", run), ("mail", mail))
    }
    # A worker in the middle of a run is alive, though others wait for it.
    late = [name for name, age in ages.items() if age > PATIENCE.total_seconds()]
    alive = not late or (late == ["run"] and busy is not None)
    return {
        "worker": "ok" if alive else "not working",
        **{f"oldest_{name}_waits_seconds": round(age) for name, age in ages.items()},
    }
