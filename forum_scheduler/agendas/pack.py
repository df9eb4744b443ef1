"""The organiser's pack: all agendas in order of name, a page a table, lists by time and by company."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from flask_babel import gettext as _
from sqlalchemy import delete, select

from forum_scheduler.agendas import pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.edition import Edition, load_edition
from forum_scheduler.agendas.models import MadeFile
from forum_scheduler.agendas.pdf import Document, Paper
from forum_scheduler.agendas.renderer import PROCESSES, Renderer, render_many
from forum_scheduler.extensions import db, transaction
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.notices import LANGUAGES

OnProgress = Callable[[int, int, str], None]
BATCH = 50  # PDFs stored in one transaction
JOIN_SECONDS = 600.0


class Pack(StrEnum):
    """The files of a pack, and their names."""

    AGENDAS = "agendas"
    TABLES = "tables"
    TIMES = "times"
    COMPANIES = "companies"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSummary:
    """PDFs made now, PDFs that were there already, the packs (empty ones are left out) and their parts."""

    made: int
    reused: int
    packs: Mapping[Pack, bytes]
    documents: Mapping[Pack, tuple[Document, ...]]


def render_all(
    publication: Publication,
    on_progress: OnProgress | None = None,
    *,
    edition: Edition | None = None,
    locale: str = "en",
    paper: Paper = Paper.A4,
    processes: int = PROCESSES,
) -> RenderSummary:
    """Make all PDFs of a version that are not made yet. ``locale``: of the lists; people get their own.

    ``on_progress(done, total, what)``. Started again after a crash, it goes on. Raises RenderFailed.
    """
    edition = edition or load_edition(publication)
    forum_id = edition.forum.id
    tell = on_progress or _silent
    packs = {pack: pack_documents(edition, pack, locale=locale, paper=paper) for pack in Pack}
    wanted = {document.digest: document for documents in packs.values() for document in documents}
    known = pdf.known_digests(forum_id, list(wanted))
    missing = [document for digest, document in wanted.items() if digest not in known]
    _make(forum_id, missing, tell, total=len(wanted), processes=processes)
    joined = {}
    for pack, documents in packs.items():
        if documents:
            tell(len(wanted), len(wanted), _("joining: %(name)s", name=pack.value))
            fresh = any(document.digest not in known for document in documents)
            joined[pack] = _joined(publication, pack, documents, locale=locale, paper=paper, fresh=fresh)
    all_packs = {_pack_digest(publication, *each) for each in product(LANGUAGES, Paper)}
    _clear(publication, keep=frozenset(wanted) | all_packs)
    return RenderSummary(made=len(missing), reused=len(known), packs=joined, documents=packs)


def pack_documents(
    edition: Edition, pack: Pack, *, locale: str = "en", paper: Paper = Paper.A4
) -> tuple[Document, ...]:
    """The documents of one file of the pack, in their order."""
    match pack:
        case Pack.AGENDAS:
            return tuple(
                pdf.agenda_document(
                    agenda, locale=agenda.subject.locale, page_url=page_url(agenda), paper=paper
                )
                for agenda in edition.people()
                if agenda.meetings
            )
        case Pack.TABLES:
            agendas = (agenda for agenda in edition.tables() if agenda.meetings)
            return tuple(pdf.table_document(agenda, locale=locale, paper=paper) for agenda in agendas)
        case Pack.TIMES:
            return pdf.times_documents(edition.whole_forum(), locale=locale, paper=paper)
        case Pack.COMPANIES:
            return pdf.companies_documents(edition.companies(), locale=locale, paper=paper)


def pack_title(pack: Pack) -> str:
    """The pack's file in words."""
    titles = {
        Pack.AGENDAS: _("All agendas in order of name"),
        Pack.TABLES: _("Schedules of the tables"),
        Pack.TIMES: _("Meetings by time"),
        Pack.COMPANIES: _("Meetings by company"),
    }
    return str(titles[pack])


def read_pack(
    publication: Publication, pack: Pack, *, locale: str = "en", paper: Paper = Paper.A4
) -> bytes | None:
    """A file of the pack, where it is made already."""
    return pdf.read_made(publication.forum_id, _kind(pack), _pack_digest(publication, locale, paper))


def ready_packs(publication: Publication, *, locale: str = "en", paper: Paper = Paper.A4) -> frozenset[Pack]:
    """The files of the pack that are made already."""
    query = select(MadeFile.kind).where(
        MadeFile.forum_id == publication.forum_id,
        MadeFile.digest == _pack_digest(publication, locale, paper),
    )
    kinds = set(db.session.scalars(query))
    return frozenset(pack for pack in Pack if _kind(pack) in kinds)


def _silent(_done: int, _total: int, _what: str) -> None:
    pass


def _kind(pack: Pack) -> str:
    return f"pack-{pack.value}"


def _pack_digest(publication: Publication, locale: str, paper: Paper) -> str:
    """A version's pack is found without laying out its documents once more."""
    return hashlib.sha256(f"{publication.id}:{publication.version}:{locale}:{paper}".encode()).hexdigest()


def _make(
    forum_id: int, missing: Sequence[Document], tell: OnProgress, *, total: int, processes: int
) -> None:
    done = total - len(missing)
    tell(done, total, _("laying out"))
    if not missing:
        return
    db.session.rollback()  # no transaction stays open while other processes work
    ready: list[tuple[str, str, bytes]] = []
    pages = [(document.html, document.paper.value) for document in missing]
    for index, made in render_many(pages, processes=min(processes, len(missing))):
        document = missing[index]
        ready.append((document.kind, document.digest, made))
        done += 1
        if len(ready) >= BATCH:
            pdf.keep_made(forum_id, ready)
            ready.clear()
        tell(done, total, document.title)
    pdf.keep_made(forum_id, ready)


def _joined(
    publication: Publication,
    pack: Pack,
    documents: Sequence[Document],
    *,
    locale: str,
    paper: Paper,
    fresh: bool,
) -> bytes:
    kept = None if fresh else read_pack(publication, pack, locale=locale, paper=paper)
    if kept is not None:
        return kept
    forum_id, digest = publication.forum_id, _pack_digest(publication, locale, paper)
    parts = [content for _document, content in pdf.each_made(forum_id, documents)]
    db.session.rollback()
    with wording.speaking(locale):
        title = pack_title(pack)
    with Renderer() as renderer:
        made = renderer.join(
            parts,
            title=title,
            language=locale,
            marks=[document.title for document in documents],
            seconds=JOIN_SECONDS,
        )
    pdf.keep_made(forum_id, [(_kind(pack), digest, made)])
    return made


def _clear(publication: Publication, *, keep: frozenset[str]) -> None:
    """Forget what was made for earlier versions and is not used any more."""
    old = select(MadeFile.id, MadeFile.digest).where(
        MadeFile.forum_id == publication.forum_id, MadeFile.made_at < publication.published_at
    )
    with transaction() as session:
        ids = [id_ for id_, digest in session.execute(old) if digest not in keep]
        for at in range(0, len(ids), pdf.CHUNK):
            session.execute(delete(MadeFile).where(MadeFile.id.in_(ids[at : at + pdf.CHUNK])))
