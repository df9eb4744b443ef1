"""Invitations, calendars of delegates and the programme, notices and who wants which, consent, photos.

Revision ID: 0080
Revises: 0070
"""
from __future__ import annotations

from alembic import op
import sqlalchemy as sa

import forum_scheduler.extensions


revision = '0040'
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mail_choice',
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('secret', sa.String(length=64), nullable=False),
    sa.Column('ways', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('email', name=op.f('pk_mail_choice')),
    sa.UniqueConstraint('secret', name=op.f('uq_mail_choice_secret'))
    )
    op.create_table('consent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.String(length=20), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('given_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_consent_forum_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_consent_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consent_user_id'), ['user_id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('waiting', sa.Boolean(), nullable=False),
    sa.Column('created_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('read_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_notice_forum_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_notice_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('key', name=op.f('uq_notice_key'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_forum_id'), ['forum_id'], unique=False)
        batch_op.create_index('ix_notice_user_read_at', ['user_id', 'read_at'], unique=False)
        batch_op.create_index('ix_notice_waiting_forum_id', ['waiting', 'forum_id'], unique=False)

    op.create_table('programme_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uid', sa.String(length=32), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('titles', sa.JSON(), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('starts_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_programme_entry_order')),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_programme_entry_forum_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_programme_entry')),
    sa.UniqueConstraint('forum_id', 'id', name=op.f('uq_programme_entry_forum_id_id')),
    sa.UniqueConstraint('uid', name=op.f('uq_programme_entry_uid'))
    )
    with op.batch_alter_table('programme_entry', schema=None) as batch_op:
        batch_op.create_index('ix_programme_entry_forum_starts_at', ['forum_id', 'starts_at'], unique=False)

    op.create_table('company_invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('forum_id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('person_name', sa.String(length=200), nullable=False),
    sa.Column('company_name', sa.String(length=200), nullable=False),
    sa.Column('name_key', sa.String(length=200), nullable=False),
    sa.Column('side_id', sa.Integer(), nullable=True),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('locale', sa.String(length=8), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('sent_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('times_sent', sa.Integer(), nullable=False),
    sa.Column('expires_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('used_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('company_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['company_id'], ['company.id'], name=op.f('fk_company_invitation_company_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['forum_id'], ['forum.id'], name=op.f('fk_company_invitation_forum_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['side_id'], ['side.id'], name=op.f('fk_company_invitation_side_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_company_invitation')),
    sa.UniqueConstraint('digest', name=op.f('uq_company_invitation_digest')),
    sa.UniqueConstraint('forum_id', 'email', 'name_key', name=op.f('uq_company_invitation_forum_id_email_name_key')),
    sa.UniqueConstraint('forum_id', 'id', name=op.f('uq_company_invitation_forum_id_id'))
    )
    op.create_table('attendance',
    sa.Column('delegate_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['delegate_id'], ['delegate.id'], name=op.f('fk_attendance_delegate_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entry_id'], ['programme_entry.id'], name=op.f('fk_attendance_entry_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('delegate_id', 'entry_id', name=op.f('pk_attendance'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_entry_id'), ['entry_id'], unique=False)

    op.create_table('stay',
    sa.Column('delegate_id', sa.Integer(), nullable=False),
    sa.Column('arrives_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.Column('leaves_at', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('arrives_at IS NULL OR leaves_at IS NULL OR arrives_at < leaves_at', name=op.f('ck_stay_order')),
    sa.ForeignKeyConstraint(['delegate_id'], ['delegate.id'], name=op.f('fk_stay_delegate_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('delegate_id', name=op.f('pk_stay'))
    )
    op.add_column('calendar_choice', sa.Column('programme', sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column('company', sa.Column('topics', sa.JSON(), server_default='[]', nullable=False))
    op.add_column('company', sa.Column('interests', sa.JSON(), server_default='[]', nullable=False))
    op.add_column('company', sa.Column('certificates', sa.JSON(), server_default='[]', nullable=False))

    op.add_column('delegate', sa.Column('photo', sa.LargeBinary(), nullable=True))
    op.add_column('delegate', sa.Column('has_photo', sa.Boolean(), server_default=sa.false(), nullable=False))

    op.add_column('forum', sa.Column('closing_told', forum_scheduler.extensions.UtcDateTime(timezone=True), nullable=True))

    op.add_column('unavailability', sa.Column('by_hand', sa.Boolean(), server_default=sa.true(), nullable=False))



def downgrade() -> None:
    # Column by column: SQLite would otherwise make these tables anew, and what refers to them stands in the way.
    op.drop_column('unavailability', 'by_hand')

    op.drop_column('forum', 'closing_told')

    op.drop_column('delegate', 'has_photo')
    op.drop_column('delegate', 'photo')

    op.drop_column('company', 'certificates')
    op.drop_column('company', 'interests')
    op.drop_column('company', 'topics')

    op.drop_column('calendar_choice', 'programme')

    op.drop_table('stay')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_entry_id'))

    op.drop_table('attendance')
    op.drop_table('company_invitation')
    with op.batch_alter_table('programme_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_programme_entry_forum_starts_at')

    op.drop_table('programme_entry')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index('ix_notice_waiting_forum_id')
        batch_op.drop_index('ix_notice_user_read_at')
        batch_op.drop_index(batch_op.f('ix_notice_forum_id'))

    op.drop_table('notice')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_consent_user_id'))

    op.drop_table('consent')
    op.drop_table('mail_choice')
