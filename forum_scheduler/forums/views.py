"""Pages of the room forums: the list of forums, and a forum's settings.

The first page inside a forum, ``forums.home``, shows all rooms and is therefore in ``home``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db
from forum_scheduler.forums import services
from forum_scheduler.forums.forms import LIMIT_FIELDS, NUMBER_FIELDS, SettingsForm
from forum_scheduler.forums.models import Forum, Slot

blueprint = Blueprint("forums", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/")
def index() -> Page:
    """Which forums are here?"""
    return render_template("forums/index.html", forums=services.list_forums(), spans=spans())


def spans(forum_id: int | None = None) -> Mapping[int, tuple[datetime, datetime]]:
    """Forum -> start of its first and end of its last slot; a forum without slots is not there."""
    query = select(Slot.forum_id, func.min(Slot.starts_at), func.max(Slot.ends_at))
    query = query.where(Slot.live()).group_by(Slot.forum_id)
    if forum_id is not None:
        query = query.where(Slot.forum_id == forum_id)
    return {id_: (first, last) for id_, first, last in db.session.execute(query)}


@blueprint.route("/f/<forum_slug>/settings", methods=["GET", "POST"])
def settings(forum_slug: str) -> Page:
    """How is this forum set up?"""
    forum: Forum = g.forum
    form = SettingsForm(forum)
    if form.validate_on_submit():
        try:
            services.change_settings(forum.id, form.settings(forum))
        except Invalid as error:
            form[error.field if error.field in form else "name"].errors = [str(error)]
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("forums.settings", forum_slug=forum_slug), 303)
    page = render_template(
        "forums/settings.html", form=form, number_fields=NUMBER_FIELDS, limit_fields=LIMIT_FIELDS
    )
    return (page, 422) if form.errors else page
