"""Sign-in library, headers, request id. Wiring only."""

from __future__ import annotations

import secrets

from flask import Flask, Response, g
from flask_security import Security, SQLAlchemyUserDatastore

from forum_scheduler.accounts.models import Role, User, WebAuthn
from forum_scheduler.extensions import db


def init_app(app: Flask) -> None:
    config = app.extensions["forum_config"]
    app.config.update(
        SECURITY_PASSWORD_SALT=config.password_salt,
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 -- the name of a method, not a password
        SECURITY_URL_PREFIX="/account",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_TWO_FACTOR=True,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TOTP_SECRETS={"1": config.secret_key},
        SECURITY_TOTP_ISSUER="Forum Scheduler",
    )
    datastore = SQLAlchemyUserDatastore(db, User, Role, WebAuthn)
    Security(app, datastore, register_blueprint=True)
    app.before_request(_start)
    app.after_request(_headers)


def _start() -> None:
    g.request_id = secrets.token_hex(8)
    g.csp_nonce = secrets.token_urlsafe(16)


def _headers(response: Response) -> Response:
    nonce = g.get("csp_nonce", "")
    response.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
