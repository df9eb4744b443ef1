"""What every page has: language, zone, navigation, state, filters for dates, error pages. Wiring only."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from flask import Flask, g, has_request_context, render_template, request, session, url_for
from flask_babel import format_date, format_time, get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from forum_scheduler import interrupted
from forum_scheduler.accounts.languages import LANGUAGES
from forum_scheduler.accounts.services import local_path
from forum_scheduler.accounts.viewer import Viewer
from forum_scheduler.companies.reading import companies_acted_for
from forum_scheduler.errors import ForumError
from forum_scheduler.extensions import db
from forum_scheduler.forums.texts import page_words
from forum_scheduler.navigation import NavItem, forum_nav, forum_state
from forum_scheduler.notices.services import unread_count
from forum_scheduler.spelling import in_latin, needs_latin, readable

ERROR_PAGES = {400, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503}


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.template_filter("clock")(clock)
    app.template_filter("readable")(readable_name)
    app.template_filter("in_latin")(in_latin)
    app.template_filter("needs_latin")(needs_latin)
    app.template_filter("day")(day)
    app.template_filter("local_iso")(local_iso)
    app.add_template_global(page_words, "page_words")
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(CSRFError, _token_of_another_session)
    app.register_error_handler(ForumError, _forum_error)


def select_locale() -> str:
    """The language: chosen on the page, else of the account, else the browser's best, else English."""
    codes = [code for code, _name in LANGUAGES]
    if not has_request_context():
        return "en"  # commands and the worker; a mail sets its reader's language itself
    chosen = session.get("locale")
    if chosen in codes:
        return str(chosen)
    viewer: Viewer | None = g.get("viewer")
    if viewer is not None and viewer.locale in codes:
        return viewer.locale
    return request.accept_languages.best_match(codes) or "en"


def select_timezone() -> str:
    """The forum's zone, everywhere in its pages."""
    forum = g.get("forum")
    return str(forum.timezone) if forum is not None else "UTC"


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.astimezone(zone) if zone is not None else moment


def clock(moment: datetime, zone: tzinfo | None = None) -> str:
    """09:20, in the forum's zone (or ``zone``)."""
    return str(format_time(_local(moment, zone), "HH:mm", rebase=zone is None))


def day(moment: datetime, zone: tzinfo | None = None) -> str:
    """Wed 12 May, in the forum's zone (or ``zone``) and the reader's language."""
    # Translators: patterns of dates, with the letters of CLDR
    return str(format_date(_local(moment, zone), _("EEE d MMM"), rebase=zone is None))


def readable_name(name: str) -> str:
    """A company's or person's name, in Latin letters too for who reads no others."""
    return readable(name, str(get_locale() or "en"))


def local_iso(moment: datetime) -> str:
    """2027-05-12T09:20, in the forum's zone: as a datetime-local field holds it."""
    forum = g.get("forum")
    return f"{_local(moment, forum.zone if forum is not None else None):%Y-%m-%dT%H:%M}"


def _context() -> dict[str, Any]:
    """Names of docs/design-system.md, for every template; without queries on pages of trouble."""
    viewer: Viewer | None = g.get("viewer")
    forum = g.get("forum")
    whole = viewer is not None and not g.get("failing", False)
    context: dict[str, Any] = {
        "viewer": viewer,
        "forum": forum,
        "locale": str(get_locale() or "en"),
        "languages": LANGUAGES,
        "csp_nonce": g.get("csp_nonce", ""),
        "sign_out_url": url_for("accounts.sign_out"),
    }
    if whole and viewer is not None:
        if forum is not None:
            context["nav"] = forum_nav(viewer, forum)
            context["forum_state"] = forum_state(forum)
            context["acting_for"] = companies_acted_for(viewer.company_ids)
        if viewer.is_authenticated:
            context["account_nav"] = [
                NavItem(label=_("Your profile"), url=url_for("accounts.profile")),
                NavItem(label=_("What comes by mail"), url=url_for("notices.choices")),
                NavItem(label=_("My data"), url=url_for("privacy.mine")),
            ]
            context["unread"] = unread_count(viewer.user_id) if viewer.user_id is not None else 0
        else:
            context["sign_in_url"] = url_for("accounts.sign_in", next=_here())
    return context


def _here() -> str | None:
    """Where to come back to after signing in; None where that makes no sense."""
    if request.method != "GET" or request.blueprint in (None, "accounts", "security"):
        return None
    return local_path(request.full_path.rstrip("?")) or None


def _http_error(error: HTTPException) -> Response | tuple[str, int]:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    return _error_page(error.code, None)


def _token_of_another_session(_error: CSRFError) -> Response | tuple[str, int]:
    """The session has ended, or another began since: with a form to keep, offer it again."""
    if interrupted.has_typed_text():
        return interrupted.page()
    return _error_page(400, _("You have signed in or out since this page was opened."))


def _forum_error(error: ForumError) -> tuple[str, int]:
    # What is hidden from somebody must look exactly like what does not exist: see access.check_access.
    return _error_page(error.status, None if error.status == 404 else str(error))


def _error_page(status: int, message: str | None) -> tuple[str, int]:
    """The page of a status. ``message``: the exact reason, for the reader."""
    g.failing = status >= 500
    if not g.failing:
        db.session.rollback()
    name = status if status in ERROR_PAGES else (500 if status >= 500 else 400)
    page = render_template(
        [f"errors/{name}.html", "errors/400.html"],
        message=message,
        request_id=g.get("request_id") if status >= 500 else None,
    )
    return page, status
