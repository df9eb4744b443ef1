"""What the organiser takes away in one go: the pack as a ZIP, and papers that changed since a version."""

from __future__ import annotations

import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from flask_babel import gettext as _
from sqlalchemy import select

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
from forum_scheduler.agendas.subjects import changed_in, same_versions
from forum_scheduler.extensions import db
from forum_scheduler.publishing.changes import entry_digest
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import published_entries

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
    newest, same = changed_in(publication).values(), same_versions(publication)
    earlier = range(publication.version - 1, 0, -1)
    return {version: 0 if version in same else sum(each > version for each in newest) for version in earlier}


def reprint(publication: Publication, *, since: int, locale: str, paper: Paper) -> bytes | None:
    """What people hold and tables show that is not true any more since version ``since``; None for nothing.

    Agendas of people, then rosters of interpreters, then schedules of tables. Raises RenderFailed.
    """
    before = db.session.scalar(select(Publication).filter_by(forum_id=publication.forum_id, version=since))
    if before is None or before.schedule_id == publication.schedule_id:
        return None
    edition = load_edition(publication)
    people = (agenda for agenda in edition.people() if any(entry.version > since for entry in agenda.entries))
    tables, interpreters = _places_changed(before, publication)
    groups = {
        Pack.AGENDAS: agenda_documents(people, paper=paper),
        Pack.ROSTERS: agenda_documents(
            (each for each in edition.interpreters() if each.subject.id in interpreters), paper=paper
        ),
        Pack.TABLES: tuple(
            pdf.table_document(each, locale=locale, paper=paper)
            for each in edition.tables()
            if each.subject.id in tables
        ),
    }
    present = {pack: documents for pack, documents in groups.items() if documents}
    return _join(publication, present, locale=locale) if present else None


def _places_changed(before: Publication, after: Publication) -> tuple[frozenset[int], frozenset[int]]:
    """Tables and interpreters that have other meetings, or the same ones with others or at other times."""
    old, new = _by_place(before), _by_place(after)
    changed = {place for place in old.keys() | new.keys() if old.get(place) != new.get(place)}
    tables, interpreters = (
        frozenset(id_ for each, id_ in changed if each == kind) for kind in ("table", "interpreter")
    )
    return tables, interpreters


def _by_place(publication: Publication) -> dict[tuple[str, int], set[str]]:
    """("table" or "interpreter", id) -> digests of the meetings there."""
    found: dict[tuple[str, int], set[str]] = defaultdict(set)
    for entry in published_entries(publication):
        digest = entry_digest(entry)
        found["table", entry.table_id].add(digest)
        if entry.interpreter is not None:
            found["interpreter", entry.interpreter.id].add(digest)
    return found


def _join(publication: Publication, groups: Mapping[Pack, Sequence[Document]], *, locale: str) -> bytes:
    documents = [document for group in groups.values() for document in group]
    render_many_kept(publication.forum_id, documents)
    with wording.speaking(locale):
        title = _("Print again")
        titled = [(pack_title(pack), len(group)) for pack, group in groups.items()]
    with tempfile.TemporaryDirectory(prefix="forum-reprint-") as folder:
        whole = join_documents(
            publication.forum_id, documents, Path(folder), title=title, locale=locale, groups=titled
        )
        return whole.read_bytes()
