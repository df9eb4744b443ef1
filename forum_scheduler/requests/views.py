"""Pages of the room requests: availability, and the organiser's list.

The others stand beside: ``ask_views``, ``answer_views``, and the directory in ``finding_views``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.clock import now
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.window import Window, window_at
from forum_scheduler.paging import Paging
from forum_scheduler.requests import reading, reminding, wording
from forum_scheduler.requests.models import Priority, RequestState
from forum_scheduler.requests.wording import PRIORITIES, STATES

blueprint = Blueprint("requests", __name__, url_prefix="/f/<forum_slug>")
Page = str | Response | tuple[str, int]


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """Words for states, priorities and companies, for every page that shows a request."""
    return {
        "request_state": lambda state: STATES[RequestState(state)],
        "priority_word": lambda priority: PRIORITIES[Priority(priority)],
        "decline_words": wording.decline_words,
        "offered_and_needed": wording.offered_and_needed,
        "particulars": lambda each, company_id: wording.particulars(
            each, company_id, people=[one.delegate for one in each.wished], forum=_forum()
        ),
    }


def _forum() -> Forum:
    return cast(Forum, g.forum)


@blueprint.get("/organise/requests")
def overview(forum_slug: str) -> Page:
    """All requests of the forum, for the organiser."""
    state = request.args.get("state")
    known = state if state in {each.value for each in RequestState} else None
    side_id = current_viewer().delegation_id
    counts = reading.counts_by_state(_forum().id, side_id=side_id)
    total = counts[known] if known else sum(counts.values())
    paging = Paging.at(request.args.get("page", 1, type=int), size=reading.PAGE_SIZE, total=total)
    return render_template(
        "requests/overview.html",
        requests=reading.of_forum(_forum().id, state=known, paging=paging, side_id=side_id),
        state_tabs=_state_tabs(forum_slug, counts, known),
        quiet=reminding.quiet_companies(_forum(), side_id=side_id),
        may_remind=current_viewer().is_organiser and window_at(_forum(), now()) is Window.OPEN,
        page=paging,
    )


@blueprint.post("/organise/requests/remind")
def remind(forum_slug: str) -> Page:
    """Remind all companies that have not answered, or not asked anybody."""
    sent = reminding.remind(_forum())
    flash(
        ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", sent)
        if sent
        else _("Everybody was reminded today already."),
        "success",
    )
    return redirect(url_for(".overview", forum_slug=forum_slug))


def _state_tabs(forum_slug: str, counts: Mapping[str, int], chosen: str | None) -> list[dict[str, object]]:
    every = {
        "label": _("All"),
        "url": url_for(".overview", forum_slug=forum_slug),
        "current": chosen is None,
        "count": sum(counts.values()),
    }
    return [
        every,
        *(
            {
                "label": STATES[state][0],
                "url": url_for(".overview", forum_slug=forum_slug, state=state.value),
                "current": chosen == state.value,
                "count": counts[state.value],
            }
            for state in RequestState
        ),
    ]
