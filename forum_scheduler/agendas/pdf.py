"""Agendas as documents to print: HTML of ours, made into tagged PDF by a process of its own, kept by digest.

Nothing here loads WeasyPrint: web processes use this module.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.metadata import version
from itertools import groupby

import segno
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.models import MadeFile
from forum_scheduler.agendas.plan import plan_of
from forum_scheduler.agendas.record import Agenda, AgendaEntry
from forum_scheduler.agendas.render import STYLE
from forum_scheduler.agendas.renderer import Renderer, RenderFailed
from forum_scheduler.clock import now
from forum_scheduler.extensions import db, transaction

MEDIA_TYPE = "application/pdf"
AT_ONCE = 2  # renderings of one web process
QUEUE_SECONDS = 30.0  # how long somebody waits for their turn
WEB_SECONDS = 25.0  # below the time after which servers give a request up
COMPANIES_A_PART = 25
CHUNK = 200  # digests in one query

# Only templates write this: in what people typed, quotes are escaped.
LOGO = re.compile(r'src="logo:(\d+)"')

_turns = threading.BoundedSemaphore(AT_ONCE)


class Paper(StrEnum):
    """Sizes of paper."""

    A4 = "A4"
    LETTER = "Letter"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A page of ours to be printed. ``language`` is that of its words.

    Pictures stand in ``html`` by their numbers (``logo:7``), and once for all documents in ``logos``: with
    thousands of documents at hand there is no room for a copy in each.
    """

    kind: str
    title: str
    language: str
    paper: Paper
    html: str
    logos: Mapping[int, str] = field(default_factory=dict, repr=False)

    @cached_property
    def digest(self) -> str:
        """Names what comes out of it: same words, look, pictures, paper and program, same PDF."""
        pictures = (self.logos[int(number)] for number in LOGO.findall(self.html))
        parts = (self.kind, self.paper.value, _look(), self.html, *pictures)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def whole(self) -> str:
        """The HTML with its pictures in it."""
        return LOGO.sub(lambda found: f'src="{self.logos[int(found[1])]}"', self.html)


@lru_cache(maxsize=1)
def _look() -> str:
    return hashlib.sha256(STYLE.read_bytes() + version("weasyprint").encode()).hexdigest()


# Documents


def agenda_document(
    agenda: Agenda,
    *,
    locale: str,
    page_url: str,
    paper: Paper = Paper.A4,
    logos: Mapping[int, str] | None = None,
) -> Document:
    """Of a person, company or interpreter. ``page_url`` becomes a QR code; ``logos`` by company."""
    logos, qr = logos or {}, qr_image(page_url)
    with wording.speaking(locale):
        title = f"{wording.whose(agenda)} · {wording.clean(agenda.forum.name)}"
        own = {entry.table_id for entry in agenda.meetings if entry.table_id is not None}
        plans = [plan_of(hall, own=own) for hall in agenda.own_halls]
        html = page_html("agenda", title=title, agenda=agenda, qr=qr, plans=plans, logos=logos)
    return Document(kind="agenda", title=title, language=locale, paper=paper, html=html, logos=logos)


def table_document(agenda: Agenda, *, locale: str, paper: Paper = Paper.A4) -> Document:
    """A table's schedule, to lie on the table: its name can be read from afar."""
    with wording.speaking(locale):
        title = f"{wording.whose(agenda)} · {wording.clean(agenda.forum.name)}"
        html = page_html("table", title=title, agenda=agenda)
    return Document(kind="table", title=title, language=locale, paper=paper, html=html)


def times_documents(forum: Agenda, *, locale: str, paper: Paper = Paper.A4) -> tuple[Document, ...]:
    """All meetings by time and table, a document for each block."""
    blocks = [tuple(part) for _block, part in groupby(forum.meetings, key=lambda entry: entry.block_id)]
    return tuple(_times(forum, block, locale=locale, paper=paper) for block in blocks)


def _times(forum: Agenda, block: Sequence[AgendaEntry], *, locale: str, paper: Paper) -> Document:
    slots = [tuple(entries) for _start, entries in groupby(block, key=lambda entry: entry.starts_at)]
    with wording.speaking(locale):
        day = wording.long_day(block[0].starts_at.astimezone(forum.forum.zone).date())
        name = wording.clean(block[0].block)
        title = " · ".join(part for part in (_("Meetings by time"), day, name) if part)
        html = page_html("times", title=title, agenda=forum, day=day, block=name, slots=slots)
    return Document(kind="times", title=title, language=locale, paper=paper, html=html)


def companies_documents(
    companies: Iterable[Agenda], *, locale: str, paper: Paper = Paper.A4
) -> tuple[Document, ...]:
    """All meetings by company, some companies a document."""
    meeting = [agenda for agenda in companies if agenda.meetings]
    parts = [meeting[at : at + COMPANIES_A_PART] for at in range(0, len(meeting), COMPANIES_A_PART)]
    made = []
    for part in parts:
        with wording.speaking(locale):
            first, last = (wording.clean(each.subject.name) for each in (part[0], part[-1]))
            heading = _("Meetings by company")
            title = f"{heading} · {first} – {last}"
            html = page_html("companies", title=title, agenda=part[0], agendas=part)
        made.append(Document(kind="companies", title=title, language=locale, paper=paper, html=html))
    return tuple(made)


def page_html(template: str, **values: object) -> str:
    """A template of ``pdf/`` filled in, in the active language."""
    # Not render_template: a document depends on the record alone, on nothing of a request.
    page = current_app.jinja_env.get_template(f"pdf/{template}.html")
    return page.render(w=wording, lang=wording.language().language, **values)


def qr_image(url: str, *, border: int = 0) -> str:
    """A QR code as a ``data:`` address of an SVG image; ``border``: white modules around it, for screens."""
    code = segno.make(url, error="m", micro=False)
    return str(code.svg_data_uri(border=border, dark="#171b21", light="#ffffff"))


# The cache of made files


def read_made(forum_id: int, kind: str, digest: str) -> bytes | None:
    return db.session.scalar(
        select(MadeFile.content).where(
            MadeFile.forum_id == forum_id, MadeFile.kind == kind, MadeFile.digest == digest
        )
    )


def known_digests(forum_id: int, digests: Sequence[str]) -> frozenset[str]:
    """Those of ``digests`` that are made already."""
    found: set[str] = set()
    for at in range(0, len(digests), CHUNK):
        query = select(MadeFile.digest).where(
            MadeFile.forum_id == forum_id, MadeFile.digest.in_(digests[at : at + CHUNK])
        )
        found |= set(db.session.scalars(query))
    return frozenset(found)


def each_made(forum_id: int, documents: Sequence[Document]) -> Iterator[tuple[Document, bytes]]:
    """The PDFs of documents that are made already, in their order, a chunk in memory at a time."""
    for at in range(0, len(documents), CHUNK):
        chunk = documents[at : at + CHUNK]
        query = select(MadeFile.digest, MadeFile.content).where(
            MadeFile.forum_id == forum_id, MadeFile.digest.in_([each.digest for each in chunk])
        )
        contents = {row.digest: row.content for row in db.session.execute(query)}
        for document in chunk:
            yield document, contents[document.digest]


def keep_made(forum_id: int, files: Iterable[tuple[str, str, bytes]]) -> None:
    """Keep (kind, digest, content); what was there by that name is replaced."""
    with transaction() as session:
        for kind, digest, content in files:
            named = {"forum_id": forum_id, "kind": kind, "digest": digest}
            # Somebody else may make the same file at this moment: then theirs is as good.
            with suppress(IntegrityError), session.begin_nested():
                session.execute(delete(MadeFile).filter_by(**named))
                session.execute(insert(MadeFile).values(**named, content=content, made_at=now()))


def make_pdf(document: Document, *, forum_id: int) -> bytes:
    """The PDF of one document: kept, or made now by a process of its own. Raises RenderFailed."""
    kept = read_made(forum_id, document.kind, document.digest)
    if kept is not None:
        return kept
    db.session.rollback()  # no transaction stays open while another process works
    if not _turns.acquire(timeout=QUEUE_SECONDS):
        raise RenderFailed(_("Many people want a PDF at this moment. Try again in a minute."))
    try:
        with Renderer() as renderer:
            made = renderer.pdf(document.whole, paper=document.paper.value, seconds=WEB_SECONDS)
    finally:
        _turns.release()
    keep_made(forum_id, [(document.kind, document.digest, made)])
    return made
