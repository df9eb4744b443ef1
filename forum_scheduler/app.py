"""The application factory: configuration in, Flask app out. Wiring only."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

# Rooms without pages are imported for their tables: all must be known when the app and migrations start;
# chores, so that they hear the worker.
# The first page of a forum looks into all rooms, and adds itself to the blueprint of forums; the board adds
# itself to that of scheduling, the directory (it shows where requests stand) to that of companies.
import forum_scheduler.agendas.chores
import forum_scheduler.agendas.desk_views
import forum_scheduler.agendas.models
import forum_scheduler.agendas.print_views
import forum_scheduler.agendas.take_along_views
import forum_scheduler.agendas.views
import forum_scheduler.companies.joining_views
import forum_scheduler.companies.views
import forum_scheduler.forums.new
import forum_scheduler.forums.programme_views
import forum_scheduler.home.views
import forum_scheduler.outbox.models
import forum_scheduler.requests.answer_views
import forum_scheduler.requests.ask_views
import forum_scheduler.requests.availability_views
import forum_scheduler.requests.finding_views
import forum_scheduler.scheduling.asking_views
import forum_scheduler.scheduling.board.views
import forum_scheduler.setup.capability_views
import forum_scheduler.setup.general_views
import forum_scheduler.setup.people_views
import forum_scheduler.setup.place_views
import forum_scheduler.setup.staff_views
import forum_scheduler.setup.text_views  # noqa: F401 -- these add their pages to blueprints
from forum_scheduler import access, delivery, health, interrupted, pages, security, sessions
from forum_scheduler.accounts.views import blueprint as accounts
from forum_scheduler.agendas.web import blueprint as agendas
from forum_scheduler.companies.web import blueprint as companies
from forum_scheduler.config import Config, from_environment
from forum_scheduler.extensions import babel, csrf, db, limiter, migrate
from forum_scheduler.forums.views import blueprint as forums
from forum_scheduler.importing.views import blueprint as importing
from forum_scheduler.notices.views import blueprint as notices
from forum_scheduler.outbox.mailbox import parse as parse_mailbox
from forum_scheduler.outbox.signing import check_key
from forum_scheduler.outbox.transport import make_transport
from forum_scheduler.privacy.views import blueprint as privacy
from forum_scheduler.publishing.views import blueprint as publishing
from forum_scheduler.requests.views import blueprint as requests
from forum_scheduler.rules import LazyRule
from forum_scheduler.scheduling.views import blueprint as scheduling

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1024 * 1024


def create_app(config: Config | None = None) -> Flask:
    """Make the app. Raises ConfigError when the environment can't be used."""
    config = config or from_environment()
    app = Flask(
        "forum_scheduler",
        static_folder=None,  # delivery.py serves them
        static_url_path="/static",
        template_folder=str(ROOT / "templates"),
        instance_path=str(config.instance),
    )
    app.url_rule_class = LazyRule
    app.config.update(_settings(config))
    app.extensions["forum_config"] = config
    make_transport(config)  # an address of mail that can't be used is found now, not with the first mail
    check_key(config)
    if config.imap_url is not None:
        parse_mailbox(config.imap_url)
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    delivery.init_app(app)
    sessions.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    babel.init_app(app, locale_selector=pages.select_locale, timezone_selector=pages.select_timezone)
    csrf.init_app(app)
    limiter.init_app(app)
    security.init_app(app)
    for blueprint in (
        accounts,
        forums,
        notices,
        companies,
        requests,
        importing,
        scheduling,
        publishing,
        agendas,
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(privacy)
    health.init_app(app)
    access.init_app(app)
    pages.init_app(app)
    interrupted.init_app(app)
    return app


def _settings(config: Config) -> dict[str, object]:
    return {
        "SECRET_KEY": config.secret_key,
        "TESTING": config.testing,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        # Parameters hold personal data: they stay out of the messages of errors, and so of logs.
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_pre_ping": True, "hide_parameters": True},
        "MAX_CONTENT_LENGTH": 8 * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        "RATELIMIT_STORAGE_URI": config.queue_url if _is_redis(config.queue_url) else "memory://",
        "RATELIMIT_HEADERS_ENABLED": True,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a form left open overnight still works
    }


def _is_redis(url: str | None) -> bool:
    return url is not None and url.startswith(("redis://", "rediss://"))
