"""Pages of the room publishing: a schedule's meetings, comparing, publishing, versions, the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString
from sqlalchemy import func, or_, select
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.companies.models import Company
from forum_scheduler.companies.reading import person_name
from forum_scheduler.errors import Conflict, NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.outbox.models import Mail, MailState
from forum_scheduler.outbox.services import send_again
from forum_scheduler.paging import Paged, Paging
from forum_scheduler.publishing import notices, rosters
from forum_scheduler.publishing.changes import (
    ChangeKind,
    Summary,
    appointments,
    by_company,
    by_delegate,
    compare,
    summarise,
    told,
)
from forum_scheduler.publishing.forms import PublishForm
from forum_scheduler.publishing.meetings import meeting_rows, rows_of_changes
from forum_scheduler.publishing.models import Publication
from forum_scheduler.publishing.reading import current_publication, publications, schedule_entries
from forum_scheduler.publishing.services import (
    Preview,
    Published,
    current_version,
    preview,
    publish_and_count,
)
from forum_scheduler.scheduling import overview, words
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.promises import was_published
from forum_scheduler.spelling import alphabetical
from solver.problem import GoalName

blueprint = Blueprint("publishing", __name__, url_prefix="/f/<forum_slug>")
Page = str | AnyResponse | tuple[str, int]
PAGE_SIZE = 50
SHOWN = 100  # rows of changes and broken rules on one page
Row = TypeVar("Row")
# Kinds of mails that hold no link by which one could act as their reader.
WITHOUT_KEYS = (
    *(notices.KIND, "invitation"),
    *("vetted", "request-received", "request-answered", "request-expired", "meeting-withdrawn"),
    *("reminder", "window-closing", "search-found", "digest", "colleague", "role"),
)

CHANGES = {
    ChangeKind.ADDED: (_l("New"), "good"),
    ChangeKind.MOVED: (_l("Moved"), "info"),
    ChangeKind.PEOPLE: (_l("Other people"), "info"),
    ChangeKind.DROPPED: (_l("Dropped"), "warn"),
}
BETTER, WORSE, SAME = (_l("better"), "good"), (_l("worse"), "warn"), (_l("the same"), "neutral")
MAIL_STATES = {
    MailState.QUEUED: (_l("Waiting"), "neutral"),
    MailState.SENDING: (_l("Being sent"), "info"),
    MailState.SENT: (_l("Sent"), "good"),
    MailState.FAILED: (_l("Given up"), "bad"),
    MailState.BOUNCED: (_l("Came back"), "bad"),
}


def _forum() -> Forum:
    return cast(Forum, g.forum)


def _paging(total: int) -> Paging:
    return Paging.at(request.args.get("page", 1, type=int), size=PAGE_SIZE, total=total)


def _slice(rows: Sequence[Row]) -> Paged[Row]:
    paging = _paging(len(rows))
    return paging.of(rows[paging.start : paging.start + paging.size])


@blueprint.get("/schedules/<int:schedule_id>/meetings")
def meetings(forum_slug: str, schedule_id: int) -> Page:
    """All meetings by time, a page at a time; ``q`` is part of a company, person, table or zone."""
    found = db.session.get_one(Schedule, schedule_id)
    wanted = request.args.get("q", "").strip()
    rows = meeting_rows(schedule_entries(schedule_id), _forum(), search=wanted)
    return render_template("publishing/meetings.html", schedule=found, rows=_slice(rows), wanted=wanted)


@blueprint.get("/schedules/<int:schedule_id>/compare", endpoint="compare")
def compare_schedules(forum_slug: str, schedule_id: int) -> Page:
    """What would change from another schedule (``other``) to this one."""
    forum = _forum()
    found = db.session.get_one(Schedule, schedule_id)
    others = [each for each in overview.schedules_of(forum) if each.id != schedule_id]
    wanted = request.args.get("other", type=int)
    other = next((each for each in others if each.id == wanted), others[0] if others else None)
    if other is None:
        return render_template("publishing/compare.html", schedule=found, others=(), other=None)
    changes = compare(appointments(schedule_entries(other.id)), appointments(schedule_entries(schedule_id)))
    return render_template(
        "publishing/compare.html",
        schedule=found,
        others=others,
        other=other,
        goals=_both(other, found),
        companies=[each for each in by_company(changes) if each.gained != each.lost][:SHOWN],
        summary=summarise(changes),
        summary_words=summary_words(summarise(changes)),
        rows=_slice(rows_of_changes(changes, forum)),
        kinds=CHANGES,
    )


def _both(before: Schedule, after: Schedule) -> list[tuple[str, int, int, tuple[LazyString, str]]]:
    """Of each goal that both have its label, both values, and how the second is beside the first.

    A forum's goals may change, and drafts of the board lack promises.
    """
    known = {goal["name"]: goal["value"] for goal in before.goals}
    values = [("", before.placed_count, after.placed_count)]
    values += [
        (each["name"], known[each["name"]], each["value"]) for each in after.goals if each["name"] in known
    ]
    found = []
    for name, old, new in values:
        label = words.GOALS[GoalName(name)] if name else _("Meetings placed")
        more_is_better = not name or GoalName(name).maximised
        how = SAME if old == new else BETTER if (new > old) == more_is_better else WORSE
        found.append((str(label), old, new, how))
    return found


def summary_words(summary: Summary) -> str:
    """The numbers of a comparison as a sentence."""
    if not summary.affected:
        return str(_("Nobody's agenda changes."))
    people = ngettext("%(num)s person's agenda changes", "%(num)s people's agendas change", summary.affected)
    parts = [
        (summary.added, ngettext("%(num)s new", "%(num)s new", summary.added)),
        (summary.moved, ngettext("%(num)s moved", "%(num)s moved", summary.moved)),
        (summary.people, ngettext("%(num)s with other people", "%(num)s with other people", summary.people)),
        (summary.dropped, ngettext("%(num)s dropped", "%(num)s dropped", summary.dropped)),
    ]
    told = ", ".join(part for count, part in parts if count)
    return str(_("%(people)s; meetings: %(told)s.", people=people, told=told))


@blueprint.get("/schedules/<int:schedule_id>/publish")
def prepare(forum_slug: str, schedule_id: int) -> Page:
    found = db.session.get_one(Schedule, schedule_id)
    shown = preview(found)
    form = PublishForm(formdata=None, seen=str(shown.seen_version))
    return _prepare_page(found, shown, form)


def _prepare_page(schedule: Schedule, shown: Preview, form: PublishForm, status: int = 200) -> Page:
    forum = _forum()
    names = words.Names(forum) if shown.violations or shown.unlocked else None
    page = render_template(
        "publishing/prepare.html",
        schedule=schedule,
        preview=shown,
        placed_now=_gained_nothing_from(schedule, shown),
        publish_form=form,
        verdict=words.verdict(schedule, forum),
        summary_words=summary_words(shown.summary),
        violations=[words.violation_sentence(names, each) for each in shown.violations[:SHOWN]]
        if names is not None
        else [],
        unlocked=[words.violation_sentence(names, each) for each in shown.unlocked[:SHOWN]]
        if names is not None
        else [],
        changes=rows_of_changes(shown.changes, forum)[:SHOWN],
        shown=SHOWN,
        kinds=CHANGES,
    )
    return (page, status) if status != 200 else page


def _gained_nothing_from(schedule: Schedule, shown: Preview) -> int | None:
    """Of a run that planned anew and changes agendas for no meeting more: how many are placed now.

    Who adjusts by hand, or goes back to an earlier version, means to change what is changed.
    """
    current = current_publication(_forum())
    meant = schedule.run_id is None or words.keeps_promises(schedule) or was_published(schedule.id)
    if current is None or meant or not shown.summary.affected:
        return None
    placed = current.schedule.placed_count
    return placed if schedule.placed_count <= placed else None


@blueprint.get("/schedules/<int:schedule_id>/publish/notice")
def notice(forum_slug: str, schedule_id: int) -> Page:
    """The mail that one of those whose agenda or roster changes (``person``) would get."""
    forum, found = _forum(), db.session.get_one(Schedule, schedule_id)
    before = told(forum)
    changed = by_delegate(compare(before, appointments(schedule_entries(schedule_id))))
    agendas = {str(each.delegate_id): each for each in notices.recipients(forum, changed)}
    duties = {f"i{each.reader.delegate_id}": each for each in rosters.due(forum, schedule_id, before)}
    companies = dict(
        db.session.execute(select(Company.id, Company.name).where(Company.forum_id == forum.id)).all()
    )
    people = {
        key: f"{person_name(each.name)}, {companies[each.company_id]}"
        for key, each in sorted(agendas.items(), key=lambda item: alphabetical(item[1].name))
    }
    people |= {key: _("%(name)s (interpreter)", name=each.reader.name) for key, each in duties.items()}
    wanted = request.args.get("person", "")
    chosen = wanted if wanted in people else next(iter(people), "")
    imagined = Publication(version=current_version(forum.id) + 1, preliminary=False, note="")
    to = subject = text = ""
    if chosen in agendas:
        person = agendas[chosen]
        first = all(delegate_id != person.delegate_id for delegate_id, _meeting in before)
        subject, text = notices.draft(forum, imagined, person, changed[person.delegate_id], first=first)
        to = person.email
    elif chosen in duties:
        subject, text = rosters.draft(forum, imagined, duties[chosen])
        to = duties[chosen].reader.email
    return render_template(
        "publishing/notice.html",
        schedule=found,
        people=list(people.items()),
        chosen=chosen,
        to=to,
        subject=subject,
        paragraphs=[paragraph.splitlines() for paragraph in text.strip().split("\n\n")],
    )


@blueprint.post("/schedules/<int:schedule_id>/publish")
def publish(forum_slug: str, schedule_id: int) -> Page:
    found = db.session.get_one(Schedule, schedule_id)
    form = PublishForm()
    seen = (form.seen.data or "").strip()
    status = 422
    if form.validate_on_submit() and seen.isdecimal():
        try:
            done = publish_and_count(
                found,
                by=current_viewer().user_id,
                preliminary=bool(form.preliminary.data),
                note=form.note.data or "",
                seen_version=int(seen),
            )
        except Conflict as error:
            form.form_errors.append(str(error))
            status = error.status
        else:
            flash(_published(done), "success")
            return redirect(url_for("publishing.versions", forum_slug=forum_slug))
    shown = preview(db.session.get_one(Schedule, schedule_id))
    form.seen.data = str(shown.seen_version)
    return _prepare_page(found, shown, form, status=status)


def _published(done: Published) -> str:
    """What the page said before that would happen, as what did."""
    told = (
        ngettext(
            "%(num)s person gets a notice, nobody else.",
            "%(num)s people get a notice, nobody else.",
            done.told,
        )
        if done.told
        else _("Nobody gets a notice.")
    )
    silent = ngettext(
        "%(num)s has no address: tell them yourself.",
        "%(num)s have no address: tell them yourself.",
        done.without_address,
    )
    parts = (_("Version %(n)s is published.", n=done.publication.version), told)
    return " ".join((*parts, silent) if done.without_address else parts)


@blueprint.get("/versions")
def versions(forum_slug: str) -> Page:
    forum = _forum()
    found = publications(forum)
    publishers = {each.published_by_id for each in found if each.published_by_id is not None}
    names = db.session.execute(select(User.id, User.name, User.email).where(User.id.in_(publishers)))
    return render_template(
        "publishing/versions.html",
        versions=found,
        publishers={id_: name or email for id_, name, email in names},
    )


# The outbox: mails with sign-in links are for nobody but their reader, except in the demo


def _visible() -> Any:
    """Which mails the page may show: in the demo all; else those of the forum that are no key to anything."""
    if current_app.extensions["forum_config"].demo and _forum().demo:
        return or_(Mail.forum_id == _forum().id, Mail.forum_id.is_(None))
    return (Mail.forum_id == _forum().id) & Mail.kind.in_(WITHOUT_KEYS)


@blueprint.get("/mails")
def outbox(forum_slug: str) -> Page:
    wanted = request.args.get("q", "").strip()
    conditions = [_visible()]
    if wanted:
        columns = (Mail.to_email, Mail.to_name, Mail.subject)
        conditions.append(or_(*(column.icontains(wanted, autoescape=True) for column in columns)))
    total = db.session.scalar(select(func.count()).select_from(Mail).where(*conditions)) or 0
    paging = _paging(total)
    query = select(Mail).where(*conditions).order_by(Mail.id.desc())
    return render_template(
        "publishing/outbox.html",
        mails=paging.of(db.session.scalars(paging.cut(query)).all()),
        states=MAIL_STATES,
        wanted=wanted,
    )


@blueprint.get("/mails/<int:mail_id>")
def mail(forum_slug: str, mail_id: int) -> Page:
    found = db.session.scalar(select(Mail).where(Mail.id == mail_id, _visible()))
    if found is None:
        raise NotFound(_("There is no such mail."))
    paragraphs = [paragraph.splitlines() for paragraph in found.text.strip().split("\n\n")]
    lost = found.state in (MailState.FAILED, MailState.BOUNCED)
    return render_template(
        "publishing/mail.html",
        mail=found,
        state=MAIL_STATES[MailState(found.state)],
        paragraphs=paragraphs,
        again=lost and current_viewer().is_organiser and found.forum_id == _forum().id,
    )


@blueprint.post("/mails/<int:mail_id>/again")
def mail_again(forum_slug: str, mail_id: int) -> Page:
    """Send a mail again that was given up or came back."""
    send_again(mail_id, forum_id=_forum().id)
    flash(_("The mail is sent again."), "success")
    return redirect(url_for(".mail", forum_slug=forum_slug, mail_id=mail_id), 303)
