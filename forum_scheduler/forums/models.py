"""Tables of a forum's frame: days, blocks, slots, zones, tables, interpreters, sides and rules."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime


def new_uid() -> str:
    """A public, unguessable id that never changes: 26 characters, 128 bits."""
    return secrets.token_hex(16)


class Retirable:
    """A part of the frame that schedules may name: taken out, it stays for those, and counts nowhere else.

    ``retired_at`` is empty while the part is in use. Of parts in use, names and times are unique.
    """

    @declared_attr
    def retired_at(cls) -> Mapped[datetime | None]:  # noqa: N805 -- a declared attribute gets the class
        return mapped_column(UtcDateTime)

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """The condition for parts in use."""
        return cls.retired_at.is_(None)


def _unique_in_use(table: str, *columns: str) -> Index:
    condition = text("retired_at IS NULL")
    name = f"uq_{table}_in_use"
    return Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


class Forum(Base):
    """One event. Times are UTC; ``timezone`` (IANA) is what people read them in."""

    __tablename__ = "forum"
    __table_args__ = (
        CheckConstraint("slot_minutes BETWEEN 1 AND 480", name="slot_minutes"),
        CheckConstraint("pause_minutes BETWEEN 0 AND 240", name="pause_minutes"),
        CheckConstraint("requests_close_at IS NULL OR requests_open_at <= requests_close_at", name="window"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    venue: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # locale -> text
    timezone: Mapped[str] = mapped_column(String(64))
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    slot_minutes: Mapped[int] = mapped_column(default=20)
    pause_minutes: Mapped[int] = mapped_column(default=5)
    requests_open_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    requests_close_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    open_registration: Mapped[bool] = mapped_column(default=True)
    max_requests: Mapped[int | None]  # sent by one company
    max_must_requests: Mapped[int | None] = mapped_column(default=3)
    max_high_requests: Mapped[int | None] = mapped_column(default=6)
    max_meetings: Mapped[int | None]  # of one company
    max_in_row: Mapped[int | None]  # a delegate's meetings without a free slot
    max_per_day: Mapped[int | None]  # a delegate's meetings
    max_breaks: Mapped[int | None]
    coverage_floor: Mapped[int] = mapped_column(default=3)
    goals: Mapped[list[str]] = mapped_column(
        JSON, default=lambda: ["coverage", "value", "idle", "moves", "preferences"]
    )
    must_all: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["en"])  # of the forum's meetings
    request_days: Mapped[int | None]  # a request not answered in so many days expires
    demo: Mapped[bool] = mapped_column(default=False)
    closing_told: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # the end of the window that was announced
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def zone(self) -> ZoneInfo:
        """The forum's time zone."""
        return ZoneInfo(self.timezone)


class Side(Base):
    """One side of the forum, such as "EU" and "Ukraine"."""

    __tablename__ = "side"
    __table_args__ = (UniqueConstraint("forum_id", "code"), UniqueConstraint("forum_id", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))


class AskRule(Base):
    """Companies of ``asker_side`` may ask those of ``asked_side``. No row: they may not."""

    __tablename__ = "ask_rule"
    asker_side_id: Mapped[int] = mapped_column(ForeignKey("side.id", ondelete="CASCADE"), primary_key=True)
    asked_side_id: Mapped[int] = mapped_column(ForeignKey("side.id", ondelete="CASCADE"), primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), index=True)


class Capability(Base):
    """An entry of the forum's list of offers and needs; a tree by ``parent_id``."""

    __tablename__ = "capability"
    __table_args__ = (UniqueConstraint("forum_id", "code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id", ondelete="CASCADE"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    names: Mapped[dict[str, str]] = mapped_column(JSON)  # locale -> name; "en" always there
    position: Mapped[int] = mapped_column(default=0)

    def name(self, locale: str) -> str:
        """The name in ``locale``, or else in English."""
        return self.names.get(locale) or self.names.get("en") or self.code


class Block(Base, Retirable):
    """A stretch of slots without a scheduled break, such as "Wednesday morning"."""

    __tablename__ = "block"
    __table_args__ = (
        _unique_in_use("block", "forum_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    slots: Mapped[list[Slot]] = relationship(
        back_populates="block", order_by="Slot.starts_at", cascade="all, delete-orphan", lazy="raise"
    )  # retired slots stand in retired blocks of their own


class Slot(Base, Retirable):
    """The time of one meeting; two neighbours of one block are adjacent."""

    __tablename__ = "slot"
    __table_args__ = (
        _unique_in_use("slot", "forum_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    block_id: Mapped[int] = mapped_column(ForeignKey("block.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    block: Mapped[Block] = relationship(back_populates="slots", lazy="raise")


class ProgrammeEntry(Base):
    """Something of the forum's own programme, such as the opening: who attends it can't meet meanwhile."""

    __tablename__ = "programme_entry"
    __table_args__ = (
        UniqueConstraint("forum_id", "id"),
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_programme_entry_forum_starts_at", "forum_id", "starts_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    titles: Mapped[dict[str, str]] = mapped_column(JSON)  # locale -> title; "en" always there
    place: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def title(self, locale: str) -> str:
        """The title in ``locale``, or else in English."""
        return self.titles.get(locale) or self.titles.get("en") or ""


class Zone(Base, Retirable):
    """A hall or area with tables."""

    __tablename__ = "zone"
    __table_args__ = (_unique_in_use("zone", "forum_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)


class ZoneWalk(Base):
    """Minutes to walk between two zones (either way); a pair without a row takes no time."""

    __tablename__ = "zone_walk"
    __table_args__ = (CheckConstraint("low_id < high_id", name="order"),)
    low_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), primary_key=True)
    high_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="CASCADE"), primary_key=True)
    minutes: Mapped[int]


class Table(Base, Retirable):
    """A place for one meeting a slot. With a host company it is a booth."""

    __tablename__ = "table"
    __table_args__ = (
        _unique_in_use("table", "forum_id", "label"),
        CheckConstraint("seats >= 2", name="seats"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    zone_id: Mapped[int] = mapped_column(ForeignKey("zone.id", ondelete="RESTRICT"), index=True)
    label: Mapped[str] = mapped_column(String(40))  # "12", "B3"
    position: Mapped[int] = mapped_column(default=0)
    seats: Mapped[int] = mapped_column(default=6)
    features: Mapped[list[str]] = mapped_column(JSON, default=list)  # "screen", "closed-room"
    host_company_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id", ondelete="SET NULL"), index=True
    )
    zone: Mapped[Zone] = relationship(lazy="raise")


def places_in_order() -> tuple[ColumnElement[int], ...]:
    """What to order tables by: zones as the organiser put them, in each the tables as they were typed.

    The one order of screens, papers and files. It is no order of names: "2" stands before "10" because
    somebody typed 1-40, and the hall by the entrance comes first whatever its letter.
    """
    columns = (Zone.position, Zone.id, Table.position, Table.id)
    return tuple(cast("ColumnElement[int]", column) for column in columns)


class TableClosure(Base):
    """A slot in which a table can't be used."""

    __tablename__ = "table_closure"
    table_id: Mapped[int] = mapped_column(ForeignKey("table.id", ondelete="CASCADE"), primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True)


class Interpreter(Base, Retirable):
    """Somebody who interprets at meetings; ``user_id`` where they read their roster online."""

    __tablename__ = "interpreter"
    __table_args__ = (_unique_in_use("interpreter", "forum_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    pairs: Mapped[list[list[str]]] = mapped_column(JSON)  # [["en", "uk"], ...]
    max_in_row: Mapped[int | None] = mapped_column(default=4)
    max_per_day: Mapped[int | None]


class InterpreterAbsence(Base):
    """A slot in which an interpreter can't work."""

    __tablename__ = "interpreter_absence"
    interpreter_id: Mapped[int] = mapped_column(
        ForeignKey("interpreter.id", ondelete="CASCADE"), primary_key=True
    )
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"), primary_key=True)


class MailText(Base):
    """An organiser's own words for one kind of mail, or page, in one language; see texts.py."""

    __tablename__ = "mail_text"
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    locale: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
