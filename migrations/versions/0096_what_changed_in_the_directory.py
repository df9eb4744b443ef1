"""The database itself notes that what the directory shows of a forum's companies has changed.

Revision ID: 0096
Revises: 0095
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None

# What companies/index.py keeps of a company. A company that is not approved stands in no index.
KEPT = "forum_id, side_id, name, country, size, status, programmes, consortium_roles, topics, interests"
SEEN = "{row}.status = 'approved'"
OF_COMPANY = "SELECT forum_id FROM company WHERE id IN ({companies}) AND status = 'approved'"
# event -> when it counts, and the forums that it touches, of a row of ``company``
COMPANY = {
    "INSERT": (SEEN.format(row="NEW"), "NEW.forum_id"),
    "DELETE": (SEEN.format(row="OLD"), "OLD.forum_id"),
    f"UPDATE OF {KEPT}": (
        f"{SEEN.format(row='OLD')} OR {SEEN.format(row='NEW')}",
        "OLD.forum_id, NEW.forum_id",
    ),
}
# event -> the companies that it touches, of a row of ``company_capability``
CAPABILITY = {
    "INSERT": "NEW.company_id",
    "DELETE": "OLD.company_id",
    "UPDATE": "OLD.company_id, NEW.company_id",
}


def upgrade() -> None:
    # No foreign key: a change of a company would have to wait for whoever holds the forum's row.
    op.create_table(
        "directory_change",
        sa.Column("forum_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("forum_id", "token", name=op.f("pk_directory_change")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _upgrade_sqlite()
    else:
        _upgrade_postgresql()


def _upgrade_sqlite() -> None:
    """Only one transaction writes at a time: the newest token takes the place of all others."""
    note = (
        "DELETE FROM directory_change WHERE forum_id IN ({forums}); "
        "INSERT INTO directory_change (forum_id, token) "
        "SELECT id, hex(randomblob(16)) FROM forum WHERE id IN ({forums});"
    )
    for event, (counts, forums) in COMPANY.items():
        op.execute(
            f"CREATE TRIGGER directory_company_{_verb(event)} AFTER {event} ON company "
            f"WHEN {counts} BEGIN {note.format(forums=forums)} END"
        )
    for event, companies in CAPABILITY.items():
        forums = OF_COMPANY.format(companies=companies)
        op.execute(
            f"CREATE TRIGGER directory_company_capability_{_verb(event)} AFTER {event} ON company_capability "
            f"BEGIN {note.format(forums=forums)} END"
        )


def _upgrade_postgresql() -> None:
    """Nobody waits for anybody: a token that another transaction is about to take away is left alone.

    What is committed last has its own token among those that are left, so no two states have the same ones.
    """
    op.execute(
        """
        CREATE FUNCTION note_directory_change(changed integer) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            own text := txid_current() || '@' || extract(epoch FROM transaction_timestamp());
        BEGIN
            IF EXISTS (SELECT 1 FROM directory_change WHERE forum_id = changed AND token = own) THEN
                RETURN;
            END IF;
            DELETE FROM directory_change WHERE forum_id = changed AND token = ANY (ARRAY(
                SELECT token FROM directory_change WHERE forum_id = changed FOR UPDATE SKIP LOCKED));
            INSERT INTO directory_change (forum_id, token) SELECT id, own FROM forum WHERE id = changed;
        END $$"""
    )
    op.execute(
        f"""
        CREATE FUNCTION directory_company() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND {SEEN.format(row="OLD")} THEN
                PERFORM note_directory_change(OLD.forum_id);
            END IF;
            IF TG_OP <> 'DELETE' AND {SEEN.format(row="NEW")} THEN
                PERFORM note_directory_change(NEW.forum_id);
            END IF;
            RETURN NULL;
        END $$"""
    )
    # One company a statement: a list of them is planned ten times slower.
    op.execute(
        f"""
        CREATE FUNCTION directory_company_capability() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                PERFORM note_directory_change(forum_id)
                    FROM ({OF_COMPANY.format(companies="OLD.company_id")}) AS changed;
            END IF;
            IF TG_OP <> 'DELETE' THEN
                PERFORM note_directory_change(forum_id)
                    FROM ({OF_COMPANY.format(companies="NEW.company_id")}) AS changed;
            END IF;
            RETURN NULL;
        END $$"""
    )
    for table, events in (("company", COMPANY), ("company_capability", CAPABILITY)):
        op.execute(
            f"CREATE TRIGGER directory_{table} AFTER {' OR '.join(events)} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION directory_{table}()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, events in (("company", COMPANY), ("company_capability", CAPABILITY)):
            for event in events:
                op.execute(f"DROP TRIGGER directory_{table}_{_verb(event)}")
    else:
        for table in ("company", "company_capability"):
            op.execute(f"DROP TRIGGER directory_{table} ON {table}")
            op.execute(f"DROP FUNCTION directory_{table}()")
        op.execute("DROP FUNCTION note_directory_change(integer)")
    op.drop_table("directory_change")


def _verb(event: str) -> str:
    return event.split()[0].lower()
