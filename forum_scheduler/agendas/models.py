"""The cache of made files: bytes by version and content, so that nothing is rendered twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum_scheduler.clock import now
from forum_scheduler.extensions import Base, UtcDateTime


class MadeFile(Base):
    """A rendered file. ``digest`` is of the Agenda record, language and paper that it was made from."""

    __tablename__ = "made_file"
    __table_args__ = (UniqueConstraint("forum_id", "kind", "digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    forum_id: Mapped[int] = mapped_column(ForeignKey("forum.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
