"""How far the database's tables are: made by this version of the program, by an older one, or not at all."""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class Tables(Enum):
    """What a database holds, seen from this version of the program."""

    NONE = "none"
    OLDER = "older"
    CURRENT = "current"
    UNKNOWN = "unknown"  # of a newer version, or of another program


def tables_of(connection: Connection) -> Tables:
    """Compare the database with the migrations. Raises SQLAlchemyError when it can't be reached."""
    heads = set(MigrationContext.configure(connection).get_current_heads())
    if heads == set(_migrations().get_heads()):
        return Tables.CURRENT
    if not inspect(connection).get_table_names():
        return Tables.NONE
    known = {each.revision for each in _migrations().walk_revisions()}
    return Tables.OLDER if heads and heads <= known else Tables.UNKNOWN


@cache
def _migrations() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))
