"""Signing in and out, language, profile, the audit log."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from flask_security import auth_required
from flask_security.utils import login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from forum_scheduler.accounts import audit, seeing, services
from forum_scheduler.accounts.audit_names import names_of
from forum_scheduler.accounts.audit_words import deed, thing, told, who
from forum_scheduler.accounts.forms import ProfileForm, SignInForm
from forum_scheduler.accounts.languages import LANGUAGES
from forum_scheduler.accounts.passkeys import passkeys_of
from forum_scheduler.accounts.users import normal_email
from forum_scheduler.accounts.viewer import current_viewer
from forum_scheduler.errors import Invalid, Refused
from forum_scheduler.extensions import limiter

blueprint = Blueprint("accounts", __name__)
Answer = str | BaseResponse | tuple[str, int]

# Halls of hundreds share one address: the limit by it stops machines, the one by mail address people.
SIGN_IN_BY_PLACE = "100 per 10 minutes"
SIGN_IN_BY_ADDRESS = "5 per 15 minutes"
LINKS_BY_PLACE = "300 per 10 minutes"


def _typed_address() -> str:
    try:
        return normal_email(request.form.get("email", ""))
    except Invalid:
        return "none"


def on_this_machine() -> bool:
    """The browser runs beside the server, with no proxy between that would make everybody look so."""
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} & set(request.headers.keys())
    return request.remote_addr in ("127.0.0.1", "::1") and not forwarded


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(SIGN_IN_BY_PLACE, methods=["POST"])
@limiter.limit(SIGN_IN_BY_ADDRESS, key_func=_typed_address, methods=["POST"])
def sign_in() -> Answer:
    # Who is signed in already comes to show it anew, for a page that asks for that: the address is known.
    form = SignInForm(email=current_user.email if current_user.is_authenticated else None)
    next_path = services.local_path(request.values.get("next"))
    if form.validate_on_submit():
        try:
            services.request_link(email=form.email.data, locale=str(get_locale()), next_path=next_path)
        except Invalid as error:
            form.email.errors = [str(error)]
        else:
            return redirect(url_for("accounts.sign_in_sent"), 303)
    page = render_template("accounts/sign_in.html", form=form, next_path=next_path)
    return page, 422 if form.errors else 200


@blueprint.get("/sign-in/sent")
def sign_in_sent() -> Answer:
    return render_template("accounts/sign_in_sent.html", minutes=int(services.LIFETIME.total_seconds() // 60))


@blueprint.get("/sign-in/<token>")
@limiter.limit(LINKS_BY_PLACE)
def sign_in_link(token: str) -> Answer:
    """Only shows a button: scanners that open the links of mails would use them up otherwise."""
    if not services.link_works(token, on_this_machine=on_this_machine()):
        return render_template("accounts/sign_in_refused.html"), 410
    return render_template("accounts/sign_in_link.html", token=token)


@blueprint.post("/sign-in/<token>")
@limiter.limit(LINKS_BY_PLACE)
def use_sign_in_link(token: str) -> Answer:
    try:
        user, next_path = services.use_link(token, on_this_machine=on_this_machine())
    except Refused:
        return render_template("accounts/sign_in_refused.html"), 410
    if current_user.is_authenticated:
        logout_user()
    if current_app.extensions["forum_config"].demo:  # a stranger borrows the account, not its language
        session["locale"] = str(get_locale())
    second = current_app.extensions["security"].two_factor_plugins.tf_enter(
        user, None, "link", next_loc=next_path or None
    )
    if second is not None:  # this user has an authenticator app: the code is asked for next
        return second  # type: ignore[no-any-return]  # Flask-Security has no types
    login_user(user, remember=False, authn_via=["link"])
    return redirect(next_path or url_for_start(), 303)


@blueprint.post("/sign-out")
def sign_out() -> Answer:
    locale = session.get("locale")
    logout_user()
    session.clear()
    if locale:
        session["locale"] = locale
    flash(_("You are signed out."), "success")
    return redirect(url_for_start(), 303)


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> Answer:
    user_id = current_viewer().user_id
    assert user_id is not None, "the rule of this endpoint lets nobody else in"
    services.end_all_sessions(user_id=user_id)
    logout_user()
    session.clear()
    flash(_("You are signed out in all browsers."), "success")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.post("/see-as/stop")
def stop_seeing() -> Answer:
    """Back from somebody else's eyes."""
    seeing.stop_seeing()
    return redirect(services.local_path(request.form.get("next")) or url_for_start(), 303)


@blueprint.post("/language")
def set_language() -> Answer:
    chosen = request.form.get("language", "")
    if chosen in services.LOCALES:
        session["locale"] = chosen
        user_id = current_viewer().user_id
        if user_id is not None:
            services.remember_locale(user_id=user_id, locale=chosen)
    return redirect(services.local_path(request.form.get("next")) or url_for_start(), 303)


@blueprint.route("/profile", methods=["GET", "POST"])
def profile() -> Answer:
    form = ProfileForm(data={"name": current_user.name, "locale": current_user.locale})
    form.locale.choices = list(LANGUAGES)
    if form.validate_on_submit():
        try:
            services.save_profile(user_id=current_user.id, name=form.name.data, locale=form.locale.data)
        except Invalid as error:
            form[error.field or "name"].errors = [str(error)]
        else:
            session["locale"] = form.locale.data
            flash(_("Saved."), "success")
            return redirect(url_for("accounts.profile"), 303)
    page = render_template(
        "accounts/profile.html",
        form=form,
        has_password=bool(current_user.password),
        has_second_factor=bool(current_user.tf_primary_method),
        recovery_codes=len(current_user.mf_recovery_codes or ()),
        passkeys=len(passkeys_of(current_user.id)),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/profile/remove-password")
@auth_required("session", within=60, grace=0)
def remove_password() -> Answer:
    services.remove_password(user_id=current_user.id)
    flash(_("The password is gone: sign in by a link from now on, or set a new one."), "success")
    return redirect(url_for("accounts.profile"), 303)


@blueprint.get("/f/<forum_slug>/audit", endpoint="audit")
def audit_log(forum_slug: str) -> Answer:
    search = request.args.get("search", "").strip()[:100]
    page = audit.page(
        forum_id=g.forum.id, search=search, number=request.args.get("page", default=1, type=int)
    )
    return render_template(
        "accounts/audit.html",
        page=page,
        search=search,
        named=names_of(page.items),
        deed=deed,
        thing=thing,
        told=told,
        who=who,
    )


@blueprint.get("/f/<forum_slug>/audit.csv")
def audit_csv(forum_slug: str) -> Answer:
    search = request.args.get("search", "").strip()[:100]
    return Response(
        audit.as_csv(forum_id=g.forum.id, search=search),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="audit-{forum_slug}.csv"'},
    )


def url_for_start() -> str:
    """The start page."""
    return url_for("forums.index") if "forums.index" in current_app.view_functions else "/"
