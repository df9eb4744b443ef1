"""Everything of the newest version as files in a folder: calendars, agendas, the pack, the workbook."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

from forum_scheduler.agendas import pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.calendar import calendar_file
from forum_scheduler.agendas.edition import Edition, load_edition
from forum_scheduler.agendas.filenames import names_of
from forum_scheduler.agendas.pack import OnProgress, Pack, RenderSummary, render_all
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.agendas.unplaced import unplaced_meetings
from forum_scheduler.clock import now
from forum_scheduler.errors import Conflict, NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication

LEFT_OVER_SECONDS = 3600
OURS = ("calendars", "agendas", "pack", "schedule.xlsx")  # what an export replaces in its folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSummary:
    """What was written. ``made`` and ``reused`` count PDFs."""

    version: int
    directory: Path
    calendars: int
    company_calendars: int
    agendas: int
    packs: tuple[str, ...]
    made: int
    reused: int


def export_forum(
    *, forum_id: int, directory: Path, on_progress: OnProgress | None = None, locale: str = "en"
) -> ExportSummary:
    """Write the newest version into ``directory``, in place of an earlier export.

    All of it is made first, then exchanged: a stopped export leaves the earlier one. Other files in the
    folder stay. Raises NotFound, Conflict before the first version, RenderFailed, OSError.
    """
    forum = db.session.get(Forum, forum_id)
    if forum is None:
        raise NotFound(_("There is no such forum."))
    publication = current_publication(forum)
    if publication is None:
        raise Conflict(_("Nothing is published yet: publish a schedule first."))
    edition = load_edition(publication)
    rendered = render_all(publication, on_progress, edition=edition, locale=locale)
    directory.mkdir(parents=True, exist_ok=True)
    _clear_left_overs(directory)
    new = directory / f".new-{secrets.token_hex(4)}"
    try:
        new.mkdir()
        summary = _write_all(edition, publication, rendered, new, locale=locale)
        _exchange(new, directory)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return ExportSummary(
        version=edition.version,
        directory=directory,
        calendars=summary[0],
        company_calendars=summary[1],
        agendas=summary[2],
        packs=tuple(f"{pack.value}.pdf" for pack in rendered.packs),
        made=rendered.made,
        reused=rendered.reused,
    )


def _write_all(
    edition: Edition, publication: Publication, rendered: RenderSummary, folder: Path, *, locale: str
) -> tuple[int, int, int]:
    """How many calendars of people, of companies, and agendas."""
    from forum_scheduler.agendas.workbook import schedule_workbook  # noqa: PLC0415 -- loads openpyxl

    people, companies = edition.people(), edition.companies()
    names = names_of(people)
    calendars = _write_calendars(people, folder / "calendars", names=names, locale=None)
    of_companies = _write_calendars(
        companies, folder / "calendars" / "companies", names=names_of(companies), locale=locale
    )
    agendas = _write_agendas(edition, rendered, Pack.AGENDAS, folder / "agendas")
    _write_agendas(edition, rendered, Pack.COMPANY_AGENDAS, folder / "agendas" / "companies")
    (folder / "pack").mkdir()
    for pack, kept in rendered.packs.items():
        with (folder / "pack" / f"{pack.value}.pdf").open("wb") as out:
            kept.copy(out)
    with wording.speaking(locale):
        unplaced = unplaced_meetings(publication.schedule_id)
    (folder / "schedule.xlsx").write_bytes(schedule_workbook(edition, unplaced, locale=locale))
    return calendars, of_companies, agendas


def _write_calendars(
    agendas: Iterable[Agenda], folder: Path, *, names: dict[int, str], locale: str | None
) -> int:
    """``locale`` None: each in its subject's own language."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for agenda in agendas:
        content = calendar_file(agenda, locale=locale or agenda.subject.locale, page_url=page_url(agenda))
        (folder / f"{names[agenda.subject.id]}.ics").write_bytes(content)
        count += 1
    return count


def _write_agendas(edition: Edition, rendered: RenderSummary, pack: Pack, folder: Path) -> int:
    folder.mkdir()
    agendas = edition.people() if pack is Pack.AGENDAS else edition.companies()
    names = names_of(agendas)
    meeting = [agenda.subject.id for agenda in agendas if agenda.meetings]
    made = pdf.each_made(edition.forum.id, rendered.documents[pack])
    for id_, (_document, content) in zip(meeting, made, strict=True):
        (folder / f"{names[id_]}.pdf").write_bytes(content)
    return len(meeting)


def _clear_left_overs(directory: Path) -> None:
    """What killed exports left; one that still works is younger."""
    for path in directory.glob(".new-*"):
        if now().timestamp() - path.stat().st_mtime > LEFT_OVER_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _exchange(new: Path, directory: Path) -> None:
    """Each part by renaming; what was there before goes away with the new folder."""
    old = new / ".old"
    old.mkdir()
    for name in OURS:
        if (directory / name).exists():
            (directory / name).rename(old / name)
        if (new / name).exists():
            (new / name).rename(directory / name)
