"""The database refuses to change what was published, and to edit the audit log.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# table -> how to find the schedule of a row ({row} is OLD or NEW)
OF_SCHEDULE = {
    "schedule": "{row}.id",
    "placement": "{row}.schedule_id",
    "placement_delegate": "(SELECT schedule_id FROM placement WHERE id = {row}.placement_id)",
    "delegate_slot": "{row}.schedule_id",
    "table_slot": "{row}.schedule_id",
    "interpreter_slot": "{row}.schedule_id",
    "unplaced": "{row}.schedule_id",
}
FROZEN = "a published schedule is never changed"
# What may not be edited in rows that are otherwise only touched by ON DELETE SET NULL.
FIXED_COLUMNS = {
    "publication": ("id", "version", "schedule_id", "published_at"),
    "audit_entry": ("id", "at", "actor", "action", "subject", "details"),
}
KEPT = {"publication": "a publication is never changed", "audit_entry": "the audit log is never edited"}


def _events(table: str) -> tuple[str, ...]:
    # The schedule's own row is inserted before it can be published.
    return ("UPDATE", "DELETE") if table == "schedule" else ("INSERT", "UPDATE", "DELETE")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _upgrade_sqlite()
    else:
        _upgrade_postgresql()


def _upgrade_sqlite() -> None:
    for table, of_schedule in OF_SCHEDULE.items():
        for event in _events(table):
            schedule = of_schedule.format(row="NEW" if event == "INSERT" else "OLD")
            op.execute(
                f"CREATE TRIGGER frozen_{table}_{event.lower()} BEFORE {event} ON {table} "
                f"WHEN EXISTS (SELECT 1 FROM publication WHERE schedule_id = {schedule}) "
                f"BEGIN SELECT RAISE(ABORT, '{FROZEN}'); END"
            )
    for table, columns in FIXED_COLUMNS.items():
        op.execute(
            f"CREATE TRIGGER kept_{table}_update BEFORE UPDATE OF {', '.join(columns)} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{KEPT[table]}'); END"
        )
    op.execute(
        "CREATE TRIGGER kept_audit_entry_delete BEFORE DELETE ON audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{KEPT['audit_entry']}'); END"
    )


def _upgrade_postgresql() -> None:
    for table, of_schedule in OF_SCHEDULE.items():
        op.execute(
            f"""
            CREATE FUNCTION frozen_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'INSERT' THEN
                    IF EXISTS (SELECT 1 FROM publication WHERE schedule_id = {of_schedule.format(row="NEW")}) THEN
                        RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN NEW;
                END IF;
                IF EXISTS (SELECT 1 FROM publication WHERE schedule_id = {of_schedule.format(row="OLD")}) THEN
                    RAISE EXCEPTION '{FROZEN}' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                RETURN NEW;
            END $$"""
        )
        op.execute(
            f"CREATE TRIGGER frozen_{table} BEFORE {' OR '.join(_events(table))} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION frozen_{table}()"
        )
    op.execute(
        "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table, columns in FIXED_COLUMNS.items():
        op.execute(
            f"CREATE TRIGGER kept_{table}_update BEFORE UPDATE OF {', '.join(columns)} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION kept('{KEPT[table]}')"
        )
    op.execute(
        "CREATE TRIGGER kept_audit_entry_delete BEFORE DELETE ON audit_entry "
        f"FOR EACH ROW EXECUTE FUNCTION kept('{KEPT['audit_entry']}')"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in OF_SCHEDULE:
            for event in _events(table):
                op.execute(f"DROP TRIGGER frozen_{table}_{event.lower()}")
        for table in FIXED_COLUMNS:
            op.execute(f"DROP TRIGGER kept_{table}_update")
        op.execute("DROP TRIGGER kept_audit_entry_delete")
        return
    for table in OF_SCHEDULE:
        op.execute(f"DROP TRIGGER frozen_{table} ON {table}")
        op.execute(f"DROP FUNCTION frozen_{table}()")
    for table in FIXED_COLUMNS:
        op.execute(f"DROP TRIGGER kept_{table}_update ON {table}")
    op.execute("DROP TRIGGER kept_audit_entry_delete ON audit_entry")
    op.execute("DROP FUNCTION kept()")
