"""Settings: the forum, the request window, limits and goals."""

from __future__ import annotations

from flask import request

from forum_scheduler.forums.views import blueprint
from forum_scheduler.scheduling.forms import goals_shown, goals_typed
from forum_scheduler.setup import general
from forum_scheduler.setup.forms import (
    LIMIT_FIELDS,
    NUMBER_FIELDS,
    AboutForm,
    LimitsForm,
    WindowForm,
)
from forum_scheduler.setup.saving import Section
from forum_scheduler.setup.web import Page, has_errors, on_form, saved, seen, shown, this_forum


@blueprint.route("/f/<forum_slug>/settings", methods=["GET", "POST"])
def settings(forum_slug: str) -> Page:
    """What is this forum?"""
    forum = this_forum()
    form = AboutForm(forum)
    done = on_form(
        form,
        lambda: general.change_about(forum.id, form.wanted(forum), seen=seen()),
        lambda: saved("forums.settings"),
    )
    return done or shown("settings", Section.FORUM, form=form, failed=has_errors(form))


@blueprint.route("/f/<forum_slug>/settings/requests", methods=["GET", "POST"])
def window(forum_slug: str) -> Page:
    """When may companies ask, and how much?"""
    forum = this_forum()
    form = WindowForm(forum)
    done = on_form(
        form,
        lambda: general.change_window(forum.id, form.wanted(), seen=seen()),
        lambda: saved("forums.window"),
    )
    return done or shown(
        "window", Section.REQUESTS, form=form, number_fields=NUMBER_FIELDS, failed=has_errors(form)
    )


@blueprint.route("/f/<forum_slug>/settings/schedules", methods=["GET", "POST"])
def limits(forum_slug: str) -> Page:
    """What must a schedule keep to, and what counts first?"""
    forum = this_forum()
    form = LimitsForm(obj=forum)
    done = on_form(
        form,
        lambda: general.change_limits(forum.id, form.wanted(goals_typed(request.form)), seen=seen()),
        lambda: saved("forums.limits"),
    )
    return done or shown(
        "limits",
        Section.SCHEDULES,
        form=form,
        limit_fields=LIMIT_FIELDS,
        goals=goals_shown(forum, request.form),
        failed=has_errors(form),
    )
