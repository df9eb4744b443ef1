"""What commands do beyond one call of a service: progress, sentences for the terminal, exit statuses."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from time import sleep

from flask_migrate import upgrade
from sqlalchemy import select

from forum_scheduler.accounts.audit import record
from forum_scheduler.accounts.models import Role, Staff, StaffRole
from forum_scheduler.accounts.users import ensure_user, normal_email
from forum_scheduler.config import ConfigError
from forum_scheduler.console import Working
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums import services as forums
from forum_scheduler.forums.description import read_description
from forum_scheduler.forums.models import Forum
from forum_scheduler.importing.reading import read_text
from forum_scheduler.publishing.models import Publication
from forum_scheduler.revisions import Tables, tables_of
from forum_scheduler.scheduling.models import Run, RunState, Schedule
from solver.progress import Progress

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command ended, in a sentence; ``achieved`` is False for exit status 1."""

    achieved: bool
    sentence: str


def create_forum(path: Path, *, organiser: str | None) -> Forum:
    """Make the forum that the file describes. Raises Invalid."""
    description = read_description(read_text(path))
    email = None if organiser is None else normal_email(organiser, field="organiser")
    with transaction() as session:
        forum = forums.create_forum(description)
        if email is not None:
            user = ensure_user(email=email, name="")
            session.add(Staff(forum_id=forum.id, user_id=user.id, role=StaffRole.ORGANISER))
    return forum


def make_operator(email: str) -> str:
    """Give the role over all forums; returns the address. Raises Invalid."""
    address = normal_email(email)
    with transaction() as session:
        role = session.scalar(select(Role).where(Role.name == "operator"))
        if role is None:
            role = Role(name="operator")
            session.add(role)
        user = ensure_user(email=address, name="")
        if all(each.name != role.name for each in user.roles):
            user.roles.append(role)
        record("operator.made", forum_id=None, subject=f"user:{user.id}")
    return address


def leave_to_worker(name: str, *, at: str, every_night: bool, seconds: int, workers: int, seed: int) -> str:
    """Ask for a run at a time of the forum's clocks; returns the moment in words.

    Raises Invalid, Conflict.
    """
    from forum_scheduler.scheduling import runs  # noqa: PLC0415

    match = _CLOCK.fullmatch(at.strip())
    if match is None:
        raise Invalid(f"--at {at}: write a time such as 02:30", field="at")
    forum = forums.get_forum(name)
    moment = runs.next_time(forum, time(int(match[1]), int(match[2])))
    runs.request_run(
        forum, seconds=seconds, run_at=moment, repeat_daily=every_night, workers=workers, seed=seed
    )
    every = ", and every night" if every_night else ""
    return f"{moment:%Y-%m-%d %H:%M} {forum.timezone}{every}"


def solve_now(name: str, *, seconds: int, workers: int, seed: int) -> Outcome:
    """Solve in this process with progress. Raises Invalid, Conflict."""
    # Here, and not above: it loads the solver's libraries, which `forum serve` must stay free of.
    from forum_scheduler.scheduling import solving  # noqa: PLC0415

    forum = forums.get_forum(name)
    with Working(f"Solving {forum.name}") as work:
        run = solving.run_now(
            forum, seconds=seconds, workers=workers, seed=seed, on_progress=_shower(work, seconds)
        )
    return _outcome(run, solving.result_of(run))


def go_on(forum: Forum, run_id: int, *, seconds: int) -> Outcome:
    """Bring a run to its end that is queued, or that another process has or left behind."""
    from forum_scheduler.scheduling import leases, solving  # noqa: PLC0415

    owner = solving.worker_name()
    with Working(f"Going on with solving {forum.name}") as work:
        while True:
            leases.reap()
            claimed = leases.claim(owner)
            if claimed is not None:
                solving.execute(claimed, owner, on_progress=_shower(work, seconds))
            run = db.session.scalars(
                select(Run).where(Run.id == run_id).execution_options(populate_existing=True)
            ).one()
            if run.state not in (RunState.QUEUED, RunState.RUNNING):
                return _outcome(run, solving.result_of(run))
            db.session.rollback()
            work.show("another process has the run")
            sleep(0.5)


def _shower(work: Working, seconds: int) -> Callable[[Progress], None]:
    def show(progress: Progress) -> None:
        goal = "" if progress.goal is None else f"{progress.goal.value} {progress.value}"
        bound = "" if progress.bound is None else f" (bound {progress.bound})"
        work.show(
            f"{progress.stage.value}: {progress.placed} meetings {goal}{bound}".rstrip(),
            share=progress.seconds / seconds,
        )

    return show


def _outcome(run: Run, schedule: Schedule | None) -> Outcome:
    if schedule is None:
        return Outcome(achieved=False, sentence=_failure(run))
    return Outcome(achieved=True, sentence=_verdict(schedule))


def _verdict(schedule: Schedule) -> str:
    total = schedule.placed_count + schedule.unplaced_count
    proven = "nothing better is possible" if schedule.status == "optimal" else "not proven to be the best"
    goals = ", ".join(f"{goal['name']} {goal['value']} (bound {goal['bound']})" for goal in schedule.goals)
    placed = f"{schedule.placed_count} of {total} meetings placed"
    return f"Schedule {schedule.number}: {placed}, verified, {proven}. Goals: {goals}."


def _failure(run: Run) -> str:
    trouble, _colon, detail = run.message.partition(": ")
    said = {
        "infeasible": "no schedule can keep all the rules: free slots, add tables, or let some meetings go",
        "out-of-time": "no schedule was found in the time given: try again with more --seconds",
        "not-ready": "the forum can't be scheduled yet",
        "refused": "the result did not pass the independent check, so it was not stored: please report it",
        "changed": "the forum was changed meanwhile: solve again",
    }.get(trouble, "the run broke off")
    return f"No schedule: {said}{f' ({detail})' if detail else ''}."


def publish_now(name: str, *, number: int | None, preliminary: bool, note: str) -> str:
    """Publish a schedule, the newest by default; returns what happened. Raises Refused, Invalid."""
    from forum_scheduler.publishing import services as publishing  # noqa: PLC0415

    forum = forums.get_forum(name)
    query = select(Schedule).where(Schedule.forum_id == forum.id).order_by(Schedule.number.desc())
    if number is not None:
        query = query.where(Schedule.number == number)
    schedule = db.session.scalars(query.limit(1)).first()
    if schedule is None:
        which = "no schedule" if number is None else f"no schedule {number}"
        raise Refused(f"Nothing to publish: {forum.name!r} has {which} yet. Run `forum solve` first.")
    published = db.session.scalars(
        select(Publication)
        .where(Publication.forum_id == forum.id)
        .order_by(Publication.version.desc())
        .limit(1)
    ).first()
    if number is None and published is not None and published.schedule_id == schedule.id:
        raise Refused(
            f"Nothing to publish: version {published.version} is the newest schedule, {schedule.number}."
        )
    with Working(f"Publishing schedule {schedule.number}"):
        done = publishing.publish_and_count(schedule, by=None, preliminary=preliminary, note=note)
    told = _told(done.told, without_address=done.without_address)
    return f"Published schedule {schedule.number} as version {done.publication.version}. {told}"


def _told(told: int, *, without_address: int) -> str:
    """What the page says after publishing, too: how many people get a notice, and how many can not."""
    who = {0: "Nobody gets a notice.", 1: "1 person gets a notice, nobody else."}
    words = who.get(told, f"{told} people get a notice, nobody else.")
    if not without_address:
        return words
    have = "1 has" if without_address == 1 else f"{without_address} have"
    return f"{words} {have} no address: tell them yourself."


def export_now(name: str, folder: Path) -> int:
    """Write all files of the published version; returns how many there are. Raises Conflict."""
    from forum_scheduler.agendas import export  # noqa: PLC0415

    forum = forums.get_forum(name)
    with Working(f"Writing the agendas to {folder}") as work:
        export.export_forum(forum_id=forum.id, directory=folder, on_progress=work.count)
    return sum(1 for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def examine() -> list[str]:
    """Findings of the doctor over the whole database, one line each."""
    from forum_scheduler import doctor  # noqa: PLC0415

    with Working("Checking the database"):
        findings = doctor.check(db.session())
    return [f"{finding.check}: {finding.where}: {finding.message}" for finding in findings]


def make_database_ready() -> None:
    """Make the tables where there are none; raises ConfigError for those of another version.

    Nothing can be lost in an empty database. An older one is for its owner to upgrade, after a backup.
    """
    with db.engine.connect() as connection:
        found = tables_of(connection)
    if found is Tables.NONE:
        upgrade_database()
    elif found is Tables.OLDER:
        raise ConfigError(
            "the database is of an older version of the program: back it up, then run `forum db upgrade`"
        )
    elif found is Tables.UNKNOWN:
        raise ConfigError(
            "the database is of a newer version of the program, or of another one: see DATABASE_URL"
        )


def upgrade_database() -> str:
    """Run the migrations that are missing."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with Working("Bringing the database up to date"):
        upgrade()
    db.session.remove()
    return "The database is up to date."
