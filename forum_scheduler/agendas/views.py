"""Pages of the room agendas: agendas on the screen and as files, the private feed, the organiser's print."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.agendas import calendar, feeds, pack, pdf, wording, workbook
from forum_scheduler.agendas.addresses import feed_url, page_url, webcal_url
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.filenames import safe_name
from forum_scheduler.agendas.pack import Pack
from forum_scheduler.agendas.pdf import Paper
from forum_scheduler.agendas.record import Agenda
from forum_scheduler.agendas.screen import screen_of
from forum_scheduler.agendas.unplaced import unplaced_meetings
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum, Interpreter, Table, Zone
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication
from forum_scheduler.scheduling.models import DelegateSlot

blueprint = Blueprint("agendas", __name__, url_prefix="/f/<forum_slug>")
Page = str | AnyResponse
WHILE_YOU_WAIT = 60  # people; more PDFs than a page load should make


# Who somebody is


@blueprint.get("/agenda")
def mine(forum_slug: str) -> Page:
    """The viewer's own agenda; where they are several, a choice."""
    viewer = current_viewer()
    if len(viewer.delegate_ids) > 1:
        query = select(Delegate.id, Delegate.name, Company.name).join(Company)
        own = db.session.execute(query.where(Delegate.id.in_(viewer.delegate_ids)).order_by(Company.name))
        return render_template("agendas/choose.html", own=own.all())
    if viewer.delegate_ids:
        target = url_for(".delegate", forum_slug=forum_slug, delegate_id=viewer.delegate_ids[0])
    elif viewer.interpreter_ids:
        target = url_for(".interpreter", forum_slug=forum_slug, interpreter_id=viewer.interpreter_ids[0])
    elif viewer.company_ids:
        target = url_for(".company", forum_slug=forum_slug, company_id=viewer.company_ids[0])
    elif viewer.is_organiser:
        target = url_for(".pack", forum_slug=forum_slug)
    else:
        abort(404)
    return redirect(target)


@blueprint.get("/delegates/<int:delegate_id>/agenda")
def delegate(forum_slug: str, delegate_id: int) -> Page:
    links = {
        "take_along": url_for(".take_along", forum_slug=forum_slug, delegate_id=delegate_id),
        "pdf": url_for(".delegate_pdf", forum_slug=forum_slug, delegate_id=delegate_id),
        "ics": url_for(".delegate_ics", forum_slug=forum_slug, delegate_id=delegate_id),
    }
    name = db.session.scalar(select(Delegate.name).where(Delegate.id == delegate_id)) or ""
    return _page(_agenda(delegate_id=delegate_id), name=name, links=links)


@blueprint.get("/companies/<int:company_id>/agenda")
def company(forum_slug: str, company_id: int) -> Page:
    links = {
        "pdf": url_for(".company_pdf", forum_slug=forum_slug, company_id=company_id),
        "ics": url_for(".company_ics", forum_slug=forum_slug, company_id=company_id),
    }
    query = (
        select(Delegate.id, Delegate.name).where(Delegate.company_id == company_id).order_by(Delegate.name)
    )
    people = [
        (who.name, url_for(".delegate", forum_slug=forum_slug, delegate_id=who.id))
        for who in db.session.execute(query)
    ]
    name = db.session.scalar(select(Company.name).where(Company.id == company_id)) or ""
    return _page(_agenda(company_id=company_id), name=name, links=links, people=people)


@blueprint.get("/interpreters/<int:interpreter_id>/agenda")
def interpreter(forum_slug: str, interpreter_id: int) -> Page:
    links = {
        "pdf": url_for(".interpreter_pdf", forum_slug=forum_slug, interpreter_id=interpreter_id),
        "ics": url_for(".interpreter_ics", forum_slug=forum_slug, interpreter_id=interpreter_id),
    }
    name = db.session.scalar(select(Interpreter.name).where(Interpreter.id == interpreter_id)) or ""
    return _page(_agenda(interpreter_id=interpreter_id), name=name, links=links)


@blueprint.get("/tables/<int:table_id>/schedule")
def table(forum_slug: str, table_id: int) -> Page:
    links = {"pdf": url_for(".table_pdf", forum_slug=forum_slug, table_id=table_id)}
    label = db.session.scalar(select(Table.label).where(Table.id == table_id)) or ""
    name = _("Table %(name)s", name=label)
    return _page(_agenda(table_id=table_id), name=name, links=links)


def _page(
    agenda: Agenda | None, *, name: str, links: Mapping[str, str], people: list[tuple[str, str]] | None = None
) -> str:
    if agenda is None:
        return render_template("agendas/unpublished.html", name=name, people=people or [])
    viewer = current_viewer()
    linked = bool(viewer.approved_company_ids) or viewer.is_organiser
    screen = screen_of(agenda, moment=now(), company_links=linked)
    return render_template("agendas/show.html", screen=screen, links=links, people=people or [])


# Files


@blueprint.get("/delegates/<int:delegate_id>/agenda.ics")
def delegate_ics(forum_slug: str, delegate_id: int) -> Page:
    return _ics(_published(_agenda(delegate_id=delegate_id)))


@blueprint.get("/companies/<int:company_id>/agenda.ics")
def company_ics(forum_slug: str, company_id: int) -> Page:
    return _ics(_published(_agenda(company_id=company_id)))


@blueprint.get("/interpreters/<int:interpreter_id>/agenda.ics")
def interpreter_ics(forum_slug: str, interpreter_id: int) -> Page:
    return _ics(_published(_agenda(interpreter_id=interpreter_id)))


@blueprint.get("/delegates/<int:delegate_id>/agenda.pdf")
def delegate_pdf(forum_slug: str, delegate_id: int) -> Page:
    return _agenda_pdf(_published(_agenda(delegate_id=delegate_id)))


@blueprint.get("/companies/<int:company_id>/agenda.pdf")
def company_pdf(forum_slug: str, company_id: int) -> Page:
    return _agenda_pdf(_published(_agenda(company_id=company_id)))


@blueprint.get("/interpreters/<int:interpreter_id>/agenda.pdf")
def interpreter_pdf(forum_slug: str, interpreter_id: int) -> Page:
    return _agenda_pdf(_published(_agenda(interpreter_id=interpreter_id)))


@blueprint.get("/tables/<int:table_id>/schedule.pdf")
def table_pdf(forum_slug: str, table_id: int) -> Page:
    agenda = _published(_agenda(table_id=table_id))
    document = pdf.table_document(agenda, locale=_language(), paper=_paper())
    content = pdf.make_pdf(document, forum_id=agenda.forum.id)
    name = _("Table %(name)s", name=agenda.subject.name)
    return _file(content, f"{name}.pdf", pdf.MEDIA_TYPE)


def _ics(agenda: Agenda) -> Response:
    content = calendar.calendar_file(agenda, locale=_language(), page_url=page_url(agenda))
    return _file(content, f"{agenda.subject.name}.ics", calendar.MEDIA_TYPE)


def _agenda_pdf(agenda: Agenda) -> Response:
    document = pdf.agenda_document(agenda, locale=_language(), page_url=page_url(agenda), paper=_paper())
    content = pdf.make_pdf(document, forum_id=agenda.forum.id)
    return _file(content, f"{agenda.subject.name}.pdf", pdf.MEDIA_TYPE)


def _file(content: bytes, name: str, media_type: str) -> Response:
    """A download that browsers ask about anew but need not fetch twice."""
    stem, _dot, extension = name.rpartition(".")
    response = send_file(
        io.BytesIO(content),
        mimetype=media_type.partition(";")[0],  # Flask adds the charset itself
        as_attachment=True,
        download_name=f"{safe_name(stem)}.{extension}",
        etag=hashlib.sha256(content).hexdigest(),
    )
    response.cache_control.private = True
    response.cache_control.no_cache = True
    return response


# Take it along


@blueprint.get("/delegates/<int:delegate_id>/take-along")
def take_along(forum_slug: str, delegate_id: int) -> Page:
    """One way to choose: a calendar that updates itself, a download, paper."""
    name = db.session.scalar(select(Delegate.name).where(Delegate.id == delegate_id))
    feed = feeds.current_feed(delegate_id)
    address = None
    if feed is not None:
        webcal = webcal_url(feed.token)
        address = {"https": feed_url(feed.token), "webcal": webcal, "qr": pdf.qr_image(webcal, border=3)}
    page = render_template(
        "agendas/take_along.html",
        name=name,
        delegate_id=delegate_id,
        address=address,
        published=current_publication(_forum()) is not None,
    )
    response = Response(page)
    response.cache_control.no_store = True  # the address is a secret
    return response


@blueprint.post("/delegates/<int:delegate_id>/feed")
def change_feed(forum_slug: str, delegate_id: int) -> Page:
    """Make, renew or revoke the private address."""
    match request.form.get("do"):
        case "create":
            feeds.create_feed(delegate_id=delegate_id)
            flash(_("Your calendar address is ready."), "success")
        case "renew":
            feeds.renew_feed(delegate_id=delegate_id)
            flash(_("You have a new address. The old one has stopped working."), "success")
        case "revoke":
            feeds.revoke_feed(delegate_id=delegate_id)
            flash(_("The address has stopped working."), "success")
        case _other:
            abort(400)
    return redirect(url_for(".take_along", forum_slug=forum_slug, delegate_id=delegate_id), 303)


def feed(token: str) -> Response:
    """A person's calendar by its secret address: 404 for an unknown one, 410 for one that was revoked."""
    known = feeds.find_feed(token)
    if known is None or known.revoked_at is not None:
        status, words = (404, "Unknown address.") if known is None else (410, "This address was revoked.")
        return _private(Response(f"{words}\n", status=status, mimetype="text/plain"))
    who = db.session.get_one(Delegate, known.delegate_id)
    forum = db.session.get_one(Forum, who.forum_id)
    agenda = _agenda(delegate_id=who.id, forum=forum)
    if agenda is None:
        # Subscribing before the first version is fine: the meetings come later.
        content, changed = calendar.empty_feed(forum.name), known.created_at
    else:
        locale = agenda.subject.locale
        content = calendar.calendar_feed(agenda, locale=locale, page_url=page_url(agenda))
        changed = agenda.published_at
    response = Response(content, content_type=calendar.MEDIA_TYPE)
    response.set_etag(hashlib.sha256(content).hexdigest())
    response.last_modified = changed
    response.headers["Content-Disposition"] = 'inline; filename="agenda.ics"'
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return _private(response)


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.record
def _add_feed(state: BlueprintSetupState) -> None:
    # Outside of any forum's address: short, and it says nothing of the forum.
    state.app.add_url_rule("/feed/<token>.ics", endpoint=f"{state.name}.feed", view_func=feed)


# The organiser's print


@blueprint.get("/print", endpoint="pack")
def pack_page(forum_slug: str) -> Page:
    publication = current_publication(_forum())
    if publication is None:
        return render_template("agendas/unpublished.html", name=_("Print"), people=[])
    ready = pack.ready_packs(publication, locale=_language())
    tables = db.session.execute(
        select(Table.id, Table.label, Zone.name)
        .join(Zone, Zone.id == Table.zone_id)
        .where(Table.forum_id == _forum().id)
        .order_by(Zone.position, Zone.id, Table.position, Table.id)
    )
    return render_template(
        "agendas/pack.html",
        edition=_edition(publication),
        packs=[(each.value, pack.pack_title(each), each in ready) for each in Pack],
        complete=ready == frozenset(Pack),
        tables=tables.all(),
    )


@blueprint.post("/print")
def make_pack(forum_slug: str) -> Page:
    publication = _publication()
    if _people_count(publication) > WHILE_YOU_WAIT:
        flash(_("So many agendas take a minute or two. Look again soon."), "info")
        pack.render_behind(publication, locale=_language())
    else:
        pack.render_all(publication, locale=_language())
        flash(_("The files are ready."), "success")
    return redirect(url_for(".pack", forum_slug=forum_slug), 303)


@blueprint.get("/print/<name>.pdf")
def pack_file(forum_slug: str, name: str) -> Page:
    if name not in {each.value for each in Pack}:
        abort(404)
    publication = _publication()
    content = pack.read_pack(publication, Pack(name), locale=_language())
    if content is None:
        raise NotFound(_("This file is not made yet."))
    return _file(content, f"{forum_slug}-{name}-v{publication.version}.pdf", pdf.MEDIA_TYPE)


@blueprint.get("/schedule.xlsx", endpoint="workbook")
def workbook_file(forum_slug: str) -> Page:
    publication = _publication()
    edition = load_edition(publication)
    unplaced = unplaced_meetings(publication.schedule_id)
    content = workbook.schedule_workbook(edition, unplaced, locale=_language())
    return _file(content, f"{forum_slug}-schedule-v{publication.version}.xlsx", workbook.MEDIA_TYPE)


# Helpers


def _forum() -> Forum:
    forum = g.forum
    assert isinstance(forum, Forum)
    return forum


def _publication() -> Publication:
    publication = current_publication(_forum())
    if publication is None:
        raise NotFound(_("Nothing is published yet."))
    return publication


def _agenda(*, forum: Forum | None = None, **only: int) -> Agenda | None:
    """The newest agenda of one subject, such as ``delegate_id=7``; None before the first version."""
    publication = current_publication(forum or _forum())
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


def _published(agenda: Agenda | None) -> Agenda:
    if agenda is None:
        raise NotFound(_("Nothing is published yet."))
    return agenda


def _edition(publication: Publication) -> str:
    return wording.published(
        publication.version,
        at=publication.published_at,
        zone=_forum().zone,
        preliminary=publication.preliminary,
    )


def _people_count(publication: Publication) -> int:
    query = select(func.count(func.distinct(DelegateSlot.delegate_id)))
    return db.session.scalar(query.where(DelegateSlot.schedule_id == publication.schedule_id)) or 0


def _language() -> str:
    return str(wording.language())


def _paper() -> Paper:
    return Paper.LETTER if request.args.get("paper", "").lower() == "letter" else Paper.A4
