"""What the second of two who ask each other writes stays with the request.

Revision ID: 0095
Revises: 0090
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A column at a time: a batch would make the table anew on SQLite, and much refers to its rows.
    op.add_column("request", sa.Column("answer_message", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("request", "answer_message")
