"""What the views of this room share: the forum, its newest version, one agenda of it, files as answers."""

from __future__ import annotations

import hashlib
import io
import tempfile
from typing import IO, Any

from flask import Blueprint, Response, g, request, send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.agendas import wording
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.filenames import safe_name
from forum_scheduler.agendas.made import Kept
from forum_scheduler.agendas.pdf import Paper
from forum_scheduler.agendas.record import Agenda, AgendaSession
from forum_scheduler.agendas.subjects import sessions_of
from forum_scheduler.errors import NotFound
from forum_scheduler.forums.models import Forum
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication

blueprint = Blueprint("agendas", __name__, url_prefix="/f/<forum_slug>")
Page = str | AnyResponse
IN_MEMORY = 16 * 1024 * 1024  # bytes; a larger download lies in a file while it is sent


def send_bytes(content: bytes, name: str, media_type: str) -> Response:
    """A download that browsers ask about anew but need not fetch twice."""
    return _send(io.BytesIO(content), hashlib.sha256(content).hexdigest(), name, media_type)


def send_kept(kept: Kept, name: str, media_type: str) -> Response:
    """The same of a file of any size: a large one lies in a file while it is sent."""
    spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- the answer closes it
    digest = hashlib.sha256()
    for piece in kept.pieces():
        digest.update(piece)
        spool.write(piece)
    spool.seek(0)
    return _send(spool, digest.hexdigest(), name, media_type)


def _send(content: IO[bytes], digest: str, name: str, media_type: str) -> Response:
    stem, _dot, extension = name.rpartition(".")
    response = send_file(
        content,
        mimetype=media_type.partition(";")[0],  # Flask adds the charset itself
        as_attachment=True,
        download_name=f"{safe_name(stem)}.{extension}",
        etag=digest,
    )
    response.cache_control.private = True
    response.cache_control.no_cache = True
    return response


def this_forum() -> Forum:
    forum = g.forum
    assert isinstance(forum, Forum)
    return forum


def this_publication() -> Publication:
    publication = current_publication(this_forum())
    if publication is None:
        raise NotFound(_("Nothing is published yet."))
    return publication


def agenda_of(*, forum: Forum | None = None, **only: int) -> Agenda | None:
    """The newest agenda of one subject, such as ``delegate_id=7``; None before the first version."""
    publication = current_publication(forum or this_forum())
    if publication is None:
        return None
    edition = load_edition(publication, **only)
    ((name, id_),) = only.items()
    make: Any = {
        "delegate_id": edition.person,
        "company_id": edition.company,
        "interpreter_id": edition.interpreter,
        "table_id": edition.table,
    }[name]
    agenda: Agenda = make(id_)
    return agenda


def sessions_for(forum: Forum, **only: int) -> tuple[AgendaSession, ...]:
    """What a delegate's agenda has of the programme, which changes without a version; () for others."""
    delegate_id = only.get("delegate_id")
    return sessions_of(forum.id, only=delegate_id).get(delegate_id, ()) if delegate_id is not None else ()


def published(agenda: Agenda | None) -> Agenda:
    if agenda is None:
        raise NotFound(_("Nothing is published yet."))
    return agenda


def edition_words(publication: Publication) -> str:
    return wording.published(
        publication.version,
        at=publication.published_at,
        zone=this_forum().zone,
        preliminary=publication.preliminary,
    )


def chosen_language() -> str:
    return str(wording.language())


def chosen_paper() -> Paper:
    return Paper.LETTER if request.args.get("paper", "").lower() == "letter" else Paper.A4
