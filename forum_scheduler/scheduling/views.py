"""Pages of the room scheduling: runs, live progress, a schedule's result and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.clock import now
from forum_scheduler.errors import ForumError
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling import capacity as capacities
from forum_scheduler.scheduling import overview, progress, runs, words
from forum_scheduler.scheduling.board.drafts import drafts_of
from forum_scheduler.scheduling.forms import (
    ExtendForm,
    NowForm,
    TonightForm,
    goals_shown,
    goals_typed,
    keeping,
)
from forum_scheduler.scheduling.models import Run, RunState, Schedule
from forum_scheduler.scheduling.planning import NotReady, build
from forum_scheduler.scheduling.promises import promised_schedule_id, was_published
from forum_scheduler.scheduling.solving import result_of
from solver.problem import GoalName
from solver.schedule import Reason

blueprint = Blueprint("scheduling", __name__, url_prefix="/f/<forum_slug>")
Page = str | AnyResponse | tuple[str, int]
LIMITS = frozenset({Reason.LIMIT, Reason.LIMIT_DAY, Reason.LIMIT_ROW, Reason.LIMIT_BREAKS})
TREND = 14  # runs whose results are drawn: two weeks of nights


def _forum() -> Forum:
    return cast(Forum, g.forum)


@blueprint.app_template_filter("clock_of")
def clock_of(seconds: float) -> str:
    """``75`` seconds as ``1:15``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


@blueprint.get("/runs", endpoint="runs")
def all_runs(forum_slug: str) -> Page:
    return _runs_page()


def _runs_page(
    *, now_form: NowForm | None = None, tonight_form: TonightForm | None = None, status: int = 200
) -> Page:
    forum = _forum()
    found, moment = overview.runs_of(forum), now()
    page = render_template(
        "scheduling/runs.html",
        runs=sorted(found, key=lambda each: each[0].state in progress.ENDED),  # what is to come, first
        planned={run.id for run, _made in found if run.state == RunState.QUEUED and run.run_at > moment},
        newest=_newest(found),
        can_keep=_can_keep(forum),
        drafts=drafts_of(forum),
        states=words.STATES,
        told={run.id: words.trouble_sentence(run) for run, _schedule in found},
        trend=[each for each in found if each[1] is not None][:TREND],
        published_id=promised_schedule_id(forum.id),
        nightly=runs.nightly_of(forum.id),
        goals={each: goals_shown(forum, request.form, prefix=each) for each in ("now-", "tonight-")},
        now_form=now_form or NowForm(formdata=None, prefix="now"),
        tonight_form=tonight_form or TonightForm(formdata=None, prefix="tonight"),
    )
    return (page, status) if status != 200 else page


def _newest(found: Sequence[tuple[Run, Schedule | None]]) -> tuple[Run, Schedule | None] | None:
    """The run that is under way, or else the last that made a schedule."""
    return next((each for each in found if each[0].state == RunState.RUNNING or each[1] is not None), None)


def _can_keep(forum: Forum) -> bool:
    """Whether there are published agendas that a run would not keep by itself."""
    return GoalName.PROMISES not in forum.goals and promised_schedule_id(forum.id) is not None


def _goals(form: NowForm | TonightForm, *, prefix: str) -> tuple[str, ...]:
    """What was typed, and that published agendas are kept where that is wished. Raises Invalid."""
    typed = goals_typed(request.form, prefix=prefix)
    return keeping(typed, _forum()) if form.keep.data and _can_keep(_forum()) else typed


@blueprint.post("/runs/now")
def solve_now(forum_slug: str) -> Page:
    form = NowForm(prefix="now")
    if form.validate_on_submit():
        try:
            run = runs.request_run(
                _forum(),
                seconds=(form.minutes.data or 1) * 60,
                by=current_viewer().user_id,
                goals=_goals(form, prefix="now-"),
            )
        except ForumError as error:
            form.form_errors.append(str(error))
        else:
            return redirect(url_for("scheduling.run", forum_slug=forum_slug, run_id=run.id))
    return _runs_page(now_form=form, status=422)


@blueprint.post("/runs/tonight")
def solve_tonight(forum_slug: str) -> Page:
    form = TonightForm(prefix="tonight")
    if form.validate_on_submit() and form.at.data is not None:
        try:
            run = runs.request_run(
                _forum(),
                seconds=(form.minutes.data or 1) * 60,
                run_at=runs.next_time(_forum(), form.at.data),
                repeat_daily=bool(form.repeat.data),
                by=current_viewer().user_id,
                goals=_goals(form, prefix="tonight-"),
            )
        except ForumError as error:
            form.form_errors.append(str(error))
        else:
            starts = format_datetime(
                run.run_at.astimezone(_forum().zone), _("EEE d MMM, HH:mm"), rebase=False
            )
            if run.repeat_daily:
                flash(_("It solves every night from now on, first on %(time)s.", time=starts), "success")
            else:
                flash(_("Planned: it starts on %(time)s.", time=starts), "success")
            return redirect(url_for("scheduling.runs", forum_slug=forum_slug))
    return _runs_page(tonight_form=form, status=422)


@blueprint.post("/runs/nights/stop")
def stop_nights(forum_slug: str) -> Page:
    """No solve every night any more."""
    if runs.stop_nights(_forum().id):
        flash(_("It no longer solves every night."), "success")
    return redirect(url_for("scheduling.runs", forum_slug=forum_slug), 303)


@blueprint.get("/capacity")
def capacity(forum_slug: str) -> Page:
    """How much is wanted, and how much room is there, before anything is solved?"""
    forum = _forum()
    try:
        problem = build(forum).problem
    except NotReady as error:
        problem, missing = None, str(error)
    else:
        missing = ""
    return render_template(
        "scheduling/capacity.html",
        missing=missing,
        blocks=[
            (overview.block_label(forum, each.block), each)
            for each in (capacities.blocks_of(problem) if problem else ())
        ],
        pairs=[
            (words.languages(each.pair), each) for each in (capacities.pairs_of(problem) if problem else ())
        ],
        wanted=capacities.wanted_of(forum),
    )


@blueprint.get("/runs/<int:run_id>")
def run(forum_slug: str, run_id: int) -> Page:
    return render_template("scheduling/run.html", **_run_parts(run_id), more_form=ExtendForm(formdata=None))


@blueprint.get("/runs/<int:run_id>/live")
def run_live(forum_slug: str, run_id: int) -> Response:
    """The changing part of the page; the header X-Live says when there is nothing more to come."""
    parts = _run_parts(run_id)
    answer = make_response(render_template("scheduling/_run.html", **parts))
    if parts["run"].state in progress.ENDED:
        answer.headers["X-Live"] = "done"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _run_parts(run_id: int) -> dict[str, Any]:
    found = db.session.get_one(Run, run_id)
    forum = _forum()
    schedule = result_of(found)
    return {
        "run": found,
        "ended": found.state in progress.ENDED,
        "state": words.STATES[RunState(found.state)],
        "told": words.trouble_sentence(found),
        "planned": found.run_at > now(),
        "ahead": overview.ahead_of(found),
        "progress": progress.progress_of(found, forum),
        "schedule": schedule,
        "verdict": words.verdict(schedule, forum) if schedule is not None else "",
    }


@blueprint.post("/runs/<int:run_id>/extend")
def extend(forum_slug: str, run_id: int) -> Page:
    """More time for a run that waits or works."""
    form = ExtendForm()
    if not form.validate_on_submit():
        return render_template("scheduling/run.html", **_run_parts(run_id), more_form=form), 422
    runs.extend(db.session.get_one(Run, run_id), seconds=(form.more.data or 1) * 60)
    flash(_("It has more time now."), "success")
    return redirect(url_for("scheduling.run", forum_slug=forum_slug, run_id=run_id), 303)


@blueprint.post("/runs/<int:run_id>/stop")
def stop(forum_slug: str, run_id: int) -> Page:
    found = db.session.get_one(Run, run_id)
    waiting = found.state == RunState.QUEUED and found.attempt == 0
    runs.wish_stop(found)
    flash(_("Called off.") if waiting else _("It stops in a moment and keeps the best so far."), "success")
    if waiting:
        return redirect(url_for("scheduling.runs", forum_slug=forum_slug))
    return redirect(url_for("scheduling.run", forum_slug=forum_slug, run_id=run_id))


@blueprint.get("/schedules/<int:schedule_id>")
def schedule(forum_slug: str, schedule_id: int) -> Page:
    forum = _forum()
    found = db.session.get_one(Schedule, schedule_id)
    return render_template(
        "scheduling/schedule.html",
        schedule=found,
        published=promised_schedule_id(forum.id) == found.id,
        was_published=was_published(found.id),
        verdict=words.verdict(found, forum),
        goals=words.goal_words(found.goals),
        coverage=overview.coverage_of(found, forum),
        load=overview.load_of(found, forum),
        breaks=overview.most_breaks(found, forum),
    )


@blueprint.get("/schedules/<int:schedule_id>/unplaced")
def unplaced(forum_slug: str, schedule_id: int) -> Page:
    """Why has each of these meetings no place? ``reason``: those of one kind alone."""
    found = db.session.get_one(Schedule, schedule_id)
    rows = overview.unplaced_of(found, words.Names(_forum()))
    counts = Counter(row.reason for row in rows)
    wanted = request.args.get("reason", "")
    wanted = wanted if wanted in counts else ""
    return render_template(
        "scheduling/unplaced.html",
        schedule=found,
        rows=[row for row in rows if not wanted or row.reason == wanted],
        total=len(rows),
        wanted=wanted,
        of_limits=any(reason in LIMITS for reason in counts),
        kinds=[
            (reason, count, str(words.REASON_KINDS.get(reason, reason)))
            for reason, count in counts.most_common()
        ],
        known=frozenset(Reason),
    )
