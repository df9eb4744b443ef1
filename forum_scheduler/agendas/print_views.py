"""The organiser's print: the pack, what became of it, the schedule as data, and what calendars answered."""

from __future__ import annotations

from typing import Any

from flask import (
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from forum_scheduler.agendas import answers, bundle, data, pack, pdf, print_jobs, wording
from forum_scheduler.agendas.edition import load_edition
from forum_scheduler.agendas.models import Answer, PrintState, Way
from forum_scheduler.agendas.pack import Pack
from forum_scheduler.agendas.pdf import Paper
from forum_scheduler.agendas.subjects import halls_of
from forum_scheduler.agendas.unplaced import unplaced_meetings
from forum_scheduler.agendas.web import (
    Page,
    blueprint,
    chosen_language,
    chosen_paper,
    edition_words,
    send_bytes,
    send_kept,
    this_forum,
    this_publication,
)
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import db, forum_config
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.notices import LANGUAGES
from forum_scheduler.publishing.reading import current_publication
from forum_scheduler.scheduling.models import DelegateSlot

WHILE_YOU_WAIT = 60  # people; more PDFs than a page load should make
REPRINT_MOST = 500  # people in one file: joining thousands takes longer than servers let a request live
ANSWERS = {
    Answer.ACCEPTED: (_l("Accepted"), "good"),
    Answer.DECLINED: (_l("Declined"), "bad"),
    Answer.TENTATIVE: (_l("Perhaps"), "warn"),
    Answer.NONE: (_l("No answer"), "neutral"),
}


@blueprint.get("/print", endpoint="pack")
def pack_page(forum_slug: str) -> Page:
    publication = current_publication(this_forum())
    if publication is None:
        return render_template("agendas/unpublished.html", name=_("Print"), people=[])
    return render_template(
        "agendas/pack.html",
        edition=edition_words(publication),
        changed=bundle.changed_since(publication),
        papers=[(each.value, each == chosen_paper()) for each in Paper],
        halls=halls_of(this_forum().id),
        **_pack_parts(publication),
    )


@blueprint.get("/print/live")
def pack_live(forum_slug: str) -> Response:
    """The changing part of the page; the header X-Live says when there is nothing more to come."""
    parts = _pack_parts(this_publication())
    answer = make_response(render_template("agendas/_pack.html", **parts))
    if not parts["working"]:
        answer.headers["X-Live"] = "done"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _pack_parts(publication: Publication) -> dict[str, Any]:
    paper = chosen_paper()
    ready = pack.ready_packs(publication, locale=chosen_language(), paper=paper)
    job = print_jobs.find(publication, locale=chosen_language(), paper=paper)
    return {
        "paper": paper.value.lower(),
        # Once all is made, what is not there has nothing in it, such as rosters where nobody interprets.
        "packs": [
            (each.value, pack.pack_title(each), each in ready)
            for each in Pack
            if each in ready or Pack.WHOLE not in ready
        ],
        "complete": Pack.WHOLE in ready,
        "job": job,
        "working": job is not None and job.state in (PrintState.QUEUED, PrintState.RUNNING),
    }


@blueprint.post("/print")
def make_pack(forum_slug: str) -> Page:
    """Few agendas at once; many by the worker, with their progress on the page."""
    publication, paper = this_publication(), chosen_paper()
    if _people_count(publication) > WHILE_YOU_WAIT:
        print_jobs.ask(publication, locale=chosen_language(), paper=paper)
    else:
        pack.render_all(publication, locale=chosen_language(), paper=paper)
        flash(_("The files are ready."), "success")
    return redirect(url_for(".pack", forum_slug=forum_slug, paper=request.args.get("paper")), 303)


def _people_count(publication: Publication) -> int:
    query = select(func.count(func.distinct(DelegateSlot.delegate_id)))
    return db.session.scalar(query.where(DelegateSlot.schedule_id == publication.schedule_id)) or 0


@blueprint.get("/print/<name>.pdf")
def pack_file(forum_slug: str, name: str) -> Page:
    if name not in {each.value for each in Pack}:
        abort(404)
    publication = this_publication()
    kept = pack.find_pack(publication, Pack(name), locale=chosen_language(), paper=chosen_paper())
    if kept is None:
        raise NotFound(_("This file is not made yet."))
    return send_kept(kept, f"{forum_slug}-{name}-v{publication.version}.pdf", pdf.MEDIA_TYPE)


@blueprint.get("/print/pack.zip")
def pack_zip(forum_slug: str) -> Page:
    """Everything as files by people's names."""
    publication = this_publication()
    content = bundle.pack_zip(publication, locale=chosen_language(), paper=chosen_paper())
    if content is None:
        raise NotFound(_("This file is not made yet."))
    name = f"{forum_slug}-v{publication.version}.zip"
    return send_file(content, mimetype="application/zip", as_attachment=True, download_name=name)


@blueprint.get("/print/changed.pdf")
def reprint(forum_slug: str) -> Page:
    """The papers of those only for whom something changed since version ``since``."""
    publication, paper = this_publication(), chosen_paper()
    version = request.args.get("since", type=int)
    if version is None:
        abort(404)
    people = bundle.changed_since(publication).get(version, 0)
    trouble = _too_many(publication, people, paper=paper)
    if trouble:
        flash(trouble, "error")
        return redirect(url_for(".pack", forum_slug=forum_slug, paper=request.args.get("paper")), 303)
    content = bundle.reprint(publication, since=version, locale=chosen_language(), paper=paper)
    if content is None:
        raise NotFound(_("Nobody's agenda has changed since that version."))
    return send_bytes(content, f"{forum_slug}-changed-since-v{version}.pdf", pdf.MEDIA_TYPE)


def _too_many(publication: Publication, people: int, *, paper: Paper) -> str:
    """Why so many can't be printed again in one click, and what to do; "" where they can."""
    if people > REPRINT_MOST:
        return str(
            _(
                "Too many people have another agenda for one file (%(num)s). Print “%(file)s” instead.",
                num=people,
                file=pack.pack_title(Pack.AGENDAS),
            )
        )
    made = any(pack.find_pack(publication, Pack.AGENDAS, locale=each, paper=paper) for each in LANGUAGES)
    if people > WHILE_YOU_WAIT and not made:
        return str(
            _(
                "Many people have another agenda (%(num)s). Press “%(button)s” first, and come back when the"
                " files are ready.",
                num=people,
                button=_("Make them now"),
            )
        )
    return ""


@blueprint.get("/schedule.csv")
def schedule_csv(forum_slug: str) -> Page:
    publication = this_publication()
    content = data.schedule_csv(load_edition(publication).whole_forum())
    return send_bytes(content, f"{forum_slug}-schedule-v{publication.version}.csv", data.CSV_TYPE)


@blueprint.get("/schedule.json")
def schedule_json(forum_slug: str) -> Page:
    publication = this_publication()
    content = data.schedule_json(load_edition(publication).whole_forum())
    return send_bytes(content, f"{forum_slug}-schedule-v{publication.version}.json", data.JSON_TYPE)


@blueprint.get("/schedule.xlsx", endpoint="workbook")
def workbook_file(forum_slug: str) -> Page:
    from forum_scheduler.agendas import workbook  # noqa: PLC0415 -- loads openpyxl, and that numpy

    publication = this_publication()
    edition = load_edition(publication)
    unplaced = unplaced_meetings(publication.schedule_id)
    content = workbook.schedule_workbook(edition, unplaced, locale=chosen_language())
    return send_bytes(content, f"{forum_slug}-schedule-v{publication.version}.xlsx", workbook.MEDIA_TYPE)


@blueprint.get("/calendars", endpoint="calendars")
def calendars_page(forum_slug: str) -> Page:
    """Which way people chose, and what their calendars answered; what was declined first."""
    forum = this_forum()
    counts, ways = answers.counted_in(forum), answers.ways(forum)
    rows = [
        (
            each,
            wording.short_day(each.starts_at.astimezone(forum.zone).date()),
            wording.clock(each.starts_at, forum.zone),
        )
        for each in answers.to_look_at(forum)
    ]
    return render_template(
        "agendas/calendars.html",
        feeds=ways[Way.FEED],
        mails=ways[Way.MAIL],
        counts=[(words, counts[answer], tone) for answer, (words, tone) in ANSWERS.items()],
        rows=rows,
        kinds=ANSWERS,
        read=forum_config().imap_url is not None,
    )
