"""What the pages of a forum's settings share: the list of sections beside each, and how rows are saved.

They stand on the blueprint of ``forums``, and are registered with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum_scheduler.errors import ForumError, Invalid
from forum_scheduler.forums.models import (
    Forum,
)
from forum_scheduler.forums.views import blueprint
from forum_scheduler.setup.forms import (
    Rows,
)
from forum_scheduler.setup.saving import Asks, Section, state_of

Page = str | Response | tuple[str, int]
SPARE = 3  # empty rows to fill in; after saving there are new ones
SECTIONS: tuple[tuple[str, object], ...] = (
    ("forums.settings", _l("The forum")),
    ("forums.days", _l("Days and times")),
    ("forums.zones", _l("Zones")),
    ("forums.tables", _l("Tables")),
    ("forums.interpreters", _l("Interpreters")),
    ("forums.programme", _l("Programme")),
    ("forums.sides", _l("Who asks whom")),
    ("forums.window", _l("Requests")),
    ("forums.limits", _l("Schedules")),
    ("forums.capabilities", _l("Offers and needs")),
    ("forums.texts", _l("Texts")),
    ("forums.people", _l("People and roles")),
)
PARTS = {
    "forums.capability_list": "forums.capabilities",
    "forums.text": "forums.texts",
    "forums.table": "forums.tables",
    "forums.roster": "forums.interpreters",
    "forums.edit_programme": "forums.programme",
}


def sections(forum: Forum) -> list[dict[str, object]]:
    """The list beside each section."""
    here = PARTS.get(request.endpoint or "", request.endpoint)
    return [
        {
            "label": label,
            "url": url_for(endpoint, forum_slug=forum.slug),
            "current": endpoint == here,
        }
        for endpoint, label in SECTIONS
    ]


@blueprint.context_processor
def _beside_each_section() -> dict[str, object]:
    """The list also stands beside sections whose pages are not made in this room."""
    forum = g.get("forum")
    return {} if forum is None else {"sections": sections(forum)}


def this_forum() -> Forum:
    return cast(Forum, g.forum)


def shown(template: str, section: Section, *, failed: bool = False, **values: Any) -> Page:
    """A section's page, with what it holds now as ``seen``, so that a second save is a decision."""
    forum = this_forum()
    page = render_template(f"forums/{template}.html", seen=state_of(forum, section), **values)
    return (page, 422) if failed else page


def saved(endpoint: str, **values: Any) -> Response:
    flash(_("Saved."), "success")
    return redirect(url_for(endpoint, forum_slug=this_forum().slug, **values), 303)


def seen() -> str:
    return request.form.get("seen", "")


def agreed() -> str:
    return request.form.get("agreed", "")


def asked(asks: Asks) -> Page:
    """What the change touches, with everything typed, to go on or to go back."""
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "agreed", "back")
    ]
    return render_template("forums/touches.html", sections=sections(this_forum()), asks=asks, typed=typed)


def posted() -> bool:
    """Whether something is to be saved: not on the way back from the page of what is touched."""
    return request.method == "POST" and "back" not in request.form


def on_form(form: Any, save: Callable[[], None], done: Callable[[], Response]) -> Page | None:
    """Save a form; None where the page is to be shown again, with its errors."""
    if "back" in request.form or not form.validate_on_submit():
        return None
    try:
        save()
    except Asks as asks:
        return asked(asks)
    except ForumError as error:
        name = error.field if isinstance(error, Invalid) and error.field in form else None
        if name:
            form[name].errors = [str(error)]
        else:
            form.form_errors.append(str(error))
        return None
    return done()


def has_errors(form: Any) -> bool:
    return bool(form.errors or form.form_errors)


Kept = Sequence[tuple[int, dict[str, str]]]


def save_rows(
    rows: Rows,
    trouble: dict[str, str],
    save: Callable[[Kept], None],
    endpoint: str,
    *more: Rows,
    blank: Sequence[str] = ("id",),
) -> Page | None:
    """Save rows of fields; None where the page is to be shown again with ``trouble`` and errors in rows."""
    kept = rows.kept(blank=blank)
    try:
        save(kept)
    except Asks as asks:
        return asked(asks)
    except ForumError as error:
        blamed = isinstance(error, Invalid) and (
            rows.blame(error, kept) or any(each.blame(error, each.kept()) for each in more)
        )
        if not blamed:
            field = (error.field if isinstance(error, Invalid) else None) or "rows"
            trouble[field] = str(error).removeprefix(f"{field}: ")
        return None
    return saved(endpoint)


def id_of(row: dict[str, str]) -> int | None:
    return int(row["id"]) if row["id"].isdecimal() else None
