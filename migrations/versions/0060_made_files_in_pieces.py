"""Made files in pieces: a pack of thousands of agendas never stands in memory as a whole.

Revision ID: 0060
Revises: 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None

NAME = "uq_made_file_forum_id_kind_digest"


def upgrade() -> None:
    with op.batch_alter_table("made_file") as table:
        table.add_column(sa.Column("piece", sa.Integer(), nullable=False, server_default="0"))
        table.drop_constraint(op.f(NAME), type_="unique")
        table.create_unique_constraint(op.f(f"{NAME}_piece"), ["forum_id", "kind", "digest", "piece"])
    with op.batch_alter_table("made_file") as table:
        table.alter_column("piece", server_default=None)


def downgrade() -> None:
    # What is cut off is made anew when it is asked for.
    op.execute("DELETE FROM made_file")
    with op.batch_alter_table("made_file") as table:
        table.drop_constraint(op.f(f"{NAME}_piece"), type_="unique")
        table.drop_column("piece")
        table.create_unique_constraint(op.f(NAME), ["forum_id", "kind", "digest"])
