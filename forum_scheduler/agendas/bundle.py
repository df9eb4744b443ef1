"""What the organiser takes away in one go: the pack as a ZIP, and agendas that changed since a version."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from sqlalchemy import func, select

from forum_scheduler.agendas import pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.calendar import calendar_file
from forum_scheduler.agendas.edition import Edition, load_edition
from forum_scheduler.agendas.filenames import names_of
from forum_scheduler.agendas.pack import (
    Pack,
    agenda_documents,
    find_pack,
    join_documents,
    pack_documents,
    pack_title,
    render_many_kept,
)
from forum_scheduler.agendas.pdf import Document, Paper
from forum_scheduler.extensions import db
from forum_scheduler.publishing.models import CalendarEvent, Publication

IN_MEMORY = 16 * 1024 * 1024  # bytes; a larger ZIP lies in a file while it is sent


def pack_zip(publication: Publication, *, locale: str, paper: Paper) -> IO[bytes] | None:
    """Agendas and calendars by the names of people and companies, and the pack; None before that is made.

    PDFs come from what is kept, a chunk in memory at a time.
    """
    if find_pack(publication, Pack.WHOLE, locale=locale, paper=paper) is None:
        return None
    edition = load_edition(publication)
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- the answer closes it
    moment = publication.published_at.timetuple()[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # PDFs are compressed already

        def add(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, date_time=moment), content)

        for pack in Pack:
            kept = find_pack(publication, pack, locale=locale, paper=paper)
            if kept is not None:
                with archive.open(zipfile.ZipInfo(f"{pack.value}.pdf", date_time=moment), "w") as entry:
                    kept.copy(entry)
        _add_agendas(edition, add, locale=locale, paper=paper)
    target.seek(0)
    return target


def _add_agendas(edition: Edition, add: Callable[[str, bytes], None], *, locale: str, paper: Paper) -> None:
    """Those of people, and of companies in folders of their own."""
    for pack, agendas, folder in (
        (Pack.AGENDAS, edition.people(), ""),
        (Pack.COMPANY_AGENDAS, edition.companies(), "companies/"),
    ):
        names = names_of(agendas)
        documents = pack_documents(edition, pack, locale=locale, paper=paper)
        made = pdf.each_made(edition.forum.id, documents)
        meeting = (agenda for agenda in agendas if agenda.meetings)
        for agenda, (_document, content) in zip(meeting, made, strict=True):
            name = names[agenda.subject.id]
            add(f"agendas/{folder}{name}.pdf", content)
            calendar = calendar_file(agenda, locale=agenda.subject.locale, page_url=page_url(agenda))
            add(f"calendars/{folder}{name}.ics", calendar)


def changed_since(publication: Publication) -> dict[int, int]:
    """Earlier version -> how many people have an agenda now that differs from it, newest first."""
    query = (
        select(CalendarEvent.delegate_id, func.max(Publication.version))
        .join(Publication, Publication.id == CalendarEvent.changed_in_id)
        .where(CalendarEvent.forum_id == publication.forum_id)
        .group_by(CalendarEvent.delegate_id)
    )
    newest = [version for _delegate, version in db.session.execute(query)]
    earlier = range(publication.version - 1, 0, -1)
    return {version: sum(each > version for each in newest) for version in earlier}


def reprint(publication: Publication, *, since: int, locale: str, paper: Paper) -> bytes | None:
    """The agendas of those only in which something changed after version ``since``; None for nobody.

    Raises RenderFailed.
    """
    edition = load_edition(publication)
    changed = (
        agenda for agenda in edition.people() if any(entry.version > since for entry in agenda.entries)
    )
    documents = agenda_documents(changed, paper=paper)
    if not documents:
        return None
    return _join(publication, documents, locale=locale)


def _join(publication: Publication, documents: Sequence[Document], *, locale: str) -> bytes:
    render_many_kept(publication.forum_id, documents)
    with wording.speaking(locale):
        title = pack_title(Pack.AGENDAS)
    with tempfile.TemporaryDirectory(prefix="forum-reprint-") as folder:
        whole = join_documents(publication.forum_id, documents, Path(folder), title=title, locale=locale)
        return whole.read_bytes()
