"""Ways into calendars: feeds of companies, interpreters and tables, invitations and answers; print jobs.

Revision ID: 0020
Revises: 0010
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

import forum_scheduler.extensions

revision = "0020"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = forum_scheduler.extensions.UtcDateTime(timezone=True)
OWNERS = ("company", "interpreter", "table")
ONE_OWNER = " + ".join(
    f"(CASE WHEN {name}_id IS NULL THEN 0 ELSE 1 END)" for name in ("delegate", *OWNERS)
)


def upgrade() -> None:
    _more_feeds()
    _references()
    op.create_table(
        "calendar_choice",
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _belongs("calendar_choice", "delegate"),
        _belongs("calendar_choice", "forum"),
        sa.PrimaryKeyConstraint("delegate_id", name=op.f("pk_calendar_choice")),
        sa.UniqueConstraint("secret", name=op.f("uq_calendar_choice_secret")),
    )
    op.create_index(op.f("ix_calendar_choice_forum_id"), "calendar_choice", ["forum_id"])
    op.create_table(
        "invitation",
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("told_sequence", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("comment", sa.String(length=500), nullable=False),
        *(_belongs("invitation", other) for other in ("delegate", "meeting", "forum")),
        sa.PrimaryKeyConstraint("delegate_id", "meeting_id", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_meeting_id"), "invitation", ["meeting_id"])
    op.create_index(op.f("ix_invitation_forum_id"), "invitation", ["forum_id"])
    op.create_table(
        "print_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("paper", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        _belongs("print_job", "forum"),
        _belongs("print_job", "publication"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_job")),
        sa.UniqueConstraint(
            "publication_id", "locale", "paper", name=op.f("uq_print_job_publication_id_locale_paper")
        ),
    )
    op.create_index(op.f("ix_print_job_forum_id"), "print_job", ["forum_id"])
    op.create_index(op.f("ix_print_job_state"), "print_job", ["state"])


def _belongs(table: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [f"{other}_id"], [f"{other}.id"], name=op.f(f"fk_{table}_{other}_id"), ondelete="CASCADE"
    )


def _more_feeds() -> None:
    with op.batch_alter_table("feed_token") as batch:
        batch.alter_column("delegate_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("locale", sa.String(length=8), nullable=False, server_default="en"))
        for owner in OWNERS:
            batch.add_column(sa.Column(f"{owner}_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_feed_token_{owner}_id"), owner, [f"{owner}_id"], ["id"], ondelete="CASCADE"
            )
            batch.create_index(op.f(f"ix_feed_token_{owner}_id"), [f"{owner}_id"])
        batch.create_check_constraint(op.f("ck_feed_token_one_owner"), f"{ONE_OWNER} = 1")
    with op.batch_alter_table("feed_token") as batch:
        batch.alter_column("locale", existing_type=sa.String(length=8), server_default=None)


def _references() -> None:
    """What stands in the Message-ID of each mail, by which one that came back is found."""
    with op.batch_alter_table("mail") as batch:
        batch.add_column(sa.Column("reference", sa.String(length=32), nullable=False, server_default=""))
        batch.create_index(op.f("ix_mail_reference"), ["reference"])
    mail = sa.table("mail", sa.column("id"), sa.column("key"), sa.column("reference"))
    connection = op.get_bind()
    for id_, key in connection.execute(sa.select(mail.c.id, mail.c.key)).all():
        reference = hashlib.sha256(key.encode()).hexdigest()[:32]
        connection.execute(sa.update(mail).where(mail.c.id == id_).values(reference=reference))
    with op.batch_alter_table("mail") as batch:
        batch.alter_column("reference", existing_type=sa.String(length=32), server_default=None)


def downgrade() -> None:
    op.drop_table("print_job")
    op.drop_table("invitation")
    op.drop_table("calendar_choice")
    with op.batch_alter_table("mail") as batch:
        batch.drop_index(op.f("ix_mail_reference"))
        batch.drop_column("reference")
    op.execute("UPDATE mail SET state = 'failed' WHERE state = 'bounced'")
    op.execute("DELETE FROM feed_token WHERE delegate_id IS NULL")
    with op.batch_alter_table("feed_token") as batch:
        batch.drop_constraint(op.f("ck_feed_token_one_owner"), type_="check")
        for owner in reversed(OWNERS):
            batch.drop_index(op.f(f"ix_feed_token_{owner}_id"))
            batch.drop_constraint(op.f(f"fk_feed_token_{owner}_id"), type_="foreignkey")
            batch.drop_column(f"{owner}_id")
        batch.drop_column("locale")
        batch.alter_column("delegate_id", existing_type=sa.Integer(), nullable=False)
