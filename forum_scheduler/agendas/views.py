"""Pages of the room agendas: agendas on the screen, and as files of one subject."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, abort, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from forum_scheduler.accounts.models import StaffRole
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.agendas import answers, calendar, pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.feed_cache import Written, cache, written
from forum_scheduler.agendas.messages import written_for
from forum_scheduler.agendas.pictures import pictures_of
from forum_scheduler.agendas.record import Agenda, SubjectKind
from forum_scheduler.agendas.screen import screen_of
from forum_scheduler.agendas.web import (
    Page,
    agenda_of,
    blueprint,
    chosen_language,
    chosen_paper,
    published,
    send_bytes,
    sessions_for,
    this_forum,
    this_publication,
)
from forum_scheduler.clock import now
from forum_scheduler.companies.models import Company, Delegate
from forum_scheduler.companies.reading import person_name
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Interpreter, Table

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
    elif viewer.roles & {StaffRole.ORGANISER, StaffRole.DESK}:
        target = url_for(".pack" if viewer.is_organiser else ".desk", forum_slug=forum_slug)
    else:
        abort(404)
    return redirect(target)


@blueprint.get("/delegates/<int:delegate_id>/agenda")
def delegate(forum_slug: str, delegate_id: int) -> Page:
    ways = {part: f"agendas.delegate_{part}" for part in ("ics", "pdf", "badge")}
    ways["take_along"] = "agendas.take_along"
    name = person_name(db.session.scalar(select(Delegate.name).where(Delegate.id == delegate_id)) or "")
    return _page(agenda_of(delegate_id=delegate_id), name=name, ways=ways, names={"delegate_id": delegate_id})


@blueprint.get("/companies/<int:company_id>/agenda")
def company(forum_slug: str, company_id: int) -> Page:
    ways = {part: f"agendas.company_{part}" for part in ("ics", "pdf")}
    ways["feed"] = "agendas.company_take_along"
    query = (
        select(Delegate.id, Delegate.name).where(Delegate.company_id == company_id).order_by(Delegate.name)
    )
    people = [
        (person_name(who.name), url_for(".delegate", forum_slug=forum_slug, delegate_id=who.id))
        for who in db.session.execute(query)
    ]
    name = db.session.scalar(select(Company.name).where(Company.id == company_id)) or ""
    names = {"company_id": company_id}
    return _page(agenda_of(company_id=company_id), name=name, ways=ways, names=names, people=people)


@blueprint.get("/interpreters/<int:interpreter_id>/agenda")
def interpreter(forum_slug: str, interpreter_id: int) -> Page:
    ways = {part: f"agendas.interpreter_{part}" for part in ("ics", "pdf", "badge")}
    ways["feed"] = "agendas.interpreter_take_along"
    name = db.session.scalar(select(Interpreter.name).where(Interpreter.id == interpreter_id)) or ""
    names = {"interpreter_id": interpreter_id}
    return _page(agenda_of(interpreter_id=interpreter_id), name=name, ways=ways, names=names)


@blueprint.get("/tables/<int:table_id>/schedule")
def table(forum_slug: str, table_id: int) -> Page:
    ways = {"pdf": "agendas.table_pdf", "feed": "agendas.table_take_along"}
    label = db.session.scalar(select(Table.label).where(Table.id == table_id)) or ""
    name = _("Table %(name)s", name=label)
    return _page(agenda_of(table_id=table_id), name=name, ways=ways, names={"table_id": table_id})


def _page(
    agenda: Agenda | None,
    *,
    name: str,
    ways: Mapping[str, str],
    names: Mapping[str, int],
    people: list[tuple[str, str]] | None = None,
) -> str:
    """``ways``: endpoints of what can be taken along, shown to those who may; ``names``: their arguments."""
    if agenda is None:
        return render_template("agendas/unpublished.html", name=name, people=people or [])
    viewer = current_viewer()
    linked = bool(viewer.approved_company_ids) or viewer.is_staff
    screen = screen_of(
        agenda,
        moment=now(),
        company_links=linked,
        answers=_answers(agenda),
        written=written_for(agenda, viewer),
    )
    return render_template(
        "agendas/show.html", screen=screen, ways=ways, names=names, people=people or [], ours=_ours(agenda)
    )


def _ours(agenda: Agenda) -> bool:
    """Whether the company of the agenda is one of the viewer's."""
    return agenda.subject.kind == SubjectKind.COMPANY and agenda.subject.id in current_viewer().company_ids


def _answers(agenda: Agenda) -> Mapping[int, tuple[answers.Given, ...]]:
    """What the calendars of the subject's people answered to its meetings."""
    if agenda.subject.kind not in (SubjectKind.PERSON, SubjectKind.COMPANY):
        return {}
    people = {who.id for entry in agenda.meetings for party in entry.own for who in party.people}
    if agenda.subject.kind == SubjectKind.PERSON:
        people &= {agenda.subject.id}
    return answers.of_meetings([entry.meeting_id for entry in agenda.meetings], delegate_ids=people)


# Files


@blueprint.get("/delegates/<int:delegate_id>/agenda.ics")
def delegate_ics(forum_slug: str, delegate_id: int) -> Page:
    return _ics(delegate_id=delegate_id)


@blueprint.get("/companies/<int:company_id>/agenda.ics")
def company_ics(forum_slug: str, company_id: int) -> Page:
    return _ics(company_id=company_id)


@blueprint.get("/interpreters/<int:interpreter_id>/agenda.ics")
def interpreter_ics(forum_slug: str, interpreter_id: int) -> Page:
    return _ics(interpreter_id=interpreter_id)


@blueprint.get("/delegates/<int:delegate_id>/agenda.pdf")
def delegate_pdf(forum_slug: str, delegate_id: int) -> Page:
    return _agenda_pdf(published(agenda_of(delegate_id=delegate_id)))


@blueprint.get("/companies/<int:company_id>/agenda.pdf")
def company_pdf(forum_slug: str, company_id: int) -> Page:
    return _agenda_pdf(published(agenda_of(company_id=company_id)))


@blueprint.get("/interpreters/<int:interpreter_id>/agenda.pdf")
def interpreter_pdf(forum_slug: str, interpreter_id: int) -> Page:
    return _agenda_pdf(published(agenda_of(interpreter_id=interpreter_id)))


@blueprint.get("/tables/<int:table_id>/schedule.pdf")
def table_pdf(forum_slug: str, table_id: int) -> Page:
    agenda = published(agenda_of(table_id=table_id))
    document = pdf.table_document(agenda, locale=chosen_language(), paper=chosen_paper())
    content = pdf.make_pdf(document, forum_id=agenda.forum.id)
    name = _("Table %(name)s", name=agenda.subject.name)
    return send_bytes(content, f"{name}.pdf", pdf.MEDIA_TYPE)


def _ics(**only: int) -> Response:
    """Written once for a version and language, like the feeds; asked again, a browser gets 304."""
    forum, publication = this_forum(), this_publication()
    ((name, id_),) = only.items()
    key = ("file", name, id_, publication.id, chosen_language(), sessions_for(forum, **only))
    made = cache().get(key, lambda: _written(**only))
    return send_bytes(made.content, f"{made.name}.ics", calendar.MEDIA_TYPE)


def _written(**only: int) -> Written:
    agenda = published(agenda_of(forum=None, **only))
    content = calendar.calendar_file(agenda, locale=chosen_language(), page_url=page_url(agenda))
    return written(content, agenda.published_at, name=wording.name_of(agenda.subject, wording.Names.EXACT))


def _agenda_pdf(agenda: Agenda) -> Response:
    document = pdf.agenda_document(
        agenda,
        locale=chosen_language(),
        page_url=page_url(agenda),
        paper=chosen_paper(),
        pictures=pictures_of([agenda]),
    )
    content = pdf.make_pdf(document, forum_id=agenda.forum.id)
    return send_bytes(content, f"{wording.name_of(agenda.subject, wording.Names.EXACT)}.pdf", pdf.MEDIA_TYPE)
