"""Settings: the forum, the request window, limits and goals, offers and needs."""

from __future__ import annotations

from flask import request

from forum_scheduler.forums.models import (
    Forum,
)
from forum_scheduler.forums.views import blueprint
from forum_scheduler.scheduling.forms import goals_shown, goals_typed
from forum_scheduler.setup import capabilities as capabilities_
from forum_scheduler.setup import general
from forum_scheduler.setup.forms import (
    LIMIT_FIELDS,
    NUMBER_FIELDS,
    AboutForm,
    LimitsForm,
    Rows,
    WindowForm,
)
from forum_scheduler.setup.saving import Section
from forum_scheduler.setup.web import (
    SPARE,
    Kept,
    Page,
    agreed,
    has_errors,
    id_of,
    on_form,
    posted,
    save_rows,
    saved,
    seen,
    shown,
    this_forum,
)


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


# Offers and needs


@blueprint.route("/f/<forum_slug>/settings/capabilities", methods=["GET", "POST"])
def capabilities(forum_slug: str) -> Page:
    """What can companies say that they offer and need?"""
    forum = this_forum()
    names = ("id", "code", "en", "uk", "under")
    trouble: dict[str, str] = {}
    if request.method == "POST":
        rows = Rows.typed(request.form, names)
        if posted():
            done = save_rows(
                rows, trouble, lambda kept: _save_capabilities(forum, kept), "forums.capabilities"
            )
            if done is not None:
                return done
    else:
        live = capabilities_.capabilities_of(forum.id)
        codes = {row.id: row.code for row in live}
        rows = Rows(names=names, rows=[
            {"id": str(row.id), "code": row.code, "en": row.names.get("en", ""),
             "uk": row.names.get("uk", ""), "under": codes.get(row.parent_id or 0, "")}
            for row in live
        ])  # fmt: skip
    return shown(
        "capabilities", Section.CAPABILITIES, rows=rows, trouble=trouble, spare=SPARE,
        failed=bool(trouble or rows.errors),
    )  # fmt: skip


def _save_capabilities(forum: Forum, kept: Kept) -> None:
    wanted = [
        capabilities_.CapabilityRow(
            id=id_of(row), code=row["code"], en=row["en"], uk=row["uk"], under=row["under"]
        )
        for _index, row in kept
    ]
    capabilities_.change_capabilities(forum.id, wanted, seen=seen(), agreed=agreed())
