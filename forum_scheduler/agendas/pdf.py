"""Agendas as documents to print: HTML of ours, made into tagged PDF by a process of its own, kept by digest.

Nothing here loads WeasyPrint: web processes use this module.
"""

from __future__ import annotations

import hashlib
import re
import threading
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib.metadata import version
from itertools import groupby

import segno
from flask import current_app
from flask_babel import gettext as _

from forum_scheduler.agendas import made, wording
from forum_scheduler.agendas.parts import TimePart, company_parts, time_parts
from forum_scheduler.agendas.pictures import Pictures
from forum_scheduler.agendas.plan import plan_of, spots_of
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.agendas.render import STYLE
from forum_scheduler.agendas.renderer import RenderFailed, ready_renderer
from forum_scheduler.extensions import db

MEDIA_TYPE = "application/pdf"
AT_ONCE = 2  # renderings of one web process
QUEUE_SECONDS = 30.0  # how long somebody waits for their turn
WEB_SECONDS = 25.0  # below the time after which servers give a request up
COMPANIES_A_PART = 25
QR_CODES = 10_000  # kept by a process, 2 kB each: a code takes 10 ms, and badges have those of agendas
ROWS_A_PART = 400  # of a list: a block with hundreds of tables takes minutes as one document, and much memory

NO_PICTURES = Pictures()

# Only templates write this: in what people typed, quotes are escaped.
PICTURE = re.compile(r'src="((?:logo|photo):\d+)"')

_turns = threading.BoundedSemaphore(AT_ONCE)


class Paper(StrEnum):
    """Sizes of paper."""

    A4 = "A4"
    LETTER = "Letter"


@dataclass(frozen=True, kw_only=True)
class Document:
    """A page of ours to be printed. ``language`` is that of its words.

    Pictures stand in ``html`` by their names (``logo:7``), and once for all documents in ``images``: with
    thousands of documents at hand there is no room for a copy in each. The pages themselves are compressed.
    """

    kind: str
    title: str
    language: str
    paper: Paper
    packed: bytes = field(repr=False)
    images: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        html: str,
        *,
        kind: str,
        title: str,
        language: str,
        paper: Paper,
        images: Mapping[str, str] | None = None,
    ) -> Document:
        packed = zlib.compress(html.encode(), 1)
        return cls(kind=kind, title=title, language=language, paper=paper, packed=packed, images=images or {})

    @property
    def html(self) -> str:
        return zlib.decompress(self.packed).decode()

    @cached_property
    def digest(self) -> str:
        """Names what comes out of it: same words, look, pictures, paper and program, same PDF."""
        html = self.html
        pictures = (self.images[name] for name in PICTURE.findall(html))
        parts = (self.kind, self.paper.value, _look(), html, *pictures)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def whole(self) -> str:
        """The HTML with its pictures in it."""
        return PICTURE.sub(lambda found: f'src="{self.images[found[1]]}"', self.html)


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
    pictures: Pictures = NO_PICTURES,
) -> Document:
    """Of a person, company or interpreter. ``page_url`` becomes a QR code."""
    with wording.speaking(locale):
        title = f"{wording.whose(agenda)} · {wording.clean(agenda.forum.name)}"
        own = {entry.table_id for entry in agenda.meetings if entry.table_id is not None}
        html = page_html(
            "agenda",
            title=title,
            agenda=agenda,
            changed=agenda.changed,
            qr=qr_image(page_url),
            plans=[plan_of(hall, own=own) for hall in agenda.own_halls],
            spots=spots_of(agenda.own_halls, own=own),
            shown=pictures.shown_in(agenda),
        )
    return Document.of(html, kind="agenda", title=title, language=locale, paper=paper, images=pictures.images)


def table_document(agenda: Agenda, *, locale: str, paper: Paper = Paper.A4) -> Document:
    """A table's schedule, to lie on the table: its name can be read from afar."""
    with wording.speaking(locale):
        title = f"{wording.whose(agenda)} · {wording.clean(agenda.forum.name)}"
        html = page_html("table", title=title, agenda=agenda, changed=agenda.changed)
    return Document.of(html, kind="table", title=title, language=locale, paper=paper)


def times_documents(forum: Agenda, *, locale: str, paper: Paper = Paper.A4) -> tuple[Document, ...]:
    """All meetings by time and table, a document for each block; several where it has very many."""
    parts = time_parts(forum, rows=ROWS_A_PART)
    blocks = Counter(part.block_id for part in parts)
    return tuple(
        _times(forum, part, locale=locale, paper=paper, whole=blocks[part.block_id] == 1) for part in parts
    )


def _times(forum: Agenda, part: TimePart, *, locale: str, paper: Paper, whole: bool) -> Document:
    """``whole``: the whole block; of a part, the title says from when to when."""
    entries = part.entries
    slots = [tuple(each) for _start, each in groupby(entries, key=lambda entry: entry.starts_at)]
    zone = forum.forum.zone
    with wording.speaking(locale):
        day = wording.long_day(entries[0].starts_at.astimezone(zone).date())
        hours = f"{wording.clock(entries[0].starts_at, zone)}–{wording.clock(entries[-1].ends_at, zone)}"
        name = wording.clean(entries[0].block) or hours
        span = "" if whole or name == hours else hours
        title = " · ".join(each for each in (_("Meetings by time"), day, name, span) if each)
        html = page_html(
            "times", title=title, agenda=forum, changed=part.changed, day=day, block=name, slots=slots
        )
    return Document.of(html, kind="times", title=title, language=locale, paper=paper)


def companies_documents(
    companies: Sequence[Agenda], *, locale: str, paper: Paper = Paper.A4
) -> tuple[Document, ...]:
    """All meetings by company, some companies a document."""
    documents = []
    for part in company_parts(companies, most=COMPANIES_A_PART, rows=ROWS_A_PART):
        with wording.speaking(locale):
            shown = part.agendas
            first, last = (wording.clean(each.subject.name) for each in (shown[0], shown[-1]))
            heading = _("Meetings by company")
            title = f"{heading} · {first} – {last}"
            html = page_html("companies", title=title, agenda=shown[0], changed=part.changed, agendas=shown)
        documents.append(Document.of(html, kind="companies", title=title, language=locale, paper=paper))
    return tuple(documents)


def page_html(template: str, **values: object) -> str:
    """A template of ``pdf/`` filled in, in the active language."""
    # Not render_template: a document depends on the record alone, on nothing of a request.
    page = current_app.jinja_env.get_template(f"pdf/{template}.html")
    return page.render(w=wording, lang=wording.language().language, **values)


@lru_cache(maxsize=QR_CODES)
def qr_image(url: str, *, border: int = 0) -> str:
    """A QR code as a ``data:`` address of an SVG image; ``border``: white modules around it, for screens."""
    code = segno.make(url, error="m", micro=False)
    return str(code.svg_data_uri(border=border, dark="#171b21", light="#ffffff"))


def each_made(forum_id: int, documents: Sequence[Document]) -> Iterator[tuple[Document, bytes]]:
    """The PDFs of documents that are made already, in their order, one in memory at a time."""
    for document in documents:
        kept = made.find(forum_id, document.kind, document.digest)
        assert kept is not None
        yield document, kept.read()


def make_pdf(document: Document, *, forum_id: int) -> bytes:
    """The PDF of one document: kept, or made now by a process of its own. Raises RenderFailed."""
    kept = made.find(forum_id, document.kind, document.digest)
    if kept is not None:
        return kept.read()
    db.session.rollback()  # no transaction stays open while another process works
    if not _turns.acquire(timeout=QUEUE_SECONDS):
        raise RenderFailed(_("Many people want a PDF at this moment. Try again in a minute."))
    try:
        with ready_renderer() as renderer:
            content = renderer.pdf(document.whole, paper=document.paper.value, seconds=WEB_SECONDS)
    finally:
        _turns.release()
    made.keep(forum_id, [(document.kind, document.digest, content)])
    return content
