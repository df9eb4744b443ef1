"""Sign-in library, sessions, rate limits, headers. Wiring only."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, flash, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import current_user, user_logged_in
from flask_security import MailUtil, Security, SQLAlchemyUserDatastore
from werkzeug.wrappers import Response as BaseResponse

from forum_scheduler import logs
from forum_scheduler.accounts import passkeys, second_factor
from forum_scheduler.accounts.forms import PasskeyAnswerForm, PasskeyForm, PasskeyRemovalForm
from forum_scheduler.accounts.models import Role, User, WebAuthn
from forum_scheduler.accounts.passkeys import PasskeyUtil
from forum_scheduler.accounts.services import local_path
from forum_scheduler.accounts.users import normal_email
from forum_scheduler.clock import now
from forum_scheduler.config import Config
from forum_scheduler.errors import Invalid
from forum_scheduler.extensions import db, forum_config, limiter
from forum_scheduler.outbox.services import enqueue

log = logs.get_logger("forum.web")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

# Guessing passwords and codes. By the place where somebody sits, and by the account that is tried.
LIMITS_BY_PLACE = {
    "security.login": "60 per 10 minutes",
    "security.two_factor_token_validation": "60 per 10 minutes",
    "security.mf_recovery": "30 per 10 minutes",
    "security.verify": "30 per 10 minutes",
    "security.change_password": "30 per 10 minutes",
    "security.wan_signin": "300 per 10 minutes",
    "security.wan_signin_response": "100 per 10 minutes",
    "security.wan_register_response": "30 per 10 minutes",
    "security.wan_verify_response": "30 per 10 minutes",
}
LIMITS_BY_ACCOUNT = {
    "security.login": "10 per 15 minutes",
    "security.two_factor_token_validation": "10 per 15 minutes",
    "security.mf_recovery": "10 per 15 minutes",
    "security.verify": "10 per 15 minutes",
    "security.change_password": "10 per 15 minutes",
}
# Endpoints of the library that write: SQLite must lock before they read (see extensions.transaction).
WRITING = {
    "security.change_password",
    "security.two_factor_setup",
    "security.two_factor_setup_validate",
    "security.mf_recovery",
    "security.mf_recovery_codes",
    "security.wan_register",
    "security.wan_register_response",
    "security.wan_signin_response",
    "security.wan_verify_response",
    "security.wan_delete",
}
HASHING_IN_TESTS = {"argon2__time_cost": 1, "argon2__memory_cost": 64, "argon2__parallelism": 1}


class OutboxMailUtil(MailUtil):
    """The library's few mails go through the outbox, and its addresses are checked as all others."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        *rest: Any,
        **kw: Any,
    ) -> None:
        enqueue(
            key=f"account:{secrets.token_hex(16)}",
            kind="account",
            to_email=str(recipient),
            to_name="",
            subject=str(subject),
            text=body or "",
        )

    def normalize(self, email: str) -> str:
        try:
            return normal_email(email)
        except Invalid as error:
            raise ValueError(str(error)) from error

    def validate(self, email: str) -> str:
        return self.normalize(email)


def init_app(app: Flask) -> None:
    """Bind everything; before the blueprints are registered, so that its hooks run first."""
    config: Config = app.extensions["forum_config"]
    app.config.update(_settings(config))
    # Before all others: a form that CSRF protection refuses gets a page with a nonce, too.
    app.before_request_funcs.setdefault(None, []).insert(0, _start)
    app.before_request(_lock_before_reading)
    datastore = SQLAlchemyUserDatastore(db, User, Role, WebAuthn)
    library = Security(
        app,
        datastore,
        register_blueprint=True,
        mail_util_cls=OutboxMailUtil,
        webauthn_util_cls=PasskeyUtil,
        wan_register_form=PasskeyForm,
        wan_signin_response_form=PasskeyAnswerForm,
        wan_delete_form=PasskeyRemovalForm,
    )
    library.principal.skip_static = True  # style sheets ask for nobody's roles
    passkeys.init_app(app)
    second_factor.init_app(app)
    library.wan_register_context_processor(lambda: {"passkeys": passkeys.passkeys_of(current_user.id)})
    library.tf_setup_context_processor(second_factor.unfinished)
    library.mf_recovery_codes_context_processor(second_factor.codes_left)
    library.want_json(lambda _request: False)  # pages only; the JSON answers would be a second way in
    library.reauthn_handler(_ask_again)
    for limits, key in ((LIMITS_BY_PLACE, None), (LIMITS_BY_ACCOUNT, _account)):
        for endpoint, limit in limits.items():
            view: Any = app.view_functions[endpoint]
            limited: Any = limiter.limit(limit, key_func=key, methods=["POST"])(view)
            app.view_functions[endpoint] = limited
    user_logged_in.connect(_new_session, app)
    app.after_request(_headers)
    app.after_request(_log_request)


def _settings(config: Config) -> dict[str, object]:
    name = "forum_session"
    return {
        # A cookie named so is refused by browsers unless it is secure and of this host alone.
        "SESSION_COOKIE_NAME": f"__Host-{name}" if config.secure_cookies else name,
        "SESSION_COOKIE_SECURE": config.secure_cookies,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=14),
        "REMEMBER_COOKIE_SECURE": config.secure_cookies,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "SECURITY_PASSWORD_SALT": config.password_salt,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": HASHING_IN_TESTS if config.testing else {},
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        # Its texts stand in our catalogues: accounts/library_texts.py.
        "SECURITY_I18N_DOMAIN": "messages",
        "SECURITY_I18N_DIRNAME": str(Path(__file__).parent / "translations"),
        "SECURITY_URL_PREFIX": "/account",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CHANGEABLE": True,
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_POST_CHANGE_VIEW": "/profile",
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/profile",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_TOTP_SECRETS": {"1": config.secret_key},
        "SECURITY_TOTP_ISSUER": "Forum Scheduler",
        # A passkey is found by the device, so nobody types whom they are; it stands for both factors.
        "SECURITY_WEBAUTHN": True,
        "SECURITY_DATETIME_FACTORY": now,
        "SECURITY_WAN_RP_NAME": "Forum Scheduler",
        "SECURITY_WAN_ALLOW_AS_FIRST_FACTOR": True,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": True,
        "SECURITY_WAN_ALLOW_USER_HINTS": False,
        # "Комп’ютер" is a name, and "й" one letter: taken apart it would be refused when it comes back.
        "SECURITY_WAN_NAME_ALLOWED_CHARS": ["L", "M", "N", "P", "S", "Zs"],
        "SECURITY_INPUT_NORMALIZE_FORM": "NFC",
        "SECURITY_WAN_ALLOW_AS_VERIFY": ["first"],
        "SECURITY_WAN_SIGNIN_WITHIN": timedelta(minutes=5),
        "SECURITY_WAN_REGISTER_WITHIN": timedelta(minutes=10),
        "SECURITY_FRESHNESS": timedelta(hours=1),
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
    }


def _account() -> str:
    """Whose password or code is being tried, as a digest: the limiter's store holds no personal data."""
    tried = session.get("tf_user_id") or session.get("_user_id")
    if tried is None:
        try:
            tried = normal_email(request.form.get("email", ""))
        except Invalid:
            tried = "none"
    return hashlib.sha256(str(tried).encode()).hexdigest()


def _new_session(_app: Flask, **_rest: object) -> None:
    """Nothing that was in the browser before somebody signed in counts after: neither token nor cache."""
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    session.permanent = True


def _ask_again(_within: timedelta, _grace: timedelta) -> BaseResponse:
    """Somebody signed in long ago wants to change how they sign in: by password or passkey if they can."""
    back = local_path(request.full_path.rstrip("?")) if request.method == "GET" else "/profile"
    if current_user.password:
        return redirect(url_for("security.verify", next=back))
    if passkeys.passkeys_of(current_user.id):
        return redirect(url_for("security.wan_verify", next=back))
    flash(gettext("You signed in some time ago. Get a new link, to show that it is you."), "info")
    return redirect(url_for("accounts.sign_in", next=back))


def _start() -> None:
    config = forum_config()
    given = request.headers.get("X-Request-Id", "") if config.trusted_proxies else ""
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.csp_nonce = secrets.token_urlsafe(16)
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _lock_before_reading() -> None:
    if request.method == "POST" and request.endpoint in WRITING:
        db.session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})


def _headers(response: Response) -> Response:
    nonce = g.get("csp_nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint not in ("static", "security.static"):
        viewer = g.get("viewer")
        private = viewer is not None and viewer.is_authenticated
        response.headers.setdefault("Cache-Control", "no-store" if private else "private, no-cache")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response


def _log_request(response: Response) -> Response:
    """One line a request. The rule of the address, not the address: it may hold a secret."""
    if request.endpoint not in ("static", "healthz"):
        forum = g.get("forum")
        log.info(
            "request",
            method=request.method,
            route=request.url_rule.rule if request.url_rule is not None else "",
            status=response.status_code,
            milliseconds=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
            forum_id=forum.id if forum is not None else None,
        )
    return response
