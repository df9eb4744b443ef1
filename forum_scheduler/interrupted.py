"""A form that was sent after its session had ended: nothing that was typed is lost.

Forms with ``keep`` (see templates/_macros/forms.html) say so in a hidden field. What they sent comes back as
a page with everything in it: one signs in beside it, then sends it from there. Nothing is stored meanwhile.

On a poor line a form can get lost on its way. The browser therefore keeps what was typed (``keep.js``) until
a cookie of the answer says that it has arrived.
"""

from __future__ import annotations

import re

from flask import Flask, Response, current_app, render_template, request, url_for
from flask_login import current_user

MARK = "keep"  # the hidden field of such forms
ARRIVED = "arrived"  # the cookie that names the form
KEY = re.compile(r"[\w-]{1,60}", re.ASCII)
SHOWN = 12  # characters from which on a value is worth showing


def init_app(app: Flask) -> None:
    app.after_request(_say_arrived)


def has_typed_text() -> bool:
    """Whether the request brings a form whose text must not be lost."""
    return request.method == "POST" and MARK in request.form


def page() -> Response:
    """What was sent, to be sent again."""
    fields = [
        (name, value)
        for name, values in request.form.lists()
        for value in values
        if name != "csrf_token"
    ]  # fmt: skip
    html = render_template(
        "errors/interrupted.html",
        action=request.full_path.rstrip("?"),
        fields=fields,
        typed=[
            value for name, value in fields if len(value) >= SHOWN and not value.isdecimal() and name != MARK
        ],
        again=current_user.is_authenticated,
        sign_in=url_for("accounts.sign_in"),
        files=bool(request.files),
    )
    return Response(html, status=401, headers={"Cache-Control": "no-store"})


def _say_arrived(response: Response) -> Response:
    """Let the browser forget what it kept of a form, once that is stored."""
    if response.status_code < 400 and has_typed_text():
        key = request.form[MARK]
        if KEY.fullmatch(key):
            secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
            response.set_cookie(ARRIVED, key, max_age=600, secure=secure, samesite="Lax")
    return response
