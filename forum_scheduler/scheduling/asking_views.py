"""Pages of questions that a worker answers: remedies, one of them tried, what one more of each is worth."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, abort, g, make_response, redirect, render_template, request, url_for

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling import asking, overview, progress, words
from forum_scheduler.scheduling.asking import Question
from forum_scheduler.scheduling.forms import WorthForm
from forum_scheduler.scheduling.ids import Kind, kind_of
from forum_scheduler.scheduling.models import Run, RunKind, RunState, Schedule, WhatIf
from forum_scheduler.scheduling.remedying import remedies_in
from forum_scheduler.scheduling.views import Page, blueprint
from forum_scheduler.scheduling.words import GOALS, WORTHS, Names, languages
from solver.explain.worth import Resource
from solver.problem import GoalName

REMEDY_SECONDS = 60
TRY_SECONDS = 60


def _forum() -> Forum:
    return cast(Forum, g.forum)


def _asked(schedule_id: int, question: Question, *, seconds: int) -> Run:
    schedule = db.session.get_one(Schedule, schedule_id)
    return asking.ask(schedule, question, seconds=seconds, by=current_viewer().user_id)


# Remedies


@blueprint.get("/schedules/<int:schedule_id>/unplaced/<int:meeting_id>")
def remedies(forum_slug: str, schedule_id: int, meeting_id: int) -> Page:
    """Why has this meeting no place, and what would give it one?"""
    schedule, names = db.session.get_one(Schedule, schedule_id), Names(_forum())
    why = next(
        (row.sentence for row in overview.unplaced_of(schedule, names) if row.meeting_id == meeting_id), None
    )
    if why is None:
        abort(404)
    found = asking.newest(schedule_id, RunKind.REMEDIES, meeting_id=meeting_id)
    answer = (found[1].answer or {}) if found else {}
    return render_template(
        "scheduling/remedies.html",
        schedule=schedule,
        meeting_id=meeting_id,
        title=names.meeting(meeting_id),
        why=why,
        run=found[0] if found else None,
        told=words.trouble_sentence(found[0]) if found else "",
        answered=found is not None and found[0].state == RunState.FINISHED,
        stale=bool(answer) and answer.get("about") != asking.state_of(schedule),
        remedies=remedies_in(answer, names),
    )


@blueprint.post("/schedules/<int:schedule_id>/unplaced/<int:meeting_id>/ask")
def ask_remedies(forum_slug: str, schedule_id: int, meeting_id: int) -> Page:
    _asked(schedule_id, Question(kind=RunKind.REMEDIES, meeting_id=meeting_id), seconds=REMEDY_SECONDS)
    return redirect(
        url_for("scheduling.remedies", forum_slug=forum_slug, schedule_id=schedule_id, meeting_id=meeting_id),
        303,
    )


@blueprint.post("/schedules/<int:schedule_id>/unplaced/<int:meeting_id>/try")
def try_remedy(forum_slug: str, schedule_id: int, meeting_id: int) -> Page:
    """A copy of the problem with this remedy, solved anew."""
    question = Question(
        kind=RunKind.TRY,
        meeting_id=meeting_id,
        change=request.form.get("change", "")[:20],
        subject=request.form.get("subject", "")[:80],
        slot_id=request.form.get("slot", 0, type=int) or None,
    )
    run = _asked(schedule_id, question, seconds=TRY_SECONDS)
    return redirect(url_for("scheduling.what_if", forum_slug=forum_slug, run_id=run.id), 303)


@blueprint.get("/what-if/<int:run_id>")
def what_if(forum_slug: str, run_id: int) -> Page:
    """What would this change bring?"""
    return render_template("scheduling/what_if.html", **_what_if(run_id))


@blueprint.get("/what-if/<int:run_id>/live")
def what_if_live(forum_slug: str, run_id: int) -> Response:
    """The changing part of any question's page; the header X-Live says when there is nothing more."""
    run = db.session.get_one(Run, run_id)
    answer = make_response(render_template("scheduling/_what_if_state.html", **_state(run)))
    if run.state in progress.ENDED:
        answer.headers["X-Live"] = "done"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _state(run: Run) -> dict[str, Any]:
    put = db.session.get_one(WhatIf, run.id, populate_existing=True)
    answer = put.answer or {}
    total = answer.get("total")
    return {
        "run": run,
        "share": len(answer["worth"]) / total if total else None,
        "told": words.trouble_sentence(run),
    }


def _what_if(run_id: int) -> dict[str, Any]:
    run = db.session.get_one(Run, run_id)
    put = db.session.get(WhatIf, run_id)
    if put is None or put.meeting_id is None or run.kind != RunKind.TRY:
        abort(404)
    names, answer = Names(_forum()), put.answer or {}
    tried = {"change": put.change, "subject": put.subject, "slot": f"{Kind.SLOT}{put.slot_id}", "table": "x"}
    remedy = next(iter(remedies_in({"remedies": [tried]}, names)), None) if put.slot_id else None
    return {
        **_state(run),
        "schedule": db.session.get_one(Schedule, put.schedule_id),
        "meeting_id": put.meeting_id,
        "title": names.meeting(put.meeting_id),
        "sentence": remedy.sentence if remedy else "",
        "remedy": remedy,
        "ended": run.state in progress.ENDED,
        "answer": answer if run.state == RunState.FINISHED else {},
        "goals": [(GOALS[GoalName(goal["name"])], goal) for goal in answer.get("goals", ())],
        "gained": [names.meeting(each) for each in answer.get("gained", ())],
        "lost": [names.meeting(each) for each in answer.get("lost", ())],
    }


# Bottlenecks


@blueprint.get("/schedules/<int:schedule_id>/worth")
def worth(forum_slug: str, schedule_id: int) -> Page:
    """What would one more table, slot, delegate or interpreter bring?"""
    return _worth_page(schedule_id, WorthForm(formdata=None))


@blueprint.post("/schedules/<int:schedule_id>/worth")
def ask_worth(forum_slug: str, schedule_id: int) -> Page:
    form = WorthForm()
    if not form.validate_on_submit():
        return _worth_page(schedule_id, form), 422
    _asked(schedule_id, Question(kind=RunKind.WORTH), seconds=(form.minutes.data or 1) * 60)
    return redirect(url_for("scheduling.worth", forum_slug=forum_slug, schedule_id=schedule_id), 303)


def _worth_page(schedule_id: int, form: WorthForm) -> str:
    schedule = db.session.get_one(Schedule, schedule_id)
    found = asking.newest(schedule_id, RunKind.WORTH)
    answer = (found[1].answer or {}) if found else {}
    names = Names(_forum())
    rows = [
        (_resource(each, names), each["least"], each["most"], _in_meetings(each["least"], schedule))
        for each in sorted(answer.get("worth", ()), key=lambda each: (-each["least"], -each["most"]))
    ]
    return render_template(
        "scheduling/worth.html",
        schedule=schedule,
        form=form,
        run=found[0] if found else None,
        told=words.trouble_sentence(found[0]) if found else "",
        pending=found is not None and found[0].state not in progress.ENDED,
        stale=bool(answer) and answer.get("about") != asking.state_of(schedule),
        rows=rows,
        missing=(answer.get("total") or 0) - len(rows),
    )


def _in_meetings(value: int, schedule: Schedule) -> int:
    """How many meetings that is, where each counts as much as one that is placed does on average."""
    whole = next((goal["value"] for goal in schedule.goals if goal["name"] == GoalName.VALUE), 0)
    return round(value * schedule.placed_count / whole) if whole else 0


def _resource(row: dict[str, Any], names: Names) -> str:
    """``One more table, Wed 12 May, Morning``"""
    subject = row["subject"]
    kind = kind_of(subject)
    if kind is Kind.BLOCK:
        said = overview.block_label(_forum(), subject)
    elif kind is None:
        said = languages(subject.split("-"))
    else:
        said = names.name(subject)
    return str(WORTHS[Resource(row["resource"])]) % {"what": said}
