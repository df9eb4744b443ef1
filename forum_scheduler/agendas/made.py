"""Made files, kept in the database by what they were made from, so that nothing is laid out twice.

In pieces: a pack of thousands of agendas never stands in memory as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from forum_scheduler.agendas.models import MadeFile
from forum_scheduler.clock import now
from forum_scheduler.extensions import db, transaction

PIECE = 4 * 1024 * 1024  # bytes
CHUNK = 200  # digests in one query


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that was made: where it is kept. Its bytes are read when they are wanted."""

    forum_id: int
    kind: str
    digest: str

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, a piece in memory at a time."""
        yield from db.session.scalars(self._query()).yield_per(1)

    def read(self) -> bytes:
        """All its bytes: for small files."""
        return b"".join(self.pieces())

    def copy(self, target: IO[bytes]) -> None:
        for piece in self.pieces():
            target.write(piece)

    def ends_with(self, tail: bytes) -> bool:
        """Whether its last piece ends so."""
        last = db.session.scalar(self._query().order_by(None).order_by(MadeFile.piece.desc()).limit(1))
        return last is not None and last.endswith(tail)

    def _query(self) -> Select[bytes]:
        return (
            select(MadeFile.content)
            .filter_by(forum_id=self.forum_id, kind=self.kind, digest=self.digest)
            .order_by(MadeFile.piece)
        )


def find(forum_id: int, kind: str, digest: str) -> Kept | None:
    """The file of that name, where it is made already."""
    query = select(MadeFile.id).filter_by(forum_id=forum_id, kind=kind, digest=digest, piece=0)
    if db.session.scalar(query) is None:
        return None
    return Kept(forum_id=forum_id, kind=kind, digest=digest)


def known_digests(forum_id: int, digests: Sequence[str]) -> frozenset[str]:
    """Those of ``digests`` that are made already."""
    found: set[str] = set()
    for at in range(0, len(digests), CHUNK):
        query = select(MadeFile.digest).where(
            MadeFile.forum_id == forum_id, MadeFile.digest.in_(digests[at : at + CHUNK])
        )
        found |= set(db.session.scalars(query))
    return frozenset(found)


def keep(forum_id: int, files: Iterable[tuple[str, str, bytes]]) -> None:
    """Keep (kind, digest, content) of small files; what was there by that name is replaced."""
    with transaction() as session:
        for kind, digest, content in files:
            _keep(session, Kept(forum_id=forum_id, kind=kind, digest=digest), [content])


def keep_file(forum_id: int, kind: str, digest: str, path: Path) -> Kept:
    """Keep a file of any size; what was there by that name is replaced."""
    kept = Kept(forum_id=forum_id, kind=kind, digest=digest)
    with transaction() as session, path.open("rb") as source:
        _keep(session, kept, iter(lambda: source.read(PIECE), b""))
    return kept


def _keep(session: Session, kept: Kept, pieces: Iterable[bytes]) -> None:
    named = {"forum_id": kept.forum_id, "kind": kept.kind, "digest": kept.digest}
    # Somebody else may make the same file at this moment: then theirs is as good.
    with suppress(IntegrityError), session.begin_nested():
        session.execute(delete(MadeFile).filter_by(**named))
        for piece, content in enumerate(pieces):
            values = {**named, "piece": piece, "content": content, "made_at": now()}
            session.execute(insert(MadeFile).values(**values))
