"""Files of the command line: read with a limit, written whole or not at all; errors in one line."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NoReturn

STDOUT = "-"


class FileProblem(Exception):
    """A file can't be read or written; the message names it and says why."""


def read(name: str, *, max_bytes: int) -> bytes:
    """The bytes of the file ``name``. Raises :class:`FileProblem`, also for more than ``max_bytes``."""
    try:
        with Path(name).open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        _refuse(name, error)
    if len(data) > max_bytes:
        megabytes = max_bytes // (1024 * 1024)
        raise FileProblem(f"{name}: larger than {megabytes:,} MB; --max-size allows more")
    return data


def check_writable(name: str) -> None:
    """Raise :class:`FileProblem` now rather than after an hour's work when ``name`` can't be written."""
    path = Path(name)
    if name == STDOUT or (path.exists() and not path.is_dir() and not path.is_file()):
        return
    if path.is_dir():
        raise FileProblem(f"{name}: is a directory")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        _refuse(name, error)


def write(name: str, data: bytes) -> None:
    """Write ``data`` to ``name`` by a temporary file beside it, so that no reader ever sees a half.

    A device or pipe (``/dev/null``) is written to as it is, ``-`` is standard output.
    """
    path = Path(name)
    try:
        if name == STDOUT:
            _write_all(1, data)
        elif path.exists() and not path.is_file() and not path.is_dir():
            path.write_bytes(data)
        else:
            _replace(path, data)
    except BrokenPipeError:
        raise  # the reader has enough: no failure of ours
    except OSError as error:
        _refuse(name, error)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _replace(path: Path, data: bytes) -> None:
    target = path.resolve() if path.is_symlink() else path
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:60]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~umask
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _refuse(name: str, error: OSError) -> NoReturn:
    raise FileProblem(f"{name}: {(error.strerror or str(error)).lower()}") from error
