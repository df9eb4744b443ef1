"""Saved searches that tell of newly approved companies.

Revision ID: 0090
Revises: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import forum_scheduler.extensions

revision = "0090"
down_revision = "0040"
branch_labels = None
depends_on = None

MOMENT = forum_scheduler.extensions.UtcDateTime(timezone=True)


def upgrade() -> None:
    # Column by column: a batch would make the tables anew on SQLite, and much refers to their rows.
    op.add_column("company", sa.Column("approved_at", MOMENT, nullable=True))
    # Nobody noted when: that they are here already is what counts.
    op.execute("UPDATE company SET approved_at = created_at WHERE status = 'approved'")
    op.create_index("ix_company_forum_approved_at", "company", ["forum_id", "approved_at"])
    op.add_column("saved_search", sa.Column("told_since", MOMENT, nullable=True))
    op.add_column("saved_search", sa.Column("looked_at", MOMENT, nullable=True))
    op.create_table(
        "search_told",
        sa.Column("search_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_search.id"], name=op.f("fk_search_told_search_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_search_told_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("search_id", "company_id", name=op.f("pk_search_told")),
    )
    op.create_index(op.f("ix_search_told_company_id"), "search_told", ["company_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_search_told_company_id"), table_name="search_told")
    op.drop_table("search_told")
    op.drop_column("saved_search", "looked_at")
    op.drop_column("saved_search", "told_since")
    op.drop_index("ix_company_forum_approved_at", table_name="company")
    op.drop_column("company", "approved_at")
