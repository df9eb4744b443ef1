"""What happens to a run besides its progress, in the same log: workers that come and go, wishes, the end."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forum_scheduler.clock import now
from forum_scheduler.scheduling.models import Run, RunEvent, RunKind


class Happening(StrEnum):
    """What ``RunEvent.message`` starts with; a detail may follow after ": "."""

    BEGAN = "began"  # the detail is the worker
    WENT_ON = "went-on"  # the detail is the worker
    LOST = "lost"  # the worker did not answer any more: killed, or its machine is gone
    GIVEN_BACK = "given-back"  # the worker was told to stop
    STOP_WISHED = "stop-wished"
    MORE_TIME = "more-time"  # the detail is the whole time in seconds
    STORED = "stored"  # after the independent check


# Filled in after translation.
_SENTENCES = {
    Happening.BEGAN: _l("A worker began: %(detail)s"),
    Happening.WENT_ON: _l("A worker went on from the best found so far: %(detail)s"),
    Happening.LOST: _l("The worker was lost; the run waits for another one"),
    Happening.GIVEN_BACK: _l("The worker was told to stop and gave the run back"),
    Happening.STOP_WISHED: _l("Somebody asked to stop and keep the best"),
    Happening.MORE_TIME: _l("Somebody gave it more time: %(detail)s seconds in all"),
    Happening.STORED: _l("Checked independently, and stored"),
}


def said(message: str) -> str:
    """A line of the log, of a ``RunEvent.message``."""
    code, _colon, detail = message.partition(": ")
    return str(_SENTENCES[Happening(code)]) % {"detail": detail}


def note(session: Session, run_id: int, happening: Happening, *, detail: str = "") -> None:
    """Inside ``transaction()``. Of runs that answer a question nobody reads a log: nothing is noted."""
    found = session.execute(select(Run.seconds_used, Run.kind).where(Run.id == run_id)).one()
    if found.kind != RunKind.SCHEDULE:
        return
    session.execute(
        insert(RunEvent).values(
            run_id=run_id,
            at=now(),
            seconds=found.seconds_used,
            stage="",
            message=f"{happening}: {detail}"[:500] if detail else happening.value,
        )
    )
