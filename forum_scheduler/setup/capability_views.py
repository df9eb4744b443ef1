"""Settings: what companies can offer and need, entry by entry or as one list put in."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from forum_scheduler.errors import ForumError
from forum_scheduler.forums import outline
from forum_scheduler.forums.defence_list import text as defence_list
from forum_scheduler.forums.models import Forum
from forum_scheduler.forums.views import blueprint
from forum_scheduler.setup import capabilities as capabilities_
from forum_scheduler.setup.forms import Rows
from forum_scheduler.setup.saving import Asks, Section
from forum_scheduler.setup.web import (
    SPARE,
    Kept,
    Page,
    agreed,
    has_errors,
    id_of,
    posted,
    save_rows,
    saved,
    seen,
    shown,
    this_forum,
)


class ListForm(FlaskForm):  # type: ignore[misc]  # WTForms ships no types
    """The whole list as text."""

    text = TextAreaField(_l("The list"), validators=[DataRequired()])


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


@blueprint.route("/f/<forum_slug>/settings/capabilities/list", methods=["GET", "POST"])
def capability_list(forum_slug: str) -> Page:
    """What would a whole list, put in as text, change?"""
    form = ListForm(data={"text": _start(this_forum())})
    if posted() and form.validate():
        done = _put_in(form)
        if done is not None:
            return done
    return shown("capability_list", Section.CAPABILITIES, form=form, failed=has_errors(form))


def _start(forum: Forum) -> str:
    if request.args.get("start") == "defence":
        return defence_list()
    return outline.write(capabilities_.capabilities_of(forum.id))


def _put_in(form: Any) -> Page | None:
    """First what would change, then, sent with ``agreed``, the change; None: show the errors."""
    forum = this_forum()
    try:
        entries = outline.read(form.text.data or "")
        if "agreed" in request.form:
            try:
                capabilities_.change_list(forum.id, entries, seen=seen(), agreed=agreed())
                return saved("forums.capabilities")
            except Asks:
                pass  # companies chose or let go since: what it touches is shown anew
        change = capabilities_.preview_list(forum.id, entries)
    except ForumError as error:
        form.text.errors = [str(error)]
        return None
    # As it was when the text was opened: what somebody saved since is not overwritten.
    return shown(
        "capability_change",
        Section.CAPABILITIES,
        change=change,
        text=form.text.data,
        opened=seen(),
    )
