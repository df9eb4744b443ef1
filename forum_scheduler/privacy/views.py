"""My data: what is known of me, as a page and as a file, my consent, and deleting all of it."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import logout_user
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.accounts import consent
from forum_scheduler.accounts.models import User
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.errors import ForumError
from forum_scheduler.extensions import db
from forum_scheduler.privacy.collecting import data_of
from forum_scheduler.privacy.erasing import erase, preview, sentences
from forum_scheduler.privacy.showing import readable, zone_of
from forum_scheduler.privacy.words import WORDS

blueprint = Blueprint("privacy", __name__, url_prefix="/my-data")
Page = str | AnyResponse | tuple[str, int]


def _user_id() -> int:
    user_id = current_viewer().user_id
    assert user_id is not None, "the rule of this endpoint lets nobody else in"
    return user_id


@blueprint.get("")
def mine() -> Page:
    """What is known of me?"""
    zone = zone_of(db.session.get_one(User, _user_id()))
    return render_template(
        "privacy/mine.html",
        data=readable(data_of(_user_id()), zone=zone),
        zone=zone,
        consents=consent.consents_of(_user_id()),
        words=WORDS,
    )


@blueprint.get("/my-data.json")
def download() -> Response:
    """The same as a file."""
    text = json.dumps(data_of(_user_id()), ensure_ascii=False, indent=2)
    answer = Response(text + "\n", mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    answer.cache_control.no_store = True
    return answer


@blueprint.post("/consents/<int:number>")
def withdraw_consent(number: int) -> Page:
    """Take a consent back; deleting everything is the next step, and one's own to take."""
    consent.withdraw(number, user_id=_user_id())
    flash(_("Your consent is taken back. To have your data deleted too, go on below."), "success")
    return redirect(url_for("privacy.mine"), 303)


@blueprint.route("/delete", methods=["GET", "POST"])
def delete() -> Page:
    """What would deleting me do? Then do it."""
    status = 200
    if request.method == "POST":
        try:
            erase(_user_id(), typed=request.form.get("email", ""))
        except ForumError as error:
            status = error.status
            flash(str(error), "error")
        else:
            locale = session.get("locale")
            logout_user()
            session.clear()
            if locale:
                session["locale"] = locale
            return redirect(url_for("privacy.gone"), 303)
    plan = preview(_user_id())
    page = render_template(
        "privacy/delete.html",
        plan=plan,
        effects=[(effect, sentences(effect)) for effect in plan.effects],
    )
    return page, status


@blueprint.get("/gone")
def gone() -> Page:
    """It is done."""
    return render_template("privacy/gone.html")
