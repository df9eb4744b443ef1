"""Settings that change later: parts of the frame are retired where schedules name them; what-if runs.

Revision ID: 0050
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import forum_scheduler.extensions

revision = "0050"
down_revision = "0020"
branch_labels = None
depends_on = None

# table -> the column that is unique among those in use
RETIRABLE = {
    "block": "starts_at",
    "slot": "starts_at",
    "zone": "name",
    "table": "label",
    "interpreter": "name",
}


def upgrade() -> None:
    for table, column in RETIRABLE.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(
                sa.Column(
                    "retired_at", forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True
                )
            )
            batch.drop_constraint(op.f(f"uq_{table}_forum_id_{column}"), type_="unique")
        condition = sa.text("retired_at IS NULL")
        op.create_index(
            f"uq_{table}_in_use",
            table,
            ["forum_id", column],
            unique=True,
            sqlite_where=condition,
            postgresql_where=condition,
        )
    with op.batch_alter_table("run") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=12), nullable=False, server_default="schedule"))
        batch.add_column(sa.Column("goals", sa.JSON(), nullable=True))
    with op.batch_alter_table("run") as batch:
        batch.alter_column("kind", existing_type=sa.String(length=12), server_default=None)
    _what_ifs()


def _what_ifs() -> None:
    op.create_table(
        "what_if",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_what_if_meeting_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_what_if_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name=op.f("fk_what_if_schedule_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_what_if_slot_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_what_if")),
    )
    op.create_index(op.f("ix_what_if_meeting_id"), "what_if", ["meeting_id"])
    op.create_index(op.f("ix_what_if_schedule_id"), "what_if", ["schedule_id"])


def downgrade() -> None:
    op.drop_table("what_if")
    # A run that asks a question would look like one that makes a schedule.
    op.execute("DELETE FROM run WHERE kind <> 'schedule'")
    with op.batch_alter_table("run") as batch:
        batch.drop_column("goals")
        batch.drop_column("kind")
    # Fails where a retired slot and its successor start at the same time: both can't be kept without it.
    for table, column in reversed(RETIRABLE.items()):
        op.drop_index(f"uq_{table}_in_use", table_name=table)
        with op.batch_alter_table(table) as batch:
            batch.drop_column("retired_at")
            batch.create_unique_constraint(op.f(f"uq_{table}_forum_id_{column}"), ["forum_id", column])
