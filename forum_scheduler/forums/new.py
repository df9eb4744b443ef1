"""Pages that make a forum: by a few questions, or from a file, which may be a copy of an earlier forum's."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from forum_scheduler.accounts.models import Staff, StaffRole
from forum_scheduler.accounts.users import ensure_user, normal_email
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import transaction
from forum_scheduler.forums import services
from forum_scheduler.forums.copying import next_forum
from forum_scheduler.forums.describing import describe_forum
from forum_scheduler.forums.description import ForumDescription, read_description, write_description
from forum_scheduler.forums.forms import FileForm, LikeForm, NewForumForm
from forum_scheduler.forums.guided import describe
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.views import Page, blueprint

ZONES = (*sorted(zone for zone in available_timezones() if zone.startswith("Europe/")), "UTC")


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """What is the forum, when, where, and who meets whom?"""
    form = NewForumForm()
    if form.validate_on_submit():
        try:
            return _made(describe(form.answers()), form.organiser.data or "")
        except Invalid as error:
            _blame(form, error, fallback="name")
    page = render_template("forums/new.html", form=form, zones=ZONES)
    return (page, 422) if form.errors else page


@blueprint.route("/new/file", methods=["GET", "POST"])
def new_from_file() -> Page:
    """``like``: the slug of a forum whose description is offered, with its new ``name`` and ``first_day``."""
    form = FileForm()
    like = LikeForm(request.args)
    like.like.choices = [(each.slug, each.name) for each in services.list_forums()]
    taken = None
    if form.validate_on_submit():
        try:
            return _made(read_description(form.text.data), form.organiser.data or "")
        except Invalid as error:
            _blame(form, error, fallback="text")
    elif not form.is_submitted() and "like" in request.args and like.validate():
        taken = services.get_forum(like.like.data)
        try:
            wanted = next_forum(describe_forum(taken), name=like.name.data, first_day=like.first_day.data)
            form.text.data = write_description(wanted)
        except Invalid as error:
            like.first_day.errors = [str(error)]
            taken = None
    page = render_template("forums/new_from_file.html", form=form, like=like, taken=taken)
    return (page, 422) if form.errors or like.errors else page


def _blame(form: Any, error: Invalid, *, fallback: str) -> None:
    field = error.field if error.field in form and error.field != "csrf_token" else fallback
    form[field].errors = [str(error)]


def _made(description: ForumDescription, organiser: str) -> Page:
    """Create it; whoever made it organises it, with the organiser who was named."""
    email = normal_email(organiser, field="organiser") if organiser.strip() else None
    with transaction() as session:
        forum = services.create_forum(description)
        users = {current_viewer().user_id}
        if email is not None:
            users.add(ensure_user(email=email, name="").id)
        session.add_all(
            Staff(forum_id=forum.id, user_id=user, role=StaffRole.ORGANISER)
            for user in sorted(each for each in users if each is not None)
        )
        slug = forum.slug
    flash(_("The forum is there. Say next when companies may ask each other."), "success")
    return redirect(url_for("forums.window", forum_slug=slug), 303)


@blueprint.get("/f/<forum_slug>/settings/forum.yaml")
def frame(forum_slug: str) -> FlaskResponse:
    """The forum's description as a file: from it an equal forum can be made."""
    forum: Forum = g.forum
    answer = FlaskResponse(write_description(describe_forum(forum)), mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{forum.slug}.yaml"'
    return answer
