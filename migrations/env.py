"""Alembic's entry point: runs the revisions on the app's own engine and metadata."""

from __future__ import annotations

import sqlite3

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from forum_scheduler.extensions import db


def run() -> None:
    if context.is_offline_mode():
        raise SystemExit("write the revisions into a database: offline SQL scripts are not supported")
    options = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        # Batch mode copies tables: with foreign keys on, dropping the old one would delete its children.
        foreign_keys(connection, "OFF")
        try:
            context.configure(connection=connection, target_metadata=db.metadata, **options)
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            foreign_keys(connection, "ON")


def foreign_keys(connection: Connection, state: str) -> None:
    """On SQLite; straight to the driver, since within a transaction SQLite ignores it and says nothing."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute(f"PRAGMA foreign_keys={state}")


run()
