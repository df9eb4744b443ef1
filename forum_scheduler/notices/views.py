"""The page behind the bell, what comes by mail, and stopping a kind of mails from the mail itself."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.extensions import csrf
from forum_scheduler.notices import choices as choosing
from forum_scheduler.notices import services
from forum_scheduler.notices.models import MailWay, NoticeKind
from forum_scheduler.paging import Paging

blueprint = Blueprint("notices", __name__)
Page = str | AnyResponse | tuple[str, int]

KINDS = {
    NoticeKind.RECEIVED: _l("Requests for a meeting"),
    NoticeKind.ANSWERED: _l("Answers to your requests"),
    NoticeKind.REMINDER: _l("Reminders of what waits for you"),
    NoticeKind.CLOSING: _l("The request window closes soon"),
    NoticeKind.PUBLISHED: _l("Your agenda is published"),
    NoticeKind.CHANGED: _l("Your agenda changed"),
    NoticeKind.FOUND: _l("New companies that match your saved searches"),
    NoticeKind.COMPANY: _l("Your company"),
}
WAYS = {
    MailWay.AT_ONCE: _l("at once"),
    MailWay.DAILY: _l("once a day"),
    MailWay.NEVER: _l("not by mail"),
}


def _user_id() -> int:
    user_id = current_viewer().user_id
    assert user_id is not None, "the rule of this endpoint lets nobody else in"
    return user_id


@blueprint.get("/notices")
def page() -> Page:
    """What happened since you were here?"""
    total = services.count_of(_user_id())
    paging = Paging.at(request.args.get("page", 1, type=int), size=services.PAGE_SIZE, total=total)
    return render_template(
        "notices/page.html",
        notices=services.notices_of(_user_id(), paging=paging),
        kind_word=lambda kind: KINDS[NoticeKind(kind)],
        page=paging,
    )


@blueprint.get("/notices/<int:number>")
def follow(number: int) -> Page:
    """Go where the notice leads; it counts as read."""
    return redirect(services.read(number, user_id=_user_id()), 303)


@blueprint.post("/notices/read")
def read_all() -> Page:
    """All of them are read."""
    services.read_all(user_id=_user_id())
    return redirect(url_for("notices.page"), 303)


@blueprint.route("/notices/mail", methods=["GET", "POST"])
def choices() -> Page:
    """Which notices come by mail, and when?"""
    email = current_viewer().email
    if request.method == "POST":
        known = {way.value for way in MailWay}
        said = {kind: request.form.get(kind.value, "") for kind in choosing.DEFAULTS}
        choosing.choose(email=email, ways={kind: MailWay(way) for kind, way in said.items() if way in known})
        flash(_("Saved."), "success")
        return redirect(url_for("notices.choices"), 303)
    return render_template(
        "notices/choices.html",
        ways=WAYS,
        rows=[(kind, KINDS[kind], way) for kind, way in choosing.ways_of(email).items()],
    )


@blueprint.route("/notices/stop/<secret>/<kind>", methods=["GET", "POST"])
def stop(secret: str, kind: str) -> Page:
    """GET shows a button, since programs that look links over must not stop anything; POST stops."""
    if kind not in {each.value for each in choosing.DEFAULTS} or not choosing.known_secret(secret):
        abort(404)
    if request.method == "POST":
        choosing.stop(secret, NoticeKind(kind))
    response = Response(
        render_template("notices/stop.html", kind=KINDS[NoticeKind(kind)], stopped=request.method == "POST")
    )
    response.cache_control.no_store = True
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


csrf.exempt(stop)  # mail programs post there by themselves (RFC 8058); all that it can do is stop mails
