"""What the organiser takes away in one go: the pack as a ZIP, and papers that changed since a version."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import IO

from flask_babel import gettext as _

from forum_scheduler.agendas import pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.calendar import calendar_file
from forum_scheduler.agendas.edition import Edition, load_edition
from forum_scheduler.agendas.filenames import names_of
from forum_scheduler.agendas.outdated import outdated_since
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
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.publishing.models import Publication

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


def changed_since(publication: Publication, *, most: int | None = None) -> dict[int, int]:
    """Earlier version -> how many people have another agenda or roster now, newest first.

    ``most``: so many versions at most.
    """
    first = 1 if most is None else max(1, publication.version - most)
    return {
        version: len(each.people) + len(each.interpreters)
        for version, each in outdated_since(publication, first=first).items()
    }


def reprint(publication: Publication, *, since: int, locale: str, paper: Paper) -> bytes | None:
    """What people hold and tables show that is not true any more since version ``since``; None for nothing.

    Agendas of people, then rosters of interpreters, then schedules of tables. Raises RenderFailed.
    """
    if not 1 <= since < publication.version:
        return None
    outdated = outdated_since(publication, first=since)[since]
    edition = load_edition(publication)
    groups = {
        Pack.AGENDAS: agenda_documents(_of(edition.people(), outdated.people), paper=paper),
        Pack.ROSTERS: agenda_documents(_of(edition.interpreters(), outdated.interpreters), paper=paper),
        Pack.TABLES: tuple(
            pdf.table_document(each, locale=locale, paper=paper)
            for each in _of(edition.tables(), outdated.tables)
        ),
    }
    present = {pack: documents for pack, documents in groups.items() if documents}
    return _join(publication, present, locale=locale) if present else None


def _of(agendas: Iterable[Agenda], ids: Set[int]) -> Iterator[Agenda]:
    return (agenda for agenda in agendas if agenda.subject.id in ids)


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
