"""The desk's page: who stands before me? And a badge for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from forum_scheduler.agendas import bundle, desk, handouts, pdf, wording
from forum_scheduler.agendas.addresses import page_url
from forum_scheduler.agendas.desk import Known, Whereabouts
from forum_scheduler.agendas.record import Agenda, SubjectKind
from forum_scheduler.agendas.web import (
    Page,
    agenda_of,
    blueprint,
    chosen_language,
    chosen_paper,
    edition_words,
    published,
    send_bytes,
    this_forum,
)
from forum_scheduler.clock import now
from forum_scheduler.paging import Paging
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication
from forum_scheduler.publishing.records import Entry

PAGE_SIZE = 50
LONGEST = 100  # characters of a search
VERSIONS = 5  # earlier ones, to look for changes since
# What addresses call those whom the desk is asked for.
PARTS = {SubjectKind.PERSON: "delegate", SubjectKind.INTERPRETER: "interpreter", SubjectKind.TABLE: "table"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """A person or table in words. ``where``: (when, what) of now and next; addresses: of what can be had."""

    title: str
    meta: str
    url: str
    where: tuple[tuple[str, str], ...] = ()
    note: str = ""  # in place of ``where``
    state: str = ""
    tone: str = "neutral"
    pdf: str = ""
    badge: str = ""


@blueprint.get("/desk", endpoint="desk")
def desk_page(forum_slug: str) -> Page:
    """Who stands before me, and where must they be? Without a question: whose paper is out of date."""
    forum = this_forum()
    publication = current_publication(forum)
    wanted = " ".join(request.args.get("q", "")[:LONGEST].split())
    moment = now()
    found = desk.search(forum.id, wanted) if wanted else None
    page: dict[str, object] = {
        "wanted": wanted,
        "found": found,
        "edition": edition_words(publication) if publication is not None else "",
        "people": _rows(publication, found.people, moment) if found else (),
        "tables": _rows(publication, found.tables, moment) if found else (),
        "versions": (),
        "changed": None,
    }
    if publication is not None and found is None:
        counts = bundle.changed_since(publication, most=VERSIONS)
        since = request.args.get("since", type=int)
        since = since if since in counts else next(iter(counts), 0)
        known = desk.changed_people(publication, since=since) if counts else ()
        paging = Paging.at(request.args.get("page", 1, type=int), size=PAGE_SIZE, total=len(known))
        shown = known[paging.start : paging.start + paging.size]
        page |= {"versions": counts, "since": since, "changed": paging.of(_rows(publication, shown, moment))}
    return render_template("agendas/desk.html", **page)


def _rows(publication: Publication | None, known: tuple[Known, ...], moment: datetime) -> tuple[DeskRow, ...]:
    if publication is None:
        return tuple(_row(Whereabouts(who=each), None, moment) for each in known)
    found = desk.whereabouts(publication, known, moment=moment)
    return tuple(_row(each, publication, moment) for each in found)


def _row(each: Whereabouts, publication: Publication | None, moment: datetime) -> DeskRow:
    who, slug = each.who, this_forum().slug
    name = wording.name_of(who)
    part = PARTS[who.kind]
    names: dict[str, Any] = {"forum_slug": slug, f"{part}_id": who.id}
    state, tone = _state(each, publication)
    there = publication is not None
    return DeskRow(
        title=_("Table %(name)s", name=name) if who.kind is SubjectKind.TABLE else name,
        meta=_meta(who),
        url=url_for(f".{part}", **names),
        where=_where(each, moment),
        note=_note(each) if there else "",
        state=state,
        tone=tone,
        pdf=url_for(f".{part}_pdf", **names) if there and each.meetings else "",
        badge=url_for(f".{part}_badge", **names) if there and who.kind is not SubjectKind.TABLE else "",
    )


def _meta(who: Known) -> str:
    if who.kind is SubjectKind.INTERPRETER:
        return str(_("Interpreter"))
    return ", ".join(part for part in (wording.clean(who.role), wording.name(who.detail)) if part)


def _state(each: Whereabouts, publication: Publication | None) -> tuple[str, str]:
    """What to look at first. A first version has changed nothing for anybody."""
    if not each.who.admitted:
        return str(_("Company not approved")), "warn"
    last = each.changed_in or 0
    if publication is None or last <= 1:
        return "", "neutral"
    words = str(_("Changed in version %(number)s", number=last))
    return words, "warn" if last == publication.version else "neutral"


def _note(each: Whereabouts) -> str:
    if not each.meetings:
        return str(_("No meetings in this version."))
    return "" if each.running or each.coming else str(_("No more meetings."))


def _where(each: Whereabouts, moment: datetime) -> tuple[tuple[str, str], ...]:
    """Now and next, as one says it to somebody who asks."""
    zone = this_forum().zone
    lines = []
    if each.running is not None:
        end = wording.clock(each.running.ends_at, zone)
        lines.append((str(_("Now, until %(time)s", time=end)), _place(each, each.running)))
    if each.coming is not None:
        start = wording.clock(each.coming.starts_at, zone)
        day = each.coming.starts_at.astimezone(zone).date()
        if day != moment.astimezone(zone).date():
            start = f"{wording.short_day(day)}, {start}"
        lines.append((str(_("Next, %(time)s", time=start)), _place(each, each.coming)))
    return tuple(lines)


def _place(each: Whereabouts, entry: Entry) -> str:
    """``Table 12, Hall B: Aerotec``; of a table only who meets there."""
    who = each.who
    own = {
        party.company.id
        for party in entry.parties
        if who.kind is SubjectKind.PERSON and who.id in {person.id for person in party.people}
    }
    others = [wording.name(party.company.name) for party in entry.parties if party.company.id not in own]
    whom = (", " if own else " × ").join(others)
    if who.kind is SubjectKind.TABLE:
        return whom
    table = str(_("Table %(name)s", name=wording.clean(entry.table_label)))
    return f"{table}, {wording.clean(entry.zone_name)}: {whom}"


@blueprint.get("/delegates/<int:delegate_id>/badge.pdf")
def delegate_badge(forum_slug: str, delegate_id: int) -> Page:
    return _badge(published(agenda_of(delegate_id=delegate_id)))


@blueprint.get("/interpreters/<int:interpreter_id>/badge.pdf")
def interpreter_badge(forum_slug: str, interpreter_id: int) -> Page:
    return _badge(published(agenda_of(interpreter_id=interpreter_id)))


def _badge(agenda: Agenda) -> Page:
    """One badge at the top of a sheet: lost, misspelt, or for somebody who came late."""
    (document,) = handouts.badge_documents(
        [agenda], address=page_url, locale=chosen_language(), paper=chosen_paper()
    )
    content = pdf.make_pdf(document, forum_id=agenda.forum.id)
    name = _("Badge of %(name)s", name=wording.name_of(agenda.subject, wording.Names.EXACT))
    return send_bytes(content, f"{name}.pdf", pdf.MEDIA_TYPE)
