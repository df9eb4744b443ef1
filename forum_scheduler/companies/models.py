"""Tables of companies in a forum, their representatives and delegates, offers and needs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from forum_scheduler.accounts.models import User
from forum_scheduler.clock import now
from forum_scheduler.companies.names import search_keys
from forum_scheduler.extensions import Base, UtcDateTime
from forum_scheduler.forums.models import Capability, Side, new_uid


class CompanyStatus(StrEnum):
    """Vetting. Only an approved company sees others and is seen."""

    APPLIED = "applied"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Seeks(StrEnum):
    """Whether a company offers a capability or needs it."""

    OFFER = "offer"
    NEED = "need"


class Company(Base):
    """A company's entry in one forum. ``organisation_uid`` ties its entries in several forums together."""

    __tablename__ = "company"
    __table_args__ = (
        UniqueConstraint("forum_id", "name_key"),
        UniqueConstraint("forum_id", "id"),
        CheckConstraint("length(country) = 2", name="country"),
        Index("ix_company_forum_status", "forum_id", "status"),
        Index("ix_company_forum_approved_at", "forum_id", "approved_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    organisation_uid: Mapped[str] = mapped_column(String(32), index=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    side_id: Mapped[int] = mapped_column(ForeignKey("side.id", ondelete="RESTRICT"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))  # folded, look-alikes mapped: one company, one name
    country: Mapped[str] = mapped_column(String(2))  # ISO 3166-1 alpha-2
    website: Mapped[str] = mapped_column(String(300), default="")
    size: Mapped[str] = mapped_column(String(20), default="")  # "1-9", "10-49", "50-249", "250+"
    description: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # locale -> text
    search_text: Mapped[str] = mapped_column(Text, default="")  # folded and transliterated: names.search_text
    search_keys: Mapped[str] = mapped_column(Text, default="")  # sounds of those words: names.search_keys
    status: Mapped[str] = mapped_column(String(20), default=CompanyStatus.APPLIED)
    status_reason: Mapped[str] = mapped_column(String(500), default="")
    max_meetings: Mapped[int | None]
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    logo_type: Mapped[str | None] = mapped_column(String(40))
    programmes: Mapped[list[str]] = mapped_column(JSON, default=list)  # "EDF", "EDIP", "Horizon Europe"
    consortium_roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    topics: Mapped[list[str]] = mapped_column(
        JSON, default=list, server_default="[]"
    )  # of calls: "EDF-2027-DA"
    interests: Mapped[list[str]] = mapped_column(
        JSON, default=list, server_default="[]"
    )  # services.INTERESTS
    certificates: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")  # "ISO 9001"
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the last time
    side: Mapped[Side] = relationship(lazy="raise")
    delegates: Mapped[list[Delegate]] = relationship(
        back_populates="company", order_by="Delegate.id", lazy="raise", cascade="all, delete-orphan"
    )
    capabilities: Mapped[list[CompanyCapability]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @validates("search_text")
    def _follow(self, _name: str, text: str) -> str:
        """The keys follow the text, whoever sets it."""
        self.search_keys = search_keys(text)
        return text

    @validates("status")
    def _note_approval(self, _name: str, status: str) -> str:
        """The moment follows the status, whoever sets it."""
        if status == CompanyStatus.APPROVED and self.status != status:
            self.approved_at = now()
        return status


class CompanyCapability(Base):
    """A company offers, or needs, an entry of the forum's capability list."""

    __tablename__ = "company_capability"
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    capability_id: Mapped[int] = mapped_column(
        ForeignKey("capability.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # Seeks
    capability: Mapped[Capability] = relationship(lazy="raise")


class Representative(Base):
    """A user who acts for a company."""

    __tablename__ = "representative"
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    user: Mapped[User] = relationship(lazy="raise")
    company: Mapped[Company] = relationship(lazy="raise")


FORGOTTEN = "(deleted)"  # the name of a delegate of a schedule who was deleted


class Delegate(Base):
    """A person who comes to meetings for a company. ``user_id`` where they sign in."""

    __tablename__ = "delegate"
    __table_args__ = (
        UniqueConstraint("forum_id", "id"),
        UniqueConstraint("company_id", "email"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(120), default="")
    languages: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["en"])
    max_per_day: Mapped[int | None]
    max_in_row: Mapped[int | None]
    fixed_table: Mapped[bool] = mapped_column(default=False)  # mobility: stays at one table
    photo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # a PNG of ours: pictures.as_png
    has_photo: Mapped[bool] = mapped_column(default=False, server_default=false())
    company: Mapped[Company] = relationship(back_populates="delegates", lazy="raise")

    @property
    def forgotten(self) -> bool:
        """Deleted at their own wish: the row stays only for the schedules that name it."""
        return self.name == FORGOTTEN


class DelegateAlsoFor(Base):
    """A further company that a delegate represents: one person, one calendar, two companies."""

    __tablename__ = "delegate_also_for"
    delegate_id: Mapped[int] = mapped_column(ForeignKey("delegate.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[int] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class BlockedPair(Base):
    """Two companies that never see or meet each other (export control, conflict), with the logged reason."""

    __tablename__ = "blocked_pair"
    __table_args__ = (CheckConstraint("low_id < high_id", name="order"),)
    low_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class CompanyInvitation(Base):
    """The organiser invites a company. Only the link's digest is stored: sent anew, the old one ends."""

    __tablename__ = "company_invitation"
    __table_args__ = (UniqueConstraint("forum_id", "email", "name_key"), UniqueConstraint("forum_id", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    person_name: Mapped[str] = mapped_column(String(200), default="")
    company_name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    side_id: Mapped[int | None] = mapped_column(ForeignKey("side.id", ondelete="SET NULL"))
    country: Mapped[str] = mapped_column(String(2), default="")
    locale: Mapped[str] = mapped_column(String(8), default="en")
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    times_sent: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id", ondelete="SET NULL"))


class Favourite(Base):
    """A company that another one keeps in mind."""

    __tablename__ = "favourite"
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)


class Dismissal(Base):
    """A company that another one does not want to see among its suggestions."""

    __tablename__ = "dismissal"
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class SavedSearch(Base):
    """A search of the directory under a name, for all who act for the company. ``query``: of the address.

    ``told_since``: companies approved from then on are told of; None: nobody wants to know. ``looked_at``:
    when the worker last looked for such.
    """

    __tablename__ = "saved_search"
    __table_args__ = (UniqueConstraint("company_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    told_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SearchTold(Base):
    """A company that a saved search has been told of: never again."""

    __tablename__ = "search_told"
    search_id: Mapped[int] = mapped_column(
        ForeignKey("saved_search.id", ondelete="CASCADE"), primary_key=True
    )
    company_id: Mapped[int] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class SearchWord(Base):
    """The sound of a word that companies of the forum use, under each of its slips (``names.slips``).

    Words are only ever added: what a search finds is decided by the companies themselves.
    """

    __tablename__ = "search_word"
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True)
    slip: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)


class DirectoryChange(Base):
    """By its tokens one sees whether what ``index.py`` keeps of a forum's companies is still so.

    Written by triggers alone: whoever changes what the directory shows leaves a token that never was before.
    No foreign key, whose check would have to wait for whoever holds the forum's row.
    """

    __tablename__ = "directory_change"
    forum_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(String(60), primary_key=True)
