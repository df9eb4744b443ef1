"""Fail where the migrations do not make the tables that the models describe, or can't be taken back.

Works on a database of its own in a temporary folder: up, compare with the models, down to nothing, up again.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import flask_migrate
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from forum_scheduler.app import create_app
from forum_scheduler.config import from_environment
from forum_scheduler.extensions import db


def difference(app: Flask) -> str:
    """What a new revision would have to change so that the tables are as the models say; "" for nothing."""
    options = app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": db.metadata, **options}
        )
        script = produce_migrations(context, db.metadata)
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        return ""
    return str(render_python_code(script.upgrade_ops))


def left_over() -> list[str]:
    """Tables that remain although every revision was taken back."""
    return [name for name in inspect(db.engine).get_table_names() if name != "alembic_version"]


def fault(app: Flask) -> str:
    """The first thing that is wrong with the migrations; "" for nothing."""
    heads = ScriptDirectory.from_config(app.extensions["migrate"].migrate.get_config()).get_heads()
    if len(heads) != 1:
        return (
            f"{len(heads)} heads instead of one ({', '.join(heads)}): let the later revision follow the other"
        )
    flask_migrate.upgrade()
    missing = difference(app)
    if missing:
        return f"the models ask for more than the migrations make; write a revision with\n{missing}"
    flask_migrate.downgrade(revision="base")
    remaining = left_over()
    if remaining:
        return f"taken back, the migrations leave the tables {', '.join(remaining)}"
    flask_migrate.upgrade()
    return ""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'forum.sqlite'}"
        app = create_app(from_environment({"FORUM_INSTANCE": folder, "DATABASE_URL": database}))
        with app.app_context():
            found = fault(app)
            db.engine.dispose()
    if found:
        sys.stdout.write(f"Migrations: {found}\n")
        return 1
    sys.stdout.write("Migrations: one head, equal to the models, up, down and up again\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
