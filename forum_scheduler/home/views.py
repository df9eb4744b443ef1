"""The page ``forums.home``; it stands on the blueprint of ``forums``, and is registered with it."""

from __future__ import annotations

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from forum_scheduler.accounts.models import StaffRole
from forum_scheduler.accounts.viewer import Viewer, current_viewer
from forum_scheduler.clock import now
from forum_scheduler.forums.describing import sides_of
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.views import blueprint, spans
from forum_scheduler.forums.window import window_at
from forum_scheduler.home.delegation import delegation_of
from forum_scheduler.home.stages import overview_of
from forum_scheduler.home.todo import homes_of
from forum_scheduler.paging import Paging
from forum_scheduler.publishing.meetings import meeting_rows

Page = str | Response
MEETINGS = 50  # on one page


@blueprint.get("/f/<forum_slug>/")
def home(forum_slug: str) -> Page:
    """What needs me today? Who has several roles sees the one with most to do."""
    forum: Forum = g.forum
    viewer = current_viewer()
    if viewer.is_organiser:
        return render_template("home/organiser.html", overview=overview_of(forum))
    first = _first_page(viewer)
    if first is not None:
        return redirect(url_for(first, forum_slug=forum_slug))
    if viewer.company_ids:
        return render_template("home/representative.html", homes=homes_of(forum, viewer.company_ids))
    return _about(forum, viewer)


def _first_page(viewer: Viewer) -> str | None:
    """The endpoint that answers best who neither organises nor, first of all, represents a company."""
    if viewer.delegation_id is not None:
        return "forums.delegation"
    if StaffRole.DESK in viewer.roles:
        return "agendas.desk"
    if viewer.company_ids:
        return None
    if viewer.delegate_ids or viewer.interpreter_ids:
        return "agendas.mine"
    return "requests.overview" if StaffRole.READER in viewer.roles else None


@blueprint.get("/f/<forum_slug>/delegation")
def delegation(forum_slug: str) -> Page:
    """How far is my delegation, and whom does it meet? The organiser chooses one."""
    forum: Forum = g.forum
    sides = {side.id: side.name for side in sides_of(forum.id)}
    limited = current_viewer().delegation_id
    side_id = limited or request.args.get("side", type=int)
    if side_id not in sides:
        side_id = next(iter(sides))
    found = delegation_of(forum, side_id)
    wanted = request.args.get("q", "").strip()
    rows = meeting_rows(found.entries, forum, search=wanted)
    paging = Paging.at(request.args.get("page", 1, type=int), size=MEETINGS, total=len(rows))
    return render_template(
        "home/delegation.html",
        wanted=wanted,
        meetings=paging.of(rows[paging.start : paging.start + paging.size]),
        side_id=side_id,
        side=sides[side_id],
        sides=[] if limited else list(sides.items()),
        delegation=found,
    )


def _about(forum: Forum, viewer: Viewer) -> Page:
    """What is this forum, and may I join?"""
    return render_template(
        "home/about.html",
        span=spans(forum.id).get(forum.id),
        window=window_at(forum, now()),
        staff=viewer.is_staff,
    )
