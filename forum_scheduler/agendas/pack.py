"""The organiser's pack: agendas in order of name, tables, lists, rosters, badges; and all of it as one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from flask_babel import gettext as _
from sqlalchemy import delete, select

from forum_scheduler.agendas import handouts, made, pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.edition import Edition, load_edition
from forum_scheduler.agendas.made import Kept
from forum_scheduler.agendas.models import MadeFile
from forum_scheduler.agendas.pdf import Document, Paper
from forum_scheduler.agendas.pictures import pictures_of
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.agendas.renderer import PROCESSES, ready_renderer, render_many
from forum_scheduler.extensions import db, transaction
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.notices import LANGUAGES

OnProgress = Callable[[int, int, str], None]
BATCH = 50  # PDFs stored in one transaction
JOIN_SECONDS = 300.0
JOIN_A_PART = 0.5  # seconds more for each


class Pack(StrEnum):
    """The files of a pack, and their names, in the order in which the whole has them."""

    WHOLE = "whole"  # all the others in one file; made last, so it tells that the pack is complete
    DESK = "desk"
    TIMES = "times"
    COMPANIES = "companies"
    AGENDAS = "agendas"
    COMPANY_AGENDAS = "company-agendas"
    ROSTERS = "rosters"
    TABLES = "tables"
    CARDS = "cards"
    BADGES = "badges"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderSummary:
    """PDFs made now, PDFs that were there already, the packs (empty ones are left out) and their parts."""

    made: int
    reused: int
    packs: Mapping[Pack, Kept]
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
    known = made.known_digests(forum_id, list(wanted))
    missing = [document for digest, document in wanted.items() if digest not in known]
    _make(forum_id, missing, tell, total=len(wanted), processes=processes)
    joined = {}
    for pack, documents in packs.items():
        if documents:
            tell(len(wanted), len(wanted), _("joining: %(name)s", name=pack.value))
            fresh = any(document.digest not in known for document in documents)
            joined[pack] = _joined(publication, pack, documents, locale=locale, paper=paper, fresh=fresh)
    if joined:
        joined = {Pack.WHOLE: _whole(publication, joined, packs, locale=locale, paper=paper), **joined}
    all_packs = {_pack_digest(publication, *each) for each in product(LANGUAGES, Paper)}
    _clear(publication, keep=frozenset(wanted) | all_packs)
    return RenderSummary(made=len(missing), reused=len(known), packs=joined, documents=packs)


def pack_documents(
    edition: Edition, pack: Pack, *, locale: str = "en", paper: Paper = Paper.A4
) -> tuple[Document, ...]:
    """The documents of one file of the pack, in their order."""
    makers: Mapping[Pack, Callable[[], Iterable[Document]]] = {
        Pack.WHOLE: lambda: (),  # made of the others
        Pack.DESK: lambda: handouts.desk_documents(_told(edition), locale=locale, paper=paper),
        Pack.TIMES: lambda: pdf.times_documents(edition.whole_forum(), locale=locale, paper=paper),
        Pack.COMPANIES: lambda: pdf.companies_documents(edition.companies(), locale=locale, paper=paper),
        Pack.AGENDAS: lambda: _agendas(edition.people(), paper=paper),
        Pack.COMPANY_AGENDAS: lambda: _agendas(edition.companies(), paper=paper),
        Pack.ROSTERS: lambda: _agendas(edition.interpreters(), paper=paper),
        Pack.TABLES: lambda: (
            pdf.table_document(agenda, locale=locale, paper=paper)
            for agenda in edition.tables()
            if agenda.meetings
        ),
        Pack.CARDS: lambda: handouts.card_documents(edition.tables(), locale=locale, paper=paper),
        Pack.BADGES: lambda: handouts.badge_documents(
            _comers(edition), address=page_url, locale=locale, paper=paper
        ),
    }
    return tuple(makers[pack]())


def _agendas(agendas: Iterable[Agenda], *, paper: Paper) -> tuple[Document, ...]:
    """One each of those that have meetings, in the language of its reader."""
    return agenda_documents((agenda for agenda in agendas if agenda.meetings), paper=paper)


def agenda_documents(agendas: Iterable[Agenda], *, paper: Paper) -> tuple[Document, ...]:
    """One each, in the language of its reader, with logos and photos of those who are met."""
    each = tuple(agendas)
    pictures = pictures_of(each)
    return tuple(
        pdf.agenda_document(
            agenda, locale=agenda.subject.locale, page_url=page_url(agenda), paper=paper, pictures=pictures
        )
        for agenda in each
    )


def _told(edition: Edition) -> list[Agenda]:
    """Everybody who has or had something to do there, in order of name."""
    people = (*edition.people(), *edition.interpreters())
    return sorted(people, key=lambda each: each.subject.name.casefold())


def _comers(edition: Edition) -> list[Agenda]:
    """Those who have something to do there."""
    return [agenda for agenda in _told(edition) if agenda.meetings]


def pack_title(pack: Pack) -> str:
    """The pack's file in words."""
    titles = {
        Pack.WHOLE: _("Everything in one file"),
        Pack.DESK: _("Handing out at the desk"),
        Pack.TIMES: _("Meetings by time"),
        Pack.COMPANIES: _("Meetings by company"),
        Pack.AGENDAS: _("All agendas in order of name"),
        Pack.COMPANY_AGENDAS: _("Agendas of the companies"),
        Pack.ROSTERS: _("Rosters of the interpreters"),
        Pack.TABLES: _("Schedules of the tables"),
        Pack.CARDS: _("Cards for the tables"),
        Pack.BADGES: _("Badges"),
    }
    return str(titles[pack])


def find_pack(
    publication: Publication, pack: Pack, *, locale: str = "en", paper: Paper = Paper.A4
) -> Kept | None:
    """A file of the pack, where it is made already."""
    return made.find(publication.forum_id, _kind(pack), _pack_digest(publication, locale, paper))


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


def render_many_kept(forum_id: int, documents: Sequence[Document]) -> None:
    """Make those of ``documents`` that are not kept yet. Raises RenderFailed."""
    known = made.known_digests(forum_id, [document.digest for document in documents])
    missing = [document for document in documents if document.digest not in known]
    _make(forum_id, missing, _silent, total=len(documents), processes=PROCESSES)


def _make(
    forum_id: int, missing: Sequence[Document], tell: OnProgress, *, total: int, processes: int
) -> None:
    done = total - len(missing)
    tell(done, total, _("laying out"))
    if not missing:
        return
    db.session.rollback()  # no transaction stays open while other processes work
    ready: list[tuple[str, str, bytes]] = []
    pages = ((document.whole, document.paper.value) for document in missing)
    for index, content in render_many(pages, processes=min(processes, len(missing))):
        document = missing[index]
        ready.append((document.kind, document.digest, content))
        done += 1
        if len(ready) >= BATCH:
            made.keep(forum_id, ready)
            ready.clear()
        tell(done, total, document.title)
    made.keep(forum_id, ready)


def _joined(
    publication: Publication,
    pack: Pack,
    documents: Sequence[Document],
    *,
    locale: str,
    paper: Paper,
    fresh: bool,
) -> Kept:
    kept = None if fresh else find_pack(publication, pack, locale=locale, paper=paper)
    if kept is not None:
        return kept
    with wording.speaking(locale):
        title = pack_title(pack)
    with TemporaryDirectory(prefix="forum-pack-") as folder:
        whole = join_documents(publication.forum_id, documents, Path(folder), title=title, locale=locale)
        digest = _pack_digest(publication, locale, paper)
        return made.keep_file(publication.forum_id, _kind(pack), digest, whole)


def join_documents(
    forum_id: int,
    documents: Sequence[Document],
    folder: Path,
    *,
    title: str,
    locale: str,
    groups: Sequence[tuple[str, int]] = (),
) -> Path:
    """Documents that are made, as one PDF in ``folder``: through files, as thousands don't fit into memory.

    Raises RenderFailed.
    """
    parts = []
    for index, (_document, content) in enumerate(pdf.each_made(forum_id, documents)):
        parts.append(folder / f"{index}.pdf")
        parts[-1].write_bytes(content)
    db.session.rollback()  # no transaction stays open while another process works
    target = folder / "whole.pdf"
    with ready_renderer() as renderer:
        renderer.join(
            parts,
            target,
            title=title,
            language=locale,
            marks=[document.title for document in documents],
            groups=groups,
            seconds=JOIN_SECONDS + JOIN_A_PART * len(parts),
        )
    return target


def _whole(
    publication: Publication,
    joined: Mapping[Pack, Kept],
    packs: Mapping[Pack, Sequence[Document]],
    *,
    locale: str,
    paper: Paper,
) -> Kept:
    """The files of the pack as one, kept unless a part of it was made anew since.

    Joined from the documents, not from those files: one of thousands of pages needs gigabytes to be opened.
    """
    seal = _seal(joined.values())
    # By its parts, too: a part that was made anew makes the whole anew.
    known = find_pack(publication, Pack.WHOLE, locale=locale, paper=paper)
    if known is not None and known.ends_with(seal):
        return known
    with wording.speaking(locale):
        title = pack_title(Pack.WHOLE)
        groups = [(pack_title(pack), len(packs[pack])) for pack in joined]
    documents = [document for pack in joined for document in packs[pack]]
    with TemporaryDirectory(prefix="forum-pack-") as folder:
        target = join_documents(
            publication.forum_id, documents, Path(folder), title=title, locale=locale, groups=groups
        )
        with target.open("ab") as out:
            out.write(seal)
        digest = _pack_digest(publication, locale, paper)
        return made.keep_file(publication.forum_id, _kind(Pack.WHOLE), digest, target)


def _seal(parts: Iterable[Kept]) -> bytes:
    """A comment after the end of the PDF that names its parts."""
    digest = hashlib.sha256()
    for part in parts:
        each = hashlib.sha256()
        for piece in part.pieces():
            each.update(piece)
        digest.update(each.digest())
    return f"%{digest.hexdigest()}\n".encode()


def _clear(publication: Publication, *, keep: frozenset[str]) -> None:
    """Forget what was made for earlier versions and is not used any more."""
    old = select(MadeFile.id, MadeFile.digest).where(
        MadeFile.forum_id == publication.forum_id, MadeFile.made_at < publication.published_at
    )
    with transaction() as session:
        ids = [id_ for id_, digest in session.execute(old) if digest not in keep]
        for at in range(0, len(ids), made.CHUNK):
            session.execute(delete(MadeFile).where(MadeFile.id.in_(ids[at : at + made.CHUNK])))
