"""The cookie that says who is signed in: set by pages, and by nothing that loads beside them.

Flask sets a lasting session's cookie anew with every answer. An answer that is late then brings back a
session that has ended meanwhile: who signs out while a style sheet is still under way is signed in again.
"""

from __future__ import annotations

from flask import Flask, Response, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from forum_scheduler.clock import now

WITHOUT = {"static", "security.static"}


class _Sessions(SecureCookieSessionInterface):
    """Flask's, but static files neither change a session nor vary by it."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint not in WITHOUT:
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    app.session_interface = _Sessions()
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.before_request(_last_another_while)


def _last_another_while() -> None:
    """Who comes back stays signed in: the cookie's time starts again with the first visit of a day."""
    today = now().date().isoformat()
    if session.permanent and request.endpoint not in WITHOUT and session.get("day") != today:
        session["day"] = today
