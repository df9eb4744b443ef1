"""The command ``forum``. Wiring only: each command parses, calls one service, and prints.

What is heavy is imported inside the command that needs it, so that `forum --help` answers at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forum_scheduler.console import NOT_ACHIEVED, Working, exit_statuses, say

if TYPE_CHECKING:
    from flask import Flask

    from forum_scheduler.config import Config

FORUM = click.argument("forum", metavar="FORUM")
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class _Commands(click.Group):
    """A group whose expected trouble becomes one line and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        with exit_statuses():
            return super().invoke(ctx)


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="forum-scheduler", message="%(version)s")
def main() -> None:
    """Forum Scheduler: from meeting requests to agendas.

    FORUM is a forum's name or its slug (the part of its addresses after /f/). Everything is kept in the
    folder `instance` (FORUM_INSTANCE) and the database DATABASE_URL names, an SQLite file there by default.

    \b
    Exit status: 0 done, 1 not achieved (no schedule possible, nothing to publish),
                 2 bad input or usage.
    """


@contextmanager
def _application(config: Config | None = None, *, upgrading: bool = False) -> Iterator[Flask]:
    """The app on a database that has its tables; nothing stays open afterwards."""
    from forum_scheduler import commands  # noqa: PLC0415
    from forum_scheduler.app import create_app  # noqa: PLC0415
    from forum_scheduler.extensions import db as database  # noqa: PLC0415

    app = create_app(config)
    with app.app_context():
        try:
            if not upgrading:
                commands.make_database_ready()
            yield app
        finally:
            database.session.remove()
            database.engine.dispose()


@main.command()
@click.option("--no-serve", is_flag=True, help="Stop once the agendas are written.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--seconds", default=20, show_default=True, type=click.IntRange(1), help="Time to solve.")
@click.option("--seed", default=7, show_default=True, help="Of the made-up companies and requests.")
def demo(*, no_serve: bool, port: int, seconds: int, seed: int) -> None:
    """Show everything on a made-up forum: solve, publish, write the agendas, serve.

    A second start keeps the data and serves at once; one that was killed goes on where it was.
    """
    from forum_scheduler.app import create_app  # noqa: PLC0415
    from forum_scheduler.demo import running  # noqa: PLC0415

    if no_serve:
        running.prepare(create_app, port=port, seconds=seconds, seed=seed)
    else:
        running.run(create_app, port=port, seconds=seconds, seed=seed)


@main.command()
@click.argument("file", type=EXISTING, metavar="FILE.yaml")
@click.option("--organiser", metavar="EMAIL", help="Who may organise it; signs in by a link sent by mail.")
def create(*, file: Path, organiser: str | None) -> None:
    """Create a forum from its description: days, slots, tables, interpreters, rules.

    `forum describe` writes such a file from a forum that exists.
    """
    with _application():
        from forum_scheduler import commands  # noqa: PLC0415

        row = commands.create_forum(file, organiser=organiser)
    click.echo(f"Created the forum {row.name!r} (slug {row.slug}).")


@main.command()
@click.argument("email", metavar="EMAIL")
def operator(*, email: str) -> None:
    """Let somebody create forums on the pages; signs in by a link sent by mail."""
    with _application():
        from forum_scheduler import commands  # noqa: PLC0415

        click.echo(f"{commands.make_operator(email)} may create forums now.")


@main.command()
@FORUM
@click.option("--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def describe(*, forum: str, target: Path | None) -> None:
    """Write a forum's description as YAML: `forum create` makes the same forum from it."""
    with _application():
        from forum_scheduler.forums.describing import describe_forum  # noqa: PLC0415
        from forum_scheduler.forums.description import write_description  # noqa: PLC0415
        from forum_scheduler.forums.services import get_forum  # noqa: PLC0415

        text = write_description(describe_forum(get_forum(forum)))
    if target is None:
        click.echo(text, nl=False)
    else:
        target.write_text(text, encoding="utf-8")
        say(f"Wrote {target}.")


@main.command("import")
@FORUM
@click.argument("file", type=EXISTING)
@click.option("--dry-run", is_flag=True, help="Check everything, store nothing.")
@click.option(
    "--max-breaks", default=2, show_default=True, type=click.IntRange(0), help="Of anybody; for .dzn only."
)
def import_(*, forum: str, file: Path, dry_run: bool, max_breaks: int) -> None:
    """Bring companies, delegates, requests and availability into a forum, from a file.

    \b
    .xlsx  sheets Companies, Delegates, Requests, Availability (see `forum template`)
    .csv   one of these as a file
    .yaml  the same lists, or a forum's description, or both
    .dzn   a problem of the scheduling literature, into a new forum

    The file is stored as a whole or, with any mistake, not at all; the same file twice changes nothing. A
    .yaml or .dzn file creates FORUM if there is none of that name.
    """
    with _application():
        from forum_scheduler.importing.services import import_file  # noqa: PLC0415

        with Working(f"Reading {file.name}") as work:
            report = import_file(forum, file, dry_run=dry_run, max_breaks=max_breaks, on_progress=work.count)
    click.echo(report.sentence())


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.xlsx")
@click.option("--forum", help="Offer this forum's own sides, capabilities and days.")
def template(*, file: Path, forum: str | None) -> None:
    """Write an empty spreadsheet for `forum import`, with every column explained."""
    with _application():
        from forum_scheduler.forums.services import get_forum  # noqa: PLC0415
        from forum_scheduler.importing.template import make_template  # noqa: PLC0415

        file.write_bytes(make_template(get_forum(forum) if forum else None))
    say(f"Wrote {file}.")


@main.command()
@FORUM
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(1), help="Most time to take.")
@click.option("--at", metavar="HH:MM", help="Leave it to the worker, at this time of the forum's zone.")
@click.option("--every-night", is_flag=True, help="With --at: every day at that time.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processor cores.")
@click.option("--seed", default=0, show_default=True)
def solve(*, forum: str, seconds: int, at: str | None, every_night: bool, workers: int, seed: int) -> None:
    """Make a schedule of all agreed meetings, here and now; Ctrl-C keeps the best so far.

    Exit status 1 when there is no schedule that keeps all the rules.
    """
    if every_night and at is None:
        raise click.UsageError("--every-night needs --at HH:MM")
    with _application():
        from forum_scheduler import commands  # noqa: PLC0415

        if at is not None:
            moment = commands.leave_to_worker(
                forum, at=at, every_night=every_night, seconds=seconds, workers=workers, seed=seed
            )
            click.echo(
                f"The worker solves it at {moment}. See that `forum worker` or `forum demo` runs then."
            )
            return
        outcome = commands.solve_now(forum, seconds=seconds, workers=workers, seed=seed)
    click.echo(outcome.sentence)
    if not outcome.achieved:
        raise click.exceptions.Exit(NOT_ACHIEVED)


@main.command()
@FORUM
@click.option("--schedule", type=click.IntRange(1), help="Number of the schedule; the newest by default.")
@click.option("--preliminary", is_flag=True, help="Agendas say that times may still change.")
@click.option("--note", default="", help="Shown with the version.")
def publish(*, forum: str, schedule: int | None, preliminary: bool, note: str) -> None:
    """Freeze a schedule as the next version, and tell those whose agenda changed.

    Exit status 1 when there is nothing to publish.
    """
    with _application():
        from forum_scheduler import commands  # noqa: PLC0415

        click.echo(commands.publish_now(forum, number=schedule, preliminary=preliminary, note=note))


@main.command()
@FORUM
@click.option("--to", "folder", required=True, type=FOLDER, metavar="DIR", help="Made if it is not there.")
def export(*, forum: str, folder: Path) -> None:
    """Write the published version as files: agendas (.ics, PDF), print pack, spreadsheet.

    Exit status 1 when nothing is published yet.
    """
    with _application():
        from forum_scheduler import commands  # noqa: PLC0415

        count = commands.export_now(forum, folder)
    click.echo(f"Wrote {count} files to {folder}.")


@main.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1, 64), help="Web processes.")
@click.option(
    "--threads",
    default=1,
    show_default=True,
    type=click.IntRange(1, 128),
    help="Of each process. With several, Python 3.11 may crash.",
)
def serve(*, bind: str, workers: int, threads: int) -> None:
    """Serve the pages. Runs until stopped; `forum worker` is the other half.

    Put a web server with TLS before it, set FORUM_BASE_URL to the address that people type and
    FORUM_TRUSTED_PROXIES=1.
    """
    from forum_scheduler import logs  # noqa: PLC0415
    from forum_scheduler.app import create_app  # noqa: PLC0415
    from forum_scheduler.config import from_environment  # noqa: PLC0415
    from forum_scheduler.serving import serve as run  # noqa: PLC0415

    logs.configure()
    config = from_environment()  # says here what is wrong with it, and not in each web process
    with _application(config):
        pass  # the same of the database
    say(f"Serving at http://{bind} (links in mails start with {config.base_url}). Ctrl-C stops.")
    run(lambda: create_app(config), bind=bind, workers=workers, threads=threads)


@main.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def worker(*, once: bool) -> None:
    """Solve what is due and send mails. Runs until stopped; start as many as you like, anywhere."""
    from forum_scheduler import logs, serving  # noqa: PLC0415
    from forum_scheduler.app import create_app  # noqa: PLC0415
    from forum_scheduler.config import from_environment  # noqa: PLC0415
    from forum_scheduler.scheduling import worker as scheduling  # noqa: PLC0415

    logs.configure()
    config = from_environment()
    with _application(config):
        pass  # says here what is wrong with the database
    stop = threading.Event()
    lead = os.environ.get("FORUM_WORKER_OF")
    if lead is None:
        say(
            "Waiting for runs and mails. Ctrl-C stops; a run that is under way goes on when a worker is back."
        )
    else:
        serving.stop_without(int(lead), stop)
    scheduling.serve(create_app, config, stop=stop, until_idle=once)


@main.command()
def doctor() -> None:
    """Check what must always hold (nobody booked twice, ...) over the whole database.

    Changes nothing. Exit status 1 when something is broken; each finding is one line.
    """
    with _application():
        from forum_scheduler import commands  # noqa: PLC0415

        findings = commands.examine()
    for line in findings:
        click.echo(line)
    if findings:
        raise click.exceptions.Exit(NOT_ACHIEVED)
    click.echo("Everything is in order.")


@main.group()
def db() -> None:
    """The database: DATABASE_URL, or instance/forum.sqlite."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables to the newest form. Needed after each update; make a backup before."""
    with _application(upgrading=True):
        from forum_scheduler import commands  # noqa: PLC0415

        click.echo(commands.upgrade_database())


if __name__ == "__main__":
    main(prog_name="forum")
