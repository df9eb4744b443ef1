"""Files that were checked and wait for the organiser's word, under ``instance/imports``; gone after a day."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

from forum_scheduler.clock import now
from forum_scheduler.errors import NotFound
from forum_scheduler.extensions import forum_config

KEPT_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An uploaded file; ``name`` as it was called by whoever sent it."""

    token: str
    name: str
    data: bytes


def keep(*, forum_id: int, user_id: int, name: str, data: bytes) -> str:
    """Store the file; returns the token under which the same user finds it in the same forum."""
    _clear()
    token = secrets.token_hex(16)
    folder = _folder(forum_id, user_id, token)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "name").write_text(name, encoding="utf-8")
    (folder / "data").write_bytes(data)
    return token


def fetch(*, forum_id: int, user_id: int, token: str) -> Waiting:
    """The file again. Raises NotFound when it is gone, or is another's."""
    folder = _folder(forum_id, user_id, token) if _TOKEN.fullmatch(token) else None
    if folder is None or not (folder / "data").exists():
        raise NotFound(_("The file is no longer here: choose it again."))
    name = (folder / "name").read_text(encoding="utf-8")
    return Waiting(token=token, name=name, data=(folder / "data").read_bytes())


def drop(*, forum_id: int, user_id: int, token: str) -> None:
    """Forget the file."""
    if _TOKEN.fullmatch(token):
        shutil.rmtree(_folder(forum_id, user_id, token), ignore_errors=True)


def _folder(forum_id: int, user_id: int, token: str) -> Path:
    return forum_config().instance / "imports" / f"{forum_id}-{user_id}-{token}"


def _clear() -> None:
    root = forum_config().instance / "imports"
    if not root.exists():
        return
    oldest = now().timestamp() - KEPT_SECONDS
    for folder in root.iterdir():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
