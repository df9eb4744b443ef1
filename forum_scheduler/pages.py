"""What every page has: language, zone, navigation, filters for dates, error pages. Wiring only."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from flask import Flask, g, has_request_context, render_template, request, session
from flask_babel import format_date, format_time, get_locale
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from forum_scheduler.errors import ForumError
from forum_scheduler.extensions import db

LANGUAGES: tuple[tuple[str, str], ...] = (("en", "English"), ("uk", "Українська"))


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.template_filter("clock")(clock)
    app.template_filter("day")(day)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(ForumError, _forum_error)


def select_locale() -> str:
    """The language: chosen on the page, else of the account, else the browser's best, else English."""
    codes = [code for code, _ in LANGUAGES]
    if not has_request_context():
        return "en"  # commands and the worker; a mail sets its reader's language itself
    chosen = session.get("locale")
    if chosen in codes:
        return str(chosen)
    if current_user and current_user.is_authenticated and current_user.locale in codes:
        return str(current_user.locale)
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
    return str(format_date(_local(moment, zone), "EEE d MMM", rebase=zone is None))


def _context() -> dict[str, Any]:
    return {
        "viewer": g.get("viewer"),
        "forum": g.get("forum"),
        "locale": str(get_locale() or "en"),
        "languages": LANGUAGES,
        "csp_nonce": g.get("csp_nonce", ""),
    }


def _http_error(error: HTTPException) -> Response | tuple[str, int]:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    return _error_page(error.code, None)


def _forum_error(error: ForumError) -> tuple[str, int]:
    return _error_page(error.status, str(error))


def _error_page(status: int, message: str | None) -> tuple[str, int]:
    db.session.rollback()
    known = {400, 403, 404, 405, 409, 413, 422, 429, 500, 503}
    name = status if status in known else (500 if status >= 500 else 400)
    return render_template([f"errors/{name}.html", "errors/400.html"], message=message), status
