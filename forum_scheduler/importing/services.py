"""Bring a file into a forum: all of it or nothing, and the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flask_babel import gettext as _

from forum_scheduler.accounts.audit import record
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db, transaction
from forum_scheduler.forums.description import ForumDescription
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.services import create_forum, find_forum, get_forum
from forum_scheduler.importing.batch import Batch, OnProgress, Report
from forum_scheduler.importing.columns import Listed, recognise
from forum_scheduler.importing.companies import read_companies, read_delegates
from forum_scheduler.importing.instances import create_from_dzn
from forum_scheduler.importing.lists import read_document
from forum_scheduler.importing.meetings import read_meetings
from forum_scheduler.importing.mistakes import Mistakes, refuse_file
from forum_scheduler.importing.reading import read_bytes, read_sheets
from forum_scheduler.importing.wishes import read_availability, read_requests
from forum_scheduler.requests.meetings import refresh

_READERS: Mapping[str, Callable[[Batch, Listed], None]] = {
    "companies": read_companies,
    "delegates": read_delegates,
    "requests": read_requests,
    "meetings": read_meetings,
    "availability": read_availability,
}


class _DryRun(Exception):
    """Leaves the transaction so that nothing is stored."""


def _quiet(_done: int, _total: int, _what: str) -> None:
    return None


def import_file(
    forum_name: str,
    path: Path,
    *,
    dry_run: bool = False,
    max_breaks: int | None = 2,
    on_progress: OnProgress = _quiet,
) -> Report:
    """Import ``path`` into the forum of this name (or slug); see :func:`import_data`."""
    return import_data(
        forum_name,
        path.name,
        read_bytes(path),
        dry_run=dry_run,
        max_breaks=max_breaks,
        on_progress=on_progress,
    )


def import_data(
    forum_name: str,
    file_name: str,
    data: bytes,
    *,
    dry_run: bool = False,
    max_breaks: int | None = 2,
    on_progress: OnProgress = _quiet,
) -> Report:
    """Import what a file holds; its kind is told by the end of ``file_name``.

    A .yaml with a forum's description, or a .dzn, makes the forum where there is none of that name;
    ``max_breaks`` (None: no limit) is for .dzn only. ``dry_run``: everything is checked, nothing stored.
    Raises ImportRefused with every mistake by sheet, row and column; Invalid; NotFound.
    """
    mistakes = Mistakes()
    suffix = Path(file_name).suffix.lower()
    with _all_or_nothing(dry_run=dry_run) as finish:
        description: ForumDescription | None = None
        if suffix == ".dzn":
            report = create_from_dzn(forum_name, _text(data), max_breaks=max_breaks, dry_run=dry_run)
            finish(report, file_name)
            return report
        if suffix in (".yaml", ".yml"):
            description, lists = read_document(_text(data), mistakes)
        else:
            lists = recognise(read_sheets(file_name, data, mistakes), mistakes)
        forum, made = _forum(forum_name, description)
        batch = Batch(forum, mistakes)
        _read(batch, lists, on_progress)
        mistakes.refuse()
        report = batch.report(forum_made=made, dry_run=dry_run)
        finish(report, file_name)
    return report


@contextmanager
def _all_or_nothing(*, dry_run: bool) -> Iterator[Callable[[Report, str], None]]:
    """One transaction; a dry run leaves it at the very end, when every check of the database has passed."""

    def finish(report: Report, file_name: str) -> None:
        db.session.flush()
        if report.changes:
            forum = get_forum(report.forum)
            counts = {kind: [count.made, count.changed] for kind, count in report.counts.items()}
            record(
                "forum.imported",
                forum_id=forum.id,
                subject=f"forum:{forum.id}",
                details={"file": file_name[:200], "counts": counts},
            )
        if dry_run:
            raise _DryRun

    try:
        with transaction():
            yield finish
    except _DryRun:
        return


def _forum(name: str, description: ForumDescription | None) -> tuple[Forum, bool]:
    """The forum, and whether it was made from the file."""
    forum = find_forum(name)
    if forum is not None:
        return forum, False
    if description is None:
        return get_forum(name), False
    if name not in (description.name, description.slug):
        names = {"there": repr(description.name), "asked": repr(name)}
        raise Invalid(_("the file describes the forum %(there)s, not %(asked)s: use that name", **names))
    return create_forum(description), True


def _read(batch: Batch, lists: Sequence[Listed], on_progress: OnProgress) -> None:
    for done, listed in enumerate(lists):
        on_progress(done, len(lists), listed.sheet.name)
        # Autoflush before each look-up would write row by row; the readers flush where they need ids.
        with db.session.no_autoflush:
            _READERS[listed.kind.key](batch, listed)
        if listed.kind.key == "delegates" and batch.touched and not batch.mistakes:
            refresh(db.session(), forum_id=batch.forum.id, company_ids=sorted(batch.touched))
    on_progress(len(lists), len(lists), "")


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refuse_file(_("not UTF-8 text: save it as UTF-8"), row=line) from error
