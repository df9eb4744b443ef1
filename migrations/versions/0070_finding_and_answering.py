"""Finding companies by sound, favourites aside; saved searches; reasons and reminders of requests.

Revision ID: 0070
Revises: 0060
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import forum_scheduler.extensions

# Pure functions of text: should they change one day, the keys are made anew by a revision of that day.
from forum_scheduler.companies.names import search_keys, slips

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None

MOMENT = forum_scheduler.extensions.UtcDateTime(timezone=True)
AT_ONCE = 500


def upgrade() -> None:
    # Column by column: a batch would make the tables anew on SQLite, and much refers to their rows. For the
    # same reason the defaults stay, which the code never uses.
    op.add_column("company", sa.Column("search_keys", sa.Text(), nullable=False, server_default=""))
    op.add_column("request", sa.Column("decline_code", sa.String(20), nullable=False, server_default=""))
    op.add_column("request", sa.Column("reminded_at", MOMENT, nullable=True))
    op.create_index("ix_request_state_expires_at", "request", ["state", "expires_at"])
    op.create_table(
        "dismissal",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _belongs("dismissal", "company_id", "company"),
        _belongs("dismissal", "other_id", "company"),
        sa.PrimaryKeyConstraint("company_id", "other_id", name=op.f("pk_dismissal")),
    )
    op.create_index(op.f("ix_dismissal_other_id"), "dismissal", ["other_id"])
    op.create_table(
        "saved_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _belongs("saved_search", "forum_id", "forum"),
        _belongs("saved_search", "company_id", "company"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_saved_search_company_id_name")),
    )
    op.create_index(op.f("ix_saved_search_forum_id"), "saved_search", ["forum_id"])
    op.create_table(
        "search_word",
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("slip", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        _belongs("search_word", "forum_id", "forum"),
        sa.PrimaryKeyConstraint("forum_id", "slip", "key", name=op.f("pk_search_word")),
    )
    _fill()


def _belongs(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _fill() -> None:
    """The keys of companies that are here already, and the forum's words."""
    company = sa.table(
        "company", *(sa.column(name) for name in ("id", "forum_id", "search_text", "search_keys"))
    )
    word = sa.table("search_word", *(sa.column(name) for name in ("forum_id", "slip", "key")))
    connection = op.get_bind()
    words: dict[int, set[str]] = {}
    rows = connection.execute(sa.select(company.c.id, company.c.forum_id, company.c.search_text)).all()
    for id_, forum_id, text in rows:
        keys = search_keys(text)
        connection.execute(sa.update(company).where(company.c.id == id_).values(search_keys=keys))
        words.setdefault(forum_id, set()).update(keys.split())
    for forum_id, keys_of_forum in words.items():
        slipped = [
            {"forum_id": forum_id, "slip": slip, "key": key}
            for key in sorted(keys_of_forum)
            if len(key) >= 4
            for slip in sorted(slips(key))
        ]
        for start in range(0, len(slipped), AT_ONCE):
            connection.execute(sa.insert(word), slipped[start : start + AT_ONCE])


def downgrade() -> None:
    for table in ("search_word", "saved_search", "dismissal"):
        op.drop_table(table)
    op.drop_index("ix_request_state_expires_at", "request")
    op.drop_column("request", "reminded_at")
    op.drop_column("request", "decline_code")
    op.drop_column("company", "search_keys")
