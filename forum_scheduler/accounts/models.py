"""Tables of people who log in, their roles as staff, and the audit log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_security.core import RoleMixin, UserMixin, WebAuthnMixin
from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime


class StaffRole(StrEnum):
    """What somebody is in one forum, besides representing a company."""

    ORGANISER = "organiser"
    CO_ORGANISER = "co-organiser"  # own delegation (side) only
    DESK = "desk"
    READER = "reader"


class Role(Base, RoleMixin):
    """A role over all forums (Flask-Security's). Only ``operator`` is used: may create forums."""

    __tablename__ = "role"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None] = mapped_column(String(255))
    permissions: Mapped[list[str] | None] = mapped_column(JSON)


class UserRole(Base):
    __tablename__ = "user_role"
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id", ondelete="CASCADE"), primary_key=True)


class User(Base, UserMixin):
    """A person who can sign in: by a link in a mail, by password, staff with a second factor."""

    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # normalised, lower case
    name: Mapped[str] = mapped_column(String(200), default="")
    locale: Mapped[str] = mapped_column(String(8), default="en")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    us_totp_secrets: Mapped[str | None] = mapped_column(String(1000))
    us_phone_number: Mapped[str | None] = mapped_column(String(128))
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_phone_number: Mapped[str | None] = mapped_column(String(128))
    # Flask-Security takes a used code out of the list itself: that must be noticed, or it works for ever.
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON()))
    # The mixin annotates these three too narrowly; Flask-Security itself stores None and our own classes.
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64), unique=True)  # type: ignore[assignment]
    roles: Mapped[list[Role]] = relationship(secondary="user_role", lazy="selectin")  # type: ignore[assignment]
    webauthn: Mapped[list[WebAuthn]] = relationship(back_populates="user", cascade="all, delete-orphan")  # type: ignore[assignment]


class SignInLink(Base):
    """A link that signs somebody in. Only the digest is stored: who reads the database can't sign in.

    A wish for an address that nobody has makes a row too (``user_id`` empty), so that it takes as long.
    """

    __tablename__ = "sign_in_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    next_path: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    demo: Mapped[bool] = mapped_column(default=False)  # works many times, in the demo on this machine only


class WebAuthn(Base, WebAuthnMixin):
    """A passkey (Flask-Security's shape)."""

    __tablename__ = "webauthn"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSON)
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    create_datetime: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    lastuse_datetime: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    name: Mapped[str] = mapped_column(String(64))
    usage: Mapped[str] = mapped_column(String(64))
    user: Mapped[User] = relationship(back_populates="webauthn")

    def get_user_mapping(self) -> dict[str, int]:
        """How Flask-Security finds the passkey's owner."""
        return {"id": self.user_id}


class Staff(Base):
    """A user's role in one forum. A co-organiser has ``side_id``: the delegation it looks after."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("forum_id", "user_id", "role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    side_id: Mapped[int | None] = mapped_column(ForeignKey("side.id", ondelete="CASCADE"))
    user: Mapped[User] = relationship(lazy="raise")


class Consent(Base):
    """What a person agreed to, word for word, and when; ``withdrawn_at`` where they took it back."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id", ondelete="SET NULL"))
    version: Mapped[str] = mapped_column(String(20))
    locale: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """What a member of staff (or a command) did. Written with the change itself; never edited."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_forum_at", "forum_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    forum_id: Mapped[int | None] = mapped_column(ForeignKey("forum.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    actor: Mapped[str] = mapped_column(String(200))  # a name as it was then, or "command line"
    action: Mapped[str] = mapped_column(String(80))  # "company.approved", "schedule.published"
    subject: Mapped[str] = mapped_column(String(200), default="")  # "company:12"
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    request_id: Mapped[str | None] = mapped_column(String(64))
