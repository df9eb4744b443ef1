"""Pages of the room forums: the list of forums.

The first page inside a forum, ``forums.home``, shows all rooms and is therefore in ``home``; so are the
settings, which say what a change touches, in ``setup``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.extensions import db
from forum_scheduler.forums import services
from forum_scheduler.forums.models import Slot

blueprint = Blueprint("forums", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def index() -> Page:
    """Which forums are here? Who has signed in where there is only one is led into it."""
    forums = services.list_forums()
    viewer = current_viewer()
    if len(forums) == 1 and viewer.user_id is not None and not viewer.operator:
        return redirect(url_for("forums.home", forum_slug=forums[0].slug))
    return render_template("forums/index.html", forums=forums, spans=spans())


def spans(forum_id: int | None = None) -> Mapping[int, tuple[datetime, datetime]]:
    """Forum -> start of its first and end of its last slot; a forum without slots is not there."""
    query = select(Slot.forum_id, func.min(Slot.starts_at), func.max(Slot.ends_at))
    query = query.where(Slot.live()).group_by(Slot.forum_id)
    if forum_id is not None:
        query = query.where(Slot.forum_id == forum_id)
    return {id_: (first, last) for id_, first, last in db.session.execute(query)}
