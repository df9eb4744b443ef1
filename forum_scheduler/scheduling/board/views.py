"""Pages and answers of the board. Everything works by plain forms; scripts get the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.errors import ForumError, Invalid, NotFound
from forum_scheduler.extensions import db
from forum_scheduler.forums.models import Forum
from forum_scheduler.scheduling import runs
from forum_scheduler.scheduling.board import services
from forum_scheduler.scheduling.board.choosing import Choices, choices_of
from forum_scheduler.scheduling.board.copying import start
from forum_scheduler.scheduling.board.fitting import fits
from forum_scheduler.scheduling.board.page import grid_of, source_places
from forum_scheduler.scheduling.board.position import Position, position_of
from forum_scheduler.scheduling.board.steps import Action, Breaks, Command, places_after, pushed_out
from forum_scheduler.scheduling.board.words import (
    Card,
    broken_sentences,
    card_of,
    names_lately,
    obstacle_sentences,
    own_step_sentence,
    step_sentence,
)
from forum_scheduler.scheduling.forms import keeping
from forum_scheduler.scheduling.ids import Kind, row_id, solver_id
from forum_scheduler.scheduling.models import Schedule
from forum_scheduler.scheduling.promises import promised_schedule_id
from forum_scheduler.scheduling.storing import occupied_slots
from forum_scheduler.scheduling.views import blueprint
from forum_scheduler.scheduling.words import Names
from solver.problem import Meeting

Page = str | AnyResponse | tuple[str, int] | tuple[AnyResponse, int]
SOLVE_SECONDS = 60
MOST_TOLD = 3  # steps of others, one by one; of more only the number


def _forum() -> Forum:
    return cast(Forum, g.forum)


def _open(schedule_id: int) -> tuple[Schedule, Position, int, bool]:
    """The schedule, what stands on it, its revision, and whether it may be adjusted."""
    schedule = db.session.get_one(Schedule, schedule_id)
    board = services.board_of(schedule_id)
    revision = board.revision if board is not None else 0
    return schedule, position_of(schedule, revision), revision, services.is_open(schedule, board)


def _meeting(position: Position, meeting_id: int) -> Meeting:
    found = position.meeting(solver_id(Kind.MEETING, meeting_id))
    if found is None:
        raise NotFound(_("This meeting is not on the board."))
    return found


@blueprint.get("/schedules/<int:schedule_id>/board")
def board(forum_slug: str, schedule_id: int) -> Page:
    """``day`` and ``zone`` choose what is shown, ``q`` marks cards with these words."""
    schedule, position, revision, is_open = _open(schedule_id)
    by = current_viewer().user_id
    names = Names(_forum())
    grid = grid_of(
        schedule,
        _forum(),
        position,
        names,
        day=request.args.get("day", ""),
        zone=request.args.get("zone", None, type=int),
    )
    return render_template(
        "scheduling/board.html",
        schedule=schedule,
        grid=grid,
        wanted=request.args.get("q", "").strip().casefold(),
        revision=revision,
        is_open=is_open,
        can_undo=is_open and services.can_undo(schedule_id, by),
        can_redo=is_open and services.can_redo(schedule_id, by),
        here=_filters(),
    )


def _filters() -> dict[str, str]:
    """The filters of the page, to come back to it."""
    return {name: value for name in ("day", "zone", "q") if (value := request.values.get(name))}


@blueprint.post("/schedules/<int:schedule_id>/board/start")
def board_start(forum_slug: str, schedule_id: int) -> Page:
    """A draft of this schedule, of the forum as it is now."""
    copy = start(db.session.get_one(Schedule, schedule_id), by=current_viewer().user_id)
    flash(_("Schedule %(number)s is a draft that you can adjust.", number=copy.schedule.number), "success")
    if copy.taken_out:
        flash(
            ngettext(
                "%(num)s meeting does not fit the forum as it is now, and waits in the tray: %(names)s",
                "%(num)s meetings do not fit the forum as it is now, and wait in the tray: %(names)s",
                len(copy.taken_out),
                names=Names(_forum()).listed(copy.taken_out),
            ),
            "warning",
        )
    return redirect(url_for("scheduling.board", forum_slug=forum_slug, schedule_id=copy.schedule.id))


@blueprint.post("/schedules/<int:schedule_id>/unplaced/<int:meeting_id>/place")
def place(forum_slug: str, schedule_id: int, meeting_id: int) -> Page:
    """Put it where it fits: on this draft, or on a new one of this schedule."""
    schedule, by = db.session.get_one(Schedule, schedule_id), current_viewer().user_id
    present = services.board_of(schedule_id)
    if not services.is_open(schedule, present):
        schedule = start(schedule, by=by).schedule
        present = services.board_of(schedule.id)
    command = Command(
        action=Action.MOVE,
        meeting=solver_id(Kind.MEETING, meeting_id),
        slot=solver_id(Kind.SLOT, request.form.get("slot", 0, type=int)),
        table=solver_id(Kind.TABLE, request.form.get("table", 0, type=int)),
    )
    draft_id = schedule.id
    services.apply(schedule, command, seen=present.revision if present is not None else 0, by=by)
    flash(_("The meeting has a place on this draft."), "success")
    return redirect(url_for("scheduling.board", forum_slug=forum_slug, schedule_id=draft_id, day="all"))


@blueprint.post("/schedules/<int:schedule_id>/board/solve")
def board_solve(forum_slug: str, schedule_id: int) -> Page:
    """Solve the rest around the locks, which are the meetings' own, and around what is published."""
    forum = _forum()
    goals = () if promised_schedule_id(forum.id) is None else keeping((), forum)
    run = runs.request_run(forum, seconds=SOLVE_SECONDS, by=current_viewer().user_id, goals=goals)
    return redirect(url_for("scheduling.run", forum_slug=forum_slug, run_id=run.id))


@blueprint.get("/schedules/<int:schedule_id>/board/meetings/<int:meeting_id>")
def board_meeting(forum_slug: str, schedule_id: int, meeting_id: int) -> Page:
    """One meeting: where it is, where it fits, what stands against the rest, and every step as a form."""
    return _meeting_page(schedule_id, meeting_id)


def _meeting_page(
    schedule_id: int,
    meeting_id: int,
    *,
    trouble: tuple[str, list[str]] | None = None,
    pushes: Sequence[str] = (),
    status: int = 200,
) -> Page:
    schedule, position, revision, is_open = _open(schedule_id)
    meeting, names = _meeting(position, meeting_id), Names(_forum())
    choices: Choices = choices_of(position, meeting, names, slot=request.values.get("slot", 0, type=int))
    page = render_template(
        "scheduling/board_meeting.html",
        schedule=schedule,
        card=card_of(position, meeting, names, before=source_places(schedule)),
        choices=choices,
        revision=revision,
        is_open=is_open,
        trouble=trouble,
        pushes=pushes,
        here=_filters(),
    )
    return (page, status) if status != 200 else page


@blueprint.get("/schedules/<int:schedule_id>/board/meetings/<int:meeting_id>/fits")
def board_fits(forum_slug: str, schedule_id: int, meeting_id: int) -> Page:
    """Where the meeting fits; with ``slot`` and ``table`` what exactly would come of dropping it there."""
    _schedule, position, revision, _is_open = _open(schedule_id)
    meeting, names = _meeting(position, meeting_id), names_lately(_forum())
    slot, table = request.args.get("slot", type=int), request.args.get("table", type=int)
    if slot is not None and table is not None:
        other = request.args.get("other", type=int)
        return jsonify(_tried(position, meeting, names, slot=slot, table=table, other=other))
    found = fits(position, meeting)
    pairs = found.closed if meeting.length == 1 else found.closed | found.taken
    return jsonify(
        revision=revision,
        slots={row_id(slot): text for slot, text in obstacle_sentences(found, names).items()},
        tables=[row_id(table.id) for table in position.problem.tables if table.id not in found.tables],
        closed=[f"{row_id(slot)}-{row_id(table)}" for slot, table in sorted(pairs)],
        far=[f"{row_id(slot)}-{row_id(zone)}" for slot, zone in sorted(found.far)],
    )


def _tried(
    position: Position, meeting: Meeting, names: Names, *, slot: int, table: int, other: int | None
) -> dict[str, Any]:
    command = Command(
        action=Action.SWAP if other else Action.MOVE,
        meeting=meeting.id,
        slot=solver_id(Kind.SLOT, slot),
        table=solver_id(Kind.TABLE, table),
        other=solver_id(Kind.MEETING, other) if other else "",
    )
    try:
        places_after(position, command)
    except Breaks as error:
        return {"fits": False, "why": broken_sentences(error.violations, names)}
    except Invalid as error:
        return {"fits": False, "why": [str(error)]}
    return {"fits": True, "why": []}


@blueprint.post("/schedules/<int:schedule_id>/board/edit")
def board_edit(forum_slug: str, schedule_id: int) -> Page:
    """One step. ``seen`` is the revision that the organiser looks at."""
    schedule = db.session.get_one(Schedule, schedule_id)
    seen = request.form.get("seen", 0, type=int)
    try:
        step = _do(schedule, seen)
    except ForumError as error:
        return _refused(schedule_id, error)
    if _as_json():
        return jsonify(_news(schedule_id, seen))
    meetings = [str(each["meeting"]) for each in step.changes]
    told = own_step_sentence(step.action, meetings, names_lately(_forum()))
    flash(told if meetings else _("Nothing changed."), "success")
    return redirect(
        url_for("scheduling.board", forum_slug=forum_slug, schedule_id=schedule_id, **_filters())  # type: ignore[arg-type]  # its options share the keywords
    )


def _do(schedule: Schedule, seen: int) -> services.Step:
    form, by = request.form, current_viewer().user_id
    action = form.get("action", "")
    if action == Action.UNDO:
        return services.undo(schedule, by=by)
    if action == Action.REDO:
        return services.redo(schedule, by=by)
    if action not in set(Action):
        raise Invalid(_("There is no such step."))
    return services.apply(schedule, _command(Action(action)), seen=seen, by=by)


def _command(action: Action) -> Command:
    def given(name: str, kind: Kind) -> str:
        value = request.form.get(name, type=int)
        return solver_id(kind, value) if value else ""

    return Command(
        action=action,
        meeting=given("meeting", Kind.MEETING),
        slot=given("slot", Kind.SLOT),
        table=given("table", Kind.TABLE),
        other=given("other", Kind.MEETING),
        people=tuple(solver_id(Kind.DELEGATE, id_) for id_ in request.form.getlist("person", type=int)),
        interpreter=given("interpreter", Kind.INTERPRETER) or None,
    )


def _as_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _refused(schedule_id: int, error: ForumError) -> Page:
    db.session.rollback()
    names = Names(_forum())
    why = broken_sentences(error.violations, names) if isinstance(error, Breaks) else []
    pushes = _pushes(schedule_id, names) if isinstance(error, Breaks) else []
    if _as_json():
        return jsonify(message=str(error), why=why, pushes=pushes), error.status
    meeting_id = request.form.get("meeting", 0, type=int)
    if not meeting_id:
        raise error
    return _meeting_page(
        schedule_id, meeting_id, trouble=(str(error), why), pushes=pushes, status=error.status
    )


def _pushes(schedule_id: int, names: Names) -> list[str]:
    """The meetings that would have to go for the step that was refused; none where that would not help."""
    if request.form.get("action") not in (Action.MOVE, Action.SWAP):
        return []
    _schedule, position, _revision, _is_open = _open(schedule_id)
    try:
        command = _command(Action.PUSH)
        out = pushed_out(places_after(position, command), command.meeting)
    except ForumError:
        return []
    return [names.name(each) for each in out]


@blueprint.get("/schedules/<int:schedule_id>/board/changes")
def board_changes(forum_slug: str, schedule_id: int) -> Page:
    """What happened after the revision ``since``: the cards as they are now, and who did what."""
    return jsonify(_news(schedule_id, request.args.get("since", 0, type=int)))


def _news(schedule_id: int, since: int) -> dict[str, Any]:
    by = current_viewer().user_id
    steps = services.steps_since(schedule_id, since)
    if not steps:
        return {"revision": since, "cards": [], "told": []}
    schedule, position, revision, is_open = _open(schedule_id)
    names = Names(_forum())
    changed = dict.fromkeys(change["meeting"] for step in steps for change in step.changes)
    before = source_places(schedule)
    cards = [
        card_of(position, meeting, names, before=before)
        for meeting_id in changed
        if (meeting := position.meeting(meeting_id)) is not None
    ]
    return {
        "revision": revision,
        "open": is_open,
        "undo": services.can_undo(schedule_id, by),
        "redo": services.can_redo(schedule_id, by),
        "cards": [_patch(position, card, schedule_id) for card in cards],
        "told": _told(steps, names, by),
    }


def _patch(position: Position, card: Card, schedule_id: int) -> dict[str, Any]:
    id_ = solver_id(Kind.MEETING, card.meeting_id)
    placement = position.placed.get(id_)
    spans = occupied_slots(position.problem, [placement])[id_] if placement is not None else ()
    return {
        "meeting": card.meeting_id,
        "slots": [row_id(slot) for slot in spans],
        "table": card.table_id,
        "html": render_template("scheduling/_board_card.html", card=card, schedule_id=schedule_id),
    }


def _told(steps: Sequence[services.Step], names: Names, by: int | None) -> list[str]:
    """What others did."""
    others = {step.by_id for step in steps} - {by, None}
    query = select(User.id, User.name, User.email).where(User.id.in_(others))
    who: dict[int | None, str] = {}
    if others:
        who = {id_: name or email for id_, name, email in db.session.execute(query)}
    theirs = [step for step in steps if step.by_id != by]
    newest = theirs[-MOST_TOLD:]
    told = [
        step_sentence(step.action, [each["meeting"] for each in step.changes], who.get(step.by_id, ""), names)
        for step in newest
    ]
    earlier = len(theirs) - len(newest)
    if earlier:  # whoever comes back to the window after an hour need not close a message for each step
        told.insert(0, ngettext("%(num)s earlier step of others", "%(num)s earlier steps of others", earlier))
    return told
