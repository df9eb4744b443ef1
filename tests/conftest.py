"""Fixtures for all tests: an app with a database of its own per test, on SQLite and on PostgreSQL.

``app``         the app, its context active; ``--db sqlite|postgres|both`` chooses the databases (both)
``client``      a visitor; ``client_for(user)`` somebody signed in; both check pages, see tests/pages.py
``redis_url``   a private Redis server
``@pytest.mark.settings(demo=True, ...)``  changes fields of Config for a test
``@pytest.mark.databases("sqlite")``       for tests of what has nothing to do with the kind of database

Changes must be committed for a client to see them (the factories do); after each request of a client the
test's objects are read anew.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask_migrate import upgrade
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from sqlalchemy import Dialect, Engine
from sqlalchemy.orm import Session

from forum_scheduler.accounts.models import User
from forum_scheduler.app import create_app
from forum_scheduler.config import Config
from forum_scheduler.extensions import db
from tests.pages import Visitor
from tests.servers import Missing, postgresql, redis_server
from tests.sharing import common_folder, made_once

KINDS = ("sqlite", "postgres")
CompiledStatements = dict[str, tuple[Dialect, MutableMapping[Any, Any]]]  # by kind of database


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=(*KINDS, "both"), default="both", help="databases to test on (both)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "settings(**changes): fields of Config for this test")
    config.addinivalue_line("markers", "databases(*kinds): only these of sqlite and postgres")


def pytest_collection_finish() -> None:
    """Spare the collector what lives to the end anyway: a fifth of the time went into looking through it."""
    gc.collect()
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_kind" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--db")
    wanted = KINDS if chosen == "both" else (chosen,)
    marker = metafunc.definition.get_closest_marker("databases")
    kinds = [kind for kind in wanted if marker is None or kind in marker.args]
    marks = {"postgres": (pytest.mark.postgres,), "sqlite": ()}
    metafunc.parametrize("database_kind", [pytest.param(kind, marks=marks[kind]) for kind in kinds])


@pytest.fixture
def database_kind() -> str:
    """``sqlite`` or ``postgres``; set by pytest_generate_tests."""
    raise AssertionError("parametrised")


def make_config(*, instance: Path, database_url: str) -> Config:
    """The configuration of the tests: nothing from the environment."""
    return Config(
        instance=instance,
        database_url=database_url,
        queue_url=None,
        secret_key="a key for tests only, of 32 or more characters",
        password_salt="a salt for tests",
        base_url="http://localhost",
        smtp_url=None,
        mail_from="Forum Scheduler <forum@example.org>",
        demo=False,
        secure_cookies=False,
        trusted_proxies=0,
        testing=True,
    )


def migrate(config: Config) -> None:
    """Bring the database of ``config`` to the newest revision."""
    app = create_app(config)
    with app.app_context():
        upgrade()
        db.engine.dispose()


@pytest.fixture(scope="session")
def session_stack() -> Iterator[ExitStack]:
    """What lives until the end of the session and is only made when a test wants it."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def redis_url(session_stack: ExitStack) -> str:
    """A private Redis server, shared by the tests of the session: use keys of your own."""
    try:
        return session_stack.enter_context(redis_server())
    except Missing as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database to copy."""

    def make(folder: Path) -> None:
        migrate(make_config(instance=folder, database_url=f"sqlite:///{folder / 'template.sqlite'}"))

    return made_once(tmp_path_factory, "template", make) / "template.sqlite"


@pytest.fixture(scope="session")
def postgres_server(session_stack: ExitStack) -> str:
    """Address of a private PostgreSQL server."""
    try:
        return session_stack.enter_context(postgresql())
    except Missing as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a migrated database. One for all tests, since making one needs two checkpoints: a second."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE forum_test")
    url = f"{postgres_server.rpartition('/')[0]}/forum_test"
    migrate(make_config(instance=tmp_path_factory.mktemp("migrated"), database_url=url))
    return url


@pytest.fixture(scope="session")
def emptying_connection(session_stack: ExitStack, postgres_database: str) -> psycopg.Connection:
    """The connection that empties the database before each test: one that knows its tables already.

    A new one would learn them anew each time, which takes longer than the emptying.
    """
    return session_stack.enter_context(psycopg.connect(postgres_database, autocommit=True))


# Past triggers and foreign keys; ids start at 1 again; whoever is left of the last test is thrown out, and so
# are a queue's own tables, which no revision makes.
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'huey%'
    LOOP EXECUTE format('DROP TABLE %I', name); END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', name); END LOOP;
END $$;
"""


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    if database_kind == "sqlite":
        path = tmp_path / "forum.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    request.getfixturevalue("emptying_connection").execute(EMPTY.encode())
    yield request.getfixturevalue("postgres_database")


@pytest.fixture
def config(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Config:
    base = make_config(instance=tmp_path, database_url=database_url)
    for marker in reversed(list(request.node.iter_markers("settings"))):
        base = replace(base, **marker.kwargs)
    return base


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates that earlier tests compiled; each test has an app, and so a Jinja, of its own."""
    folder = common_folder(tmp_path_factory) / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture(scope="session")
def compiled_statements() -> CompiledStatements:
    """Statements that earlier tests compiled; each test has an engine of its own.

    They are kept under their dialect, so that stays the same; it holds what is known of the server, no rows.
    """
    return {}


def _share_statements(engine: Engine, compiled: CompiledStatements) -> None:
    if engine.dialect.name not in compiled:
        engine.connect().close()  # it learns what server it speaks to
        compiled[engine.dialect.name] = (engine.dialect, {})
    engine.dialect, cache = compiled[engine.dialect.name]
    engine.update_execution_options(compiled_cache=cache)


@pytest.fixture
def app(
    config: Config,
    compiled_templates: BytecodeCache,
    compiled_statements: CompiledStatements,
) -> Iterator[Flask]:
    """The app on a database of its own, its context active."""
    app = create_app(config)
    app.jinja_env.bytecode_cache = compiled_templates
    app.test_client_class = Visitor
    with app.app_context():
        _share_statements(db.engine, compiled_statements)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def db_session(app: Flask) -> Session:
    """The session of the test's own app context."""
    return db.session()


@pytest.fixture
def client(app: Flask) -> Visitor:
    """A visitor, not signed in."""
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


@pytest.fixture
def client_for(app: Flask) -> Callable[[User], Visitor]:
    """Makes a client that is signed in as a user."""

    def sign_in(user: User) -> Visitor:
        visitor = app.test_client()
        assert isinstance(visitor, Visitor)
        visitor.sign_in(user)
        return visitor

    return sign_in
