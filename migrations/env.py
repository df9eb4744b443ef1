"""Alembic's entry point: runs the revisions on the app's own engine and metadata."""

from __future__ import annotations

from alembic import context
from flask import current_app

from forum_scheduler.extensions import db


def run() -> None:
    if context.is_offline_mode():
        raise SystemExit("write the revisions into a database: offline SQL scripts are not supported")
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Batch mode copies tables: with foreign keys on, dropping the old one would delete its children.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
        context.configure(connection=connection, target_metadata=db.metadata, **options)
        with context.begin_transaction():
            context.run_migrations()


run()
